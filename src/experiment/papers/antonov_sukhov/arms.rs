//! What is trained: arms and controls, for every split and seed.

use super::ArmsPlan;
use crate::draws;
use crate::params::{Decay, Params, PruningMode, TauPrune, TauRule};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;

/// Digits that are learned, and digits that are shown without having been learned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    pub classes: Vec<u8>,
    pub unknown: Vec<u8>,
}

/// `count` random splits of `known` learned and `unknown` other labels, at most ten together.
pub fn random_splits(seed: u64, count: usize, known: usize, unknown: usize) -> Vec<Split> {
    (0..count)
        .map(|index| {
            let labels = draws::labels(seed, index);
            Split {
                classes: labels[..known].to_vec(),
                unknown: labels[known..known + unknown].to_vec(),
            }
        })
        .collect()
}

/// What sets a network apart from the others of its split and seed.
#[derive(Clone, Debug, PartialEq)]
pub enum ArmName {
    /// An arm: how weights are regularised.
    Pruning(PruningMode),
    /// `none` without its smallest weights, as many as the regularised arm has at zero.
    SmallestRemoved,
    /// `none` without the inputs that no training image lights.
    NeverActiveRemoved,
    /// An L2 penalty: weights decay by exp(-t / tau), used or not.
    L2 { tau_ms: f64 },
    /// An L1 penalty: weights fall by gmax t / tau, used or not.
    L1 { tau_ms: f64 },
    /// This share of the synapses drops out of each training image.
    Dropout { share: f64 },
}

impl fmt::Display for ArmName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pruning(mode) => write!(f, "{mode}"),
            Self::SmallestRemoved => write!(f, "smallest removed"),
            Self::NeverActiveRemoved => write!(f, "never active removed"),
            Self::L2 { tau_ms } => write!(f, "L2, {:.0} s", tau_ms / 1000.0),
            Self::L1 { tau_ms } => write!(f, "L1, {:.0} s", tau_ms / 1000.0),
            Self::Dropout { share } => write!(f, "dropout, {:.0}%", 100.0 * share),
        }
    }
}

impl Serialize for ArmName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl ArmName {
    /// Whether two names differ at most in how strong a control is.
    pub fn same_kind(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Pruning(a), Self::Pruning(b)) => a == b,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

/// A network to train.
pub struct Variant {
    pub name: ArmName,
    pub params: Params,
    /// Its seed is that of the job plus this.
    pub replica: usize,
}

/// Time constants of the L2 controls, relative to the one that eq. 5 takes from the job.
const L2_TAUS: [f64; 4] = [3.0, 10.0, 30.0, 100.0];
/// The same of the L1 controls, which take as much from strong weights as from weak ones.
pub const L1_TAUS: [f64; 4] = [30.0, 100.0, 300.0, 1000.0];
/// Shares of the synapses that drop out in the dropout controls.
const DROPOUTS: [f64; 4] = [0.5, 0.2, 0.1, 0.03];

/// The regularised networks that only serve as controls, strongest first within a kind.
fn trained_controls(params: &Params) -> Vec<ArmName> {
    let mut from_job = params.clone();
    from_job.model.pruning.tau_ms = TauPrune::Rule(TauRule::FromJob);
    let tau_ms = from_job.tau_prune_ms();
    let l2 = L2_TAUS.map(|factor| ArmName::L2 {
        tau_ms: factor * tau_ms,
    });
    let l1 = L1_TAUS.map(|factor| ArmName::L1 {
        tau_ms: factor * tau_ms,
    });
    let dropout = DROPOUTS.map(|share| ArmName::Dropout { share });
    [l2, l1, dropout].concat()
}

/// The parameters of one network: those of the plan, regularised as the name says.
fn apply(name: &ArmName, params: &mut Params) {
    let pruning = &mut params.model.pruning;
    let penalty = |decay, tau_ms| (PruningMode::Continuous, decay, TauPrune::Ms(tau_ms));
    (pruning.mode, pruning.decay, pruning.tau_ms) = match *name {
        // The notebooks' time constant is made for one flush: at every spike it would silence the network.
        ArmName::Pruning(PruningMode::Continuous)
            if pruning.tau_ms == TauPrune::Rule(TauRule::FromClasses) =>
        {
            let from_job = TauPrune::Rule(TauRule::FromJob);
            (PruningMode::Continuous, pruning.decay, from_job)
        }
        ArmName::Pruning(mode) => (mode, pruning.decay, pruning.tau_ms),
        ArmName::L2 { tau_ms } => penalty(Decay::Exponential, tau_ms),
        ArmName::L1 { tau_ms } => penalty(Decay::Linear, tau_ms),
        ArmName::SmallestRemoved | ArmName::NeverActiveRemoved | ArmName::Dropout { .. } => {
            (PruningMode::None, pruning.decay, pruning.tau_ms)
        }
    };
    if pruning.mode == PruningMode::None {
        // An unregularised network keeps all its weights.
        pruning.remove_below = 0.0;
    }
    if let ArmName::Dropout { share } = *name {
        params.model.learning.dropout = share;
    }
}

/// All networks to train: split after split, the arms of all seeds, then the controls of all seeds.
pub fn variants(plan: &ArmsPlan) -> Vec<Variant> {
    let mut names: Vec<ArmName> = plan.arms.iter().copied().map(ArmName::Pruning).collect();
    if plan.controls {
        names.extend(trained_controls(&plan.params));
    }
    let mut variants = Vec::with_capacity(plan.splits.len() * names.len() * plan.seeds);
    for split in &plan.splits {
        for name in &names {
            let mut params = plan.params.clone();
            params.model.network.set_classes(&split.classes);
            params.job.replicas = plan.seeds;
            apply(name, &mut params);
            variants.extend((0..plan.seeds).map(|replica| Variant {
                name: name.clone(),
                params: params.clone(),
                replica,
            }));
        }
    }
    variants
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_splits_hold_every_label_at_most_once() {
        let splits = random_splits(5, 20, 3, 7);
        for Split { classes, unknown } in &splits {
            let mut labels = [classes.clone(), unknown.clone()].concat();
            labels.sort_unstable();
            assert_eq!(labels, (0..10).collect::<Vec<u8>>());
        }
        assert_eq!(splits[..5], random_splits(5, 5, 3, 7), "more change none");
        assert_ne!(splits[0], splits[1]);
    }
}
