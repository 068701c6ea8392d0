//! An attacker who sees the class alone: RayS (Chen & Gu, KDD 2020). Each pixel has a sign, and the image that is so far along
//! these signs crosses to another class somewhere; signs of ever smaller blocks of pixels are flipped if it crosses earlier
//! then. In which order the blocks of a size are tried is drawn.

use super::norm::{Ball, Norm};
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;

/// How exactly the crossing is known, relative to the furthest one.
const EXACT: f32 = 1e-3;

/// An attack on one image.
pub struct Rays {
    ball: Ball,
    original: Vec<u8>,
    signs: Vec<f32>,
    /// How far along the signs another class was seen.
    nearest: f32,
    /// The signs that are tried.
    tried: Vec<f32>,
    /// Between these distances they cross, if they are known to; none before.
    between: Option<[f32; 2]>,
    asked: f32,
    /// Blocks of this level, 2^level of them, are cut; those that are left to try, the next one last.
    level: u32,
    left: Vec<usize>,
    rng: ChaCha8Rng,
}

impl Rays {
    pub fn new(ball: Ball, original: &[u8], rng: ChaCha8Rng) -> Self {
        let mut rays = Self {
            ball,
            original: original.to_vec(),
            signs: vec![1.0; original.len()],
            nearest: 0.0,
            tried: vec![1.0; original.len()],
            between: None,
            asked: 0.0,
            level: 0,
            left: vec![0],
            rng,
        };
        rays.nearest = rays.furthest();
        rays
    }

    /// The distance at which any image can be reached.
    fn furthest(&self) -> f32 {
        match self.ball.norm {
            Norm::Linf => 1.0,
            Norm::L2 => (self.original.len() as f32).sqrt(),
        }
    }

    /// The image to ask for next.
    pub fn ask(&mut self) -> Vec<u8> {
        self.asked = match self.between {
            Some([least, most]) => 0.5 * (least + most),
            None => self.nearest,
        };
        self.at(&self.tried, self.asked)
    }

    /// Takes whether what was asked for is of another class; whether it is in the ball.
    pub fn hear(&mut self, fools: bool) -> bool {
        let asked = self.asked;
        match (self.between, fools) {
            (None, false) => self.flip(),
            (None, true) => {
                self.signs.clone_from(&self.tried);
                self.between = Some([0.0, asked]);
                self.nearest = asked;
            }
            (Some([least, _]), true) => {
                self.between = Some([least, asked]);
                self.nearest = asked;
            }
            (Some([_, most]), false) => self.between = Some([asked, most]),
        }
        if let Some([least, most]) = self.between
            && most - least < EXACT * self.furthest()
        {
            self.flip();
        }
        asked <= self.ball.strength
    }

    /// The image of the ball along the best signs.
    pub fn nearest(&self) -> Vec<u8> {
        self.at(&self.signs, self.nearest.min(self.ball.strength))
    }

    /// Tries the next block.
    fn flip(&mut self) {
        let block = self.next_block();
        let size = self.signs.len().div_ceil(1 << self.level);
        self.tried.clone_from(&self.signs);
        for sign in self.tried.iter_mut().skip(block * size).take(size) {
            *sign = -*sign;
        }
        self.between = None;
    }

    /// After the last block of a level come those of the next; after the smallest ones the largest again.
    fn next_block(&mut self) -> usize {
        loop {
            if let Some(block) = self.left.pop() {
                return block;
            }
            let is_last = 1 << self.level >= self.signs.len();
            self.level = if is_last { 0 } else { self.level + 1 };
            self.left = (0..1 << self.level).collect();
            self.left.shuffle(&mut self.rng);
        }
    }

    fn at(&self, signs: &[f32], distance: f32) -> Vec<u8> {
        let of_pixel = match self.ball.norm {
            Norm::Linf => distance,
            Norm::L2 => distance / (signs.len() as f32).sqrt(),
        };
        let pixels = self.original.iter().zip(signs);
        let image: Vec<f32> = pixels
            .map(|(&was, sign)| (f32::from(was) / 255.0 + sign * of_pixel).clamp(0.0, 1.0))
            .collect();
        let there = Ball {
            strength: distance,
            ..self.ball
        };
        there.bytes(&image, &self.original)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    /// The border lies at a known distance in the best direction: it comes near, from answers alone.
    #[test]
    fn it_finds_the_border_of_a_linear_network() {
        let weights: Vec<f32> = (0..784)
            .map(|at| if at < 392 { 1.0 } else { -1.0 })
            .collect();
        let original = vec![128u8; 784];
        // Moved by 0.1 along the weights' signs it crosses.
        let fools = |image: &[u8]| {
            let pixels = image.iter().zip(&weights);
            let sum: f32 = pixels
                .map(|(&byte, by)| (f32::from(byte) - 128.0) / 255.0 * by)
                .sum();
            sum > 0.1 * 784.0
        };
        let ball = Ball {
            norm: Norm::Linf,
            strength: 0.12,
        };
        let mut rays = Rays::new(ball, &original, ChaCha8Rng::seed_from_u64(1));
        let mut found = false;
        for _ in 0..200 {
            let image = rays.ask();
            let fools = fools(&image);
            found |= rays.hear(fools) && fools;
        }
        assert!(found, "the nearest is {}", rays.nearest);
        assert!(fools(&rays.nearest()));
    }
}
