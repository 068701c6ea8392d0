//! What host and kernels share, field by field. Twin of shaders/common.wgsl; a test holds the two together.

use super::pipelines::Size;
use crate::model::rng::Stream;
use crate::model::rule::{GROUPS, Program};
use crate::model::state::{Inputs, Neurons, Value};
use crate::network::Network;
use crate::params::ParamsError;
use bytemuck::{Pod, Zeroable};

/// How S1 is used by a dispatch.
pub const FROZEN: u32 = 0;
pub const PRUNING: u32 = 1;
pub const LEARNING: u32 = 2;
pub const BATCH: u32 = 3;

/// Values of each neuron in the state of a lane: its variables, then the spikes under way to it through S2 and S3, and its
/// own in this image.
pub const FIELDS: usize = SPIKES + 1;
pub const UNDER_WAY_S2: usize = Neurons::COUNT;
pub const UNDER_WAY_S3: usize = Neurons::COUNT + 1;
pub const SPIKES: usize = Neurons::COUNT + 2;

/// Marks in the counts, a bit each: a potential that stopped being finite; more input spikes than there was room for.
pub const DIVERGED: u32 = 0x8000_0000;
pub const OVERFLOW: u32 = 0x4000_0000;

/// Words of the uses of one input, which follow the spikes of a task where images are learned from in batches.
pub const USE_WORDS: u32 = 3;

/// The lane of a task that has nothing to do.
pub const NO_LANE: u32 = u32::MAX;

/// A shift that stands for an intensity that never fires.
pub const SILENT: u32 = u32::MAX;

/// One presentation in one lane.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub struct Task {
    pub network: u32,
    pub lane: u32,
    pub rates: u32,
    pub image: u32,
    pub seed_low: u32,
    pub seed_high: u32,
    pub stream: u32,
    pub presentation: u32,
    pub clock: u32,
    pub group: u32,
    pub step_scale: f32,
    pub presented: f32,
    pub place: u32,
    pub slot: u32,
}

impl Task {
    /// A presentation of image 0 to group 0 at clock 0, for the first time, in the lane of the network.
    pub fn new(network: usize, seed: u64, stream: Stream, presentation: u32) -> Self {
        Self {
            network: network as u32,
            lane: network as u32,
            rates: network as u32,
            image: 0,
            seed_low: seed as u32,
            seed_high: (seed >> 32) as u32,
            stream: stream as u32,
            presentation,
            clock: 0,
            group: 0,
            step_scale: 1.0,
            presented: 0.0,
            place: 0,
            slot: 0,
        }
    }
}

/// What one dispatch does.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
pub struct Dispatch {
    pub first_task: u32,
    pub first_step: u32,
    pub steps: u32,
    pub stimulus: u32,
    pub s1: u32,
    pub from_rest: u32,
    pub latch: u32,
    pub slots_s2: u32,
    pub slots_s3: u32,
    pub spikes_stride: u32,
    pub share: u32,
    pub networks: u32,
    pub sums: u32,
    pub uses: u32,
    pub lanes: u32,
    pub batch: u32,
    pub begins: u32,
    pub ends: u32,
    pub next_task: u32,
    pub draws: u32,
}

/// Words of the state of one lane.
pub fn state_stride(size: Size) -> usize {
    // After the variables of inputs there is room for a decay of each.
    FIELDS * size.neurons + (Inputs::COUNT + 1) * size.inputs + GROUPS
}

/// Words of the program of a learning rule.
pub const PROGRAM_WORDS: usize = size_of::<Program>() / 4;

/// Words of the fixed arrays of one network.
pub fn fixed_stride(size: Size) -> usize {
    let delays = size.neurons + size.delay_rows * size.neurons;
    delays.div_ceil(2) + size.neurons + PROGRAM_WORDS
}

/// Delays of S2, then of S3, two to a word; then the bits of the thresholds with which a test image begins, and the program
/// of the learning rule.
///
/// # Errors
/// When the rule makes no sense.
pub fn pack_fixed(network: &Network, words: &mut Vec<u32>) -> Result<(), ParamsError> {
    let delays: Vec<u16> = [&network.delays_s2[..], &network.delays_s3[..]].concat();
    let word = |pair: &[u16]| u32::from(pair[0]) | u32::from(*pair.get(1).unwrap_or(&0)) << 16;
    words.extend(delays.chunks(2).map(word));
    let thresholds = network.thresholds_in_test();
    words.extend(thresholds.iter().map(|value| value.to_bits()));
    words.extend_from_slice(bytemuck::cast_slice(&[Program::new(
        &network.params.model,
    )?]));
    Ok(())
}

