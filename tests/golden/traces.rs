//! What a recorded trace says, and whether a backend gives it.

use crate::npz::Npz;
use spikeprune::backend::{Backend, Phase, Record, Recorded, Session};
use spikeprune::network::{Network, State};
use spikeprune::params::{Params, PruningMode, TauPrune, Threshold, Vote};
use spikeprune::presets;

/// How far weights may lie from Brian2's float64, in units of the weights (gmax is 0.05).
const WEIGHT_TOLERANCE: f64 = 2e-7;
/// How far thresholds may: a thousandth of the distance that the traces keep from any decision.
const THRESHOLD_TOLERANCE_MV: f64 = 2e-4;

/// One presentation of a trace: its first step, its length and what it does.
struct Part {
    steps: u32,
    phase: Phase,
}

/// The parameters of a trace and its course.
struct Trace {
    params: Params,
    parts: Vec<Part>,
    file: Npz,
}

pub fn number(value: &serde_json::Value) -> f64 {
    value.as_f64().expect("a number")
}

/// The constants of E and I, whose potentials start at the key `start`.
pub fn set_neurons(params: &mut Params, json: &serde_json::Value, start: &str) {
    let dt_ms = params.model.time.dt_ms;
    let (e, from) = (&mut params.model.excitatory, &json["e"]);
    e.tau_membrane_ms = number(&from["tau_ms"]);
    e.v_rest_mv = number(&from["v_rest"]);
    e.v_reset_mv = number(&from["v_reset"]);
    e.v_start_mv = number(&from[start]);
    e.v_threshold_mv = number(&from["v_thresh"]);
    e.tau_ge_ms = number(&from["tau_ge_ms"]);
    e.tau_gi_ms = number(&from["tau_gi_ms"]);
    e.e_excitatory_mv = number(&from["E_exc"]);
    e.e_inhibitory_mv = number(&from["E_inh"]);
    e.refractory_ms = number(&from["refractory_steps"]) * dt_ms;
    let (i, from) = (&mut params.model.inhibitory, &json["i"]);
    i.tau_membrane_ms = number(&from["tau_ms"]);
    i.v_rest_mv = number(&from["v_rest"]);
    i.v_reset_mv = number(&from["v_reset"]);
    i.v_start_mv = number(&from[start]);
    i.v_threshold_mv = number(&from["v_thresh"]);
    i.e_excitatory_mv = number(&from["E_exc"]);
    i.tau_ge_ms = number(&from["tau_ge_ms"]);
    i.refractory_ms = number(&from["refractory_steps"]) * dt_ms;
}

/// Parameters from `params_json`, where every constant of the run is written down.
fn params_of(common: &mut Npz) -> (Params, serde_json::Value) {
    let json: serde_json::Value =
        serde_json::from_str(&common.text("params_json")).expect("params_json is JSON");
    let mut params = presets::authors_code();
    let dt_ms = number(&json["dt_ms"]);
    params.model.time.dt_ms = dt_ms;
    params.model.time.stimulus_ms = number(&json["active_steps"]) * dt_ms;
    params.model.time.rest_ms = number(&json["rest_steps"]) * dt_ms;
    let classes = json["classes"].as_array().expect("a list of classes");
    params.model.network.classes = classes.iter().map(|class| number(class) as u8).collect();
    params.model.network.vote = Vote::Groups {
        neurons_per_class: number(&json["neurons_per_class"]) as usize,
    };
    let gmax = number(&json["gmax"]);
    params.model.learning.gmax = gmax;
    params.model.learning.a_pre = number(&json["dApre"]) / gmax;
    params.model.learning.a_post = number(&json["dApost"]) / gmax;
    params.model.learning.tau_pre_ms = number(&json["tau_pre_ms"]);
    params.model.learning.tau_post_ms = number(&json["tau_post_ms"]);
    params.model.pruning.tau_ms = TauPrune::Ms(number(&json["time_ext_s"]) * 1e3);
    set_neurons(&mut params, &json, "v_init");
    params.model.excitatory.tau_threshold_ms = number(&json["e"]["tau_vt_ms"]);
    params.model.excitatory.threshold_step_mv = number(&json["e"]["vt_inc"]);
    params.model.lateral.w_e_to_i = number(&json["w_s2"]);
    params.model.lateral.w_i_to_e_total = number(&json["w_s3"]) * params.model.neurons() as f64;
    (params, json)
}

