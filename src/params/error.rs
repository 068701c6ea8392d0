//! What a set of parameters is refused for.

use super::MAX_CHECKPOINT_BYTES;
use crate::expression::{MAX_NODES, SyntaxError};

/// A formula of a rule that cannot be read, or names what is not there.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{key} is \"{text}\": {error}")]
#[non_exhaustive]
pub struct FormulaError {
    /// The dotted key of its parameter.
    pub key: String,
    pub text: String,
    pub error: SyntaxError,
}

/// A parameter that makes no sense, by itself or beside another.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ParamsError {
    #[error("{key} is {value}: it must be {expected}")]
    OutOfRange {
        key: &'static str,
        value: String,
        expected: String,
    },
    #[error(
        "the table backprop is trained by `train` alone, and tested by `eval`: choose a preset of a network that learns by \
         local rules"
    )]
    Backprop,
    #[error(transparent)]
    Formula(Box<FormulaError>),
    #[error(
        "{key} makes the formulas of the rule too long: they have {nodes} numbers, names and operations, {MAX_NODES} at \
         most; name a part that is there twice (x = ...; x * x)"
    )]
    LongRule { key: String, nodes: usize },
    #[error("{key}: {problem}")]
    OwnName { key: String, problem: &'static str },
    #[error("{key} is {value}: it must be 0, or of a magnitude in 1e-30..=1e30")]
    OwnValue { key: String, value: f64 },
    #[error(
        "time.dt_ms = {dt_ms} does not divide {key} = {ms}: the simulation needs whole steps; \
         try 0.1, 0.5 or 1"
    )]
    Indivisible {
        key: &'static str,
        ms: f64,
        dt_ms: f64,
    },
    #[error(
        "time.dt_ms = {dt_ms} is too coarse for {key} = {tau_ms}: Euler's method needs a step well \
         below every time constant (at most half of it)"
    )]
    Unstable {
        key: &'static str,
        tau_ms: f64,
        dt_ms: f64,
    },
    #[error(
        "{rate_key} = {rate_hz} Hz at time.dt_ms = {dt_ms} means {probability} spikes a step: a Poisson \
         input fires at most once a step, so lower the rate or the step"
    )]
    RateTooHigh {
        rate_key: &'static str,
        rate_hz: f64,
        dt_ms: f64,
        probability: f64,
    },
    #[error(
        "{presentations} presentations of {steps} steps are more than the clock of 2^32 steps holds: \
         lower job.epochs or the number of training images, or raise time.dt_ms"
    )]
    ClockOverflow { presentations: usize, steps: u64 },
    #[error(
        "{replicas} replicas of {neurons} neurons would make a checkpoint of {bytes} bytes, more than the \
         {MAX_CHECKPOINT_BYTES} that one may have: lower the number of networks or of neurons"
    )]
    TooLarge {
        replicas: usize,
        neurons: usize,
        bytes: u64,
    },
}
