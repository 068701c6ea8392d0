//! Training: the images of every replica in its own order, with metrics on the way.

use super::evaluate::evaluate;
use super::prepare::{as_shown, read_out};
use super::selection::{self, Schedule};
use super::{Event, ExperimentError, Observer};
use crate::backend::{Backend, BackendError, Frozen, Session};
use crate::dataset::LabelledImages;
use crate::model::rng::Stream;
use crate::network::Network;
use crate::params::Params;
use serde::Serialize;
use std::time::Instant;

/// Images between two tellings of progress.
const IMAGES_PER_CALL: usize = 50;

/// One row of the metrics: one network after so many images.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Metrics {
    pub replica: usize,
    pub seed: u64,
    /// Training images seen.
    pub images: usize,
    /// E spikes of the training so far.
    pub spikes: u64,
    /// Accuracy on the validation images; none without such images.
    pub validation_accuracy: Option<f64>,
    /// Share of weights that count as zero, as a read-out sees them now.
    pub zero_fraction: f64,
}

/// Networks at the end of their training.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trained {
    pub networks: Vec<Network>,
    /// For each network its weights as read out; shape \[inputs, N\].
    pub weights: Vec<Vec<f32>>,
    /// Wall-clock time, metrics included, all networks together.
    pub seconds: f64,
}

/// The share of weights below `zero_below * gmax`.
pub fn zero_fraction(params: &Params, weights: &[f32]) -> f64 {
    let limit = (params.pruning.zero_below * params.learning.gmax) as f32;
    weights.iter().filter(|w| w.abs() < limit).count() as f64 / weights.len() as f64
}

/// Networks with their weights as read out, ready for a test.
pub fn frozen<'a>(networks: &'a [Network], weights: &'a [Vec<f32>]) -> Vec<Frozen<'a>> {
    networks
        .iter()
        .zip(weights)
        .map(|(network, weights)| Frozen { network, weights })
        .collect()
}

/// Trains all replicas of a job.
///
/// # Errors
/// As [`train_networks`].
pub fn train(
    backend: &dyn Backend,
    images: &LabelledImages,
    params: &Params,
    observer: &mut Observer<'_>,
) -> Result<Trained, ExperimentError> {
    let networks = (0..params.job.replicas)
        .map(|r| Network::new(params, r))
        .collect::<Result<Vec<_>, _>>()?;
    train_networks(backend, images, networks, observer)
}

/// Trains networks side by side, each on the images of its own classes from the training file. They may differ
/// in all but the number of neurons and presentations, the times and the input.
///
/// # Errors
/// When parameters make no sense or do not go together, the data are too few, or the backend or the observer
/// fails.
pub fn train_networks(
    backend: &dyn Backend,
    images: &LabelledImages,
    networks: Vec<Network>,
    observer: &mut Observer<'_>,
) -> Result<Trained, ExperimentError> {
    let start = Instant::now();
    let Some(first) = networks.first().map(|network| network.params.clone()) else {
        return Ok(Trained::default());
    };
    let total = first.presentations();
    if networks.iter().any(|network| {
        network.params.presentations() != total || network.params.input != first.input
    }) {
        return Err(BackendError::Mixed.into());
    }
    let images = &*as_shown(&first.input, images);
    let mut schedules = networks
        .iter()
        .map(|network| {
            let (seed, shift_max) = (network.seed, network.params.job.shift_max);
            let training = selection::training(images, &network.params)?;
            Ok(Schedule::new(training, seed, shift_max))
        })
        .collect::<Result<Vec<_>, ExperimentError>>()?;
    let mut session = backend.start(networks)?;
    let every = first.job.metrics_every;
    let mut done = 0;
    while done < total {
        let next = next_stop(done, total, every);
        let plan: Vec<_> = schedules
            .iter_mut()
            .map(|schedule| schedule.presentations(done..next))
            .collect();
        session.train(images.pixels(), &plan)?;
        done = next;
        observer(Event::Trained {
            images: done,
            of: total,
        })
        .map_err(ExperimentError::Observer)?;
        if done == total || every > 0 && done.is_multiple_of(every) {
            measure(backend, session.as_mut(), images, observer)?;
        }
    }
    let networks = session.snapshot()?;
    Ok(Trained {
        weights: read_out(session.as_mut(), &networks)?,
        networks,
        seconds: start.elapsed().as_secs_f64(),
    })
}

/// The end of the next call: a few images on, at the latest where metrics are due.
fn next_stop(done: usize, total: usize, metrics_every: usize) -> usize {
    let due = match metrics_every {
        0 => total,
        every => (done / every + 1) * every,
    };
    total.min(due).min(done + IMAGES_PER_CALL)
}

/// Metrics of every network, from a copy of its weights.
fn measure(
    backend: &dyn Backend,
    session: &mut dyn Session,
    images: &LabelledImages,
    observer: &mut Observer<'_>,
) -> Result<(), ExperimentError> {
    let networks = session.snapshot()?;
    let weights = read_out(session, &networks)?;
    let lanes = frozen(&networks, &weights);
    let mut rows = Vec::with_capacity(lanes.len());
    // Networks of the same classes are shown the same images.
    let same = |a: &Frozen<'_>, b: &Frozen<'_>| {
        a.network.params.job.classes == b.network.params.job.classes
    };
    for lanes in lanes.chunk_by(same) {
        let shown = selection::validation(images, &lanes[0].network.params)?;
        let silent: &mut Observer<'_> = &mut |_| Ok(());
        let evaluations = evaluate(backend, lanes, images, &shown, Stream::Validation, silent)?;
        for (lane, evaluation) in lanes.iter().zip(evaluations) {
            rows.push(Metrics {
                replica: rows.len(),
                seed: lane.network.seed,
                images: lane.network.state.presented as usize,
                spikes: lane.network.state.spikes_e,
                validation_accuracy: (evaluation.images > 0).then_some(evaluation.accuracy),
                zero_fraction: zero_fraction(&lane.network.params, lane.weights),
            });
        }
    }
    observer(Event::Measured(&rows)).map_err(ExperimentError::Observer)
}
