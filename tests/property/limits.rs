//! What no network leaves: the range of its weights, the time that it has.

use crate::device::Device;
use crate::jobs::{RECORDED_STEPS, job, recording};
use crate::outcome::{Outcome, numbers, train};
use proptest::prelude::*;
use spikeprune::backend::{BackendError, Frozen, Phase, Recorded, Shift, Showing, TestImages};
use spikeprune::model::rng::Stream;
use spikeprune::network::Network;
use spikeprune::params::{Params, PruningMode, RETRIES, Vote};
use spikeprune::presets;

/// Whether weights are in their range; of those on their way some may be absent, with a wish.
fn within(params: &Params, weights: &[f32], on_their_way: bool) -> bool {
    let (low, high) = (params.model.w_min(), params.model.gmax());
    let range = low as f32..=high as f32;
    let wish = |w: f32| f64::from(w) - 4.0 * high;
    let may_be_absent = on_their_way && params.model.regrows();
    let is_absent = |w: f32| wish(w).abs() <= params.model.pruning.regrow_above * high + 1e-6;
    let mut weights = weights.iter();
    weights.all(|w| range.contains(w) || may_be_absent && is_absent(*w))
}

pub fn weights_stay_within_their_limits(device: Device) {
    let drawn = (job(device.sizes()), recording(), recording());
    device.check(&drawn, |(job, spikes, window)| {
        let opened = device.open(1);
        let mut session = opened.start(vec![job.network(0)]).unwrap();
        numbers(session.train(&job.pixels(), &[job.plan(0)]))?;
        let trained = numbers(Outcome::of(session.as_mut()))?;
        prop_assume!(trained.fired());
        let mut outcomes = vec![trained];
        let train = Phase::Train { group: 0 };
        for (spikes, phase) in [(spikes, train), (window, Phase::Window)] {
            let drawn = spikes.draw(job.params.model.inputs());
            let recorded = Recorded::new(&drawn, RECORDED_STEPS, phase);
            numbers(session.present(&recorded))?;
            outcomes.push(numbers(Outcome::of(session.as_mut()))?);
        }
        for now in &outcomes {
            prop_assert!(within(&job.params, &now.networks[0].weights, true));
            prop_assert!(within(&job.params, &now.weights[0], false));
            prop_assert!(within(&job.params, &now.in_test[0], false));
        }
        Ok(())
    });
}

pub fn potentials_beyond_all_numbers_are_refused(device: Device) {
    let mut params = presets::paper();
    let model = &mut params.model;
    (model.learning.gmax, model.learning.w_start_max) = (100.0, 1.0);
    model.excitatory.refractory_ms = 50.0;
    let network = Network::new(&params, 0).unwrap();
    let (inputs, opened) = (params.model.inputs(), device.open(1));
    let refused = |found: Result<(), BackendError>| {
        let is_refused = matches!(found, Err(BackendError::Diverged { .. }));
        assert!(is_refused, "{found:?}");
    };

    let all = (0..RECORDED_STEPS).flat_map(|step| (0..inputs as u16).map(move |i| (step, i)));
    let spikes: Vec<_> = all.collect();
    for phase in [Phase::Train { group: 0 }, Phase::Window, Phase::Test] {
        let mut session = opened.start(vec![network.clone()]).unwrap();
        let presented = session.present(&Recorded::new(&spikes, RECORDED_STEPS, phase));
        refused(presented.map(drop));
    }

    let images = TestImages {
        pixels: &vec![255; inputs],
        images: &[0],
        keys: &[],
        stream: Stream::Test,
        attempt: 0,
    };
    let frozen = Frozen {
        network: &network,
        weights: &network.weights,
    };
    refused(opened.test(&[frozen], images).map(drop));
    refused(opened.record_test(frozen, images.at(0), &[]).map(drop));

    let mut pruned = network.clone();
    let pruning = &mut pruned.params.model.pruning;
    (pruning.mode, pruning.window_ms) = (PruningMode::FinalWindow, 20.0);
    pruning.window_rate_hz = 1_000.0;
    let mut session = opened.start(vec![pruned]).unwrap();
    refused(session.read_out().map(drop));
}

/// Diehl & Cook's network in small, and a dark image.
fn unanswered() -> (Network, Vec<u8>, [Vec<Showing>; 1]) {
    let mut params = presets::diehl_cook();
    params.model.network.vote = Vote::Labels {
        neurons: 6,
        images: 10_000,
    };
    let showing = Showing {
        image: 0,
        group: 0,
        shift: Shift::default(),
    };
    let network = Network::new(&params, 0).unwrap();
    let dark = vec![0; params.model.inputs()];
    (network, dark, [vec![showing]])
}

pub fn a_dark_image_is_given_up(device: Device) {
    let (network, pixels, plan) = unanswered();
    let end = train(device, 1, vec![network], &pixels, &plan)
        .unwrap()
        .networks
        .remove(0);
    let steps = end.params.model.steps().unwrap();
    let shown = (RETRIES + 1) * (steps.stimulus + steps.rest);
    let state = end.state;
    assert_eq!(
        (state.presented, state.clock, state.spikes_e),
        (1, shown, 0)
    );
}

pub fn a_clock_that_showing_again_has_filled_ends_the_training(device: Device) {
    let (mut network, pixels, plan) = unanswered();
    let steps = network.params.model.steps().unwrap();
    // Room for two presentations of seventeen.
    network.state.clock = u32::MAX - steps.spare() - 2 * (steps.stimulus + steps.rest);
    let opened = device.open(1);
    let mut session = opened.start(vec![network]).unwrap();
    let error = session.train(&pixels, &plan).unwrap_err();
    assert!(
        matches!(error, BackendError::ClockFull { image: 0, .. }),
        "{error}"
    );
}
