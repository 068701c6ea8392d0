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
//!
//! Where one neuron fires in a step (`excitatory.one_spike_a_step`), it is the one with the largest v - vt, of equals the
//! first. The others stay as they are, above their thresholds.

use super::conductance::decay;
use super::{BLOCK, Block, multiply_add};
use crate::params::{Model, Steps, Threshold};
use bytemuck::{Pod, Zeroable};

// What potentials of E are compared with: the threshold as it moves, as it stood when the image came on, its resting
// value, or one with memory, as it moves.
pub const LIVE: u32 = 0;
pub const LATCHED: u32 = 1;
pub const FIXED: u32 = 2;
pub const HOMEOSTATIC: u32 = 3;

/// Constants of E, per step, in mV.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Excitatory {
    pub dt_per_tau_membrane: f32,
    pub v_rest_mv: f32,
    pub v_reset_mv: f32,
    pub e_excitatory_mv: f32,
    pub e_inhibitory_mv: f32,
    pub keep_ge: f32,
    pub keep_gi: f32,
    /// Resting value of the threshold.
    pub v_threshold_mv: f32,
    pub dt_per_tau_threshold: f32,
    /// What one image leaves of a threshold with memory, above its resting value.
    pub keep_theta: f32,
    pub threshold_step_mv: f32,
    /// [`LIVE`], [`LATCHED`], [`FIXED`] or [`HOMEOSTATIC`].
    pub threshold: u32,
    /// 1 where v is compared with the threshold as it moves, 0 where with the latched one.
    pub live: u32,
    /// Steps without a spike after each.
    pub refractory: u32,
    /// 1 where only the neuron farthest above its threshold fires in a step, else 0.
    pub one_spike: u32,
}

/// Constants of I, per step, in mV.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Inhibitory {
    pub dt_per_tau_membrane: f32,
    pub v_rest_mv: f32,
    pub v_reset_mv: f32,
    pub e_excitatory_mv: f32,
    pub keep_ge: f32,
    pub v_threshold_mv: f32,
    /// Steps without a spike after each.
    pub refractory: u32,
}

impl Excitatory {
    /// As they are in training.
    pub fn training(model: &Model, steps: &Steps) -> Self {
        let e = &model.excitatory;
        Self::new(model, steps, e.threshold_train, e.v_threshold_mv)
    }

    /// As they are in testing: the threshold rests elsewhere, and one with memory does not move at all.
    pub fn testing(model: &Model, steps: &Steps) -> Self {
        let e = &model.excitatory;
        let c = Self::new(model, steps, e.threshold_test, e.v_threshold_test_mv);
        match e.threshold_test {
            Threshold::Homeostatic => Self {
                threshold: LIVE,
                threshold_step_mv: 0.0,
                ..c
            },
            Threshold::Live | Threshold::Latched | Threshold::Fixed => c,
        }
    }

    fn new(model: &Model, steps: &Steps, threshold: Threshold, v_threshold_mv: f64) -> Self {
        let (e, dt_ms) = (&model.excitatory, model.time.dt_ms);
        let dt_per_tau_threshold = (dt_ms / e.tau_threshold_ms) as f32;
        let live = u32::from(threshold.is_live());
        // A threshold with memory does not fall within an image.
        let (threshold, dt_per_tau_threshold) = match threshold {
            Threshold::Live => (LIVE, dt_per_tau_threshold),
            Threshold::Latched => (LATCHED, dt_per_tau_threshold),
            Threshold::Fixed => (FIXED, dt_per_tau_threshold),
            Threshold::Homeostatic => (HOMEOSTATIC, 0.0),
        };
        Self {
            dt_per_tau_membrane: (dt_ms / e.tau_membrane_ms) as f32,
            v_rest_mv: e.v_rest_mv as f32,
            v_reset_mv: e.v_reset_mv as f32,
            e_excitatory_mv: e.e_excitatory_mv as f32,
            e_inhibitory_mv: e.e_inhibitory_mv as f32,
            keep_ge: (1.0 - dt_ms / e.tau_ge_ms) as f32,
            keep_gi: (1.0 - dt_ms / e.tau_gi_ms) as f32,
            v_threshold_mv: v_threshold_mv as f32,
            dt_per_tau_threshold,
            keep_theta: libm::exp(-model.image_ms() / e.tau_threshold_ms) as f32,
            threshold_step_mv: e.threshold_step_mv as f32,
            threshold,
            live,
            refractory: steps.refractory_e,
            one_spike: u32::from(e.one_spike_a_step),
        }
    }
}

impl Inhibitory {
    pub fn new(model: &Model, steps: &Steps) -> Self {
        let (i, dt_ms) = (&model.inhibitory, model.time.dt_ms);
        Self {
            dt_per_tau_membrane: (dt_ms / i.tau_membrane_ms) as f32,
            v_rest_mv: i.v_rest_mv as f32,
            v_reset_mv: i.v_reset_mv as f32,
            e_excitatory_mv: i.e_excitatory_mv as f32,
            keep_ge: (1.0 - dt_ms / i.tau_ge_ms) as f32,
            v_threshold_mv: i.v_threshold_mv as f32,
            refractory: steps.refractory_i,
        }
    }
}

/// A threshold with memory after another image's time.
#[inline(always)]
fn fallen(c: &Excitatory, v_threshold_mv: f32) -> f32 {
    multiply_add(
        v_threshold_mv - c.v_threshold_mv,
        c.keep_theta,
        c.v_threshold_mv,
    )
}

/// Latches the thresholds for one presentation: v is compared with them unless the threshold is live. Thresholds with
/// memory are not latched; they fall by one image's time here.
pub fn latch(c: &Excitatory, vt: &mut [Block], latched: &mut [Block]) {
    if c.threshold == LATCHED {
        latched.copy_from_slice(vt);
    } else if c.threshold == FIXED {
        latched.fill(Block::splat(c.v_threshold_mv));
    } else if c.threshold == HOMEOSTATIC {
        for vt in vt.iter_mut().flat_map(|block| &mut block.0) {
            *vt = fallen(c, *vt);
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

/// Whether a potential is one: Euler's method can carry it beyond all numbers. A comparison with NaN is false.
pub fn is_potential(v_mv: f32) -> bool {
    v_mv.abs() < 1e30
}

/// How far a potential is above its threshold, as a number that grows with it: the bits of a float above 0.
#[inline(always)]
pub fn excess(v_mv: f32, threshold_mv: f32) -> u32 {
    (v_mv - threshold_mv).to_bits()
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
