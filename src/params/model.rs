//! What is simulated: the network, its neurons, synapses, learning and pruning, and the clock.

use super::Architecture;
use super::kinds::{Decay, FrontEnd, PruningMode, TauPrune, TauRule, Threshold};
use super::learning::Learning;
use crate::dataset::ImageShape;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smart_default::SmartDefault;

/// How often an image may be shown again because it evoked too few spikes ([`Input::least_spikes`]); what is darker still
/// stays unanswered.
pub const RETRIES: u32 = 16;

/// What a network is: all parameters but those of the job.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Model {
    pub network: Architecture,
    pub time: Time,
    pub input: Input,
    pub excitatory: Excitatory,
    pub inhibitory: Inhibitory,
    pub lateral: Lateral,
    pub learning: Learning,
    pub pruning: Pruning,
}

/// The clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(deny_unknown_fields)]
pub struct Time {
    /// Length of a step.
    #[schemars(range(min = 0.01, max = 10))]
    #[default(0.5)]
    pub dt_ms: f64,
    /// How long an image is shown.
    #[schemars(range(min = 1, max = 60_000))]
    #[default(350.0)]
    pub stimulus_ms: f64,
    /// Pause without input after a training image.
    #[schemars(range(min = 0, max = 60_000))]
    #[default(150.0)]
    pub rest_ms: f64,
}

/// Inputs of the network for which weights are given: the pixels of MNIST.
pub const REFERENCE_INPUTS: f64 = 784.0;

/// Inputs that one network may have: an input's number has 16 bits.
pub const MAX_INPUTS: usize = 65_536;

/// From images to Poisson rates. What the front end makes of an image are intensities p from 0 to 255, one an input:
/// `rate = floor(p / intensity_step) * intensity_step / 255 * full_rate_hz`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Rows of an image.
    #[serde(default = "mnist_side")]
    #[schemars(range(min = 1, max = MAX_INPUTS))]
    #[default(28)]
    pub height: usize,
    /// Columns of an image.
    #[serde(default = "mnist_side")]
    #[schemars(range(min = 1, max = MAX_INPUTS))]
    #[default(28)]
    pub width: usize,
    /// Intensities of a pixel: 1 for grey, 3 for colour.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 4))]
    #[default(1)]
    pub channels: usize,
    /// What the inputs are given: the pixels, or what a fixed stage of vision makes of them.
    #[serde(default)]
    pub front_end: FrontEnd,
    /// Rate of an input of intensity 255 (were it a multiple of the step).
    #[schemars(range(min = 1, max = 100_000))]
    #[default(63.75)]
    pub full_rate_hz: f64,
    /// Intensities are rounded down to a multiple of this: 1 keeps all 256 levels.
    #[schemars(range(min = 1, max = 255))]
    #[default(1)]
    pub intensity_step: u32,
    /// Every image is scaled to this mean rate over its inputs before it is shown; 0 shows it as it is.
    #[schemars(range(min = 0, max = 100_000))]
    #[default(0.0)]
    pub mean_rate_hz: f64,
    /// An image that evokes fewer E spikes in all is shown again, brighter, at most 16 times; 0 for never.
    #[schemars(range(min = 0, max = 1_000_000))]
    #[default(0)]
    pub least_spikes: usize,
    /// By how much `full_rate_hz` rises each time.
    #[schemars(range(min = 0, max = 100_000))]
    #[default(0.0)]
    pub retry_rate_hz: f64,
    #[serde(default)]
    pub edges: Edges,
}

/// `oriented-edges`: the answers of orientation-selective cells ([`crate::front_end`]).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(deny_unknown_fields)]
pub struct Edges {
    /// Directions of edges that are told apart, evenly over the full circle: an edge from dark to light is another than
    /// one from light to dark.
    #[schemars(range(min = 1, max = 64))]
    #[default(16)]
    pub directions: usize,
    /// Side of the square cells over which edges are summed, in pixels: within a cell it does not matter where an edge
    /// lies.
    #[schemars(range(min = 1, max = 256))]
    #[default(4)]
    pub cell_size: usize,
    /// Sums are divided by the root of their squares in the 3 x 3 cells around plus this: the greater, the more contrast
    /// counts; far below 1 faint edges count like strong ones.
    #[schemars(range(min = 1e-6, max = 1e6))]
    #[default(0.5)]
    pub normalisation: f64,
    /// Of what is left, at most 1, this and more fire an input at its full rate.
    #[schemars(range(min = 1e-3, max = 1))]
    #[default(0.5)]
    pub cut: f64,
}

