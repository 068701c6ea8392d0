//! Where what is learned goes: into the weights at once or, in a batch, into sums beside them.

use crate::model::{BLOCK, Block, Constants, batch, conductance, prune, stdp};

/// Synapses that learn. `kept` has those that take part, as [`crate::model::dropout::fill`] has them; none where all do.
pub trait Plastic {
    /// The input spikes of one step, for every E neuron: the decay of the weights at each, what they conduct, and the pre
    /// half.
    fn input_spikes(
        &mut self,
        c: &Constants,
        decays: &[f32],
        inputs: &[u16],
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

/// Into the weights; `by_traces`: whether input spikes change them by traces alone.
pub struct AtOnce<'a> {
    pub weights: &'a mut [Block],
    pub by_traces: bool,
    /// Whether synapses may be absent.
    pub regrows: bool,
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
    fn input_spikes(
        &mut self,
        c: &Constants,
        decays: &[f32],
        inputs: &[u16],
        to: stdp::Targets<'_>,
        kept: Option<&[Block]>,
    ) {
        let decay = |k: usize| match c.prune.continuous {
            1 => decays[k],
            _ => prune::no_decay(&c.prune),
        };
        let weights = &mut *self.weights;
        match kept {
            None if self.by_traces => stdp::input_spikes_by_traces(c, weights, inputs, to),
            None if self.regrows => {
                stdp::input_spikes::<true>(c, decay, weights, inputs, to, all);
            }
            None => stdp::input_spikes::<false>(c, decay, weights, inputs, to, all),
            Some(kept) => stdp::input_spikes::<true>(c, decay, weights, inputs, to, |at| kept[at]),
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
        let weights = &mut self.weights[b..];
        match kept {
            None if self.regrows => {
                stdp::output_spike::<true>(c, lr2, traces, active, weights, blocks, l, |_| 1.0);
            }
            None => {
                stdp::output_spike::<false>(c, lr2, traces, active, weights, blocks, l, |_| 1.0);
            }
            Some(kept) => {
                stdp::output_spike::<true>(c, lr2, traces, active, weights, blocks, l, |i| {
                    kept[i * blocks + b].0[l]
                });
            }
        }
    }
}

impl Plastic for Summed<'_> {
    #[inline(always)]
    fn input_spikes(
        &mut self,
        c: &Constants,
        decays: &[f32],
        inputs: &[u16],
        to: stdp::Targets<'_>,
        kept: Option<&[Block]>,
    ) {
        if c.prune.continuous == 1 {
            let linear = c.prune.decay == prune::LINEAR;
            for (&input, &decay) in inputs.iter().zip(decays) {
                let since = &mut self.since[usize::from(input)];
                *since = batch::together(linear, *since, decay);
            }
        }
        let (since, weights, ge_gi) = (&*self.since, self.weights, (to.ge, to.gi));
        let of_neuron = since.len();
        match kept {
            None => {
                match stdp::weights_act_as_they_are(c) {
                    false => batch::receive_rows(c, since, weights, inputs, ge_gi, all),
                    true => {
                        conductance::receive_rows(&c.conductance, weights, inputs, ge_gi.0, ge_gi.1)
                    }
                }
                batch::add_traces(&c.batch, self.sums, inputs, of_neuron, to.apost, all);
            }
            Some(kept) => {
                let kept = |at: usize| kept[at];
                batch::receive_rows(c, since, weights, inputs, ge_gi, kept);
                batch::add_traces(&c.batch, self.sums, inputs, of_neuron, to.apost, kept);
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
