//! Learning of S1: trace-based STDP (eq. 3) and all-LTD (eq. 4), scaled by a third factor.
//!
//! ```text
//! traces   Apre_i  decays with tau_pre,  += a_pre at each spike of input i
//!          Apost_j decays with tau_post, += lambda f_pre a_post at each spike of neuron j
//! input i  w_ij = clip(w_ij + lr1_j Apost_j)      (pre half)
//! E spike j  w_ij = clip(w_ij + lr2_j Apre_i)     (post half)
//! ```
//!
//! Where a trace counts the nearest spike alone (`learning.trace`), it is set to its step instead.
//! STDP is lr1 = lr2 = +1; all-LTD is lr1 = +1, lr2 = -1: both orders depress. lr1 is +1 in both, so the
//! kernels leave it out; lr2 is lambda times the third factor, which comes from the rule ([`super::rule`]) as f_pre does.
//! lambda, the step scale, falls
//! over the training from 1 to `step_end`. The presynaptic trace is kept as it stood at the input's last spike
//! and decayed when it is read; the postsynaptic one is read at almost every step and decays step by step.

use super::conductance::{self, receive};
use super::prune::{LINEAR, decayed};
use super::regrow::{acting, decayed_if_there, has_absent, settled};
use super::{BLOCK, Block, Constants, block_boundary, exp_neg, flush_tiny, multiply_add};
use crate::params::{Model, Trace};
use bytemuck::{Pod, Zeroable};

/// Constants of learning, per step.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Stdp {
    /// The smallest weight.
    pub w_min: f32,
    /// The largest weight.
    pub gmax: f32,
    /// a_pre in units of the weights.
    pub a_pre: f32,
    /// a_post in units of the weights.
    pub a_post: f32,
    pub dt_per_tau_pre: f32,
    /// Decay of the postsynaptic trace in one step.
    pub keep_post: f32,
    /// Share of a trace that a new spike leaves: 1 where spikes add up, 0 where the nearest alone counts.
    pub keep_at_spike: f32,
}

impl Stdp {
    pub fn new(model: &Model) -> Self {
        let (learning, dt_ms) = (&model.learning, model.time.dt_ms);
        Self {
            w_min: model.w_min() as f32,
            gmax: model.gmax() as f32,
            a_pre: (learning.a_pre * model.gmax()) as f32,
            a_post: (learning.a_post * model.gmax()) as f32,
            dt_per_tau_pre: (dt_ms / learning.tau_pre_ms) as f32,
            keep_post: libm::exp(-dt_ms / learning.tau_post_ms) as f32,
            keep_at_spike: match learning.trace {
                Trace::Nearest => 0.0,
                Trace::All => 1.0,
            },
        }
    }
}

/// Limits a weight to [w_min, gmax].
#[inline(always)]
pub fn clip(c: &Stdp, w: f32) -> f32 {
    let w = flush_tiny(w);
    let w = if w < c.w_min { c.w_min } else { w };
    if w > c.gmax { c.gmax } else { w }
}

/// What `steps` leave of a presynaptic trace.
#[inline(always)]
pub fn keep_pre(c: &Stdp, steps: u32) -> f32 {
    exp_neg(steps as f32 * c.dt_per_tau_pre)
}

/// Whether `steps` leave nothing of a trace, so that [`keep_pre`] is 0.
#[inline(always)]
pub fn is_gone(c: &Stdp, steps: u32) -> bool {
    steps as f32 * c.dt_per_tau_pre >= 69.0
}

/// A presynaptic trace of which `keep` is left.
#[inline(always)]
pub fn decayed_pre(trace: f32, keep: f32) -> f32 {
    flush_tiny(trace * keep)
}

/// One step of decay of the postsynaptic traces of one block.
#[inline(always)]
pub fn decay_post(c: &Stdp, apost: &mut Block) {
    for l in 0..BLOCK {
        apost.0[l] = flush_tiny(apost.0[l] * c.keep_post);
    }
}

/// What an input spike reaches: conductances and postsynaptic traces of all neurons.
pub struct Targets<'a> {
    pub ge: &'a mut [Block],
    pub gi: &'a mut [Block],
    pub apost: &'a [Block],
}

