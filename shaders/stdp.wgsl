// Learning of S1: traces, STDP and all-LTD, scaled by a third factor. Twin of src/model/stdp.rs.

// Weights of each network [inputs, N]; a thread reads and writes the columns of its own neurons alone.
@group(0) @binding(3) var<storage, read_write> weights: array<f32>;

// Postsynaptic traces of own neurons, now.
var<private> apost: array<f32, OWN>;
// Presynaptic traces as they stood at each input's last spike, and that spike's step.
var<workgroup> apre: array<f32, INPUTS>;
var<workgroup> last_input: array<u32, INPUTS>;

// Limits a weight to [w_min, gmax].
fn clip(c: Constants, w: f32) -> f32 {
    let flushed = flush_tiny(w);
    let above = select(flushed, c.w_min, flushed < c.w_min);
    return select(above, c.gmax, above > c.gmax);
}

// What `steps` leave of a presynaptic trace.
fn keep_pre(c: Constants, steps: u32) -> f32 {
    return exp_neg(f32(steps) * c.dt_per_tau_pre);
}

// A presynaptic trace of which `keep` is left.
fn decayed_pre(trace: f32, keep: f32) -> f32 {
    return flush_tiny(trace * keep);
}

// One input spike with learning, for own neuron k: decay by `amount`, add to the conductances, pre half. `takes_part`
// is false where the synapse dropped out.
fn input_spike(c: Constants, amount: f32, at: u32, k: u32, takes_part: bool) {
    let pruned = decayed(c, weights[at], amount);
    receive(c, select(0.0, pruned, takes_part), k);
    weights[at] = clip(c, pruned + select(0.0, apost[k], takes_part));
}

// Post half for an E spike of neuron j: its column moves by `lr2` times the presynaptic traces.
fn output_spike(c: Constants, lr2: f32, task: Task, now: u32, j: u32) {
    for (var i = 0u; i < INPUTS; i++) {
        let trace = decayed_pre(apre[i], keep_pre(c, now - last_input[i]));
        let at = (task.network * INPUTS + i) * N + j;
        weights[at] = clip(c, weights[at] + lr2 * select(0.0, trace, kept(c, task, i, j)));
    }
}
