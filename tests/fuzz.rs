//! Everything that is read from outside, fed with damaged copies of itself: no panic, and less than 1 GB.
//!
//! A few thousand inputs of each kind are part of the suite; `SPIKEPRUNE_FUZZ=1000000 cargo test --release --test fuzz
//! -- --nocapture` tries so many, and prints how many were refused and how long the slowest took.

#[path = "support/formulas.rs"]
mod formulas;

use flate2::Compression;
use flate2::write::GzEncoder;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use spikeprune::checkpoint::Checkpoint;
use spikeprune::dataset::{Digests, check_labels};
use spikeprune::experiment::papers::antonov_sukhov::{ArmsPlan, Split};
use spikeprune::experiment::papers::diehl_cook;
use spikeprune::experiment::sweep::{Axis, Search, Values};
use spikeprune::experiment::test_sets::HeldOut;
use spikeprune::experiment::train::untrained;
use spikeprune::labels::Labels;
use spikeprune::model::rule::{Program, VALUES, evaluate};
use spikeprune::params::{
    Params, PruningMode, Shard, StateVariable, TrainImages, Vote, layered, named_rules, to_toml,
};
use spikeprune::presets;
use spikeprune::trained::Metrics;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

/// Inputs of each kind.
fn inputs() -> usize {
    match std::env::var("SPIKEPRUNE_FUZZ") {
        Ok(count) => count.parse().expect("a number of inputs"),
        Err(_) => 3_000,
    }
}

/// Texts that stand for numbers which are easily believed.
const TOKENS: [&str; 14] = [
    "0",
    "-1",
    "1e308",
    "-1e308",
    "nan",
    "inf",
    "4294967296",
    "18446744073709551615",
    "0.0000001",
    "[]",
    "\"\"",
    "true",
    "[[0,",
    "\u{fe0f}",
];

/// One to four faults: bits, bytes, stretches and numbers.
fn damage(seed: &[u8], random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..random.random_range(1..=4) {
        // Headers come first and matter most.
        let reach = if random.random_range(0..2) == 0 {
            bytes.len().min(2_000)
        } else {
            bytes.len()
        };
        if reach == 0 {
            return bytes;
        }
        let at = random.random_range(0..reach);
        let end = (at + random.random_range(0..40)).min(bytes.len());
        match random.random_range(0..8) {
            0 => bytes[at] ^= 1 << random.random_range(0..8),
            1 => bytes[at] = random.random(),
            2 => bytes.truncate(at),
            3 => drop(bytes.drain(at..end)),
            4 => {
                let copy = bytes[at..end].to_vec();
                let _ = bytes.splice(at..at, copy);
            }
            5 => {
                let number: u64 = random.random::<u64>() >> random.random_range(0..64);
                let end = (at + 8).min(bytes.len());
                bytes[at..end].copy_from_slice(&number.to_le_bytes()[..end - at]);
            }
            _ => {
                // A number, where there is one behind this place, becomes another.
                let is_number = |byte: &u8| byte.is_ascii_digit() || b".-e".contains(byte);
                let Some(from) = bytes[at..].iter().position(u8::is_ascii_digit) else {
                    continue;
                };
                let length = bytes[at + from..]
                    .iter()
                    .take_while(|byte| is_number(byte))
                    .count();
                let token = TOKENS[random.random_range(0..TOKENS.len())].bytes();
                let _ = bytes.splice(at + from..at + from + length, token);
            }
        }
    }
    bytes
}

