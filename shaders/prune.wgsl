// Weight regularisation, "use it or lose it" (eq. 5), and what it is compared with. Twin of src/model/prune.rs.

// How unused weights decay.
const GAUSSIAN: u32 = 0u;
const EXPONENTIAL: u32 = 1u;
const LINEAR: u32 = 2u;

// Inputs of one workgroup of `flush`: a dispatch has 65,535 workgroups at most in a dimension, a network 65,536 inputs.
const FLUSHED: u32 = 2u;

// Constants of the decay, per step.
struct Prune {
    // GAUSSIAN, EXPONENTIAL or LINEAR.
    decay: u32,
    // sqrt(k) dt / tau of the Gaussian, k dt / tau of the exponential, gmax k dt / tau of the linear decay.
    per_step: f32,
    // 1 where weights decay at every input spike of the training, else 0.
    continuous: u32,
}

// What leaves a weight as it is.
fn no_decay(c: Prune) -> f32 {
    return select(1.0, 0.0, c.decay == LINEAR);
}

// What a synapse that was last used `steps` ago is multiplied by; what it loses if the decay is linear.
fn factor_or_loss(c: Prune, steps: u32) -> f32 {
    let x = f32(steps) * c.per_step;
    if c.decay == GAUSSIAN {
        return exp_neg(x * x);
    }
    if c.decay == EXPONENTIAL {
        return exp_neg(x);
    }
    return x;
}

// A weight after its decay.
fn decayed(c: Prune, w: f32, decay: f32) -> f32 {
    if c.decay == LINEAR {
        let rest = abs(w) - decay;
        let left = select(rest, 0.0, rest < 0.0);
        return flush_tiny(select(left, -left, w < 0.0));
    }
    return flush_tiny(w * decay);
}

// Decays every input of every network up to its task's clock; what is absent is 0 then. One workgroup FLUSHED inputs of a network.
@compute @workgroup_size(WORKGROUP)
fn flush(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let network = group.y;
    let c = constants[2u * network];
    let first = FLUSHED * group.x;
    for (var input = first; input < min(first + FLUSHED, INPUTS); input++) {
        let last = state[network * STRIDE + FIELDS * N + LAST_INPUT * INPUTS + input];
        let decay = factor_or_loss(c.prune, tasks[network].clock - last);
        for (var j = thread; j < N; j += WORKGROUP) {
            let at = (network * INPUTS + input) * N + j;
            weights[at] = decayed(c.prune, acting(c.regrow, weights[at]), decay);
        }
    }
}
