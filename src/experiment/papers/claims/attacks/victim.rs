//! Networks that are attacked.

use super::source::{Rates, SOFTNESS, Source, View, distances};
use crate::backend::{Backend, BackendError, Frozen, TestImages};
use crate::backprop::{Ascent, Learner, scaled};
use crate::experiment::papers::claims::Kind;
use crate::experiment::prepare::pixels_as_shown;
use crate::experiment::train::zero_fraction;
use crate::model::rng::Stream;
use crate::trained::Replica;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Images that a network which backpropagation has trained answers at once.
const AT_ONCE: usize = 100;

/// A network with frozen weights.
pub enum Victim {
    Local {
        name: &'static str,
        /// What was chosen for it on validation images, if anything.
        setting: String,
        replica: Box<Replica>,
    },
    Backprop {
        name: String,
        learner: Learner,
    },
}

/// What a network says to an image.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// Of each class: spikes of its group, or its score.
    pub scores: Vec<f32>,
    /// Whether no neuron fired.
    pub silent: bool,
}

/// How replies are counted. A reply with several classes ahead is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Right,
    Wrong,
    Silent,
}

/// So many of each outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcomes {
    pub right: usize,
    pub wrong: usize,
    pub silent: usize,
}

impl Outcomes {
    pub fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Right => self.right += 1,
            Outcome::Wrong => self.wrong += 1,
            Outcome::Silent => self.silent += 1,
        }
    }

    pub fn all(&self) -> usize {
        self.right + self.wrong + self.silent
    }

    /// Shares that are right, wrong and silent.
    pub fn shares(&self) -> [f64; 3] {
        let all = self.all().max(1) as f64;
        [self.right, self.wrong, self.silent].map(|count| count as f64 / all)
    }
}

impl Reply {
    /// How far a class is ahead of the best other one.
    pub fn lead(&self, class: usize) -> f32 {
        let others = self.scores.iter().enumerate();
        let others = others.filter(|(other, _)| *other != class);
        let best = others.fold(f32::MIN, |best, (_, &score)| best.max(score));
        self.scores[class] - best
    }

    pub fn outcome(&self, label: usize) -> Outcome {
        match self.silent {
            true => Outcome::Silent,
            false if self.lead(label) > 0.0 => Outcome::Right,
            false => Outcome::Wrong,
        }
    }
}

impl Victim {
    pub fn name(&self) -> &str {
        match self {
            Self::Local { name, .. } => name,
            Self::Backprop { name, .. } => name,
        }
    }

    /// How it has learned.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Local { .. } => Kind::Pixels,
            Self::Backprop { .. } => Kind::Backprop,
        }
    }

    /// What was chosen for it on validation images; empty where nothing was.
    pub fn setting(&self) -> &str {
        match self {
            Self::Local { setting, .. } => setting,
            Self::Backprop { .. } => "",
        }
    }

    /// Whether an image may evoke another answer when it is shown again.
    pub fn draws(&self) -> bool {
        matches!(self, Self::Local { .. })
    }

    /// So many draws of the input spikes, or one where there are none.
    pub fn draws_of(&self, draws: Range<u32>) -> Range<u32> {
        if self.draws() { draws } else { 0..1 }
    }

    /// Whether it can be silent.
    pub fn spikes(&self) -> bool {
        match self {
            Self::Local { .. } => true,
            Self::Backprop { learner, .. } => learner.spikes(),
        }
    }

    /// Share of its weights that are not 0.
    pub fn connectivity(&self) -> f64 {
        match self {
            Self::Local { replica, .. } => {
                1.0 - zero_fraction(&replica.network.params, &replica.weights)
            }
            Self::Backprop { learner, .. } => {
                let (present, all) = learner.synapses();
                present as f64 / all as f64
            }
        }
    }

    /// What an attacker knows of it.
    pub fn source(&self, view: View, images: &[u8], pixels: usize) -> Source {
        match self {
            Self::Local { replica, .. } => {
                Source::Rates(Rates::new(replica, view, scaled(images, pixels).view()))
            }
            Self::Backprop { learner, .. } => {
                let slope = SOFTNESS / view.softness;
                Source::Stages(Ascent::new(learner, (slope, view.of_spikes)))
            }
        }
    }

    /// How far images, at least one, are from another class, were all linear; none where nothing like it is.
    pub fn distances(&self, images: &[u8], labels: &[usize]) -> Option<Vec<f32>> {
        let pixels = images.len() / labels.len();
        match self {
            Self::Local { replica, .. } => {
                let view = View {
                    softness: 1.0,
                    averaged: false,
                    of_spikes: false,
                };
                let scaled = scaled(images, pixels);
                let rates = Rates::new(replica, view, scaled.view());
                Some(rates.distances(scaled.view(), labels))
            }
            Self::Backprop { learner, .. } => {
                let weights = learner.only_weights()?;
                let scores = learner.answers(images, pixels).scores;
                Some(distances(&scores, &weights.to_owned(), labels))
            }
        }
    }

    /// What it says to images, given one behind another; `draw` names the draws of input spikes. It answers on the threads of
    /// the backend or, where backpropagation has trained it, of the pool.
    ///
    /// # Errors
    /// When the backend fails.
    pub fn replies(
        &self,
        (backend, pool): (&dyn Backend, &rayon::ThreadPool),
        (images, pixels): (&[u8], usize),
        draw: u32,
    ) -> Result<Vec<Reply>, BackendError> {
        let count = images.len() / pixels;
        match self {
            Self::Local { replica, .. } => {
                let Replica {
                    network, weights, ..
                } = &**replica;
                let size = network.params.model.network.group_size();
                let shown = pixels_as_shown(&network.params.model.input, images);
                let places: Vec<u32> = (0..count as u32).collect();
                let keys: Vec<u32> = (places.iter())
                    .map(|&place| crc32fast::hash(&[draw, place].map(u32::to_le_bytes).concat()))
                    .collect();
                let shown = TestImages {
                    pixels: &shown,
                    images: &places,
                    keys: &keys,
                    stream: Stream::Artificial,
                    attempt: 0,
                };
                let found = backend.test(&[Frozen { network, weights }], shown)?;
                let counts = found.iter().flat_map(|counts| counts.images());
                Ok(counts.map(|counts| of_groups(counts, size)).collect())
            }
            Self::Backprop { learner, .. } => {
                let parts = images.par_chunks(AT_ONCE * pixels);
                let replies = parts.flat_map_iter(|part| of_learner(learner, part, pixels));
                Ok(pool.install(|| replies.collect()))
            }
        }
    }
}

fn of_groups(counts: &[u16], size: usize) -> Reply {
    let groups = counts.chunks_exact(size);
    Reply {
        scores: groups
            .map(|own| own.iter().map(|&count| f32::from(count)).sum())
            .collect(),
        silent: counts.iter().all(|&count| count == 0),
    }
}

fn of_learner(learner: &Learner, images: &[u8], pixels: usize) -> Vec<Reply> {
    let found = learner.answers(images, pixels);
    let rows = found.scores.outer_iter().enumerate();
    rows.map(|(place, scores)| Reply {
        scores: scores.to_vec(),
        silent: found.spikes.as_ref().is_some_and(|all| all[place] == 0),
    })
    .collect()
}
