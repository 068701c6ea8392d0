//! Training: the images of every replica in its own order, with metrics on the way.

use super::evaluate::{Voters, evaluate};
use super::labelling::label;
use super::prepare::{as_shown, read_out};
use super::selection::{self, Schedule};
use super::{Event, ExperimentError, Observer};
use crate::backend::{Backend, BackendError, Frozen, Session};
use crate::dataset::LabelledImages;
use crate::labels::Labels;
use crate::model::rng::Stream;
use crate::network::{Network, NetworkError};
use crate::params::{MetricsEvery, Params, Vote};
use crate::trained::{Metrics, Trained};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Most images of one call of the backend, and about how long a call may take.
const IMAGES_PER_CALL: usize = 50;
const SECONDS_PER_CALL: f64 = 0.25;

/// When a training is saved on its way, and how it can be stopped. Neither changes a result.
#[derive(Clone, Copy, Debug)]
pub struct Saving<'a> {
    pub every: Every,
    /// Once true, the training is saved and ends after the images in hand.
    pub stop: &'a AtomicBool,
}

/// How often.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Every {
    Never,
    Images(usize),
    Seconds(f64),
}

impl Saving<'static> {
    /// For a training that nobody saves or stops.
    pub const NONE: Self = {
        static RUNNING: AtomicBool = AtomicBool::new(false);
        Self {
            every: Every::Never,
            stop: &RUNNING,
        }
    };
}

/// The share of weights below `zero_below * gmax`.
pub fn zero_fraction(params: &Params, weights: &[f32]) -> f64 {
    let limit = (params.model.pruning.zero_below * params.model.learning.gmax) as f32;
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
    train_networks(backend, images, untrained(params)?, Saving::NONE, observer)
}

/// All replicas of a job before their training.
///
/// # Errors
/// When the parameters make no sense.
pub fn untrained(params: &Params) -> Result<Trained, NetworkError> {
    let replicas = 0..params.job.replicas;
    let networks: Result<Vec<_>, _> = replicas.map(|r| Network::new(params, r)).collect();
    Ok(networks?.into())
}

/// Trains networks side by side, each on the images of its own classes from the training file, from where they are.
/// They may differ in all but the number of neurons and presentations, the times and the input.
///
/// # Errors
/// When parameters make no sense or do not go together, the data are too few, the backend or the observer fails, or
/// the training was stopped.
pub fn train_networks(
    backend: &dyn Backend,
    images: &LabelledImages,
    begun: Trained,
    saving: Saving<'_>,
    observer: &mut Observer<'_>,
) -> Result<Trained, ExperimentError> {
    let start = Instant::now();
    let Some(first) = begun.networks.first().cloned() else {
        return Ok(begun);
    };
    let (total, mut done) = (first.params.presentations(), first.state.presented as usize);
    check_together(&begun.networks)?;
    let images = &*as_shown(&first.params.model.input, images);
    let mut schedules = schedules(images, &begun.networks)?;
    let mut run = Run {
        begun: done,
        session: backend.start(begun.networks)?,
        metrics: begun.metrics,
        labels: begun.labels,
        start,
    };
    let every = first.params.job.metrics_every;
    let (mut per_call, mut saved) = (1, Instant::now());
    while done < total {
        let next = next_stop(done, total, every, saving.every).min(done + per_call);
        let plan: Vec<_> = schedules
            .iter_mut()
            .map(|schedule| schedule.presentations(done..next))
            .collect();
        let call = Instant::now();
        run.session.train(images.pixels(), &plan)?;
        per_call = images_per_call(next - done, call.elapsed().as_secs_f64());
        done = next;
        observer(Event::Trained {
            images: done,
            of: total,
        })
        .map_err(ExperimentError::Observer)?;
        if done == total || is_due(every, done) {
            run.measure(backend, images, observer)?;
        }
        let stop = done < total && saving.stop.load(Ordering::Relaxed);
        if stop || saving.every.is_due(done, total, saved) {
            observer(Event::Save(run.trained()?)).map_err(ExperimentError::Observer)?;
            saved = Instant::now();
        }
        if stop {
            return Err(ExperimentError::Stopped {
                images: done,
                of: total,
            });
        }
    }
    run.trained()
}

/// Networks of one training must have seen as many images and have as many before them.
fn check_together(networks: &[Network]) -> Result<(), BackendError> {
    let shape = |network: &Network| {
        let job = &network.params.job;
        let presentations = network.params.presentations();
        let seen = network.state.presented;
        let images = match network.params.model.network.vote {
            Vote::Groups { .. } => 0,
            Vote::Labels { images, .. } => images,
        };
        (presentations, seen, images, job.metrics_every)
    };
    let together = |a: &Network, b: &Network| {
        shape(a) == shape(b) && a.params.model.input == b.params.model.input
    };
    match networks
        .iter()
        .all(|network| together(network, &networks[0]))
    {
        true => Ok(()),
        false => Err(BackendError::Mixed),
    }
}

