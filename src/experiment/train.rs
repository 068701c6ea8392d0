//! Training: the images of every replica in its own order, with metrics on the way.

use super::evaluate::{Evaluation, evaluate};
use super::selection::{self, ClassImages};
use super::{Event, ExperimentError, Observer};
use crate::backend::{Backend, Frozen, Session};
use crate::dataset::Dataset;
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
#[derive(Clone, Debug, PartialEq)]
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
/// When parameters make no sense, the data are too few, or the backend or the observer fails.
pub fn train(
    backend: &dyn Backend,
    data: &Dataset,
    params: &Params,
    observer: &mut Observer<'_>,
) -> Result<Trained, ExperimentError> {
    params.validate()?;
    let start = Instant::now();
    let training = selection::training(&data.train, params)?;
    let validation = selection::validation(&data.train, params)?;
    let networks = (0..params.job.replicas)
        .map(|r| Network::new(params, r))
        .collect::<Result<Vec<_>, _>>()?;
    let seeds: Vec<u64> = networks.iter().map(|network| network.seed).collect();
    let mut session = backend.start(networks)?;
    let total = params.presentations();
    let mut done = 0;
    while done < total {
        let next = next_stop(done, total, params.job.metrics_every);
        let plan: Vec<_> = seeds
            .iter()
            .map(|&seed| selection::presentations(&training, seed, done..next))
            .collect();
        session.train(data.train.pixels(), &plan)?;
        done = next;
        observer(Event::Trained {
            images: done,
            of: total,
        })
        .map_err(ExperimentError::Observer)?;
        if done == total || params.job.metrics_every > 0 && done % params.job.metrics_every == 0 {
            measure(backend, session.as_mut(), data, &validation, observer)?;
        }
    }
    let weights = session.read_out()?;
    Ok(Trained {
        networks: session.snapshot()?,
        weights,
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
    data: &Dataset,
    validation: &[ClassImages],
    observer: &mut Observer<'_>,
) -> Result<(), ExperimentError> {
    let (weights, networks) = (session.read_out()?, session.snapshot()?);
    let lanes = frozen(&networks, &weights);
    let silent: &mut Observer<'_> = &mut |_| Ok(());
    let evaluations = evaluate(
        backend,
        &lanes,
        &data.train,
        validation,
        Stream::Validation,
        silent,
    )?;
    let row = |(replica, (lane, evaluation)): (usize, (&Frozen<'_>, Evaluation))| Metrics {
        replica,
        seed: lane.network.seed,
        images: lane.network.state.presented as usize,
        spikes: lane.network.state.spikes_e,
        validation_accuracy: (evaluation.images > 0).then_some(evaluation.accuracy),
        zero_fraction: zero_fraction(&lane.network.params, lane.weights),
    };
    let rows: Vec<Metrics> = lanes.iter().zip(evaluations).enumerate().map(row).collect();
    observer(Event::Measured(&rows)).map_err(ExperimentError::Observer)
}
