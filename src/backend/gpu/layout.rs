//! What host and kernels share, field by field. Twin of shaders/common.wgsl; a test holds the two together.

use crate::model;
use crate::model::rng::Stream;
use crate::network::Network;
use crate::params::{Decay, INPUTS, Params, PruningMode, Rule, Threshold};
use bytemuck::{Pod, Zeroable};

/// How S1 is used by a dispatch.
pub const FROZEN: u32 = 0;
pub const PRUNING: u32 = 1;
pub const LEARNING: u32 = 2;

/// Values of each neuron in the state of a lane.
pub const FIELDS: usize = 12;

/// Groups that a network may have, one a label.
pub const GROUPS: usize = 10;

/// Marks in the counts: a potential that stopped being finite; more input spikes than there was room for.
pub const DIVERGED: u32 = u32::MAX;
pub const OVERFLOW: u32 = u32::MAX - 1;

/// A shift that stands for an intensity that never fires.
pub const SILENT: u32 = u32::MAX;

/// [`model::Constants`] of one network, flat.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
pub struct Constants {
    pub e_dt_per_tau_membrane: f32,
    pub e_v_rest_mv: f32,
    pub e_v_reset_mv: f32,
    pub e_e_excitatory_mv: f32,
    pub e_e_inhibitory_mv: f32,
    pub e_keep_ge: f32,
    pub e_keep_gi: f32,
    pub e_v_threshold_mv: f32,
    pub e_v_threshold_test_mv: f32,
    pub e_dt_per_tau_threshold: f32,
    pub e_keep_theta: f32,
    pub e_threshold_step_mv: f32,
    pub i_dt_per_tau_membrane: f32,
    pub i_v_rest_mv: f32,
    pub i_v_reset_mv: f32,
    pub i_e_excitatory_mv: f32,
    pub i_keep_ge: f32,
    pub i_v_threshold_mv: f32,
    pub w_s2: f32,
    pub w_s3: f32,
    pub inhibitory_gain: f32,
    pub most_ge_i: f32,
    pub most_gi_e: f32,
    pub w_min: f32,
    pub gmax: f32,
    pub a_pre: f32,
    pub a_post: f32,
    pub dt_per_tau_pre: f32,
    pub keep_post: f32,
    pub keep_at_spike: f32,
    pub w_total: f32,
    pub decay_per_step: f32,
    pub spikes_per_step: f32,
    pub spikes_floor: f32,
    pub tolerance: f32,
    pub dt_per_tau_post_slow: f32,
    pub refractory_e: u32,
    pub refractory_i: u32,
    pub threshold_train: u32,
    pub threshold_test: u32,
    pub prune_in_training: u32,
    pub group_size: u32,
    pub rule: u32,
    pub decay: u32,
    pub dropout: u32,
}

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
}

fn threshold(kind: Threshold) -> u32 {
    match kind {
        Threshold::Live => 0,
        Threshold::Latched => 1,
        Threshold::Fixed => 2,
        Threshold::Homeostatic => 3,
    }
}

fn rule(rule: Rule) -> u32 {
    match rule {
        Rule::Stdp => 0,
        Rule::StdpAllLtd => 1,
        Rule::CountGated => 2,
        Rule::Triplet => 3,
    }
}

fn decay(decay: Decay) -> u32 {
    match decay {
        Decay::Gaussian => 0,
        Decay::Exponential => 1,
        Decay::Linear => 2,
    }
}

