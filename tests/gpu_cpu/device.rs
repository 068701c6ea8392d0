//! What is asked of a device, and what it cannot do.

use super::gpu;
use super::outcome::{DATA, plan};
use super::paper;
use spikeprune::backend::gpu::error::GpuError;
use spikeprune::backend::gpu::{Gpu, adapter};
use spikeprune::backend::{Backend, BackendError, Showing, Traffic};
use spikeprune::network::Network;
use spikeprune::params::{PruningMode, Threshold, Vote};

/// What a training asks of a device, whatever it computes with: after the first call, which tells its speed.
#[test]
fn a_training_waits_seldom_and_reads_little() {
    let Some(adapter) = adapter::adapters().into_iter().next() else {
        return;
    };
    let gpu = Gpu::open(&adapter).expect("the first adapter opens");
    let (first, images, replicas) = (10, 50, 16);
    let params = paper(PruningMode::Continuous, Threshold::Live);
    let networks = (0..replicas)
        .map(|replica| Network::new(&params, replica).expect("valid parameters"))
        .collect();
    let plan = plan(&params, first + images, replicas);
    let mut session = gpu.start(networks).expect("valid networks");
    let mut train = |range: std::ops::Range<usize>| {
        let plan: Vec<Vec<Showing>> = plan
            .iter()
            .map(|showings| showings[range.clone()].to_vec())
            .collect();
        session.train(DATA.pixels(), &plan).expect("a training");
        gpu.traffic().expect("a GPU counts")
    };
    let before = train(0..first);
    let after = train(first..first + images);
    let an_image = |of: fn(&Traffic) -> u64| (of(&after) - of(&before)) as f64 / images as f64;
    let waits = an_image(|traffic| traffic.waits);
    let down = an_image(|traffic| traffic.bytes_down) / replicas as f64;
    println!(
        "an image of {replicas} networks: {:.2} dispatches, {:.2} submits, {waits:.3} waits, {:.0} bytes up and {down:.1} down a network",
        an_image(|traffic| traffic.dispatches),
        an_image(|traffic| traffic.submits),
        an_image(|traffic| traffic.bytes_up) / replicas as f64,
    );
    assert!(waits <= 1.0 / 32.0, "{waits} waits an image");
    assert!(down < 1024.0, "{down} bytes an image and network");
}

/// Its delays alone would take more than WebGPU promises a binding.
#[test]
fn a_network_too_large_for_a_buffer_is_refused_with_both_sizes() {
    let Some(gpu) = gpu::gpu() else { return };
    let mut params = paper(PruningMode::None, Threshold::Live);
    params.model.network.classes = vec![0];
    params.model.network.vote = Vote::Groups {
        neurons_per_class: 8_400,
    };
    let network = Network::new(&params, 0).expect("valid parameters");
    let error = match gpu.start(vec![network]) {
        // A device with larger bindings takes it.
        Ok(_) => return assert!(gpu.largest_binding() > 4 * 8_400 * 8_401 / 2),
        Err(BackendError::Device(error)) => error,
        Err(other) => panic!("{other}"),
    };
    match error.downcast_ref() {
        Some(GpuError::TooLarge {
            required,
            available,
            ..
        }) => assert!(
            required > available && *available > 0,
            "{required} and {available}"
        ),
        _ => panic!("{error}"),
    }
}
