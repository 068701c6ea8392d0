//! Labelling the neurons of networks that learned without labels, by training images alone.

use super::answers::{Listener, answers, unless_stopped};
use super::prepare::ShownImages;
use super::train::frozen;
use super::{ExperimentError, selection};
use crate::backend::{Backend, Frozen, Showing, TestImages};
use crate::labels::Labels;
use crate::model::rng::Stream;
use crate::params::Vote;
use crate::trained::Replica;
use std::sync::atomic::AtomicBool;

/// Labels the neurons of each network by its answers to as many of its training images as it asks for, evenly spread
/// over them; networks that vote by groups stay as they are.
///
/// # Errors
/// When there are too few images, the backend fails or it was stopped.
pub fn label(
    backend: &dyn Backend,
    replicas: &mut [Replica],
    images: &ShownImages<'_>,
    stop: &AtomicBool,
) -> Result<(), ExperimentError> {
    let same = |a: &Replica, b: &Replica| {
        let (a, b) = (&a.network.params, &b.network.params);
        a.job == b.job && a.model.network == b.model.network
    };
    // Networks of the same job are shown the same images.
    for replicas in replicas.chunk_by_mut(same) {
        let params = &replicas[0].network.params;
        let Vote::Labels { images: count, .. } = params.model.network.vote else {
            continue;
        };
        let training = selection::training(images.images(), params)?;
        let count = count.min(training.len());
        let chosen: Vec<_> = (0..count)
            .map(|place| training[place * training.len() / count])
            .collect();
        let labels = by_answers(backend, &frozen(replicas), images, &chosen, stop)?;
        for (replica, labels) in replicas.iter_mut().zip(labels) {
            replica.labels = Some(labels);
        }
    }
    Ok(())
}

fn by_answers(
    backend: &dyn Backend,
    networks: &[Frozen<'_>],
    images: &ShownImages<'_>,
    chosen: &[Showing],
    stop: &AtomicBool,
) -> Result<Vec<Labels>, ExperimentError> {
    let params = &networks[0].network.params;
    let (classes, n) = (params.model.network.classes.len(), params.model.neurons());
    let mut shown = vec![0u32; classes];
    for showing in chosen {
        shown[showing.group as usize] += 1;
    }
    let mut sums = vec![vec![0u64; classes * n]; networks.len()];
    let indices: Vec<u32> = chosen.iter().map(|showing| showing.image).collect();
    let test = TestImages {
        pixels: images.pixels(),
        images: &indices,
        keys: &[],
        stream: Stream::Label,
        attempt: 0,
    };
    let mut take = |network: usize, place: usize, counts: &[u16]| {
        let class = chosen[place].group as usize;
        let sums = &mut sums[network][class * n..(class + 1) * n];
        for (sum, &count) in sums.iter_mut().zip(counts) {
            *sum += u64::from(count);
        }
    };
    let listener = Listener {
        take: &mut take,
        told: &mut |_| unless_stopped(stop),
    };
    answers(backend, networks, test, listener)?;
    let of_network = |sums: Vec<u64>| {
        let means = sums.chunks_exact(n).zip(&shown).flat_map(|(sums, &shown)| {
            let mean = move |&sum: &u64| (sum as f64 / f64::from(shown.max(1))) as f32;
            sums.iter().map(mean)
        });
        Labels::new(means.collect(), classes)
    };
    Ok(sums.into_iter().map(of_network).collect())
}
