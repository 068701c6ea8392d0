//! A batch is the sum of what its images change, each alone from where the batch began.

use spikeprune::backend::cpu::Cpu;
use spikeprune::backend::{Backend, Shift, Showing};
use spikeprune::network::Network;
use spikeprune::params::{Params, Threshold, TrainImages, Vote};
use spikeprune::presets;

const IMAGES: usize = 3;

/// Two classes, six neurons and steps that neither fall nor reach a limit; a pass of `pass` images.
fn params(pass: usize) -> Params {
    let mut params = presets::ten_class();
    params.model.network.classes = vec![0, 1];
    params.model.network.vote = Vote::Groups {
        neurons_per_class: 3,
    };
    params.job.train = TrainImages::InAll(pass);
    params.job.epochs = IMAGES / pass;
    params.model.excitatory.threshold_train = Threshold::Homeostatic;
    params.model.excitatory.threshold_step_mv = 0.1;
    params.model.excitatory.tau_threshold_ms = 1e5;
    let learning = &mut params.model.learning;
    learning.step_end = 1.0;
    (learning.batch, learning.batch_growth_images) = (IMAGES, 0);
    learning.batch_change_max = 2.0;
    params
}

/// Three images of stripes, each of its own width.
fn pixels() -> Vec<u8> {
    let stripe = |at: usize| {
        if (at % 784 / (at / 784 + 3)).is_multiple_of(2) {
            255
        } else {
            0
        }
    };
    (0..IMAGES * 784).map(stripe).collect()
}

fn trained(network: Network, images: std::ops::Range<usize>) -> Network {
    trained_on(&pixels(), network, images)
}

fn trained_on(pixels: &[u8], network: Network, images: std::ops::Range<usize>) -> Network {
    let showing = |image: usize| Showing {
        image: image as u32,
        group: image as u32 % 2,
        shift: Shift::default(),
    };
    let cpu = Cpu::new(2).unwrap();
    let mut session = cpu.start(vec![network]).unwrap();
    session
        .train(pixels, &[images.map(showing).collect()])
        .unwrap();
    session.snapshot().unwrap().remove(0)
}

#[test]
fn a_batch_adds_up_what_its_images_change_alone() {
    let begun = Network::new(&params(IMAGES), 0).unwrap();
    let whole = trained(begun.clone(), 0..IMAGES);
    // The image at its own place in the training, as a batch of one.
    let alone = |image: usize| {
        let mut network = Network::new(&params(1), 0).unwrap();
        let steps = network.params.model.steps().unwrap();
        network.state.presented = image as u32;
        network.state.clock = image as u32 * (steps.stimulus + steps.rest);
        network.state.inputs.last_input.fill(network.state.clock);
        trained(network, image..image + 1)
    };
    let alone: Vec<Network> = (0..IMAGES).map(alone).collect();
    let spikes = |network: &Network| network.state.spikes_e;
    assert_eq!(spikes(&whole), alone.iter().map(spikes).sum::<u64>());
    assert!(alone.iter().all(|network| spikes(network) > 0));

    let (low, high) = (begun.params.model.w_min(), begun.params.model.gmax());
    let mut moved = 0;
    for (at, &w) in begun.weights.iter().enumerate() {
        let changes = alone
            .iter()
            .map(|network| f64::from(network.weights[at] - w));
        let expected = (f64::from(w) + changes.sum::<f64>()).clamp(low, high);
        assert!(
            (f64::from(whole.weights[at]) - expected).abs() < 1e-5 * high,
            "weight {at}"
        );
        moved += usize::from((expected - f64::from(w)).abs() > 1e-3 * high);
    }
    assert!(moved > begun.weights.len() / 4, "{moved} weights moved");

    // A threshold with memory rises as in each image, and falls by the time of all.
    let e = &begun.params.model.excitatory;
    let keep = (-begun.params.model.image_ms() / e.tau_threshold_ms).exp();
    for neuron in 0..begun.params.model.neurons() {
        let above = |network: &Network| {
            f64::from(network.state.neurons.v_threshold_mv[neuron]) - e.v_threshold_mv
        };
        let rises = alone
            .iter()
            .map(|network| above(network) - above(&begun) * keep);
        let expected = above(&begun) * keep.powi(IMAGES as i32) + rises.sum::<f64>();
        assert!(
            (above(&whole) - expected).abs() < 1e-4,
            "threshold {neuron}"
        );
    }
}

/// Dark images are shown again as often as may be, and each showing takes its time from thresholds with memory.
#[test]
fn thresholds_fall_by_the_time_of_all_showings_as_they_do_one_by_one() {
    let fallen_mv = |batch: usize| {
        let mut params = presets::diehl_cook();
        params.model.network.vote = Vote::Labels {
            neurons: 3,
            images: 10,
        };
        params.job.train = TrainImages::InAll(IMAGES);
        params.job.epochs = 1;
        (
            params.model.learning.batch,
            params.model.learning.batch_growth_images,
        ) = (batch, 0);
        let network = Network::new(&params, 0).unwrap();
        let before_mv = network.state.neurons.v_threshold_mv[0];
        let dark = vec![0; IMAGES * 784];
        let after = trained_on(&dark, network, 0..IMAGES);
        f64::from(before_mv - after.state.neurons.v_threshold_mv[0])
    };
    // 20 mV, by a share of 500 / 1e7 a showing, 17 showings of each image.
    let expected_mv = 20.0 * 5e-5 * 17.0 * IMAGES as f64;
    for batch in [1, IMAGES] {
        let fallen_mv = fallen_mv(batch);
        assert!(
            (fallen_mv / expected_mv - 1.0).abs() < 0.01,
            "{fallen_mv} mV in batches of {batch}, for {expected_mv} mV"
        );
    }
}
