// What moves in a lane besides its weights: in registers and workgroup memory during a dispatch, in `state` between
// dispatches. Twin of src/model/state.rs.

// For each lane FIELDS values of each neuron, INPUT_FIELDS of each input, then the spikes of each group in this image;
// floats by their bits.
@group(0) @binding(4) var<storage, read_write> state: array<u32>;

// Places of the variables of a neuron; the last two are spikes under way to it through S2 and S3.
const V_E_MV: u32 = 0u;
const V_THRESHOLD_MV: u32 = 1u;
const V_LATCHED_MV: u32 = 2u;
const GE_E: u32 = 3u;
const GI_E: u32 = 4u;
const TRACE_POST: u32 = 5u;
const LAST_SPIKE_E: u32 = 6u;
const V_I_MV: u32 = 7u;
const GE_I: u32 = 8u;
const LAST_SPIKE_I: u32 = 9u;
const UNDER_WAY_S2: u32 = 10u;
const UNDER_WAY_S3: u32 = 11u;
const FIELDS: u32 = 12u;

// Places of the variables of an input.
const TRACE_PRE: u32 = 0u;
const LAST_INPUT: u32 = 1u;
const INPUT_FIELDS: u32 = 2u;

const STRIDE: u32 = FIELDS * N + INPUT_FIELDS * INPUTS + GROUPS;

fn load(lane: u32, thread: u32) {
    for (var k = 0u; k < OWN; k++) {
        let j = thread + k * WORKGROUP;
        if j < N {
            let at = lane * STRIDE + j;
            v_e_mv[k] = bitcast<f32>(state[at + V_E_MV * N]);
            v_threshold_mv[k] = bitcast<f32>(state[at + V_THRESHOLD_MV * N]);
            v_latched_mv[k] = bitcast<f32>(state[at + V_LATCHED_MV * N]);
            ge_e[k] = bitcast<f32>(state[at + GE_E * N]);
            gi_e[k] = bitcast<f32>(state[at + GI_E * N]);
            trace_post[k] = bitcast<f32>(state[at + TRACE_POST * N]);
            last_spike_e[k] = state[at + LAST_SPIKE_E * N];
            v_i_mv[k] = bitcast<f32>(state[at + V_I_MV * N]);
            ge_i[k] = bitcast<f32>(state[at + GE_I * N]);
            last_spike_i[k] = state[at + LAST_SPIKE_I * N];
            under_way_s2[k] = state[at + UNDER_WAY_S2 * N];
            under_way_s3[k] = state[at + UNDER_WAY_S3 * N];
        }
    }
}

fn store(lane: u32, thread: u32) {
    for (var k = 0u; k < OWN; k++) {
        let j = thread + k * WORKGROUP;
        if j < N {
            let at = lane * STRIDE + j;
            state[at + V_E_MV * N] = bitcast<u32>(v_e_mv[k]);
            state[at + V_THRESHOLD_MV * N] = bitcast<u32>(v_threshold_mv[k]);
            state[at + V_LATCHED_MV * N] = bitcast<u32>(v_latched_mv[k]);
            state[at + GE_E * N] = bitcast<u32>(ge_e[k]);
            state[at + GI_E * N] = bitcast<u32>(gi_e[k]);
            state[at + TRACE_POST * N] = bitcast<u32>(trace_post[k]);
            state[at + LAST_SPIKE_E * N] = last_spike_e[k];
            state[at + V_I_MV * N] = bitcast<u32>(v_i_mv[k]);
            state[at + GE_I * N] = bitcast<u32>(ge_i[k]);
            state[at + LAST_SPIKE_I * N] = last_spike_i[k];
            state[at + UNDER_WAY_S2 * N] = under_way_s2[k];
            state[at + UNDER_WAY_S3 * N] = under_way_s3[k];
        }
    }
}

// The state in which a test image begins: potentials at rest, the thresholds that the host gave, all else 0.
fn rest(c: Constants, lane: u32, network: u32, thread: u32) {
    for (var k = 0u; k < OWN; k++) {
        v_e_mv[k] = c.excitatory.v_rest_mv;
        v_threshold_mv[k] = threshold_in_test(network, min(thread + k * WORKGROUP, N - 1u));
        v_latched_mv[k] = v_threshold_mv[k];
        ge_e[k] = 0.0;
        gi_e[k] = 0.0;
        trace_post[k] = 0.0;
        last_spike_e[k] = long_ago(c.excitatory.refractory);
        v_i_mv[k] = c.inhibitory.v_rest_mv;
        ge_i[k] = 0.0;
        last_spike_i[k] = long_ago(c.inhibitory.refractory);
        under_way_s2[k] = 0u;
        under_way_s3[k] = 0u;
    }
    clear_rings(lane, thread);
}

fn load_inputs(lane: u32, thread: u32) {
    let base = lane * STRIDE + FIELDS * N;
    for (var i = thread; i < INPUTS; i += WORKGROUP) {
        trace_pre[i] = bitcast<f32>(state[base + TRACE_PRE * INPUTS + i]);
        last_input[i] = state[base + LAST_INPUT * INPUTS + i];
    }
    let spikes_of = base + INPUT_FIELDS * INPUTS;
    for (var q = thread; q < GROUPS; q += WORKGROUP) {
        atomicStore(&group_spikes[q], select(state[spikes_of + q], 0u, dispatch.first_step == 0u));
    }
}

fn store_inputs(lane: u32, thread: u32) {
    let base = lane * STRIDE + FIELDS * N;
    for (var i = thread; i < INPUTS; i += WORKGROUP) {
        state[base + TRACE_PRE * INPUTS + i] = bitcast<u32>(trace_pre[i]);
        state[base + LAST_INPUT * INPUTS + i] = last_input[i];
    }
    let spikes_of = base + INPUT_FIELDS * INPUTS;
    for (var q = thread; q < GROUPS; q += WORKGROUP) {
        state[spikes_of + q] = atomicLoad(&group_spikes[q]);
    }
}
