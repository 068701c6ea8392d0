//! What is refused of a model, and why.

use super::super::schema::check_ranges;
use super::super::*;
use super::{MAX_NEURONS, MAX_SPIKES, count, out_of_range};
use crate::dataset::ImageShape;

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
        self.formulas()?;
        self.validate_time()?;
        self.validate_neurons()?;
        self.validate_synapses()
    }

    /// An input has a number of 16 bits.
    fn validate_inputs(&self) -> Result<(), ParamsError> {
        if self.inputs() <= MAX_INPUTS {
            return Ok(());
        }
        let ImageShape {
            height,
            width,
            channels,
        } = self.input.shape();
        let (key, mend) = match self.input.front_end {
            FrontEnd::Pixels => (
                "input.height * input.width * input.channels",
                "scale the images down, with --size or job.reading.size",
            ),
            FrontEnd::OrientedEdges => (
                "rows of cells * columns of cells * input.edges.directions",
                "scale the images down, with --size or job.reading.size, or raise input.edges.cell_size",
            ),
        };
        Err(out_of_range(
            key,
            format!("{height} * {width} * {channels}"),
            format!("at most {MAX_INPUTS}: {mend}"),
        ))
    }

    fn validate_time(&self) -> Result<(), ParamsError> {
        self.validate_inputs()?;
        if self.input.mean_rate_hz > self.input.full_rate_hz {
            return Err(out_of_range(
                "input.mean_rate_hz",
                self.input.mean_rate_hz,
                format!("at most input.full_rate_hz, {}", self.input.full_rate_hz),
            ));
        }
        self.validate_rates()
    }

    /// An input fires at most once a step, and all of them not more often than a list of spikes holds.
    fn validate_rates(&self) -> Result<(), ParamsError> {
        let (steps, dt_ms, inputs) = (self.steps()?, self.time.dt_ms, self.inputs());
        let stimulus = ("time.stimulus_ms", self.time.stimulus_ms, steps.stimulus);
        let window = ("pruning.window_ms", self.pruning.window_ms, steps.window);
        let brightest_hz = self.full_rate_hz(self.attempts() - 1);
        for (rate_key, rate_hz, (key, ms, steps)) in [
            ("input.full_rate_hz", self.input.full_rate_hz, stimulus),
            (
                "input.full_rate_hz with all retries",
                brightest_hz,
                stimulus,
            ),
            (
                "pruning.window_rate_hz",
                self.pruning.window_rate_hz,
                window,
            ),
        ] {
            let probability = rate_hz * dt_ms * 1e-3;
            if probability > 1.0 {
                return Err(ParamsError::RateTooHigh {
                    rate_key,
                    rate_hz,
                    dt_ms,
                    probability,
                });
            }
            let spikes = probability * f64::from(steps) * inputs as f64;
            if spikes > MAX_SPIKES {
                let expected = format!(
                    "shorter, or {rate_key} lower: {inputs} inputs fire {spikes:.0} times in it, {MAX_SPIKES:.0} at \
                     most"
                );
                return Err(out_of_range(key, ms, expected));
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
        self.validate_regrowth()
    }

    /// What absent synapses do not go with.
    fn validate_regrowth(&self) -> Result<(), ParamsError> {
        let pruning = &self.pruning;
        let expected = match self.regrows() {
            true if pruning.remove_below == 0.0 => {
                "0 where pruning.remove_below is 0, as no synapse goes then"
            }
            true if pruning.mode == PruningMode::FinalWindow => {
                "0 where pruning.mode is final-window, in which absent synapses have no place"
            }
            true if self.learning.w_total > 0.0 => {
                "0 where weights are scaled to a sum (learning.w_total)"
            }
            _ => return Ok(()),
        };
        let key = "pruning.regrow_above";
        Err(out_of_range(key, pruning.regrow_above, expected))
    }
}
