// Learning in batches: what the images of a batch change is added up beside the weights, which change once. Twin of
// src/model/batch.rs, src/backend/cpu/batch/mod.rs and src/backend/cpu/batch/slot.rs.
//
// In `state` stand the networks, then a lane for each in which what outlasts an image is added up, then the lanes that run.

// Units of a change of gmax.
const UNITS: f32 = 1048576.0;
// Most units that one spike adds.
const MOST_UNITS: f32 = 2097152.0;
// What is added to it loses its fraction.
const ROUNDS: f32 = 12582912.0;
// No step of a slot.
const UNUSED: u32 = 0xffffffffu;
// The lane of a task that has nothing to do.
const NO_LANE: u32 = 0xffffffffu;

// Constants of learning in batches.
struct Batch {
    units_per_weight: f32,
    weight_per_unit: f32,
    // Most units that a batch changes a weight by.
    most_units: u32,
    // 1 where input spikes change weights, 0 where they leave no trace to change them by.
    before: u32,
}

// When an input fires in the slot of an image, and how its weights decay from the first of these spikes to the last.
struct Use {
    first: u32,
    last: u32,
    decay: f32,
}

// Where an input is in a batch: its last spike, and the decay of its weights since the batch began.
struct Passed {
    last_input: u32,
    decay: f32,
}

// A change of a weight in whole units, those that are no number as the least.
fn units(c: Batch, change: f32) -> i32 {
    let x = change * c.units_per_weight;
    let above = select(-MOST_UNITS, x, x > -MOST_UNITS);
    let limited = select(MOST_UNITS, above, above < MOST_UNITS);
    return bitcast<i32>(limited + ROUNDS) - bitcast<i32>(ROUNDS);
}

// Adds a change to the sum of weight number `at`, of 64 bits in two words.
fn add_change(c: Batch, at: u32, change: f32) {
    let added = units(c, change);
    if added == 0 {
        return;
    }
    let low = bitcast<u32>(added);
    let before = atomicAdd(&totals[dispatch.sums + 2u * at], low);
    let carry = select(0u, 1u, before > 0xffffffffu - low);
    let high = select(0u, 0xffffffffu, added < 0) + carry;
    if high != 0u {
        atomicAdd(&totals[dispatch.sums + 2u * at + 1u], high);
    }
}

// What a batch changes a weight by, from the sum of its changes, which is 0 then.
fn take_change(c: Batch, at: u32) -> f32 {
    let low = atomicExchange(&totals[dispatch.sums + 2u * at], 0u);
    let high = atomicExchange(&totals[dispatch.sums + 2u * at + 1u], 0u);
    let most = c.most_units;
    if high < 0x80000000u {
        return f32(select(min(low, most), most, high > 0u));
    }
    // Less than 0: what is missing to 0.
    let missing = ~low + 1u;
    let is_large = high != 0xffffffffu || low == 0u;
    return -f32(select(min(missing, most), most, is_large));
}

// A weight after a batch.
fn merged(c: Constants, w: f32, decay: f32, change: f32) -> f32 {
    let left = decayed_if_there(c, w, decay);
    return settled(c, w, change * c.batch.weight_per_unit + left);
}

// Two decays in turn as one.
fn together(c: Prune, first: f32, then: f32) -> f32 {
    if c.decay == LINEAR {
        return first + then;
    }
    return flush_tiny(first * then);
}

// Goes past a slot that began at a step of the clock.
fn pass_slot(c: Prune, passed: Passed, used: Use, slot: u32) -> Passed {
    if used.first == UNUSED {
        return passed;
    }
    var decay = passed.decay;
    if c.continuous == 1u {
        let idle = slot + used.first - passed.last_input;
        decay = together(c, together(c, decay, factor_or_loss(c, idle)), used.decay);
    }
    return Passed(slot + used.last, decay);
}

// One input spike of a lane, for own neuron k: the weight as it has decayed since the batch began adds to the
// conductances, the postsynaptic trace to the sums.
fn input_spike_in_batch(c: Constants, since: f32, at: u32, k: u32, takes_part: bool) {
    let left = decayed_if_there(c, weights[at], since);
    receive(c.conductance, select(0.0, acting(c.regrow, left), takes_part), k);
    if c.batch.before == 1u && takes_part {
        add_change(c.batch, at, trace_post[k]);
    }
}

// Post half for an E spike of neuron j: `lr2` times the presynaptic traces are added to the sums of its column.
fn output_spike_in_batch(c: Constants, lr2: f32, task: Task, now: u32, j: u32) {
    for (var i = 0u; i < INPUTS; i++) {
        let idle = now - of_input(task.lane, LAST_INPUT, i);
        let trace = decayed_pre(bitcast<f32>(of_input(task.lane, TRACE_PRE, i)), keep_pre(c.stdp, idle));
        let at = (task.network * INPUTS + i) * N + j;
        add_change(c.batch, at, lr2 * select(0.0, trace, kept(c.dropout, task, i, j)));
    }
}

