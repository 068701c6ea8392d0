//! The spikes of one presentation, for a raster plot.

use super::{ArmName, Plan, Reproduction, Set, TestSets};
use crate::backend::{Backend, Phase, Recorded};
use crate::experiment::ExperimentError;
use crate::model::poisson::{Draw, RateTable, SpikeList};
use crate::network::Network;
use crate::params::INPUTS;

/// One known digit shown to one network, from rest.
#[derive(Clone, Debug, PartialEq)]
pub struct Raster {
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

/// Shows the first known digit to the first seed of every arm of the first split.
pub fn record(
    backend: &dyn Backend,
    plan: &Plan,
    sets: &[TestSets<'_>],
    found: &Reproduction,
) -> Result<Vec<Raster>, ExperimentError> {
    let (Some(sets), Some(first)) = (sets.first(), found.arms.first()) else {
        return Ok(Vec::new());
    };
    let shown = sets.images(Set::Known);
    let Some(&image) = shown.images.first() else {
        return Ok(Vec::new());
    };
    let pixels = &shown.pixels[image as usize * INPUTS..][..INPUTS];
    let dt_ms = plan.params.time.dt_ms;
    let mut rasters = Vec::new();
    for arm in found
        .arms
        .iter()
        .filter(|arm| arm.seed == first.seed && arm.split == first.split)
    {
        let mut params = plan.params.clone();
        params.job.classes.clone_from(&arm.split.classes);
        let mut network = Network::new(&params, 0)?;
        network.weights.clone_from(&arm.weights);
        network
            .state
            .v_e_mv
            .fill(params.excitatory.v_rest_mv as f32);
        network
            .state
            .v_i_mv
            .fill(params.inhibitory.v_rest_mv as f32);
        let steps = params.steps()?.stimulus;
        let mut spikes = SpikeList::default();
        let draw = Draw {
            seed: network.seed,
            stream: shown.stream,
            presentation: image,
            attempt: 0,
        };
        RateTable::new(&params, 0).draw(draw, pixels, steps, &mut spikes);
        let inputs: Vec<(u32, u16)> = (0..steps)
            .flat_map(|step| spikes.at(step).iter().map(move |&input| (step, input)))
            .collect();
        let recorded = Recorded {
            spikes: &inputs,
            steps,
            phase: Phase::Test,
        };
        let record = backend.start(vec![network])?.present(&recorded)?.remove(0);
        let at = |&(step, neuron): &(u32, u32)| (f64::from(step) * dt_ms, neuron);
        rasters.push(Raster {
            arm: arm.pruning.clone(),
            seed: arm.seed,
            label: sets.known[0].class,
            inputs: inputs
                .iter()
                .map(|&(step, input)| (f64::from(step) * dt_ms, input.into()))
                .collect(),
            excitatory: record.excitatory.iter().map(at).collect(),
            inhibitory: record.inhibitory.iter().map(at).collect(),
        });
    }
    Ok(rasters)
}
