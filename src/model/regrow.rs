//! Synapses that are absent, and grow again where they are wanted.
//!
//! ```text
//! check, every check_images   |w| < weakest min(1, 2 s), as eq. 5 leaves it: absent, with no wish, s being the share of the
//!                             training that is done; an absent synapse forgets its wish
//! absent                      conducts nothing, does not decay; its steps, known as ever, add up to a wish
//! |wish| >= above             present again, with the wish as its weight
//! ```
//!
//! A step is the third factor times the trace of its input, so a synapse is wanted where its neuron is to learn while its
//! input fires. An absent synapse stands among the weights as a number far above gmax, `absent` + wish.

use super::prune::{LINEAR, Prune, decayed, factor_or_loss, no_decay};
use super::stdp::clip;
use super::{Block, Constants};
use crate::params::Model;
use bytemuck::{Pod, Zeroable};

/// Constants of absent synapses.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Regrow {
    /// What is above this is absent: no number is where no synapse is.
    pub absent_from: f32,
    /// An absent synapse without a wish: 4 gmax.
    pub absent: f32,
    /// A wish that brings a synapse back.
    pub above: f32,
    /// A weight below this goes.
    pub weakest: f32,
}

impl Regrow {
    pub fn new(model: &Model) -> Self {
        let gmax = model.gmax();
        Self {
            absent_from: match model.regrows() {
                true => (2.5 * gmax) as f32,
                false => f32::MAX,
            },
            absent: (4.0 * gmax) as f32,
            above: (model.pruning.regrow_above * gmax) as f32,
            weakest: (model.pruning.remove_below * gmax) as f32,
        }
    }
}

/// Whether any synapse may be absent.
#[inline(always)]
pub fn has_absent(c: &Regrow) -> bool {
    c.absent_from < f32::MAX
}

/// Whether a synapse is absent.
#[inline(always)]
pub fn is_absent(c: &Regrow, w: f32) -> bool {
    w > c.absent_from
}

/// The weight with which a synapse acts.
#[inline(always)]
pub fn acting(c: &Regrow, w: f32) -> f32 {
    if is_absent(c, w) { 0.0 } else { w }
}

/// What was `was` and has been changed to `w`: within its limits or, if it is absent, with its wish.
#[inline(always)]
pub fn settled(c: &Constants, was: f32, w: f32) -> f32 {
    if !is_absent(&c.regrow, was) {
        return clip(&c.stdp, w);
    }
    let wish = w - c.regrow.absent;
    if wish.abs() >= c.regrow.above {
        return clip(&c.stdp, wish);
    }
    w
}

/// A weight after its decay, of which absent ones have none.
#[inline(always)]
pub fn decayed_if_there(c: &Constants, linear: bool, w: f32, decay: f32) -> f32 {
    if is_absent(&c.regrow, w) {
        return w;
    }
    decayed(linear, w, decay)
}

/// A weight below this goes when so much of the training is done: half-way and later `weakest`.
#[inline(always)]
pub fn weakest(c: &Regrow, share_done: f32) -> f32 {
    let risen = 2.0 * share_done;
    c.weakest * if risen < 1.0 { risen } else { 1.0 }
}

/// What a check makes of a weight, of which `decay` has not been taken yet.
#[inline(always)]
pub fn checked(c: &Constants, (linear, weakest): (bool, f32), w: f32, decay: f32) -> f32 {
    if is_absent(&c.regrow, w) {
        return c.regrow.absent;
    }
    if decayed(linear, w, decay).abs() < weakest {
        return c.regrow.absent;
    }
    w
}

/// The decay of an input's weights since its last spike; none where they do not decay on their way.
#[inline(always)]
pub fn decay_since(c: &Prune, now: u32, last_input: u32) -> f32 {
    if c.continuous == 0 {
        return no_decay(c);
    }
    factor_or_loss(c, now.wrapping_sub(last_input))
}

/// The weights with which all synapses act.
pub fn all_acting(c: &Regrow, weights: &[Block]) -> Vec<Block> {
    let of_block = |block: &Block| Block(block.0.map(|w| acting(c, w)));
    weights.iter().map(of_block).collect()
}

/// Checks all synapses at step `now`; blocks that fill up a row hold no synapses, and may become anything.
pub fn check(
    c: &Constants,
    (now, share_done): (u32, f32),
    last_input: &[u32],
    weights: &mut [Block],
) {
    let of = (c.prune.decay == LINEAR, weakest(&c.regrow, share_done));
    let blocks = weights.len() / last_input.len();
    for (row, &last) in weights.chunks_exact_mut(blocks).zip(last_input) {
        let decay = decay_since(&c.prune, now, last);
        for w in row.iter_mut().flat_map(|block| &mut block.0) {
            *w = checked(c, of, *w, decay);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets;

    #[test]
    fn synapses_go_wish_and_come_back() {
        let mut params = presets::ten_class_pruned();
        params.model.pruning.remove_below = 0.1;
        params.model.pruning.regrow_above = 0.05;
        let c = Constants::training(&params).unwrap();
        let gmax = c.stdp.gmax;
        let after = |was: f32, by: f32| settled(&c, was, was + by);
        let checked = |w, decay| checked(&c, (false, weakest(&c.regrow, 0.7)), w, decay);
        let gone = checked(-0.09 * gmax, 1.0);
        assert!(is_absent(&c.regrow, gone) && acting(&c.regrow, gone) == 0.0);
        assert_eq!(checked(-0.11 * gmax, 1.0), -0.11 * gmax);
        assert!(is_absent(&c.regrow, checked(0.11 * gmax, 0.5)));
        for sign in [1.0, -1.0] {
            let wishes = after(gone, sign * 0.04 * gmax);
            assert!(is_absent(&c.regrow, wishes));
            assert_eq!(decayed_if_there(&c, false, wishes, 0.1), wishes);
            assert_eq!(checked(wishes, 1.0), gone, "forgotten");
            let back = after(wishes, sign * 0.02 * gmax);
            assert!((back - sign * 0.06 * gmax).abs() < 1e-6 * gmax, "{back}");
            assert_eq!(after(gone, sign * 3.0 * gmax), sign * gmax);
        }
        params.model.pruning.regrow_above = 0.0;
        let c = Constants::training(&params).unwrap();
        assert!(!is_absent(&c.regrow, gmax) && !is_absent(&c.regrow, f32::MAX));
    }
}
