//! Buffers so small that networks, images ahead, lanes and recorded spikes come in turns, which changes nothing.

use super::outcome::{assert_agree, plan, run};
use super::paper;
use spikeprune::backend::cpu::Cpu;
use spikeprune::backend::gpu::{Gpu, adapter};
use spikeprune::backend::{Backend, Phase, Record, Recorded};
use spikeprune::network::Network;
use spikeprune::params::{Params, PruningMode, Threshold};

/// A device whose buffers hold the weights of three networks of the paper.
pub fn small() -> Option<Gpu> {
    let adapter = adapter::adapters().into_iter().next()?;
    let gpu = Gpu::open(&adapter).expect("the first adapter opens");
    Some(gpu.with_largest_buffer(300_000))
}

fn networks(params: &Params) -> Vec<Network> {
    (0..7)
        .map(|replica| Network::new(params, replica).expect("valid parameters"))
        .collect()
}

fn assert_same_in_turns(params: &Params, images: usize) {
    let Some(small) = small() else { return };
    let networks = networks(params);
    let plan = plan(params, images, networks.len());
    let native = run(&Cpu::new(2).expect("threads"), &networks, &plan);
    assert_agree(&native, &run(&small, &networks, &plan));
}

#[test]
fn networks_images_and_lanes() {
    assert_same_in_turns(&paper(PruningMode::Continuous, Threshold::Live), 20);
}

/// No buffer holds the spikes of two networks, drawn from an image or for the last window.
#[test]
fn spike_lists_of_networks_side_by_side() {
    let mut params = paper(PruningMode::FinalWindow, Threshold::Live);
    params.model.input.full_rate_hz = 1_500.0;
    params.model.pruning.window_rate_hz = 500.0;
    params.model.pruning.window_ms = 200.0;
    assert_same_in_turns(&params, 2);
}

#[test]
fn recorded_spikes_of_networks_side_by_side() {
    let Some(small) = small() else { return };
    let networks = networks(&paper(PruningMode::None, Threshold::Live));
    // Half of the inputs at every step.
    let spikes: Vec<(u32, u16)> = (0..100u32)
        .flat_map(|step| (0..392u16).map(move |k| (step, 2 * k + (step % 2) as u16)))
        .collect();
    let recorded = Recorded::new(&spikes, 200, Phase::Train { group: 1 }).watching(&[3]);
    let present = |backend: &dyn Backend| -> (Vec<Record>, Vec<Network>) {
        let mut session = backend.start(networks.clone()).expect("valid networks");
        let records = session.present(&recorded).expect("a presentation");
        (records, session.snapshot().expect("a snapshot"))
    };
    let (native, ours) = (present(&Cpu::new(2).expect("threads")), present(&small));
    assert!(native.0.iter().all(|record| !record.excitatory.is_empty()));
    if small.is_exact() {
        assert!(native == ours);
    }
    let lengths = |records: &[Record]| -> Vec<usize> {
        (records.iter().map(|record| record.watched.steps())).collect()
    };
    assert_eq!(lengths(&ours.0), lengths(&native.0));
}
