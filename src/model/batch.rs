//! Learning in batches: what the images of a batch change is added up beside the weights, which change once.
//!
//! ```text
//! lane k of the batch   sees  w_k = w d_k     w: as the batch found it; d_k: all decays since then, in the order of the slots
//!                       adds  u = round(dw U) to a sum, for each change dw that a spike makes
//! the end of the batch  w = clip(w d + limit(sum / U))
//! ```
//!
//! d is the product of the factors of eq. 5, or the sum of the losses where the decay is linear. Sums are whole numbers,
//! U = [`UNITS`] / gmax, which can be added in any order: the result depends on neither threads nor lanes nor device.
//! They have 64 bits, and a change at most 2 gmax, so that no batch overflows them. A weight moves by `most_units` at most.

use super::conductance::receive;
use super::prune::{LINEAR, Prune, factor_or_loss, no_decay};
use super::regrow::{acting, decayed_if_there, settled};
use super::stdp::has_trace;
use super::{BLOCK, Block, Constants, block_boundary, flush_tiny, multiply_add};
use crate::params::Model;
use bytemuck::{Pod, Zeroable};

/// Units of a change of gmax, 2^20: steps of the presets are 10,000 units, and some 100 when they have fallen most.
pub const UNITS: f32 = 1_048_576.0;
/// Most units that one spike adds, 2 gmax: the whole range of weights.
const MOST_UNITS: f32 = 2_097_152.0;
/// 1.5 * 2^23: what is added to it loses its fraction.
const ROUNDS: f32 = 12_582_912.0;

/// Constants of learning in batches.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Batch {
    pub units_per_weight: f32,
    pub weight_per_unit: f32,
    /// Most units that a batch changes a weight by.
    pub most_units: u32,
    /// 1 where input spikes change weights, 0 where they leave no trace to change them by.
    pub before: u32,
}

impl Batch {
    pub fn new(model: &Model) -> Self {
        let (learning, gmax) = (&model.learning, model.gmax());
        Self {
            units_per_weight: (f64::from(UNITS) / gmax) as f32,
            weight_per_unit: (gmax / f64::from(UNITS)) as f32,
            most_units: (learning.batch_change_max * f64::from(UNITS)) as u32,
            before: u32::from(learning.a_post != 0.0),
        }
    }
}

/// A change of a weight in whole units, those that are no number as the least.
#[inline(always)]
pub fn units(c: &Batch, change: f32) -> i32 {
    let x = change * c.units_per_weight;
    let above = if x > -MOST_UNITS { x } else { -MOST_UNITS };
    let limited = if above < MOST_UNITS {
        above
    } else {
        MOST_UNITS
    };
    (limited + ROUNDS).to_bits() as i32 - ROUNDS.to_bits() as i32
}

/// What a batch changes a weight by, from the sum of its changes.
#[inline(always)]
fn change(c: &Batch, sum: i64) -> f32 {
    let most = i64::from(c.most_units);
    let above = if sum < -most { -most } else { sum };
    let limited = if above > most { most } else { above };
    limited as i32 as f32
}

/// A weight after a batch: `decay` is that of the whole batch, by [`together`].
#[inline(always)]
pub fn merged(c: &Constants, linear: bool, w: f32, decay: f32, sum: i64) -> f32 {
    let left = decayed_if_there(c, linear, w, decay);
    let change = change(&c.batch, sum);
    settled(c, w, multiply_add(change, c.batch.weight_per_unit, left))
}

/// Two decays in turn as one.
#[inline(always)]
pub fn together(linear: bool, first: f32, then: f32) -> f32 {
    if linear {
        first + then
    } else {
        flush_tiny(first * then)
    }
}

/// When an input fires in the slot of an image, in steps since its start, and how its weights decay from the first of
/// these spikes to the last.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Use {
    /// [`UNUSED`] where it does not fire.
    pub first: u32,
    pub last: u32,
    pub decay: f32,
}

/// No step of a slot.
pub const UNUSED: u32 = 4_294_967_295;

impl Use {
    /// Before its first spike.
    pub fn none(c: &Prune) -> Self {
        Self {
            first: UNUSED,
            last: 0,
            decay: no_decay(c),
        }
    }

    /// Another spike; `decay` is that since the last one.
    #[inline(always)]
    pub fn note(&mut self, c: &Prune, step: u32, decay: f32) {
        if self.first == UNUSED {
            self.first = step;
        } else if c.continuous == 1 {
            self.decay = together(c.decay == LINEAR, self.decay, decay);
        }
        self.last = step;
    }
}

/// Where an input is in a batch: its last spike, and the decay of its weights since the batch began.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
pub struct Passed {
    pub last_input: u32,
    pub decay: f32,
}