/// The input spikes of one step with learning, for every j: the k-th has its weights decay by `decay(k)`, adds to the
/// conductances, and has its pre half. `kept(i)` tells which synapses of block number i of all weights take part, 1, or 0
/// where they dropped out.
#[inline(always)]
pub fn input_spikes<const REGROWS: bool>(
    c: &Constants,
    decay: impl Fn(usize) -> f32,
    weights: &mut [Block],
    inputs: &[u16],
    to: Targets<'_>,
    kept: impl Fn(usize) -> Block,
) {
    let (linear, blocks) = (c.prune.decay == LINEAR, to.ge.len());
    let targets = to.ge.iter_mut().zip(to.gi).zip(to.apost);
    for (b, ((ge, gi), apost)) in targets.enumerate() {
        // Copies cannot overlap, which compilers would have to check.
        let (mut e, mut i, apost) = (*ge, *gi, *apost);
        for (k, &input) in inputs.iter().enumerate() {
            block_boundary();
            let at = usize::from(input) * blocks + b;
            let (mut w, decay, kept) = (weights[at], decay(k), kept(at));
            for l in 0..BLOCK {
                if REGROWS {
                    let pruned = decayed_if_there(c, linear, w.0[l], decay);
                    let acts = acting(&c.regrow, pruned) * kept.0[l];
                    receive(&c.conductance, acts, &mut e.0[l], &mut i.0[l]);
                    w.0[l] = settled(c, w.0[l], pruned + apost.0[l] * kept.0[l]);
                } else {
                    let pruned = decayed(linear, w.0[l], decay);
                    receive(&c.conductance, pruned * kept.0[l], &mut e.0[l], &mut i.0[l]);
                    w.0[l] = clip(&c.stdp, pruned + apost.0[l] * kept.0[l]);
                }
            }
            weights[at] = w;
        }
        (*ge, *gi) = (e, i);
    }
}

/// The same where input spikes change weights by the traces alone ([`only_traces_change_weights`]) and all synapses take
/// part: neurons that have not fired lately have none.
#[inline(always)]
pub fn input_spikes_by_traces(
    c: &Constants,
    weights: &mut [Block],
    inputs: &[u16],
    to: Targets<'_>,
) {
    let blocks = to.ge.len();
    conductance::receive_rows(&c.conductance, weights, inputs, to.ge, to.gi);
    for (b, apost) in to.apost.iter().enumerate() {
        if !has_trace(apost) {
            continue;
        }
        for &input in inputs {
            block_boundary();
            let w = &mut weights[usize::from(input) * blocks + b];
            let mut after = *w;
            for l in 0..BLOCK {
                after.0[l] = clip(&c.stdp, after.0[l] + apost.0[l]);
            }
            *w = after;
        }
    }
}

/// Whether a neuron of a block has a trace.
#[inline(always)]
pub fn has_trace(apost: &Block) -> bool {
    apost
        .0
        .iter()
        .fold(0, |any, &trace| any | u32::from(trace != 0.0))
        != 0
}

/// Whether nothing decays and no synapse is ever absent.
#[inline(always)]
pub fn weights_act_as_they_are(c: &Constants) -> bool {
    c.prune.continuous == 0 && !has_absent(&c.regrow)
}

/// Whether an input spike changes weights by nothing but traces, from this state on: nothing decays, no synapse is ever
/// absent, and no weight is beyond its limits.
pub fn only_traces_change_weights(c: &Constants, weights: &[Block]) -> bool {
    let keeps = |w: f32| clip(&c.stdp, w).to_bits() == w.to_bits();
    weights_act_as_they_are(c) && weights.iter().flat_map(|block| block.0).all(keeps)
}

/// The presynaptic traces of all inputs as they stand now.
#[inline(always)]
pub fn traces_now(c: &Stdp, now: u32, apre: &[f32], last_input: &[u32], out: &mut [f32]) {
    for ((out, &trace), &last) in out.iter_mut().zip(apre).zip(last_input) {
        *out = decayed_pre(trace, keep_pre(c, now.wrapping_sub(last)));
    }
}

/// Post half for one E spike: the column of its neuron, place `l` of the first block of each row, moves by `lr2` times the presynaptic traces. `active` lists
/// all inputs whose trace is not 0; `kept(i)` tells whether the synapse from input i takes part, 1 or 0.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
pub fn output_spike<const REGROWS: bool>(
    c: &Constants,
    lr2: f32,
    apre_now: &[f32],
    active: &[u16],
    weights: &mut [Block],
    blocks: usize,
    l: usize,
    kept: impl Fn(usize) -> f32,
) {
    for &i in active {
        let i = usize::from(i);
        let w = &mut weights[i * blocks].0[l];
        let after = multiply_add(lr2, apre_now[i] * kept(i), *w);
        *w = match REGROWS {
            true => settled(c, *w, after),
            false => clip(&c.stdp, after),
        };
    }
}
