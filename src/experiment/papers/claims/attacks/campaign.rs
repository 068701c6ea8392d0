//! All attacks on all networks, part after part.

use super::gradient::{Aim, Ascend};
use super::norm::{Ball, Norm, intensities};
use super::queries::{Query, Search, ask};
use super::rays::Rays;
use super::source::{SOFTNESS, View};
use super::square::Square;
use super::victim::{Outcome, Outcomes, Reply, Victim};
use super::{Attacks, Row};
use crate::backend::{Backend, BackendError};
use crate::dataset::ImageShape;
use crate::draws::generator;
use crate::experiment::ExperimentError;
use rand::rngs::ChaCha8Rng;
use rayon::prelude::*;

/// Largest changes of a pixel; at the last one nothing should be left.
pub const LINF: [f32; 7] = [0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5];
/// Lengths of a change.
pub const L2: [f32; 4] = [0.5, 1.0, 2.0, 3.0];
/// What attackers who know nothing are allowed.
pub const QUERIED: [(Norm, f32); 3] = [(Norm::Linf, 0.1), (Norm::Linf, 0.2), (Norm::L2, 2.0)];
/// Where it is looked whether more steps help.
pub const LONGER: (Norm, f32) = (Norm::Linf, 0.1);
/// Attacks of those who know nothing, of other draws, on each image.
const SEEDS: u64 = 3;
/// Draws of the input spikes by which the attacker chooses among images, and others by which the choice is tested.
const CHOOSING: std::ops::Range<u32> = 1..3;
pub const TESTING: std::ops::Range<u32> = 10..15;
/// First draw of queries.
const ASKING: u32 = 1 << 20;
/// Streams of the draws of the attackers, beside those of ascents.
const DRAWN: u64 = 1 << 38;
pub const UNIFORM: &str = "uniform noise";
pub const WHITE_BOX: &str = "projected gradient";
pub const WHITE_BOX_OF_QUERIED: &str = "projected gradient, images of the queries";
pub const LONGER_WHITE_BOX: &str = "projected gradient, twice the steps";
pub const TRANSFER: &str = "transfer";
pub const WORST: &str = "worst of these";
pub const SILENCE: &str = "for silence";
pub const SQUARE: &str = "square";
pub const DECISION: &str = "decision-based";

/// Ways to climb: how soft thresholds are, whether over draws, for what, from anywhere or from the image.
const ASCENTS: [(f32, bool, Aim, bool); 5] = [
    (SOFTNESS, false, Aim::Margin, false),
    (0.1, true, Aim::Margin, true),
    (1.0, false, Aim::Margin, true),
    (SOFTNESS, true, Aim::CrossEntropy, true),
    (1.0, true, Aim::CrossEntropy, true),
];
/// Of which images are carried over to other networks.
const CARRIED: [usize; 2] = [0, 3];

/// Networks under attack, and the images: such as all of them recognise.
pub struct Campaign<'a> {
    pub backend: &'a dyn Backend,
    pub pool: &'a rayon::ThreadPool,
    pub victims: &'a [Victim],
    pub images: Vec<u8>,
    pub labels: Vec<usize>,
    pub shape: ImageShape,
    /// The first of them are attacked by queries, so many each; gradients take a tenth as many steps.
    pub queried: usize,
    pub queries: usize,
    pub seed: u64,
}

/// Is asked whether to go on.
pub type Alive<'a> = &'a mut dyn FnMut() -> Result<(), ExperimentError>;

/// Images made of the attacked ones, and how well they fool a network: right answers, then leads of the own class.
struct Made {
    bytes: Vec<u8>,
    right: Vec<(usize, f32)>,
}

