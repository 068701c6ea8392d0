//! The GPU backend against the native one, after whole trainings: every weight, potential, threshold, trace,
//! delay line and spike count, to the bit.

mod device;
#[path = "../support/difference.rs"]
mod difference;
#[path = "../support/gpu.rs"]
mod gpu;
mod outcome;
mod turns;

use outcome::{assert_agree, assert_same, plan, run};
use spikeprune::backend::cpu::Cpu;
use spikeprune::network::Network;
use spikeprune::params::{
    Decay, Params, PruningMode, Rule, TauPrune, Threshold, TrainImages, Vote,
};
use spikeprune::presets;

fn paper(mode: PruningMode, threshold: Threshold) -> Params {
    let mut params = presets::paper();
    params.job.train = TrainImages::PerClass(100);
    params.model.pruning.mode = mode;
    params.model.excitatory.threshold_train = threshold;
    params
}

/// Whole trainings of three hundred images, alone and with three others, for both kinds of adaptive threshold.
fn assert_trainings_agree(mode: PruningMode) {
    for threshold in [Threshold::Live, Threshold::Latched] {
        for replicas in [1, 4] {
            assert_same(&paper(mode, threshold), 300, replicas);
        }
    }
}

#[test]
fn three_hundred_images_unpruned() {
    assert_same(&paper(PruningMode::None, Threshold::Live), 300, 1);
}

#[test]
fn three_hundred_images_with_continuous_pruning() {
    assert_trainings_agree(PruningMode::Continuous);
}

#[test]
fn three_hundred_images_with_a_final_flush() {
    assert_trainings_agree(PruningMode::Final);
}

#[test]
fn three_hundred_images_with_a_final_window() {
    assert_trainings_agree(PruningMode::FinalWindow);
}

#[test]
fn unsupervised_learning_and_a_live_threshold_in_testing() {
    let mut params = paper(PruningMode::Continuous, Threshold::Fixed);
    params.model.learning.rule = Rule::Stdp;
    params.model.excitatory.threshold_test = Threshold::Live;
    assert_same(&params, 60, 2);
}

#[test]
fn the_authors_step() {
    assert_same(&presets::authors_code(), 30, 2);
}

/// Group counts as third factor, weights below zero, falling steps.
#[test]
fn count_gated_learning_of_signed_weights() {
    let mut params = paper(PruningMode::Continuous, Threshold::Live);
    params.model.learning.rule = Rule::CountGated;
    params.model.learning.w_min = -1.0;
    params.model.learning.gmax = 0.2;
    params.model.learning.w_start_max = 0.25;
    params.model.learning.inhibitory_gain = 0.75;
    params.model.learning.a_post = 0.0;
    params.model.learning.step_end = 0.0;
    params.model.learning.tolerance = 0.1;
    params.model.lateral.w_i_to_e_total = 0.9;
    params.model.excitatory.threshold_test = Threshold::Live;
    params.model.excitatory.v_threshold_test_mv = -51.0;
    for replicas in [1, 4] {
        assert_same(&params, 300, replicas);
    }
}

/// Triplet rule, thresholds with memory, weights scaled to a sum, and dim images shown again, each network at its pace.
#[test]
fn diehl_and_cooks_network() {
    let mut params = presets::diehl_cook();
    params.model.network.vote = Vote::Labels {
        neurons: 37,
        images: 10_000,
    };
    params.model.learning.w_total = 60.0;
    for (replicas, full_rate_hz, least_spikes) in [(1, 63.75, 5), (3, 40.0, 40)] {
        params.model.input.full_rate_hz = full_rate_hz;
        params.model.input.least_spikes = least_spikes;
        assert_same(&params, 25, replicas);
    }
    params.model.pruning.mode = PruningMode::Continuous;
    params.model.pruning.tau_ms = TauPrune::Ms(5_000.0);
    assert_same(&params, 25, 2);
}

#[test]
fn dropout_of_synapses() {
    let mut params = paper(PruningMode::None, Threshold::Live);
    params.model.learning.dropout = 0.3;
    assert_same(&params, 60, 2);
}

#[test]
fn decays_that_do_not_care_for_use() {
    for decay in [Decay::Exponential, Decay::Linear] {
        let mut params = paper(PruningMode::Continuous, Threshold::Live);
        params.model.pruning.decay = decay;
        params.model.pruning.tau_ms = TauPrune::Ms(60_000.0);
        params.model.learning.w_min = -0.5;
        assert_same(&params, 60, 2);
    }
}

/// A time since the last spike that is 0 from the start must not be taken for a spike.
#[test]
fn no_refractory_time() {
    let mut params = paper(PruningMode::None, Threshold::Live);
    params.model.excitatory.refractory_ms = 0.0;
    params.model.inhibitory.refractory_ms = 0.0;
    assert_same(&params, 30, 1);
}

/// Many spikes in a step, strong decay between them, and no rest: lists, sorting and factors under load.
#[test]
fn a_storm_of_input() {
    let mut params = paper(PruningMode::Continuous, Threshold::Live);
    params.model.input.full_rate_hz = 600.0;
    params.model.pruning.tau_ms = TauPrune::Ms(500.0);
    params.model.time.rest_ms = 0.0;
    assert_same(&params, 20, 2);
}

#[test]
fn ten_classes() {
    let mut params = paper(PruningMode::Continuous, Threshold::Live);
    params.model.network.classes = (0..10).collect();
    assert_same(&params, 60, 2);
    assert_same(&presets::ten_class_pruned(), 60, 2);
}

#[test]
fn sizes_that_fill_no_block_and_no_workgroup() {
    for neurons_per_class in [1, 3, 11, 43] {
        let mut params = paper(PruningMode::Continuous, Threshold::Live);
        params.model.network.vote = Vote::Groups { neurons_per_class };
        assert_same(&params, 9, 2);
    }
}

#[test]
fn large_networks() {
    for (neurons_per_class, images) in [(200, 6), (800, 3)] {
        let mut params = paper(PruningMode::Continuous, Threshold::Live);
        params.model.network.classes = vec![3, 8];
        params.model.network.vote = Vote::Groups { neurons_per_class };
        assert_same(&params, images, 1);
    }
}

/// The largest size that is promised: its delays alone take 82 MB.
#[test]
fn six_thousand_four_hundred_neurons() {
    let mut params = paper(PruningMode::Continuous, Threshold::Live);
    params.model.network.classes = vec![3, 8];
    params.model.network.vote = Vote::Groups {
        neurons_per_class: 3200,
    };
    params.model.time.stimulus_ms = 60.0;
    params.model.time.rest_ms = 20.0;
    params.model.excitatory.v_start_mv = -60.0;
    assert_same(&params, 1, 1);
}

#[test]
fn replicas_with_parameters_of_their_own() {
    let Some(gpu) = gpu::gpu() else { return };
    let modes = [
        PruningMode::None,
        PruningMode::Continuous,
        PruningMode::Final,
        PruningMode::FinalWindow,
    ];
    let networks: Vec<Network> = modes
        .into_iter()
        .map(|mode| Network::new(&paper(mode, Threshold::Live), 0).expect("valid parameters"))
        .collect();
    // Arms of a comparison: the same seed, images and order.
    let plan = vec![plan(&networks[0].params, 40, 1).remove(0); networks.len()];
    let native = run(&Cpu::new(2).expect("threads"), &networks, &plan);
    assert!(native.weights[0] != native.weights[1] && native.weights[2] != native.weights[3]);
    assert_agree(gpu, &native, &run(gpu, &networks, &plan));
}
