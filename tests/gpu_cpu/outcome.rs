//! What a training leaves, and how close two of them are.

use super::difference::difference;
use super::gpu;
use spikeprune::backend::cpu::Cpu;
use spikeprune::backend::gpu::Gpu;
use spikeprune::backend::{Backend, Frozen, Record, Shift, Showing, SpikeCounts, TestImages};
use spikeprune::dataset::{self, LabelledImages, first_of_class};
use spikeprune::experiment::prepare::some_as_shown;
use spikeprune::model::rng::Stream;
use spikeprune::network::Network;
use spikeprune::params::Params;
use std::path::Path;
use std::sync::LazyLock;

pub static DATA: LazyLock<LabelledImages> = LazyLock::new(|| {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    dataset::load(&dir).expect("the data of the project").train
});

/// `count` training images of the classes in turn, for each of `replicas` networks others. Classes that are no digits
/// get some digit's images.
pub fn plan(params: &Params, count: usize, replicas: usize) -> Vec<Vec<Showing>> {
    let classes = &params.model.network.classes;
    let of_class: Vec<Vec<u32>> = classes
        .iter()
        .map(|&class| first_of_class(&DATA, class % 10, 0, 500).expect("images"))
        .collect();
    let showing = |replica: usize, position: usize| {
        let group = position % classes.len();
        Showing {
            image: of_class[group][(position / classes.len() + 7 * replica) % 500],
            group: group as u32,
            shift: Shift {
                right: (position % 3) as i8 - 1,
                down: (position % 5) as i8 - 2,
            },
        }
    };
    (0..replicas)
        .map(|replica| {
            (0..count)
                .map(|position| showing(replica, position))
                .collect()
        })
        .collect()
}

/// Networks after a training, their weights as read out, and what they answer to the first images.
#[derive(PartialEq)]
pub struct Outcome {
    pub networks: Vec<Network>,
    pub weights: Vec<Vec<f32>>,
    counts: Vec<SpikeCounts>,
    /// All spikes of the first answer; of small networks, as it takes its time.
    record: Option<Record>,
}

pub fn run(backend: &dyn Backend, networks: &[Network], plan: &[Vec<Showing>]) -> Outcome {
    let input = &networks[0].params.model.input;
    let trained = plan.iter().flatten().map(|showing| showing.image);
    let data = some_as_shown(input, &DATA, trained.chain(0..20)).expect("images of its shape");
    let (pixels, plan) = data.for_training(plan);
    let mut session = backend.start(networks.to_vec()).expect("valid networks");
    session.train(&pixels, &plan).expect("a training");
    let weights = session.read_out().expect("weights");
    let networks = session.snapshot().expect("a snapshot");
    let frozen: Vec<Frozen<'_>> = networks
        .iter()
        .zip(&weights)
        .map(|(network, weights)| Frozen { network, weights })
        .collect();
    // Enough to see a difference; large networks in software take their time.
    let shown: Vec<u32> = (0..if networks[0].params.model.neurons() > 1000 {
        2
    } else {
        20
    })
        .collect();
    let keys: Vec<u32> = shown.iter().map(|&image| !image).collect();
    let images = TestImages {
        pixels: data.pixels(),
        images: &shown,
        keys: &keys,
        stream: Stream::Test,
        attempt: 0,
    };
    let mut counts = backend.test(&frozen, images).expect("a test");
    let record = (networks[0].params.model.neurons() <= 1000).then(|| {
        let first = frozen[0];
        let watch = [networks[0].params.model.neurons() as u32 - 1, 0];
        let record = backend
            .record_test(first, images.at(0), &watch)
            .expect("a record");
        let mut of_neurons = vec![0; networks[0].params.model.neurons()];
        for &(_, neuron) in &record.excitatory {
            of_neurons[neuron as usize] += 1;
        }
        assert_eq!(
            counts[0].images().next(),
            Some(&of_neurons[..]),
            "as tested"
        );
        record
    });
    if networks[0].params.model.input.least_spikes > 0 {
        let again = TestImages {
            attempt: 3,
            ..images
        };
        counts.extend(backend.test(&frozen, again).expect("another test"));
    }
    Outcome {
        record,
        counts,
        weights,
        networks,
    }
}

