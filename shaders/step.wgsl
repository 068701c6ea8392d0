// The kernel that advances lanes by steps, in the order that src/model/mod.rs gives. Twin of
// src/backend/cpu/step.rs and src/model/mod.rs.
//
// One workgroup a lane. A thread owns neurons thread, thread + WORKGROUP, ...: their E and I state, their columns
// of the weights, and the ring slots of what arrives at them. So threads meet only over the I spikes of a step,
// and, where inputs carry traces or are pruned, over the inputs.

// model::Constants: factors of one step, from the host, so that no kernel divides.
struct Constants {
    excitatory: Excitatory,
    inhibitory: Inhibitory,
    conductance: Conductance,
    stdp: Stdp,
    normalize: Normalize,
    groups: Groups,
    dropout: Dropout,
    prune: Prune,
    regrow: Regrow,
    batch: Batch,
}

@group(0) @binding(0) var<uniform> dispatch: Dispatch;
@group(0) @binding(1) var<storage, read> tasks: array<Task>;
// For each network those of its training, then those of its testing.
@group(0) @binding(2) var<storage, read> constants: array<Constants>;
// For each task stimulus + 1 starts, then inputs.
@group(0) @binding(7) var<storage, read> spikes: array<u32>;
// E spikes since the host cleared them, and a mark where something went wrong: of each lane's neurons or, in a batch, of
// each network's, and then of each lane. After them the sums of what a batch changes, two words for each weight.
@group(0) @binding(8) var<storage, read_write> totals: array<atomic<u32>>;

const WORDS: u32 = (N + 31u) >> 5u;
// Marks in counts, a bit each: a potential beyond all numbers, and more input spikes than there was room for.
const DIVERGED: u32 = 0x80000000u;
const OVERFLOW: u32 = 0x40000000u;

// I neurons that fire, a bit each, for this step, the last and the next: so one barrier a step parts writing,
// reading and clearing.
var<workgroup> fired_i: array<atomic<u32>, 3u * WORDS>;

// Where one E neuron fires in a step: [0] the largest excess of any that could, [1] of those that have it the first,
// counted from the end, so that 0 is none. Each is cleared where a barrier lies before its next use and after its last.
var<workgroup> farthest: array<atomic<u32>, 2>;

// State update and thresholds of own neurons; true for those E neurons that could fire. I spikes go to all threads.
fn integrate(c: Constants, live: bool, now: u32, thread: u32, fired_e: ptr<function, array<bool, OWN>>) {
    for (var k = 0u; k < OWN; k++) {
        let j = thread + k * WORKGROUP;
        let above_e = integrate_excitatory(c.excitatory, live, k);
        if learns() {
            trace_post[k] = flush_tiny(trace_post[k] * c.stdp.keep_post);
        }
        (*fired_e)[k] = above_e && j < N && recovered(now, last_spike_e[k], c.excitatory.refractory);
        let above_i = integrate_inhibitory(c.inhibitory, k);
        if above_i && j < N && recovered(now, last_spike_i[k], c.inhibitory.refractory) {
            atomicOr(&fired_i[(now % 3u) * WORDS + (j >> 5u)], 1u << (j & 31u));
            v_i_mv[k] = c.inhibitory.v_reset_mv;
            last_spike_i[k] = now;
        }
    }
}

// Of the neurons that could fire leaves the one farthest above its threshold, of equals the first.
fn keep_farthest(live: bool, thread: u32, fired_e: ptr<function, array<bool, OWN>>) {
    for (var k = 0u; k < OWN; k++) {
        if (*fired_e)[k] {
            atomicMax(&farthest[0], excess(v_e_mv[k], select(v_latched_mv[k], v_threshold_mv[k], live)));
        }
    }
    if thread == 0u {
        atomicStore(&farthest[1], 0u);
    }
    workgroupBarrier();
    let largest = atomicLoad(&farthest[0]);
    for (var k = 0u; k < OWN; k++) {
        let is_largest = excess(v_e_mv[k], select(v_latched_mv[k], v_threshold_mv[k], live)) == largest;
        if (*fired_e)[k] && is_largest {
            atomicMax(&farthest[1], N - (thread + k * WORKGROUP));
        }
    }
    workgroupBarrier();
    if thread == 0u {
        atomicStore(&farthest[0], 0u);
    }
    let first = N - atomicLoad(&farthest[1]);
    for (var k = 0u; k < OWN; k++) {
        (*fired_e)[k] = (*fired_e)[k] && thread + k * WORKGROUP == first;
    }
}

// Counts the E spikes of own neurons for the rule.
fn count_for_rule(c: Constants, thread: u32, fired_e: ptr<function, array<bool, OWN>>) {
    for (var k = 0u; k < OWN; k++) {
        if (*fired_e)[k] {
            own_spikes[k] += 1u;
            atomicAdd(&group_spikes[group_of(c.groups, thread + k * WORKGROUP)], 1u);
        }
    }
}

