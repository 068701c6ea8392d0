// Leaky integrate-and-fire neurons, E and I. Twin of src/model/lif.rs.

// Membrane potential, threshold, latched threshold, conductances and last spike of each own E neuron.
var<private> v_e: array<f32, OWN>;
var<private> vt: array<f32, OWN>;
var<private> latched: array<f32, OWN>;
var<private> ge_e: array<f32, OWN>;
var<private> gi_e: array<f32, OWN>;
var<private> last_spike_e: array<u32, OWN>;
// The same of each own I neuron, whose threshold is fixed.
var<private> v_i: array<f32, OWN>;
var<private> ge_i: array<f32, OWN>;
var<private> last_spike_i: array<u32, OWN>;

// Latches the thresholds for one presentation. Thresholds with memory are not latched; they fall by one image's time
// here, except in testing.
fn latch(c: Constants, kind: u32, testing: bool) {
    for (var k = 0u; k < OWN; k++) {
        if kind == LATCHED {
            latched[k] = vt[k];
        } else if kind == FIXED {
            latched[k] = c.e_v_threshold_mv;
        } else if kind == HOMEOSTATIC && !testing {
            vt[k] = (vt[k] - c.e_v_threshold_mv) * c.e_keep_theta + c.e_v_threshold_mv;
        }
    }
}

// Advances one E neuron by one step; true when its potential is above its threshold.
fn integrate_excitatory(c: Constants, live: bool, k: u32) -> bool {
    let v0 = v_e[k];
    let vt0 = vt[k];
    let ge0 = ge_e[k];
    let gi0 = gi_e[k];
    let excitation = ge0 * (c.e_e_excitatory_mv - v0) + (c.e_v_rest_mv - v0);
    let drive = gi0 * (c.e_e_inhibitory_mv - v0) + excitation;
    let v1 = drive * c.e_dt_per_tau_membrane + v0;
    let vt1 = (c.e_v_threshold_mv - vt0) * c.e_dt_per_tau_threshold + vt0;
    v_e[k] = v1;
    vt[k] = vt1;
    ge_e[k] = decay(ge0, c.e_keep_ge);
    gi_e[k] = decay(gi0, c.e_keep_gi);
    return v1 > select(latched[k], vt1, live);
}

// Advances one I neuron by one step; true when its potential is above the threshold.
fn integrate_inhibitory(c: Constants, k: u32) -> bool {
    let v0 = v_i[k];
    let ge0 = ge_i[k];
    let drive = ge0 * (c.i_e_excitatory_mv - v0) + (c.i_v_rest_mv - v0);
    let v1 = drive * c.i_dt_per_tau_membrane + v0;
    v_i[k] = v1;
    ge_i[k] = decay(ge0, c.i_keep_ge);
    return v1 > c.i_v_threshold_mv;
}

// Whether a neuron may spike: enough steps since its last one.
fn recovered(now: u32, last_spike: u32, refractory: u32) -> bool {
    return now - last_spike >= refractory;
}

// A last spike so long before step 0 that the neuron may spike at once.
fn long_ago(refractory: u32) -> u32 {
    return 0u - max(refractory, 1u);
}
