//! What a training by backpropagation draws, each from a stream of its own of the seed.

use crate::draws::generator;
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use rand::seq::index;

/// Streams of one seed: of the first weights of each stage, and of what is drawn at each step for each stage.
const WEIGHTS: u64 = 1 << 34;
const STEPS: u64 = 1 << 35;
/// Stages that a network has at most, so that streams of steps do not meet.
const MOST_STAGES: u64 = 16;

/// Draws for the first weights of a stage.
pub fn of_stage(seed: u64, stage: usize) -> ChaCha8Rng {
    generator(seed, WEIGHTS + stage as u64)
}

/// Draws of a step for a stage.
pub fn of_step(seed: u64, step: u64, stage: usize) -> ChaCha8Rng {
    generator(seed, STEPS + step * MOST_STAGES + stage as u64)
}

/// A normal number by the sum of twelve uniform ones, of the same bits everywhere.
pub fn normal(rng: &mut ChaCha8Rng) -> f32 {
    (0..12).map(|_| rng.random::<f32>()).sum::<f32>() - 6.0
}

/// So many of `all` places, at random, none twice.
pub fn places(rng: &mut ChaCha8Rng, all: usize, count: usize) -> Vec<usize> {
    index::sample(rng, all, count.min(all)).into_vec()
}
