//! Synaptic operations of a test, and an estimate of their energy.

use super::evaluate::Evaluation;
use super::prepare::ShownImages;
use super::selection::{ClassImages, indices};
use crate::model::poisson::RateTable;
use crate::params::{Params, ParamsError};
use crate::trained::Replica;
use serde::Serialize;

/// Energy of a 32-bit operation in 45 nm silicon: a multiplication with an addition, and an addition alone, which is what
/// a spike costs (Horowitz, ISSCC 2014). The unit is nJ.
const MULTIPLY_ADD_NJ: f64 = 4.6e-3;
const ADD_NJ: f64 = 0.9e-3;

/// Synaptic operations in the mean of the images of a test: one for each synapse that is there behind each spike, or behind
/// an input that is not dark where inputs are currents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Operations {
    /// Of the synapses of the inputs.
    pub input_per_image: f64,
    /// Of all others.
    pub hidden_per_image: f64,
    /// An estimate of the energy of these operations alone, in nJ: 4.6 pJ a multiplication with addition, 0.9 pJ an
    /// addition.
    pub energy_nj_estimate: f64,
}

impl Operations {
    /// Where a signal of an input, and one of a hidden neuron, is a spike or a number.
    pub fn new([input, hidden]: [f64; 2], are_spikes: [bool; 2]) -> Self {
        let [of_input, of_hidden] =
            are_spikes.map(|spikes| if spikes { ADD_NJ } else { MULTIPLY_ADD_NJ });
        Self {
            input_per_image: input,
            hidden_per_image: hidden,
            energy_nj_estimate: input * of_input + hidden * of_hidden,
        }
    }
}

/// The mean of several networks, one at least.
pub fn mean(of: &[Operations]) -> Operations {
    let mean = |part: fn(&Operations) -> f64| of.iter().map(part).sum::<f64>() / of.len() as f64;
    Operations {
        input_per_image: mean(|own| own.input_per_image),
        hidden_per_image: mean(|own| own.hidden_per_image),
        energy_nj_estimate: mean(|own| own.energy_nj_estimate),
    }
}

/// Those of trained networks, whose test this was.
///
/// # Errors
/// When times are no whole steps.
pub fn of_networks(
    replicas: &[Replica],
    images: &ShownImages<'_>,
    tested: &[ClassImages],
    evaluations: &[Evaluation],
) -> Result<Vec<Operations>, ParamsError> {
    let tested: Vec<u32> = indices(tested).collect();
    let of_network = |(replica, evaluation): (&Replica, &Evaluation)| {
        let (params, weights) = (&replica.network.params, &replica.weights);
        let shown = (images.pixels(), tested.as_slice());
        of_network((params, weights), shown, evaluation.spikes)
    };
    replicas.iter().zip(evaluations).map(of_network).collect()
}

/// Those of a network with weights as tested, which fired so many spikes at these images. Input spikes are expected ones, of
/// each image's first showing. An E spike reaches its I neuron, which then reaches all other E neurons.
///
/// # Errors
/// When times are no whole steps.
pub fn of_network(
    (params, weights): (&Params, &[f32]),
    (pixels, images): (&[u8], &[u32]),
    evoked: u64,
) -> Result<Operations, ParamsError> {
    let (n, inputs) = (params.model.neurons(), params.model.inputs());
    let (table, steps) = (RateTable::new(params, 0), params.model.steps()?.stimulus);
    let smallest = (params.model.pruning.zero_below * params.model.gmax()) as f32;
    let rows = weights.chunks_exact(n);
    let there = rows.map(|row| row.iter().filter(|w| w.abs() >= smallest).count() as f64);
    let there: Vec<f64> = there.collect();
    let spikes: Vec<f64> = (0..=255).map(|byte| table.spikes(byte, steps)).collect();
    let of_image = |&image: &u32| -> f64 {
        let pixels = &pixels[image as usize * inputs..][..inputs];
        let pairs = pixels.iter().zip(&there);
        pairs
            .map(|(&byte, there)| spikes[usize::from(byte)] * there)
            .sum()
    };
    let per_image = |sum: f64| sum / images.len().max(1) as f64;
    let input = images.iter().map(of_image).sum();
    let hidden = evoked as f64 * n as f64;
    Ok(Operations::new(
        [per_image(input), per_image(hidden)],
        [true; 2],
    ))
}
