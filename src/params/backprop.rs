//! A network that is trained by backpropagation, to compare with: what it is, and how its weights are kept few.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smart_default::SmartDefault;

/// What is trained by backpropagation instead of the network of the other tables.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(deny_unknown_fields)]
pub struct Backprop {
    pub network: Comparator,
    /// Hidden neurons of mlp and spiking.
    #[schemars(range(min = 1, max = 10_000))]
    #[default(100)]
    pub hidden: usize,
    /// Time steps for which an image drives spiking neurons.
    #[schemars(range(min = 1, max = 100))]
    #[default(8)]
    pub time_steps: usize,
    /// Time constant of the membrane of spiking neurons, in time steps.
    #[schemars(range(min = 1, max = 1000))]
    #[default(2.0)]
    pub tau_membrane_steps: f64,
    /// Threshold of spiking neurons, from a rest of 0; a spike resets to 0.
    #[schemars(range(min = 1e-3, max = 1000))]
    #[default(1.0)]
    pub threshold: f64,
    /// Slope of the surrogate gradient, the derivative of an arctangent that stands for that of a spike.
    #[schemars(range(min = 0.01, max = 100))]
    #[default(2.0)]
    pub surrogate_slope: f64,
    /// Images of a step of the optimiser (Adam).
    #[schemars(range(min = 1, max = 10_000))]
    #[default(128)]
    pub batch: usize,
    /// Learning rate of the optimiser; it falls to 0 along a cosine.
    #[schemars(range(min = 1e-6, max = 1))]
    #[default(1e-3)]
    pub rate: f64,
    pub sparsity: Sparsity,
    /// Share of the synapses that are there: throughout in deep-r, set and rigl, in the end in bpsr-style.
    #[schemars(range(min = 1e-3, max = 1))]
    #[default(1.0)]
    pub connectivity: f64,
    /// How strongly weights are kept few: what l1 takes from each weight, and the pull of grad-r and deep-r, relative to the
    /// rate; the share that drops out.
    #[schemars(range(min = 0, max = 100))]
    #[default(0.0)]
    pub strength: f64,
    /// What each hidden spike of an image adds to the loss of spike-penalty and bpsr-style.
    #[schemars(range(min = 0, max = 100))]
    #[default(0.0)]
    pub spike_penalty: f64,
    /// Images between two rewirings of set, rigl and bpsr-style.
    #[schemars(range(min = 1, max = 10_000_000))]
    #[default(12_800)]
    pub rewire_images: usize,
    /// Share of the synapses that a rewiring replaces at first; it falls to 0 along a cosine.
    #[schemars(range(min = 0, max = 1))]
    #[default(0.3)]
    pub rewire_share: f64,
}

impl Backprop {
    /// The share of the hidden neurons that take no part in a step of the training; none where all do.
    pub fn dropout(&self) -> Option<f32> {
        let drops = self.sparsity == Sparsity::Dropout && self.network != Comparator::Cnn;
        drops.then_some(self.strength.min(0.99) as f32)
    }
}

/// Networks that are trained by backpropagation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Comparator {
    /// A softmax regression: no hidden neurons.
    Softmax,
    /// Hidden rectified neurons.
    Mlp,
    /// Two layers of 5x5 convolutions, of 8 and 16 maps, each rectified and pooled by 2x2.
    Cnn,
    /// Hidden leaky integrate-and-fire neurons, trained by surrogate gradients through time. An image is a constant
    /// current; outputs add up spikes, and do not spike.
    #[default]
    Spiking,
}

/// How weights are kept few.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Sparsity {
    /// They are not.
    #[default]
    None,
    /// A penalty on their size, by which they come to 0 exactly.
    L1,
    /// Hidden neurons drop out in training; weights stay.
    Dropout,
    /// A penalty on hidden spikes; weights stay.
    SpikePenalty,
    /// Bellec et al. 2018: weights that cross 0 go, with drift and noise, and as many others come at random.
    DeepR,
    /// Mocanu et al. 2018: the smallest go, others come at random.
    Set,
    /// Evci et al. 2020: the smallest go, those with the largest gradient come.
    Rigl,
    /// Chen et al. 2021: weights of a fixed sign that sleep below 0, reached by gradients and pulled down by a prior.
    GradR,
    /// After Yan et al. 2022, of which the equations were not at hand: a penalty on spikes, and synapses that go by size
    /// and come by gradient while their number falls to the connectivity.
    BpsrStyle,
}

impl Sparsity {
    /// Whether the number of synapses is given.
    pub fn has_connectivity(self) -> bool {
        matches!(self, Self::DeepR | Self::Set | Self::Rigl | Self::BpsrStyle)
    }

    /// Whether it begins with that number.
    pub fn begins_sparse(self) -> bool {
        self.has_connectivity() && self != Self::BpsrStyle
    }

    /// Whether a weight keeps its sign.
    pub fn signs_are_fixed(self) -> bool {
        matches!(self, Self::DeepR | Self::GradR)
    }

    /// Whether hidden spikes are penalised.
    pub fn penalises_spikes(self) -> bool {
        matches!(self, Self::SpikePenalty | Self::BpsrStyle)
    }
}
