//! Learning in batches from the command line: nothing cuts a batch, and what it takes is said.

use crate::program::{all_well, refused, spikeprune, succeed, tiny, tiny_train};
use serde_json::Value;
use std::fs;
use tempfile::TempDir;

/// Batches of 16 images from the start; the tiny training has 40.
const BATCHES: [&str; 4] = [
    "--set",
    "learning.batch=16",
    "--set",
    "learning.batch_growth_images=0",
];

#[test]
fn metrics_and_savings_wait_for_the_end_of_a_batch() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let flags = [
        "--metrics-every",
        "10",
        "--checkpoint-every",
        "5",
        "--epochs",
        "2",
        "--quiet",
    ];
    succeed(tiny_train(&out, &flags).args(BATCHES));
    let csv = fs::read_to_string(out.join("metrics.csv")).unwrap();
    let images: Vec<_> = (csv.lines().skip(1))
        .map(|line| line.split(',').nth(2).unwrap())
        .collect();
    // A pass ends with a short batch.
    assert_eq!(images, ["16", "32", "40", "56", "72", "80"]);
}

#[test]
fn memory_is_told_before_the_training() {
    let folder = TempDir::new().unwrap();
    let output = tiny_train(&folder.path().join("run"), &["--device", "cpu"])
        .args(BATCHES)
        .output()
        .unwrap();
    assert!(output.status.success());
    let stderr = String::from_utf8(output.stderr).unwrap();
    let note = "note: learning in batches of up to 16 images takes at most";
    assert!(
        stderr.starts_with(note) && stderr.ends_with(" MB of memory\n"),
        "{stderr}"
    );
}

/// One network, any number of threads.
#[test]
fn threads_share_a_network_and_change_nothing() {
    let folder = TempDir::new().unwrap();
    let weights = ["1", "2", "3"].map(|threads| {
        let out = folder.path().join(threads);
        let flags = ["--device", "cpu", "--threads", threads, "--quiet"];
        succeed(tiny_train(&out, &flags).args(BATCHES));
        fs::read(out.join("checkpoint.safetensors")).unwrap()
    });
    assert!(weights[0] == weights[1] && weights[1] == weights[2]);
    let one_by_one = folder.path().join("one-by-one");
    succeed(&mut tiny_train(
        &one_by_one,
        &["--device", "cpu", "--quiet"],
    ));
    assert!(fs::read(one_by_one.join("checkpoint.safetensors")).unwrap() != weights[0]);
}

#[test]
fn batches_can_be_searched_over() {
    let folder = TempDir::new().unwrap();
    let mut command = spikeprune(&["sweep", "--quiet", "--json", "--device", "cpu"]);
    command
        .args(tiny())
        .args(["--grid", "learning.batch=1,4,16", "--out"])
        .arg(folder.path().join("search"));
    let document: Value = serde_json::from_str(&succeed(&mut command)).unwrap();
    assert_eq!(
        document["rows"].as_array().map(Vec::len),
        Some(3),
        "{document}"
    );
}

#[test]
fn batches_that_make_no_sense_are_refused() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let cases = [
        ("learning.batch=0", "learning.batch is 0"),
        ("learning.batch=5000", "learning.batch is 5000"),
        (
            "learning.batch_step_images=0",
            "learning.batch_step_images is 0",
        ),
        (
            "learning.batch_change_max=3",
            "learning.batch_change_max is 3",
        ),
    ];
    all_well(
        cases
            .iter()
            .map(|(setting, says)| refused(&mut tiny_train(&out, &["--set", setting]), 1, says)),
    );
}
