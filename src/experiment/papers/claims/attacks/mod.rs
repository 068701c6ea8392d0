//! Who is harder to fool: attacks on networks that have learned three digits, by a local rule with and without pruning, with
//! as few weights by other means, and by backpropagation.
//!
//! Attackers change an image within a ball: each pixel by so much (L-infinity), or all by a length (L2). Some know a
//! network, by its gradients or by those of a model of its rates; some carry images over from other networks; some see what it
//! says, scores or the class alone. Where a network draws input spikes its attacker chooses by draws of his own, and the
//! choice is tested with others.

mod arms;
mod campaign;
mod checks;
mod fooling;
mod gradient;
mod norm;
mod queries;
mod rays;
mod source;
mod square;
mod victim;

pub use arms::{local, of_backprop};
pub use campaign::{DECISION, LINF, SILENCE, SQUARE, TRANSFER, UNIFORM, WHITE_BOX, WORST};
pub use checks::Check;
pub use fooling::Fooling;
pub use norm::Norm;
pub use victim::{Outcomes, Victim};

use super::{Arm, ClaimsPlan, Kind};
use crate::backend::Backend;
use crate::dataset::Dataset;
use crate::experiment::{Event, ExperimentError, Observer};
use campaign::Campaign;
use norm::Ball;
use serde::{Deserialize, Serialize};
use victim::Outcome;

/// Of the attacked images so many more are there for each that is attacked by queries.
const OF_QUERIED: usize = 10;
/// Draw of the input spikes with which images are looked for that all networks recognise.
const CLEAN: u32 = 0;

/// What came of all attacks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Attacks {
    pub seed: u64,
    /// Images that were attacked: the first that all networks recognise; and those of them that were attacked by queries.
    pub images: usize,
    pub queried_images: usize,
    pub queries: usize,
    pub victims: Vec<Attacked>,
    pub rows: Vec<Row>,
    pub fooling: Vec<Fooling>,
    pub checks: Vec<Check>,
    /// Parts that were done.
    pub parts: usize,
}

/// A network that was attacked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attacked {
    pub kind: Kind,
    pub victim: String,
    /// What was chosen for it on validation images; empty where nothing was.
    pub setting: String,
    /// Of all test images of its classes.
    pub accuracy: f64,
    /// Share of its weights that are not 0.
    pub connectivity: f64,
    /// How far images are from another class in the largest change of a pixel, were the network linear; their mean.
    pub linear_distance: Option<f64>,
}

/// What one attack came to. Images with draws of input spikes count once for each draw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub victim: String,
    pub attack: String,
    pub norm: Norm,
    /// Relative to full intensity.
    pub strength: f32,
    #[serde(flatten)]
    pub outcomes: Outcomes,
}

impl Row {
    fn new(victim: &Victim, attack: &str, ball: Ball, outcomes: Outcomes) -> Self {
        Self {
            victim: victim.name().into(),
            attack: attack.into(),
            norm: ball.norm,
            strength: ball.strength,
            outcomes,
        }
    }
}

impl Attacks {
    /// What an attack on a network came to in a ball.
    pub fn of(&self, victim: &str, attack: &str, norm: Norm, strength: f32) -> Option<&Outcomes> {
        let found = self.rows.iter().find(|row| {
            row.victim == victim
                && row.attack == attack
                && row.norm == norm
                && row.strength == strength
        });
        found.map(|row| &row.outcomes)
    }
}

/// Attacks networks of one seed, from where `begun` left it; `save` takes what was found after each part.
///
/// # Errors
/// When the data have no images of the classes, or the backend, the observer or `save` fails.
pub fn attack(
    (backend, pool): (&dyn Backend, &rayon::ThreadPool),
    data: &Dataset,
    (plan, arm, victims): (&ClaimsPlan, &Arm, &[Victim]),
    begun: Option<Attacks>,
    save: &mut dyn FnMut(&Attacks) -> Result<(), ExperimentError>,
    observer: &mut Observer<'_>,
) -> Result<Attacks, ExperimentError> {
    let known = arms::images(data, arm)?;
    let shape = data.test.shape();
    let bytes: Vec<u8> = (known.iter())
        .flat_map(|&(image, _)| data.test.image(image as usize))
        .copied()
        .collect();
    let mut by_all = vec![true; known.len()];
    let mut attacked = Vec::new();
    for victim in victims {
        let replies = victim.replies((backend, pool), (&bytes, shape.len()), CLEAN)?;
        let mut right = 0;
        for ((by_all, reply), &(_, label)) in by_all.iter_mut().zip(&replies).zip(&known) {
            let is_right = reply.outcome(label) == Outcome::Right;
            right += usize::from(is_right);
            *by_all &= is_right;
        }
        attacked.push(Attacked {
            kind: victim.kind(),
            victim: victim.name().into(),
            setting: victim.setting().into(),
            accuracy: right as f64 / known.len().max(1) as f64,
            connectivity: victim.connectivity(),
            linear_distance: None,
        });
    }
    let chosen = known.iter().zip(&by_all).filter(|(_, by_all)| **by_all);
    let chosen: Vec<(u32, usize)> = chosen
        .map(|(image, _)| *image)
        .take(plan.attack_images)
        .collect();
    let campaign = Campaign {
        backend,
        pool,
        victims,
        images: (chosen.iter())
            .flat_map(|&(image, _)| data.test.image(image as usize))
            .copied()
            .collect(),
        labels: chosen.iter().map(|&(_, label)| label).collect(),
        shape,
        queried: chosen.len().div_ceil(OF_QUERIED),
        queries: plan.attack_queries,
        seed: plan.params.job.seed,
    };
    for (attacked, victim) in attacked.iter_mut().zip(victims) {
        if chosen.is_empty() {
            break;
        }
        let distances = victim.distances(&campaign.images, &campaign.labels);
        let mean = |all: Vec<f32>| f64::from(all.iter().sum::<f32>()) / all.len() as f64;
        attacked.linear_distance = distances.map(mean);
    }
    let mut found = begun.unwrap_or_default();
    found = Attacks {
        seed: plan.params.job.seed,
        images: chosen.len(),
        queried_images: campaign.queried,
        queries: plan.attack_queries,
        victims: attacked,
        ..found
    };
    let (parts, lanes) = (campaign.parts(), chosen.len() * victims.len());
    if chosen.is_empty() {
        found.parts = parts;
    }
    while found.parts < parts {
        let (part, of) = (found.parts, parts * lanes);
        campaign.part(part, &mut found, &mut || {
            let images = part * lanes;
            observer(Event::Tested { images, of }).map_err(ExperimentError::Observer)
        })?;
        found.parts += 1;
        if found.parts == parts {
            found.checks = checks::all(&found);
        }
        save(&found)?;
        let (images, of) = (found.parts * lanes, parts * lanes);
        observer(Event::Tested { images, of }).map_err(ExperimentError::Observer)?;
    }
    Ok(found)
}
