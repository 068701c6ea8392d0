//! Networks that stay silent, and what is said of them.

use crate::program::{CHECKPOINT, SHARED, data, spikeprune, succeed, tiny_train};
use serde_json::Value;
use std::fs;

/// The rule of the paper weakens groups at images of all other classes: with ten of them hardly any fires.
#[test]
fn networks_that_stay_silent_say_so_and_what_helps() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let mut train = tiny_train(
        &out,
        &[
            "--classes",
            "0,1,2,3,4,5,6,7,8,9",
            "--train-per-class",
            "150",
        ],
    );
    let output = train.output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{stderr}");
    assert!(
        stderr.starts_with("note: the network stays silent at "),
        "{stderr}"
    );
    assert!(stderr.contains("--preset ten-class"), "{stderr}");
    let summary: Value =
        serde_json::from_str(&fs::read_to_string(out.join("summary.json")).unwrap()).unwrap();
    let notes = summary["notes"].as_array().unwrap();
    assert_eq!(format!("note: {}\n", notes[0].as_str().unwrap()), stderr);
    assert!(summary["eval"]["neurons"]["dead"].as_u64().unwrap() > 0);
    // On what was not learned silence is as good as any answer.
    let checkpoint = out.join(CHECKPOINT);
    succeed(spikeprune(&["eval", "--as-unknown"]).arg(&checkpoint));
    succeed(spikeprune(&["eval", "--quiet"]).arg(&checkpoint));
    assert!(SHARED.summary()["notes"].as_array().unwrap().is_empty());
}

/// Seven neurons cannot be labelled with ten classes.
#[test]
fn classes_that_no_neuron_is_labelled_with_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let flags = [
        "--preset",
        "diehl-cook",
        "--neurons",
        "7",
        "--train-images",
        "300",
        "--label-images",
        "300",
        "--epochs",
        "1",
        "--test-per-class",
        "5",
        "--json",
    ];
    let mut train = spikeprune(&["train", "--quiet", "--out"]);
    train.arg(folder.path()).args(["--data", &data()]);
    let found: Value = serde_json::from_str(&succeed(train.args(flags))).unwrap();
    let per_class = found["eval"]["neurons"]["per_class"].as_array().unwrap();
    let none: Vec<usize> = (0..10).filter(|&class| per_class[class] == 0).collect();
    assert!(none.len() >= 3, "{per_class:?}");
    let note = found["notes"][0].as_str().unwrap();
    let (_, named) = note.split_once("no neuron that is labelled ").unwrap();
    for class in none {
        let named = named.split('.').next().unwrap();
        assert!(named.contains(&class.to_string()), "{class}: {note}");
    }
}
