//! Networks that are given oriented edges in the place of pixels.

use crate::program::{CHECKPOINT, all_well, data, refused, spikeprune, succeed, tiny_train};
use assert_cmd::Command;
use npyz::NpyFile;
use serde_json::Value;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const EDGES: [&str; 2] = ["--front-end", "oriented-edges"];

fn document(command: &mut Command) -> Value {
    serde_json::from_str(&succeed(command)).unwrap()
}

fn eval(run: &Path, flags: &[&str]) -> Value {
    let mut command = spikeprune(&["eval", "--json", "--device", "cpu"]);
    document(command.arg(run.join(CHECKPOINT)).args(flags))
}

/// A few hundred images are enough for edges, and far from it for pixels.
#[test]
fn edges_are_learned_sooner_than_pixels() {
    let folder = TempDir::new().unwrap();
    let accuracy = |name: &str, flags: &[&str]| {
        let mut command = spikeprune(&["train", "--quiet", "--json", "--device", "cpu"]);
        command.args(["--preset", "best", "--classes", "4,7,9", "--data", &data()]);
        command.args([
            "--train-per-class",
            "100",
            "--test-per-class",
            "200",
            "--out",
        ]);
        let trained = document(command.arg(folder.path().join(name)).args(flags));
        trained["eval"]["accuracy"].as_f64().unwrap()
    };
    let (pixels, edges) = (accuracy("pixels", &[]), accuracy("edges", &EDGES));
    assert!(edges > 0.85 && edges > pixels + 0.1, "{edges}, {pixels}");
}

/// A run's own files repeat it to the bit, and every command shows its networks what they learned from: the test after
/// the training and by `eval` is the same.
#[test]
fn a_run_with_edges_can_be_repeated_and_tested() {
    let folder = TempDir::new().unwrap();
    let [first, again] = ["first", "again"].map(|name| folder.path().join(name));
    let flags = [
        "--shift-max",
        "2",
        "--metrics",
        "noise",
        "--json",
        "--device",
        "cpu",
    ];
    let flags = [&EDGES[..], &flags, &["--set", "input.edges.directions=8"]].concat();
    let trained = document(&mut tiny_train(&first, &flags));
    let mut repeat = spikeprune(&["train", "--quiet", "--device", "cpu", "--config"]);
    repeat
        .arg(first.join("config.toml"))
        .arg("--out")
        .arg(&again);
    succeed(&mut repeat);
    let bytes = |run: &Path| fs::read(run.join(CHECKPOINT)).unwrap();
    assert!(bytes(&first) == bytes(&again));
    let tested = eval(
        &first,
        &["--sets", "noise,unknown:9", "--noise-images", "10"],
    );
    for key in ["correct", "spikes", "confusion"] {
        assert_eq!(tested["eval"][key], trained["eval"][key], "{key}");
    }
    assert!(trained["eval"]["spikes"].as_u64().unwrap() > 0);
    assert!(
        tested["replicas"][0]["sets"]["unknown"]["spikes"]
            .as_u64()
            .unwrap()
            > 0
    );
    let values = fs::read(first.join("heatmaps/weights.npy")).unwrap();
    let drawn = NpyFile::new(&values[..]).unwrap();
    assert_eq!(drawn.shape(), [12, 7, 7, 8]);
    assert!(first.join("heatmaps/sheet.png").exists());
    let recorded = folder.path().join("recorded");
    let record = [
        "--record",
        "3",
        "--neurons",
        "0",
        "--out",
        recorded.to_str().unwrap(),
    ];
    eval(&first, &record);
    assert!(recorded.join("spikes.npz").exists());
}

#[test]
fn another_front_end_is_another_network() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    succeed(&mut tiny_train(&out, &EDGES));
    let config = out.join("config.toml");
    let text = fs::read_to_string(&config).unwrap();
    let resume = |from: &str, to: &str, says: &str| {
        assert!(text.contains(from), "{text}");
        fs::write(&config, text.replacen(from, to, 1)).unwrap();
        let mut command = spikeprune(&["train", "--resume"]);
        refused(command.arg(&out), 1, says)
    };
    all_well([
        resume(
            "front_end = \"oriented-edges\"",
            "front_end = \"pixels\"",
            "input.front_end is \"oriented-edges\" in checkpoint.safetensors and \"pixels\" in config.toml",
        ),
        resume(
            "cell_size = 4",
            "cell_size = 5",
            "input.edges.cell_size is 4 in checkpoint.safetensors and 5 in config.toml",
        ),
    ]);
}

#[test]
fn edges_that_cannot_be_are_refused() {
    let refuse = |settings: &[&str], says: &str| {
        let mut command = spikeprune(&["params", "--set", "input.front_end=oriented-edges"]);
        for setting in settings {
            command.args(["--set", setting]);
        }
        refused(&mut command, 1, says)
    };
    all_well([
        refuse(
            &["input.edges.directions=0"],
            "input.edges.directions is 0: it must be in 1..=64",
        ),
        refuse(
            &["input.edges.cell_size=0"],
            "input.edges.cell_size is 0: it must be in 1..=256",
        ),
        refuse(
            &["input.edges.normalisation=0"],
            "it must be in 0.000001..=1000000",
        ),
        refuse(
            &["input.edges.cut=1.5"],
            "input.edges.cut is 1.5: it must be in 0.001..=1",
        ),
        refuse(
            &[
                "input.edges.directions=64",
                "input.edges.cell_size=1",
                "input.height=64",
            ],
            "rows of cells * columns of cells * input.edges.directions is 64 * 28 * 64: it must be at most 65536: scale \
             the images down, with --size or job.reading.size, or raise input.edges.cell_size",
        ),
    ]);
}