// Word of the state of a network, of which nothing runs.
fn of_network(network: u32, field: u32, j: u32) -> u32 {
    return network * STRIDE + field * N + j;
}

// Word of an input of a network.
fn input_of_network(network: u32, field: u32, i: u32) -> u32 {
    return network * STRIDE + FIELDS * N + field * INPUTS + i;
}

// Where an input was when the last lanes of its network had run.
fn passed_by(c: Prune, network: u32, i: u32) -> Passed {
    let decay = bitcast<f32>(state[input_of_network(network, DECAY, i)]);
    let last_input = state[input_of_network(network, LAST_INPUT, i)];
    return Passed(last_input, select(decay, no_decay(c), dispatch.begins == 1u));
}

// The state in which an image of a batch begins: at rest but for what outlasts an image.
fn rest_in_batch(c: Constants, task: Task, thread: u32) {
    rest(c, task.lane, task.network, thread);
    for (var k = 0u; k < OWN; k++) {
        let j = min(thread + k * WORKGROUP, N - 1u);
        v_threshold_mv[k] = c.excitatory.v_threshold_mv;
        v_latched_mv[k] = c.excitatory.v_threshold_mv;
        if c.excitatory.threshold == HOMEOSTATIC {
            v_threshold_mv[k] = bitcast<f32>(state[of_network(task.network, V_THRESHOLD_MV, j)]);
        }
        last_spike_i[k] = task.slot + long_ago(c.inhibitory.refractory);
        last_spike_e[k] = state[of_network(task.network, LAST_SPIKE_E, j)];
        rule_state_1[k] = bitcast<f32>(state[of_network(task.network, RULE_STATE_1, j)]);
        rule_state_2[k] = bitcast<f32>(state[of_network(task.network, RULE_STATE_2, j)]);
    }
}

// Where the inputs are when the image of a task comes on, past the slots of those that run beside it.
fn pass_inputs(c: Constants, index: u32, task: Task, thread: u32) {
    for (var i = thread; i < INPUTS; i += WORKGROUP) {
        var passed = passed_by(c.prune, task.network, i);
        // Traces begin at 0, so when an input last fired matters to the decay alone.
        if c.prune.continuous == 1u {
            for (var other = index - task.place; other < index; other++) {
                let words = (other + 1u) * dispatch.spikes_stride - dispatch.uses + i;
                let used = Use(spikes[words], spikes[words + INPUTS], bitcast<f32>(spikes[words + 2u * INPUTS]));
                passed = pass_slot(c.prune, passed, used, tasks[other].slot);
            }
        }
        set_of_input(task.lane, TRACE_PRE, i, 0u);
        set_of_input(task.lane, LAST_INPUT, i, passed.last_input);
        set_of_input(task.lane, DECAY, i, bitcast<u32>(passed.decay));
    }
}

// Goes past the slots of the lanes that have run, and, where the batch ends, changes the weights of an input.
fn merge_input(c: Constants, network: u32, i: u32, thread: u32) {
    let first = dispatch.first_task + network * dispatch.lanes;
    let last_input = input_of_network(network, LAST_INPUT, i);
    let decay = input_of_network(network, DECAY, i);
    var passed = passed_by(c.prune, network, i);
    for (var index = first; index < first + dispatch.lanes; index++) {
        let words = (index + 1u) * dispatch.spikes_stride - dispatch.uses + i;
        let used = Use(
            atomicLoad(&drawn[words]),
            atomicLoad(&drawn[words + INPUTS]),
            bitcast<f32>(atomicLoad(&drawn[words + 2u * INPUTS])),
        );
        passed = pass_slot(c.prune, passed, used, tasks[index].slot);
    }
    if dispatch.ends == 1u {
        for (var j = thread; j < N; j += WORKGROUP) {
            let at = (network * INPUTS + i) * N + j;
            weights[at] = merged(c, weights[at], passed.decay, take_change(c.batch, at));
        }
    }
    storageBarrier();
    if thread == 0u {
        state[input_of_network(network, TRACE_PRE, i)] = 0u;
        state[last_input] = passed.last_input;
        state[decay] = bitcast<u32>(passed.decay);
    }
}

// A network in which nothing runs, but for what outlasts an image.
fn rest_network(c: Constants, network: u32, j: u32, clock: u32) {
    state[of_network(network, V_E_MV, j)] = bitcast<u32>(c.excitatory.v_rest_mv);
    state[of_network(network, V_LATCHED_MV, j)] = bitcast<u32>(c.excitatory.v_threshold_mv);
    state[of_network(network, GE_E, j)] = 0u;
    state[of_network(network, GI_E, j)] = 0u;
    state[of_network(network, TRACE_POST, j)] = 0u;
    state[of_network(network, V_I_MV, j)] = bitcast<u32>(c.inhibitory.v_rest_mv);
    state[of_network(network, GE_I, j)] = 0u;
    state[of_network(network, LAST_SPIKE_I, j)] = clock + long_ago(c.inhibitory.refractory);
    state[of_network(network, UNDER_WAY_S2, j)] = 0u;
    state[of_network(network, UNDER_WAY_S3, j)] = 0u;
}

