// Leaky integrate-and-fire neurons, E and I. Twin of src/model/lif.rs.

// What potentials of E are compared with: the threshold as it moves, as it stood when the image came on, its resting
// value, or one with memory, as it moves.
const LIVE: u32 = 0u;
const LATCHED: u32 = 1u;
const FIXED: u32 = 2u;
const HOMEOSTATIC: u32 = 3u;

// Constants of E, per step, in mV.
struct Excitatory {
    dt_per_tau_membrane: f32,
    v_rest_mv: f32,
    v_reset_mv: f32,
    e_excitatory_mv: f32,
    e_inhibitory_mv: f32,
    keep_ge: f32,
    keep_gi: f32,
    // Resting value of the threshold.
    v_threshold_mv: f32,
    dt_per_tau_threshold: f32,
    // What one image leaves of a threshold with memory, above its resting value.
    keep_theta: f32,
    threshold_step_mv: f32,
    // LIVE, LATCHED, FIXED or HOMEOSTATIC.
    threshold: u32,
    // 1 where v is compared with the threshold as it moves, 0 where with the latched one.
    live: u32,
    // Steps without a spike after each.
    refractory: u32,
    // 1 where only the neuron farthest above its threshold fires in a step, else 0.
    one_spike: u32,
}

// Constants of I, per step, in mV.
struct Inhibitory {
    dt_per_tau_membrane: f32,
    v_rest_mv: f32,
    v_reset_mv: f32,
    e_excitatory_mv: f32,
    keep_ge: f32,
    v_threshold_mv: f32,
    // Steps without a spike after each.
    refractory: u32,
}

// Membrane potential, threshold, latched threshold, conductances and last spike of each own E neuron.
var<private> v_e_mv: array<f32, OWN>;
var<private> v_threshold_mv: array<f32, OWN>;
var<private> v_latched_mv: array<f32, OWN>;
var<private> ge_e: array<f32, OWN>;
var<private> gi_e: array<f32, OWN>;
var<private> last_spike_e: array<u32, OWN>;
// The same of each own I neuron, whose threshold is fixed.
var<private> v_i_mv: array<f32, OWN>;
var<private> ge_i: array<f32, OWN>;
var<private> last_spike_i: array<u32, OWN>;

// A threshold with memory after another image's time.
fn fallen(c: Excitatory, v_threshold_mv: f32) -> f32 {
    return (v_threshold_mv - c.v_threshold_mv) * c.keep_theta + c.v_threshold_mv;
}

// Latches the thresholds for one presentation. Thresholds with memory are not latched; they fall by one image's time
// here.
fn latch(c: Excitatory) {
    for (var k = 0u; k < OWN; k++) {
        if c.threshold == LATCHED {
            v_latched_mv[k] = v_threshold_mv[k];
        } else if c.threshold == FIXED {
            v_latched_mv[k] = c.v_threshold_mv;
        } else if c.threshold == HOMEOSTATIC {
            v_threshold_mv[k] = fallen(c, v_threshold_mv[k]);
        }
    }
}

// Advances one E neuron by one step; true when its potential is above its threshold.
fn integrate_excitatory(c: Excitatory, live: bool, k: u32) -> bool {
    let v0 = v_e_mv[k];
    let vt0 = v_threshold_mv[k];
    let ge0 = ge_e[k];
    let gi0 = gi_e[k];
    let excitation = ge0 * (c.e_excitatory_mv - v0) + (c.v_rest_mv - v0);
    let drive = gi0 * (c.e_inhibitory_mv - v0) + excitation;
    let v1 = drive * c.dt_per_tau_membrane + v0;
    let vt1 = (c.v_threshold_mv - vt0) * c.dt_per_tau_threshold + vt0;
    v_e_mv[k] = v1;
    v_threshold_mv[k] = vt1;
    ge_e[k] = decay(ge0, c.keep_ge);
    gi_e[k] = decay(gi0, c.keep_gi);
    return v1 > select(v_latched_mv[k], vt1, live);
}

// Advances one I neuron by one step; true when its potential is above the threshold.
fn integrate_inhibitory(c: Inhibitory, k: u32) -> bool {
    let v0 = v_i_mv[k];
    let ge0 = ge_i[k];
    let drive = ge0 * (c.e_excitatory_mv - v0) + (c.v_rest_mv - v0);
    let v1 = drive * c.dt_per_tau_membrane + v0;
    v_i_mv[k] = v1;
    ge_i[k] = decay(ge0, c.keep_ge);
    return v1 > c.v_threshold_mv;
}

// Whether a potential is one: Euler's method can carry it beyond all numbers. A comparison with NaN is false.
fn is_potential(v_mv: f32) -> bool {
    return abs(v_mv) < 1e30;
}

// How far a potential is above its threshold, as a number that grows with it: the bits of a float above 0.
fn excess(v_mv: f32, threshold_mv: f32) -> u32 {
    return bitcast<u32>(v_mv - threshold_mv);
}

// Whether a neuron may spike: enough steps since its last one.
fn recovered(now: u32, last_spike: u32, refractory: u32) -> bool {
    return now - last_spike >= refractory;
}

// A last spike so long before step 0 that the neuron may spike at once.
fn long_ago(refractory: u32) -> u32 {
    return 0u - select(refractory, 1u, refractory == 0u);
}
