//! Images that are nothing, made a class.

use super::Victim;
use super::campaign::{Campaign, LINF, TESTING};
use super::gradient::{Aim, Ascend};
use super::norm::{Ball, Norm};
use super::source::View;
use crate::backend::BackendError;
use crate::dataset::{NoiseKind, noise_images};
use serde::{Deserialize, Serialize};

/// Images of noise.
const NOISE: usize = 50;

/// The smallest largest change of a pixel that makes images which are nothing a class, with confidence: as far ahead as half
/// of the test images are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fooling {
    pub victim: String,
    /// `blank` or `noise`.
    pub start: String,
    /// Median over images and classes; none where half of them are never taken.
    pub median_strength: Option<f32>,
    /// Share of images and classes that are taken at the largest strength tried, 0.5, or before.
    pub taken_fraction: f64,
}

impl Campaign<'_> {
    /// How little makes blank images and noise, as bright as the attacked ones, a class.
    pub fn fooled(&self, victim: &Victim) -> Result<[Fooling; 2], BackendError> {
        let clean = self.replies(victim, &self.images, TESTING.start)?;
        let leads = clean.iter().zip(&self.labels);
        let mut leads: Vec<f32> = leads.map(|(reply, &label)| reply.lead(label)).collect();
        leads.sort_by(f32::total_cmp);
        let confident = leads.get(leads.len() / 2).copied().unwrap_or(0.0);
        let classes = clean.first().map_or(0, |reply| reply.scores.len());
        let sum: u64 = self.images.iter().map(|&byte| u64::from(byte)).sum();
        let brightness = sum as f64 / self.images.len().max(1) as f64;
        let noise = noise_images(NoiseKind::Delta, self.shape, NOISE, brightness, self.seed);
        let fooling = |start: &str, images: Vec<u8>| -> Result<Fooling, BackendError> {
            let mut least = Vec::new();
            for class in 0..classes {
                least.extend(self.least(victim, &images, class, confident.max(1e-3))?);
            }
            Ok(Fooling::new(victim, start, least))
        };
        Ok([
            fooling("blank", vec![0; self.pixels()])?,
            fooling("noise", noise)?,
        ])
    }

    /// For each image the smallest strength at which it is taken for a class with such a lead, by most draws; infinite where
    /// none does.
    fn least(
        &self,
        victim: &Victim,
        images: &[u8],
        class: usize,
        confident: f32,
    ) -> Result<Vec<f32>, BackendError> {
        let count = images.len() / self.pixels();
        let mut least = vec![f32::INFINITY; count];
        let view = View {
            softness: 1.0,
            averaged: true,
            of_spikes: false,
        };
        let source = victim.source(view, &self.images, self.pixels());
        for strength in LINF.into_iter().rev() {
            let ascend = Ascend {
                ball: Ball {
                    norm: Norm::Linf,
                    strength,
                },
                aim: Aim::Class(class),
                steps: self.steps(),
                anywhere: true,
                stream: (1 << 20) + class as u64,
            };
            let made = ascend.run(&source, images, &vec![class; count], self.seed);
            let draws = victim.draws_of(TESTING);
            let (all, mut taken) = (draws.len(), vec![0; count]);
            for draw in draws {
                for (taken, reply) in taken.iter_mut().zip(self.replies(victim, &made, draw)?) {
                    *taken += usize::from(!reply.silent && reply.lead(class) >= confident);
                }
            }
            for (least, taken) in least.iter_mut().zip(taken) {
                if 2 * taken > all {
                    *least = strength;
                }
            }
        }
        Ok(least)
    }
}

impl Fooling {
    fn new(victim: &Victim, start: &str, mut least: Vec<f32>) -> Self {
        least.sort_by(f32::total_cmp);
        let median = least.get(least.len() / 2).copied();
        let taken = least.iter().filter(|strength| strength.is_finite()).count();
        Self {
            victim: victim.name().into(),
            start: start.into(),
            median_strength: median.filter(|strength| strength.is_finite()),
            taken_fraction: taken as f64 / least.len().max(1) as f64,
        }
    }
}
