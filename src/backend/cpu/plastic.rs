//! Where what is learned goes: into the weights at once or, in a batch, into sums beside them.

use crate::model::{BLOCK, Block, Constants, batch, conductance, prune, stdp};
use std::ops::Range;

/// Synapses that learn. `kept` has those that take part, as [`crate::model::dropout::fill`] has them; none where all do.
pub trait Plastic {
    /// One input spike, for every E neuron: the decay of the weights, what they conduct, and the pre half. `row` are the
    /// blocks of the input.
    fn input_spike(
        &mut self,
        c: &Constants,
        decay: f32,
        row: (usize, Range<usize>),
        to: stdp::Targets<'_>,
        kept: Option<&[Block]>,
    );

    /// Post half for an E spike of a neuron, given with the blocks of a row: `traces` are those of the inputs as they
    /// stand now, and the inputs that have one.
    fn output_spike(
        &mut self,
        c: &Constants,
        lr2: f32,
        neuron: (usize, usize),
        traces: (&[f32], &[u16]),
        kept: Option<&[Block]>,
    );
}

/// Into the weights; `still`: whether input spikes leave them as they are.
pub struct AtOnce<'a> {
    pub weights: &'a mut [Block],
    pub still: bool,
}

/// Into sums beside the weights, which stay as the batch found them.
pub struct Summed<'a> {
    pub weights: &'a [Block],
    /// Those of a neuron follow one another, one for each input.
    pub sums: &'a mut [i64],
    /// How the weights of each input have decayed since the batch began.
    pub since: &'a mut [f32],
}

/// All synapses of a block take part.
fn all(_: usize) -> Block {
    Block::splat(1.0)
}

impl Plastic for AtOnce<'_> {
    #[inline(always)]
    fn input_spike(
        &mut self,
        c: &Constants,
        decay: f32,
        (_, row): (usize, Range<usize>),
        to: stdp::Targets<'_>,
        kept: Option<&[Block]>,
    ) {
        let weights = &mut self.weights[row.clone()];
        match kept {
            None if self.still => {
                conductance::receive_row(&c.conductance, weights, to.ge, to.gi);
            }
            None => stdp::input_spike(c, decay, weights, to, |_| Block::splat(1.0)),
            Some(kept) => stdp::input_spike(c, decay, weights, to, |b| kept[row.start + b]),
        }
    }

    #[inline(always)]
    fn output_spike(
        &mut self,
        c: &Constants,
        lr2: f32,
        (j, blocks): (usize, usize),
        (traces, active): (&[f32], &[u16]),
        kept: Option<&[Block]>,
    ) {
        let (b, l) = (j / BLOCK, j % BLOCK);
        let (c, weights) = (&c.stdp, &mut self.weights[b..]);
        match kept {
            None => stdp::output_spike(c, lr2, traces, active, weights, blocks, l, |_| 1.0),
            Some(kept) => stdp::output_spike(c, lr2, traces, active, weights, blocks, l, |i| {
                kept[i * blocks + b].0[l]
            }),
        }
    }
}

impl Plastic for Summed<'_> {
    #[inline(always)]
    fn input_spike(
        &mut self,
        c: &Constants,
        decay: f32,
        (input, row): (usize, Range<usize>),
        to: stdp::Targets<'_>,
        kept: Option<&[Block]>,
    ) {
        let linear = c.prune.decay == prune::LINEAR;
        let since = &mut self.since[input];
        *since = batch::together(linear, *since, decay);
        let (since, weights) = (*since, &self.weights[row.clone()]);
        let place = (input, self.since.len());
        match kept {
            None => {
                match c.prune.continuous {
                    1 => batch::receive_row(c, since, weights, to.ge, to.gi, all),
                    _ => conductance::receive_row(&c.conductance, weights, to.ge, to.gi),
                }
                batch::add_traces(&c.batch, self.sums, place, to.apost, all);
            }
            Some(kept) => {
                let kept = |b| kept[row.start + b];
                batch::receive_row(c, since, weights, to.ge, to.gi, kept);
                batch::add_traces(&c.batch, self.sums, place, to.apost, kept);
            }
        }
    }

    #[inline(always)]
    fn output_spike(
        &mut self,
        c: &Constants,
        lr2: f32,
        (j, blocks): (usize, usize),
        (traces, _): (&[f32], &[u16]),
        kept: Option<&[Block]>,
    ) {
        let (b, l) = (j / BLOCK, j % BLOCK);
        let sums = &mut self.sums[j * traces.len()..][..traces.len()];
        match kept {
            None => batch::output_spike(&c.batch, lr2, traces, sums, |_| 1.0),
            Some(kept) => {
                batch::output_spike(&c.batch, lr2, traces, sums, |i| kept[i * blocks + b].0[l])
            }
        }
    }
}
