//! Diehl & Cook's network against Brian2: `diehl_cook.npz`, which `diehl_cook.py` beside it writes.

use super::traces::{
    Tolerance, assert_same_spikes, check_after_image, inputs_between, number, pairs, set_neurons,
    worst_difference,
};
use crate::npz::Npz;
use serde_json::Value;
use spikeprune::backend::{Backend, Phase, Record, Recorded};
use spikeprune::network::Network;
use spikeprune::params::{Params, Vote};
use spikeprune::presets;

/// How far weights may lie from Brian2's float64; they are in 0..=1, and f32 of them is rounded thousands of times.
const WEIGHT_TOLERANCE: f64 = 2e-6;
/// How far theta may: it falls once an image here and in every step there, by 1e-3 mV an image.
const THETA_TOLERANCE_MV: f64 = 1e-3;

/// The preset, with every constant of the run as it is written down.
fn params_of(json: &Value) -> Params {
    let mut params = presets::diehl_cook();
    let dt_ms = number(&json["dt_ms"]);
    params.model.time.dt_ms = dt_ms;
    params.model.time.stimulus_ms = number(&json["active_steps"]) * dt_ms;
    params.model.time.rest_ms = number(&json["rest_steps"]) * dt_ms;
    params.model.network.vote = Vote::Labels {
        neurons: number(&json["n_e"]) as usize,
        images: 10_000,
    };
    set_neurons(&mut params, json, "v_start");
    let (e, from) = (&mut params.model.excitatory, &json["e"]);
    e.theta_start_mv = number(&from["theta_start"]);
    e.threshold_step_mv = number(&from["theta_step"]);
    e.tau_threshold_ms = number(&from["tau_theta_ms"]);
    e.one_spike_a_step = false;
    params.model.lateral.w_e_to_i = number(&json["w_e_to_i"]);
    params.model.lateral.w_i_to_e_total = number(&json["w_i_to_e"]) * params.model.neurons() as f64;
    params.model.lateral.w_i_to_e_growth = 0.0;
    let learning = &mut params.model.learning;
    learning.gmax = number(&json["w_max"]);
    learning.w_total = number(&json["w_sum"]);
    learning.a_pre = number(&json["lr_post"]) / learning.gmax;
    learning.a_post = -number(&json["lr_pre"]) / learning.gmax;
    learning.tau_pre_ms = number(&json["tau_pre_ms"]);
    learning.tau_post_ms = number(&json["tau_post1_ms"]);
    let slow = number(&json["tau_post2_ms"]);
    learning.constants.insert("tau_post_slow_ms".into(), slow);
    params
}

/// The trace in `file`: seven images, five of them learned.
pub fn run(backend: &dyn Backend, mut file: Npz) {
    let json = serde_json::from_str(&file.text("params_json")).expect("params_json is JSON");
    let params = params_of(&json);
    let mut start = Network::new(&params, 0).expect("valid parameters");
    start.weights = file.numbers("w0").into_iter().map(|w| w as f32).collect();
    assert!(
        start
            .delays_s2
            .iter()
            .chain(&start.delays_s3)
            .all(|&d| d == 0),
        "the network has no delays"
    );
    let steps = params.model.steps().expect("whole steps");
    let per_image = steps.stimulus + steps.rest;
    let inputs = pairs(file.numbers("input_spikes"));
    let mut session = backend.start(vec![start]).expect("a valid network");
    let (mut record, mut worst) = (Record::default(), 0.0f64);
    for (image, is_test) in file.numbers("is_test").into_iter().enumerate() {
        let first = image as u32 * per_image;
        let phase = match is_test {
            0.0 => Phase::Train { group: 0 },
            _ => Phase::Test,
        };
        let shown = inputs_between(&inputs, first, first + per_image);
        let recorded = Recorded::new(&shown, per_image, phase);
        let spikes = session
            .present(&recorded)
            .expect("a presentation")
            .remove(0);
        record.excitatory.extend(spikes.excitatory);
        record.inhibitory.extend(spikes.inhibitory);
        if phase != Phase::Test {
            let tolerance = Tolerance {
                weights: WEIGHT_TOLERANCE,
                thresholds_mv: THETA_TOLERANCE_MV,
            };
            let rest_mv = params.model.excitatory.v_threshold_mv;
            let theta = ("theta_after", |theta| rest_mv + theta);
            let session = session.as_mut();
            let off = check_after_image("diehl_cook", &mut file, session, image, tolerance, theta);
            worst = worst.max(off);
        }
    }
    let (e, i) = (
        pairs(file.numbers("spikes_e")),
        pairs(file.numbers("spikes_i")),
    );
    println!(
        "diehl_cook: {} E and {} I spikes, weights within {worst:.1e}",
        e.len(),
        i.len()
    );
    assert_same_spikes("diehl_cook", "E", record.excitatory, e);
    assert_same_spikes("diehl_cook", "I", record.inhibitory, i);
    let end = session.snapshot().expect("a snapshot").remove(0);
    let off = worst_difference(&end.weights, &file.numbers("weights_final"));
    assert!(
        off <= WEIGHT_TOLERANCE,
        "diehl_cook: final weights are off by {off:e}"
    );
}
