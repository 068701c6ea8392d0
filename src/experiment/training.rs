//! A training, a call of the backend at a time.

use super::answers::{Listener, first_answers, images_per_call};
use super::evaluate::evaluate_unless;
use super::labelling::label;
use super::operations::{Operations, of_networks};
use super::prepare::{ShownImages, read_out, some_as_shown};
use super::saving::{Every, Saving, passes};
use super::selection::{self, Schedule};
use super::test_sets::noise_as_shown;
use super::train::{frozen, zero_fraction};
use super::{Event, ExperimentError, Observer};
use crate::backend::{Backend, BackendError, Session, TestImages};
use crate::dataset::{DatasetError, LabelledImages};
use crate::labels::Labels;
use crate::model::rng::Stream;
use crate::network::Network;
use crate::params::{Measure, MetricsEvery, Params};
use crate::trained::{Evoked, Metrics, Replica, Trained};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use web_time::{Duration, Instant};

/// Most images of one call of the backend, or most batches where those are more.
const IMAGES_PER_CALL: usize = 50;
const BATCHES_PER_CALL: usize = 16;
/// Images of noise that are shown at each row of the metrics, where they are to be.
const NOISE_IMAGES: usize = 100;

/// A training under way, which its caller takes step by step: [`super::train::train_networks`] does nothing else.
pub struct Training<'a> {
    backend: &'a dyn Backend,
    run: Run<'a>,
    shown: ShownImages<'a>,
    schedules: Vec<Schedule>,
    /// Those of the first network; all share what is read here.
    params: Params,
    saving: Saving<'a>,
    /// When it was saved last.
    saved: Instant,
    /// Images that each network has seen, and had seen before the last step.
    done: usize,
    before: usize,
    /// Images of the next call at most.
    per_call: usize,
}

impl<'a> Training<'a> {
    /// Prepares what networks, one at least, are trained on; `begun` and the rest as in [`super::train::train_networks`].
    ///
    /// # Errors
    /// When parameters make no sense or do not go together, the data are too few, or the backend or the observer fails.
    pub fn begin(
        backend: &'a dyn Backend,
        images: &'a LabelledImages,
        begun: Trained,
        saving: Saving<'a>,
        observer: &mut Observer<'_>,
    ) -> Result<Self, ExperimentError> {
        let start = Instant::now();
        let network = &begun.replicas[0].network;
        let (params, done) = (network.params.clone(), network.state.presented as usize);
        let total = params.presentations();
        check_together(&begun.replicas, network)?;
        let schedules = schedules(images, &begun.replicas)?;
        let needed = needed(images, &begun.replicas)?;
        let shown = some_as_shown(&params.model.input, images, needed)?;
        let parts = begun.replicas.into_iter().map(|replica| {
            let Replica {
                metrics, labels, ..
            } = replica;
            (replica.network, Measured { metrics, labels })
        });
        let (networks, measured) = parts.unzip();
        let run = Run {
            begun: done,
            session: backend.start(networks)?,
            measured,
            before: (begun.seconds, begun.images),
            start,
            ended: (done >= total).then_some(Duration::ZERO),
        };
        if params.learns_in_batches() && done < total {
            let (batch, bytes) = (params.model.learning.batch, run.session.memory());
            observer(Event::Begun { batch, bytes }).map_err(ExperimentError::Observer)?;
        }
        let mut training = Self {
            backend,
            run,
            shown,
            schedules,
            params,
            saving,
            saved: Instant::now(),
            done,
            before: done,
            per_call: 1,
        };
        if training.params.job.snapshots_every > 0 && done == 0 {
            training.keep(observer)?;
        }
        Ok(training)
    }

    /// Images that each network has seen.
    pub fn images(&self) -> usize {
        self.done
    }

