//! What is trained: methods, each with as few weights as several settings leave.

use crate::dataset::{Dataset, DatasetError};
use crate::experiment::papers::antonov_sukhov::{Split, random_splits};
use crate::experiment::papers::plan::{PlanError, count};
use crate::experiment::selection;
use crate::params::{FrontEnd, MAX_REPLICAS, Params, PruningMode, Sparsity, TauPrune, TrainImages};
use crate::presets;
use serde::{Deserialize, Serialize};

const MOST_NOISE_IMAGES: usize = 100_000;
const MOST_QUERIES: usize = 1_000_000;

/// Ways of a spiking network that backpropagation trains to keep weights or spikes few.
pub const METHODS: [Sparsity; 9] = [
    Sparsity::None,
    Sparsity::L1,
    Sparsity::Dropout,
    Sparsity::SpikePenalty,
    Sparsity::DeepR,
    Sparsity::Set,
    Sparsity::Rigl,
    Sparsity::GradR,
    Sparsity::BpsrStyle,
];

/// Shares of the synapses that are there, where a method asks for one: of the short profile, and all.
const CONNECTIVITIES: [f64; 5] = [0.5, 0.25, 0.1, 0.05, 0.02];
const ALL_CONNECTIVITIES: [f64; 9] = [0.9, 0.75, 0.5, 0.35, 0.25, 0.1, 0.05, 0.02, 0.01];
/// Strengths of the penalties, which leave about as many.
const L1: [f64; 5] = [0.001, 0.003, 0.01, 0.03, 0.1];
const GRAD_R: [f64; 5] = [0.001, 0.003, 0.01, 0.03, 0.1];
const DROPOUT: [f64; 3] = [0.1, 0.2, 0.5];
const SPIKES: [f64; 5] = [1e-5, 1e-4, 3e-4, 1e-3, 1e-2];
/// The penalty on spikes of bpsr-style.
const BPSR_SPIKES: f64 = 3e-4;
/// Large spiking networks of the whole profile: method, and the setting that leaves a fifth of the synapses.
const LARGE: [(&str, Sparsity, &str, f64); 3] = [
    ("800 neurons", Sparsity::None, "", 0.0),
    ("800 neurons, grad-r", Sparsity::GradR, "strength", 0.01),
    (
        "800 neurons, bpsr-style",
        Sparsity::BpsrStyle,
        "connectivity",
        0.2,
    ),
];
pub(super) const LARGE_HIDDEN: usize = 800;
const LARGE_RATE: f64 = 0.003;
/// Time constants of pruning, relative to that of the preset.
const TAUS: [f64; 5] = [4.0, 1.0, 0.25, 0.1, 0.04];
/// Passes of the preset of the local rule: the presets of others are for as many.
const PASSES: usize = 3;
/// Random splits of the labels into known and unknown ones, and how many are known.
const SPLITS: usize = 5;
const KNOWN: usize = 6;
/// Share of the synapses of the sparse network that is shown unknown classes.
const SPARSE: f64 = 0.1;

/// What to train and test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimsPlan {
    /// Whether all connectivities are run, instead of five, and networks of 800 hidden neurons.
    pub full: bool,
    /// Networks of each arm, with seeds `params.job.seed`, + 1, ...
    pub seeds: usize,
    /// Images of the noise set.
    pub noise_images: usize,
    /// Test images that are attacked at most; 0 where none is to be.
    pub attack_images: usize,
    /// Times that an attacker who knows nothing may ask for each image; gradients take a tenth as many steps.
    pub attack_queries: usize,
    /// The job and the classes of all networks; and what those on pixels are that learn by a local rule.
    pub params: Params,
}

/// How an arm learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// By a local rule, on pixels.
    Pixels,
    /// The same behind a front end that sees edges.
    Edges,
    /// As on pixels; synapses that are not used go while the network learns, and grow again where they are wanted.
    Regrowth,
    /// The same behind the front end.
    RegrowthEdges,
    /// By backpropagation.
    Backprop,
}

/// All but backpropagation.
pub const LOCAL: [Kind; 4] = [
    Kind::Pixels,
    Kind::Edges,
    Kind::Regrowth,
    Kind::RegrowthEdges,
];

/// What learns these digits, and is shown no others.
pub(super) fn of_digits(digits: &[u8]) -> Split {
    Split {
        classes: digits.to_vec(),
        unknown: Vec::new(),
    }
}

/// Networks that differ in their seeds alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    pub kind: Kind,
    pub method: String,
    /// What sets it apart from others of the method; empty for an only one.
    pub setting: String,
    pub params: Params,
    /// Labels that it is shown without having learned them.
    pub unknown: Vec<u8>,
}