// Decay of the inputs that fire now, and their traces; each by one thread.
fn note_inputs(c: Constants, lane: u32, now: u32, first: u32, last: u32, thread: u32) {
    for (var at = first + thread; at < last; at += WORKGROUP) {
        let input = spikes[at];
        let idle = now - of_input(lane, LAST_INPUT, input);
        var decay = no_decay(c.prune);
        if dispatch.s1 == PRUNING || c.prune.continuous == 1u {
            decay = factor_or_loss(c.prune, idle);
        }
        if dispatch.s1 == BATCH {
            let since = together(c.prune, bitcast<f32>(of_input(lane, DECAY, input)), decay);
            set_of_input(lane, DECAY, input, bitcast<u32>(since));
        } else {
            set_of_input(lane, DECAY, at - first, bitcast<u32>(decay));
        }
        if learns() {
            let trace = decayed_pre(bitcast<f32>(of_input(lane, TRACE_PRE, input)), keep_pre(c.stdp, idle));
            set_of_input(lane, TRACE_PRE, input, bitcast<u32>(c.stdp.keep_at_spike * trace + c.stdp.a_pre));
        }
        set_of_input(lane, LAST_INPUT, input, now);
    }
}

// Input spikes of this step, for own neuron k.
fn input_spikes(c: Constants, task: Task, first: u32, last: u32, k: u32, j: u32) {
    for (var at = first; at < last; at++) {
        let input = spikes[at];
        let w = (task.network * INPUTS + input) * N + j;
        if dispatch.s1 == FROZEN {
            receive(c.conductance, acting(c.regrow, weights[w]), k);
            continue;
        }
        if dispatch.s1 == BATCH {
            let since = bitcast<f32>(of_input(task.lane, DECAY, input));
            input_spike_in_batch(c, since, w, k, kept(c.dropout, task, input, j));
            continue;
        }
        let decay = bitcast<f32>(of_input(task.lane, DECAY, at - first));
        if dispatch.s1 == PRUNING {
            weights[w] = decayed_if_there(c, weights[w], decay);
            receive(c.conductance, acting(c.regrow, weights[w]), k);
        } else {
            input_spike(c, decay, w, k, kept(c.dropout, task, input, j));
        }
    }
}

// Sends the I spikes of this step to own neuron k; its own I neuron does not reach it.
fn send_inhibition(lane: u32, network: u32, now: u32, k: u32, j: u32) {
    for (var word = 0u; word < WORDS; word++) {
        var bits = atomicLoad(&fired_i[(now % 3u) * WORDS + word]);
        while bits != 0u {
            let i = word * 32u + countTrailingZeros(bits);
            bits &= bits - 1u;
            if i != j {
                send_s3(lane, network, now, i, k, j);
            }
        }
    }
}

// What the rule makes of an E spike of own neuron k; its own variables are then those after it.
fn apply_rule(c: Constants, task: Task, now: u32, step: u32, k: u32, j: u32) -> Outcome {
    let own = group_of(c.groups, j);
    var others = 0u;
    if program(task.network, PROGRAM_KNOWS_OTHERS) == 1u {
        others = strongest_other(c.groups, own);
    }
    let since_last = min(now - last_spike_e[k], LONGEST_MEMORY);
    values[TARGET] = select(0.0, 1.0, own == task.group);
    values[GROUP_SPIKES] = f32(atomicLoad(&group_spikes[own]));
    values[OWN_SPIKES] = f32(own_spikes[k]);
    values[OTHER_SPIKES] = f32(others);
    values[STEP] = f32(step);
    values[STEPS_SINCE_LAST] = f32(since_last);
    values[PRESENTED] = task.presented;
    values[THETA] = limited(v_threshold_mv[k] - c.excitatory.v_threshold_mv);
    values[STATE_1] = limited(rule_state_1[k]);
    values[STATE_2] = limited(rule_state_2[k]);
    let outcome = evaluate(task.network);
    rule_state_1[k] = outcome.state_1;
    rule_state_2[k] = outcome.state_2;
    return outcome;
}

// E spike of own neuron k: the post half of learning, and the reset.
fn fire(c: Constants, task: Task, now: u32, step: u32, k: u32, j: u32) {
    if learns() {
        let outcome = apply_rule(c, task, now, step, k, j);
        let step_pre = task.step_scale * outcome.factor_pre;
        trace_post[k] = step_pre * c.stdp.a_post + c.stdp.keep_at_spike * trace_post[k];
        let lr2 = task.step_scale * outcome.factor;
        if lr2 != 0.0 && dispatch.s1 == BATCH {
            output_spike_in_batch(c, lr2, task, now, j);
        } else if lr2 != 0.0 {
            output_spike(c, lr2, task, now, j);
        }
    }
    v_e_mv[k] = c.excitatory.v_reset_mv;
    v_threshold_mv[k] += c.excitatory.threshold_step_mv;
    last_spike_e[k] = now;
}