/// Goes past a slot that began at a step of the clock.
#[inline(always)]
pub fn pass_slot(c: &Prune, passed: Passed, used: Use, slot: u32) -> Passed {
    if used.first == UNUSED {
        return passed;
    }
    let mut decay = passed.decay;
    if c.continuous == 1 {
        let linear = c.decay == LINEAR;
        let idle = (slot + used.first).wrapping_sub(passed.last_input);
        let first = factor_or_loss(c, idle);
        decay = together(linear, together(linear, decay, first), used.decay);
    }
    Passed {
        last_input: slot + used.last,
        decay,
    }
}

/// The input spikes of one step, for every j: the weights of each input as they have decayed since the batch began add to
/// the conductances. `kept(i)` tells which synapses of block number i of all weights take part, 1, or 0 where they dropped
/// out.
#[inline(always)]
pub fn receive_rows(
    c: &Constants,
    since: &[f32],
    weights: &[Block],
    inputs: &[u16],
    (ge, gi): (&mut [Block], &mut [Block]),
    kept: impl Fn(usize) -> Block,
) {
    let (linear, blocks) = (c.prune.decay == LINEAR, ge.len());
    for (b, (ge, gi)) in ge.iter_mut().zip(gi).enumerate() {
        let (mut e, mut i) = (*ge, *gi);
        for &input in inputs {
            block_boundary();
            let at = usize::from(input) * blocks + b;
            let (w, since, kept) = (weights[at], since[usize::from(input)], kept(at));
            for l in 0..BLOCK {
                let left = decayed_if_there(c, linear, w.0[l], since);
                let acts = acting(&c.regrow, left) * kept.0[l];
                receive(&c.conductance, acts, &mut e.0[l], &mut i.0[l]);
            }
        }
        (*ge, *gi) = (e, i);
    }
}

/// Pre half of the input spikes of one step: the postsynaptic traces are added to the sums, of which those of a neuron
/// follow one another, `inputs_of_neuron` of them. `kept(i)` is as above.
#[inline(always)]
pub fn add_traces(
    c: &Batch,
    sums: &mut [i64],
    inputs: &[u16],
    inputs_of_neuron: usize,
    apost: &[Block],
    kept: impl Fn(usize) -> Block,
) {
    if c.before == 0 {
        return;
    }
    for (b, apost_of_block) in apost.iter().enumerate() {
        // Most neurons have not fired in this image.
        if !has_trace(apost_of_block) {
            continue;
        }
        for &input in inputs {
            let input = usize::from(input);
            let kept = kept(input * apost.len() + b);
            for (l, &trace) in apost_of_block.0.iter().enumerate() {
                if trace != 0.0 {
                    let at = (b * BLOCK + l) * inputs_of_neuron + input;
                    sums[at] += i64::from(units(c, trace * kept.0[l]));
                }
            }
        }
    }
}

/// Post half for one E spike: `lr2` times the presynaptic traces are added to the sums of its neuron. `kept(i)` tells
/// whether the synapse from input i takes part, 1 or 0.
#[inline(always)]
pub fn output_spike(
    c: &Batch,
    lr2: f32,
    apre_now: &[f32],
    sums: &mut [i64],
    kept: impl Fn(usize) -> f32,
) {
    for (i, (sum, trace)) in sums.iter_mut().zip(apre_now).enumerate() {
        *sum += i64::from(units(c, lr2 * (trace * kept(i))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets;

    #[test]
    fn changes_are_rounded_and_limited() {
        let mut params = presets::ten_class();
        params.model.learning.batch_change_max = 0.25;
        let c = Constants::training(&params).unwrap();
        let gmax = c.stdp.gmax;
        assert_eq!(units(&c.batch, gmax), UNITS as i32);
        assert_eq!(units(&c.batch, -0.25 * gmax), -(UNITS as i32) / 4);
        for change in [3.0 * gmax, 1e30, f32::INFINITY] {
            assert_eq!(units(&c.batch, change), MOST_UNITS as i32);
            assert_eq!(units(&c.batch, -change), -MOST_UNITS as i32);
        }
        assert_eq!(units(&c.batch, f32::NAN), -MOST_UNITS as i32);
        assert_eq!(units(&c.batch, 0.4 * gmax / UNITS), 0);
        assert_eq!(units(&c.batch, -0.6 * gmax / UNITS), -1);
        let after = |sum| merged(&c, false, 0.5 * gmax, 1.0, sum) / gmax;
        assert!((after(i64::from(units(&c.batch, 0.125 * gmax))) - 0.625).abs() < 1e-6);
        assert!((after(1 << 40) - 0.75).abs() < 1e-6);
        assert!((after(-(1 << 40)) - 0.25).abs() < 1e-6);
    }
}
