//! The GPU backend against the native one: the same bits.

use spikeprune::backend::cpu::Cpu;
use spikeprune::backend::gpu::{Gpu, adapter};
use spikeprune::backend::{Backend, Frozen, Session, Showing, TestImages};
use spikeprune::model::rng::Stream;
use spikeprune::network::Network;
use spikeprune::params::{INPUTS, Params, PruningMode, Threshold};
use spikeprune::presets;

fn small() -> Params {
    let mut params = presets::paper();
    params.job.train_per_class = 100;
    params
}

fn images(count: usize) -> Vec<u8> {
    // Blobs, brighter in the middle.
    (0..count * INPUTS)
        .map(|at| {
            let (image, pixel) = (at / INPUTS, at % INPUTS);
            let (row, column) = (pixel / 28, pixel % 28);
            let centre = 6 + (image * 7) % 16;
            let distance = row.abs_diff(14) + column.abs_diff(centre);
            if distance < 9 {
                255 - (distance * 20) as u8
            } else {
                0
            }
        })
        .collect()
}

/// Compares array by array, so that a difference is named and not printed whole.
fn assert_same_network(replica: usize, cpu: &Network, gpu: &Network) {
    let steps = cpu.params.steps().unwrap();
    for ((name, _, ours), (_, _, theirs)) in cpu.arrays(&steps).into_iter().zip(gpu.arrays(&steps))
    {
        let (ours, theirs) = (format!("{ours:?}"), format!("{theirs:?}"));
        if ours != theirs {
            let pair = ours
                .split(", ")
                .zip(theirs.split(", "))
                .enumerate()
                .find(|(_, (a, b))| a != b);
            println!("replica {replica}: {name} differs at {pair:?}");
        }
    }
    let counters = |network: &Network| {
        (
            network.state.clock,
            network.state.presented,
            network.state.spikes_e,
        )
    };
    assert_eq!(
        counters(cpu),
        counters(gpu),
        "replica {replica}: clock, presentations, spikes"
    );
}

fn both(params: &Params, count: usize, replicas: usize) {
    let gpu = Gpu::open(&adapter::adapters()[0]).expect("a GPU");
    let cpu = Cpu::new(2).expect("threads");
    let pixels = images(12);
    let networks: Vec<Network> = (0..replicas)
        .map(|r| Network::new(params, r).unwrap())
        .collect();
    let groups = params.job.classes.len() as u32;
    let plan: Vec<Vec<Showing>> = (0..replicas)
        .map(|r| {
            (0..count as u32)
                .map(|i| Showing {
                    image: (i * 5 + r as u32) % 12,
                    group: (i * 5 + r as u32) % 12 % groups,
                })
                .collect()
        })
        .collect();
    let run = |backend: &dyn Backend| {
        let start = std::time::Instant::now();
        let mut session = backend.start(networks.clone()).unwrap();
        session.train(&pixels, &plan).unwrap();
        let snapshot = session.snapshot().unwrap();
        let weights = session.read_out().unwrap();
        println!("{}: {:?}", backend.device(), start.elapsed());
        let start = std::time::Instant::now();
        let frozen: Vec<Frozen> = snapshot
            .iter()
            .zip(&weights)
            .map(|(network, weights)| Frozen { network, weights })
            .collect();
        let shown: Vec<u32> = (0..12).collect();
        let counts = backend
            .test(
                &frozen,
                TestImages {
                    pixels: &pixels,
                    images: &shown,
                    stream: Stream::Test,
                },
            )
            .unwrap();
        println!("{}: test {:?}", backend.device(), start.elapsed());
        (snapshot, weights, counts)
    };
    let (a, b) = (run(&cpu), run(&gpu));
    assert!(a.0[0].state.spikes_e > 0);
    println!("spikes {} {}", a.0[0].state.spikes_e, b.0[0].state.spikes_e);
    for (r, (ours, theirs)) in a.0.iter().zip(&b.0).enumerate() {
        assert_same_network(r, ours, theirs);
    }
    assert!(a.1 == b.1, "weights as read out differ");
    assert!(a.2 == b.2, "spike counts of the test differ");
}

#[test]
fn a_training_gives_the_same_bits() {
    both(&small(), 30, 1);
}

#[test]
fn latched_final_window_replicas() {
    let mut params = small();
    params.excitatory.threshold_train = Threshold::Latched;
    params.pruning.mode = PruningMode::FinalWindow;
    both(&params, 20, 4);
}