/// What each network is shown.
fn schedules(
    images: &LabelledImages,
    networks: &[Network],
) -> Result<Vec<Schedule>, ExperimentError> {
    let schedule = |network: &Network| {
        let (seed, shift_max) = (network.seed, network.params.job.shift_max);
        let training = selection::training(images, &network.params)?;
        Ok(Schedule::new(training, seed, shift_max))
    };
    networks.iter().map(schedule).collect()
}

impl Every {
    /// Whether to save after `done` of `total` images; at the end in any case.
    fn is_due(self, done: usize, total: usize, saved: Instant) -> bool {
        match self {
            Self::Never => false,
            _ if done == total => true,
            Self::Images(every) => done.is_multiple_of(every.max(1)),
            Self::Seconds(seconds) => saved.elapsed().as_secs_f64() >= seconds,
        }
    }
}

/// Whether metrics are due after `done` images, before the end.
fn is_due(every: MetricsEvery, done: usize) -> bool {
    match every {
        MetricsEvery::End => false,
        MetricsEvery::Images(every) => done.is_multiple_of(every),
    }
}

/// The end of the next call at the latest: where metrics are due or the training is to be saved.
fn next_stop(done: usize, total: usize, metrics: MetricsEvery, saving: Every) -> usize {
    let after = |every: usize| match every {
        0 => total,
        every => (done / every + 1) * every,
    };
    let measured = match metrics {
        MetricsEvery::End => total,
        MetricsEvery::Images(every) => after(every),
    };
    let saved = match saving {
        Every::Images(every) => after(every),
        Every::Never | Every::Seconds(_) => total,
    };
    total.min(measured).min(saved)
}

/// Images of the next call, judged by the last one: progress is told and the training can be stopped between calls.
fn images_per_call(images: usize, seconds: f64) -> usize {
    let in_time = SECONDS_PER_CALL * images as f64 / seconds.max(1e-9);
    (in_time as usize).clamp(1, IMAGES_PER_CALL)
}

/// A training under way.
struct Run<'a> {
    session: Box<dyn Session + 'a>,
    metrics: Vec<Vec<Metrics>>,
    /// The labels of the neurons when metrics were last measured, as they are at the end in any case.
    labels: Vec<Labels>,
    /// Images that each network had seen before.
    begun: usize,
    start: Instant,
}

impl Run<'_> {
    /// A copy of the networks as they are.
    fn trained(&mut self) -> Result<Trained, ExperimentError> {
        let networks = self.session.snapshot()?;
        let shown = networks
            .first()
            .map_or(0, |network| network.state.presented) as usize;
        Ok(Trained {
            weights: read_out(self.session.as_mut(), &networks)?,
            metrics: self.metrics.clone(),
            labels: match networks.iter().all(Network::is_trained) {
                true => self.labels.clone(),
                false => Vec::new(),
            },
            networks,
            seconds: self.start.elapsed().as_secs_f64(),
            images: shown - self.begun,
        })
    }

    /// Metrics of every network, from a copy of its weights.
    fn measure(
        &mut self,
        backend: &dyn Backend,
        images: &LabelledImages,
        observer: &mut Observer<'_>,
    ) -> Result<(), ExperimentError> {
        let networks = self.session.snapshot()?;
        let weights = read_out(self.session.as_mut(), &networks)?;
        let lanes = frozen(&networks, &weights);
        self.labels = label(backend, &lanes, images)?;
        let voters = Voters::new(&self.labels);
        let mut rows = Vec::with_capacity(lanes.len());
        // Networks with the same validation images are shown them side by side.
        let same = |a: &Frozen<'_>, b: &Frozen<'_>| {
            selection::same_validation(&a.network.params, &b.network.params)
        };
        for lanes in lanes.chunk_by(same) {
            let shown = selection::validation(images, &lanes[0].network.params)?;
            let silent: &mut Observer<'_> = &mut |_| Ok(());
            let (stream, voters) = (
                Stream::Validation,
                voters.of(rows.len()..rows.len() + lanes.len()),
            );
            let evaluations = evaluate(backend, lanes, voters, images, &shown, stream, silent)?;
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
        for (metrics, row) in self.metrics.iter_mut().zip(&rows) {
            metrics.push(row.clone());
        }
        observer(Event::Measured(&rows)).map_err(ExperimentError::Observer)
    }
}
