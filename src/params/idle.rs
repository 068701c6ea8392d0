//! Parameters that act only together with others.

use super::{FrontEnd, Model, PruningMode, Threshold};

impl Model {
    /// Why a parameter, by its dotted key, changes nothing in this set; none where it may act.
    pub fn idle(&self, key: &str) -> Option<&'static str> {
        let (learning, e) = (&self.learning, &self.excitatory);
        let fixed = |threshold| threshold == Threshold::Fixed;
        let (idle, why) = match key {
            "input.retry_rate_hz" => (self.input.least_spikes == 0, "input.least_spikes is 0"),
            key if key.starts_with("input.edges.") => (
                self.input.front_end != FrontEnd::OrientedEdges,
                "input.front_end is not oriented-edges",
            ),
            "excitatory.tau_threshold_ms" | "excitatory.threshold_step_mv" => (
                fixed(e.threshold_train) && fixed(e.threshold_test),
                "both thresholds are fixed",
            ),
            "lateral.w_i_to_e_growth" => (self.neurons() == 100, "there are 100 neurons"),
            "learning.inhibitory_gain" => (learning.w_min == 0.0, "learning.w_min is 0"),
            "learning.tau_post_ms" => (learning.a_post == 0.0, "learning.a_post is 0"),
            "learning.batch_growth_images"
            | "learning.batch_step_images"
            | "learning.batch_change_max" => (learning.batch == 1, "learning.batch is 1"),
            "excitatory.v_start_mv" | "inhibitory.v_start_mv" => (
                learning.batch > 1,
                "learning.batch is above 1, so that images begin at rest",
            ),
            key if key.starts_with("learning.constants.") => {
                let name = key.rsplit('.').next().unwrap_or_default();
                (!learning.names(name), "no formula of the rule names it")
            }
            "pruning.decay" | "pruning.tau_ms" | "pruning.k" => (
                self.pruning.mode == PruningMode::None,
                "pruning.mode is none",
            ),
            "pruning.check_images" => (!self.regrows(), "pruning.regrow_above is 0"),
            "pruning.window_ms" | "pruning.window_rate_hz" => (
                self.pruning.mode != PruningMode::FinalWindow,
                "pruning.mode is not final-window",
            ),
            _ => (false, ""),
        };
        idle.then_some(why)
    }
}

#[cfg(test)]
mod tests {
    use crate::params::{FrontEnd, parameters};
    use crate::presets;

    /// What is called idle must be a parameter, and one that acts elsewhere.
    #[test]
    fn idle_parameters_exist_and_act_in_some_preset() {
        let known = [
            "input.edges.directions",
            "input.retry_rate_hz",
            "excitatory.tau_threshold_ms",
            "excitatory.threshold_step_mv",
            "lateral.w_i_to_e_growth",
            "excitatory.v_start_mv",
            "learning.inhibitory_gain",
            "learning.tau_post_ms",
            "learning.batch_growth_images",
            "learning.batch_step_images",
            "learning.batch_change_max",
            "pruning.decay",
            "pruning.tau_ms",
            "pruning.k",
            "pruning.window_ms",
            "pruning.window_rate_hz",
        ];
        let presets = presets::all().map(|(name, _)| presets::by_name(name).unwrap());
        let mut with_edges = presets[0].clone();
        with_edges.model.input.front_end = FrontEnd::OrientedEdges;
        for key in known {
            assert!(parameters().iter().any(|known| known.key == key), "{key}");
            let mut sets = presets.iter().chain([&with_edges]);
            let acts = sets.any(|params| params.model.idle(key).is_none());
            assert!(acts, "{key} acts nowhere");
        }
        assert!(
            presets::paper()
                .model
                .idle("learning.constants.target_spikes")
                .is_some()
        );
        assert!(presets::diehl_cook().model.idle("pruning.k").is_some());
    }
}
