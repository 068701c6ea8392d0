//! The library from outside, by its front.

mod batches;
mod front_end;
mod guide;

use spikeprune::backend::Variable;
use spikeprune::backend::cpu::Cpu;
use spikeprune::dataset::{self, Dataset};
use spikeprune::experiment::Event;
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

/// `best` shows every image at the same mean rate: it must be scaled once, wherever it is shown.
#[test]
fn what_is_shown_is_what_was_tested() {
    for params in [presets::paper(), presets::best()] {
        let mut params = small(params);
        params.job.test_per_class = PerClass::First(1);
        let simulation = trained(&params);
        // The first test image is the first seven.
        let tested = simulation.test(&DATA).unwrap().remove(0);
        let shown = simulation.show(DATA.test.image(0), &[]).unwrap();
        assert_eq!(DATA.test.label(0), 7);
        assert_eq!(tested.classes[0], 7);
        assert_eq!(shown.excitatory.len() as u64, tested.spikes_per_class[0]);
        assert_eq!(shown.duration_ms, 350.0);
        assert!(shown.inputs.len() > 500);
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