    /// Does what is due after the last call of the backend, metrics and saving, and makes the next one, of at most so many
    /// images; a batch is learned as a whole. Breaks once all images were shown and nothing is due.
    ///
    /// # Errors
    /// When the backend or the observer fails, or the training was stopped.
    pub fn step(
        &mut self,
        most: usize,
        observer: &mut Observer<'_>,
    ) -> Result<ControlFlow<()>, ExperimentError> {
        self.catch_up(observer)?;
        let (done, total) = (self.done, self.params.presentations());
        if done >= total {
            return Ok(ControlFlow::Break(()));
        }
        let every = self.params.job.metrics_every;
        let snapshots = self.params.job.snapshots_every;
        let stop = next_stop(done, total, every, self.saving.every, snapshots);
        let wanted = stop.min(done + self.per_call.min(most.max(1)));
        let next = self.params.end_of_batch(done, wanted);
        let plan: Vec<_> = (self.schedules.iter_mut())
            .map(|schedule| schedule.presentations(done..next))
            .collect();
        let call = Instant::now();
        let (pixels, plan) = self.shown.for_training(&plan);
        self.run.session.train(&pixels, &plan)?;
        let most = IMAGES_PER_CALL.max(BATCHES_PER_CALL * self.params.batch_images(done as u32));
        self.per_call = images_per_call(next - done, call.elapsed()).min(most);
        (self.before, self.done) = (done, next);
        observer(Event::Trained {
            images: next,
            of: total,
        })
        .map_err(ExperimentError::Observer)?;
        Ok(ControlFlow::Continue(()))
    }

    /// Metrics and saving that are due after the last call.
    fn catch_up(&mut self, observer: &mut Observer<'_>) -> Result<(), ExperimentError> {
        let (before, done, total) = (self.before, self.done, self.params.presentations());
        let saving = self.saving;
        let mut stop = before < done && done < total && saving.stop.load(Ordering::Relaxed);
        let every = self.params.job.metrics_every;
        if !stop && self.run.owes_metrics(every, done, total) {
            let measured = (self.run).measure(self.backend, &self.shown, saving.stop, observer)?;
            stop = measured.is_break();
            if done == total && !stop {
                self.run.ended = Some(self.run.start.elapsed());
            }
        }
        let snapshots = self.params.job.snapshots_every;
        if snapshots > 0 && before < done && (passes(snapshots, before, done) || done == total) {
            self.keep(observer)?;
        }
        if stop || before < done && saving.every.is_due(before, done, total, self.saved) {
            observer(Event::Save(self.run.trained()?)).map_err(ExperimentError::Observer)?;
            self.saved = Instant::now();
        }
        match stop {
            true => Err(ExperimentError::Stopped {
                images: done,
                of: total,
            }),
            false => Ok(()),
        }
    }

    fn keep(&mut self, observer: &mut Observer<'_>) -> Result<(), ExperimentError> {
        observer(Event::Snapshot(self.run.trained()?)).map_err(ExperimentError::Observer)
    }

    /// A copy of the networks as they are.
    ///
    /// # Errors
    /// When the backend fails.
    pub fn trained(&mut self) -> Result<Trained, ExperimentError> {
        self.run.trained()
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

/// The end of the next call at the latest: where metrics or a snapshot are due or the training is to be saved.
fn next_stop(
    done: usize,
    total: usize,
    metrics: MetricsEvery,
    saving: Every,
    snapshots: usize,
) -> usize {
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
    total.min(measured).min(saved).min(after(snapshots))
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
        let (seconds, images) = self.before;
        let since = self.ended.unwrap_or_else(|| self.start.elapsed());
        let mut trained = Trained {
            replicas,
            seconds: seconds + since.as_secs_f64(),
            images,
        };
        trained.images += trained.presented() - self.begun;
        Ok(trained)
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
            Ok((rows, operations)) => {
                observer(Event::Measured(&rows)).map_err(ExperimentError::Observer)?;
                observer(Event::Operated(&operations)).map_err(ExperimentError::Observer)?;
            }
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
    ) -> Result<(Vec<Metrics>, Vec<Operations>), ExperimentError> {
        let mut replicas = read_out(self.session.as_mut())?;
        label(backend, &mut replicas, images, stop)?;
        let mut rows = Vec::with_capacity(replicas.len());
        let mut operations = Vec::with_capacity(replicas.len());
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
            operations.extend(of_networks(replicas, images, &shown, &evaluations)?);
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
        Ok((rows, operations))
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
