//! Training: the images of every replica in its own order, with metrics on the way.

use super::answers::{Listener, first_answers, images_per_call};
use super::evaluate::evaluate_unless;
use super::labelling::label;
use super::prepare::{ShownImages, read_out, some_as_shown};
use super::saving::{Every, Saving, passes};
use super::selection::{self, Schedule};
use super::test_sets::noise_as_shown;
use super::transfer::Origin;
use super::{Event, ExperimentError, Observer};
use crate::backend::{Backend, BackendError, Frozen, Session, TestImages};
use crate::dataset::{DatasetError, LabelledImages};
use crate::labels::Labels;
use crate::model::rng::Stream;
use crate::network::Network;
use crate::params::{Measure, MetricsEvery, Params};
use crate::trained::{Evoked, Metrics, Replica, Trained};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Most images of one call of the backend, or most batches where those are more.
const IMAGES_PER_CALL: usize = 50;
const BATCHES_PER_CALL: usize = 16;
/// Images of noise that are shown at each row of the metrics, where they are to be.
const NOISE_IMAGES: usize = 100;

/// The share of weights below `zero_below * gmax`.
pub fn zero_fraction(params: &Params, weights: &[f32]) -> f64 {
    let limit = (params.model.pruning.zero_below * params.model.gmax()) as f32;
    weights.iter().filter(|w| w.abs() < limit).count() as f64 / weights.len() as f64
}

/// Networks with their weights as read out, ready for a test.
pub fn frozen(replicas: &[Replica]) -> Vec<Frozen<'_>> {
    replicas
        .iter()
        .map(
            |Replica {
                 network, weights, ..
             }| Frozen { network, weights },
        )
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

/// All replicas of a job before their training: as their seeds draw them, or as they go on from the checkpoint that the
/// job names.
///
/// # Errors
/// When the parameters make no sense, or no training can go on from that checkpoint.
pub fn untrained(params: &Params) -> Result<Trained, ExperimentError> {
    if let Some(origin) = Origin::of(&params.job)? {
        return Ok(origin.networks(params)?);
    }
    let networks: Result<Vec<_>, _> = params.replicas().map(|r| Network::new(params, r)).collect();
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
    let Some(Replica { network, .. }) = begun.replicas.first() else {
        return Ok(begun);
    };
    let (params, mut done) = (network.params.clone(), network.state.presented as usize);
    let before = (begun.seconds, begun.images);
    let total = params.presentations();
    check_together(&begun.replicas, network)?;
    let mut schedules = schedules(images, &begun.replicas)?;
    let shown = some_as_shown(
        &params.model.input,
        images,
        needed(images, &begun.replicas)?,
    )?;
    let parts = begun.replicas.into_iter().map(|replica| {
        let Replica {
            metrics, labels, ..
        } = replica;
        (replica.network, Measured { metrics, labels })
    });
    let (networks, measured) = parts.unzip();
    let mut run = Run {
        begun: done,
        session: backend.start(networks)?,
        measured,
        before,
        start,
        ended: (done >= total).then_some(Duration::ZERO),
    };
    let every = params.job.metrics_every;
    if params.learns_in_batches() && done < total {
        let (batch, bytes) = (params.model.learning.batch, run.session.memory());
        observer(Event::Begun { batch, bytes }).map_err(ExperimentError::Observer)?;
    }
    let (mut per_call, mut saved, mut before) = (1, Instant::now(), done);
    loop {
        let mut stop = before < done && done < total && saving.stop.load(Ordering::Relaxed);
        if !stop && run.owes_metrics(every, done, total) {
            stop = run
                .measure(backend, &shown, saving.stop, observer)?
                .is_break();
            if done == total && !stop {
                run.ended = Some(start.elapsed());
            }
        }
        if stop || before < done && saving.every.is_due(before, done, total, saved) {
            observer(Event::Save(run.trained()?)).map_err(ExperimentError::Observer)?;
            saved = Instant::now();
        }
        if stop {
            return Err(ExperimentError::Stopped {
                images: done,
                of: total,
            });
        }
        if done >= total {
            return run.trained();
        }
        let wanted = next_stop(done, total, every, saving.every).min(done + per_call);
        let next = params.end_of_batch(done, wanted);
        let plan: Vec<_> = schedules
            .iter_mut()
            .map(|schedule| schedule.presentations(done..next))
            .collect();
        let call = Instant::now();
        let (pixels, plan) = shown.for_training(&plan);
        run.session.train(&pixels, &plan)?;
        let most = IMAGES_PER_CALL.max(BATCHES_PER_CALL * params.batch_images(done as u32));
        per_call = images_per_call(next - done, call.elapsed()).min(most);
        before = std::mem::replace(&mut done, next);
        observer(Event::Trained {
            images: done,
            of: total,
        })
        .map_err(ExperimentError::Observer)?;
    }
}

