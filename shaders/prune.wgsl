// Weight regularisation, "use it or lose it" (eq. 5). Twin of src/model/prune.rs.

// The factor of eq. 5 for a synapse that was last used `steps` ago.
fn prune_factor(c: Constants, steps: u32) -> f32 {
    let x = f32(steps) * c.sqrt_k_dt_per_tau;
    return exp_neg(x * x);
}

// Applies eq. 5 to every input of every network up to its task's clock. One workgroup an input and network.
@compute @workgroup_size(WORKGROUP)
fn flush(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let input = group.x;
    let network = group.y;
    let last = state[network * STRIDE + FIELDS * N + INPUTS + input];
    let factor = prune_factor(constants[network], tasks[network].clock - last);
    for (var j = thread; j < N; j += WORKGROUP) {
        let at = (network * INPUTS + input) * N + j;
        weights[at] = flush_tiny(weights[at] * factor);
    }
}