fn trace(common: &mut Npz, mut file: Npz) -> Trace {
    let (mut params, json) = params_of(common);
    let per_image =
        json["active_steps"].as_u64().unwrap() as u32 + json["rest_steps"].as_u64().unwrap() as u32;
    let pruned = file.whole("test_stop_train") == 1;
    params.model.pruning.mode = if pruned {
        PruningMode::Continuous
    } else {
        PruningMode::None
    };
    let rule = if file.whole("all_ltd") == 1 {
        "stdp-all-ltd"
    } else {
        "stdp"
    };
    params.model.learning.set_rule(rule);
    let live = file.has("variant") && file.text("variant") == "vi";
    params.model.excitatory.threshold_train = if live {
        Threshold::Live
    } else {
        Threshold::Latched
    };
    let mut parts = Vec::new();
    if file.has("steps") {
        let (steps, group) = (file.whole("steps") as u32, file.whole("class_index") as u32);
        parts.push(Part {
            steps,
            phase: Phase::Train { group },
        });
    } else {
        let trained = json["n_train"].as_u64().unwrap() as usize;
        for (image, group) in common.numbers("class_index").into_iter().enumerate() {
            let window = file.whole("prune_window_steps") as u32;
            if image == trained && window > 0 {
                parts.push(Part {
                    steps: window,
                    phase: Phase::Window,
                });
            }
            let phase = if image < trained {
                Phase::Train {
                    group: group as u32,
                }
            } else {
                Phase::Test
            };
            parts.push(Part {
                steps: per_image,
                phase,
            });
        }
    }
    Trace {
        params,
        parts,
        file,
    }
}

fn network(common: &mut Npz, params: &Params) -> Network {
    let steps = params.model.steps().expect("whole steps");
    let weights = common.numbers("w0").into_iter().map(|w| w as f32).collect();
    // The diagonal of S3 is -1: no synapse.
    let delays = |values: Vec<f64>| values.into_iter().map(|d| d.max(0.0) as u16).collect();
    Network {
        params: params.clone(),
        seed: 0,
        weights,
        delays_s2: delays(common.numbers("delay_s2")),
        delays_s3: delays(common.numbers("delay_s3")),
        state: State::initial(params, &steps),
    }
}

/// (step, neuron) pairs as they are recorded, sorted.
pub fn pairs(values: Vec<f64>) -> Vec<(u32, u32)> {
    let mut pairs: Vec<_> = values
        .chunks_exact(2)
        .map(|pair| (pair[0] as u32, pair[1] as u32))
        .collect();
    pairs.sort_unstable();
    pairs
}

pub fn assert_same_spikes(
    name: &str,
    what: &str,
    mut ours: Vec<(u32, u32)>,
    recorded: Vec<(u32, u32)>,
) {
    ours.sort_unstable();
    assert!(
        !recorded.is_empty(),
        "{name}: no {what} spikes are recorded"
    );
    if let Some(at) = (0..ours.len().max(recorded.len())).find(|&k| ours.get(k) != recorded.get(k))
    {
        panic!(
            "{name}: {what} spike {at} of {}: expected (step, neuron) {:?}, got {:?}",
            recorded.len(),
            recorded.get(at),
            ours.get(at)
        );
    }
}

/// The spikes of steps first .. last as a presentation takes them.
pub fn inputs_between(inputs: &[(u32, u32)], first: u32, last: u32) -> Vec<(u32, u16)> {
    let within = inputs
        .iter()
        .filter(|(step, _)| (first..last).contains(step));
    within
        .map(|&(step, input)| (step - first, input as u16))
        .collect()
}