impl Constants {
    pub fn new(c: &model::Constants, params: &Params) -> Self {
        let (e, i, stdp) = (&c.excitatory, &c.inhibitory, &c.stdp);
        Self {
            e_dt_per_tau_membrane: e.dt_per_tau_membrane,
            e_v_rest_mv: e.v_rest_mv,
            e_v_reset_mv: e.v_reset_mv,
            e_e_excitatory_mv: e.e_excitatory_mv,
            e_e_inhibitory_mv: e.e_inhibitory_mv,
            e_keep_ge: e.keep_ge,
            e_keep_gi: e.keep_gi,
            e_v_threshold_mv: e.v_threshold_mv,
            e_v_threshold_test_mv: e.v_threshold_test_mv,
            e_dt_per_tau_threshold: e.dt_per_tau_threshold,
            e_keep_theta: e.keep_theta,
            e_threshold_step_mv: e.threshold_step_mv,
            i_dt_per_tau_membrane: i.dt_per_tau_membrane,
            i_v_rest_mv: i.v_rest_mv,
            i_v_reset_mv: i.v_reset_mv,
            i_e_excitatory_mv: i.e_excitatory_mv,
            i_keep_ge: i.keep_ge,
            i_v_threshold_mv: i.v_threshold_mv,
            w_s2: c.w_s2,
            w_s3: c.w_s3,
            inhibitory_gain: c.conductance.inhibitory_gain,
            most_ge_i: c.conductance.most_ge_i,
            most_gi_e: c.conductance.most_gi_e,
            w_min: stdp.w_min,
            gmax: stdp.gmax,
            a_pre: stdp.a_pre,
            a_post: stdp.a_post,
            dt_per_tau_pre: stdp.dt_per_tau_pre,
            keep_post: stdp.keep_post,
            keep_at_spike: stdp.keep_at_spike,
            w_total: c.normalize.w_total,
            decay_per_step: c.prune.per_step,
            spikes_per_step: c.gate.spikes_per_step,
            spikes_floor: c.gate.spikes_floor,
            tolerance: c.gate.tolerance,
            dt_per_tau_post_slow: c.gate.dt_per_tau_post_slow,
            refractory_e: c.steps.refractory_e,
            refractory_i: c.steps.refractory_i,
            threshold_train: threshold(e.threshold_train),
            threshold_test: threshold(e.threshold_test),
            prune_in_training: u32::from(params.model.pruning.mode == PruningMode::Continuous),
            group_size: c.gate.group_size,
            rule: rule(c.gate.rule),
            decay: decay(c.prune.decay),
            dropout: c.dropout,
        }
    }
}

/// Words of the state of one lane.
pub fn state_stride(neurons: usize) -> usize {
    FIELDS * neurons + 2 * INPUTS + GROUPS
}

/// Words of the wiring of one network.
pub fn wiring_stride(neurons: usize) -> usize {
    (neurons + neurons * neurons).div_ceil(2) + neurons
}

/// Delays of S2, then of S3, two to a word; then the bits of the thresholds with which a test image begins.
pub fn pack_wiring(network: &Network, words: &mut Vec<u32>) {
    let delays: Vec<u16> = [&network.delays_s2[..], &network.delays_s3[..]].concat();
    let word = |pair: &[u16]| u32::from(pair[0]) | u32::from(*pair.get(1).unwrap_or(&0)) << 16;
    words.extend(delays.chunks(2).map(word));
    let thresholds = network.thresholds_in_test();
    words.extend(thresholds.iter().map(|value| value.to_bits()));
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

/// The state of one lane, floats by their bits.
pub fn pack_state(network: &Network, words: &mut Vec<u32>) {
    let (state, n) = (&network.state, network.params.model.neurons());
    let mut floats = |values: &[f32]| words.extend(values.iter().map(|value| value.to_bits()));
    for values in [
        &state.v_e_mv,
        &state.v_threshold_mv,
        &state.v_latched_mv,
        &state.ge_e,
        &state.gi_e,
        &state.trace_post,
    ] {
        floats(values);
    }
    words.extend(&state.last_spike_e);
    words.extend(
        state
            .v_i_mv
            .iter()
            .chain(&state.ge_i)
            .map(|value| value.to_bits()),
    );
    words.extend(&state.last_spike_i);
    words.extend(under_way(&state.arrivals_s2, n));
    words.extend(under_way(&state.arrivals_s3, n));
    words.extend(state.trace_pre.iter().map(|value| value.to_bits()));
    words.extend(&state.last_input);
    // Spikes of the groups within an image: a network is between two.
    words.extend([0; GROUPS]);
}

/// The inverse of [`pack_state`].
pub fn unpack_state(words: &[u32], network: &mut Network) {
    let n = network.params.model.neurons();
    let state = &mut network.state;
    let field = |index: usize| &words[index * n..(index + 1) * n];
    let floats = |values: &[u32]| {
        values
            .iter()
            .map(|&bits| f32::from_bits(bits))
            .collect::<Vec<f32>>()
    };
    state.v_e_mv = floats(field(0));
    state.v_threshold_mv = floats(field(1));
    state.v_latched_mv = floats(field(2));
    state.ge_e = floats(field(3));
    state.gi_e = floats(field(4));
    state.trace_post = floats(field(5));
    state.last_spike_e = field(6).to_vec();
    state.v_i_mv = floats(field(7));
    state.ge_i = floats(field(8));
    state.last_spike_i = field(9).to_vec();
    let inputs = &words[FIELDS * n..];
    state.trace_pre = floats(&inputs[..INPUTS]);
    state.last_input = inputs[INPUTS..2 * INPUTS].to_vec();
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
