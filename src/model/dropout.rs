//! Dropout of synapses: a share of S1 takes no part in a training image, neither in what it conducts nor in
//! what it learns. Drawn anew for each image (Wan et al., "Regularization of neural networks using DropConnect",
//! ICML 2013); a read-out scales all weights by the share that took part on average.

use super::rng::{Stream, philox};
use super::{Block, blocks};
use crate::params::Model;
use bytemuck::{Pod, Zeroable};

/// Constants of dropout.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Dropout {
    /// Draws below this are dropped; 0 for no dropout.
    pub threshold: u32,
}

impl Dropout {
    pub fn new(model: &Model) -> Self {
        Self {
            threshold: (model.learning.dropout * 4_294_967_296.0) as u32,
        }
    }
}

/// Draws of the synapses from `input` to four neighbouring neurons, the `four`-th of such groups.
#[inline(always)]
fn draws(seed: u64, presentation: u32, input: u32, four: u32) -> [u32; 4] {
    let key = [seed as u32, (seed >> 32) as u32];
    philox(key, [four, input, presentation, Stream::Dropout as u32])
}

/// 0 for every synapse that drops out of a presentation, else 1; shape \[inputs, blocks of neurons\].
pub fn fill(
    c: &Dropout,
    seed: u64,
    presentation: u32,
    [inputs, neurons]: [usize; 2],
    mask: &mut Vec<Block>,
) {
    let width = blocks(neurons);
    mask.resize(inputs * width, Block::splat(1.0));
    for (input, row) in mask.chunks_exact_mut(width).enumerate() {
        for (four, kept) in row
            .iter_mut()
            .flat_map(|block| block.0.chunks_exact_mut(4))
            .take(neurons.div_ceil(4))
            .enumerate()
        {
            let draws = draws(seed, presentation, input as u32, four as u32);
            for (kept, draw) in kept.iter_mut().zip(draws) {
                *kept = if draw < c.threshold { 0.0 } else { 1.0 };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets;

    #[test]
    fn the_share_that_drops_out_is_the_one_asked_for() {
        let mut params = presets::paper();
        for dropout in [0.0, 0.1, 0.5, 0.9] {
            params.model.learning.dropout = dropout;
            let (mut mask, neurons) = (Vec::new(), 30);
            fill(
                &Dropout::new(&params.model),
                7,
                3,
                [784, neurons],
                &mut mask,
            );
            let values = mask.chunks_exact(2).flat_map(|row| {
                let row = [row[0].0, row[1].0].concat();
                row.into_iter().take(neurons)
            });
            let share = values.map(|kept| 1.0 - f64::from(kept)).sum::<f64>() / (784.0 * 30.0);
            assert!((share - dropout).abs() < 0.01, "{share} for {dropout}");
        }
    }
}
