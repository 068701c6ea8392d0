//! Records from copies of the state of lanes, step after step.

use crate::backend::{Record, Variable, Watched};

/// Fields of the state: the last E spike and the last I spike of each neuron.
const LAST_SPIKES: [u64; 2] = [6, 9];

/// The field of the state that holds a variable.
fn field(variable: Variable) -> u64 {
    match variable {
        Variable::PotentialE => 0,
        Variable::Threshold => 1,
        Variable::Latched => 2,
        Variable::ExcitationE => 3,
        Variable::InhibitionE => 4,
        Variable::TracePost => 5,
        Variable::PotentialI => 7,
        Variable::ExcitationI => 8,
    }
}

/// Fields to copy after each step: the last spikes, and all variables where neurons are watched.
pub fn fields(watch: &[u32]) -> Vec<u64> {
    let variables = Variable::ALL.into_iter().map(field);
    let watched = variables.filter(|_| !watch.is_empty());
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