/// Checks that networks may be trained side by side, and have seen as many images.
fn check_together(replicas: &[Replica], first: &Network) -> Result<(), BackendError> {
    let common = first.params.side_by_side()?;
    for Replica { network, .. } in replicas {
        let same = network.params.side_by_side()? == common;
        if !same || network.state.presented != first.state.presented {
            return Err(BackendError::Mixed);
        }
    }
    Ok(())
}

/// What each network is shown.
fn schedules(
    images: &LabelledImages,
    replicas: &[Replica],
) -> Result<Vec<Schedule>, ExperimentError> {
    let schedule = |Replica { network, .. }: &Replica| {
        let (seed, shift_max) = (network.seed, network.params.job.shift_max);
        let training = selection::training(images, &network.params)?;
        Ok(Schedule::new(training, seed, shift_max))
    };
    replicas.iter().map(schedule).collect()
}

/// The images that networks are trained on and validated with.
fn needed(images: &LabelledImages, replicas: &[Replica]) -> Result<Vec<u32>, DatasetError> {
    let same =
        |a: &Replica, b: &Replica| selection::same_validation(&a.network.params, &b.network.params);
    let mut needed = Vec::new();
    for replicas in replicas.chunk_by(same) {
        let params = &replicas[0].network.params;
        let training = selection::training(images, params)?;
        let validation = selection::validation(images, params)?;
        needed.extend(training.into_iter().map(|showing| showing.image));
        needed.extend(selection::indices(&validation));
    }
    Ok(needed)
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

/// What was measured of a network.
struct Measured {
    metrics: Vec<Metrics>,
    /// The labels of its neurons when metrics were last measured, as they are at the end in any case.
    labels: Option<Labels>,
}

/// A training under way.
struct Run<'a> {
    session: Box<dyn Session + 'a>,
    /// For each network of the session.
    measured: Vec<Measured>,
    /// Images that each network had seen before.
    begun: usize,
    /// Seconds and images of the training before.
    before: (f64, usize),
    start: Instant,
    /// How long it took, once it has ended.
    ended: Option<Duration>,
}

