//! What images evoke in networks with frozen weights: the one loop that all tests go through.

use super::ExperimentError;
use crate::backend::{Backend, BackendError, Frozen, Record, SpikeCounts, TestImage, TestImages};
use std::sync::atomic::{AtomicBool, Ordering};
use web_time::{Duration, Instant};

/// Lanes of the first call of the backend, and most of one. Progress is told between calls, and a test can be ended.
const FIRST_LANES: usize = 64;
const LANES_PER_CALL: usize = 2_000;
/// About how long a call may take.
const SECONDS_PER_CALL: f64 = 0.25;

/// Images of the next call, judged by how long those of the last one took.
pub(super) fn images_per_call(images: usize, took: Duration) -> usize {
    let in_time = SECONDS_PER_CALL * images as f64 / took.as_secs_f64().max(1e-9);
    (in_time as usize).max(1)
}

/// Ends what can be stopped.
pub(super) fn unless_stopped(stop: &AtomicBool) -> Result<(), ExperimentError> {
    match stop.load(Ordering::Relaxed) {
        true => Err(ExperimentError::Ended),
        false => Ok(()),
    }
}

/// What tells images from each other: a key of the draws of each ([`TestImages::keys`]) that depends on what its inputs
/// are given alone.
pub fn keys_by_content(pixels: &[u8], inputs: usize) -> Vec<u32> {
    pixels.chunks_exact(inputs).map(crc32fast::hash).collect()
}

/// Where the answers go.
pub struct Listener<'a> {
    /// Takes the network, the place of the image among those shown, and the spikes of each neuron.
    pub take: &'a mut dyn FnMut(usize, usize, &[u16]),
    /// Is told, time and again, how many more lanes are done.
    pub told: &'a mut dyn FnMut(usize) -> Result<(), ExperimentError>,
}

/// Shows the images to every network, each from rest. If a network answers with too few spikes it is shown the image
/// again, brighter; then the last answer counts.
///
/// Every image draws its spikes by its index, so that its answer depends on weights, image and seed alone.
///
/// # Errors
/// When the backend or the listener fails.
pub fn answers(
    backend: &dyn Backend,
    networks: &[Frozen<'_>],
    images: TestImages<'_>,
    listener: Listener<'_>,
) -> Result<(), ExperimentError> {
    hear(backend, networks, images, true, listener)
}

/// The same, but every image is shown once, however few spikes it evokes.
///
/// # Errors
/// As [`answers`].
pub fn first_answers(
    backend: &dyn Backend,
    networks: &[Frozen<'_>],
    images: TestImages<'_>,
    listener: Listener<'_>,
) -> Result<(), ExperimentError> {
    hear(backend, networks, images, false, listener)
}

fn hear(
    backend: &dyn Backend,
    networks: &[Frozen<'_>],
    images: TestImages<'_>,
    again: bool,
    listener: Listener<'_>,
) -> Result<(), ExperimentError> {
    let of_each = |lanes: usize| (lanes / networks.len().max(1)).max(1);
    let (mut first, mut per_call) = (0, of_each(FIRST_LANES));
    while first < images.images.len() {
        let left = &images.images[first..];
        let chunk = &left[..per_call.min(left.len())];
        let call = Instant::now();
        let shown = TestImages {
            images: chunk,
            ..images
        };
        let counts = backend.test(networks, shown)?;
        for (index, (&network, mut counts)) in networks.iter().zip(counts).enumerate() {
            if again {
                show_again(backend, network, shown, &mut counts)?;
            }
            for (place, counts) in counts.images().enumerate() {
                (listener.take)(index, first + place, counts);
            }
        }
        first += chunk.len();
        per_call = images_per_call(chunk.len(), call.elapsed()).min(of_each(LANES_PER_CALL));
        (listener.told)(networks.len() * chunk.len())?;
    }
    Ok(())
}

/// What one image evokes in a network, as its test sees it: of the attempt that counts, all spikes and the variables of
/// the neurons in `watch`.
///
/// # Errors
/// When the backend fails.
pub fn recorded<'a>(
    backend: &dyn Backend,
    network: Frozen<'_>,
    image: TestImage<'a>,
    watch: &[u32],
) -> Result<(Record, TestImage<'a>), BackendError> {
    let params = &network.network.params;
    let mut attempt = 0;
    loop {
        let image = TestImage { attempt, ..image };
        let record = backend.record_test(network, image, watch)?;
        attempt += 1;
        if record.excitatory.len() >= params.model.input.least_spikes
            || attempt == params.model.attempts()
        {
            return Ok((record, image));
        }
    }
}

/// Shows again the images that one network answered with too few spikes, until it answers or no attempts are left.
fn show_again(
    backend: &dyn Backend,
    network: Frozen<'_>,
    shown: TestImages<'_>,
    counts: &mut SpikeCounts,
) -> Result<(), BackendError> {
    let (least, n) = (
        network.network.params.model.input.least_spikes,
        counts.neurons,
    );
    let spikes = |counts: &[u16]| counts.iter().map(|&n| usize::from(n)).sum::<usize>();
    let is_weak = |counts: &SpikeCounts, place: usize| {
        spikes(&counts.counts[place * n..(place + 1) * n]) < least
    };
    let mut weak: Vec<usize> = (0..shown.images.len()).collect();
    for attempt in 1..network.network.params.model.attempts() {
        weak.retain(|&place| is_weak(counts, place));
        if weak.is_empty() {
            break;
        }
        let images: Vec<u32> = weak.iter().map(|&place| shown.images[place]).collect();
        let again = TestImages {
            images: &images,
            attempt,
            ..shown
        };
        for found in backend.test(&[network], again)? {
            for (&place, found) in weak.iter().zip(found.images()) {
                counts.counts[place * n..(place + 1) * n].copy_from_slice(found);
            }
        }
    }
    Ok(())
}
