//! The GPU backend against the native one, after whole trainings: every weight, potential, threshold, trace,
//! delay line and spike count, to the bit.

mod batches;
mod device;
#[path = "../support/difference.rs"]
mod difference;
#[path = "../support/formulas.rs"]
mod formulas;
#[path = "../support/gpu.rs"]
mod gpu;
mod outcome;
mod turns;

use outcome::{assert_all_same, assert_same, plan};
use spikeprune::backend::gpu::self_test::Tested;
use spikeprune::backend::gpu::{Gpu, adapter};
use spikeprune::network::Network;
use spikeprune::params::{
    Decay, FrontEnd, Params, PruningMode, TauPrune, Threshold, TrainImages, Vote,
};
use spikeprune::presets;

fn paper(mode: PruningMode, threshold: Threshold) -> Params {
    let mut params = presets::paper();
    params.job.train = TrainImages::PerClass(100);
    params.model.pruning.mode = mode;
    params.model.excitatory.threshold_train = threshold;
    params
}

const MODES: [PruningMode; 4] = [
    PruningMode::None,
    PruningMode::Continuous,
    PruningMode::Final,
    PruningMode::FinalWindow,
];

#[test]
fn three_hundred_images_alone() {
    assert_same(&paper(PruningMode::Continuous, Threshold::Live), 300, 1);
}

/// Arms of a comparison side by side: the same seed, images and order, for both kinds of adaptive threshold. That a
/// network alone gets the same bits as in company is a property of both devices (`tests/property`).
#[test]
fn three_hundred_images_with_every_kind_of_pruning() {
    let thresholds = [Threshold::Live, Threshold::Latched];
    let arms = thresholds.map(|threshold| MODES.map(|mode| paper(mode, threshold)));
    let networks: Vec<Network> = (arms.iter().flatten())
        .map(|params| Network::new(params, 0).expect("valid parameters"))
        .collect();
    let Some(gpu) = gpu::gpu() else { return };
    let plan = vec![plan(&networks[0].params, 300, 1).remove(0); networks.len()];
    let native = assert_all_same(gpu, &networks, &plan);
    for arms in native.weights.chunks_exact(MODES.len()) {
        assert!(arms[0] != arms[1] && arms[2] != arms[3]);
    }
}

#[test]
fn unsupervised_learning_and_a_live_threshold_in_testing() {
    let mut params = paper(PruningMode::Continuous, Threshold::Fixed);
    params.model.learning.set_rule("stdp");
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
    params.model.learning.set_rule("count-gated");
    params.model.learning.w_min = -1.0;
    params.model.learning.gmax = 0.2;
    params.model.learning.w_start_max = 0.25;
    params.model.learning.inhibitory_gain = 0.75;
    params.model.learning.a_post = 0.0;
    params.model.learning.step_end = 0.0;
    let constants = &mut params.model.learning.constants;
    constants.insert("tolerance".into(), 0.1);
    params.model.lateral.w_i_to_e_total = 0.9;
    params.model.excitatory.threshold_test = Threshold::Live;
    params.model.excitatory.v_threshold_test_mv = -51.0;
    assert_same(&params, 300, 2);
}

/// Synapses that go at checks and grow again, of signed and of other weights, with and without dropout and batches.
#[test]
fn absent_synapses_that_grow_again() {
    let regrowing = |mut params: Params| {
        let pruning = &mut params.model.pruning;
        (pruning.remove_below, pruning.regrow_above) = (0.03, 0.05);
        pruning.check_images = 15;
        params
    };
    let of = |params: &Params, images: usize| {
        let Some(gpu) = gpu::gpu() else { return };
        let networks: Vec<Network> = (0..2)
            .map(|replica| Network::new(params, replica).expect("valid parameters"))
            .collect();
        let images = params.end_of_batch(0, images);
        let native = assert_all_same(gpu, &networks, &plan(params, images, 2));
        // Some synapses are absent, some have a wish.
        let gmax = params.model.gmax() as f32;
        let absent = native.networks.iter().flat_map(|network| &network.weights);
        let absent: Vec<f32> = absent.copied().filter(|&w| w > 2.0 * gmax).collect();
        let wishes = absent
            .iter()
            .filter(|&&w| w != (4.0 * params.model.gmax()) as f32);
        let (absent, wishes) = (absent.len(), wishes.count());
        let spikes: u64 = native.networks.iter().map(|own| own.state.spikes_e).sum();
        assert!(
            absent > 100 && wishes > 10,
            "{absent}, {wishes}, {spikes} spikes"
        );
        // None of them acts.
        let read_out = native.weights.iter().flatten();
        assert!(read_out.copied().all(|w| w.abs() <= gmax));
    };
    let mut params = regrowing(presets::best());
    params.model.pruning.mode = PruningMode::None;
    params.job.train = TrainImages::PerClass(30);
    of(&params, 70);
    params.model.learning.dropout = 0.2;
    of(&params, 55);
    params.model.learning.dropout = 0.0;
    params.model.learning.batch = 8;
    params.model.learning.batch_growth_images = 4;
    params.model.pruning.check_images = 40;
    of(&params, 70);
    params.model.learning.batch = 1;
    params.model.pruning.mode = PruningMode::Continuous;
    of(&params, 70);
    let mut params = regrowing(paper(PruningMode::Final, Threshold::Live));
    params.job.train = TrainImages::PerClass(30);
    of(&params, 70);
}

