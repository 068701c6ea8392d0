//! Testing on the GPU: every (network, image) pair is a lane.

use super::batch::{Batch, Input};
use super::engine::Engine;
use super::layout::{FROZEN, Task, state_stride};
use super::resident::check_counts;
use super::{Shape, Uploads, image_of, most_spikes};
use crate::backend::{BackendError, Frozen, Shift, SpikeCounts, TestImages};
use crate::model::poisson::{RateTable, stream_of_attempt};
use crate::network::Network;

/// Shows the images to every network, each from rest.
pub fn test(
    mut engine: Engine,
    frozen: &[Frozen<'_>],
    images: TestImages<'_>,
    shape: Shape,
    largest_buffer: u64,
) -> Result<Vec<SpikeCounts>, BackendError> {
    let n = shape.neurons;
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
        .map(|&image| image_of(images.pixels, image));
    let stimulus = shape.steps.stimulus;
    let most_spikes = most_spikes(&RateTable::envelope(&tables), all, stimulus);
    let pairs: Vec<(usize, u32)> = (0..hosts.len())
        .flat_map(|r| images.images.iter().map(move |&image| (r, image)))
        .collect();
    let mut counts = Vec::with_capacity(pairs.len() * n);
    let stream = stream_of_attempt(images.stream, images.attempt);
    for pairs in pairs.chunks(lanes_at_once(&engine, most_spikes, shape, largest_buffer)) {
        let mut uploads = Uploads::default();
        let task = |(lane, &(r, image)): (usize, &(usize, u32))| Task {
            lane: lane as u32,
            image: uploads.slot(images.pixels, image, Shift::default()),
            stream,
            ..Task::new(r, hosts[r].seed, images.stream, image)
        };
        let tasks: Vec<Task> = pairs.iter().enumerate().map(task).collect();
        let lanes = engine.lanes_at_rest(&networks, pairs.len())?;
        let batch = Batch {
            tasks: &tasks,
            presentations: 1,
            input: Input::Images {
                pixels: &uploads.pixels,
                most_spikes,
            },
            rates: &networks.rates,
            stimulus,
            steps: stimulus,
            s1: FROZEN,
            from_rest: true,
            latch: true,
        };
        engine.run(&networks, &lanes, &batch)?;
        let found = engine.take_counts(&lanes)?;
        for (&(r, _), counts) in pairs.iter().zip(found.chunks_exact(n)) {
            check_counts(hosts[r], counts)?;
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
    Ok((0..hosts.len()).map(of).collect())
}

/// Lanes whose spike lists, rings and states each fit a buffer.
fn lanes_at_once(engine: &Engine, most_spikes: f64, shape: Shape, largest_buffer: u64) -> usize {
    let steps = shape.steps;
    let spikes = Engine::task_bytes(steps.stimulus, most_spikes);
    let slots = u64::from(steps.delay_s2_max + steps.delay_s3_max) + 2;
    let rings = 4 * slots * shape.neurons as u64;
    let state = 4 * state_stride(shape.neurons) as u64;
    let most = engine.gpu.info.limits.max_compute_workgroups_per_dimension;
    (largest_buffer / spikes.max(rings).max(state)).clamp(1, most.into()) as usize
}
