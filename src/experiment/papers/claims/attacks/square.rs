//! The square attack of Andriushchenko et al. (ECCV 2020): squares of an image are changed at random, and what lowers the lead
//! of the own class stays.

use super::norm::{Ball, Norm, intensities, length};
use crate::backprop::normal;
use rand::RngExt;
use rand::rngs::ChaCha8Rng;

/// Share of the pixels that the first squares cover, and after which of 10,000 queries it halves.
const FIRST_SHARE: f64 = 0.8;
const HALVED: [usize; 8] = [10, 50, 200, 500, 1000, 2000, 4000, 6000];

/// An attack on one image.
pub struct Square {
    ball: Ball,
    original: Vec<u8>,
    scaled: Vec<f32>,
    /// Rows and columns.
    shape: [usize; 2],
    queries: usize,
    asked: usize,
    /// The change that lowered the lead most, and the lead that it left.
    change: Vec<f32>,
    lead: f32,
    tried: Vec<f32>,
    rng: ChaCha8Rng,
}

impl Square {
    pub fn new(
        ball: Ball,
        (original, shape): (&[u8], [usize; 2]),
        queries: usize,
        rng: ChaCha8Rng,
    ) -> Self {
        Self {
            ball,
            original: original.to_vec(),
            scaled: intensities(original),
            shape,
            queries,
            asked: 0,
            change: vec![0.0; original.len()],
            lead: f32::MAX,
            tried: Vec::new(),
            rng,
        }
    }

    /// The image to ask for next.
    pub fn ask(&mut self) -> Vec<u8> {
        self.tried = match (self.asked, self.ball.norm) {
            (0, Norm::Linf) => self.stripes(),
            (0, Norm::L2) => self.tiles(),
            (_, Norm::Linf) => self.recoloured(),
            (_, Norm::L2) => self.moved(),
        };
        self.asked += 1;
        self.bytes(&self.tried)
    }

    /// Takes the lead of the own class in what was asked for.
    pub fn hear(&mut self, lead: f32) {
        if lead < self.lead {
            self.lead = lead;
            self.change = std::mem::take(&mut self.tried);
        }
    }

    /// The image with the least lead.
    pub fn best(&self) -> Vec<u8> {
        self.bytes(&self.change)
    }

    fn bytes(&self, change: &[f32]) -> Vec<u8> {
        let moved = self.scaled.iter().zip(change).map(|(was, by)| was + by);
        let mut image: Vec<f32> = moved.collect();
        self.ball.project(&mut image, &self.scaled);
        self.ball.bytes(&image, &self.original)
    }

    /// The side of the next square.
    fn side(&self) -> usize {
        let of_ten_thousand = self.asked * 10_000 / self.queries.max(1);
        let halved = HALVED.iter().filter(|&&at| of_ten_thousand > at).count();
        let share = FIRST_SHARE * 0.5f64.powi(halved as i32);
        let side = (share * self.original.len() as f64).sqrt().round() as usize;
        side.clamp(1, self.shape[0].min(self.shape[1]) - 1)
    }

    /// The pixels of a square of that side, somewhere.
    fn somewhere(&mut self, side: usize) -> Vec<usize> {
        let [rows, columns] = self.shape;
        let row = self.rng.random_range(0..=rows - side);
        let column = self.rng.random_range(0..=columns - side);
        (0..side * side)
            .map(|at| (row + at / side) * columns + column + at % side)
            .collect()
    }

    fn sign(&mut self) -> f32 {
        if self.rng.random::<bool>() { 1.0 } else { -1.0 }
    }

    /// Columns as bright or as dark as they may be.
    fn stripes(&mut self) -> Vec<f32> {
        let columns: Vec<f32> = (0..self.shape[1])
            .map(|_| self.sign() * self.ball.strength)
            .collect();
        (0..self.original.len())
            .map(|at| columns[at % self.shape[1]])
            .collect()
    }

    /// A square of one colour over the best change.
    fn recoloured(&mut self) -> Vec<f32> {
        let side = self.side();
        let (square, colour) = (self.somewhere(side), self.sign() * self.ball.strength);
        let mut change = self.change.clone();
        for at in square {
            change[at] = colour;
        }
        change
    }

