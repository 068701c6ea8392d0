// What every kernel shares: tasks, and small functions. Twin of src/model/mod.rs and src/backend/gpu/layout.rs.
//
// INPUTS, SHARED (those whose variables are in workgroup memory: all of them, or none where it has no room), N (neurons),
// OWN (neurons of one thread) and WORKGROUP (threads) stand in a preamble that the host writes.

const TINY: f32 = 1e-30;

// How S1 is used by a dispatch.
const FROZEN: u32 = 0u;
const PRUNING: u32 = 1u;
const LEARNING: u32 = 2u;
// Learning in batches: changes are added to sums.
const BATCH: u32 = 3u;

// One presentation in one lane.
struct Task {
    network: u32,
    // Running state that it goes on with.
    lane: u32,
    // Table of the rates of its inputs.
    rates: u32,
    // Position among the images that were uploaded with the tasks.
    image: u32,
    seed_low: u32,
    seed_high: u32,
    // Stream of its draws, and how often the image was shown before.
    stream: u32,
    presentation: u32,
    // Clock at the first step.
    clock: u32,
    // Group of the image's class.
    group: u32,
    // Share of the step sizes that is left, and of the training that is done.
    step_scale: f32,
    presented: f32,
    // Where images are learned from in batches: the place among the tasks of its network that run together, and the clock
    // at the start of the image's slot.
    place: u32,
    slot: u32,
}

// What one dispatch does. Workgroup g runs task first_task + g.
struct Dispatch {
    first_task: u32,
    // Steps first_step .. first_step + steps of the presentation.
    first_step: u32,
    steps: u32,
    // Steps with input.
    stimulus: u32,
    // FROZEN, PRUNING, LEARNING or BATCH.
    s1: u32,
    // 1: lanes start from rest instead of from their state.
    from_rest: u32,
    // 1: thresholds are latched before the first step.
    latch: u32,
    slots_s2: u32,
    slots_s3: u32,
    // Words of one task in the spike lists: starts, then inputs.
    spikes_stride: u32,
    // In `poisson`, the steps whose spikes one thread adds up.
    share: u32,
    // The rest is of batches. Networks, and where the sums begin in `totals`.
    networks: u32,
    sums: u32,
    // Words of the uses of all inputs, which follow the spikes of a task.
    uses: u32,
    // In `turn`, lanes of each network that have run, of a batch of so many images; 1 where they are its first.
    lanes: u32,
    batch: u32,
    begins: u32,
    // 1 where a presentation ends or, in `turn`, the batch.
    ends: u32,
    // In `turn`, the first of the tasks whose spikes are drawn, and how many there are of each network.
    next_task: u32,
    draws: u32,
}

fn flush_tiny(x: f32) -> f32 {
    return select(x, 0.0, abs(x) < TINY);
}

// 1 / x for x > 0, by Newton's method.
fn reciprocal(x: f32) -> f32 {
    var r = bitcast<f32>(0x7EF311C7u - bitcast<u32>(x));
    r *= 2.0 - x * r;
    r *= 2.0 - x * r;
    r *= 2.0 - x * r;
    return r;
}

// exp(-x) for x >= 0; 0 from x = 69 on.
fn exp_neg(x: f32) -> f32 {
    const LN2_HIGH: f32 = 0.6933594;
    const LN2_LOW: f32 = -2.1219444e-4;
    const LOG2_E: f32 = 1.4426950408889634;
    let capped = select(69.0, x, x < 69.0);
    let n = i32(capped * LOG2_E + 0.5);
    let whole = f32(n);
    let y = (whole * LN2_HIGH - capped) + whole * LN2_LOW;
    var p: f32 = 1.984127e-4;
    p = p * y + 1.3888889e-3;
    p = p * y + 8.333334e-3;
    p = p * y + 4.1666668e-2;
    p = p * y + 0.16666667;
    p = p * y + 0.5;
    p = p * y + 1.0;
    p = p * y + 1.0;
    let power = bitcast<f32>(u32(127 - n) << 23u);
    return select(0.0, p * power, x < 69.0);
}