impl Run<'_> {
    /// A copy of the networks as they are.
    fn trained(&mut self) -> Result<Trained, ExperimentError> {
        let mut replicas = read_out(self.session.as_mut())?;
        for (replica, measured) in replicas.iter_mut().zip(&self.measured) {
            replica.metrics.clone_from(&measured.metrics);
            if replica.network.is_trained() {
                replica.labels.clone_from(&measured.labels);
            }
        }
        let shown = (replicas.first()).map_or(0, |replica| replica.network.state.presented);
        let (seconds, images) = self.before;
        let since = self.ended.unwrap_or_else(|| self.start.elapsed());
        Ok(Trained {
            replicas,
            seconds: seconds + since.as_secs_f64(),
            images: images + shown as usize - self.begun,
        })
    }

    /// Whether metrics were due after `done` images, or since the last row of them.
    fn owes_metrics(&self, every: MetricsEvery, done: usize, total: usize) -> bool {
        let last = self.measured.first().and_then(|of| of.metrics.last());
        let last = last.map_or(0, |row| row.images);
        match every {
            _ if done >= total => last < done,
            MetricsEvery::End => false,
            MetricsEvery::Images(every) => passes(every, last, done),
        }
    }

    /// Metrics of every network, from a copy of its weights. If it is stopped on the way, nothing was measured.
    fn measure(
        &mut self,
        backend: &dyn Backend,
        images: &ShownImages<'_>,
        stop: &AtomicBool,
        observer: &mut Observer<'_>,
    ) -> Result<ControlFlow<()>, ExperimentError> {
        match self.measured_now(backend, images, stop) {
            Ok(rows) => observer(Event::Measured(&rows)).map_err(ExperimentError::Observer)?,
            Err(ExperimentError::Ended) => return Ok(ControlFlow::Break(())),
            Err(error) => return Err(error),
        }
        Ok(ControlFlow::Continue(()))
    }

    fn measured_now(
        &mut self,
        backend: &dyn Backend,
        images: &ShownImages<'_>,
        stop: &AtomicBool,
    ) -> Result<Vec<Metrics>, ExperimentError> {
        let mut replicas = read_out(self.session.as_mut())?;
        label(backend, &mut replicas, images, stop)?;
        let mut rows = Vec::with_capacity(replicas.len());
        // Networks with the same validation images, and the same noise, are shown them side by side.
        let same = |a: &Replica, b: &Replica| {
            let (a, b) = (&a.network.params, &b.network.params);
            let noise = |params: &Params| (params.job.seed, params.job.metrics.clone());
            selection::same_validation(a, b) && noise(a) == noise(b)
        };
        for replicas in replicas.chunk_by(same) {
            let shown = selection::validation(images.images(), &replicas[0].network.params)?;
            let stream = Stream::Validation;
            let evaluations = evaluate_unless(backend, replicas, images, &shown, stream, stop)?;
            let noise = noise(backend, replicas, images.images())?;
            for (place, (replica, evaluation)) in replicas.iter().zip(evaluations).enumerate() {
                let (network, noise) = (&replica.network, noise.get(place));
                rows.push(Metrics {
                    replica: rows.len(),
                    seed: network.seed,
                    images: network.state.presented as usize,
                    spikes: network.state.spikes_e,
                    validation_accuracy: evaluation.accuracy,
                    zero_fraction: zero_fraction(&network.params, &replica.weights),
                    noise_spikes_per_image: noise.map(Evoked::spikes_per_image),
                    noise_silent_fraction: noise.map(Evoked::silent_fraction),
                });
            }
        }
        for ((measured, row), replica) in self.measured.iter_mut().zip(&rows).zip(replicas) {
            measured.metrics.push(row.clone());
            measured.labels = replica.labels;
        }
        Ok(rows)
    }
}

/// What noise evokes in networks of one job, which their metrics may ask for; nothing if they do not.
fn noise(
    backend: &dyn Backend,
    replicas: &[Replica],
    images: &LabelledImages,
) -> Result<Vec<Evoked>, ExperimentError> {
    let params = &replicas[0].network.params;
    if !params.job.metrics.contains(&Measure::Noise) {
        return Ok(Vec::new());
    }
    let pixels = noise_as_shown(images, params, NOISE_IMAGES)?;
    let mut evoked = vec![Evoked::default(); replicas.len()];
    let listener = Listener {
        take: &mut |network, _, counts| {
            evoked[network].add(counts.iter().map(|&count| u64::from(count)).sum());
        },
        told: &mut |_| Ok(()),
    };
    let shown = TestImages {
        pixels: &pixels,
        images: &(0..NOISE_IMAGES as u32).collect::<Vec<_>>(),
        keys: &[],
        stream: Stream::Artificial,
        attempt: 0,
    };
    first_answers(backend, &frozen(replicas), shown, listener)?;
    Ok(evoked)
}