// Adds up, slot after slot, what outlasts the images for neuron j; the network has it when the batch ends.
fn merge_neuron(c: Constants, network: u32, j: u32) {
    let sums = dispatch.networks + network;
    let remembers = c.excitatory.threshold == HOMEOSTATIC;
    var found_mv = bitcast<f32>(state[of_network(network, V_THRESHOLD_MV, j)]);
    if remembers {
        found_mv = fallen(c.excitatory, found_mv);
    }
    let found_1 = bitcast<f32>(state[of_network(network, RULE_STATE_1, j)]);
    let found_2 = bitcast<f32>(state[of_network(network, RULE_STATE_2, j)]);
    let found_spike = state[of_network(network, LAST_SPIKE_E, j)];
    var sum_mv = found_mv;
    var sum_1 = found_1;
    var sum_2 = found_2;
    var last_spike = found_spike;
    let first = dispatch.first_task + network * dispatch.lanes;
    if dispatch.begins == 1u {
        for (var image = 1u; remembers && image < dispatch.batch; image++) {
            sum_mv = fallen(c.excitatory, sum_mv);
        }
    } else {
        sum_mv = bitcast<f32>(state[of_network(sums, V_THRESHOLD_MV, j)]);
        sum_1 = bitcast<f32>(state[of_network(sums, RULE_STATE_1, j)]);
        sum_2 = bitcast<f32>(state[of_network(sums, RULE_STATE_2, j)]);
        last_spike = state[of_network(sums, LAST_SPIKE_E, j)];
    }
    for (var index = first; index < first + dispatch.lanes; index++) {
        let lane = 2u * dispatch.networks + network * dispatch.lanes + (index - first);
        if remembers {
            let rise = bitcast<f32>(state[of_network(lane, V_THRESHOLD_MV, j)]) - found_mv;
            sum_mv += rise;
        }
        let change_1 = bitcast<f32>(state[of_network(lane, RULE_STATE_1, j)]) - found_1;
        sum_1 += change_1;
        let change_2 = bitcast<f32>(state[of_network(lane, RULE_STATE_2, j)]) - found_2;
        sum_2 += change_2;
        // A spike after the slot, where an image was shown again, counts as one at its end.
        let spike = state[of_network(lane, LAST_SPIKE_E, j)];
        if spike != found_spike {
            let slot = tasks[index].slot;
            last_spike = slot + min(spike - slot, dispatch.steps - 1u);
        }
    }
    if dispatch.ends == 1u {
        if !remembers {
            sum_mv = c.excitatory.v_threshold_mv;
        }
        let clock = tasks[first + dispatch.lanes - 1u].slot + dispatch.steps;
        rest_network(c, network, j, clock);
    }
    let home = select(sums, network, dispatch.ends == 1u);
    state[of_network(home, V_THRESHOLD_MV, j)] = bitcast<u32>(sum_mv);
    state[of_network(home, RULE_STATE_1, j)] = bitcast<u32>(sum_1);
    state[of_network(home, RULE_STATE_2, j)] = bitcast<u32>(sum_2);
    state[of_network(home, LAST_SPIKE_E, j)] = last_spike;
}

// What happens between two runs of lanes: the results of the last are merged, the input spikes of the next are drawn.
// Workgroups of each network: those of the inputs, of the neurons, and of the tasks whose spikes are drawn.
@compute @workgroup_size(WORKGROUP)
fn turn(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    const OF_INPUTS: u32 = (INPUTS + FLUSHED - 1u) >> 1u;
    const OF_NEURONS: u32 = OWN;
    let network = group.y;
    if group.x >= OF_INPUTS + OF_NEURONS {
        let place = group.x - OF_INPUTS - OF_NEURONS;
        draw_task(dispatch.next_task + network * dispatch.draws + place, thread);
        return;
    }
    if dispatch.lanes == 0u {
        return;
    }
    let c = constants[2u * network];
    if group.x >= OF_INPUTS {
        let j = (group.x - OF_INPUTS) * WORKGROUP + thread;
        if j < N {
            merge_neuron(c, network, j);
        }
        return;
    }
    let first = FLUSHED * group.x;
    for (var i = first; i < min(first + FLUSHED, INPUTS); i++) {
        merge_input(c, network, i, thread);
    }
}

// Scales the incoming weights of all neurons before the images of a batch.
@compute @workgroup_size(WORKGROUP)
fn scale(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let c = constants[2u * group.y];
    let j = group.x * WORKGROUP + thread;
    if c.normalize.w_total > 0.0 && j < N {
        normalize_column(c, group.y, j);
    }
}
