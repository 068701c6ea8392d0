//! Projected gradients: an image climbs what the attacker wants, step by step, and stays near its original.

use super::norm::Ball;
use super::source::Source;
use crate::backprop::scaled;
use crate::draws::generator;
use ndarray::{Array2, ArrayView1, ArrayView2};
use rand::rngs::ChaCha8Rng;

/// Streams of a seed, one for each ascent.
const ASCENTS: u64 = 1 << 36;

/// What an attacker wants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Aim {
    /// Another class ahead of the own one.
    Margin,
    /// The own class improbable.
    CrossEntropy,
    /// No class.
    Silence,
    /// This class ahead of all others.
    Class(usize),
}

/// How an ascent goes.
#[derive(Clone, Copy, Debug)]
pub struct Ascend {
    pub ball: Ball,
    pub aim: Aim,
    pub steps: usize,
    /// Whether it begins anywhere in the ball, else at the original.
    pub anywhere: bool,
    /// Names its draws, with the seed.
    pub stream: u64,
}

impl Aim {
    /// The gradient by the scores of what is climbed, of images of these classes.
    fn by_scores(self, scores: &Array2<f32>, labels: &[usize]) -> Array2<f32> {
        let spread = scores.std(0.0).max(1e-6);
        let mut by = Array2::zeros(scores.raw_dim());
        for ((row, mut by), &own) in scores.outer_iter().zip(by.outer_iter_mut()).zip(labels) {
            match self {
                Self::Silence => by.fill(-1.0),
                Self::Margin => {
                    by[own] = -1.0;
                    if let Some(other) = best(row, own) {
                        by[other] += 1.0;
                    }
                }
                Self::Class(wanted) => {
                    by[wanted] = 1.0;
                    if let Some(other) = best(row, wanted) {
                        by[other] -= 1.0;
                    }
                }
                Self::CrossEntropy => {
                    let most = row.fold(f32::MIN, |most, &score| most.max(score));
                    by.assign(&row.mapv(|score| ((score - most) / spread).exp()));
                    let sum = by.sum();
                    by.mapv_inplace(|part| part / sum);
                    by[own] -= 1.0;
                }
            }
        }
        by
    }
}

/// The class of the largest score but for one.
fn best(scores: ArrayView1<'_, f32>, but: usize) -> Option<usize> {
    let others = (0..scores.len()).filter(|&class| class != but);
    others.max_by(|&a, &b| scores[a].total_cmp(&scores[b]))
}

impl Ascend {
    /// What becomes of images of these classes, at least one, given by their bytes; image after image.
    pub fn run(self, source: &Source, images: &[u8], labels: &[usize], seed: u64) -> Vec<u8> {
        let pixels = images.len() / labels.len();
        let originals = scaled(images, pixels);
        let mut rng = generator(seed, ASCENTS + self.stream);
        let mut now = match self.anywhere {
            true => self.anywhere(originals.view(), &mut rng),
            false => originals.clone(),
        };
        for step in 0..self.steps {
            let by_scores = |scores: &Array2<f32>| self.aim.by_scores(scores, labels);
            let (_, by) = source.climb(now.view(), &mut rng, by_scores);
            let share = self.share(step);
            let rows = now.outer_iter_mut().zip(by.outer_iter());
            for ((mut image, by), original) in rows.zip(originals.outer_iter()) {
                let image = image.as_slice_mut().expect("rows lie side by side");
                self.ball.climb(image, &by.to_vec(), share);
                self.ball.project(image, &original.to_vec());
            }
        }
        let rows = now.outer_iter().zip(images.chunks_exact(pixels));
        rows.flat_map(|(image, original)| self.ball.bytes(&image.to_vec(), original))
            .collect()
    }

    /// The length of a step, relative to the strength: so long at first that half of them cross the ball several times.
    fn share(self, step: usize) -> f32 {
        let left = 1.0 - step as f32 / self.steps as f32;
        (10.0 / self.steps as f32).min(0.5) * left.max(0.1)
    }

    fn anywhere(self, originals: ArrayView2<'_, f32>, rng: &mut ChaCha8Rng) -> Array2<f32> {
        let mut drawn = originals.to_owned();
        for mut image in drawn.outer_iter_mut() {
            let start = self.ball.draw(&image.to_vec(), rng);
            image.assign(&ArrayView1::from(&start));
        }
        drawn
    }
}
