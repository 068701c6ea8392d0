//! Testing on the GPU: every (network, image) pair is a lane.

use super::batch::{Batch, Input};
use super::engine::Engine;
use super::layout::{FROZEN, Task, state_stride};
use super::resident::check_counts;
use super::{Shape, Uploads};
use crate::backend::{BackendError, Frozen, SpikeCounts, TestImages};
use crate::model::poisson::RateTable;
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
    let networks = engine.load(&hosts, &weights)?;
    let tables: Vec<RateTable> = hosts
        .iter()
        .map(|network| RateTable::new(&network.params))
        .collect();
    let pairs: Vec<(usize, u32)> = (0..hosts.len())
        .flat_map(|r| images.images.iter().map(move |&image| (r, image)))
        .collect();
    let mut counts = Vec::with_capacity(pairs.len() * n);
    for pairs in pairs.chunks(lanes_at_once(
        &engine,
        &tables,
        images,
        shape,
        largest_buffer,
    )) {
        let mut uploads = Uploads::default();
        let task = |&(r, image): &(usize, u32)| Task {
            network: r as u32,
            image: uploads.slot(images.pixels, image),
            seed_low: hosts[r].seed as u32,
            seed_high: (hosts[r].seed >> 32) as u32,
            stream: images.stream as u32,
            presentation: image,
            clock: 0,
            group: 0,
        };
        let tasks: Vec<Task> = pairs.iter().map(task).collect();
        let most_spikes = uploads.most_spikes(&tables, shape.steps.stimulus);
        let lanes = engine.lanes_at_rest(&networks, pairs.len())?;
        let batch = Batch {
            tasks: &tasks,
            presentations: 1,
            input: Input::Images {
                pixels: &uploads.pixels,
                most_spikes,
            },
            rates: &networks.rates,
            stimulus: shape.steps.stimulus,
            steps: shape.steps.stimulus,
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
fn lanes_at_once(
    engine: &Engine,
    tables: &[RateTable],
    images: TestImages<'_>,
    shape: Shape,
    largest_buffer: u64,
) -> usize {
    let steps = shape.steps;
    let mut uploads = Uploads::default();
    images
        .images
        .iter()
        .for_each(|&image| _ = uploads.slot(images.pixels, image));
    let spikes = Engine::task_bytes(steps.stimulus, uploads.most_spikes(tables, steps.stimulus));
    let slots = u64::from(steps.delay_s2_max + steps.delay_s3_max) + 2;
    let rings = 4 * slots * shape.neurons as u64;
    let state = 4 * state_stride(shape.neurons) as u64;
    let most = engine.gpu.info.limits.max_compute_workgroups_per_dimension;
    (largest_buffer / spikes.max(rings).max(state)).clamp(1, most.into()) as usize
}
