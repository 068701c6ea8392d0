//! What is refused, and why.

use super::*;
use std::fmt;

/// Neurons that one network may have: its S3 delays, one a pair, then take half a gigabyte.
pub const MAX_NEURONS: usize = 16_384;
/// Networks that one job may train.
pub const MAX_REPLICAS: usize = 4_096;

/// Bytes that a checkpoint may have; a job in memory takes a few times as much.
pub const MAX_CHECKPOINT_BYTES: u64 = 4 << 30;

fn out_of_range(
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
pub(super) fn whole_steps(key: &'static str, ms: f64, dt_ms: f64) -> Result<u32, ParamsError> {
    let steps = ms / dt_ms;
    let whole = steps.round();
    if (steps - whole).abs() > 1e-6 || !(0.0..=1e7).contains(&whole) {
        return Err(ParamsError::Indivisible { key, ms, dt_ms });
    }
    Ok(whole as u32)
}

fn positive(key: &'static str, value: f64, unit: &str) -> Result<(), ParamsError> {
    if value.is_finite() && value > 0.0 {
        return Ok(());
    }
    Err(out_of_range(key, value, format!("a positive number{unit}")))
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
        self.validate_job()?;
        self.validate_time()?;
        self.validate_neurons()?;
        self.validate_synapses()?;
        self.validate_size()?;
        self.validate_clock()
    }

    fn validate_job(&self) -> Result<(), ParamsError> {
        let job = &self.job;
        let classes = &job.classes;
        let listed = || job.label(",");
        if classes.is_empty() {
            return Err(out_of_range(
                "job.classes",
                "empty",
                "a list of labels, such as 7,4,6",
            ));
        }
        if classes.iter().any(|&class| class > 9) {
            return Err(out_of_range("job.classes", listed(), "labels from 0 to 9"));
        }
        if (1..classes.len()).any(|i| classes[..i].contains(&classes[i])) {
            return Err(out_of_range(
                "job.classes",
                listed(),
                "a list without a label twice",
            ));
        }
        let most_per_class = MAX_NEURONS / classes.len();
        count(
            "job.neurons_per_class",
            job.neurons_per_class,
            1,
            most_per_class,
        )?;
        count("job.neurons", job.neurons, 0, MAX_NEURONS)?;
        count("job.label_images", job.label_images, 0, 60_000)?;
        if job.neurons > 0 && (self.learning.rule.is_supervised() || job.label_images == 0) {
            return Err(out_of_range(
                "job.neurons",
                job.neurons,
                "0 where the learning rule or the vote goes by the groups of the classes: set job.label_images and an \
                 unsupervised learning.rule, or job.neurons_per_class",
            ));
        }
        count("job.train_per_class", job.train_per_class, 1, 60_000)?;
        count("job.train_images", job.train_images, 0, 60_000)?;
        count("job.test_per_class", job.test_per_class, 0, 10_000)?;
        count(
            "job.validation_per_class",
            job.validation_per_class,
            0,
            60_000,
        )?;
        count("job.epochs", job.epochs, 1, 10_000)?;
        count("job.shift_max", job.shift_max, 0, 27)?;
        count("job.replicas", job.replicas, 1, MAX_REPLICAS)?;
        count("job.metrics_every", job.metrics_every, 0, u32::MAX as usize)?;
        if job.seed > i64::MAX as u64 - MAX_REPLICAS as u64 {
            return Err(out_of_range(
                "job.seed",
                job.seed,
                "below 2^63 (what TOML can hold)",
            ));
        }
        Ok(())
    }

    fn validate_time(&self) -> Result<(), ParamsError> {
        within("time.dt_ms", self.time.dt_ms, 0.01, 10.0)?;
        within("time.stimulus_ms", self.time.stimulus_ms, 1.0, 60_000.0)?;
        within("time.rest_ms", self.time.rest_ms, 0.0, 60_000.0)?;
        within(
            "excitatory.refractory_ms",
            self.excitatory.refractory_ms,
            0.0,
            1_000.0,
        )?;
        within(
            "inhibitory.refractory_ms",
            self.inhibitory.refractory_ms,
            0.0,
            1_000.0,
        )?;
        within(
            "lateral.delay_s2_max_ms",
            self.lateral.delay_s2_max_ms,
            0.0,
            100.0,
        )?;
        within(
            "lateral.delay_s3_max_ms",
            self.lateral.delay_s3_max_ms,
            0.0,
            100.0,
        )?;
        within("pruning.window_ms", self.pruning.window_ms, 0.01, 60_000.0)?;
        self.steps()?;
        within(
            "input.full_rate_hz",
            self.input.full_rate_hz,
            1.0,
            100_000.0,
        )?;
        count(
            "input.intensity_step",
            self.input.intensity_step as usize,
            1,
            255,
        )?;
        within(
            "input.mean_rate_hz",
            self.input.mean_rate_hz,
            0.0,
            self.input.full_rate_hz,
        )?;
        count("input.least_spikes", self.input.least_spikes, 0, 1_000_000)?;
        within(
            "input.retry_rate_hz",
            self.input.retry_rate_hz,
            0.0,
            100_000.0,
        )?;
        within(
            "pruning.window_rate_hz",
            self.pruning.window_rate_hz,
            1.0,
            100_000.0,
        )?;
        for (rate_key, rate_hz) in [
            ("input.full_rate_hz", self.input.full_rate_hz),
            (
                "input.full_rate_hz with all retries",
                self.full_rate_hz(self.attempts() - 1),
            ),
            ("pruning.window_rate_hz", self.pruning.window_rate_hz),
        ] {
            let dt_ms = self.time.dt_ms;
            let probability = rate_hz * dt_ms * 1e-3;
            if probability > 1.0 {
                return Err(ParamsError::RateTooHigh {
                    rate_key,
                    rate_hz,
                    dt_ms,
                    probability,
                });
            }
        }
        Ok(())
    }

    fn validate_neurons(&self) -> Result<(), ParamsError> {
        let (e, i) = (&self.excitatory, &self.inhibitory);
        for (key, tau_ms) in [
            ("excitatory.tau_membrane_ms", e.tau_membrane_ms),
            ("excitatory.tau_threshold_ms", e.tau_threshold_ms),
            ("excitatory.tau_ge_ms", e.tau_ge_ms),
            ("excitatory.tau_gi_ms", e.tau_gi_ms),
            ("inhibitory.tau_membrane_ms", i.tau_membrane_ms),
            ("inhibitory.tau_ge_ms", i.tau_ge_ms),
        ] {
            positive(key, tau_ms, " of ms")?;
            if self.time.dt_ms > 0.5 * tau_ms {
                return Err(ParamsError::Unstable {
                    key,
                    tau_ms,
                    dt_ms: self.time.dt_ms,
                });
            }
        }
        for (key, mv) in [
            ("excitatory.v_rest_mv", e.v_rest_mv),
            ("excitatory.v_reset_mv", e.v_reset_mv),
            ("excitatory.v_start_mv", e.v_start_mv),
            ("excitatory.e_excitatory_mv", e.e_excitatory_mv),
            ("excitatory.e_inhibitory_mv", e.e_inhibitory_mv),
            ("excitatory.v_threshold_mv", e.v_threshold_mv),
            ("excitatory.v_threshold_test_mv", e.v_threshold_test_mv),
            ("inhibitory.v_rest_mv", i.v_rest_mv),
            ("inhibitory.v_reset_mv", i.v_reset_mv),
            ("inhibitory.v_start_mv", i.v_start_mv),
            ("inhibitory.e_excitatory_mv", i.e_excitatory_mv),
            ("inhibitory.v_threshold_mv", i.v_threshold_mv),
        ] {
            within(key, mv, -1_000.0, 1_000.0)?;
        }
        within(
            "excitatory.threshold_step_mv",
            e.threshold_step_mv,
            0.0,
            1_000.0,
        )?;
        within("excitatory.theta_start_mv", e.theta_start_mv, 0.0, 1_000.0)?;
        // A threshold with memory may begin far above its resting value.
        let of = |kind, otherwise| match kind {
            Threshold::Homeostatic => e.v_threshold_mv + e.theta_start_mv,
            Threshold::Live | Threshold::Latched | Threshold::Fixed => otherwise,
        };
        let trained_mv = of(e.threshold_train, e.v_threshold_mv);
        let tested_mv = of(e.threshold_test, e.v_threshold_test_mv);
        for (key, mv, threshold_mv) in [
            ("excitatory.v_rest_mv", e.v_rest_mv, trained_mv),
            ("excitatory.v_rest_mv", e.v_rest_mv, tested_mv),
            ("excitatory.v_reset_mv", e.v_reset_mv, trained_mv),
            ("excitatory.v_reset_mv", e.v_reset_mv, tested_mv),
            ("excitatory.v_start_mv", e.v_start_mv, trained_mv),
            ("inhibitory.v_rest_mv", i.v_rest_mv, i.v_threshold_mv),
            ("inhibitory.v_reset_mv", i.v_reset_mv, i.v_threshold_mv),
            ("inhibitory.v_start_mv", i.v_start_mv, i.v_threshold_mv),
        ] {
            if mv >= threshold_mv {
                let expected = format!(
                    "below the threshold of {threshold_mv} mV, or the neuron fires unasked"
                );
                return Err(out_of_range(key, mv, expected));
            }
        }
        Ok(())
    }

    fn validate_synapses(&self) -> Result<(), ParamsError> {
        within("lateral.w_s2", self.lateral.w_s2, 0.0, 1_000.0)?;
        within("lateral.w_s3_total", self.lateral.w_s3_total, 0.0, 1e6)?;
        within("lateral.w_s3_growth", self.lateral.w_s3_growth, 0.0, 2.0)?;
        let learning = &self.learning;
        within("learning.gmax", learning.gmax, 1e-6, 100.0)?;
        positive("learning.tau_pre_ms", learning.tau_pre_ms, " of ms")?;
        positive("learning.tau_post_ms", learning.tau_post_ms, " of ms")?;
        within(
            "learning.tau_post_slow_ms",
            learning.tau_post_slow_ms,
            1e-3,
            60_000.0,
        )?;
        within("learning.a_pre", learning.a_pre, 0.0, 1.0)?;
        within("learning.a_post", learning.a_post, -1.0, 0.0)?;
        within("learning.w_min", learning.w_min, -1.0, 0.0)?;
        within("learning.w_start_max", learning.w_start_max, 0.0, 1.0)?;
        within(
            "learning.w_start_min",
            learning.w_start_min,
            0.0,
            learning.w_start_max,
        )?;
        within("learning.w_total", learning.w_total, 0.0, 1e6)?;
        if learning.w_total > 0.0 && learning.w_min < 0.0 {
            let expected = "0 where weights are scaled to a sum (learning.w_total)";
            return Err(out_of_range("learning.w_min", learning.w_min, expected));
        }
        within(
            "learning.inhibitory_gain",
            learning.inhibitory_gain,
            0.0,
            100.0,
        )?;
        within("learning.step_end", learning.step_end, 0.0, 1.0)?;
        within("learning.target_spikes", learning.target_spikes, 1e-3, 1e6)?;
        within("learning.target_floor", learning.target_floor, 1e-3, 1.0)?;
        within("learning.tolerance", learning.tolerance, 0.0, 1.0)?;
        within("learning.dropout", learning.dropout, 0.0, 0.99)?;
        let pruning = &self.pruning;
        if let TauPrune::Ms(tau_ms) = pruning.tau_ms {
            positive("pruning.tau_ms", tau_ms, " of ms")?;
        }
        positive("pruning.k", pruning.k, "")?;
        within("pruning.k", pruning.k, 1e-9, 1e9)?;
        within("pruning.tau_ms", self.tau_prune_ms(), 1e-3, 1e12)?;
        within("pruning.zero_below", pruning.zero_below, 0.0, 1.0)?;
        within("pruning.remove_below", pruning.remove_below, 0.0, 1.0)
    }

    fn validate_size(&self) -> Result<(), ParamsError> {
        let (replicas, neurons) = (self.job.replicas, self.neurons());
        let (r, n, inputs) = (replicas as u64, neurons as u64, INPUTS as u64);
        // Two sets of weights, the delays of S3, and what is under way.
        let steps = self.steps()?;
        let slots = u64::from(steps.delay_s2_max + steps.delay_s3_max) + 2;
        let bytes = r * n * (8 * inputs + 2 * n + 2 * slots + 64);
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
        let steps = self.steps()?;
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