/// Trains networks of these parameters on both backends and compares all that comes out.
pub fn assert_same(params: &Params, count: usize, replicas: usize) {
    let networks: Vec<Network> = (0..replicas)
        .map(|replica| Network::new(params, replica).expect("valid parameters"))
        .collect();
    let Some(gpu) = gpu::gpu() else { return };
    let native = assert_all_same(gpu, &networks, &plan(params, count, replicas));
    if params.model.input.least_spikes > 5 && !params.learns_in_batches() {
        let again = |network: &Network| {
            let steps = params.model.steps().expect("whole steps");
            network.state.clock > count as u32 * (steps.stimulus + steps.rest)
        };
        assert!(native.networks.iter().all(again), "nothing is shown again");
    }
}

/// Trains on both backends, compares all that comes out and returns it.
pub fn assert_all_same(gpu: &Gpu, networks: &[Network], plan: &[Vec<Showing>]) -> Outcome {
    let native = run(&Cpu::new(2).expect("threads"), networks, plan);
    assert!(
        native
            .networks
            .iter()
            .all(|network| network.state.spikes_e > 0),
        "nothing fires, nothing is compared"
    );
    assert_agree(&native, &run(gpu, networks, plan));
    native
}

/// By what was measured when the GPU was opened: to the bit, or in what a user reads off.
pub fn assert_agree(native: &Outcome, ours: &Outcome) {
    if gpu::gpu().is_some_and(Gpu::is_exact) {
        assert_equal(native, ours)
    } else {
        assert_alike(native, ours)
    }
}

fn assert_equal(native: &Outcome, ours: &Outcome) {
    for (replica, (cpu, gpu)) in native.networks.iter().zip(&ours.networks).enumerate() {
        assert_eq!(difference(cpu, gpu), None, "replica {replica}");
    }
    assert!(native.weights == ours.weights, "weights as read out differ");
    assert!(
        native.counts == ours.counts,
        "spike counts of the test differ"
    );
}

/// Where the driver contracts, a potential near its threshold may fire a step earlier or later, and the runs part:
/// what must agree is what a user reads off. Bounds: spikes of the training 2%, of the test 5%, mean weight 1% of
/// gmax. A native backend that contracts (`--features contracted`) stays within them by a quarter at the closest.
fn assert_alike(native: &Outcome, ours: &Outcome) {
    let close = |what: &str, a: f64, b: f64, most: f64| {
        println!("{what}: {a} and {b}, {:.4} of {most:.4}", (a - b).abs());
        assert!(
            (a - b).abs() <= most,
            "{what}: {a} and {b} differ by more than {most}"
        );
    };
    for (cpu, gpu) in native.networks.iter().zip(&ours.networks) {
        let (a, b) = (cpu.state.spikes_e as f64, gpu.state.spikes_e as f64);
        close("spikes of the training", a, b, 0.02 * a + 10.0);
        assert_eq!(
            (cpu.state.clock, cpu.state.presented),
            (gpu.state.clock, gpu.state.presented)
        );
    }
    for ((a, b), network) in native
        .weights
        .iter()
        .zip(&ours.weights)
        .zip(&native.networks)
    {
        let mean = |weights: &[f32]| {
            weights.iter().map(|&w| f64::from(w)).sum::<f64>() / weights.len() as f64
        };
        close(
            "mean weight",
            mean(a),
            mean(b),
            0.01 * network.params.model.learning.gmax,
        );
    }
    for (a, b) in native.counts.iter().zip(&ours.counts) {
        let sum = |counts: &SpikeCounts| {
            counts
                .counts
                .iter()
                .map(|&count| f64::from(count))
                .sum::<f64>()
        };
        close("spikes of the test", sum(a), sum(b), 0.05 * sum(a) + 10.0);
    }
}
