//! The third factor of learning: what the label and the spikes of a group make of a step at an E spike.
//!
//! ```text
//! stdp          1
//! stdp-all-ltd  1 in the group of the image's class, -1 in all others (eqs. 3 and 4)
//! count-gated   clip(1 - g / (S f), -1, 1) in the group of the class,
//!               -clip(g / (S f) - tolerance, 0, 1) in all others
//! triplet       exp(-(time since the neuron's own last spike) / tau_post_slow), in all groups
//! ```
//!
//! g: spikes of the neuron's own group in this image, this step's included; S: `target_spikes`;
//! f = max(t / stimulus, `target_floor`) at time t of the image. So the group of the class is driven towards S
//! spikes an image, however many it would fire, and others towards none in proportion to how much they fire:
//! steps vanish where nothing is to be learned. With a tolerance they also vanish where a wrong group fires too
//! little to win, so that its neurons keep the weights that still tell their own class from others. A neuron needs its
//! group's count, the label and its own traces, no other weight.

use super::{exp_neg, reciprocal};
use crate::params::{Model, Rule, Steps};
use bytemuck::{Pod, Zeroable};

/// Groups that a network may have, one a class.
pub const GROUPS: usize = 256;

// Learning rules.
pub const STDP: u32 = 0;
pub const STDP_ALL_LTD: u32 = 1;
pub const COUNT_GATED: u32 = 2;
pub const TRIPLET: u32 = 3;

/// Constants of the third factor.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Gate {
    /// [`STDP`], [`STDP_ALL_LTD`], [`COUNT_GATED`] or [`TRIPLET`].
    pub rule: u32,
    /// Neurons of one class.
    pub group_size: u32,
    /// S over the steps of the stimulus.
    pub spikes_per_step: f32,
    /// S times the floor.
    pub spikes_floor: f32,
    pub tolerance: f32,
    pub dt_per_tau_post_slow: f32,
}

impl Gate {
    pub fn new(model: &Model, steps: &Steps) -> Self {
        let learning = &model.learning;
        Self {
            rule: match learning.rule {
                Rule::Stdp => STDP,
                Rule::StdpAllLtd => STDP_ALL_LTD,
                Rule::CountGated => COUNT_GATED,
                Rule::Triplet => TRIPLET,
            },
            group_size: model.network.group_size() as u32,
            spikes_per_step: (learning.target_spikes / f64::from(steps.stimulus)) as f32,
            spikes_floor: (learning.target_spikes * learning.target_floor) as f32,
            tolerance: learning.tolerance as f32,
            dt_per_tau_post_slow: (model.time.dt_ms / learning.tau_post_slow_ms) as f32,
        }
    }
}

/// The factor of a step at an E spike in step `step` of the image, by the spikes of the neuron's group so far and the
/// steps since the neuron's last spike.
#[inline(always)]
pub fn third_factor(c: &Gate, is_target: bool, step: u32, spikes: u32, since_last: u32) -> f32 {
    if c.rule == STDP {
        return 1.0;
    }
    if c.rule == TRIPLET {
        return exp_neg(since_last as f32 * c.dt_per_tau_post_slow);
    }
    if c.rule == STDP_ALL_LTD {
        return if is_target { 1.0 } else { -1.0 };
    }
    let ramp = step as f32 * c.spikes_per_step;
    let due = if ramp < c.spikes_floor {
        c.spikes_floor
    } else {
        ramp
    };
    let share = spikes as f32 * reciprocal(due);
    if is_target {
        let short = 1.0 - share;
        return if short < -1.0 { -1.0 } else { short };
    }
    let above = share - c.tolerance;
    let excess = if above < 0.0 { 0.0 } else { above };
    -(if excess > 1.0 { 1.0 } else { excess })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets;

    fn gate(params: &crate::params::Params) -> Gate {
        Gate::new(&params.model, &params.model.steps().unwrap())
    }

    #[test]
    fn count_gating_drives_groups_to_their_targets() {
        let mut params = presets::paper();
        params.model.learning.rule = Rule::CountGated;
        let c = gate(&params);
        let factor = |is_target, step, spikes| third_factor(&c, is_target, step, spikes, 0);
        // At half time 30 of 60 spikes are due.
        assert!(factor(true, 350, 30).abs() < 1e-6);
        assert!((factor(true, 350, 15) - 0.5).abs() < 1e-6);
        assert!((factor(true, 350, 45) + 0.5).abs() < 1e-6);
        assert_eq!(factor(true, 350, 1000), -1.0);
        assert!((factor(false, 350, 15) + 0.5).abs() < 1e-6);
        assert_eq!(factor(false, 350, 1000), -1.0);
        let tolerant = Gate {
            tolerance: 0.25,
            ..c
        };
        assert_eq!(third_factor(&tolerant, false, 350, 7, 0), 0.0);
        assert!((third_factor(&tolerant, false, 350, 15, 0) + 0.25).abs() < 1e-6);
        // Early on the floor holds: 9 spikes are due at once.
        assert!(factor(true, 0, 9).abs() < 1e-6);
    }

    #[test]
    fn the_plain_rules_know_no_counts() {
        let mut params = presets::paper();
        let c = gate(&params);
        assert_eq!(third_factor(&c, true, 5, 77, 9), 1.0);
        assert_eq!(third_factor(&c, false, 5, 77, 9), -1.0);
        params.model.learning.rule = Rule::Stdp;
        let c = gate(&params);
        assert_eq!(third_factor(&c, false, 5, 77, 9), 1.0);
    }

    #[test]
    fn the_triplet_rule_remembers_the_last_spike() {
        let mut params = presets::paper();
        params.model.learning.rule = Rule::Triplet;
        let c = gate(&params);
        let factor = |since_last| f64::from(third_factor(&c, false, 5, 77, since_last));
        assert_eq!(factor(0), 1.0);
        // 40 ms are 80 steps.
        assert!((factor(80) - libm::exp(-1.0)).abs() < 1e-7);
        assert_eq!(factor(params.model.steps().unwrap().memory_e), 0.0);
    }
}
