//! Every parameter of a run: the one source of truth.
//!
//! A [`Params`] value is what `--config` reads, what `params` prints and what a checkpoint carries.
//! Units stand in the names: `_ms`, `_mv`, `_hz`; conductances and weights are relative to the leak
//! and have none. Defaults are not here but in [`crate::presets`], one a published experiment.
//! [`Params::validate`] refuses what makes no sense, [`Params::steps`] turns times into whole steps.

mod error;
mod idle;
mod kinds;
mod layer;
mod validate;

use serde::{Deserialize, Serialize};

pub use error::ParamsError;
pub use kinds::{Decay, PruningMode, Rule, TauPrune, TauRule, Threshold};
pub use layer::{ConfigError, apply_setting, layered, layered_over, to_toml};
pub use validate::{MAX_CHECKPOINT_BYTES, MAX_NEURONS, MAX_REPLICAS};

/// Inputs of every network: the pixels of a 28x28 image.
pub const INPUTS: usize = 784;

/// How often an image may be shown again because it evoked too few spikes; what is darker still stays unanswered.
pub const RETRIES: u32 = 16;

/// All parameters of one job, grouped as in the TOML file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Name of the preset that this set started from.
    pub preset: String,
    pub job: Job,
    pub time: Time,
    pub input: Input,
    pub excitatory: Excitatory,
    pub inhibitory: Inhibitory,
    pub lateral: Lateral,
    pub learning: Learning,
    pub pruning: Pruning,
}

/// What is trained on what, and how often it is measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// Folder of the four IDX files.
    pub data: String,
    /// Labels that the network learns; group `g` of neurons belongs to `classes[g]`.
    pub classes: Vec<u8>,
    pub neurons_per_class: usize,
    /// Neurons of a network without groups, whose neurons are labelled by what they have learned; 0 for
    /// `neurons_per_class` of each class.
    pub neurons: usize,
    /// So many of the training images, evenly spread over them, label the neurons after the training by what they
    /// answer; 0 to vote by the groups of the classes instead.
    pub label_images: usize,
    /// Training images of each class: the first so many of the training file.
    pub train_per_class: usize,
    /// Training images of all classes together, the first so many as the file has them; 0 to go by class.
    pub train_images: usize,
    /// Test images of each class: the first so many of the test file; 0 for all of them.
    pub test_per_class: usize,
    /// Images of each class that follow the training images and are never trained on; 0 for none. So many times
    /// the classes follow, whatever their classes, where training images do not go by class.
    pub validation_per_class: usize,
    /// Passes over the training images, each in an order of its own.
    pub epochs: usize,
    /// Each training image is shown shifted by up to so many pixels in both directions, drawn for each showing.
    pub shift_max: usize,
    /// Seed of weights, delays, order of images and input spikes; replica r has seed + r.
    pub seed: u64,
    /// Networks trained at once, alike but for their seed.
    pub replicas: usize,
    /// Training images between two rows of the metrics; 0 for none but the last.
    pub metrics_every: usize,
}

/// The clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Time {
    /// Length of a step.
    pub dt_ms: f64,
    /// How long an image is shown.
    pub stimulus_ms: f64,
    /// Pause without input after a training image.
    pub rest_ms: f64,
}

/// From pixels to Poisson rates: `rate = floor(p / intensity_step) * intensity_step / 255 * full_rate_hz`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Rate of a pixel of intensity 255 (were it a multiple of the step).
    pub full_rate_hz: f64,
    /// Intensities are rounded down to a multiple of this: 1 keeps all 256 levels.
    pub intensity_step: u32,
    /// Every image is scaled to this mean rate over its pixels before it is shown; 0 shows it as it is.
    pub mean_rate_hz: f64,
    /// An image that evokes fewer E spikes in all is shown again, brighter, up to [`RETRIES`] times; 0 for never.
    pub least_spikes: usize,
    /// By how much `full_rate_hz` rises each time.
    pub retry_rate_hz: f64,
}

/// The excitatory (E) population: conductance-based leaky integrate-and-fire, adaptive threshold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Excitatory {
    pub tau_membrane_ms: f64,
    pub v_rest_mv: f64,
    pub v_reset_mv: f64,
    /// Membrane potential before the first training image.
    pub v_start_mv: f64,
    /// Reversal potential of excitation.
    pub e_excitatory_mv: f64,
    /// Reversal potential of inhibition.
    pub e_inhibitory_mv: f64,
    pub tau_ge_ms: f64,
    pub tau_gi_ms: f64,
    pub refractory_ms: f64,
    /// Resting value of the threshold.
    pub v_threshold_mv: f64,
    /// By how much the threshold is above it before the first training image.
    pub theta_start_mv: f64,
    /// The same in testing.
    pub v_threshold_test_mv: f64,
    pub tau_threshold_ms: f64,
    /// Rise of the threshold at each spike.
    pub threshold_step_mv: f64,
    pub threshold_train: Threshold,
    pub threshold_test: Threshold,
}

