//! The presets of all ten digits, and the linear classifier.

use crate::program::{all_well, data, refused, spikeprune, succeed};
use serde_json::Value;
use std::path::Path;

/// A preset cut down to some hundred images.
fn short(preset: &str, out: &Path) -> assert_cmd::Command {
    let mut command = spikeprune(&["train", "--quiet", "--json", "--device", "cpu"]);
    command
        .args(["--preset", preset, "--data", &data(), "--out"])
        .arg(out);
    command.args([
        "--train-images",
        "600",
        "--epochs",
        "2",
        "--test-per-class",
        "20",
    ]);
    command.args([
        "--validation-per-class",
        "10",
        "--set",
        "network.groups.neurons_per_class=4",
    ]);
    command
}

/// Six hundred images are few, yet far from chance: the plain rule is silent there.
#[test]
fn ten_digits_are_told_apart_after_six_hundred_images() {
    let folder = tempfile::tempdir().unwrap();
    for preset in [
        "ten-class",
        "ten-class-pruned",
        "ten-class-nonnegative",
        "ten-class-large",
        "ten-class-fast",
    ] {
        let text = succeed(&mut short(preset, &folder.path().join(preset)));
        let found: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(found["eval"]["images"], 200);
        assert_eq!(found["train"]["images"], 1200);
        let accuracy = found["eval"]["accuracy"].as_f64().unwrap();
        assert!(accuracy > 0.4, "{preset}: {accuracy}");
    }
}

#[test]
fn a_linear_classifier_stands_beside_the_vote() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    succeed(&mut short("ten-class", &run));
    let eval = |flags: &[&str]| {
        let mut command = spikeprune(&["eval", "--quiet", "--device", "cpu"]);
        command.arg(run.join("checkpoint.safetensors")).args(flags);
        command
    };
    let text = succeed(&mut eval(&["--json", "--linear-classifier", "60"]));
    let found: Value = serde_json::from_str(&text).unwrap();
    let linear = found["linear_accuracy"].as_f64().unwrap();
    assert!((0.5..1.0).contains(&linear), "{linear}");
    assert_eq!(found["replicas"][0]["linear_accuracy"], linear);
    let table = succeed(&mut eval(&["--linear-classifier", "60"]));
    assert!(
        table.contains(&format!("{:.1}%  by a linear classifier", 100.0 * linear)),
        "{table}"
    );
    let without: Value = serde_json::from_str(&succeed(&mut eval(&["--json"]))).unwrap();
    assert_eq!(without["eval"]["accuracy"], found["eval"]["accuracy"]);
    assert!(without.get("linear_accuracy").is_none());
    all_well([refused(
        &mut eval(&["--linear-classifier", "9999"]),
        1,
        "expected 9999",
    )]);
}
