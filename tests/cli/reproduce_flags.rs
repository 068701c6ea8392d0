//! `reproduce` takes the flags of the job and the model that `train` takes, with the same meaning.

use crate::program::{all_well, data, refused, spikeprune, succeed};
use assert_cmd::Command;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use tempfile::TempDir;
use toml::Table;

/// The flags that a command lists under these headings.
fn listed(command: &str, headings: &[&str]) -> BTreeSet<String> {
    let help = succeed(&mut spikeprune(&[command, "--help"]));
    let mut flags = BTreeSet::new();
    let mut within = false;
    for line in help.lines() {
        if !line.starts_with(' ') && line.ends_with(':') {
            within = headings.contains(&line.trim_end_matches(':'));
        }
        // Deeper lines are what it does.
        let flag = line.strip_prefix("      --");
        if let (Some(flag), true) = (flag, within) {
            let name = flag.split([' ', '<']).next().unwrap();
            flags.insert(name.to_string());
        }
    }
    flags
}

const HEADINGS: [&str; 2] = ["Job", "Model"];

/// What `reproduce` says otherwise: by --seeds, --arms and, for splits, another --shard.
const OTHERWISE: [&str; 4] = ["replicas", "pruning", "shard", "snapshots"];

#[test]
fn reproduce_lists_the_flags_of_train() {
    let mut of_train = listed("train", &HEADINGS);
    assert!(of_train.len() > 15, "{of_train:?}");
    for flag in OTHERWISE {
        assert!(of_train.remove(flag), "{flag}");
    }
    assert_eq!(listed("reproduce", &HEADINGS), of_train);
}

/// Flags that make a tiny experiment, none of them at its default.
const OF_GROUPS: [&str; 28] = [
    "--classes",
    "7,4",
    "--neurons-per-class",
    "5",
    "--train-per-class",
    "25",
    "--test-per-class",
    "12",
    "--validation-per-class",
    "4",
    "--epochs",
    "2",
    "--shift-max",
    "1",
    "--seed",
    "3",
    "--metrics-every",
    "20",
    "--dt-ms",
    "1",
    "--rule",
    "count-gated",
    "--threshold-train",
    "latched",
    "--threshold-test",
    "live",
    "--tau-prune-ms",
    "2e5",
];
const OF_LABELS: [&str; 16] = [
    "--label-images",
    "30",
    "--train-images",
    "60",
    "--validation-per-class",
    "1",
    "--test-per-class",
    "2",
    "--epochs",
    "1",
    "--metrics-every",
    "30",
    "--k-prune",
    "2",
    "--shift-max",
    "1",
];

fn reproduce(out: &Path, flags: &[&str]) -> Command {
    let mut command = spikeprune(&[
        "reproduce",
        "--quiet",
        "--device",
        "cpu",
        "--seeds",
        "1",
        "--out",
    ]);
    command
        .arg(out)
        .args(["--data", &data(), "--noise-images", "5"]);
    command.args(flags);
    command
}

/// The parameters that an experiment leaves are those that `params` prints.
fn same_as_params(own: &[&str], preset: &str, flags: &[&str]) {
    let folder = TempDir::new().unwrap();
    succeed(&mut reproduce(folder.path(), &[own, flags].concat()));
    let config = fs::read_to_string(folder.path().join("config.toml")).unwrap();
    let found: Table = config.parse().unwrap();
    let mut params = spikeprune(&["params", "--preset", preset, "--data", &data()]);
    let expected: Table = succeed(params.args(flags)).parse().unwrap();
    assert_eq!(found, expected);
}

#[test]
fn flags_mean_what_they_mean_in_train() {
    same_as_params(
        &["--no-controls", "--arms", "none,final"],
        "paper",
        &OF_GROUPS,
    );
    let own = ["--paper", "diehl-cook", "--sizes", "12", "--arms", "final"];
    // The preset prunes nothing, the arm does.
    let final_too = [&OF_LABELS[..], &["--set", "pruning.mode=final"]].concat();
    same_as_params(&own, "diehl-cook", &final_too);
}

#[test]
fn flags_without_a_meaning_are_refused_with_the_one_that_has_it() {
    let cases: [(&[&str], i32, &str); 8] = [
        (
            &["--pruning", "final"],
            1,
            "--arms names the kinds of pruning",
        ),
        (&["--replicas", "3"], 1, "--seeds says how many networks"),
        (
            &["--paper", "diehl-cook", "--neurons", "30"],
            1,
            "--sizes names the numbers of neurons",
        ),
        (
            &["--paper", "diehl-cook", "--neurons-per-class", "3"],
            1,
            "--neurons-per-class has no meaning for a network without groups",
        ),
        (
            &["--neurons", "30", "--label-images", "10", "--rule", "stdp"],
            1,
            "the networks of this experiment vote by groups",
        ),
        (
            &["--arms", "none", "--no-controls", "--k-prune", "2"],
            1,
            "no meaning with pruning none: leave them out or choose --arms",
        ),
        (
            &["--paper", "diehl-cook", "--tau-prune-ms", "2e5"],
            1,
            "no meaning with pruning none: leave them out or choose --arms",
        ),
        (&["--epochs", "0"], 1, "job.epochs is 0"),
    ];
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("never");
    all_well(cases.iter().map(|(flags, code, says)| {
        let outcome = refused(&mut reproduce(&out, flags), *code, says);
        assert!(!out.exists(), "{flags:?} made a folder");
        outcome
    }));
    let resume = ["reproduce", "--rule", "stdp", "--resume", "x"];
    refused(&mut spikeprune(&resume), 2, "cannot be used with").unwrap();
}