/// The inhibitory (I) population, one neuron for each excitatory one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inhibitory {
    pub tau_membrane_ms: f64,
    pub v_rest_mv: f64,
    pub v_reset_mv: f64,
    /// Membrane potential before the first training image.
    pub v_start_mv: f64,
    pub v_threshold_mv: f64,
    pub e_excitatory_mv: f64,
    pub tau_ge_ms: f64,
    pub refractory_ms: f64,
}

/// Lateral inhibition: S2 (E to its own I) and S3 (I to every E but its own).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lateral {
    pub w_s2: f64,
    /// Delays of S2 are uniform in 0..this, one a pair.
    pub delay_s2_max_ms: f64,
    /// Weight of S3 times the number of neurons, in a network of 100 neurons.
    pub w_s3_total: f64,
    /// Other networks have a total of `w_s3_total (N / 100)^this`.
    pub w_s3_growth: f64,
    /// Delays of S3 are uniform in 0..this, one a pair.
    pub delay_s3_max_ms: f64,
}

/// Plasticity of S1, the weights from the inputs to E.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Learning {
    pub rule: Rule,
    /// Largest weight.
    pub gmax: f64,
    /// Smallest weight, relative to gmax: 0, or below it where an input may also inhibit.
    pub w_min: f64,
    /// Initial weights are uniform between these two, relative to gmax.
    pub w_start_min: f64,
    pub w_start_max: f64,
    /// Sum to which the incoming weights of each neuron are scaled before each training image; 0 for no scaling.
    pub w_total: f64,
    /// What a negative weight adds to the inhibitory conductance, relative to its magnitude.
    pub inhibitory_gain: f64,
    pub tau_pre_ms: f64,
    pub tau_post_ms: f64,
    /// `triplet`: time constant of the slow trace of a neuron's own spikes.
    pub tau_post_slow_ms: f64,
    /// Step of the presynaptic trace at an input spike, relative to gmax.
    pub a_pre: f64,
    /// Step of the postsynaptic trace at an E spike, relative to gmax; negative depresses.
    pub a_post: f64,
    /// Share of the step sizes that is left at the end of the training, to which they fall linearly.
    pub step_end: f64,
    /// `count-gated`: spikes that the group of the image's class is to fire in one image.
    pub target_spikes: f64,
    /// `count-gated`: the target counts as at least this share of `target_spikes`, however early in the image.
    pub target_floor: f64,
    /// `count-gated`: share of `target_spikes` up to which other groups may fire without being depressed.
    pub tolerance: f64,
    /// Share of the synapses that take no part in a training image, drawn anew for each (dropout).
    pub dropout: f64,
}

/// Weight regularisation, "use it or lose it" (eq. 5).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pruning {
    pub mode: PruningMode,
    pub decay: Decay,
    pub tau_ms: TauPrune,
    pub k: f64,
    /// A weight below this share of gmax counts as zero.
    pub zero_below: f64,
    /// A read-out sets weights below this share of gmax to zero: what the decay has left too weak to matter.
    pub remove_below: f64,
    /// `final-window`: how long every input fires at the end.
    pub window_ms: f64,
    /// `final-window`: the rate at which it does.
    pub window_rate_hz: f64,
}

/// Whole numbers of steps, from the times of a validated [`Params`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps {
    pub stimulus: u32,
    pub rest: u32,
    pub refractory_e: u32,
    pub refractory_i: u32,
    /// After so many steps nothing is left of an E spike for its neuron: of the refractory time or the slow trace.
    pub memory_e: u32,
    pub delay_s2_max: u32,
    pub delay_s3_max: u32,
    pub window: u32,
}

impl Steps {
    /// Steps that the clock must have left after the last image: for the final window, for what is under way then, and
    /// for what happened before step 0.
    pub fn spare(&self) -> u32 {
        let memory = self.memory_e + self.refractory_e + self.refractory_i;
        self.window + memory + self.delay_s2_max + self.delay_s3_max
    }
}

