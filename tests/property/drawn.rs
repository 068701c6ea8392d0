//! What the random jobs draw: no mechanism may drop out of the properties unseen.

use crate::device::Device;
use crate::jobs::sizes::{EDGES, FEW};
use crate::jobs::{Job, job, job_and_company};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use spikeprune::params::*;
use std::collections::{BTreeMap, BTreeSet};
use toml::{Table, Value};

const DRAWS: usize = 2_000;

fn draws<T: std::fmt::Debug>(drawn: &impl Strategy<Value = T>) -> Vec<T> {
    let mut runner = TestRunner::deterministic();
    let mut draw = || drawn.new_tree(&mut runner).unwrap().current();
    (0..DRAWS).map(|_| draw()).collect()
}

#[test]
fn all_random_parameters_are_valid() {
    for device in [Device::Cpu, Device::Gpu] {
        for (job, company) in draws(&job_and_company(device.sizes())) {
            for job in [job, company] {
                assert_eq!(job.params.validate(), Ok(()), "{job:?}");
            }
        }
    }
}

/// Parameters that networks do not know, or that are those of a whole job.
const NOT_DRAWN: [&str; 20] = [
    "job.from",
    "job.from_sha256",
    "job.data",
    "job.reading.size",
    "job.reading.colour",
    "job.reading.transpose",
    "job.reading.invert",
    "job.reading.labels_from",
    "job.reading.test_share",
    "network.names",
    "job.test_per_class",
    "job.validation_per_class",
    "job.replicas",
    "job.shard",
    "job.train.per_class",
    "job.train.in_all",
    "job.metrics_every",
    "job.metrics",
    "job.snapshots_every",
    "preset",
];

/// The values of every parameter by its dotted key.
fn collect(prefix: &str, table: Table, values: &mut BTreeMap<String, BTreeSet<String>>) {
    for (key, value) in table {
        let key = format!("{prefix}{key}");
        match value {
            Value::Table(table) => collect(&format!("{key}."), table, values),
            value => {
                values.entry(key).or_default().insert(value.to_string());
            }
        }
    }
}

#[test]
fn every_parameter_is_drawn() {
    let mut values = BTreeMap::new();
    for job in draws(&job(Device::Gpu.sizes())) {
        collect("", Table::try_from(&job.params).unwrap(), &mut values);
    }
    for (key, values) in values {
        let is_drawn = values.len() > 1;
        assert_ne!(is_drawn, NOT_DRAWN.contains(&&key[..]), "{key}: {values:?}");
    }
}

// A place for each variant. A new one does not compile here before it has a place, nor passes before it is drawn.

/// The rules that have names, then all others.
fn rule(learning: &Learning) -> usize {
    let named = named_rules()
        .iter()
        .position(|named| named.name == learning.rule());
    named.unwrap_or(RULES - 1)
}

const RULES: usize = 8;

fn threshold(threshold: Threshold) -> usize {
    match threshold {
        Threshold::Live => 0,
        Threshold::Latched => 1,
        Threshold::Fixed => 2,
        Threshold::Homeostatic => 3,
    }
}

fn mode(mode: PruningMode) -> usize {
    match mode {
        PruningMode::None => 0,
        PruningMode::Continuous => 1,
        PruningMode::Final => 2,
        PruningMode::FinalWindow => 3,
    }
}

fn decay(decay: Decay) -> usize {
    match decay {
        Decay::Gaussian => 0,
        Decay::Exponential => 1,
        Decay::Linear => 2,
    }
}

fn tau(tau: TauPrune) -> usize {
    match tau {
        TauPrune::Ms(_) => 0,
        TauPrune::Rule(TauRule::FromJob) => 1,
        TauPrune::Rule(TauRule::FromClasses) => 2,
    }
}

fn train(train: TrainImages) -> usize {
    match train {
        TrainImages::PerClass(_) => 0,
        TrainImages::InAll(_) => 1,
    }
}

fn vote(vote: Vote) -> usize {
    match vote {
        Vote::Groups { .. } => 0,
        Vote::Labels { .. } => 1,
    }
}

/// Fails unless every combination of places is among the draws.
fn assert_all<const K: usize>(jobs: &[Job], counts: [usize; K], places: fn(&Model) -> [usize; K]) {
    let seen: BTreeSet<_> = jobs.iter().map(|job| places(&job.params.model)).collect();
    let all: usize = counts.iter().product();
    assert_eq!(seen.len(), all, "places of {counts:?}: {seen:?}");
}