/// Reads damaged copies of the seeds, which by themselves are read well.
fn fuzz(name: &str, seeds: &[Vec<u8>], read: impl Fn(&[u8]) -> Result<(), String>) {
    for seed in seeds {
        read(seed).expect("an undamaged seed");
    }
    let mut random = ChaCha8Rng::seed_from_u64(name.len() as u64);
    let (mut refused, mut slowest) = (0, Duration::ZERO);
    let count = inputs();
    for input in 0..count {
        let bytes = damage(&seeds[input % seeds.len()], &mut random);
        let start = Instant::now();
        match catch_unwind(AssertUnwindSafe(|| read(&bytes))) {
            Ok(outcome) => refused += usize::from(outcome.is_err()),
            Err(_) => {
                let file = std::env::temp_dir().join(format!("spikeprune-{name}-{input}"));
                std::fs::write(&file, &bytes).expect("a place for the input");
                panic!(
                    "{name}: input {input} panicked; it is in {}",
                    file.display()
                );
            }
        }
        slowest = slowest.max(start.elapsed());
    }
    println!(
        "{name}: {refused} of {count} inputs refused, the slowest in {slowest:?}, peak {} MB",
        peak_mb()
    );
    assert!(
        peak_mb() < 1_000,
        "{name}: the process took {} MB",
        peak_mb()
    );
}

/// The most memory that the process had so far; 0 where the system does not tell.
fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kb = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kb.unwrap_or(0) / 1_000
}

fn text(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|error| error.to_string())
}

fn labels() -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, 1, 0, 0, 0x27, 0x10];
    bytes.extend((0..10_000u32).map(|label| (label * 7 % 10) as u8));
    bytes
}

#[test]
fn idx_files() {
    fuzz("idx", &[labels()], |bytes| {
        check_labels(bytes).map_err(|error| error.to_string())
    });
}

#[test]
fn gzip_files() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&labels()).expect("a vector");
    let seed = encoder.finish().expect("a vector");
    fuzz("gz", &[seed], |bytes| {
        check_labels(bytes).map_err(|error| error.to_string())
    });
}

#[test]
fn parameter_files() {
    let seeds = [
        presets::paper(),
        presets::ten_class_pruned(),
        presets::diehl_cook(),
    ]
    .map(|params| to_toml(&params).into_bytes());
    fuzz("params", &seeds, |bytes| {
        let params = layered(None, text(bytes)?, "a file")
            .map_err(|error| error.to_string())?
            .params;
        params.validate().map_err(|error| error.to_string())
    });
}

fn digests() -> Digests {
    Digests {
        train: "a0".repeat(32),
        test: "b1".repeat(32),
    }
}

fn tiny() -> Params {
    let mut params = presets::paper();
    params.model.network.classes = vec![3];
    params.model.network.vote = Vote::Groups {
        neurons_per_class: 2,
    };
    params
}

/// A checkpoint of a job, one of networks that differ, with metrics, and one with labels.
fn checkpoints() -> [Vec<u8>; 3] {
    let folder = tempfile::tempdir().expect("a folder");
    let params = tiny();
    let bytes = |checkpoint: &Checkpoint| {
        let path = folder.path().join("checkpoint");
        checkpoint.save(&path).expect("a file");
        std::fs::read(path).expect("the file")
    };
    let mut trained = untrained(&params).expect("valid parameters");
    let plain = Checkpoint::of(&params, trained.clone(), digests());
    trained.replicas[0].network.params.model.pruning.mode = PruningMode::None;
    trained.replicas[0].network.state.presented = 30;
    trained.replicas[0].metrics = [10, 20, 30]
        .map(|images| Metrics {
            replica: 0,
            seed: 1,
            images,
            spikes: 7,
            validation_accuracy: (images > 10).then_some(0.5),
            zero_fraction: 0.25,
            noise_spikes_per_image: Some(1.5),
            noise_silent_fraction: Some(0.5),
        })
        .to_vec();
    let differ = Checkpoint::of(&params, trained, digests());
    let mut labelled = plain.clone();
    labelled.params.model.learning.set_rule("stdp");
    labelled.params.model.network.vote = Vote::Labels {
        neurons: 2,
        images: 10,
    };
    let replica = &mut labelled.replicas[0];
    replica.network.params = labelled.params.clone();
    replica.network.state.presented = labelled.params.presentations() as u32;
    replica.labels = Some(Labels::new(vec![2.0, 0.5], 1));
    [bytes(&plain), bytes(&differ), bytes(&labelled)]
}

