//! Weight regularisation, "use it or lose it" (eq. 5):
//!
//! ```text
//! w(t) = w(t_s) exp(-k ((t - t_s) / tau)^2),   t_s: the synapse's last presynaptic spike
//! ```
//!
//! Evaluated lazily: at an input spike all weights of that input are multiplied by the factor for the time
//! since its last spike. The factor is one number an input, not a synapse. Gaussian factors do not compose,
//! so whoever reads weights in mid-training applies the factor to a copy ([`flush`]).

use super::{Block, exp_neg, flush_tiny};
use crate::params::{INPUTS, Params};

/// Constants of eq. 5, per step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Constants {
    /// sqrt(k) dt / tau.
    pub sqrt_k_dt_per_tau: f32,
}

impl Constants {
    pub fn new(params: &Params) -> Self {
        let dt_per_tau = params.time.dt_ms / params.tau_prune_ms();
        Self {
            sqrt_k_dt_per_tau: (libm::sqrt(params.pruning.k) * dt_per_tau) as f32,
        }
    }
}

/// The factor of eq. 5 for a synapse that was last used `steps` ago.
#[inline(always)]
pub fn factor(c: &Constants, steps: u32) -> f32 {
    let x = steps as f32 * c.sqrt_k_dt_per_tau;
    exp_neg(x * x)
}

/// Multiplies all weights of one input by its factor.
#[inline(always)]
pub fn scale_row(row: &mut [Block], factor: f32) {
    for w in row.iter_mut().flat_map(|block| &mut block.0) {
        *w = flush_tiny(*w * factor);
    }
}

/// Applies eq. 5 to every input up to step `now`, as a read-out at that time sees the weights.
pub fn flush(c: &Constants, now: u32, last_input: &[u32], weights: &mut [Block]) {
    let blocks = weights.len() / INPUTS;
    for (row, &last) in weights.chunks_exact_mut(blocks).zip(last_input) {
        scale_row(row, factor(c, now.wrapping_sub(last)));
    }
}