impl Job {
    /// The classes with `separator` between them: `7-4-6`.
    pub fn label(&self, separator: &str) -> String {
        self.classes
            .iter()
            .map(u8::to_string)
            .collect::<Vec<_>>()
            .join(separator)
    }
}

impl Params {
    /// Excitatory neurons, N; there are as many inhibitory ones.
    pub fn neurons(&self) -> usize {
        match self.job.neurons {
            0 => self.job.classes.len() * self.job.neurons_per_class,
            neurons => neurons,
        }
    }

    /// Neurons of one group, as the learning rule counts them; where classes have none, of a share like theirs.
    pub fn group_size(&self) -> usize {
        self.neurons().div_ceil(self.job.classes.len())
    }

    /// How often an image may be shown in all.
    pub fn attempts(&self) -> u32 {
        match self.input.least_spikes {
            0 => 1,
            _ => RETRIES + 1,
        }
    }

    /// The rate of a pixel of intensity 255 when an image is shown for the `attempt`-th time again.
    pub fn full_rate_hz(&self, attempt: u32) -> f64 {
        self.input.full_rate_hz + f64::from(attempt) * self.input.retry_rate_hz
    }

    /// Training images shown to one network over all epochs.
    pub fn presentations(&self) -> usize {
        let in_epoch = match self.job.train_images {
            0 => self.job.classes.len() * self.job.train_per_class,
            images => images,
        };
        in_epoch * self.job.epochs
    }

    /// Stimulus plus rest.
    pub fn image_ms(&self) -> f64 {
        self.time.stimulus_ms + self.time.rest_ms
    }

    /// The time constant of eq. 5 as it acts in this job.
    pub fn tau_prune_ms(&self) -> f64 {
        let classes = self.job.classes.len() as f64;
        match self.pruning.tau_ms {
            TauPrune::Ms(tau_ms) => tau_ms,
            TauPrune::Rule(TauRule::FromJob) => {
                self.image_ms() * libm::sqrt(8.0 * classes * self.presentations() as f64)
            }
            TauPrune::Rule(TauRule::FromClasses) => 5.0 * classes * self.image_ms(),
        }
    }

    /// Weight of one synapse of S3.
    pub fn w_s3(&self) -> f64 {
        let neurons = self.neurons() as f64;
        let growth = libm::pow(neurons / 100.0, self.lateral.w_s3_growth);
        self.lateral.w_s3_total * growth / neurons
    }

    /// The smallest weight.
    pub fn w_min(&self) -> f64 {
        self.learning.w_min * self.learning.gmax
    }

    /// Share of the step sizes that is left after `presented` training images.
    pub fn step_scale(&self, presented: u32) -> f64 {
        let done = f64::from(presented) / self.presentations() as f64;
        1.0 - (1.0 - self.learning.step_end) * done.min(1.0)
    }

    /// Whether two sets give the same networks: they may name another folder for the same data.
    pub fn same_but_for_data(&self, other: &Self) -> bool {
        let mut moved = self.clone();
        moved.job.data.clone_from(&other.job.data);
        moved == *other
    }

    /// The seed of one replica.
    pub fn replica_seed(&self, replica: usize) -> u64 {
        self.job.seed.wrapping_add(replica as u64)
    }

    /// Times in whole steps.
    ///
    /// # Errors
    /// When dt does not divide one of the times.
    pub fn steps(&self) -> Result<Steps, ParamsError> {
        let steps = |key, ms| validate::whole_steps(key, ms, self.time.dt_ms);
        let refractory_e = steps("excitatory.refractory_ms", self.excitatory.refractory_ms)?;
        // After 69 time constants a trace counts as 0.
        let slow_trace = match self.learning.rule {
            Rule::Triplet => (69.0 * self.learning.tau_post_slow_ms / self.time.dt_ms + 1.0) as u32,
            Rule::Stdp | Rule::StdpAllLtd | Rule::CountGated => 0,
        };
        Ok(Steps {
            stimulus: steps("time.stimulus_ms", self.time.stimulus_ms)?,
            rest: steps("time.rest_ms", self.time.rest_ms)?,
            refractory_e,
            memory_e: refractory_e.max(slow_trace),
            refractory_i: steps("inhibitory.refractory_ms", self.inhibitory.refractory_ms)?,
            delay_s2_max: steps("lateral.delay_s2_max_ms", self.lateral.delay_s2_max_ms)?,
            delay_s3_max: steps("lateral.delay_s3_max_ms", self.lateral.delay_s3_max_ms)?,
            window: steps("pruning.window_ms", self.pruning.window_ms)?,
        })
    }
}
