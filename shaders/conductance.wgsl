// Synaptic conductances: their decay, and the delayed arrivals of S2 and S3. Twin of src/model/conductance.rs.
//
// Arrivals are counted in rings [slot, neuron] that a thread reads and writes for its own neurons alone.

// How S1, S2 and S3 conduct.
struct Conductance {
    // 1 where weights may be negative, else 0: a question of the CPU, whose vectors have no branches.
    signed: u32,
    // What a negative weight adds to gi, relative to its magnitude.
    inhibitory_gain: f32,
    // Weights of S2 and S3.
    w_e_to_i: f32,
    w_i_to_e: f32,
    // Most that arrivals of S2 make ge of I, and those of S3 gi of E.
    most_ge_i: f32,
    most_gi_e: f32,
}

@group(0) @binding(5) var<storage, read_write> rings: array<u32>;
// What stays as it is in each network: delays in steps, two to a word, S2 [N], then S3 [from I, to E], or a row for all I
// neurons where the longest is 0; then the bits of the thresholds with which a test image begins [N]; then the program of
// the learning rule.
@group(0) @binding(6) var<storage, read> fixed_arrays: array<u32>;

const DELAY_WORDS: u32 = (N + DELAY_ROWS * N + 1u) >> 1u;
const FIXED_STRIDE: u32 = DELAY_WORDS + N + PROGRAM_WORDS;

// Spikes under way to each own neuron: a ring with none is not looked at.
var<private> under_way_s2: array<u32, OWN>;
var<private> under_way_s3: array<u32, OWN>;

// One step of decay.
fn decay(g: f32, keep: f32) -> f32 {
    return flush_tiny(g * keep);
}

// An input spike through a synapse of own neuron k: a weight above 0 excites, one below 0 inhibits.
fn receive(c: Conductance, w: f32, k: u32) {
    if w < 0.0 {
        gi_e[k] += c.inhibitory_gain * -w;
    } else {
        ge_e[k] += w;
    }
}

// Words of one lane's rings, S2 first.
fn ring_base(lane: u32) -> u32 {
    return lane * (dispatch.slots_s2 + dispatch.slots_s3) * N;
}

// The delay number `at` of a network.
fn delay(network: u32, at: u32) -> u32 {
    let word = fixed_arrays[network * FIXED_STRIDE + (at >> 1u)];
    return (word >> ((at & 1u) * 16u)) & 0xffffu;
}

// The threshold of neuron j with which a test image begins.
fn threshold_in_test(network: u32, j: u32) -> f32 {
    return bitcast<f32>(fixed_arrays[network * FIXED_STRIDE + DELAY_WORDS + j]);
}

// An E spike of own neuron k sets off for its I neuron.
fn send_s2(lane: u32, network: u32, now: u32, k: u32, j: u32) {
    let slot = (now + delay(network, j)) % dispatch.slots_s2;
    rings[ring_base(lane) + slot * N + j] += 1u;
    under_way_s2[k] += 1u;
}

// A spike of I neuron i sets off for own neuron k.
fn send_s3(lane: u32, network: u32, now: u32, i: u32, k: u32, j: u32) {
    let row = min(i, DELAY_ROWS - 1u);
    let slot = dispatch.slots_s2 + (now + delay(network, N + row * N + j)) % dispatch.slots_s3;
    rings[ring_base(lane) + slot * N + j] += 1u;
    under_way_s3[k] += 1u;
}

// How many spikes reach a neuron now; they leave the ring.
fn arrived(at: u32) -> u32 {
    let count = rings[at];
    if count > 0u {
        rings[at] = 0u;
    }
    return count;
}

// A conductance after `count` arrivals, which raise it to `most` at most.
fn raised(g: f32, weight: f32, count: u32, most: f32) -> f32 {
    let sum = weight * f32(count) + g;
    return select(sum, select(most, g, g > most), sum > most);
}

// S2 arrivals due now.
fn arrive_s2(c: Conductance, lane: u32, now: u32, k: u32, j: u32) {
    if under_way_s2[k] > 0u {
        let count = arrived(ring_base(lane) + (now % dispatch.slots_s2) * N + j);
        under_way_s2[k] -= count;
        ge_i[k] = raised(ge_i[k], c.w_e_to_i, count, c.most_ge_i);
    }
}

// S3 arrivals due now.
fn arrive_s3(c: Conductance, lane: u32, now: u32, k: u32, j: u32) {
    if under_way_s3[k] > 0u {
        let slot = dispatch.slots_s2 + now % dispatch.slots_s3;
        let count = arrived(ring_base(lane) + slot * N + j);
        under_way_s3[k] -= count;
        gi_e[k] = raised(gi_e[k], c.w_i_to_e, count, c.most_gi_e);
    }
}

// Nothing is under way.
fn clear_rings(lane: u32, thread: u32) {
    for (var k = 0u; k < OWN; k++) {
        let j = thread + k * WORKGROUP;
        if j < N {
            for (var slot = 0u; slot < dispatch.slots_s2 + dispatch.slots_s3; slot++) {
                rings[ring_base(lane) + slot * N + j] = 0u;
            }
        }
    }
}
