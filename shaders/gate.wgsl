// The third factor of learning: label and group counts. Twin of src/model/gate.rs.

// Groups that a network may have, one a class.
const GROUPS: u32 = 256u;

// Learning rules.
const STDP: u32 = 0u;
const STDP_ALL_LTD: u32 = 1u;
const COUNT_GATED: u32 = 2u;
const TRIPLET: u32 = 3u;

// Constants of the third factor.
struct Gate {
    // STDP, STDP_ALL_LTD, COUNT_GATED or TRIPLET.
    rule: u32,
    // Neurons of one class.
    group_size: u32,
    // S over the steps of the stimulus.
    spikes_per_step: f32,
    // S times the floor.
    spikes_floor: f32,
    tolerance: f32,
    dt_per_tau_post_slow: f32,
}

// Spikes of each group in this image.
var<workgroup> group_spikes: array<atomic<u32>, GROUPS>;

// The group of neuron j, without a division.
fn group_of(c: Gate, j: u32) -> u32 {
    var group = 0u;
    while group + 1u < GROUPS && (group + 1u) * c.group_size <= j {
        group += 1u;
    }
    return group;
}

// The factor of a step at an E spike in step `step` of the image, by the spikes of the neuron's group so far and
// the steps since the neuron's last spike.
fn third_factor(c: Gate, is_target: bool, step: u32, spikes: u32, since_last: u32) -> f32 {
    if c.rule == STDP {
        return 1.0;
    }
    if c.rule == TRIPLET {
        return exp_neg(f32(since_last) * c.dt_per_tau_post_slow);
    }
    if c.rule == STDP_ALL_LTD {
        return select(-1.0, 1.0, is_target);
    }
    let ramp = f32(step) * c.spikes_per_step;
    let due = select(ramp, c.spikes_floor, ramp < c.spikes_floor);
    let share = f32(spikes) * reciprocal(due);
    if is_target {
        let short = 1.0 - share;
        return select(short, -1.0, short < -1.0);
    }
    let above = share - c.tolerance;
    let excess = select(above, 0.0, above < 0.0);
    return -select(excess, 1.0, excess > 1.0);
}
