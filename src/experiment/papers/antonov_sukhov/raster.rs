//! The spikes of one presentation, for a raster plot.

use super::{ArmName, Subject};
use crate::backend::{Backend, Frozen, TestImage};
use crate::experiment::ExperimentError;
use crate::experiment::answers::recorded;
use crate::experiment::test_sets::{TestSet, TestSets};
use crate::model::poisson::{Draw, RateTable, SpikeList};
use crate::network::Network;
use crate::params::INPUTS;

/// One known digit shown to one network, from rest.
#[derive(Clone, Debug, PartialEq)]
pub struct Presentation {
    pub arm: ArmName,
    pub seed: u64,
    /// The label shown.
    pub label: u8,
    /// (time in ms, input).
    pub inputs: Vec<(f64, u32)>,
    /// (time in ms, E neuron).
    pub excitatory: Vec<(f64, u32)>,
    /// (time in ms, I neuron).
    pub inhibitory: Vec<(f64, u32)>,
}

/// Shows the first known digit to the first seed of every arm of the first split, as its test does.
pub fn record(
    backend: &dyn Backend,
    sets: &TestSets<'_>,
    subjects: &[Subject<'_>],
) -> Result<Vec<Presentation>, ExperimentError> {
    let shown = sets.images(TestSet::Known);
    let shown = shown.filter(|shown| !shown.images.is_empty());
    let (Some(first), Some(shown)) = (subjects.first(), shown) else {
        return Ok(Vec::new());
    };
    let of_first_seed = |subject: &&Subject<'_>| subject.network.seed == first.network.seed;
    let of_subject = |subject: &Subject<'_>| {
        let frozen = Frozen {
            network: subject.network,
            weights: &subject.weights,
        };
        let (record, image) = recorded(backend, frozen, shown.at(0), &[])?;
        let params = &subject.network.params;
        let ms = |step: u32| f64::from(step) * params.model.time.dt_ms;
        let times = |spikes: &[(u32, u32)]| {
            let times = spikes.iter().map(|&(step, neuron)| (ms(step), neuron));
            times.collect()
        };
        let (steps, inputs) = (
            params.model.steps()?.stimulus,
            inputs(subject.network, image)?,
        );
        let inputs = (0..steps).flat_map(|step| {
            let inputs = inputs.at(step).iter();
            inputs.map(move |&input| (ms(step), u32::from(input)))
        });
        Ok(Presentation {
            arm: subject.name.clone(),
            seed: subject.network.seed,
            label: sets.known[0].class,
            inputs: inputs.collect(),
            excitatory: times(&record.excitatory),
            inhibitory: times(&record.inhibitory),
        })
    };
    subjects
        .iter()
        .filter(of_first_seed)
        .map(of_subject)
        .collect()
}

/// The input spikes that a test draws.
fn inputs(network: &Network, image: TestImage<'_>) -> Result<SpikeList, ExperimentError> {
    let params = &network.params;
    let draw = Draw {
        seed: network.seed,
        stream: image.stream,
        presentation: image.image,
        attempt: image.attempt,
    };
    let pixels = &image.pixels[image.image as usize * INPUTS..][..INPUTS];
    let mut spikes = SpikeList::default();
    let steps = params.model.steps()?.stimulus;
    RateTable::new(params, image.attempt).draw(draw, pixels, steps, &mut spikes);
    Ok(spikes)
}
