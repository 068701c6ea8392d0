//! What is refused of a model, and why.

use super::super::*;
use super::{MAX_NEURONS, count, out_of_range, positive, within};

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
        if classes.is_empty() {
            let expected = "a list of labels, such as 7,4,6";
            return Err(out_of_range(key, "empty", expected));
        }
        if classes.iter().any(|&class| class > 9) {
            return Err(out_of_range(key, listed(), "labels from 0 to 9"));
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
            "lateral.delay_e_to_i_max_ms",
            self.lateral.delay_e_to_i_max_ms,
            0.0,
            100.0,
        )?;
        within(
            "lateral.delay_i_to_e_max_ms",
            self.lateral.delay_i_to_e_max_ms,
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
        within("lateral.w_e_to_i", self.lateral.w_e_to_i, 0.0, 1_000.0)?;
        within(
            "lateral.w_i_to_e_total",
            self.lateral.w_i_to_e_total,
            0.0,
            1e6,
        )?;
        within(
            "lateral.w_i_to_e_growth",
            self.lateral.w_i_to_e_growth,
            0.0,
            2.0,
        )?;
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
        within("pruning.zero_below", pruning.zero_below, 0.0, 1.0)?;
        within("pruning.remove_below", pruning.remove_below, 0.0, 1.0)
    }
}