    /// Hills and valleys side by side over the whole image.
    fn tiles(&mut self) -> Vec<f32> {
        let side = (self.shape[0] / 5).max(1);
        let mut change = vec![0.0; self.original.len()];
        for row in (0..self.shape[0]).step_by(side) {
            for column in (0..self.shape[1]).step_by(side) {
                let (hill, sign) = (hill(side), self.sign());
                for (at, height) in hill.iter().enumerate() {
                    let (r, c) = (row + at / side, column + at % side);
                    if r < self.shape[0] && c < self.shape[1] {
                        change[r * self.shape[1] + c] = sign * height;
                    }
                }
            }
        }
        let scale = self.ball.strength / length(change.iter().copied()).max(1e-9);
        change.iter().map(|by| by * scale).collect()
    }

    /// What one square has of the change is moved to another one, which gets a hill besides.
    fn moved(&mut self) -> Vec<f32> {
        let side = (self.side() | 1).min(self.shape[0].min(self.shape[1]) - 1);
        let (to, from) = (self.somewhere(side), self.somewhere(side));
        let mut change = self.change.clone();
        let squares = |values: &[f32], of: &[usize]| length(of.iter().map(|&at| values[at]));
        let all = length(change.iter().copied());
        let unused = (self.ball.strength.powi(2) - all * all).max(0.0);
        let own = squares(&change, &to);
        let mut both: Vec<usize> = to.iter().chain(&from).copied().collect();
        both.sort_unstable();
        both.dedup();
        let budget = (squares(&change, &both).powi(2) + unused).sqrt();
        let (hill, sign) = (hill(side), self.sign());
        let upright = normal(&mut self.rng) < 0.0;
        let raised: Vec<f32> = (to.iter().enumerate())
            .map(|(place, &at)| {
                let place = match upright {
                    true => place % side * side + place / side,
                    false => place,
                };
                change[at] / own.max(1e-9) + sign * hill[place]
            })
            .collect();
        for &at in &from {
            change[at] = 0.0;
        }
        let scale = budget / length(raised.iter().copied()).max(1e-9);
        for (&at, raised) in to.iter().zip(&raised) {
            change[at] = raised * scale;
        }
        change
    }
}

/// A square whose one half is a hill, and the other a valley as deep; of length 1.
fn hill(side: usize) -> Vec<f32> {
    let half = side / 2;
    let of_half = |rows: usize| -> Vec<f32> {
        let height = |at: usize| {
            let (row, column) = (at / side, at % side);
            let from_middle = row.abs_diff(rows / 2).max(column.abs_diff(side / 2)) as f32;
            1.0 / (1.0 + from_middle).powi(2)
        };
        (0..rows * side).map(height).collect()
    };
    let valley = of_half(side - half).into_iter().map(|height| -height);
    let both: Vec<f32> = of_half(half).into_iter().chain(valley).collect();
    let all = length(both.iter().copied());
    both.iter().map(|height| height / all).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::generator;

    /// Against a linear score, of which it sees the value alone, it does much of what is possible, and stays in its ball.
    #[test]
    fn it_lowers_a_linear_lead_within_its_ball() {
        let mut rng = generator(5, 1);
        let weights: Vec<f32> = (0..784)
            .map(|at| if at % 28 < 14 { 1.0 } else { -1.0 } * (0.5 + rng.random::<f32>()))
            .collect();
        let original = vec![128u8; 784];
        let lead = |image: &[u8]| -> f32 {
            let pixels = image.iter().zip(&weights);
            pixels
                .map(|(&byte, by)| (f32::from(byte) - 128.0) / 255.0 * by)
                .sum()
        };
        for (norm, strength) in [(Norm::Linf, 0.1), (Norm::L2, 2.0)] {
            let ball = Ball { norm, strength };
            let best = match norm {
                Norm::Linf => strength * weights.iter().map(|by| by.abs()).sum::<f32>(),
                Norm::L2 => strength * length(weights.iter().copied()),
            };
            let mut square = Square::new(ball, (&original, [28, 28]), 2000, generator(5, 2));
            for _ in 0..2000 {
                let image = square.ask();
                let changes = image.iter().zip(&original);
                let changes = changes.map(|(&a, &b)| (f32::from(a) - f32::from(b)) / 255.0);
                let far = match norm {
                    Norm::Linf => changes.fold(0.0f32, |most, by| most.max(by.abs())),
                    Norm::L2 => length(changes),
                };
                assert!(far <= strength + 1e-6, "{far}");
                square.hear(lead(&image));
            }
            let reached = -lead(&square.best());
            assert!(reached > 0.5 * best, "{norm}: {reached} of {best}");
        }
    }
}
