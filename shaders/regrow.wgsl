// Synapses that are absent, and grow again where they are wanted. Twin of src/model/regrow.rs.

// Constants of absent synapses.
struct Regrow {
    // What is above this is absent: no number is where no synapse is.
    absent_from: f32,
    // An absent synapse without a wish.
    absent: f32,
    // A wish that brings a synapse back.
    above: f32,
    // A weight below this goes.
    weakest: f32,
}

// Whether a synapse is absent.
fn is_absent(c: Regrow, w: f32) -> bool {
    return w > c.absent_from;
}

// The weight with which a synapse acts.
fn acting(c: Regrow, w: f32) -> f32 {
    return select(w, 0.0, is_absent(c, w));
}

// What was `was` and has been changed to `w`: within its limits or, if it is absent, with its wish.
fn settled(c: Constants, was: f32, w: f32) -> f32 {
    if !is_absent(c.regrow, was) {
        return clip(c.stdp, w);
    }
    let wish = w - c.regrow.absent;
    if abs(wish) >= c.regrow.above {
        return clip(c.stdp, wish);
    }
    return w;
}

// A weight after its decay, of which absent ones have none.
fn decayed_if_there(c: Constants, w: f32, decay: f32) -> f32 {
    if is_absent(c.regrow, w) {
        return w;
    }
    return decayed(c.prune, w, decay);
}

// A weight below this goes when so much of the training is done: half-way and later `weakest`.
fn weakest(c: Regrow, share_done: f32) -> f32 {
    let risen = 2.0 * share_done;
    return c.weakest * select(1.0, risen, risen < 1.0);
}

// What a check makes of a weight, of which `decay` has not been taken yet.
fn checked(c: Constants, least: f32, w: f32, decay: f32) -> f32 {
    if is_absent(c.regrow, w) {
        return c.regrow.absent;
    }
    if abs(decayed(c.prune, w, decay)) < least {
        return c.regrow.absent;
    }
    return w;
}

// The decay of an input's weights since its last spike; none where they do not decay on their way.
fn decay_since(c: Prune, now: u32, last_input: u32) -> f32 {
    if c.continuous == 0u {
        return no_decay(c);
    }
    return factor_or_loss(c, now - last_input);
}

// Checks all synapses of every network at its task's clock. One workgroup FLUSHED inputs of a network.
@compute @workgroup_size(WORKGROUP)
fn check(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let network = group.y;
    let c = constants[2u * network];
    let least = weakest(c.regrow, tasks[network].presented);
    let first = FLUSHED * group.x;
    for (var input = first; input < min(first + FLUSHED, INPUTS); input++) {
        let last = state[network * STRIDE + FIELDS * N + LAST_INPUT * INPUTS + input];
        let decay = decay_since(c.prune, tasks[network].clock, last);
        for (var j = thread; j < N; j += WORKGROUP) {
            let at = (network * INPUTS + input) * N + j;
            weights[at] = checked(c, least, weights[at], decay);
        }
    }
}