#[test]
fn every_variant_is_drawn_with_every_other_that_it_meets() {
    for device in [Device::Cpu, Device::Gpu] {
        let jobs = draws(&job(device.sizes()));
        assert_all(&jobs, [4, 4], |model| {
            let e = &model.excitatory;
            [threshold(e.threshold_train), threshold(e.threshold_test)]
        });
        assert_all(&jobs, [RULES, 4, 3], |model| {
            let pruning = &model.pruning;
            [
                rule(&model.learning),
                mode(pruning.mode),
                decay(pruning.decay),
            ]
        });
        assert_all(&jobs, [RULES], |model| [rule(&model.learning)]);
        let is_free = |job: &&Job| !job.params.model.learning.is_supervised();
        let unsupervised: Vec<Job> = jobs.iter().filter(is_free).cloned().collect();
        assert_all(&unsupervised, [3, 2], |model| {
            let mut named = ["stdp", "triplet"].iter();
            let place = named.position(|name| *name == model.learning.rule());
            [place.unwrap_or(2), vote(model.network.vote)]
        });
        assert_all(&jobs, [3], |model| [model.learning.state.len()]);
        assert_all(&jobs, [3], |model| [tau(model.pruning.tau_ms)]);
        let trains: BTreeSet<_> = jobs.iter().map(|job| train(job.params.job.train)).collect();
        assert_eq!(trains.len(), 2);
        let sizes: BTreeSet<_> = jobs.iter().map(|job| job.params.model.neurons()).collect();
        let wanted = match device {
            Device::Cpu => EDGES.to_vec(),
            Device::Gpu => FEW.map(|(neurons, _, _)| neurons).to_vec(),
        };
        assert!(wanted.iter().all(|size| sizes.contains(size)), "{sizes:?}");
        let inputs: BTreeSet<_> = jobs.iter().map(|job| job.params.model.inputs()).collect();
        assert!(inputs.len() >= 4, "{inputs:?}");
    }
}

/// A mechanism, and whether a network has it.
type Mechanism = (&'static str, fn(&Model) -> bool);

/// What is either there or not; each must be seen with every rule both ways.
const MECHANISMS: [Mechanism; 16] = [
    ("signed weights", |model| model.learning.w_min < 0.0),
    ("scaled weights", |model| model.learning.w_total > 0.0),
    ("dropout", |model| model.learning.dropout > 0.0),
    ("falling steps", |model| model.learning.step_end < 1.0),
    ("batches", |model| model.learning.batch > 1),
    ("retries", |model| model.input.least_spikes > 0),
    ("coarse intensities", |model| model.input.intensity_step > 1),
    ("oriented edges", |model| {
        model.input.front_end == FrontEnd::OrientedEdges
    }),
    ("images of one mean", |model| model.input.mean_rate_hz > 0.0),
    ("thresholds that begin high", |model| {
        model.excitatory.theta_start_mv > 0.0
    }),
    ("no refractory time", |model| {
        model.excitatory.refractory_ms == 0.0
    }),
    ("no delay", |model| model.lateral.delay_i_to_e_max_ms == 0.0),
    ("delays beyond an image", |model| {
        model.lateral.delay_i_to_e_max_ms > model.image_ms()
    }),
    ("arrivals that fill a conductance", |model| {
        model.w_i_to_e() > model.excitatory.tau_membrane_ms / model.time.dt_ms
    }),
    ("removal of weak weights", |model| {
        model.pruning.remove_below > 0.0
    }),
    ("several groups", |model| model.network.classes.len() > 1),
];

#[test]
fn every_mechanism_is_drawn_with_every_rule_and_without() {
    for device in [Device::Cpu, Device::Gpu] {
        let jobs = draws(&job(device.sizes()));
        for (name, has) in MECHANISMS {
            for place in 0..RULES {
                let models = jobs.iter().map(|job| &job.params.model);
                let of_rule: Vec<_> = models
                    .filter(|model| rule(&model.learning) == place)
                    .collect();
                let with = of_rule.iter().filter(|model| has(model)).count();
                let share = with as f64 / of_rule.len() as f64;
                assert!((0.1..0.9).contains(&share), "{name}, rule {place}: {share}");
            }
        }
        let uneven = |job: &&Job| {
            let (neurons, classes) = (
                job.params.model.neurons(),
                job.params.model.network.classes.len(),
            );
            !neurons.is_multiple_of(classes)
        };
        assert!(jobs.iter().filter(uneven).count() > DRAWS / 20);
    }
}
