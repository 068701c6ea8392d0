//! One image shown to one network, with all that happens: as a test sees it, or as a training does.

use super::ExperimentError;
use super::answers::recorded;
use crate::backend::{Backend, Frozen, Phase, Record, Recorded, TestImage, Variable, Watched};
use crate::model::poisson::{Draw, RateTable, SpikeList};
use crate::model::rng::Stream;
use crate::network::Network;

/// A spike: time since the image came on, in ms, and the input or neuron.
pub type Spike = (f64, u32);

/// What one presentation evoked in one network.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Presentation {
    pub inputs: Vec<Spike>,
    pub excitatory: Vec<Spike>,
    pub inhibitory: Vec<Spike>,
    /// How often the image was shown before, with too few spikes.
    pub attempt: u32,
    /// Length of a step, and of the whole presentation.
    pub dt_ms: f64,
    pub duration_ms: f64,
    /// The neurons that were watched, by index.
    pub neurons: Vec<u32>,
    /// Their variables after each step.
    pub watched: Watched,
    /// Whether potentials are compared with the threshold as it moves, not with the latched one.
    pub is_live: bool,
}

impl Presentation {
    /// The ends of the steps, in ms: the times of what was watched.
    pub fn times_ms(&self) -> impl Iterator<Item = f64> {
        let dt_ms = self.dt_ms;
        (1..=self.watched.steps()).map(move |step| step as f64 * dt_ms)
    }

    /// The threshold, in mV, that the potential of the neuron at a place among those watched was compared with.
    ///
    /// # Panics
    /// When fewer neurons were watched.
    pub fn threshold_mv(&self, place: usize) -> impl Iterator<Item = f32> {
        let variable = match self.is_live {
            true => Variable::Threshold,
            false => Variable::Latched,
        };
        self.watched.series(variable, place)
    }
}

/// Shows an image to a frozen network from rest, as its test does; the neurons in `watch` are watched. The pixels are
/// those that are shown ([`super::prepare::pixels_as_shown`]).
///
/// # Errors
/// When an image or a neuron does not exist, or the backend fails.
pub fn show(
    backend: &dyn Backend,
    network: Frozen<'_>,
    image: TestImage<'_>,
    watch: &[u32],
) -> Result<Presentation, ExperimentError> {
    let (record, image) = recorded(backend, network, image, watch)?;
    let (network, steps) = (network.network, network.network.params.model.steps()?);
    let draw = Draw {
        seed: network.seed,
        stream: image.stream,
        presentation: image.presentation(),
        attempt: image.attempt,
    };
    let inputs = network.params.model.inputs();
    let pixels = &image.pixels[image.image as usize * inputs..][..inputs];
    let drawn = drawn(network, draw, pixels, steps.stimulus);
    let threshold = network.params.model.excitatory.threshold_test;
    let start = Start {
        clock: 0,
        steps: steps.stimulus,
        is_live: threshold.is_live(),
        attempt: draw.attempt,
    };
    Ok(presentation(network, &listed(&drawn), record, watch, start))
}

/// Shows input spikes, (step, input) each, to a frozen network from rest for so many steps, as a test shows an image.
///
/// # Errors
/// When an input or a neuron does not exist, or the backend fails.
pub fn present(
    backend: &dyn Backend,
    Frozen { network, weights }: Frozen<'_>,
    spikes: &[(u32, u16)],
    steps: u32,
    watch: &[u32],
) -> Result<Presentation, ExperimentError> {
    let mut session = backend.start(vec![network.at_rest(weights)?])?;
    let recorded = Recorded::new(spikes, steps, Phase::Test).watching(watch);
    let record = session.present(&recorded)?.remove(0);
    let mut inputs = spikes.to_vec();
    inputs.sort_unstable();
    let start = Start {
        clock: 0,
        steps,
        is_live: network.params.model.excitatory.threshold_test.is_live(),
        attempt: 0,
    };
    Ok(presentation(network, &inputs, record, watch, start))
}

/// Shows an image to a copy of a network that learns from it, as the next one of its training; the network itself stays
/// as it is. The pixels are those that are shown ([`super::prepare::pixels_as_shown`]).
///
/// # Errors
/// When the group or a neuron does not exist, or the backend fails.
pub fn teach(
    backend: &dyn Backend,
    network: &Network,
    pixels: &[u8],
    group: u32,
    watch: &[u32],
) -> Result<Presentation, ExperimentError> {
    let steps = network.params.model.steps()?;
    let draw = Draw {
        seed: network.seed,
        stream: Stream::Train,
        presentation: network.state.presented,
        attempt: 0,
    };
    let drawn = drawn(network, draw, pixels, steps.stimulus);
    let spikes = listed(&drawn);
    let steps = steps.stimulus + steps.rest;
    let recorded = Recorded::new(&spikes, steps, Phase::Train { group }).watching(watch);
    let mut session = backend.start(vec![network.clone()])?;
    let record = session.present(&recorded)?.remove(0);
    let threshold = network.params.model.excitatory.threshold_train;
    let start = Start {
        clock: network.state.clock,
        steps,
        is_live: threshold.is_live(),
        attempt: 0,
    };
    Ok(presentation(network, &spikes, record, watch, start))
}

/// The input spikes that a network draws.
fn drawn(network: &Network, draw: Draw, pixels: &[u8], steps: u32) -> SpikeList {
    let mut spikes = SpikeList::default();
    RateTable::new(&network.params, draw.attempt).draw(draw, pixels, steps, &mut spikes);
    spikes
}

/// Spikes as (step, input), in the order of time.
fn listed(spikes: &SpikeList) -> Vec<(u32, u16)> {
    (0..spikes.steps())
        .flat_map(|step| spikes.at(step).iter().map(move |&input| (step, input)))
        .collect()
}

/// How a presentation began.
struct Start {
    clock: u32,
    steps: u32,
    is_live: bool,
    attempt: u32,
}

fn presentation(
    network: &Network,
    inputs: &[(u32, u16)],
    record: Record,
    watch: &[u32],
    start: Start,
) -> Presentation {
    let dt_ms = network.params.model.time.dt_ms;
    let ms = |step: u32| f64::from(step) * dt_ms;
    let since_start = |spikes: &[(u32, u32)]| {
        let spikes = spikes.iter();
        spikes
            .map(|&(step, neuron)| (ms(step - start.clock), neuron))
            .collect()
    };
    let inputs = inputs.iter();
    Presentation {
        inputs: inputs
            .map(|&(step, input)| (ms(step), u32::from(input)))
            .collect(),
        excitatory: since_start(&record.excitatory),
        inhibitory: since_start(&record.inhibitory),
        attempt: start.attempt,
        dt_ms,
        duration_ms: ms(start.steps),
        neurons: watch.to_vec(),
        watched: record.watched,
        is_live: start.is_live,
    }
}