/// Networks with rules of their own beside each other, in one dispatch.
#[test]
fn two_hundred_random_rules() {
    let with_rule = |seed| {
        let mut params = paper(PruningMode::Continuous, Threshold::Live);
        params.model.learning.w_min = -0.5;
        params.model.learning.step_end = 0.2;
        formulas::set_random_rule(&mut params.model.learning, seed, true);
        Network::new(&params, seed as usize).expect("valid parameters")
    };
    let networks: Vec<Network> = (0..200).map(with_rule).collect();
    let Some(gpu) = gpu::gpu() else { return };
    let one = plan(&networks[0].params, 24, 1).remove(0);
    let native = assert_all_same(gpu, &networks, &vec![one; networks.len()]);
    let learned = |weights: &Vec<f32>, start: &Network| *weights != start.weights;
    let all = native.weights.iter().zip(&networks);
    let learned = all
        .filter(|(weights, start)| learned(weights, start))
        .count();
    assert!(learned > 150, "{learned} of 200 rules changed weights");
}

/// Triplet rule, thresholds with memory, weights scaled to a sum, and dim images shown again, each network at its pace.
#[test]
fn diehl_and_cooks_network() {
    let mut params = presets::diehl_cook();
    params.model.network.vote = Vote::Labels {
        neurons: 30,
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

/// Only the neuron farthest above its threshold fires in a step, of equals the first: neurons with the same weights are
/// equals until one of them has fired.
#[test]
fn one_spike_a_step() {
    for threshold in [Threshold::Live, Threshold::Latched, Threshold::Fixed] {
        let mut params = paper(PruningMode::Continuous, threshold);
        params.model.excitatory.one_spike_a_step = true;
        params.model.learning.w_start_min = 0.5;
        params.model.learning.w_start_max = 0.5;
        assert_same(&params, 30, 2);
    }
    let mut params = presets::diehl_cook();
    params.model.excitatory.one_spike_a_step = true;
    params.model.network.vote = Vote::Labels {
        neurons: 80,
        images: 10_000,
    };
    assert_same(&params, 25, 2);
    params.model.learning.batch = 4;
    params.model.learning.batch_growth_images = 1;
    assert_same(&params, 27, 2);
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

/// A row of delays serves all I neurons; the networks beside each other have rows of their own.
#[test]
fn no_delays_from_i_to_e() {
    let mut params = paper(PruningMode::Continuous, Threshold::Live);
    params.model.network.vote = Vote::Groups {
        neurons_per_class: 11,
    };
    for delay_e_to_i_max_ms in [0.0, 10.0] {
        params.model.lateral.delay_e_to_i_max_ms = delay_e_to_i_max_ms;
        params.model.lateral.delay_i_to_e_max_ms = 0.0;
        assert_same(&params, 30, 3);
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
    for mut params in [params, presets::ten_class_pruned()] {
        params.model.network.vote = Vote::Groups {
            neurons_per_class: 3,
        };
        assert_same(&params, 60, 2);
    }
}

/// More groups than there are digits: one for each label that a byte can have.
#[test]
fn as_many_classes_as_labels() {
    let mut params = presets::ten_class();
    params.model.network.classes = (0..=255).collect();
    params.model.network.vote = Vote::Groups {
        neurons_per_class: 1,
    };
    assert_same(&params, 30, 1);
}

/// As many inputs as pixels, and a number of them that fills no word.
#[test]
fn oriented_edges() {
    let mut params = paper(PruningMode::Continuous, Threshold::Live);
    params.model.input.front_end = FrontEnd::OrientedEdges;
    assert_same(&params, 60, 2);
    params.model.input.edges.directions = 3;
    params.model.input.mean_rate_hz = 15.0;
    assert_eq!(params.model.inputs(), 147);
    assert_same(&params, 60, 2);
}

/// The GPU again, which takes the number of threads that is expected to be the fastest. To measure it takes longer than
/// all else here: every number is a kernel to be compiled. For other sizes it is measured.
fn unmeasured() -> Option<Gpu> {
    let tested = Tested {
        exact: false,
        ..gpu::gpu()?.tested()
    };
    let adapter = adapter::adapters().into_iter().next()?;
    Some(Gpu::open_tested(&adapter, tested).expect("the first adapter opens"))
}

/// One neuron more than a workgroup has threads, and one more than some words have bits. `tests/property` has smaller
/// networks, and others between these.
#[test]
fn sizes_that_fill_no_block_and_no_workgroup() {
    let Some(gpu) = unmeasured() else { return };
    for neurons_per_class in [3, 43] {
        let mut params = paper(PruningMode::Continuous, Threshold::Live);
        params.model.network.vote = Vote::Groups { neurons_per_class };
        let networks = [0, 1].map(|replica| Network::new(&params, replica).expect("valid"));
        assert_all_same(&gpu, &networks, &plan(&params, 9, 2));
    }
}

/// Two classes of so many neurons.
fn large(neurons_per_class: usize) -> Params {
    let mut params = paper(PruningMode::Continuous, Threshold::Live);
    params.model.network.classes = vec![3, 8];
    params.model.network.vote = Vote::Groups { neurons_per_class };
    params
}

fn assert_same_if_large(params: &Params, images: usize) {
    let Some(gpu) = unmeasured() else { return };
    let network = Network::new(params, 0).expect("valid parameters");
    assert_all_same(&gpu, &[network], &plan(params, images, 1));
}

#[test]
fn sixteen_hundred_neurons() {
    assert_same_if_large(&large(800), 3);
}

/// The largest size that is promised: its delays alone take 82 MB.
#[test]
fn six_thousand_four_hundred_neurons() {
    let mut params = large(3200);
    params.model.time.stimulus_ms = 60.0;
    params.model.time.rest_ms = 20.0;
    params.model.excitatory.v_start_mv = -60.0;
    assert_same_if_large(&params, 1);
}
