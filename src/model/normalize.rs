//! Competition for weight: the incoming weights of each neuron are scaled to a fixed sum before each training image.
//!
//! ```text
//! w_ij = clip(w_ij w_total / sum_i w_ij)
//! ```
//!
//! Source: Diehl & Cook (Front. Comput. Neurosci. 9, 2015) and their code. A neuron without weights stays so.

use super::{Block, Constants, TINY, block_boundary, reciprocal, stdp};
use crate::params::Model;
use bytemuck::{Pod, Zeroable};

/// Constants of the scaling.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Normalize {
    /// Sum of a neuron's incoming weights; 0 for no scaling.
    pub w_total: f32,
}

impl Normalize {
    pub fn new(model: &Model) -> Self {
        Self {
            w_total: model.learning.w_total as f32,
        }
    }
}

/// What the weights of a neuron are multiplied by, given their sum.
#[inline(always)]
fn factor(c: &Normalize, sum: f32) -> f32 {
    if sum > TINY {
        c.w_total * reciprocal(sum)
    } else {
        1.0
    }
}

/// Scales all columns of the weights, in rows of so many blocks.
pub fn normalize(c: &Constants, weights: &mut [Block], blocks: usize) {
    let mut factors = vec![Block::splat(0.0); blocks];
    for row in weights.chunks_exact(blocks) {
        for (sum, w) in factors.iter_mut().zip(row) {
            block_boundary();
            let mut sums = *sum;
            for (sum, w) in sums.0.iter_mut().zip(w.0) {
                *sum += w;
            }
            *sum = sums;
        }
    }
    for sum in factors.iter_mut().flat_map(|block| &mut block.0) {
        *sum = factor(&c.normalize, *sum);
    }
    for row in weights.chunks_exact_mut(blocks) {
        for (w, factor) in row.iter_mut().zip(&factors) {
            block_boundary();
            let mut scaled = *w;
            for (w, factor) in scaled.0.iter_mut().zip(factor.0) {
                *w = stdp::clip(&c.stdp, *w * factor);
            }
            *w = scaled;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::BLOCK;
    use crate::presets;

    #[test]
    fn columns_reach_their_sum_and_empty_ones_stay() {
        let mut params = presets::paper();
        (params.model.learning.gmax, params.model.learning.w_total) = (1.0, 5.0);
        let c = Constants::training(&params).unwrap();
        let row = |i: usize| {
            let mut block = Block::splat(0.0);
            block.0[..3].copy_from_slice(&[0.01 * i as f32, 0.3, 1e-6]);
            block
        };
        let mut weights: Vec<Block> = (0..20).map(row).collect();
        normalize(&c, &mut weights, 1);
        let sum = |l: usize| weights.iter().map(|w| f64::from(w.0[l])).sum::<f64>();
        assert!((0..3).all(|l| (sum(l) - 5.0).abs() < 1e-5));
        assert!((3..BLOCK).all(|l| sum(l) == 0.0));
        assert_eq!(weights[0].0[0], 0.0);
        // Where a few synapses would have to carry all, gmax bounds them.
        let mut few = vec![Block::splat(0.2); 4];
        normalize(&c, &mut few, 1);
        assert!(few.iter().all(|w| w.0 == [1.0; BLOCK]));
    }
}
