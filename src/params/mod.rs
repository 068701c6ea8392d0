//! Every parameter of a run: the one source of truth.
//!
//! A [`Params`] value is what `--config` reads, what `params` prints and what a checkpoint carries. It has two parts:
//! the [`Model`] is what is simulated, the [`Job`] is on what, how often and where. Units stand in the names: `_ms`,
//! `_mv`, `_hz`; conductances and weights are relative to the leak and have none. Meaning, range and the value in the
//! paper's network stand with each field; [`parameters`] lists them, and [`crate::presets`] says what differs in each
//! other experiment.
//! [`Params::validate`] refuses what makes no sense, [`Model::steps`]
//! turns times into whole steps.

mod architecture;
mod backprop;
mod batch;
mod differences;
mod document;
mod error;
mod idle;
mod job;
mod kinds;
mod layer;
mod learning;
mod merge;
mod model;
mod renamed;
mod rule;
mod schema;
mod shard;
mod side_by_side;
mod steps;
mod validate;
mod value;
mod version;

use serde::{Deserialize, Serialize};

pub use architecture::{Architecture, Vote};
pub use backprop::{Backprop, Comparator, Sparsity};
pub use differences::Difference;
pub use error::{FormulaError, ParamsError};
pub use job::{DataFolder, Job, Measure, MetricsEvery, PerClass, TrainImages};
pub use kinds::{Decay, FrontEnd, PruningMode, TauPrune, TauRule, Threshold, Trace};
pub use layer::{
    ConfigError, Layered, apply_setting, grid_values, layered, layered_onto, layered_over,
    set_value, to_toml,
};
pub use learning::Learning;
pub use model::{
    Edges, Excitatory, Inhibitory, Input, Lateral, MAX_INPUTS, Model, Pruning, REFERENCE_INPUTS,
    RETRIES, Time,
};
pub use renamed::{Renamed, renamed};
pub use rule::{
    LONGEST_MEMORY, MAX_STATE, NamedRule, QUANTITIES, Quantity, StateVariable, named_rules,
};
pub use schema::{Allowed, Numbers, Parameter, parameters, words};
pub use shard::{Shard, ShardError};
pub use side_by_side::{Batches, LaneSteps, Lanes, SideBySide};
pub use steps::{Steps, delay_rows};
pub use validate::{MAX_CHECKPOINT_BYTES, MAX_NEURONS, MAX_REPLICAS};
pub use value::{ValueError, class_list, items, number, one_line, quoted, unquoted, whole, wholes};
pub use version::{VERSION_LINE, is_newer, written_by};

/// All parameters, grouped as in the TOML file: the tables of the model stand beside that of the job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "toml::Table")]
pub struct Params {
    /// Name of the preset that this set started from.
    pub preset: String,
    pub job: Job,
    #[serde(flatten)]
    pub model: Model,
    /// Where something else is trained on the same job, by backpropagation: of the model then only classes and front end act.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backprop: Option<Backprop>,
}

impl TryFrom<toml::Table> for Params {
    type Error = toml::de::Error;

    /// The whole set; keys may have the names that earlier versions gave them.
    fn try_from(mut table: toml::Table) -> Result<Self, toml::de::Error> {
        renamed::rename(&mut table, None);
        let missing = |key| <toml::de::Error as serde::de::Error>::missing_field(key);
        let preset = table.remove("preset").ok_or_else(|| missing("preset"))?;
        let job = table.remove("job").ok_or_else(|| missing("job"))?;
        let backprop = table.remove("backprop");
        Ok(Self {
            preset: preset.try_into()?,
            job: job.try_into()?,
            model: table.try_into()?,
            backprop: backprop.map(toml::Value::try_into).transpose()?,
        })
    }
}

/// The network of the paper, [`crate::presets::paper`].
impl Default for Params {
    fn default() -> Self {
        Self {
            preset: "paper".into(),
            job: Job::default(),
            model: Model::default(),
            backprop: None,
        }
    }
}

impl Params {
    /// Training images shown to one network over all epochs.
    pub fn presentations(&self) -> usize {
        self.job.train.of_pass(self.model.network.classes.len()) * self.job.epochs
    }

    /// The time constant of eq. 5 as it acts in this job.
    pub fn tau_prune_ms(&self) -> f64 {
        let classes = self.model.network.classes.len() as f64;
        match self.model.pruning.tau_ms {
            TauPrune::Ms(tau_ms) => tau_ms,
            TauPrune::Rule(TauRule::FromJob) => {
                self.model.image_ms() * libm::sqrt(8.0 * classes * self.presentations() as f64)
            }
            TauPrune::Rule(TauRule::FromClasses) => 5.0 * classes * self.model.image_ms(),
        }
    }

    /// Share of the training that is done after `presented` training images.
    pub fn share_done(&self, presented: u32) -> f64 {
        (f64::from(presented) / self.presentations() as f64).min(1.0)
    }

    /// Share of the step sizes that is left after `presented` training images.
    pub fn step_scale(&self, presented: u32) -> f64 {
        1.0 - (1.0 - self.model.learning.step_end) * self.share_done(presented)
    }

    /// Whether two sets give the same networks: they may name another folder for the same data.
    pub fn same_but_for_data(&self, other: &Self) -> bool {
        let mut moved = self.clone();
        moved.job.data.clone_from(&other.job.data);
        moved == *other
    }

    /// The networks that the job trains, by their place among all its replicas.
    pub fn replicas(&self) -> impl Iterator<Item = usize> + use<> {
        let shard = self.job.shard;
        (0..self.job.replicas).filter(move |&replica| shard.holds(replica))
    }

    /// The seed of one replica.
    pub fn replica_seed(&self, replica: usize) -> u64 {
        self.job.seed.wrapping_add(replica as u64)
    }
}
