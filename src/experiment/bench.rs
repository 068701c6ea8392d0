//! How fast a device trains and tests networks.

use super::operations::{Operations, mean, of_network};
use super::prepare::{ShownImages, as_shown, read_out};
use super::selection::{self, Schedule};
use super::{ExperimentError, train::frozen};
use crate::backend::{Backend, BackendError, Frozen, Session, TestImages, Traffic};
use crate::dataset::{Dataset, DatasetError};
use crate::model::rng::Stream;
use crate::network::Network;
use crate::params::{Params, Shard};
use crate::statistics::Spread;
use cpu_time::ProcessTime;
use serde::Serialize;
use std::time::Instant;

/// How long to measure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effort {
    /// Laps of each measurement, after the warm-up; at least one.
    pub laps: usize,
    /// Least wall-clock time of a lap, in s.
    pub lap_seconds: f64,
}

/// Speed of all networks of a job together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Speed {
    pub training: Measured,
    pub testing: Measured,
    /// Synaptic operations of the test, the mean of all networks: as they are after the training that was measured.
    pub operations: Operations,
}

/// One measurement, over its laps. Images count once for each network.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measured {
    /// Images shown to each network before the first lap.
    pub warm_up_images: usize,
    /// Images shown to each network in one lap.
    pub lap_images: usize,
    /// By the wall clock.
    pub images_per_second: Spread,
    /// Processor time of the whole process, over all its threads.
    pub cpu_ms_per_image: Spread,
    /// E spikes that an image evoked, the mean of all laps.
    pub spikes_per_image: f64,
    /// What the device was asked to do; none for the native backend.
    pub traffic_per_image: Option<TrafficPerImage>,
}

/// Work of a GPU's queue for an image, the mean of all laps.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TrafficPerImage {
    pub dispatches: f64,
    pub submits: f64,
    /// Times that the host waited for the device.
    pub waits: f64,
    pub bytes_up: f64,
    pub bytes_down: f64,
}

/// What can be timed.
trait Timed {
    /// Shows so many images to each network, or more where a batch ends later, and returns their number when the device is
    /// done with them.
    fn show(&mut self, images: usize) -> Result<usize, BackendError>;
    /// E spikes of all networks so far.
    fn spikes(&mut self) -> Result<u64, BackendError>;
}

struct Training<'a> {
    session: Box<dyn Session + 'a>,
    images: &'a ShownImages<'a>,
    schedules: Vec<Schedule>,
    /// Of one of the networks, which all learn in the same batches.
    params: &'a Params,
    shown: usize,
}

struct Testing<'a> {
    backend: &'a dyn Backend,
    lanes: &'a [Frozen<'a>],
    pixels: &'a [u8],
    images: Vec<u32>,
    spikes: u64,
}

impl Timed for Training<'_> {
    fn show(&mut self, images: usize) -> Result<usize, BackendError> {
        let range = self.shown..self.params.end_of_batch(self.shown, self.shown + images);
        let plan: Vec<_> = self
            .schedules
            .iter_mut()
            .map(|schedule| schedule.presentations(range.clone()))
            .collect();
        self.shown = range.end;
        let (pixels, plan) = self.images.for_training(&plan);
        self.session.train(&pixels, &plan)?;
        Ok(range.len())
    }

    fn spikes(&mut self) -> Result<u64, BackendError> {
        let networks = self.session.snapshot()?;
        Ok(networks.iter().map(|network| network.state.spikes_e).sum())
    }
}

impl Timed for Testing<'_> {
    fn show(&mut self, images: usize) -> Result<usize, BackendError> {
        let shown = TestImages {
            pixels: self.pixels,
            images: &self.images[..images],
            keys: &[],
            stream: Stream::Test,
            attempt: 0,
        };
        for of_network in self.backend.test(self.lanes, shown)? {
            self.spikes += of_network.counts.iter().map(|&n| u64::from(n)).sum::<u64>();
        }
        Ok(images)
    }

    fn spikes(&mut self) -> Result<u64, BackendError> {
        Ok(self.spikes)
    }
}

