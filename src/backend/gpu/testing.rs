//! Testing on the GPU: every (network, image) pair is a lane.

use super::batch::{Batch, Input};
use super::engine::Engine;
use super::error::GpuError;
use super::layout::{FROZEN, Task, state_stride};
use super::pipelines::Size;
use super::recording::{fields, records};
use super::resident::{Lanes, Networks, check_counts};
use super::{Shape, Uploads, image_of, most_spikes};
use crate::backend::{
    BackendError, Frozen, Record, Shift, SpikeCounts, TestImages, presentation_of,
};
use crate::model::poisson::{RateTable, stream_of_attempt};
use crate::network::Network;

/// Shows the images to every network, each from rest.
pub fn test(
    engine: Engine,
    frozen: &[Frozen<'_>],
    images: TestImages<'_>,
    shape: Shape,
    largest_buffer: u64,
) -> Result<Vec<SpikeCounts>, BackendError> {
    let n = shape.neurons;
    let mut test = Test::new(engine, frozen, images, shape)?;
    let pairs: Vec<(usize, u32)> = (0..frozen.len())
        .flat_map(|r| images.images.iter().map(move |&image| (r, image)))
        .collect();
    let mut counts = Vec::with_capacity(pairs.len() * n);
    for pairs in pairs.chunks(test.lanes_at_once(largest_buffer)) {
        let (lanes, ()) = test.show(pairs, Engine::run)?;
        let found = test.engine.take_counts(&lanes)?;
        for (&(r, _), counts) in pairs.iter().zip(found.chunks_exact(n)) {
            check_counts(test.hosts[r], counts)?;
        }
        counts.extend(
            found
                .into_iter()
                .map(|count| count.min(u32::from(u16::MAX)) as u16),
        );
    }
    let per_network = images.images.len() * n;
    let of = |r: usize| SpikeCounts {
        neurons: n,
        counts: counts[r * per_network..(r + 1) * per_network].to_vec(),
    };
    Ok((0..frozen.len()).map(of).collect())
}

/// All spikes that the first of the images evokes, and the variables of the neurons in `watch`.
pub fn record(
    engine: Engine,
    frozen: Frozen<'_>,
    images: TestImages<'_>,
    watch: &[u32],
    shape: Shape,
) -> Result<Record, BackendError> {
    let mut test = Test::new(engine, &[frozen], images, shape)?;
    let (lanes, words) = test.show(
        &[(0, images.images[0])],
        |engine, networks, lanes, batch| {
            engine.run_recorded(networks, lanes, batch, &fields(watch))
        },
    )?;
    check_counts(test.hosts[0], &test.engine.take_counts(&lanes)?)?;
    Ok(records(&words, &[0], shape.neurons, watch).remove(0))
}

/// Frozen networks on the device, and what they are shown.
struct Test<'a> {
    engine: Engine,
    hosts: Vec<&'a Network>,
    networks: Networks,
    images: TestImages<'a>,
    shape: Shape,
    /// Expected spikes of the brightest image.
    most_spikes: f64,
}

impl<'a> Test<'a> {
    fn new(
        mut engine: Engine,
        frozen: &[Frozen<'a>],
        images: TestImages<'a>,
        shape: Shape,
    ) -> Result<Self, GpuError> {
        let hosts: Vec<&Network> = frozen.iter().map(|frozen| frozen.network).collect();
        let weights: Vec<&[f32]> = frozen.iter().map(|frozen| frozen.weights).collect();
        let tables: Vec<RateTable> = hosts
            .iter()
            .map(|network| RateTable::new(&network.params, images.attempt))
            .collect();
        let networks = engine.load(&hosts, &weights, &tables)?;
        let all = images
            .images
            .iter()
            .map(|&image| image_of(images.pixels, image, shape.image));
        let stimulus = shape.steps.stimulus;
        Ok(Self {
            engine,
            hosts,
            networks,
            images,
            shape,
            most_spikes: most_spikes(&RateTable::envelope(&tables), all, stimulus),
        })
    }

    /// Runs a batch that shows the image of each pair to its network, from rest.
    fn show<T>(
        &mut self,
        pairs: &[(usize, u32)],
        run: impl FnOnce(&mut Engine, &Networks, &Lanes, &Batch<'_>) -> Result<T, GpuError>,
    ) -> Result<(Lanes, T), GpuError> {
        let (images, shape) = (self.images, self.shape.image);
        let mut uploads = Uploads::default();
        let task = |(lane, &(r, image)): (usize, &(usize, u32))| Task {
            lane: lane as u32,
            image: uploads.slot(images.pixels, image, shape, Shift::default()),
            stream: stream_of_attempt(images.stream, images.attempt),
            ..Task::new(
                r,
                self.hosts[r].seed,
                images.stream,
                presentation_of(images.keys, image),
            )
        };
        let tasks: Vec<Task> = pairs.iter().enumerate().map(task).collect();
        let lanes = self.engine.lanes_at_rest(&self.networks, pairs.len())?;
        let stimulus = self.shape.steps.stimulus;
        let batch = Batch {
            tasks: &tasks,
            presentations: 1,
            input: Input::Images {
                pixels: &uploads.pixels,
                most_spikes: self.most_spikes,
            },
            rates: &self.networks.rates,
            stimulus,
            steps: stimulus,
            s1: FROZEN,
            from_rest: true,
            latch: true,
        };
        let found = run(&mut self.engine, &self.networks, &lanes, &batch)?;
        Ok((lanes, found))
    }

    /// Lanes whose spike lists, rings and states each fit a buffer.
    fn lanes_at_once(&self, largest_buffer: u64) -> usize {
        let steps = self.shape.steps;
        let spikes = Engine::task_bytes(steps.stimulus, self.shape.inputs(), self.most_spikes);
        let slots = u64::from(steps.delay_e_to_i_max + steps.delay_i_to_e_max) + 2;
        let rings = 4 * slots * self.shape.neurons as u64;
        let state = 4 * state_stride(Size::of(&self.shape)) as u64;
        let most = self
            .engine
            .gpu
            .info
            .limits
            .max_compute_workgroups_per_dimension;
        (largest_buffer / spikes.max(rings).max(state)).clamp(1, most.into()) as usize
    }
}
