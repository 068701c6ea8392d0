//! Weight regularisation, "use it or lose it" (eq. 5), and the local forms of what it is compared with.
//!
//! ```text
//! gaussian     w(t) = w(t_s) exp(-k ((t - t_s) / tau)^2)      eq. 5
//! exponential  w(t) = w(t_s) exp(-k (t - t_s) / tau)          an L2 penalty, dw/dt = -k w / tau
//! linear       w(t) = w(t_s) - sign(w) gmax k (t - t_s) / tau, at most to 0     an L1 penalty
//!              t_s: the synapse's last presynaptic spike
//! ```
//!
//! Evaluated lazily: at an input spike all weights of that input decay by the time since its last spike. The
//! factor (or loss) is one number for each input, not for each synapse. Two Gaussian factors in turn are not the factor of the
//! whole time, so a read-out in mid-training applies them to a copy ([`flush`]): an input that keeps firing keeps its
//! weights. The other two add up: they take as much from a weight that is used as from one that is not.

use super::regrow::{acting, decayed_if_there};
use super::{Block, Constants, block_boundary, exp_neg, flush_tiny};
use crate::params::{Decay, Params, PruningMode};
use bytemuck::{Pod, Zeroable};

// How unused weights decay.
pub const GAUSSIAN: u32 = 0;
pub const EXPONENTIAL: u32 = 1;
pub const LINEAR: u32 = 2;

/// Inputs of one workgroup of `flush` on a GPU: a dispatch has 65,535 workgroups at most in a dimension, a network
/// 65,536 inputs.
pub const FLUSHED: usize = 2;

/// Constants of the decay, per step.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Prune {
    /// [`GAUSSIAN`], [`EXPONENTIAL`] or [`LINEAR`].
    pub decay: u32,
    /// sqrt(k) dt / tau of the Gaussian, k dt / tau of the exponential, gmax k dt / tau of the linear decay.
    pub per_step: f32,
    /// 1 where weights decay at every input spike of the training, else 0.
    pub continuous: u32,
}

impl Prune {
    pub fn new(params: &Params) -> Self {
        let (k, dt_per_tau) = (
            params.model.pruning.k,
            params.model.time.dt_ms / params.tau_prune_ms(),
        );
        let (decay, per_step) = match params.model.pruning.decay {
            Decay::Gaussian => (GAUSSIAN, libm::sqrt(k) * dt_per_tau),
            Decay::Exponential => (EXPONENTIAL, k * dt_per_tau),
            Decay::Linear => (LINEAR, params.model.gmax() * k * dt_per_tau),
        };
        Self {
            decay,
            per_step: per_step as f32,
            continuous: u32::from(params.model.pruning.mode == PruningMode::Continuous),
        }
    }
}

/// What leaves a weight as it is.
pub fn no_decay(c: &Prune) -> f32 {
    if c.decay == LINEAR { 0.0 } else { 1.0 }
}

/// What a synapse that was last used `steps` ago is multiplied by; what it loses if the decay is linear.
#[inline(always)]
pub fn factor_or_loss(c: &Prune, steps: u32) -> f32 {
    let x = steps as f32 * c.per_step;
    if c.decay == GAUSSIAN {
        return exp_neg(x * x);
    }
    if c.decay == EXPONENTIAL {
        return exp_neg(x);
    }
    x
}

/// A weight after its decay.
#[inline(always)]
pub fn decayed(linear: bool, w: f32, decay: f32) -> f32 {
    if linear {
        let left = w.abs() - decay;
        let left = if left < 0.0 { 0.0 } else { left };
        flush_tiny(if w < 0.0 { -left } else { left })
    } else {
        flush_tiny(w * decay)
    }
}

/// Decays all weights of one input.
#[inline(always)]
pub fn decay_row(c: &Constants, row: &mut [Block], decay: f32) {
    let linear = c.prune.decay == LINEAR;
    for block in row {
        block_boundary();
        for w in &mut block.0 {
            *w = decayed_if_there(c, linear, *w, decay);
        }
    }
}

/// Decays every input up to step `now`, as a read-out at that time sees the weights; what is absent is 0 there.
pub fn flush(c: &Constants, now: u32, last_input: &[u32], weights: &mut [Block]) {
    let (linear, blocks) = (c.prune.decay == LINEAR, weights.len() / last_input.len());
    for (row, &last) in weights.chunks_exact_mut(blocks).zip(last_input) {
        let decay = factor_or_loss(&c.prune, now.wrapping_sub(last));
        for w in row.iter_mut().flat_map(|block| &mut block.0) {
            *w = decayed(linear, acting(&c.regrow, *w), decay);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::TauPrune;
    use crate::presets;

    /// A weight of 0.04 after 1 s with tau = 2 s, in one piece and in two.
    #[test]
    fn decays_follow_their_formulas_and_two_of_them_compose() {
        let mut params = presets::paper();
        params.model.pruning.tau_ms = TauPrune::Ms(2000.0);
        let cases = [
            (
                Decay::Gaussian,
                0.04 * libm::exp(-0.25),
                0.04 * libm::exp(-0.125),
            ),
            (
                Decay::Exponential,
                0.04 * libm::exp(-0.5),
                0.04 * libm::exp(-0.5),
            ),
            (Decay::Linear, 0.04 - 0.025, 0.04 - 0.025),
        ];
        for (decay, whole, halves) in cases {
            params.model.pruning.decay = decay;
            let c = Prune::new(&params);
            let linear = decay == Decay::Linear;
            for sign in [1.0, -1.0] {
                let once = decayed(linear, sign * 0.04, factor_or_loss(&c, 2000));
                assert!((f64::from(sign * once) - whole).abs() < 1e-7, "{decay}");
                let half = decayed(linear, sign * 0.04, factor_or_loss(&c, 1000));
                let twice = decayed(linear, half, factor_or_loss(&c, 1000));
                assert!((f64::from(sign * twice) - halves).abs() < 1e-7, "{decay}");
            }
            assert_eq!(decayed(linear, 0.04, no_decay(&c)), 0.04);
            assert!(decayed(linear, -0.04, factor_or_loss(&c, 2_000_000)).abs() < 1e-6);
        }
    }
}
