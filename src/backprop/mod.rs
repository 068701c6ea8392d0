//! Networks that are trained by backpropagation on the same images, to compare with: a softmax regression, a perceptron
//! with one hidden layer, a small convolutional network, and spiking neurons trained by surrogate gradients through time;
//! each with ways to keep weights few.
//!
//! Gradients are written out here ([`neurons`](Comparator::Spiking), products of matrices by `ndarray`): a library that
//! differentiates by itself adds more to the build than the whole of this crate. What a training draws comes from streams of
//! its seed, and a network trains on one thread, so a seed fixes every bit on one machine. Another processor may round its
//! sums otherwise.
//!
//! [`crate::guide::explanation::claims`] explains the networks, with sources.

mod ascent;
mod checkpoint;
mod convolution;
mod draws;
mod network;
mod neurons;
mod synapses;
mod test;
mod weights;

pub use ascent::Ascent;
pub use checkpoint::{Kept, KeptError, is_one};
pub(crate) use draws::normal;
pub use network::Answers;
pub use test::{answer_sets, evaluate};

use crate::backend::{Shift, Showing, shifted};
use crate::dataset::{DatasetError, LabelledImages};
use crate::experiment::ExperimentError;
use crate::experiment::prepare::{ShownImages, as_shown};
use crate::experiment::saving::{Saving, passes};
use crate::experiment::selection::{self, Schedule};
use crate::params::{Backprop, Comparator, MetricsEvery, Params, Sparsity};
use crate::trained::Metrics;
use ndarray::{Array2, ArrayView2};
use network::{Rewiring, Stages};
use rayon::prelude::*;
use std::f64::consts::PI;
use std::sync::atomic::Ordering;
use synapses::Step;
use web_time::Instant;

/// Until this share of the training synapses are rewired, and until that one their number falls.
const REWIRED: f64 = 0.75;
const FALLEN: f64 = 0.5;
/// Rewirings at least, however short the training is.
const LEAST_REWIRINGS: usize = 16;

/// One network, trained or on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct Learner {
    pub seed: u64,
    /// Training images seen.
    pub presented: usize,
    /// Hidden spikes of the training so far.
    pub spikes: u64,
    /// Its rows so far.
    pub metrics: Vec<Metrics>,
    stages: Stages,
}

/// Networks that train side by side.
#[derive(Clone, Debug, PartialEq)]
pub struct Learners {
    pub params: Params,
    pub networks: Vec<Learner>,
    /// Wall-clock time of their training, all together.
    pub seconds: f64,
}

/// What ends a training by backpropagation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackpropError {
    #[error(
        "the weights of the network of seed {seed} left the numbers after {presented} training images: lower backprop.rate"
    )]
    Diverged { seed: u64, presented: usize },
}

