//! What a parameter chooses between.

use super::backprop::{Comparator, Sparsity};
use schemars::JsonSchema;
use serde::de::value::{Error as ValueError, StrDeserializer};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What the inputs of a network are given of an image ([`crate::front_end`]).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FrontEnd {
    /// Its intensities, an input each.
    #[default]
    Pixels,
    /// How strong its edges are, by place and direction, an input each.
    OrientedEdges,
}

/// What the membrane potential is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Threshold {
    /// The adaptive threshold as it moves.
    Live,
    /// The adaptive threshold as it stood when the image came on.
    Latched,
    /// The resting value of the threshold.
    Fixed,
    /// A threshold with memory: it rises at each spike of the training and falls from image to image, too slowly to
    /// move within one; testing holds it as the training left it.
    Homeostatic,
}

/// Which spikes a trace of learning counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Trace {
    /// All: each adds its step to what is left of the trace.
    #[default]
    All,
    /// The nearest alone: each sets the trace to its step.
    Nearest,
}

impl Threshold {
    /// Whether potentials are compared with the threshold as it moves, not with a latched one.
    pub fn is_live(self) -> bool {
        match self {
            Self::Live | Self::Homeostatic => true,
            Self::Latched | Self::Fixed => false,
        }
    }
}

/// How an unused weight decays over the time since its last presynaptic spike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Decay {
    /// By exp(-k (t / tau)^2): "use it or lose it" (eq. 5).
    Gaussian,
    /// By exp(-k t / tau), used or not: the local form of an L2 penalty (after eq. 1).
    Exponential,
    /// Towards zero by gmax k t / tau, used or not: the local form of an L1 penalty (after eq. 2).
    Linear,
}

/// When the decay acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PruningMode {
    /// Never.
    None,
    /// At every input spike of the training; a flush ends it.
    Continuous,
    /// One exact flush at the end of the training.
    Final,
    /// At the end every input fires for a while with learning off; those that do are flushed.
    FinalWindow,
}

/// The time constant of the decay: given, or following from the job.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "it must be a number of ms, \"from-job\" or \"from-classes\""
)]
pub enum TauPrune {
    Ms(#[schemars(extend("exclusiveMinimum" = 0))] f64),
    Rule(TauRule),
}

/// How the time constant of the decay follows from the job; `t_image` is stimulus plus rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TauRule {
    /// `t_image * sqrt(8 * classes * presentations)`: keeps about the same share of weights for any length.
    FromJob,
    /// `5 * classes * t_image`, as the authors' notebooks have it.
    FromClasses,
}

impl FromStr for TauPrune {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let rule = TauRule::deserialize(StrDeserializer::<ValueError>::new(text)).map(Self::Rule);
        let ms = super::number(text).map(Self::Ms);
        ms.or(rule)
            .map_err(|_| "expected a number of ms, from-job or from-classes".into())
    }
}

impl fmt::Display for TauPrune {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ms(tau_ms) => write!(f, "{tau_ms}"),
            Self::Rule(rule) => write!(f, "{rule}"),
        }
    }
}

/// Writes a kebab-case unit variant as TOML and JSON have it.
macro_rules! display_as_serialized {
    ($($name:ty),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.serialize(f)
            }
        }
    )*};
}
display_as_serialized!(
    FrontEnd,
    Threshold,
    Trace,
    Decay,
    PruningMode,
    TauRule,
    Comparator,
    Sparsity
);
