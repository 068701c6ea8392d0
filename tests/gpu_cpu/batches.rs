//! Learning in batches: lanes of several networks and images, images that are shown again, parts that come in turns.

use super::outcome::{DATA, Outcome, assert_agree, assert_all_same, assert_same, plan, run};
use super::turns::small;
use super::{paper, unmeasured};
use spikeprune::backend::cpu::Cpu;
use spikeprune::backend::{Backend, Showing, Traffic};
use spikeprune::network::Network;
use spikeprune::params::{
    Decay, FrontEnd, Params, PruningMode, TauPrune, Threshold, TrainImages, Vote,
};
use spikeprune::presets;

/// Batches that grow to `batch` images.
fn in_batches(mut params: Params, batch: usize) -> Params {
    let learning = &mut params.model.learning;
    (learning.batch, learning.batch_growth_images) = (batch, 3);
    params
}

fn networks(params: &Params, count: usize) -> Vec<Network> {
    let network = |replica| Network::new(params, replica).expect("valid parameters");
    (0..count).map(network).collect()
}

/// Whole batches of at least so many images.
fn assert_same_in_batches(params: &Params, images: usize, replicas: usize) {
    assert_same(params, params.end_of_batch(0, images), replicas);
}

#[test]
fn batches_with_every_kind_of_pruning() {
    for mode in super::MODES {
        assert_same_in_batches(&in_batches(paper(mode, Threshold::Live), 16), 24, 2);
    }
    for decay in [Decay::Exponential, Decay::Linear] {
        let mut params = in_batches(paper(PruningMode::Continuous, Threshold::Live), 8);
        params.model.pruning.decay = decay;
        params.model.pruning.tau_ms = TauPrune::Ms(20_000.0);
        params.model.learning.w_min = -0.5;
        assert_same_in_batches(&params, 16, 2);
    }
}

/// Both halves of learning, with dropout; a kept variable of the rule; steps without growth.
#[test]
fn batches_with_every_mechanism_of_learning() {
    let mut params = in_batches(paper(PruningMode::None, Threshold::Latched), 12);
    params.model.learning.dropout = 0.3;
    params.model.learning.batch_growth_images = 0;
    assert_same_in_batches(&params, 24, 2);
    params.model.learning.dropout = 0.0;
    params.model.learning.set_rule("bcm");
    params.model.learning.batch_change_max = 2.0;
    assert_same_in_batches(&params, 24, 2);
    assert_same_in_batches(&in_batches(presets::ten_class(), 64), 60, 1);
    assert_same_in_batches(&in_batches(presets::ten_class_edges_pruned(), 16), 30, 1);
}

/// Thresholds with memory, weights scaled to a sum, and dim images shown again in the lanes where they are.
#[test]
fn batches_of_diehl_and_cooks_network() {
    let mut params = in_batches(presets::diehl_cook(), 5);
    params.job.train = TrainImages::InAll(7);
    params.model.network.vote = Vote::Labels {
        neurons: 30,
        images: 10_000,
    };
    for (full_rate_hz, least_spikes, mode) in [
        (63.75, 5, PruningMode::None),
        (40.0, 40, PruningMode::Continuous),
        (40.0, 2_000, PruningMode::None),
    ] {
        params.model.input.full_rate_hz = full_rate_hz;
        params.model.input.least_spikes = least_spikes;
        params.model.pruning.mode = mode;
        params.model.pruning.tau_ms = TauPrune::Ms(5_000.0);
        assert_same_in_batches(&params, 8, 2);
    }
}

/// A lone image that is shown again stays in its slot: the clock knows nothing of it.
#[test]
fn images_that_are_shown_again_take_no_time_from_others() {
    let mut params = in_batches(presets::diehl_cook(), 4);
    params.model.input.least_spikes = 2_000;
    let mut session = Cpu::new(2).expect("threads");
    let outcome = trained(&mut session, &params, 6);
    let steps = params.model.steps().expect("whole steps");
    let images = params.end_of_batch(0, 6) as u32;
    assert_eq!(
        outcome.networks[0].state.clock,
        images * (steps.stimulus + steps.rest)
    );
}

fn trained(backend: &mut Cpu, params: &Params, images: usize) -> Outcome {
    let images = params.end_of_batch(0, images);
    run(backend, &networks(params, 1), &plan(params, images, 1))
}

/// Inputs that fill no row of the threads of a workgroup, of which there are more than in a vector.
#[test]
fn batches_in_workgroups_of_several_vectors() {
    let Some(gpu) = unmeasured() else { return };
    let mut params = in_batches(paper(PruningMode::Continuous, Threshold::Live), 4);
    params.model.input.front_end = FrontEnd::OrientedEdges;
    params.model.input.edges.directions = 3;
    params.model.network.vote = Vote::Groups {
        neurons_per_class: 100,
    };
    let images = params.end_of_batch(0, 12);
    assert_all_same(&gpu, &networks(&params, 1), &plan(&params, images, 1));
}

/// A batch that no buffer holds comes in parts.
#[test]
fn batches_in_turns() {
    let Some(small) = small() else { return };
    let mut params = in_batches(paper(PruningMode::Continuous, Threshold::Homeostatic), 24);
    params.model.learning.batch_growth_images = 0;
    let networks = networks(&params, 3);
    let plan = plan(&params, 24, networks.len());
    let native = run(&Cpu::new(2).expect("threads"), &networks, &plan);
    assert_agree(&native, &run(&small, &networks, &plan));
}

/// At full size a batch of 64 images takes two dispatches, and the host waits less than once for it.
#[test]
fn a_batch_takes_two_dispatches_and_no_wait() {
    let Some(gpu) = unmeasured() else { return };
    let mut params = in_batches(presets::ten_class(), 64);
    params.model.learning.batch_growth_images = 0;
    let plan = plan(&params, 3 * 64, 1);
    let mut session = gpu.start(networks(&params, 1)).expect("valid networks");
    let mut train = |range: std::ops::Range<usize>| {
        let plan: Vec<Vec<Showing>> = vec![plan[0][range].to_vec()];
        session.train(DATA.pixels(), &plan).expect("a training");
        gpu.traffic().expect("a GPU counts")
    };
    // The first batch tells the speed of the device.
    let (before, images) = (train(0..64), 2 * 64);
    let after = train(64..64 + images);
    let an_image = |of: fn(&Traffic) -> u64| (of(&after) - of(&before)) as f64 / images as f64;
    let dispatches = an_image(|traffic| traffic.dispatches);
    let (waits, down) = (
        an_image(|traffic| traffic.waits),
        an_image(|traffic| traffic.bytes_down),
    );
    println!(
        "an image: {dispatches:.4} dispatches, {waits:.4} waits, {:.0} bytes up and {down:.1} down",
        an_image(|traffic| traffic.bytes_up)
    );
    assert!(dispatches <= 1.0 / 32.0, "{dispatches} dispatches an image");
    assert!(waits <= 1.0 / 64.0, "{waits} waits an image");
    assert!(down <= 40.0, "{down} bytes an image");
}