/// Spikes under way to each neuron.
fn under_way(arrivals: &[u16], neurons: usize) -> Vec<u32> {
    let mut sums = vec![0; neurons];
    for row in arrivals.chunks_exact(neurons) {
        sums.iter_mut()
            .zip(row)
            .for_each(|(sum, &count)| *sum += u32::from(count));
    }
    sums
}

/// Adds the values of a variable, floats by their bits.
fn pack(values: Value<&Vec<f32>, &Vec<u32>>, words: &mut Vec<u32>) {
    match values {
        Value::F32(values) => words.extend(values.iter().map(|value| value.to_bits())),
        Value::U32(values) => words.extend(values),
    }
}

/// The inverse of [`pack`].
fn unpack(words: &[u32], values: Value<&mut Vec<f32>, &mut Vec<u32>>) {
    match values {
        Value::F32(values) => *values = words.iter().map(|&bits| f32::from_bits(bits)).collect(),
        Value::U32(values) => *values = words.to_vec(),
    }
}

/// The state of one lane, floats by their bits.
pub fn pack_state(network: &Network, words: &mut Vec<u32>) {
    let (state, model) = (&network.state, &network.params.model);
    let (inputs, n) = (model.inputs(), model.neurons());
    for (_, values) in state.neurons.list() {
        pack(values, words);
    }
    words.extend(under_way(&state.arrivals_s2, n));
    words.extend(under_way(&state.arrivals_s3, n));
    // A network is between two images.
    words.resize(words.len() + n, 0);
    for (_, values) in state.inputs.list() {
        pack(values, words);
    }
    // Decays since a batch began, and spikes of the groups within an image.
    words.resize(words.len() + inputs + GROUPS, 0);
}

/// The inverse of [`pack_state`].
pub fn unpack_state(words: &[u32], network: &mut Network) {
    let (n, of_inputs) = (
        network.params.model.neurons(),
        network.params.model.inputs(),
    );
    let (neurons, inputs) = words.split_at(FIELDS * n);
    let state = &mut network.state;
    for ((_, values), words) in state.neurons.list_mut().into_iter().zip(neurons.chunks(n)) {
        unpack(words, values);
    }
    for ((_, values), words) in state
        .inputs
        .list_mut()
        .into_iter()
        .zip(inputs.chunks(of_inputs))
    {
        unpack(words, values);
    }
}

/// Both rings of one lane, S2 first, as the kernels index them: slot (clock + d) mod slots.
pub fn pack_rings(network: &Network, words: &mut Vec<u32>) {
    let (state, n) = (&network.state, network.params.model.neurons());
    for arrivals in [&state.arrivals_s2, &state.arrivals_s3] {
        let slots = arrivals.len() / n;
        let first = words.len();
        words.resize(first + arrivals.len(), 0);
        for (d, row) in arrivals.chunks_exact(n).enumerate() {
            let slot = state.clock.wrapping_add(d as u32) as usize % slots;
            let into = &mut words[first + slot * n..][..n];
            into.iter_mut()
                .zip(row)
                .for_each(|(word, &count)| *word = u32::from(count));
        }
    }
}

/// The inverse of [`pack_rings`]; the clock must be set already.
pub fn unpack_rings(words: &[u32], network: &mut Network) {
    let (state, n) = (&mut network.state, network.params.model.neurons());
    let split = state.arrivals_s2.len();
    let rings = [
        (&mut state.arrivals_s2, &words[..split]),
        (&mut state.arrivals_s3, &words[split..]),
    ];
    for (arrivals, ring) in rings {
        let slots = arrivals.len() / n;
        for (d, row) in arrivals.chunks_exact_mut(n).enumerate() {
            let slot = state.clock.wrapping_add(d as u32) as usize % slots;
            row.iter_mut()
                .zip(&ring[slot * n..])
                .for_each(|(count, &word)| *count = word as u16);
        }
    }
}
