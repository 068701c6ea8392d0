//! What the host draws for a network: initial weights, delays, the order of the training images.
//!
//! All come from ChaCha8 by name (never from a generator that may change), each from a stream of its own,
//! so that none moves when another is drawn longer. Input spikes and noise images are drawn elsewhere:
//! [`crate::model::poisson`], [`crate::dataset::noise_images`].

use crate::params::delay_rows;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

/// Streams of one seed; epoch e is shuffled by stream `ORDER + e`. Stream 3 is that of noise images.
const WEIGHTS: u64 = 0;
const DELAYS_S2: u64 = 1;
const DELAYS_S3: u64 = 2;
const ORDER: u64 = 16;
/// Shifts of an epoch's images, far above any order.
const SHIFTS: u64 = 1 << 31;
/// Splits of the labels.
const LABELS: u64 = 1 << 32;
/// Points of random searches.
const POINTS: u64 = 1 << 33;

/// The numbers of a stream of a seed.
pub(crate) fn generator(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    rng
}

/// Initial weights of S1, uniform in low..high; shape \[inputs, neurons\].
pub fn weights(seed: u64, inputs: usize, neurons: usize, (low, high): (f32, f32)) -> Vec<f32> {
    let mut rng = generator(seed, WEIGHTS);
    (0..inputs * neurons)
        .map(|_| low + rng.random::<f32>() * (high - low))
        .collect()
}

/// Delays of S2 in steps, uniform and rounded half up; shape \[neurons\].
pub fn delays_s2(seed: u64, neurons: usize, delay_max: u32) -> Vec<u16> {
    delays(generator(seed, DELAYS_S2), neurons, delay_max)
}

/// Delays of S3 in steps, uniform and rounded half up; shape \[from I, to E\], the diagonal unused, or a row for all I
/// neurons where the longest is 0.
pub fn delays_s3(seed: u64, neurons: usize, delay_max: u32) -> Vec<u16> {
    let count = delay_rows(neurons, delay_max) * neurons;
    delays(generator(seed, DELAYS_S3), count, delay_max)
}

fn delays(mut rng: ChaCha8Rng, count: usize, delay_max: u32) -> Vec<u16> {
    (0..count)
        .map(|_| (rng.random::<f32>() * delay_max as f32 + 0.5) as u16)
        .collect()
}

/// The order in which one epoch shows `images` images: a permutation of their positions.
pub fn order(seed: u64, epoch: usize, images: usize) -> Vec<u32> {
    let mut positions: Vec<u32> = (0..images as u32).collect();
    positions.shuffle(&mut generator(seed, ORDER + epoch as u64));
    positions
}

/// By how many pixels each image of one epoch is shown shifted, (right, down), each uniform in -max..=max; for
/// `images` presentations in their order.
pub fn shifts(seed: u64, epoch: usize, images: usize, max: u8) -> Vec<(i8, i8)> {
    let mut rng = generator(seed, SHIFTS + epoch as u64);
    let max = max as i8;
    (0..images)
        .map(|_| (rng.random_range(-max..=max), rng.random_range(-max..=max)))
        .collect()
}

/// The ten labels in a random order: the `index`-th of a seed.
pub fn labels(seed: u64, index: usize) -> Vec<u8> {
    let mut labels: Vec<u8> = (0..10).collect();
    labels.shuffle(&mut generator(seed, LABELS + index as u64));
    labels
}

/// Places in 0..1, one for each axis: the `point`-th of a random search.
pub fn places(seed: u64, point: usize, axes: usize) -> Vec<f64> {
    let mut rng = generator(seed, POINTS + point as u64);
    (0..axes).map(|_| rng.random::<f64>()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// These draws are part of every result: a new release of `rand` must not change them unseen.
    #[test]
    fn draws_of_a_seed_stay_the_same() {
        assert_eq!(
            weights(1, 1, 3, (0.0, 1.0)),
            [0.5493782, 0.4024856, 0.9845971]
        );
        assert_eq!(delays_s2(1, 4, 100), [89, 85, 91, 5]);
        assert_eq!(delays_s3(1, 2, 50), [28, 44, 46, 34]);
        assert_eq!(delays_s3(1, 2, 0), [0, 0]);
        assert_eq!(order(1, 0, 6), [4, 1, 3, 0, 5, 2]);
        assert_eq!(order(1, 1, 6), [1, 4, 0, 2, 5, 3]);
    }

    #[test]
    fn delays_cover_their_range() {
        let drawn = delays_s2(7, 100_000, 10);
        let count = |d| drawn.iter().filter(|&&drawn| drawn == d).count() as f64 / 1e5;
        // Rounding gives the two ends half the share of the others.
        assert!((count(0) - 0.05).abs() < 0.005 && (count(10) - 0.05).abs() < 0.005);
        assert!((1..10).all(|d| (count(d) - 0.1).abs() < 0.005));
        assert!(drawn.iter().all(|&d| d <= 10));
    }
}
