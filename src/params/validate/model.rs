//! What is refused of a model, and why.

use super::super::schema::check_ranges;
use super::super::*;
use super::{MAX_NEURONS, count, out_of_range};

impl Architecture {
    /// Checks classes and numbers of neurons by themselves.
    ///
    /// # Errors
    /// The first that makes no sense.
    pub fn validate(&self) -> Result<(), ParamsError> {
        self.validate_classes()?;
        match self.vote {
            Vote::Groups { neurons_per_class } => count(
                "network.groups.neurons_per_class",
                neurons_per_class,
                1,
                MAX_NEURONS / self.classes.len(),
            ),
            Vote::Labels { neurons, images } => {
                count("network.labels.neurons", neurons, 1, MAX_NEURONS)?;
                count("network.labels.images", images, 1, 60_000)
            }
        }
    }

    /// Checks that classes exist and differ.
    ///
    /// # Errors
    /// Where there are none, or one makes no sense.
    pub fn validate_classes(&self) -> Result<(), ParamsError> {
        let (classes, key) = (&self.classes, "network.classes");
        let listed = || self.label(",");
        if self.is_open() {
            let expected = "a list of labels, such as 7,4,6";
            return Err(out_of_range(key, listed(), expected));
        }
        if (1..classes.len()).any(|i| classes[..i].contains(&classes[i])) {
            let expected = "a list without a label twice";
            return Err(out_of_range(key, listed(), expected));
        }
        Ok(())
    }
}

impl Model {
    /// Checks every parameter of the model and every combination.
    ///
    /// # Errors
    /// The first that makes no sense, with its value and what is allowed.
    pub fn validate(&self) -> Result<(), ParamsError> {
        check_ranges("", self)?;
        self.network.validate()?;
        self.validate_groups()?;
        self.validate_time()?;
        self.validate_neurons()?;
        self.validate_synapses()
    }

    /// A rule that learns by groups needs as many neurons for each class.
    fn validate_groups(&self) -> Result<(), ParamsError> {
        let (neurons, classes) = (self.neurons(), self.network.classes.len());
        match self.learning.rule.is_supervised() && !neurons.is_multiple_of(classes) {
            false => Ok(()),
            true => Err(out_of_range(
                "network.labels.neurons",
                neurons,
                format!(
                    "a multiple of the {classes} classes where the learning rule goes by their groups: choose an \
                     unsupervised learning.rule, or another number"
                ),
            )),
        }
    }

    fn validate_time(&self) -> Result<(), ParamsError> {
        self.steps()?;
        if self.inputs() > MAX_INPUTS {
            let Input {
                height,
                width,
                channels,
                ..
            } = self.input;
            return Err(out_of_range(
                "input.height * input.width * input.channels",
                format!("{height} * {width} * {channels}"),
                format!(
                    "at most {MAX_INPUTS}: scale the images down, with --size or job.reading.size"
                ),
            ));
        }
        if self.input.mean_rate_hz > self.input.full_rate_hz {
            return Err(out_of_range(
                "input.mean_rate_hz",
                self.input.mean_rate_hz,
                format!("at most input.full_rate_hz, {}", self.input.full_rate_hz),
            ));
        }
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
            if self.time.dt_ms > 0.5 * tau_ms {
                return Err(ParamsError::Unstable {
                    key,
                    tau_ms,
                    dt_ms: self.time.dt_ms,
                });
            }
        }
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
        let learning = &self.learning;
        if learning.w_start_min > learning.w_start_max {
            return Err(out_of_range(
                "learning.w_start_min",
                learning.w_start_min,
                format!("at most learning.w_start_max, {}", learning.w_start_max),
            ));
        }
        if learning.w_total > 0.0 && learning.w_min < 0.0 {
            let expected = "0 where weights are scaled to a sum (learning.w_total)";
            return Err(out_of_range("learning.w_min", learning.w_min, expected));
        }
        Ok(())
    }
}
