//! Records from copies of the state of lanes, step after step.

use crate::backend::{Record, Variable, Watched};
use crate::model::state::Neurons;

/// Fields of the state: the last E spike and the last I spike of each neuron.
const LAST_SPIKES: [u64; 2] = [
    Neurons::PLACES.last_spike_e as u64,
    Neurons::PLACES.last_spike_i as u64,
];

/// Fields to copy after each step: the last spikes, and all variables where neurons are watched.
pub fn fields(watch: &[u32]) -> Vec<u64> {
    let variables = Variable::ALL.map(|variable| *variable.of(&Neurons::PLACES) as u64);
    let watched = variables.into_iter().filter(|_| !watch.is_empty());
    LAST_SPIKES.into_iter().chain(watched).collect()
}

/// The records of lanes of so many neurons, from copies \[step, lane, field, neuron\] of [`fields`]: a neuron spikes in
/// a step if its last spike is of that step. `clocks` holds each lane's clock at the first step.
pub fn records(words: &[u32], clocks: &[u32], neurons: usize, watch: &[u32]) -> Vec<Record> {
    let new = Record {
        watched: Watched::of(watch.len()),
        ..Record::default()
    };
    let mut records = vec![new; clocks.len()];
    let of_lane = fields(watch).len() * neurons;
    for (step, lanes) in (0u32..).zip(words.chunks_exact(clocks.len() * of_lane)) {
        let lanes = lanes.chunks_exact(of_lane);
        for ((clock, record), fields) in clocks.iter().zip(&mut records).zip(lanes) {
            let now = clock + step;
            let fired = |last: &[u32]| {
                let neurons = (0u32..).zip(last).filter(|&(_, &last)| last == now);
                neurons.map(|(j, _)| (now, j)).collect::<Vec<_>>()
            };
            let (last, variables) = fields.split_at(LAST_SPIKES.len() * neurons);
            record.excitatory.extend(fired(&last[..neurons]));
            record.inhibitory.extend(fired(&last[neurons..]));
            for values in variables.chunks_exact(neurons) {
                let of = |&j: &u32| f32::from_bits(values[j as usize]);
                record.watched.push(watch.iter().map(of));
            }
        }
    }
    records
}