pub fn worst_difference(ours: &[f32], recorded: &[f64]) -> f64 {
    assert_eq!(ours.len(), recorded.len());
    ours.iter()
        .zip(recorded)
        .map(|(&a, &b)| (f64::from(a) - b).abs())
        .fold(0.0, f64::max)
}

/// How far weights, and thresholds in mV, may lie from the records.
pub struct Tolerance {
    pub weights: f64,
    pub thresholds_mv: f64,
}

/// Weights and thresholds against the records, after training image `image` (0-based); returns how far the worst weight
/// is off. `thresholds` names their array, and makes mV of its values.
pub fn check_after_image(
    name: &str,
    file: &mut Npz,
    session: &mut dyn Session,
    image: usize,
    tolerance: Tolerance,
    (array, in_mv): (&str, impl Fn(f64) -> f64),
) -> f64 {
    let network = session.snapshot().expect("a snapshot").remove(0);
    let (size, neurons) = (network.weights.len(), network.params.model.neurons());
    let weights = &file.numbers("weights_after")[image * size..][..size];
    let worst = worst_difference(&network.weights, weights);
    assert!(
        worst <= tolerance.weights,
        "{name}: weights after image {image} are off by {worst:e}"
    );
    let values = &file.numbers(array)[image * neurons..][..neurons];
    let thresholds_mv: Vec<f64> = values.iter().map(|&value| in_mv(value)).collect();
    let off_mv = worst_difference(&network.state.neurons.v_threshold_mv, &thresholds_mv);
    assert!(
        off_mv <= tolerance.thresholds_mv,
        "{name}: thresholds after image {image} are off by {off_mv:e} mV"
    );
    worst
}

/// Runs a trace, `file`, which shares `common` with the others; says what was compared.
pub fn run(backend: &dyn Backend, mut common: Npz, name: &str, file: Npz) -> String {
    let Trace {
        params,
        parts,
        mut file,
    } = trace(&mut common, file);
    let start = network(&mut common, &params);
    let inputs = pairs(file.numbers("input_spikes"));
    let mut session = backend.start(vec![start]).expect("a valid network");
    let mut record = Record::default();
    let (mut first, mut images, mut worst) = (0, 0, 0.0f64);
    for part in &parts {
        let last = first + part.steps;
        let spikes = inputs_between(&inputs, first, last);
        let recorded = Recorded::new(&spikes, part.steps, part.phase);
        let spikes = session
            .present(&recorded)
            .expect("a presentation")
            .remove(0);
        record.excitatory.extend(spikes.excitatory);
        record.inhibitory.extend(spikes.inhibitory);
        if matches!(part.phase, Phase::Train { .. }) && file.has("weights_after") {
            let tolerance = Tolerance {
                weights: WEIGHT_TOLERANCE,
                thresholds_mv: THRESHOLD_TOLERANCE_MV,
            };
            let volts = ("vt_after", |volts| volts * 1e3);
            let session = session.as_mut();
            let off = check_after_image(name, &mut file, session, images, tolerance, volts);
            worst = worst.max(off);
            images += 1;
        }
        first = last;
    }
    let excitatory = pairs(file.numbers("spikes_e"));
    let inhibitory = pairs(file.numbers("spikes_i"));
    let spikes = (excitatory.len(), inhibitory.len());
    assert_same_spikes(name, "E", record.excitatory, excitatory);
    assert_same_spikes(name, "I", record.inhibitory, inhibitory);
    let end = session.snapshot().expect("a snapshot").remove(0);
    let off = worst_difference(&end.weights, &file.numbers("weights_final"));
    assert!(
        off <= WEIGHT_TOLERANCE,
        "{name}: final weights are off by {off:e}"
    );
    worst = worst.max(off);
    format!(
        "{name}: {} E and {} I spikes, weights within {worst:.1e}",
        spikes.0, spikes.1
    )
}