impl Arm {
    /// What its networks are saved under, without an ending.
    pub fn file(&self) -> String {
        let words = format!("{} {}", self.method, self.setting);
        let plain = |c: char| {
            if c.is_ascii_alphanumeric() || c == '.' {
                c
            } else {
                '-'
            }
        };
        words.trim().chars().map(plain).collect()
    }
}

impl ClaimsPlan {
    /// Checks everything except whether the data have enough images.
    ///
    /// # Errors
    /// The first thing that makes no sense.
    pub fn validate(&self) -> Result<(), PlanError> {
        count("seeds", self.seeds, MAX_REPLICAS)?;
        count("images of noise", self.noise_images, MOST_NOISE_IMAGES)?;
        count("queries", self.attack_queries, MOST_QUERIES)?;
        if self.params.model.network.votes_by_labels() {
            return Err(PlanError::Vote("groups"));
        }
        for kind in LOCAL {
            let arms = self.arms(kind);
            count("networks of a kind", arms.len() * self.seeds, MAX_REPLICAS)?;
            arms.iter().try_for_each(|arm| arm.params.validate())?;
        }
        let arms = self.arms(Kind::Backprop);
        arms.iter().try_for_each(|arm| arm.params.validate())?;
        Ok(())
    }

    /// Checks that the data hold the training images, and some of each class to test with.
    ///
    /// # Errors
    /// When they are too few.
    pub fn check(&self, data: &Dataset) -> Result<(), DatasetError> {
        selection::training(&data.train, &self.params)?;
        let classes = &self.params.model.network.classes;
        selection::so_many_of_classes(&data.test, classes, 1).map(|_| ())
    }

    /// All arms of a kind.
    pub fn arms(&self, kind: Kind) -> Vec<Arm> {
        match kind {
            Kind::Pixels => self.local(kind, &self.params, "use it or lose it"),
            Kind::Edges => self.local(kind, &self.behind_edges(), "use it or lose it, edges"),
            Kind::Regrowth => self.regrowing(kind, &self.params, "regrowth"),
            Kind::RegrowthEdges => self.regrowing(kind, &self.behind_edges(), "regrowth, edges"),
            Kind::Backprop => self.backprop(),
        }
    }

    /// Parameters of networks behind the front end.
    fn behind_edges(&self) -> Params {
        let mut params = presets::ten_class_edges_pruned();
        let passes = params.job.epochs * self.params.job.epochs;
        params.job = self.params.job.clone();
        params.job.epochs = passes.div_ceil(PASSES);
        params.model.network = self.params.model.network.clone();
        params.model.input.front_end = FrontEnd::OrientedEdges;
        params
    }

    /// Networks of these parameters, unpruned and with several time constants of pruning.
    fn local(&self, kind: Kind, params: &Params, method: &str) -> Vec<Arm> {
        let arm = |setting: String, change: &dyn Fn(&mut Params)| {
            let mut params = params.clone();
            params.job.replicas = self.seeds;
            change(&mut params);
            Arm {
                kind,
                method: method.into(),
                setting,
                params,
                unknown: Vec::new(),
            }
        };
        let tau_ms = params.tau_prune_ms();
        let unpruned = arm("pruning.mode = none".into(), &|params| {
            params.model.pruning.mode = PruningMode::None;
            params.model.pruning.remove_below = 0.0;
        });
        let pruned = TAUS.into_iter().map(|factor| {
            let tau_ms = factor * tau_ms;
            arm(format!("pruning.tau_ms = {tau_ms}"), &|params| {
                params.model.pruning.mode = PruningMode::Continuous;
                params.model.pruning.tau_ms = TauPrune::Ms(tau_ms);
            })
        });
        std::iter::once(unpruned).chain(pruned).collect()
    }

    /// Known and unknown labels: those of the paper, and random ones; none where not all ten digits are learned.
    pub fn splits(&self) -> Vec<Split> {
        if self.params.model.network.classes != (0..10).collect::<Vec<u8>>() {
            return Vec::new();
        }
        let paper = Split {
            classes: vec![7, 4, 6],
            unknown: vec![9, 2, 1],
        };
        let seed = self.params.job.seed;
        let random = random_splits(seed, SPLITS, KNOWN, 10 - KNOWN);
        std::iter::once(paper).chain(random).collect()
    }

