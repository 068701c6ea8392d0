// Competition for weight: incoming weights are scaled to a fixed sum. Twin of src/model/normalize.rs.

// What the weights of a neuron are multiplied by, given their sum.
fn factor(c: Constants, sum: f32) -> f32 {
    return select(1.0, c.w_total * reciprocal(sum), sum > TINY);
}

// Scales the weights of neuron j.
fn normalize_column(c: Constants, network: u32, j: u32) {
    var sum = 0.0;
    for (var i = 0u; i < INPUTS; i++) {
        sum += weights[(network * INPUTS + i) * N + j];
    }
    let scale = factor(c, sum);
    for (var i = 0u; i < INPUTS; i++) {
        let at = (network * INPUTS + i) * N + j;
        weights[at] = clip(c, weights[at] * scale);
    }
}