/// Rows, and columns, of what all networks were shown until 0.2.0, which did not say so.
fn mnist_side() -> usize {
    28
}

fn check_images() -> usize {
    1_000
}

fn one() -> usize {
    1
}

impl Input {
    /// Shape of the images.
    pub fn image(&self) -> ImageShape {
        ImageShape {
            height: self.height,
            width: self.width,
            channels: self.channels,
        }
    }
}

/// The excitatory (E) population: conductance-based leaky integrate-and-fire, adaptive threshold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(deny_unknown_fields)]
pub struct Excitatory {
    /// Time constant of the membrane potential.
    #[schemars(extend("exclusiveMinimum" = 0))]
    #[default(100.0)]
    pub tau_membrane_ms: f64,
    /// Resting potential.
    #[schemars(range(min = -1_000, max = 1_000))]
    #[default(-60.0)]
    pub v_rest_mv: f64,
    /// Potential after a spike.
    #[schemars(range(min = -1_000, max = 1_000))]
    #[default(-65.0)]
    pub v_reset_mv: f64,
    /// Membrane potential before the first training image.
    #[schemars(range(min = -1_000, max = 1_000))]
    #[default(-80.0)]
    pub v_start_mv: f64,
    /// Reversal potential of excitation.
    #[schemars(range(min = -1_000, max = 1_000))]
    #[default(0.0)]
    pub e_excitatory_mv: f64,
    /// Reversal potential of inhibition.
    #[schemars(range(min = -1_000, max = 1_000))]
    #[default(-100.0)]
    pub e_inhibitory_mv: f64,
    /// Time constant of the excitatory conductance.
    #[schemars(extend("exclusiveMinimum" = 0))]
    #[default(5.0)]
    pub tau_ge_ms: f64,
    /// Time constant of the inhibitory conductance.
    #[schemars(extend("exclusiveMinimum" = 0))]
    #[default(10.0)]
    pub tau_gi_ms: f64,
    /// How long a neuron cannot spike again.
    #[schemars(range(min = 0, max = 1_000))]
    #[default(5.0)]
    pub refractory_ms: f64,
    /// Resting value of the threshold.
    #[schemars(range(min = -1_000, max = 1_000))]
    #[default(-52.0)]
    pub v_threshold_mv: f64,
    /// By how much the threshold is above it before the first training image.
    #[schemars(range(min = 0, max = 1_000))]
    #[default(0.0)]
    pub theta_start_mv: f64,
    /// Resting value of the threshold in testing.
    #[schemars(range(min = -1_000, max = 1_000))]
    #[default(-52.0)]
    pub v_threshold_test_mv: f64,
    /// Time constant with which the threshold returns to its resting value.
    #[schemars(extend("exclusiveMinimum" = 0))]
    #[default(150.0)]
    pub tau_threshold_ms: f64,
    /// Rise of the threshold at each spike.
    #[schemars(range(min = 0, max = 1_000))]
    #[default(3.0)]
    pub threshold_step_mv: f64,
    /// What potentials are compared with in training.
    #[default(Threshold::Live)]
    pub threshold_train: Threshold,
    /// What potentials are compared with in testing.
    #[default(Threshold::Fixed)]
    pub threshold_test: Threshold,
    /// Of all neurons that could fire in a step only the one farthest above its threshold does: so neurons that are driven
    /// alike do not fire, and learn, together before inhibition arrives.
    #[serde(default)]
    #[default(false)]
    pub one_spike_a_step: bool,
}

