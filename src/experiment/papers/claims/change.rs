//! What is used comes back: networks whose absent synapses grow again, and networks that learn other digits when they have
//! learned some.

use super::{Arm, ArmResult, ClaimsPlan, Kind};
use crate::experiment::ExperimentError;
use crate::network::Network;
use crate::params::{Params, PruningMode, Sparsity};
use crate::trained::{Replica, Trained};
use serde::Serialize;

/// Weights below these shares of gmax go: the more, the fewer are left.
const REMOVED: [f64; 5] = [0.2, 0.3, 0.4, 0.5, 0.7];
/// Of those, what the networks have that learn other digits.
const REMOVED_IN_CHANGE: f64 = 0.3;
/// A wish that brings a synapse back; one that is hardly ever reached; and how often synapses are checked. Chosen on
/// validation images.
const REGROW_ABOVE: f64 = 0.5;
const NEVER: f64 = 1.0;
const CHECK_IMAGES: usize = 3_000;

/// Digits that are learned first, and then.
const DIGITS: [[u8; 3]; 2] = [[7, 4, 6], [0, 1, 8]];

/// A network that learned some digits, then others.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Changed {
    pub kind: Kind,
    pub method: String,
    pub seed: u64,
    pub digits: [[u8; 3]; 2],
    /// Of the first digits, after learning them.
    pub before: Learned,
    /// Of the others, after learning them from there.
    pub after: Learned,
    /// Of the others, learned by a new network.
    pub anew: Learned,
}

/// How well a network does, and with how many synapses.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Learned {
    pub accuracy: Option<f64>,
    pub connectivity: f64,
}

impl Changed {
    /// Networks of one kind, tested after the first digits, after the others, and after the others alone.
    pub fn all([before, after, anew]: [Vec<ArmResult>; 3]) -> Vec<Self> {
        let learned = |own: &ArmResult| Learned {
            accuracy: own.accuracy,
            connectivity: own.connectivity,
        };
        let networks = before.into_iter().zip(after).zip(anew);
        networks
            .map(|((before, after), anew)| Self {
                kind: before.kind,
                seed: before.seed,
                digits: DIGITS,
                before: learned(&before),
                after: learned(&after),
                anew: learned(&anew),
                method: before.method,
            })
            .collect()
    }
}

fn regrow(params: &mut Params, remove_below: f64, above: f64) {
    let pruning = &mut params.model.pruning;
    (pruning.remove_below, pruning.regrow_above) = (remove_below, above);
    pruning.check_images = CHECK_IMAGES;
}

impl ClaimsPlan {
    /// Networks of these parameters that leave several numbers of synapses, and let them grow again.
    pub(super) fn regrowing(&self, kind: Kind, params: &Params, method: &str) -> Vec<Arm> {
        let arm = |&remove_below: &f64| {
            let mut params = params.clone();
            params.job.replicas = self.seeds;
            regrow(&mut params, remove_below, REGROW_ABOVE);
            Arm {
                kind,
                method: method.into(),
                setting: format!("pruning.remove_below = {remove_below}"),
                params,
                unknown: Vec::new(),
            }
        };
        REMOVED.iter().map(arm).collect()
    }

    /// Arms of a kind that learn some digits, and the same arms that learn the others; nothing where not all ten are there.
    pub fn change_arms(&self, kind: Kind) -> [Vec<Arm>; 2] {
        let of = |method: &str, arm: &Arm| Arm {
            method: method.into(),
            ..arm.clone()
        };
        let all = self.arms(kind);
        let arms: Vec<Arm> = match (kind, self.splits().is_empty()) {
            (_, true) | (Kind::Edges | Kind::RegrowthEdges, _) => Vec::new(),
            (Kind::Pixels, _) => {
                let tau_ms = self.params.tau_prune_ms();
                let is_preset = |arm: &&Arm| {
                    arm.params.model.pruning.mode != PruningMode::None
                        && arm.params.tau_prune_ms() == tau_ms
                };
                let preset = all.iter().find(is_preset);
                let unpruned = all.first().map(|arm| of("unpruned", arm));
                let preset = preset.map(|arm| of("use it or lose it", arm));
                unpruned.into_iter().chain(preset).collect()
            }
            (Kind::Regrowth, _) => {
                let first = all.first().into_iter();
                let both = first.flat_map(|arm| {
                    [("regrowth", REGROW_ABOVE), ("absent for good", NEVER)].map(
                        |(method, above)| {
                            let mut arm = of(method, arm);
                            regrow(&mut arm.params, REMOVED_IN_CHANGE, above);
                            arm
                        },
                    )
                });
                both.collect()
            }
            (Kind::Backprop, _) => {
                let asked = all.iter().filter(|arm| {
                    let own = arm.params.backprop.as_ref();
                    own.is_some_and(|own| match own.sparsity {
                        Sparsity::None => arm.method == "surrogate gradients",
                        Sparsity::GradR => own.strength == 0.03,
                        Sparsity::Rigl => own.connectivity == 0.1,
                        _ => false,
                    })
                });
                asked.cloned().collect()
            }
        };
        DIGITS.map(|digits| {
            let on = |arm: &Arm| {
                let split = super::plan::of_digits(&digits);
                let learns = self.on_split(arm, &split);
                Arm {
                    setting: format!("{} {}", learns.setting, arm.setting).trim().into(),
                    method: arm.method.clone(),
                    ..learns
                }
            };
            arms.iter().map(on).collect()
        })
    }
}

/// Networks that begin with what others have learned, neuron by neuron.
///
/// # Errors
/// When parameters make no sense.
pub fn going_on(arms: &[Arm], from: &Trained) -> Result<Trained, ExperimentError> {
    let networks = arms
        .iter()
        .flat_map(|arm| arm.params.replicas().map(|replica| (&arm.params, replica)));
    let networks = networks.zip(&from.replicas);
    let begin = |((params, replica), from): ((&Params, usize), &Replica)| {
        let mut network = Network::new(params, replica)?;
        network.weights.clone_from(&from.network.weights);
        Ok(network)
    };
    let networks: Result<Vec<Network>, ExperimentError> = networks.map(begin).collect();
    Ok(networks?.into())
}
