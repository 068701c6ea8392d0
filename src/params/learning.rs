//! How S1 learns: parameters of the rule, of the weights and of batches.

use super::kinds::Trace;
use super::rule::StateVariable;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smart_default::SmartDefault;
use std::collections::BTreeMap;

/// Plasticity of S1, the weights from the inputs to E.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(deny_unknown_fields)]
pub struct Learning {
    /// The third factor: a formula, worked out at each E spike, which scales what the spike makes of the weights by the
    /// traces of the inputs. The guide's chapter on rules says what it may name.
    #[default("if(target, 1, -1)")]
    pub factor: String,
    /// A formula, worked out at each E spike too, which scales what the spike adds to its neuron's own trace.
    #[serde(default = "formula_of_one")]
    #[default("1")]
    pub factor_pre: String,
    /// Which spikes the traces count.
    #[serde(default)]
    pub trace: Trace,
    /// Largest weight, in a network with 784 inputs; with n inputs it is 784 / n times as large, so that an image of more
    /// or fewer pixels drives neurons alike.
    #[schemars(range(min = 1e-6, max = 100))]
    #[default(0.05)]
    pub gmax: f64,
    /// Smallest weight, relative to gmax: 0, or below it where an input may also inhibit.
    #[schemars(range(min = -1, max = 0))]
    #[default(0.0)]
    pub w_min: f64,
    /// Smallest initial weight, relative to gmax; they are uniform up to w_start_max.
    #[schemars(range(min = 0, max = 1))]
    #[default(0.0)]
    pub w_start_min: f64,
    /// Largest initial weight, relative to gmax.
    #[schemars(range(min = 0, max = 1))]
    #[default(1.0)]
    pub w_start_max: f64,
    /// Sum to which the incoming weights of each neuron are scaled before each training image, however many inputs there
    /// are; 0 for no scaling.
    #[schemars(range(min = 0, max = 1e6))]
    #[default(0.0)]
    pub w_total: f64,
    /// What a negative weight adds to the inhibitory conductance, relative to its magnitude.
    #[schemars(range(min = 0, max = 100))]
    #[default(1.0)]
    pub inhibitory_gain: f64,
    /// Time constant of the trace of an input's spikes.
    #[schemars(extend("exclusiveMinimum" = 0))]
    #[default(20.0)]
    pub tau_pre_ms: f64,
    /// Time constant of the trace of a neuron's own spikes.
    #[schemars(extend("exclusiveMinimum" = 0))]
    #[default(20.0)]
    pub tau_post_ms: f64,
    /// Step of the presynaptic trace at an input spike, relative to gmax.
    #[schemars(range(min = 0, max = 1))]
    #[default(0.01)]
    pub a_pre: f64,
    /// Step of the postsynaptic trace at an E spike, relative to gmax; negative depresses.
    #[schemars(range(min = -1, max = 0))]
    #[default(-0.0105)]
    pub a_post: f64,
    /// Share of the step sizes that is left at the end of the training, to which they fall linearly.
    #[schemars(range(min = 0, max = 1))]
    #[default(1.0)]
    pub step_end: f64,
    /// Share of the synapses that take no part in a training image, drawn anew for each (dropout).
    #[schemars(range(min = 0, max = 0.99))]
    #[default(0.0)]
    pub dropout: f64,
    /// Images that one network is shown at once, from the same weights, in training: 1 for one after another, each from
    /// where the last one left the network. A batch's images are shown each from rest, and what they change is added up.
    #[serde(default = "one_image")]
    #[schemars(range(min = 1, max = 4_096))]
    #[default(1)]
    pub batch: usize,
    /// How batches grow to their full size: after n images of the training a batch has at most 1 + n / this images; 0 for
    /// full batches from the start.
    #[serde(default = "growth_images")]
    #[schemars(range(min = 0, max = 1_000_000))]
    #[default(300)]
    pub batch_growth_images: usize,
    /// The steps of how many images a batch takes together: those of a larger batch are scaled by this / its images.
    #[serde(default = "step_images")]
    #[schemars(range(min = 0.01, max = 1_000_000))]
    #[default(64.0)]
    pub batch_step_images: f64,
    /// Most that a batch changes a weight, relative to gmax.
    #[serde(default = "change_max")]
    #[schemars(range(min = 1e-4, max = 2))]
    #[default(0.02)]
    pub batch_change_max: f64,
    /// Numbers of your own, by the names by which formulas know them.
    #[serde(default)]
    pub constants: BTreeMap<String, f64>,
    /// Up to two variables of your own that each neuron has: `state.NAME`, with `at_spike`, a formula for what an own spike
    /// makes of it; `start`, its first value; `tau_ms`, the time constant of its decay towards that; and `kept`, whether it
    /// is kept from image to image.
    #[serde(default)]
    pub state: BTreeMap<String, StateVariable>,
}

/// The formula of a factor that changes nothing.
pub(super) fn formula_of_one() -> String {
    "1".into()
}

// What a file that does not name them says of batches, as those of earlier versions do not.

fn one_image() -> usize {
    Learning::default().batch
}

fn growth_images() -> usize {
    Learning::default().batch_growth_images
}

fn step_images() -> f64 {
    Learning::default().batch_step_images
}

fn change_max() -> f64 {
    Learning::default().batch_change_max
}
