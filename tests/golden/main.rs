//! Spike-exact traces from Brian2: the simulator, fed the recorded input spikes, weights and delays, gives
//! every recorded E and I spike and the recorded weights. See tests/fixtures/golden/README.md.
//!
//! `SPIKEPRUNE_GOLDEN_DIR` names another folder of the same form: a `golden_common.npz` and any
//! `golden_*.npz`; all that are found are run.

#[path = "../support/npz.rs"]
mod npz;

#[path = "../support/gpu.rs"]
mod gpu;

mod diehl_cook;
mod traces;

use npz::Npz;
use spikeprune::backend::Backend;
use spikeprune::backend::cpu::Cpu;
use std::path::{Path, PathBuf};
use std::thread;

fn golden_dir() -> PathBuf {
    match std::env::var_os("SPIKEPRUNE_GOLDEN_DIR") {
        Some(dir) => dir.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/golden"),
    }
}

#[test]
fn every_recorded_spike_and_weight_on_the_cpu() {
    run_all(&Cpu::new(1).expect("a thread"));
}

/// A GPU that contracts multiply-adds may move a spike, and then the runs part.
#[test]
fn every_recorded_spike_and_weight_on_a_gpu_that_does_not_contract() {
    match gpu::gpu() {
        Some(gpu) if gpu.is_exact() => run_all(gpu),
        Some(gpu) => println!("skipped: {} contracts multiply-adds", gpu.device()),
        None => {}
    }
}

fn run_all(backend: &dyn Backend) {
    let dir = golden_dir();
    let common = dir.join("golden_common.npz");
    let mut found: Vec<PathBuf> = std::fs::read_dir(&dir)
        .unwrap_or_else(|error| panic!("{}: {error}", dir.display()))
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("golden_") && name.ends_with(".npz") && name != "golden_common.npz"
        })
        .collect();
    found.sort();
    assert!(!found.is_empty(), "no golden_*.npz in {}", dir.display());
    // A network alone keeps one core busy, on a GPU in software too.
    thread::scope(|scope| {
        for path in &found {
            scope.spawn(|| {
                let name = path.file_name().expect("a file").to_string_lossy();
                let (common, file) = (Npz::open(&common), Npz::open(path));
                println!("{}", traces::run(backend, common, &name, file));
            });
        }
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/golden");
        diehl_cook::run(backend, Npz::open(&folder.join("diehl_cook.npz")));
    });
}
