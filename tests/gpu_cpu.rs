//! The GPU backend against the native one, after whole trainings: every weight, potential, threshold, trace,
//! delay line and spike count, to the bit.

#[path = "support/gpu.rs"]
mod gpu;

use spikeprune::backend::cpu::Cpu;
use spikeprune::backend::gpu::error::GpuError;
use spikeprune::backend::gpu::{Gpu, Traffic, adapter};
use spikeprune::backend::{Backend, BackendError, Frozen, Shift, Showing, SpikeCounts, TestImages};
use spikeprune::dataset::{self, LabelledImages, first_of_class};
use spikeprune::model::rng::Stream;
use spikeprune::network::Network;
use spikeprune::params::{Decay, Params, PruningMode, Rule, TauPrune, Threshold};
use spikeprune::presets;
use std::path::Path;
use std::sync::LazyLock;

static DATA: LazyLock<LabelledImages> = LazyLock::new(|| {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    dataset::load(&dir).expect("the data of the project").train
});

/// `count` training images of the classes in turn, for each of `replicas` networks others.
fn plan(params: &Params, count: usize, replicas: usize) -> Vec<Vec<Showing>> {
    let classes = &params.job.classes;
    let of_class: Vec<Vec<u32>> = classes
        .iter()
        .map(|&class| first_of_class(&DATA, class, 0, 500).expect("images"))
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
struct Outcome {
    networks: Vec<Network>,
    weights: Vec<Vec<f32>>,
    counts: Vec<SpikeCounts>,
}

fn run(backend: &dyn Backend, networks: &[Network], plan: &[Vec<Showing>]) -> Outcome {
    let mut session = backend.start(networks.to_vec()).expect("valid networks");
    session.train(DATA.pixels(), plan).expect("a training");
    let weights = session.read_out().expect("weights");
    let networks = session.snapshot().expect("a snapshot");
    let frozen: Vec<Frozen<'_>> = networks
        .iter()
        .zip(&weights)
        .map(|(network, weights)| Frozen { network, weights })
        .collect();
    // Enough to see a difference; large networks in software take their time.
    let shown: Vec<u32> = (0..if networks[0].params.neurons() > 1000 {
        2
    } else {
        20
    })
        .collect();
    let images = TestImages {
        pixels: DATA.pixels(),
        images: &shown,
        stream: Stream::Test,
    };
    let counts = backend.test(&frozen, images).expect("a test");
    Outcome {
        counts,
        weights,
        networks,
    }
}

/// Names the first array that differs instead of printing two networks.
fn assert_same_network(replica: usize, cpu: &Network, gpu: &Network) {
    if cpu == gpu {
        return;
    }
    let steps = cpu.params.steps().expect("whole steps");
    for ((name, _, ours), (_, _, theirs)) in cpu.arrays(&steps).into_iter().zip(gpu.arrays(&steps))
    {
        let (ours, theirs) = (format!("{ours:?}"), format!("{theirs:?}"));
        let mut values = ours.split(", ").zip(theirs.split(", ")).enumerate();
        let differs = values.find(|(_, (ours, theirs))| ours != theirs);
        assert_eq!(
            differs, None,
            "replica {replica}: {name}: (place, (cpu, gpu))"
        );
    }
    panic!("replica {replica}: clock, counters or parameters differ");
}

/// Trains on both backends and compares all that comes out.
fn assert_same(params: &Params, count: usize, replicas: usize) {
    let Some(gpu) = gpu::gpu() else { return };
    let networks: Vec<Network> = (0..replicas)
        .map(|replica| Network::new(params, replica).expect("valid parameters"))
        .collect();
    let plan = plan(params, count, replicas);
    let native = run(&Cpu::new(2).expect("threads"), &networks, &plan);
    assert!(
        native
            .networks
            .iter()
            .all(|network| network.state.spikes_e > 0),
        "nothing fires, nothing is compared"
    );
    assert_agree(gpu, &native, &run(gpu, &networks, &plan));
}

/// By what was measured when the device was opened: to the bit, or in what a user reads off.
fn assert_agree(gpu: &Gpu, native: &Outcome, ours: &Outcome) {
    if gpu.is_exact() {
        assert_equal(native, ours)
    } else {
        assert_alike(native, ours)
    }
}

fn assert_equal(native: &Outcome, ours: &Outcome) {
    for (replica, (cpu, gpu)) in native.networks.iter().zip(&ours.networks).enumerate() {
        assert_same_network(replica, cpu, gpu);
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
            0.01 * network.params.learning.gmax,
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

fn paper(mode: PruningMode, threshold: Threshold) -> Params {
    let mut params = presets::paper();
    params.job.train_per_class = 100;
    params.pruning.mode = mode;
    params.excitatory.threshold_train = threshold;
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
    params.learning.rule = Rule::Stdp;
    params.excitatory.threshold_test = Threshold::Live;
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
    params.learning.rule = Rule::CountGated;
    params.learning.w_min = -1.0;
    params.learning.gmax = 0.2;
    params.learning.w_start_max = 0.25;
    params.learning.inhibitory_gain = 0.75;
    params.learning.a_post = 0.0;
    params.learning.step_end = 0.0;
    params.learning.tolerance = 0.1;
    params.lateral.w_s3_total = 0.9;
    params.excitatory.threshold_test = Threshold::Live;
    params.excitatory.v_threshold_test_mv = -51.0;
    for replicas in [1, 4] {
        assert_same(&params, 300, replicas);
    }
}

#[test]
fn dropout_of_synapses() {
    let mut params = paper(PruningMode::None, Threshold::Live);
    params.learning.dropout = 0.3;
    assert_same(&params, 60, 2);
}

#[test]
fn decays_that_do_not_care_for_use() {
    for decay in [Decay::Exponential, Decay::Linear] {
        let mut params = paper(PruningMode::Continuous, Threshold::Live);
        params.pruning.decay = decay;
        params.pruning.tau_ms = TauPrune::Ms(60_000.0);
        params.learning.w_min = -0.5;
        assert_same(&params, 60, 2);
    }
}

/// Many spikes in a step, strong decay between them, and no rest: lists, sorting and factors under load.
#[test]
fn a_storm_of_input() {
    let mut params = paper(PruningMode::Continuous, Threshold::Live);
    params.input.full_rate_hz = 600.0;
    params.pruning.tau_ms = TauPrune::Ms(500.0);
    params.time.rest_ms = 0.0;
    assert_same(&params, 20, 2);
}

#[test]
fn ten_classes() {
    let mut params = paper(PruningMode::Continuous, Threshold::Live);
    params.job.classes = (0..10).collect();
    assert_same(&params, 60, 2);
    assert_same(&presets::ten_class_pruned(), 60, 2);
}

#[test]
fn sizes_that_fill_no_block_and_no_workgroup() {
    for neurons_per_class in [1, 3, 11, 43] {
        let mut params = paper(PruningMode::Continuous, Threshold::Live);
        params.job.neurons_per_class = neurons_per_class;
        assert_same(&params, 9, 2);
    }
}

#[test]
fn large_networks() {
    for (neurons_per_class, images) in [(200, 6), (800, 3)] {
        let mut params = paper(PruningMode::Continuous, Threshold::Live);
        params.job.classes = vec![3, 8];
        params.job.neurons_per_class = neurons_per_class;
        assert_same(&params, images, 1);
    }
}

/// The largest size that is promised: its delays alone take 82 MB.
#[test]
fn six_thousand_four_hundred_neurons() {
    let mut params = paper(PruningMode::Continuous, Threshold::Live);
    params.job.classes = vec![3, 8];
    params.job.neurons_per_class = 3200;
    params.time.stimulus_ms = 60.0;
    params.time.rest_ms = 20.0;
    params.excitatory.v_start_mv = -60.0;
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

/// Buffers so small that networks, images ahead and test lanes all come in chunks.
#[test]
fn chunks_change_nothing() {
    let Some(adapter) = adapter::adapters().into_iter().next() else {
        return;
    };
    let small = Gpu::open(&adapter)
        .expect("the first adapter opens")
        .with_largest_buffer(300_000);
    let params = paper(PruningMode::Continuous, Threshold::Live);
    let networks: Vec<Network> = (0..7)
        .map(|replica| Network::new(&params, replica).expect("valid parameters"))
        .collect();
    let plan = plan(&params, 20, networks.len());
    let native = run(&Cpu::new(2).expect("threads"), &networks, &plan);
    assert_agree(&small, &native, &run(&small, &networks, &plan));
}

/// What a training asks of a device, whatever it computes with: after the first call, which tells its speed.
#[test]
fn a_training_waits_seldom_and_reads_little() {
    let Some(adapter) = adapter::adapters().into_iter().next() else {
        return;
    };
    let gpu = Gpu::open(&adapter).expect("the first adapter opens");
    let (images, replicas) = (150, 16);
    let params = paper(PruningMode::Continuous, Threshold::Live);
    let networks = (0..replicas)
        .map(|replica| Network::new(&params, replica).expect("valid parameters"))
        .collect();
    let plan = plan(&params, 50 + images, replicas);
    let mut session = gpu.start(networks).expect("valid networks");
    let mut train = |range: std::ops::Range<usize>| {
        let plan: Vec<Vec<Showing>> = plan
            .iter()
            .map(|showings| showings[range.clone()].to_vec())
            .collect();
        session.train(DATA.pixels(), &plan).expect("a training");
        gpu.traffic().expect("a GPU counts")
    };
    let before = train(0..50);
    let after = (1..4)
        .map(|chunk| train(chunk * 50..(chunk + 1) * 50))
        .last()
        .expect("three chunks");
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
    params.job.classes = vec![0];
    params.job.neurons_per_class = 8_400;
    let network = Network::new(&params, 0).expect("valid parameters");
    match gpu.start(vec![network]).err() {
        Some(BackendError::Gpu(GpuError::TooLarge {
            required,
            available,
            ..
        })) => {
            assert!(
                required > available && available > 0,
                "{required} and {available}"
            );
        }
        // A device with larger bindings takes it.
        None => assert!(gpu.largest_binding() > 4 * 8_400 * 8_401 / 2),
        Some(other) => panic!("{other}"),
    }
}