/// What a training reports.
pub enum Event<'a> {
    /// Training images shown, of all that each network will see.
    Trained { images: usize, of: usize },
    /// The metrics of every network were measured.
    Measured(&'a [Metrics]),
    /// The training should be saved as it is now.
    Save(&'a Learners),
}

/// The caller's function that gets the events.
pub type Observer<'a> =
    dyn FnMut(Event<'_>) -> Result<(), Box<dyn std::error::Error + Send + Sync>> + 'a;

/// The settings of a job that is trained by backpropagation.
///
/// # Panics
/// When its parameters have none: [`Learners`] are made of those that have.
fn settings(params: &Params) -> &Backprop {
    let settings = params.backprop.as_ref();
    settings.expect("networks are made of parameters with a table backprop")
}

impl Learner {
    fn new(params: &Params, replica: usize) -> Self {
        let seed = params.replica_seed(replica);
        Self {
            seed,
            presented: 0,
            spikes: 0,
            metrics: Vec::new(),
            stages: Stages::new(params, settings(params), seed),
        }
    }

    /// What it makes of images, given by bytes, image after image.
    pub fn answers(&self, images: &[u8], inputs: usize) -> Answers {
        self.stages.answers(scaled(images, inputs).view())
    }

    /// Learns the images of one step, \[images, inputs\] with their classes.
    fn learn(&mut self, params: &Params, images: ArrayView2<'_, f32>, classes: &[usize]) {
        let settings = settings(params);
        let pass = params.presentations() / params.job.epochs;
        let (before, after) = (self.presented, self.presented + classes.len());
        let done = before as f64 / params.presentations() as f64;
        let number = before / pass * pass.div_ceil(settings.batch) + before % pass / settings.batch;
        let step = Step {
            number: number as i32 + 1,
            rate: (settings.rate * cosine(done)) as f32,
        };
        let every = (params.presentations() / LEAST_REWIRINGS).clamp(1, settings.rewire_images);
        let is_due = passes(every, before, after) && done < REWIRED;
        let rewiring = is_due.then(|| rewiring(settings, done)).flatten();
        let how = (self.seed, step, rewiring);
        self.spikes += self.stages.learn(images, classes, settings, how);
        self.presented = after;
    }
}

/// From 1 to 0 along half a cosine.
fn cosine(share: f64) -> f64 {
    0.5 * (1.0 + libm::cos(PI * share.min(1.0)))
}

/// How synapses are rewired when this share of the training is done; none where the method does not.
fn rewiring(settings: &Backprop, done: f64) -> Option<Rewiring> {
    let left = 1.0 - (done / FALLEN).min(1.0);
    let target = settings.connectivity;
    let connectivity = match settings.sparsity {
        Sparsity::Set | Sparsity::Rigl => target,
        // Zhu & Gupta 2017.
        Sparsity::BpsrStyle => target + (1.0 - target) * left * left * left,
        _ => return None,
    };
    Some(Rewiring {
        share: settings.rewire_share * cosine(done / REWIRED),
        connectivity,
    })
}

/// Bytes as numbers in 0..1; \[images, inputs\].
pub(crate) fn scaled(images: &[u8], inputs: usize) -> Array2<f32> {
    let values = images.iter().map(|&byte| f32::from(byte) / 255.0);
    let shape = (images.len() / inputs, inputs);
    Array2::from_shape_vec(shape, values.collect()).expect("whole images")
}

impl Learners {
    /// The networks of a job before their training.
    ///
    /// # Errors
    /// When the parameters make no sense.
    pub fn new(params: &Params) -> Result<Self, ExperimentError> {
        params.validate()?;
        let networks = params.replicas().map(|r| Learner::new(params, r)).collect();
        Ok(Self {
            params: params.clone(),
            networks,
            seconds: 0.0,
        })
    }

    /// The networks of a job that begin with what others, of the same shape, have learned.
    ///
    /// # Errors
    /// When the parameters make no sense.
    pub fn going_on(params: &Params, from: &Self) -> Result<Self, ExperimentError> {
        let mut learners = Self::new(params)?;
        for (own, from) in learners.networks.iter_mut().zip(&from.networks) {
            own.stages = from.stages.clone();
            let stages = own.stages.0.iter_mut();
            stages
                .filter_map(network::Stage::synapses_mut)
                .for_each(synapses::Synapses::forget_moments);
        }
        Ok(learners)
    }

    /// Trains them to the end on images of the training file.
    ///
    /// # Errors
    /// When the data are too few, the observer fails, or the training was stopped: it was saved then.
    pub fn train(
        &mut self,
        images: &LabelledImages,
        saving: Saving<'_>,
        observer: &mut Observer<'_>,
    ) -> Result<(), ExperimentError> {
        let params = self.params.clone();
        let (start, before) = (Instant::now(), self.seconds);
        let shown = as_shown(&params.model.input, images)?;
        let training = selection::training(images, &params)?;
        let mut schedules: Vec<Schedule> = (self.networks.iter())
            .map(|own| Schedule::new(training.clone(), own.seed, params.job.shift_max))
            .collect();
        let total = params.presentations();
        let pass = total / params.job.epochs;
        let (mut saved, mut done) = (Instant::now(), self.presented());
        let begun = done;
        while done < total {
            let batch = settings(&params).batch.min(pass - done % pass);
            let next = (done + batch).min(total);
            let work = self.networks.par_iter_mut().zip(&mut schedules);
            work.for_each(|(network, schedule)| {
                let plan = [schedule.presentations(done..next)];
                let (pixels, plan) = shown.for_training(&plan);
                let (inputs, classes) = gathered(&pixels, &plan[0], &params, images);
                network.learn(&params, inputs.view(), &classes);
            });
            let last = std::mem::replace(&mut done, next);
            self.seconds = before + start.elapsed().as_secs_f64();
            self.check_finite()?;
            let trained = Event::Trained {
                images: done,
                of: total,
            };
            observer(trained).map_err(ExperimentError::Observer)?;
            if is_measured(params.job.metrics_every, last, done, total) {
                let rows = self.measure(images, &shown)?;
                observer(Event::Measured(&rows)).map_err(ExperimentError::Observer)?;
            }
            let stop = done < total && saving.stop.load(Ordering::Relaxed) && done > begun;
            if stop || saving.every.is_due(last, done, total, saved) {
                observer(Event::Save(self)).map_err(ExperimentError::Observer)?;
                saved = Instant::now();
            }
            if stop {
                return Err(ExperimentError::Stopped {
                    images: done,
                    of: total,
                });
            }
        }
        Ok(())
    }

    /// Refuses networks of which a weight is no number any more.
    fn check_finite(&self) -> Result<(), ExperimentError> {
        let diverged = |network: &&Learner| {
            let mut all = network.stages.0.iter().filter_map(network::Stage::synapses);
            all.any(|synapses| !synapses.weights.sum().is_finite())
        };
        match self.networks.iter().find(diverged) {
            Some(Learner {
                seed, presented, ..
            }) => Err(BackpropError::Diverged {
                seed: *seed,
                presented: *presented,
            }
            .into()),
            None => Ok(()),
        }
    }

    /// Training images that each has seen.
    pub fn presented(&self) -> usize {
        self.networks.first().map_or(0, |network| network.presented)
    }

    /// A row of metrics for each network.
    fn measure(
        &mut self,
        images: &LabelledImages,
        shown: &ShownImages<'_>,
    ) -> Result<Vec<Metrics>, DatasetError> {
        let validation = selection::validation(images, &self.params)?;
        let measured = evaluate(self, shown, &validation);
        let rows = measured.iter().zip(&mut self.networks).enumerate();
        let rows = rows.map(|(replica, ((evaluation, _), network))| {
            let (present, all) = network.synapses();
            let row = Metrics {
                replica,
                seed: network.seed,
                images: network.presented,
                spikes: network.spikes,
                validation_accuracy: evaluation.accuracy,
                zero_fraction: 1.0 - present as f64 / all as f64,
                noise_spikes_per_image: None,
                noise_silent_fraction: None,
            };
            network.metrics.push(row.clone());
            row
        });
        Ok(rows.collect())
    }
}

/// Whether metrics are due after these images.
fn is_measured(every: MetricsEvery, before: usize, done: usize, total: usize) -> bool {
    match every {
        _ if done >= total => true,
        MetricsEvery::End => false,
        MetricsEvery::Images(every) => passes(every, before, done),
    }
}

/// The images of a plan as they are shown, shifted where it says so, and their classes.
fn gathered(
    pixels: &[u8],
    plan: &[Showing],
    params: &Params,
    images: &LabelledImages,
) -> (Array2<f32>, Vec<usize>) {
    let (inputs, shape) = (params.model.inputs(), images.shape());
    let mut batch = Vec::with_capacity(plan.len() * inputs);
    for &Showing { image, shift, .. } in plan {
        // Behind a front end nothing is left to shift.
        match shift == Shift::default() {
            true => batch.extend_from_slice(&pixels[image as usize * inputs..][..inputs]),
            false => batch.extend_from_slice(&shifted(pixels, image, shape, shift)),
        }
    }
    let classes = plan.iter().map(|showing| showing.group as usize);
    (scaled(&batch, inputs), classes.collect())
}

/// Whether hidden neurons of these settings spike.
pub fn spikes(settings: &Backprop) -> bool {
    settings.network == Comparator::Spiking
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets;

    #[test]
    fn weights_that_leave_the_numbers_end_a_training() {
        let mut params = presets::by_name("backprop-mlp").unwrap();
        params.job.replicas = 2;
        let mut learners = Learners::new(&params).unwrap();
        learners.check_finite().unwrap();
        let of_second = learners.networks[1].stages.0[0].synapses_mut();
        of_second.unwrap().weights[(3, 4)] = f32::NAN;
        let error = learners.check_finite().unwrap_err().to_string();
        assert!(error.contains("seed 2"), "{error}");
    }
}