impl Campaign<'_> {
    /// Parts that the whole is made of.
    pub fn parts(&self) -> usize {
        balls().len() + self.victims.len() + 1
    }

    /// Runs one of them; asks `alive` time and again.
    ///
    /// # Errors
    /// When the backend or `alive` fails.
    pub fn part(
        &self,
        part: usize,
        found: &mut Attacks,
        alive: Alive<'_>,
    ) -> Result<(), ExperimentError> {
        let balls = balls();
        match (balls.get(part), part.checked_sub(balls.len())) {
            (Some(&ball), _) => self.by_gradients((ball, part as u64), found, alive),
            (None, Some(victim)) if victim < self.victims.len() => {
                self.by_queries(&self.victims[victim], found, alive)
            }
            _ => self.last(found, alive),
        }
    }

    pub fn pixels(&self) -> usize {
        self.shape.len()
    }

    pub fn steps(&self) -> usize {
        (self.queries / 10).max(1)
    }

    fn drawn(&self, stream: u64) -> ChaCha8Rng {
        generator(self.seed, DRAWN + stream)
    }

    /// What becomes of all images in each of these ascents on a network.
    fn ascend(&self, victim: &Victim, (ball, part): (Ball, u64), steps: usize) -> Vec<Vec<u8>> {
        let of_ascent = |ascent: usize| {
            let (softness, averaged, aim, anywhere) = ASCENTS[ascent];
            let view = View {
                softness,
                averaged,
                of_spikes: false,
            };
            let ascend = Ascend {
                ball,
                aim,
                steps,
                anywhere,
                stream: part * 64 + ascent as u64,
            };
            self.run(victim, view, ascend)
        };
        self.pool
            .install(|| (0..ASCENTS.len()).into_par_iter().map(of_ascent).collect())
    }

    fn run(&self, victim: &Victim, view: View, ascend: Ascend) -> Vec<u8> {
        let source = victim.source(view, &self.images, self.pixels());
        ascend.run(&source, &self.images, &self.labels, self.seed)
    }

    pub fn replies(
        &self,
        victim: &Victim,
        images: &[u8],
        draw: u32,
    ) -> Result<Vec<Reply>, BackendError> {
        let on = (self.backend, self.pool);
        victim.replies(on, (images, self.pixels()), draw)
    }

    /// Outcomes of images, each shown with several draws of the input spikes where a network draws them; of the first of them
    /// alone too.
    fn test(&self, victim: &Victim, images: &[u8]) -> Result<[Outcomes; 2], BackendError> {
        let draws = victim.draws_of(TESTING);
        let mut found = [Outcomes::default(); 2];
        for draw in draws {
            let replies = self.replies(victim, images, draw)?;
            for (place, (reply, &label)) in replies.iter().zip(&self.labels).enumerate() {
                let outcome = reply.outcome(label);
                found[0].add(outcome);
                if place < self.queried {
                    found[1].add(outcome);
                }
            }
        }
        Ok(found)
    }

    /// How well images fool a network, as its attacker sees it.
    fn tried(&self, victim: &Victim, bytes: Vec<u8>) -> Result<Made, BackendError> {
        let draws = victim.draws_of(CHOOSING);
        let mut right = vec![(0, 0.0); self.labels.len()];
        for draw in draws {
            let replies = self.replies(victim, &bytes, draw)?;
            for ((own, reply), &label) in right.iter_mut().zip(&replies).zip(&self.labels) {
                own.0 += usize::from(reply.outcome(label) != Outcome::Wrong);
                own.1 += reply.lead(label);
            }
        }
        Ok(Made { bytes, right })
    }

    /// For each image the one of these that fools best.
    fn worst<'m>(&self, made: impl Iterator<Item = &'m Made> + Clone) -> Vec<u8> {
        let pixels = self.pixels();
        let of_image = |image: usize| {
            let best = made.clone().min_by(|a, b| {
                let (a, b) = (a.right[image], b.right[image]);
                a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
            });
            let bytes = best.map_or(&self.images, |made| &made.bytes);
            &bytes[image * pixels..][..pixels]
        };
        (0..self.labels.len()).flat_map(of_image).copied().collect()
    }

    /// Gradients, what is carried over between networks, and noise as strong, in one ball.
    fn by_gradients(
        &self,
        (ball, part): (Ball, u64),
        found: &mut Attacks,
        alive: Alive<'_>,
    ) -> Result<(), ExperimentError> {
        let mut climbed = Vec::new();
        for victim in self.victims {
            alive()?;
            climbed.push(self.ascend(victim, (ball, part), self.steps()));
        }
        let mut rng = self.drawn(part);
        let noise: Vec<u8> = self
            .each(|original| ball.bytes(&ball.draw(&intensities(original), &mut rng), original));
        for (at, victim) in self.victims.iter().enumerate() {
            alive()?;
            let mut add = |attack: &str, outcomes: Outcomes| {
                found.rows.push(Row::new(victim, attack, ball, outcomes));
            };
            let uniform = self.tried(victim, noise.clone())?;
            let own = climbed[at].iter();
            let own: Result<Vec<Made>, _> =
                own.map(|bytes| self.tried(victim, bytes.clone())).collect();
            let (own, mut carried) = (own?, Vec::new());
            for (other, climbed) in climbed.iter().enumerate().filter(|(other, _)| *other != at) {
                let mut of_other = Vec::new();
                for ascent in CARRIED {
                    of_other.push(self.tried(victim, climbed[ascent].clone())?);
                }
                let outcomes = self.test(victim, &self.worst(of_other.iter()))?[0];
                add(
                    &format!("{TRANSFER} from {}", self.victims[other].name()),
                    outcomes,
                );
                carried.append(&mut of_other);
            }
            let white_box = self.test(victim, &self.worst(own.iter()))?;
            add(UNIFORM, self.test(victim, &uniform.bytes)?[0]);
            add(WHITE_BOX, white_box[0]);
            add(WHITE_BOX_OF_QUERIED, white_box[1]);
            add(TRANSFER, self.test(victim, &self.worst(carried.iter()))?[0]);
            let worst = self.worst(own.iter().chain(&carried).chain([&uniform]));
            add(WORST, self.test(victim, &worst)?[0]);
            if victim.spikes() {
                let view = View {
                    softness: SOFTNESS,
                    averaged: true,
                    of_spikes: true,
                };
                let ascend = Ascend {
                    ball,
                    aim: Aim::Silence,
                    steps: self.steps(),
                    anywhere: false,
                    stream: part * 64 + ASCENTS.len() as u64,
                };
                let silenced = self.pool.install(|| self.run(victim, view, ascend));
                add(SILENCE, self.test(victim, &silenced)?[0]);
            }
        }
        Ok(())
    }

    /// Something made of each image.
    fn each(&self, make: impl FnMut(&[u8]) -> Vec<u8>) -> Vec<u8> {
        self.images
            .chunks_exact(self.pixels())
            .flat_map(make)
            .collect()
    }

    /// Attacks by those who see scores, and the class alone.
    fn by_queries(
        &self,
        victim: &Victim,
        found: &mut Attacks,
        alive: Alive<'_>,
    ) -> Result<(), ExperimentError> {
        for attack in [SQUARE, DECISION] {
            let mut searches = self.searches(attack);
            ask(&mut searches, self.queries, |images, query| {
                alive()?;
                Ok(self.replies(victim, images, ASKING + query)?)
            })?;
            let of_setting = searches.chunks(SEEDS as usize * self.queried.max(1));
            for ((norm, strength), searches) in QUERIED.into_iter().zip(of_setting) {
                let images: Vec<u8> = searches.iter().flat_map(Search::image).collect();
                let mut outcomes = Outcomes::default();
                for draw in victim.draws_of(TESTING) {
                    let replies = self.replies(victim, &images, draw)?;
                    let replies = replies.iter().zip(searches);
                    replies.for_each(|(reply, own)| outcomes.add(reply.outcome(own.label)));
                }
                let ball = Ball { norm, strength };
                found.rows.push(Row::new(victim, attack, ball, outcomes));
            }
        }
        Ok(())
    }

    /// An attack on each image that is queried, with each setting and other draws.
    fn searches(&self, attack: &str) -> Vec<Search> {
        let shape = [self.shape.height, self.shape.width];
        let mut searches = Vec::new();
        for (setting, (norm, strength)) in QUERIED.into_iter().enumerate() {
            for seed in 0..SEEDS {
                let images = self.images.chunks_exact(self.pixels()).zip(&self.labels);
                for (place, (image, &label)) in images.take(self.queried).enumerate() {
                    let ball = Ball { norm, strength };
                    let stream = ((setting as u64 * SEEDS + seed) << 20) + place as u64;
                    let rng = self.drawn((1 << 30) + stream);
                    let query = match attack {
                        SQUARE => {
                            let square = Square::new(ball, (image, shape), self.queries, rng);
                            Query::Square(Box::new(square))
                        }
                        _ => Query::Rays(Box::new(Rays::new(ball, image, rng))),
                    };
                    searches.push(Search::new(query, label));
                }
            }
        }
        searches
    }

    /// More steps, images that are nothing, distances.
    fn last(&self, found: &mut Attacks, alive: Alive<'_>) -> Result<(), ExperimentError> {
        let (norm, strength) = LONGER;
        let ball = Ball { norm, strength };
        for victim in self.victims {
            alive()?;
            let climbed = self.ascend(victim, (ball, 1 << 10), 2 * self.steps());
            let made: Result<Vec<Made>, _> = climbed
                .into_iter()
                .map(|bytes| self.tried(victim, bytes))
                .collect();
            let outcomes = self.test(victim, &self.worst(made?.iter()))?[0];
            found
                .rows
                .push(Row::new(victim, LONGER_WHITE_BOX, ball, outcomes));
            found.fooling.extend(self.fooled(victim)?);
        }
        Ok(())
    }
}

/// What gradients are allowed.
fn balls() -> Vec<Ball> {
    let linf = LINF.map(|strength| (Norm::Linf, strength));
    let l2 = L2.map(|strength| (Norm::L2, strength));
    let all = linf.into_iter().chain(l2);
    all.map(|(norm, strength)| Ball { norm, strength })
        .collect()
}