/// The inhibitory (I) population, one neuron for each excitatory one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(deny_unknown_fields)]
pub struct Inhibitory {
    /// Time constant of the membrane potential.
    #[schemars(extend("exclusiveMinimum" = 0))]
    #[default(10.0)]
    pub tau_membrane_ms: f64,
    /// Resting potential.
    #[schemars(range(min = -1_000, max = 1_000))]
    #[default(-60.0)]
    pub v_rest_mv: f64,
    /// Potential after a spike.
    #[schemars(range(min = -1_000, max = 1_000))]
    #[default(-45.0)]
    pub v_reset_mv: f64,
    /// Membrane potential before the first training image.
    #[schemars(range(min = -1_000, max = 1_000))]
    #[default(-80.0)]
    pub v_start_mv: f64,
    /// Threshold of a spike.
    #[schemars(range(min = -1_000, max = 1_000))]
    #[default(-40.0)]
    pub v_threshold_mv: f64,
    /// Reversal potential of excitation.
    #[schemars(range(min = -1_000, max = 1_000))]
    #[default(0.0)]
    pub e_excitatory_mv: f64,
    /// Time constant of the excitatory conductance.
    #[schemars(extend("exclusiveMinimum" = 0))]
    #[default(5.0)]
    pub tau_ge_ms: f64,
    /// How long a neuron cannot spike again.
    #[schemars(range(min = 0, max = 1_000))]
    #[default(2.0)]
    pub refractory_ms: f64,
}

/// Lateral inhibition: S2 (E to its own I) and S3 (I to every E but its own).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(deny_unknown_fields)]
pub struct Lateral {
    /// Weight from each E neuron to its own I neuron.
    #[schemars(range(min = 0, max = 1_000))]
    #[default(3.0)]
    pub w_e_to_i: f64,
    /// Delays from E to I are uniform in 0..this, one a pair.
    #[schemars(range(min = 0, max = 100))]
    #[default(10.0)]
    pub delay_e_to_i_max_ms: f64,
    /// Weight from an I neuron to another E neuron times the number of neurons, in a network of 100 neurons.
    #[schemars(range(min = 0, max = 1e6))]
    #[default(3.0)]
    pub w_i_to_e_total: f64,
    /// Other networks have a total of `w_i_to_e_total (N / 100)^this`.
    #[schemars(range(min = 0, max = 2))]
    #[default(0.0)]
    pub w_i_to_e_growth: f64,
    /// Delays from I to E are uniform in 0..this, one a pair.
    #[schemars(range(min = 0, max = 100))]
    #[default(5.0)]
    pub delay_i_to_e_max_ms: f64,
}

/// Weight regularisation, "use it or lose it" (eq. 5).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(deny_unknown_fields)]
pub struct Pruning {
    /// When weights that are not used decay.
    #[default(PruningMode::Continuous)]
    pub mode: PruningMode,
    /// How they decay.
    #[default(Decay::Gaussian)]
    pub decay: Decay,
    /// Time constant of the decay.
    #[default(TauPrune::Rule(TauRule::FromJob))]
    pub tau_ms: TauPrune,
    /// Factor k in the exponent of the decay.
    #[schemars(range(min = 1e-9, max = 1e9))]
    #[default(1.0)]
    pub k: f64,
    /// A weight below this share of gmax counts as zero.
    #[schemars(range(min = 0, max = 1))]
    #[default(1e-3)]
    pub zero_below: f64,
    /// Where weights are read out, those below this share of gmax are set to zero: what the decay has left too weak to matter.
    #[schemars(range(min = 0, max = 1))]
    #[default(0.0)]
    pub remove_below: f64,
    /// With this above 0 a synapse that is found below `remove_below`, which rises from 0 to its value in the first half of
    /// the training, is absent, and grows again only if its steps since the last check add up to this share of gmax
    /// ([`crate::model::regrow`]).
    #[serde(default)]
    #[schemars(range(min = 0, max = 1))]
    #[default(0.0)]
    pub regrow_above: f64,
    /// After how many training images synapses are checked.
    #[serde(default = "check_images")]
    #[schemars(range(min = 1, max = 1_000_000_000))]
    #[default(1_000)]
    pub check_images: usize,
    /// `final-window`: how long every input fires at the end.
    #[schemars(range(min = 0.01, max = 60_000))]
    #[default(50.0)]
    pub window_ms: f64,
    /// `final-window`: the rate at which it does.
    #[schemars(range(min = 1, max = 100_000))]
    #[default(63.0)]
    pub window_rate_hz: f64,
}
