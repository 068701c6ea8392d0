//! What is refused, and why.

mod backprop;
mod model;

use super::schema::check_ranges;
use super::*;
use std::fmt;

/// Neurons that one network may have: its S3 delays, one a pair unless all are 0, then take half a gigabyte.
pub const MAX_NEURONS: usize = 16_384;
/// Networks that one job may train.
pub const MAX_REPLICAS: usize = 4_096;

/// Input spikes that a presentation may be expected to have, were all its pixels white; a list of them in memory takes
/// ten bytes a spike, and counts them in 32 bits.
const MAX_SPIKES: f64 = 1e9;

/// Bytes that a checkpoint may have; a job in memory takes a few times as much.
pub const MAX_CHECKPOINT_BYTES: u64 = 4 << 30;

pub(super) fn out_of_range(
    key: &'static str,
    value: impl fmt::Display,
    expected: impl Into<String>,
) -> ParamsError {
    ParamsError::OutOfRange {
        key,
        value: value.to_string(),
        expected: expected.into(),
    }
}

/// `ms / dt_ms` when that is a whole number (within rounding).
pub fn whole_steps(key: &'static str, ms: f64, dt_ms: f64) -> Result<u32, ParamsError> {
    let steps = ms / dt_ms;
    let whole = steps.round();
    if (steps - whole).abs() > 1e-6 || !(0.0..=1e7).contains(&whole) {
        return Err(ParamsError::Indivisible { key, ms, dt_ms });
    }
    Ok(whole as u32)
}

fn within(key: &'static str, value: f64, low: f64, high: f64) -> Result<(), ParamsError> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(out_of_range(key, value, format!("in {low}..={high}")))
}

fn count(key: &'static str, value: usize, low: usize, high: usize) -> Result<(), ParamsError> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(out_of_range(key, value, format!("in {low}..={high}")))
}

impl Params {
    /// Checks every parameter and every combination.
    ///
    /// # Errors
    /// The first that makes no sense, with its value and what is allowed.
    pub fn validate(&self) -> Result<(), ParamsError> {
        self.model.network.validate()?;
        self.job.validate()?;
        self.model.validate()?;
        if let Some(backprop) = &self.backprop {
            backprop.validate(self)?;
        }
        within("pruning.tau_ms", self.tau_prune_ms(), 1e-3, 1e12)?;
        if self.replicas().next().is_none() {
            let expected = "a part that has networks: choose fewer parts, or more replicas";
            return Err(out_of_range("job.shard", self.job.shard, expected));
        }
        self.validate_size()?;
        self.validate_clock()
    }

    fn validate_size(&self) -> Result<(), ParamsError> {
        let (replicas, neurons) = (self.replicas().count(), self.model.neurons());
        let (r, n, inputs) = (replicas as u64, neurons as u64, self.model.inputs() as u64);
        // Two sets of weights, the delays of S3, and what is under way.
        let steps = self.model.steps()?;
        let slots = u64::from(steps.delay_e_to_i_max + steps.delay_i_to_e_max) + 2;
        let delays = delay_rows(neurons, steps.delay_i_to_e_max) as u64;
        let bytes = r * n * (8 * inputs + 2 * delays + 2 * slots + 64);
        if bytes > MAX_CHECKPOINT_BYTES {
            return Err(ParamsError::TooLarge {
                replicas,
                neurons,
                bytes,
            });
        }
        Ok(())
    }

    fn validate_clock(&self) -> Result<(), ParamsError> {
        let steps = self.model.steps()?;
        let per_image = u64::from(steps.stimulus + steps.rest);
        let presentations = self.presentations();
        if presentations as u64 * per_image + u64::from(steps.spare()) >= u64::from(u32::MAX) {
            return Err(ParamsError::ClockOverflow {
                presentations,
                steps: per_image,
            });
        }
        Ok(())
    }
}

impl Job {
    /// Checks every parameter of the job by itself.
    ///
    /// # Errors
    /// The first that makes no sense.
    pub fn validate(&self) -> Result<(), ParamsError> {
        check_ranges("job.", self)?;
        let metrics = &self.metrics;
        if (1..metrics.len()).any(|at| metrics[..at].contains(&metrics[at])) {
            let listed: Vec<String> = metrics.iter().map(ToString::to_string).collect();
            let expected = "a list without a word twice";
            return Err(out_of_range("job.metrics", listed.join(", "), expected));
        }
        if self.seed > i64::MAX as u64 - MAX_REPLICAS as u64 {
            return Err(out_of_range(
                "job.seed",
                self.seed,
                "below 2^63 (what TOML can hold)",
            ));
        }
        Ok(())
    }
}
