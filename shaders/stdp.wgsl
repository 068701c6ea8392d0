// Learning of S1: traces, STDP and all-LTD. Twin of src/model/stdp.rs.

// Weights of each network [inputs, N]; a thread reads and writes the columns of its own neurons alone.
@group(0) @binding(3) var<storage, read_write> weights: array<f32>;

// Postsynaptic traces of own neurons, now.
var<private> apost: array<f32, OWN>;
// Presynaptic traces as they stood at each input's last spike, and that spike's step.
var<workgroup> apre: array<f32, INPUTS>;
var<workgroup> last_input: array<u32, INPUTS>;

// Limits a weight to [0, gmax].
fn clip(w: f32, gmax: f32) -> f32 {
    let positive = select(w, 0.0, w < TINY);
    return select(positive, gmax, positive > gmax);
}

// The presynaptic trace `steps` after it stood at `trace`.
fn decayed_pre(c: Constants, trace: f32, steps: u32) -> f32 {
    return flush_tiny(trace * exp_neg(f32(steps) * c.dt_per_tau_pre));
}

// One input spike with learning, for own neuron k: prune by `factor`, add to ge, pre half.
fn input_spike(c: Constants, factor: f32, at: u32, k: u32) {
    let pruned = flush_tiny(weights[at] * factor);
    ge_e[k] += pruned;
    weights[at] = clip(pruned + apost[k], c.gmax);
}

// Post half for an E spike of neuron j: its column moves by `lr2` times the presynaptic traces.
fn output_spike(c: Constants, lr2: f32, network: u32, now: u32, j: u32) {
    for (var i = 0u; i < INPUTS; i++) {
        let trace = decayed_pre(c, apre[i], now - last_input[i]);
        let at = (network * INPUTS + i) * N + j;
        weights[at] = clip(weights[at] + lr2 * trace, c.gmax);
    }
}
