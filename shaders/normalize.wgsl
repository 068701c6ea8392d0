// Competition for weight: incoming weights are scaled to a fixed sum. Twin of src/model/normalize.rs.

// Constants of the scaling.
struct Normalize {
    // Sum of a neuron's incoming weights; 0 for no scaling.
    w_total: f32,
}

// What the weights of a neuron are multiplied by, given their sum.
fn factor(c: Normalize, sum: f32) -> f32 {
    return select(1.0, c.w_total * reciprocal(sum), sum > TINY);
}

// Scales the weights of neuron j.
fn normalize_column(c: Constants, network: u32, j: u32) {
    var sum = 0.0;
    for (var i = 0u; i < INPUTS; i++) {
        sum += weights[(network * INPUTS + i) * N + j];
    }
    let scale = factor(c.normalize, sum);
    for (var i = 0u; i < INPUTS; i++) {
        let at = (network * INPUTS + i) * N + j;
        weights[at] = clip(c.stdp, weights[at] * scale);
    }
}