#[test]
fn checkpoint_files() {
    fuzz("checkpoint", &checkpoints(), |bytes| {
        let read = Checkpoint::from_bytes(Path::new("a file"), bytes);
        read.map(drop).map_err(|error| error.to_string())
    });
}

#[test]
fn searches() {
    let axis = |key: &str, values| Axis {
        key: key.into(),
        values,
    };
    let grid = Search {
        params: tiny(),
        axes: vec![
            axis(
                "learning.a_pre",
                Values::Listed(vec!["0.01".into(), "0.02".into()]),
            ),
            axis(
                "pruning.mode",
                Values::Listed(vec!["none".into(), "final".into()]),
            ),
        ],
        random: None,
        seeds: 2,
        shard: None,
    };
    let random = Search {
        axes: vec![
            axis("learning.a_pre", Values::LogUniform(0.001, 0.1)),
            axis("learning.gmax", Values::Uniform(0.1, 0.2)),
        ],
        random: Some(3),
        ..grid.clone()
    };
    let seeds = [grid, random].map(|search| toml::to_string(&search).expect("TOML").into_bytes());
    fuzz("search", &seeds, |bytes| {
        let search: Search = toml::from_str(text(bytes)?).map_err(|error| error.to_string())?;
        search.trials().map(drop).map_err(|error| error.to_string())
    });
}

#[test]
fn plans() {
    let plan = ArmsPlan {
        arms: vec![PruningMode::None, PruningMode::Continuous],
        seeds: 2,
        controls: true,
        noise_images: 20,
        edges: true,
        shard: Shard::WHOLE,
        held_out: HeldOut::Test,
        splits: vec![Split {
            classes: vec![3],
            unknown: vec![1],
        }],
        params: tiny(),
    };
    let seed = toml::to_string(&plan).expect("TOML").into_bytes();
    fuzz("plan", &[seed], |bytes| {
        let plan: ArmsPlan = toml::from_str(text(bytes)?).map_err(|error| error.to_string())?;
        plan.validate().map_err(|error| error.to_string())
    });
}

#[test]
fn plans_of_sizes() {
    let mut params = presets::diehl_cook();
    params.job.train = TrainImages::InAll(100);
    let plan = diehl_cook::SizesPlan {
        sizes: vec![10, 20],
        arms: vec![PruningMode::None],
        seeds: 2,
        noise_images: 20,
        params,
    };
    let seed = toml::to_string(&plan).expect("TOML").into_bytes();
    fuzz("plan of sizes", &[seed], |bytes| {
        let plan: diehl_cook::SizesPlan =
            toml::from_str(text(bytes)?).map_err(|error| error.to_string())?;
        plan.validate().map_err(|error| error.to_string())
    });
}

/// Formulas of every kind, whole and damaged: what is read is worked out to numbers within the limits.
#[test]
fn rules() {
    let mut model = tiny().model;
    let mut seeds: Vec<Vec<u8>> = named_rules()
        .iter()
        .map(|rule| rule.factor.clone().into_bytes())
        .collect();
    for seed in 0..500 {
        formulas::set_random_rule(&mut model.learning, seed, true);
        seeds.push(model.learning.factor.clone().into_bytes());
    }
    for rule in named_rules() {
        model.learning.constants.extend(rule.constants.clone());
    }
    // A rule has two variables at most.
    model.learning.constants.insert("slow".into(), 0.5);
    for name in ["rate", "sliding"] {
        let variable = StateVariable {
            start: 1.5,
            kept: true,
            tau_ms: Some(20.0),
            at_spike: "target".into(),
        };
        model.learning.state.insert(name.into(), variable);
    }
    fuzz("rule", &seeds, |bytes| {
        let mut model = model.clone();
        model.learning.factor = text(bytes)?.into();
        let program = Program::new(&model).map_err(|error| error.to_string())?;
        for variable in [0.0, 1.0, -30.5, 16_777_216.0] {
            let factor = evaluate(&program, &mut [variable; VALUES]).factor;
            assert!(
                factor == 0.0 || (1e-30..=1e30).contains(&factor.abs()),
                "{factor}"
            );
        }
        Ok(())
    });
}
