// What moves in a lane besides its weights: in registers and workgroup memory during a dispatch, in `state` between
// dispatches. Variables of inputs that find no room in workgroup memory never leave `state`. Twin of src/model/state.rs.

// For each lane FIELDS values of each neuron; INPUT_FIELDS of each input, and its DECAY; then the spikes of each group in
// this image. Floats by their bits.
@group(0) @binding(4) var<storage, read_write> state: array<u32>;

// Places of the variables of a neuron; the last three are spikes under way to it through S2 and S3, and its own in this
// image.
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
const RULE_STATE_1: u32 = 10u;
const RULE_STATE_2: u32 = 11u;
const UNDER_WAY_S2: u32 = 12u;
const UNDER_WAY_S3: u32 = 13u;
const SPIKES: u32 = 14u;
const FIELDS: u32 = 15u;

// Places of the variables of an input; after them, within a step, the decay of the weights at each of its input spikes, or,
// within a batch, the decay of the weights of each input since it began.
const TRACE_PRE: u32 = 0u;
const LAST_INPUT: u32 = 1u;
const INPUT_FIELDS: u32 = 2u;
const DECAY: u32 = 2u;

// Words of the variables of inputs, and of the state of a lane.
const INPUT_WORDS: u32 = (INPUT_FIELDS + 1u) * INPUTS;
const STRIDE: u32 = FIELDS * N + INPUT_WORDS + GROUPS;

// What a lane has of its inputs during a dispatch, in the order of `state`; no array is empty.
var<workgroup> shared_inputs: array<u32, max(1u, (DECAY + 1u) * SHARED)>;

// A value of input i, or of the i-th input spike of a step; a float by its bits.
fn of_input(lane: u32, field: u32, i: u32) -> u32 {
    if SHARED > 0u {
        return shared_inputs[field * INPUTS + i];
    }
    return state[lane * STRIDE + FIELDS * N + field * INPUTS + i];
}

fn set_of_input(lane: u32, field: u32, i: u32, value: u32) {
    if SHARED > 0u {
        shared_inputs[field * INPUTS + i] = value;
    } else {
        state[lane * STRIDE + FIELDS * N + field * INPUTS + i] = value;
    }
}

// All threads wait for each other; then each sees what the others have written of inputs and to workgroup memory.
fn meet() {
    workgroupBarrier();
    if SHARED == 0u {
        storageBarrier();
    }
}

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
            rule_state_1[k] = bitcast<f32>(state[at + RULE_STATE_1 * N]);
            rule_state_2[k] = bitcast<f32>(state[at + RULE_STATE_2 * N]);
            own_spikes[k] = select(state[at + SPIKES * N], 0u, dispatch.first_step == 0u);
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
            state[at + RULE_STATE_1 * N] = bitcast<u32>(rule_state_1[k]);
            state[at + RULE_STATE_2 * N] = bitcast<u32>(rule_state_2[k]);
            state[at + SPIKES * N] = own_spikes[k];
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
        rule_state_1[k] = 0.0;
        rule_state_2[k] = 0.0;
        own_spikes[k] = 0u;
    }
    clear_rings(lane, thread);
}

// Variables of an input that last from dispatch to dispatch.
fn kept_fields() -> u32 {
    return select(INPUT_FIELDS, INPUT_FIELDS + 1u, dispatch.s1 == BATCH);
}

fn load_inputs(lane: u32, thread: u32) {
    let base = lane * STRIDE + FIELDS * N;
    for (var at = thread; at < kept_fields() * SHARED; at += WORKGROUP) {
        shared_inputs[at] = state[base + at];
    }
    let spikes_of = base + INPUT_WORDS;
    for (var q = thread; q < GROUPS; q += WORKGROUP) {
        atomicStore(&group_spikes[q], select(state[spikes_of + q], 0u, dispatch.first_step == 0u));
    }
}

fn store_inputs(lane: u32, thread: u32) {
    let base = lane * STRIDE + FIELDS * N;
    for (var at = thread; at < kept_fields() * SHARED; at += WORKGROUP) {
        state[base + at] = shared_inputs[at];
    }
    let spikes_of = base + INPUT_WORDS;
    for (var q = thread; q < GROUPS; q += WORKGROUP) {
        state[spikes_of + q] = atomicLoad(&group_spikes[q]);
    }
}
