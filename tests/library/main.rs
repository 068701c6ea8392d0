//! The library from outside, by its front.

mod batches;
mod front_end;
mod guide;

use spikeprune::backend::Variable;
use spikeprune::backend::cpu::Cpu;
use spikeprune::dataset::{self, Dataset};
use spikeprune::experiment::Event;
use spikeprune::experiment::saving::Saving;
use spikeprune::params::{MetricsEvery, Params, PerClass, TrainImages};
use spikeprune::presets;
use spikeprune::simulation::{Ended, Simulation, SimulationError};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::LazyLock;

static DATA: LazyLock<Dataset> =
    LazyLock::new(|| dataset::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("data")).unwrap());

fn small(mut params: Params) -> Params {
    params.job.train = TrainImages::PerClass(40);
    params.job.test_per_class = PerClass::First(10);
    params.job.validation_per_class = 5;
    params.job.metrics_every = MetricsEvery::Images(50);
    params
}

fn simulation(params: &Params) -> Simulation {
    Simulation::on(Box::new(Cpu::new(2).unwrap()), params).unwrap()
}

fn trained(params: &Params) -> Simulation {
    let mut simulation = simulation(params);
    simulation.train(&DATA).unwrap();
    simulation
}

#[test]
fn a_training_that_was_stopped_saved_and_loaded_ends_with_the_same_bits() {
    let mut params = small(presets::best());
    params.job.replicas = 2;
    let whole = trained(&params);
    let mut parts = simulation(&params);
    let stopped = parts.train_until(&DATA, |event| match event {
        Event::Measured(_) => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    let Ended::Stopped { images } = stopped.unwrap() else {
        panic!("it was to be stopped");
    };
    assert!((1..120).contains(&images));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("networks.safetensors");
    parts.save(&path).unwrap();
    let cpu = Box::new(Cpu::new(1).unwrap());
    let mut loaded = Simulation::load(cpu, &path).unwrap();
    assert_eq!(loaded.replicas(), parts.replicas());
    loaded.train(&DATA).unwrap();
    assert_eq!(loaded.replicas(), whole.replicas());
    // Nothing is left to learn.
    loaded.train(&DATA).unwrap();
    assert_eq!(loaded.replicas(), whole.replicas());
}

/// `best` shows every image at the same mean rate: it must be scaled once, wherever it is shown. An image evokes the same
/// alone, among others in any order, and where its input spikes are given.
#[test]
fn what_is_shown_is_what_is_evoked() {
    for params in [presets::paper(), presets::best()] {
        let simulation = trained(&small(params));
        let neurons = simulation.params().model.neurons();
        let evoked = |images: &[usize]| {
            let pixels: Vec<u8> = (images.iter())
                .flat_map(|&image| DATA.test.image(image).to_vec())
                .collect();
            let mut all = vec![vec![0; neurons]; images.len()];
            let take = |_: usize, image: usize, counts: &[u16]| all[image] = counts.to_vec();
            let ended = simulation.respond(&pixels, take, |_| ControlFlow::Continue(()));
            assert!(ended.unwrap().is_continue());
            all
        };
        let [forth, mut back] = [[5, 0, 3], [3, 0, 5]].map(|images| evoked(&images));
        back.reverse();
        assert_eq!(forth, back);
        let shown = simulation.show(DATA.test.image(3), &[0]).unwrap();
        let mut counts = vec![0; neurons];
        for &(_, neuron) in &shown.excitatory {
            counts[neuron as usize] += 1;
        }
        assert_eq!(counts, forth[2]);
        assert_eq!(shown.duration_ms, 350.0);
        assert!(shown.inputs.len() > 500);

        let step = |&(ms, input): &(f64, u32)| ((ms / shown.dt_ms).round() as u32, input as u16);
        let mut spikes: Vec<_> = shown.inputs.iter().map(step).collect();
        spikes.reverse();
        let steps = shown.watched.steps() as u32;
        let given = simulation.present(0, &spikes, steps, &[0]).unwrap();
        assert_eq!(given, shown);
    }
}

/// Spikes that are given may drive a network beyond all numbers: that is told.
#[test]
fn a_presentation_that_diverges_is_an_error() {
    let mut params = small(presets::paper());
    params.model.learning.gmax = 50.0;
    params.model.excitatory.refractory_ms = 300.0;
    let simulation = simulation(&params);
    let all: Vec<(u32, u16)> = (0..600)
        .flat_map(|step| (0..784).map(move |input| (step, input)))
        .collect();
    let error = simulation.present(0, &all, 700, &[]).unwrap_err();
    assert!(error.to_string().contains("beyond all numbers"), "{error}");
    assert!(simulation.present(0, &all[..3], 700, &[]).is_ok());
}

/// A training that is stopped while its last measurement is under way has all its images, and goes on with that.
#[test]
fn a_measurement_can_be_stopped() {
    let mut params = presets::diehl_cook();
    params.job.train = TrainImages::InAll(200);
    params.job.epochs = 1;
    let whole = trained(&params);
    let mut simulation = Simulation::on(Box::new(Cpu::new(1).unwrap()), &params).unwrap();
    let ended = simulation.train_until(&DATA, |event| match event {
        Event::Trained { images: 200, .. } => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    assert_eq!(ended.unwrap(), Ended::Stopped { images: 200 });
    assert!(simulation.replicas()[0].labels.is_none());
    assert!(simulation.replicas()[0].metrics.is_empty());
    simulation.train(&DATA).unwrap();
    assert_eq!(simulation.replicas(), whole.replicas());
}

/// Side by side networks learn what each learns alone.
#[test]
fn simulations_are_trained_together() {
    let jobs = [3, 4].map(|seed| {
        let mut params = small(presets::paper());
        params.job.seed = seed;
        params.model.learning.a_pre *= seed as f64 / 3.0;
        params
    });
    let alone = jobs.each_ref().map(trained);
    let mut together =
        jobs.map(|params| Simulation::on(Box::new(Cpu::new(2).unwrap()), &params).unwrap());
    let mut all: Vec<_> = together.iter_mut().collect();
    let ended = Simulation::train_together(&mut all, &DATA, Saving::NONE, |_| {}).unwrap();
    assert_eq!(ended, Ended::Trained);
    for (alone, together) in alone.iter().zip(&together) {
        let (alone, together) = (&alone.replicas()[0], &together.replicas()[0]);
        assert_eq!(
            (&alone.network, &alone.weights),
            (&together.network, &together.weights)
        );
    }
}

/// What nobody labelled is answered as a test would count it, and as a presentation shows it.
#[test]
fn an_image_is_answered_without_its_label() {
    let simulation = trained(&small(presets::paper()));
    for index in 0..5 {
        let image = DATA.test.image(index);
        let found = simulation.answer(image).unwrap();
        let shown = simulation.show(image, &[]).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].spikes as usize, shown.excitatory.len());
        assert_eq!(
            found[0].spikes_per_class.iter().sum::<u32>(),
            found[0].spikes
        );
    }
    assert!(simulation.answer(&[0; 3]).is_err());
}

#[test]
fn potentials_are_reset_where_neurons_spike() {
    let params = small(presets::best());
    let simulation = trained(&params);
    let all: Vec<u32> = (0..30).collect();
    let shown = simulation.show(DATA.test.image(0), &all).unwrap();
    assert_eq!((shown.watched.neurons(), shown.watched.steps()), (30, 700));
    assert!(!shown.excitatory.is_empty());
    let v_reset_mv = params.model.excitatory.v_reset_mv as f32;
    for &(time_ms, neuron) in &shown.excitatory {
        let step = (time_ms / shown.dt_ms).round() as usize;
        let series = |variable| shown.watched.series(variable, neuron as usize).nth(step);
        assert_eq!(series(Variable::PotentialE), Some(v_reset_mv));
    }
    for place in 0..30 {
        let mut traces = shown.watched.series(Variable::TracePost, place);
        assert!(
            traces.all(|trace| trace == 0.0),
            "nothing is learned in a test"
        );
        let potentials = shown.watched.series(Variable::PotentialE, place);
        let mut compared = potentials.zip(shown.threshold_mv(place));
        assert!(compared.all(|(potential, threshold)| potential <= threshold));
    }
}

#[test]
fn teaching_moves_traces_and_leaves_the_network_as_it_is() {
    let params = small(presets::paper());
    let simulation = trained(&params);
    let before = simulation.replicas().to_vec();
    let seven = DATA
        .train
        .labels()
        .iter()
        .position(|&label| label == 7)
        .unwrap();
    let shown = simulation
        .teach(0, DATA.train.image(seven), 7, &[0, 1, 2])
        .unwrap();
    assert_eq!(simulation.replicas(), before);
    assert_eq!(shown.duration_ms, 500.0, "stimulus and rest");
    let neuron = shown.excitatory.iter().find(|(_, neuron)| *neuron < 3);
    let &(_, neuron) = neuron.expect("a neuron of the group fires");
    let mut traces = shown.watched.series(Variable::TracePost, neuron as usize);
    assert!(traces.any(|trace| trace != 0.0));
}

#[test]
fn what_does_not_exist_is_refused() {
    let simulation = simulation(&small(presets::paper()));
    let image = DATA.test.image(0);
    let refusals = [
        simulation.show(&image[1..], &[]).unwrap_err(),
        simulation.show(image, &[30]).unwrap_err(),
        simulation.show_to(1, image, &[]).unwrap_err(),
        simulation.teach(0, image, 9, &[]).unwrap_err(),
        simulation.heatmap(3).err().unwrap(),
    ];
    let says = [
        "783 pixels",
        "neuron 30",
        "no replica 1",
        "label 9",
        "no replica 3",
    ];
    for (error, says) in refusals.iter().zip(says) {
        assert!(error.to_string().contains(says), "{error}");
    }
    let mut few = small(presets::paper());
    few.job.train = TrainImages::PerClass(60_000);
    let mut simulation = self::simulation(&few);
    let error = simulation.train(&DATA).unwrap_err();
    assert!(matches!(error, SimulationError::Experiment(_)), "{error}");
}

#[test]
fn a_heatmap_is_a_picture_of_all_neurons() {
    let simulation = trained(&small(presets::paper()));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.png");
    simulation.heatmap(0).unwrap().save(&path).unwrap();
    let picture = image::open(&path).unwrap();
    assert!(picture.width() > 28 * 4 && picture.height() > 28 * 4);
}

/// Most E spikes of a step while one image is shown.
fn most_spikes_of_a_step(params: &Params) -> usize {
    let shown = simulation(params).show(DATA.test.image(0), &[]).unwrap();
    assert!(shown.excitatory.len() > 10);
    let steps = shown.excitatory.chunk_by(|a, b| a.0 == b.0);
    steps.map(<[_]>::len).max().unwrap()
}

#[test]
fn where_one_neuron_fires_in_a_step_no_two_do() {
    for mut params in [presets::diehl_cook(), presets::ten_class()] {
        params.model.input.full_rate_hz = 300.0;
        params.model.input.mean_rate_hz = 0.0;
        params.model.excitatory.one_spike_a_step = false;
        assert!(most_spikes_of_a_step(&params) > 1);
        params.model.excitatory.one_spike_a_step = true;
        assert_eq!(most_spikes_of_a_step(&params), 1);
    }
}