/// Trains the networks of a job from their start on, then tests them as they are, and times both.
///
/// Either begins with a warm-up of laps that double in length until one takes the time of a lap. Images are those of
/// the job; in training in its order, epoch after epoch. Batches have their full size from the start.
///
/// # Errors
/// When parameters make no sense, the data are too few, or the backend fails.
pub fn speed(
    backend: &dyn Backend,
    data: &Dataset,
    params: &Params,
    effort: Effort,
) -> Result<Speed, ExperimentError> {
    let mut params = params.clone();
    params.model.learning.batch_growth_images = 0;
    params.job.shard = Shard::WHOLE;
    let params = &params;
    let networks = (0..params.job.replicas)
        .map(|replica| Network::new(params, replica))
        .collect::<Result<Vec<_>, _>>()?;
    let train = as_shown(&params.model.input, &data.train)?;
    let test = as_shown(&params.model.input, &data.test)?;
    let images = selection::training(&data.train, params)?;
    let schedule =
        |network: &Network| Schedule::new(images.clone(), network.seed, params.job.shift_max);
    let mut training = Training {
        schedules: networks.iter().map(schedule).collect(),
        session: backend.start(networks)?,
        images: &train,
        params,
        shown: 0,
    };
    let count = params.job.replicas;
    // The clock of a network has 32 bits; a warm-up is at most twice as long as a lap.
    let steps = params.model.steps()?;
    let presentations = u32::MAX / (steps.stimulus + steps.rest);
    let most = presentations as usize / (effort.laps + 3);
    let trained = measure(&mut training, backend, count, most.max(1), effort)?;
    let replicas = read_out(training.session.as_mut())?;
    let tested = selection::first_of_classes(
        &data.test,
        &params.model.network.classes,
        params.job.test_per_class,
    );
    let mut testing = Testing {
        backend,
        lanes: &frozen(&replicas),
        pixels: test.pixels(),
        images: tested.into_iter().flat_map(|class| class.images).collect(),
        spikes: 0,
    };
    let most = testing.images.len();
    if most == 0 {
        return Err(DatasetError::TooFewInAll {
            skip: 0,
            count: 1,
            available: 0,
        }
        .into());
    }
    let tested = measure(&mut testing, backend, count, most, effort)?;
    let shown = &testing.images[..tested.lap_images];
    let evoked = tested.spikes_per_image * shown.len() as f64;
    let operations = replicas.iter().map(|replica| {
        let of = (&replica.network.params, replica.weights.as_slice());
        of_network(of, (test.pixels(), shown), evoked.round() as u64)
    });
    Ok(Speed {
        training: trained,
        operations: mean(&operations.collect::<Result<Vec<_>, _>>()?),
        testing: tested,
    })
}

/// Warm-up and laps of at most `most` images.
fn measure(
    subject: &mut dyn Timed,
    backend: &dyn Backend,
    networks: usize,
    most: usize,
    effort: Effort,
) -> Result<Measured, ExperimentError> {
    let (mut lap, mut warm_up) = (1, 0);
    loop {
        let start = Instant::now();
        let shown = subject.show(lap)?;
        warm_up += shown;
        // Shorter laps would be as long.
        lap = lap.max(shown);
        if start.elapsed().as_secs_f64() >= effort.lap_seconds || lap >= most {
            break;
        }
        lap = (2 * lap).min(most);
    }
    let (spikes, traffic) = (subject.spikes()?, backend.traffic());
    let (mut rates, mut costs) = (Vec::new(), Vec::new());
    let mut of_all = 0.0;
    for _ in 0..effort.laps {
        let (wall, cpu) = (Instant::now(), ProcessTime::now());
        let of_lap = (subject.show(lap)? * networks) as f64;
        of_all += of_lap;
        rates.push(of_lap / wall.elapsed().as_secs_f64());
        costs.push(1e3 * cpu.elapsed().as_secs_f64() / of_lap);
    }
    let traffic = traffic.zip(backend.traffic());
    Ok(Measured {
        warm_up_images: warm_up,
        lap_images: lap,
        images_per_second: Spread::of(&rates)?,
        cpu_ms_per_image: Spread::of(&costs)?,
        spikes_per_image: (subject.spikes()? - spikes) as f64 / of_all,
        traffic_per_image: traffic.map(|(from, to)| TrafficPerImage::between(from, to, of_all)),
    })
}

impl TrafficPerImage {
    fn between(from: Traffic, to: Traffic, images: f64) -> Self {
        let per_image = |of: fn(&Traffic) -> u64| of(&to).saturating_sub(of(&from)) as f64 / images;
        Self {
            dispatches: per_image(|traffic| traffic.dispatches),
            submits: per_image(|traffic| traffic.submits),
            waits: per_image(|traffic| traffic.waits),
            bytes_up: per_image(|traffic| traffic.bytes_up),
            bytes_down: per_image(|traffic| traffic.bytes_down),
        }
    }
}
