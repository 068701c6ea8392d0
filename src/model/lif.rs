//! Leaky integrate-and-fire neurons: the E population with adaptive threshold, and the I population.
//!
//! Equations and constants: \[P1\] section 2 and the authors' notebooks. Euler steps, all right-hand sides
//! from the old values:
//!
//! ```text
//! E: dv/dt  = (ge (E_exc - v) + gi (E_inh - v) + (v_rest - v)) / tau_membrane
//!    dvt/dt = (v_threshold - vt) / tau_threshold;   on a spike v = v_reset, vt += threshold_step
//! I: dv/dt  = (ge (E_exc - v) + (v_rest - v)) / tau_membrane;   on a spike v = v_reset
//! ```
//!
//! v goes on integrating during the refractory time; only the spike is withheld. A threshold with memory (theta of
//! Diehl & Cook) moves too slowly for steps of an f32: it falls from image to image, `vt = v_threshold + (vt -
//! v_threshold) exp(-image / tau_threshold)`.

use super::conductance::decay;
use super::{BLOCK, Block, multiply_add};
use crate::params::{Params, Threshold};

/// Constants of E, per step, in mV.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Excitatory {
    pub dt_per_tau_membrane: f32,
    pub v_rest_mv: f32,
    pub v_reset_mv: f32,
    pub e_excitatory_mv: f32,
    pub e_inhibitory_mv: f32,
    pub keep_ge: f32,
    pub keep_gi: f32,
    pub v_threshold_mv: f32,
    pub v_threshold_test_mv: f32,
    pub dt_per_tau_threshold: f32,
    /// What one image leaves of a threshold with memory, above its resting value.
    pub keep_theta: f32,
    pub threshold_step_mv: f32,
    pub threshold_train: Threshold,
    pub threshold_test: Threshold,
}

/// Constants of I, per step, in mV.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Inhibitory {
    pub dt_per_tau_membrane: f32,
    pub v_rest_mv: f32,
    pub v_reset_mv: f32,
    pub e_excitatory_mv: f32,
    pub keep_ge: f32,
    pub v_threshold_mv: f32,
}

impl Excitatory {
    pub fn new(params: &Params) -> Self {
        let (e, dt_ms) = (&params.model.excitatory, params.model.time.dt_ms);
        Self {
            dt_per_tau_membrane: (dt_ms / e.tau_membrane_ms) as f32,
            v_rest_mv: e.v_rest_mv as f32,
            v_reset_mv: e.v_reset_mv as f32,
            e_excitatory_mv: e.e_excitatory_mv as f32,
            e_inhibitory_mv: e.e_inhibitory_mv as f32,
            keep_ge: (1.0 - dt_ms / e.tau_ge_ms) as f32,
            keep_gi: (1.0 - dt_ms / e.tau_gi_ms) as f32,
            v_threshold_mv: e.v_threshold_mv as f32,
            v_threshold_test_mv: e.v_threshold_test_mv as f32,
            dt_per_tau_threshold: (dt_ms / e.tau_threshold_ms) as f32,
            keep_theta: libm::exp(-params.model.image_ms() / e.tau_threshold_ms) as f32,
            threshold_step_mv: e.threshold_step_mv as f32,
            threshold_train: e.threshold_train,
            threshold_test: e.threshold_test,
        }
    }
}

impl Inhibitory {
    pub fn new(params: &Params) -> Self {
        let (i, dt_ms) = (&params.model.inhibitory, params.model.time.dt_ms);
        Self {
            dt_per_tau_membrane: (dt_ms / i.tau_membrane_ms) as f32,
            v_rest_mv: i.v_rest_mv as f32,
            v_reset_mv: i.v_reset_mv as f32,
            e_excitatory_mv: i.e_excitatory_mv as f32,
            keep_ge: (1.0 - dt_ms / i.tau_ge_ms) as f32,
            v_threshold_mv: i.v_threshold_mv as f32,
        }
    }
}

/// Latches the thresholds for one presentation: v is compared with them unless the threshold is live. Thresholds with
/// memory are not latched; they fall by one image's time here, except in testing.
pub fn latch(
    c: &Excitatory,
    kind: Threshold,
    testing: bool,
    vt: &mut [Block],
    latched: &mut [Block],
) {
    match kind {
        Threshold::Live => {}
        Threshold::Latched => latched.copy_from_slice(vt),
        Threshold::Fixed => latched.fill(Block::splat(c.v_threshold_mv)),
        Threshold::Homeostatic if testing => {}
        Threshold::Homeostatic => {
            let rest = c.v_threshold_mv;
            for vt in vt.iter_mut().flat_map(|block| &mut block.0) {
                *vt = multiply_add(*vt - rest, c.keep_theta, rest);
            }
        }
    }
}

/// Advances one block of E by one step; true when a potential is above its threshold.
#[inline(always)]
pub fn integrate_excitatory(
    c: &Excitatory,
    live: bool,
    v: &mut Block,
    vt: &mut Block,
    ge: &mut Block,
    gi: &mut Block,
    latched: &Block,
) -> bool {
    let mut above = 0u32;
    for l in 0..BLOCK {
        let (v0, vt0, ge0, gi0) = (v.0[l], vt.0[l], ge.0[l], gi.0[l]);
        let excitation = multiply_add(ge0, c.e_excitatory_mv - v0, c.v_rest_mv - v0);
        let drive = multiply_add(gi0, c.e_inhibitory_mv - v0, excitation);
        let v1 = multiply_add(drive, c.dt_per_tau_membrane, v0);
        let vt1 = multiply_add(c.v_threshold_mv - vt0, c.dt_per_tau_threshold, vt0);
        let threshold = if live { vt1 } else { latched.0[l] };
        above |= u32::from(v1 > threshold);
        v.0[l] = v1;
        vt.0[l] = vt1;
        ge.0[l] = decay(ge0, c.keep_ge);
        gi.0[l] = decay(gi0, c.keep_gi);
    }
    above != 0
}

/// Advances one block of I by one step; true when a potential is above the threshold.
#[inline(always)]
pub fn integrate_inhibitory(c: &Inhibitory, v: &mut Block, ge: &mut Block) -> bool {
    let mut above = 0u32;
    for l in 0..BLOCK {
        let (v0, ge0) = (v.0[l], ge.0[l]);
        let drive = multiply_add(ge0, c.e_excitatory_mv - v0, c.v_rest_mv - v0);
        let v1 = multiply_add(drive, c.dt_per_tau_membrane, v0);
        above |= u32::from(v1 > c.v_threshold_mv);
        v.0[l] = v1;
        ge.0[l] = decay(ge0, c.keep_ge);
    }
    above != 0
}

/// Whether a neuron may spike: enough steps since its last one. Clocks are whole numbers, so nothing is
/// lost when they grow beyond what an f32 resolves.
#[inline(always)]
pub fn recovered(now: u32, last_spike: u32, refractory: u32) -> bool {
    now.wrapping_sub(last_spike) >= refractory
}

/// A last spike so long before step 0 that the neuron may spike at once; at least one step, so that it is no spike of
/// step 0.
pub fn long_ago(refractory: u32) -> u32 {
    0u32.wrapping_sub(refractory.max(1))
}
