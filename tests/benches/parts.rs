//! Benchmarks of the parts of an image on the native backend, one thread: `cargo bench --bench parts`.
//!
//! What they add up to, and on which machine, tells `spikeprune bench`.

use divan::{Bencher, black_box};
use spikeprune::backend::cpu::Cpu;
use spikeprune::backend::{Backend, Frozen, Shift, Showing, TestImages};
use spikeprune::dataset::{self, Dataset};
use spikeprune::front_end::OrientedEdges;
use spikeprune::model::poisson::{Draw, RateTable, SpikeList};
use spikeprune::model::rng::Stream;
use spikeprune::network::Network;
use spikeprune::params::{Edges, Params, Vote};
use spikeprune::presets;
use std::path::Path;
use std::sync::LazyLock;

static DATA: LazyLock<Dataset> = LazyLock::new(load);

fn load() -> Dataset {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    dataset::load(&folder).expect("the data of the project")
}

fn main() {
    divan::main();
}

/// The ten-class network with so many neurons.
fn params(neurons: usize) -> Params {
    let mut params = presets::ten_class();
    params.model.time.dt_ms = 0.5;
    params.model.network.vote = Vote::Groups {
        neurons_per_class: neurons / 10,
    };
    params
}

fn one_thread() -> Cpu {
    Cpu::new(1).expect("a thread")
}

/// Images that one iteration shows.
const IMAGES: u32 = 20;

#[divan::bench(sample_count = 10)]
fn load_mnist() -> Dataset {
    load()
}

#[divan::bench(args = [0.1, 0.5, 1.0])]
fn draw_input_spikes(bencher: Bencher, dt_ms: f64) {
    let mut params = presets::paper();
    params.model.time.dt_ms = dt_ms;
    let steps = params.model.steps().expect("whole steps").stimulus;
    let (rates, mut spikes, mut presentation) =
        (RateTable::new(&params, 0), SpikeList::default(), 0);
    bencher.bench_local(|| {
        let draw = Draw {
            seed: 1,
            stream: Stream::Train,
            presentation,
            attempt: 0,
        };
        presentation += 1;
        let image = presentation as usize % 1000;
        let pixels = DATA.train.image(image);
        rates.draw(draw, black_box(pixels), steps, &mut spikes);
    });
}

#[divan::bench]
fn encode_edges(bencher: Bencher) {
    let edges = Edges::default();
    let encoder = OrientedEdges::new(DATA.train.shape(), &edges);
    let mut answers = vec![0; edges.cells(DATA.train.shape()).len()];
    let mut images = (0..DATA.train.len()).cycle();
    bencher.bench_local(|| {
        let image = images.next().unwrap_or(0);
        encoder.encode(black_box(DATA.train.image(image)), &mut answers);
    });
}

/// With the network as [`IMAGES`] images leave it.
#[divan::bench(args = [10, 100, 400, 1600], sample_count = 20)]
fn train_20_images(bencher: Bencher, neurons: usize) {
    let params = params(neurons);
    let backend = one_thread();
    let plan: Vec<Showing> = (0..IMAGES)
        .map(|image| Showing {
            image,
            group: u32::from(DATA.train.label(image as usize)),
            shift: Shift::default(),
        })
        .collect();
    let plan = [plan];
    let network = Network::new(&params, 0).expect("valid parameters");
    let mut session = backend.start(vec![network]).expect("a valid network");
    let mut train = || {
        session
            .train(DATA.train.pixels(), &plan)
            .expect("a training")
    };
    train();
    bencher.bench_local(train);
}

#[divan::bench(args = [10, 100, 400, 1600], sample_count = 20)]
fn test_20_images(bencher: Bencher, neurons: usize) {
    let network = Network::new(&params(neurons), 0).expect("valid parameters");
    let (backend, images) = (one_thread(), (0..IMAGES).collect::<Vec<_>>());
    let frozen = [Frozen {
        network: &network,
        weights: &network.weights,
    }];
    bencher.bench_local(|| {
        let shown = TestImages {
            pixels: DATA.test.pixels(),
            images: &images,
            keys: &[],
            stream: Stream::Test,
            attempt: 0,
        };
        backend.test(&frozen, shown).expect("a test")
    });
}

/// The copy of the weights that eq. 5 is applied to.
#[divan::bench(args = [30, 1600])]
fn read_out(bencher: Bencher, neurons: usize) {
    let mut params = presets::ten_class_pruned();
    params.model.network.vote = Vote::Groups {
        neurons_per_class: neurons / 10,
    };
    let network = Network::new(&params, 0).expect("valid parameters");
    let backend = one_thread();
    let mut session = backend.start(vec![network]).expect("a valid network");
    bencher.bench_local(|| session.read_out().expect("weights"));
}
