//! What an image evokes, what is answered to it, and what in the weights answered.

use crate::errors::thrown;
use crate::objects::with_arrays;
use js_sys::{Float32Array, Float64Array, Uint32Array};
use serde::Serialize;
use spikeprune::Simulation;
use spikeprune::experiment::presentation::{Presentation, Spike};
use spikeprune::front_end::pictures;
use spikeprune::labels::Decision;
use spikeprune::trained::Replica;
use wasm_bindgen::{JsError, JsValue};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    duration_ms: f64,
    /// The label; none where nothing spiked, or several got the most.
    answer: Option<u8>,
    tied: bool,
}

/// Shows an image to the first network from rest.
pub fn show(simulation: &Simulation, pixels: &[u8]) -> Result<JsValue, JsError> {
    let shown = simulation.show(pixels, &[]).map_err(thrown)?;
    let replica = &simulation.replicas()[0];
    let counts = counts(&shown.excitatory, simulation.params().model.neurons());
    // Neurons that vote by labels have none before their training has ended.
    let votes = simulation.votes(0, &counts).unwrap_or_default();
    let decision = Decision::of(votes.iter().copied());
    let classes = &simulation.params().model.network.classes;
    let answer = decision.class().map(|class| classes[class]);
    let evidence = match answer {
        Some(label) => evidence(replica, &shown, label),
        None => vec![0.0; replica.network.params.model.image().len()],
    };
    let answer = Answer {
        duration_ms: shown.duration_ms,
        answer,
        tied: decision.is_tied(),
    };
    with_arrays(
        &answer,
        [
            ("input", spikes(&shown.inputs)?),
            ("excitatory", spikes(&shown.excitatory)?),
            ("inhibitory", spikes(&shown.inhibitory)?),
            ("groupSpikes", Float64Array::from(&votes[..]).into()),
            ("evidence", Float32Array::from(&evidence[..]).into()),
        ],
    )
}

/// Spikes of each neuron.
fn counts(spikes: &[Spike], neurons: usize) -> Vec<u16> {
    let mut counts = vec![0; neurons];
    for &(_, neuron) in spikes {
        counts[neuron as usize] += 1;
    }
    counts
}

fn spikes(spikes: &[Spike]) -> Result<JsValue, JsError> {
    let times: Vec<f32> = spikes.iter().map(|&(ms, _)| ms as f32).collect();
    let index: Vec<u32> = spikes.iter().map(|&(_, index)| index).collect();
    with_arrays(
        &serde_json::Map::new(),
        [
            ("times", Float32Array::from(&times[..]).into()),
            ("index", Uint32Array::from(&index[..]).into()),
        ],
    )
}

/// What each place of the image gave to the neurons of a label: the spikes of its inputs times their weights, the most of
/// them 1; what inhibited is 0.
fn evidence(replica: &Replica, shown: &Presentation, label: u8) -> Vec<f32> {
    let input = &replica.network.params.model.input;
    let labels = replica.labels_of_neurons();
    let inputs = counts(&shown.inputs, input.shape().len());
    let given = inputs
        .iter()
        .zip(replica.weights.chunks_exact(labels.len()));
    let given = given.map(|(&spikes, weights)| {
        let own = weights
            .iter()
            .zip(&labels)
            .filter(|(_, of)| **of == Some(label));
        f32::from(spikes) * own.map(|(weight, _)| weight).sum::<f32>()
    });
    let given: Vec<f32> = given.collect();
    let places = pictures(input, &given);
    let most = places.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    places.iter().map(|place| place.max(0.0) / most).collect()
}