    /// Arms of a kind that learn the known labels of splits with so many, to be shown the unknown ones.
    pub fn open_arms(&self, kind: Kind, known: usize) -> Vec<Arm> {
        let all = self.arms(kind);
        let is_asked = |arm: &&Arm| match arm.kind {
            // Unpruned, and as the preset prunes.
            Kind::Regrowth | Kind::RegrowthEdges => false,
            Kind::Pixels | Kind::Edges => {
                let tau_ms = self.params.tau_prune_ms();
                arm.params.model.pruning.mode == PruningMode::None
                    || arm.params.tau_prune_ms() == tau_ms
            }
            Kind::Backprop => {
                let own = arm.params.backprop.as_ref();
                own.is_some_and(|own| match own.sparsity {
                    Sparsity::None => own.hidden != LARGE_HIDDEN,
                    Sparsity::Rigl => own.connectivity == SPARSE,
                    _ => false,
                })
            }
        };
        let of_split = |split: &Split| -> Vec<Arm> {
            let asked = all.iter().filter(is_asked);
            asked.map(|arm| self.on_split(arm, split)).collect()
        };
        let splits = self.splits();
        let splits = splits.iter().filter(|split| split.classes.len() == known);
        splits.flat_map(of_split).collect()
    }

    /// The same arm with the labels of a split.
    pub(super) fn on_split(&self, arm: &Arm, split: &Split) -> Arm {
        let mut arm = arm.clone();
        arm.params.model.network.set_classes(&split.classes);
        arm.params.job.train = match self.params.job.train {
            // So many that there are of every digit.
            TrainImages::InAll(count) => TrainImages::PerClass(count / 12),
            per_class => per_class,
        };
        let list = |labels: &[u8]| {
            labels
                .iter()
                .map(u8::to_string)
                .collect::<Vec<_>>()
                .join("-")
        };
        arm.method = format!("{} {}", arm.method, arm.setting).trim().into();
        arm.setting = list(&split.classes);
        if !split.unknown.is_empty() {
            arm.setting += &format!(" against {}", list(&split.unknown));
        }
        arm.unknown.clone_from(&split.unknown);
        arm
    }

    fn backprop(&self) -> Vec<Arm> {
        let arm = |name: &str, method: &str, key: &str, sparsity: Sparsity, value: f64| {
            let mut params = presets::by_name(name)?;
            let passes = params.job.epochs * self.params.job.epochs;
            params.job = self.params.job.clone();
            params.job.replicas = self.seeds;
            params.job.epochs = passes.div_ceil(PASSES);
            params.job.shift_max = 0;
            params.model.network.classes = self.params.model.network.classes.clone();
            params.model.network.names = self.params.model.network.names.clone();
            params.model.input.height = self.params.model.input.height;
            params.model.input.width = self.params.model.input.width;
            params.model.input.channels = self.params.model.input.channels;
            let own = params.backprop.as_mut()?;
            own.sparsity = sparsity;
            if sparsity == Sparsity::BpsrStyle {
                own.spike_penalty = BPSR_SPIKES;
            }
            match key {
                "connectivity" => own.connectivity = value,
                "strength" => own.strength = value,
                "spike_penalty" => own.spike_penalty = value,
                _ => {}
            }
            Some(Arm {
                kind: Kind::Backprop,
                method: method.into(),
                setting: match key {
                    "" => String::new(),
                    key => format!("backprop.{key} = {value}"),
                },
                params,
                unknown: Vec::new(),
            })
        };
        let others = ["softmax", "mlp", "cnn"].map(|name| {
            let preset = format!("backprop-{name}");
            arm(&preset, name, "", Sparsity::None, 0.0)
        });
        let connectivities: &[f64] = match self.full {
            true => &ALL_CONNECTIVITIES,
            false => &CONNECTIVITIES,
        };
        let spiking = METHODS.into_iter().flat_map(|sparsity| {
            let (key, values): (&str, &[f64]) = match sparsity {
                Sparsity::None => ("", &[0.0]),
                Sparsity::L1 => ("strength", &L1),
                Sparsity::GradR => ("strength", &GRAD_R),
                Sparsity::Dropout => ("strength", &DROPOUT),
                Sparsity::SpikePenalty => ("spike_penalty", &SPIKES),
                Sparsity::DeepR | Sparsity::Set | Sparsity::Rigl | Sparsity::BpsrStyle => {
                    ("connectivity", connectivities)
                }
            };
            let method = match sparsity {
                Sparsity::None => "surrogate gradients".into(),
                other => other.to_string(),
            };
            let of_value = |&value: &f64| arm("backprop-spiking", &method, key, sparsity, value);
            values.iter().map(of_value).collect::<Vec<_>>()
        });
        let large = LARGE.into_iter().filter(|_| self.full);
        let large = large.map(|(method, sparsity, key, value)| {
            let mut arm = arm("backprop-spiking", method, key, sparsity, value)?;
            let own = arm.params.backprop.as_mut()?;
            (own.hidden, own.rate) = (LARGE_HIDDEN, LARGE_RATE);
            Some(arm)
        });
        let all = others.into_iter().chain(spiking).chain(large);
        all.flatten().collect()
    }
}

#[cfg(test)]
mod tests;
