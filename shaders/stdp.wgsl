// Learning of S1: traces, STDP and all-LTD, scaled by a third factor. Twin of src/model/stdp.rs.

// Constants of learning, per step.
struct Stdp {
    // The smallest weight.
    w_min: f32,
    // The largest weight.
    gmax: f32,
    // a_pre and a_post in units of the weights.
    a_pre: f32,
    a_post: f32,
    dt_per_tau_pre: f32,
    // Decay of the postsynaptic trace in one step.
    keep_post: f32,
    // Share of a trace that a new spike leaves: 1 where spikes add up, 0 where the nearest alone counts.
    keep_at_spike: f32,
}

// Weights of each network [inputs, N]; a thread reads and writes the columns of its own neurons alone.
@group(0) @binding(3) var<storage, read_write> weights: array<f32>;

// Postsynaptic traces of own neurons, now.
var<private> trace_post: array<f32, OWN>;

// Limits a weight to [w_min, gmax].
fn clip(c: Stdp, w: f32) -> f32 {
    let flushed = flush_tiny(w);
    let above = select(flushed, c.w_min, flushed < c.w_min);
    return select(above, c.gmax, above > c.gmax);
}

// What `steps` leave of a presynaptic trace.
fn keep_pre(c: Stdp, steps: u32) -> f32 {
    return exp_neg(f32(steps) * c.dt_per_tau_pre);
}

// A presynaptic trace of which `keep` is left.
fn decayed_pre(trace: f32, keep: f32) -> f32 {
    return flush_tiny(trace * keep);
}

// One input spike with learning, for own neuron k: decay by `decay`, add to the conductances, pre half. `takes_part`
// is false where the synapse dropped out.
fn input_spike(c: Constants, decay: f32, at: u32, k: u32, takes_part: bool) {
    let was = weights[at];
    let pruned = decayed_if_there(c, was, decay);
    receive(c.conductance, select(0.0, acting(c.regrow, pruned), takes_part), k);
    weights[at] = settled(c, was, pruned + select(0.0, trace_post[k], takes_part));
}

// Post half for an E spike of neuron j: its column moves by `lr2` times the presynaptic traces.
fn output_spike(c: Constants, lr2: f32, task: Task, now: u32, j: u32) {
    for (var i = 0u; i < INPUTS; i++) {
        let idle = now - of_input(task.lane, LAST_INPUT, i);
        let trace = decayed_pre(bitcast<f32>(of_input(task.lane, TRACE_PRE, i)), keep_pre(c.stdp, idle));
        let at = (task.network * INPUTS + i) * N + j;
        let was = weights[at];
        weights[at] = settled(c, was, was + lr2 * select(0.0, trace, kept(c.dropout, task, i, j)));
    }
}
