//! How far an image may be changed. Intensities are relative to the full one.

use crate::backprop::normal;
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How a change is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Norm {
    /// The largest change of a pixel.
    Linf,
    /// The root of the sum of the squares of all changes.
    L2,
}

impl fmt::Display for Norm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Linf => "L-infinity",
            Self::L2 => "L2",
        })
    }
}

/// The images that are so near to another one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ball {
    pub norm: Norm,
    pub strength: f32,
}

/// The intensities of an image.
pub fn intensities(image: &[u8]) -> Vec<f32> {
    image.iter().map(|&byte| f32::from(byte) / 255.0).collect()
}

pub fn length(change: impl Iterator<Item = f32>) -> f32 {
    change.map(|value| value * value).sum::<f32>().sqrt()
}

impl Ball {
    /// Moves an image up a gradient by a share of the strength.
    pub fn climb(self, image: &mut [f32], gradient: &[f32], share: f32) {
        let step = share * self.strength;
        let of_length = length(gradient.iter().copied());
        for (pixel, &by) in image.iter_mut().zip(gradient) {
            *pixel += match self.norm {
                Norm::Linf if by == 0.0 => 0.0,
                Norm::Linf => step * by.signum(),
                Norm::L2 if of_length > 0.0 => step * by / of_length,
                Norm::L2 => 0.0,
            };
        }
    }

    /// The nearest image of the ball around `original`, or one near it, of intensities that there are.
    pub fn project(self, image: &mut [f32], original: &[f32]) {
        let far = length(image.iter().zip(original).map(|(a, b)| a - b));
        for (pixel, &was) in image.iter_mut().zip(original) {
            let change = *pixel - was;
            let change = match self.norm {
                Norm::Linf => change.clamp(-self.strength, self.strength),
                Norm::L2 if far > self.strength => change * (self.strength / far),
                Norm::L2 => change,
            };
            *pixel = (was + change).clamp(0.0, 1.0);
        }
    }

    /// An image of the ball, at random: uniform in each pixel, or as far as it may be in a random direction.
    pub fn draw(self, original: &[f32], rng: &mut ChaCha8Rng) -> Vec<f32> {
        let mut image: Vec<f32> = (original.iter())
            .map(|&was| match self.norm {
                Norm::Linf => was + self.strength * (2.0 * rng.random::<f32>() - 1.0),
                Norm::L2 => was + self.strength * normal(rng),
            })
            .collect();
        self.project(&mut image, original);
        image
    }

    /// The image in whole intensities, as near to its original as it may be.
    pub fn bytes(self, image: &[f32], original: &[u8]) -> Vec<u8> {
        let change = |share: f32| -> Vec<i32> {
            let most = (255.0 * self.strength + 1e-3).floor() as i32;
            let pixels = image.iter().zip(original);
            pixels
                .map(|(&now, &was)| {
                    let change = (share * (255.0 * now - f32::from(was))).round() as i32;
                    match self.norm {
                        Norm::Linf => change.clamp(-most, most),
                        Norm::L2 => change,
                    }
                })
                .collect()
        };
        let mut share = 1.0;
        let mut changes = change(share);
        let is_far = |changes: &[i32]| {
            let far = length(changes.iter().map(|&by| by as f32 / 255.0));
            self.norm == Norm::L2 && far > self.strength
        };
        while is_far(&changes) {
            share *= 0.98;
            changes = change(share);
        }
        let pixels = changes.iter().zip(original);
        pixels
            .map(|(&by, &was)| (i32::from(was) + by).clamp(0, 255) as u8)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::generator;

    /// Whatever is asked of a pixel, the whole intensities stay within what is allowed, and use it.
    #[test]
    fn images_stay_in_the_ball() {
        let mut rng = generator(1, 1);
        let original: Vec<u8> = (0..784).map(|_| rng.random()).collect();
        let scaled = intensities(&original);
        for (norm, strength) in [
            (Norm::Linf, 0.02),
            (Norm::Linf, 0.3),
            (Norm::L2, 0.5),
            (Norm::L2, 3.0),
        ] {
            let ball = Ball { norm, strength };
            let gradient: Vec<f32> = (0..784).map(|_| normal(&mut rng)).collect();
            let mut image = ball.draw(&scaled, &mut rng);
            for _ in 0..20 {
                ball.climb(&mut image, &gradient, 0.25);
                ball.project(&mut image, &scaled);
            }
            let bytes = ball.bytes(&image, &original);
            let changes = bytes.iter().zip(&original);
            let changes: Vec<f32> = changes
                .map(|(&now, &was)| (f32::from(now) - f32::from(was)) / 255.0)
                .collect();
            let far = match norm {
                Norm::Linf => changes.iter().fold(0.0f32, |most, by| most.max(by.abs())),
                Norm::L2 => length(changes.into_iter()),
            };
            assert!(far <= strength + 1e-6, "{norm} {strength}: {far}");
            assert!(far > 0.9 * strength, "{norm} {strength}: {far}");
        }
    }
}
