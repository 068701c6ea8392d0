//! The same job gives the same bytes.

use crate::program::{CHECKPOINT, Run, SHARED};

/// Files that hold no wall-clock time.
fn timeless(run: &Run) -> Vec<(&String, &Vec<u8>)> {
    let timed = "summary.json";
    run.files
        .iter()
        .filter(|(name, _)| *name != timed)
        .collect()
}

/// Whether two runs left the same files, without printing their bytes when they did not.
fn same(one: &Run, other: &Run) {
    for (one, other) in timeless(one).into_iter().zip(timeless(other)) {
        assert_eq!(one.0, other.0);
        assert!(one.1 == other.1, "{} differs", one.0);
    }
    assert_eq!(one.files.len(), other.files.len());
}

#[test]
fn a_run_repeats_to_the_byte_on_any_number_of_threads() {
    same(&SHARED, &Run::tiny(&["--threads", "2"]));
    same(&SHARED, &Run::tiny(&["--threads", "1"]));
}

#[test]
fn the_configuration_of_a_run_repeats_it() {
    let flags = [
        ["--preset", "authors-code"],
        ["--rule", "stdp"],
        ["--tau-prune-ms", "from-job"],
        ["--epochs", "2"],
        ["--seed", "77"],
    ];
    for run in [&*SHARED, &Run::tiny(flags.as_flattened())] {
        same(run, &Run::of_config(&run.files["config.toml"]));
    }
}

#[test]
fn another_seed_gives_another_network() {
    assert_ne!(Run::tiny(&["--seed", "2"]).weights(), SHARED.weights());
}

#[test]
fn how_often_is_measured_changes_no_weight() {
    let seldom = Run::tiny(&["--metrics-every", "0", "--validation-per-class", "0"]);
    assert_eq!(seldom.weights(), SHARED.weights());
    assert_eq!(
        seldom.tensor("weights_running"),
        SHARED.tensor("weights_running")
    );
}

#[test]
fn each_replica_is_the_network_of_its_seed_alone() {
    for pruning in ["continuous", "final-window"] {
        let flags = ["--pruning", pruning, "--seed"];
        let alone = |seed: &str| Run::tiny(&[&flags[..], &[seed]].concat());
        let together = Run::tiny(&[&flags[..], &["40", "--replicas", "4"]].concat());
        let networks = together.weights();
        let shown = together.summary();
        for (replica, seed) in ["40", "41", "42", "43"].into_iter().enumerate() {
            let alone = alone(seed);
            let weights = &networks[replica * 784 * 12..][..784 * 12];
            // By bits, and short when they differ.
            let bits = |weights: &[f32]| weights.iter().map(|w| w.to_bits()).collect::<Vec<_>>();
            assert!(
                bits(weights) == bits(&alone.weights()),
                "{pruning}, seed {seed}"
            );
            let of_replica = &shown["replicas"][replica];
            for key in ["images", "correct", "tied", "spikes", "silent", "confusion"] {
                assert_eq!(
                    of_replica["eval"][key],
                    alone.summary()["eval"][key],
                    "{pruning}, {key}"
                );
            }
        }
        assert!(together.files[CHECKPOINT].len() > 4 * 784 * 12 * 8);
    }
}