@compute @workgroup_size(WORKGROUP)
fn advance(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let index = dispatch.first_task + group.x;
    let task = tasks[index];
    if task.lane == NO_LANE {
        return;
    }
    let lane = task.lane;
    let c = constants[2u * task.network + select(0u, 1u, dispatch.s1 == FROZEN)];
    let base = index * dispatch.spikes_stride;
    let live = c.excitatory.live == 1u;
    if dispatch.from_rest == 1u && dispatch.s1 == BATCH {
        rest_in_batch(c, task, thread);
    } else if dispatch.from_rest == 1u {
        rest(c, lane, task.network, thread);
    } else {
        load(lane, thread);
    }
    if dispatch.s1 != FROZEN {
        load_inputs(lane, thread);
    }
    if dispatch.from_rest == 1u && dispatch.s1 == BATCH {
        // Other threads have written what this one replaces.
        meet();
        pass_inputs(c, index, task, thread);
    }
    if dispatch.latch == 1u {
        latch(c.excitatory);
        if dispatch.s1 == LEARNING && c.normalize.w_total > 0.0 {
            normalize_own(c, task.network, thread);
        }
    }
    for (var word = thread; word < 3u * WORDS; word += WORKGROUP) {
        atomicStore(&fired_i[word], 0u);
    }
    if thread == 0u {
        atomicStore(&farthest[0], 0u);
    }
    meet();

    var fired_e: array<bool, OWN>;
    for (var s = 0u; s < dispatch.steps; s++) {
        let step = dispatch.first_step + s;
        let now = task.clock + step;
        var first = 0u;
        var last = 0u;
        if step < dispatch.stimulus {
            let inputs = base + dispatch.stimulus + 1u;
            first = inputs + spikes[base + step];
            last = inputs + spikes[base + step + 1u];
        }
        integrate(c, live, now, thread, &fired_e);
        if c.excitatory.one_spike == 1u {
            keep_farthest(live, thread, &fired_e);
        }
        if learns() {
            count_for_rule(c, thread, &fired_e);
        }
        if dispatch.s1 != FROZEN {
            note_inputs(c, lane, now, first, last, thread);
        }
        meet();
        for (var word = thread; word < WORDS; word += WORKGROUP) {
            atomicStore(&fired_i[((now + 2u) % 3u) * WORDS + word], 0u);
        }
        for (var k = 0u; k < OWN; k++) {
            let j = thread + k * WORKGROUP;
            if j < N {
                if fired_e[k] {
                    send_s2(lane, task.network, now, k, j);
                    count_spike(task, j);
                }
                send_inhibition(lane, task.network, now, k, j);
                input_spikes(c, task, first, last, k, j);
                arrive_s2(c.conductance, lane, now, k, j);
                arrive_s3(c.conductance, lane, now, k, j);
                if fired_e[k] {
                    fire(c, task, now, step, k, j);
                }
            }
        }
        if dispatch.s1 != FROZEN {
            meet();
        }
    }

    if dispatch.ends == 1u {
        mark_faults(task, base, thread);
    }
    store(lane, thread);
    if dispatch.s1 != FROZEN {
        store_inputs(lane, thread);
    }
}

// Scales the incoming weights of own neurons.
fn normalize_own(c: Constants, network: u32, thread: u32) {
    for (var k = 0u; k < OWN; k++) {
        let j = thread + k * WORKGROUP;
        if j < N {
            normalize_column(c, network, j);
        }
    }
}

// Whether this dispatch changes weights by what neurons fire.
fn learns() -> bool {
    return dispatch.s1 == LEARNING || dispatch.s1 == BATCH;
}

// The place of a neuron's spikes in `totals`.
fn count_of(task: Task, j: u32) -> u32 {
    return select(task.lane, task.network, dispatch.s1 == BATCH) * N + j;
}

// Counts an E spike.
fn count_spike(task: Task, j: u32) {
    atomicAdd(&totals[count_of(task, j)], 1u);
    if dispatch.s1 == BATCH {
        atomicAdd(&totals[dispatch.networks * N + task.lane - 2u * dispatch.networks], 1u);
    }
}

// Marks, at the end of a presentation, what must not be taken for a result.
fn mark_faults(task: Task, base: u32, thread: u32) {
    let capacity = dispatch.spikes_stride - dispatch.stimulus - 1u - dispatch.uses;
    for (var k = 0u; k < OWN; k++) {
        let j = thread + k * WORKGROUP;
        if j < N {
            if !(is_potential(v_e_mv[k]) && is_potential(v_i_mv[k])) {
                atomicOr(&totals[count_of(task, j)], DIVERGED);
            } else if spikes[base + dispatch.stimulus] > capacity {
                atomicOr(&totals[count_of(task, j)], OVERFLOW);
            }
        }
    }
}
