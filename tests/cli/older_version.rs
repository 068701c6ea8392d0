//! What earlier versions left is read, to the same bits, and old names of parameters are told.

use crate::program::{refused, spikeprune, succeed};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use toml::{Table, Value};

/// Files of version 0.2.0, with the commands that made them in a README beside them.
fn left(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/v0.2.0")
        .join(name)
}

/// A copy of a run folder, to go on in.
fn copied(name: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    for file in fs::read_dir(left(name)).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), folder.path().join(file.file_name())).unwrap();
    }
    folder
}

/// What a command says beside its result.
fn notes(args: &[&str]) -> (String, String) {
    let ran = spikeprune(args).output().unwrap();
    let [stdout, stderr] = [ran.stdout, ran.stderr].map(|text| String::from_utf8(text).unwrap());
    assert!(ran.status.success(), "{stderr}");
    (stdout, stderr)
}

fn get(params: &str, key: &str) -> Option<Value> {
    let table: Table = params.parse().unwrap();
    key.split('.')
        .try_fold(Value::Table(table), |value, part| value.get(part).cloned())
}

/// Settings by old names, the preset that they are laid over, and what they mean.
const OLD: [(&str, &[&str], &str, &str); 12] = [
    ("paper", &["lateral.w_s2=4"], "lateral.w_e_to_i", "4.0"),
    (
        "paper",
        &["lateral.delay_s3_max_ms=2"],
        "lateral.delay_i_to_e_max_ms",
        "2.0",
    ),
    (
        "paper",
        &["job.classes=[1, 2]"],
        "network.classes",
        "[1, 2]",
    ),
    (
        "paper",
        &["job.neurons_per_class=7"],
        "network.groups.neurons_per_class",
        "7",
    ),
    (
        "paper",
        &["learning.rule=stdp", "job.label_images=50"],
        "network.labels",
        "{ neurons = 30, images = 50 }",
    ),
    (
        "diehl-cook",
        &["job.neurons=50"],
        "network.labels",
        "{ neurons = 50, images = 20000 }",
    ),
    (
        "diehl-cook",
        &[
            "job.neurons=0",
            "job.label_images=0",
            "job.neurons_per_class=4",
        ],
        "network.groups.neurons_per_class",
        "4",
    ),
    (
        "paper",
        &["job.train_per_class=8"],
        "job.train.per_class",
        "8",
    ),
    (
        "paper",
        &["job.train_images=0"],
        "job.train.per_class",
        "5000",
    ),
    (
        "ten-class",
        &["job.train_images=90"],
        "job.train.in_all",
        "90",
    ),
    (
        "ten-class",
        &["job.train_per_class=9"],
        "job.train.per_class",
        "9",
    ),
    (
        "paper",
        &["job.test_per_class=0"],
        "job.test_per_class",
        "\"all\"",
    ),
];

#[test]
fn old_names_of_parameters_are_read_and_told() {
    for (preset, settings, key, value) in OLD {
        let mut args = vec!["params", "--preset", preset];
        args.extend(settings.iter().flat_map(|setting| ["--set", setting]));
        let (printed, told) = notes(&args);
        let expected: Table = format!("value = {value}").parse().unwrap();
        assert_eq!(
            get(&printed, key).as_ref(),
            expected.get("value"),
            "{settings:?}"
        );
        for setting in settings {
            let (old, _) = setting.split_once('=').unwrap();
            assert!(told.contains(&format!("note: {old}")), "{setting}: {told}");
        }
    }
}

#[test]
fn files_with_old_names_mean_the_same() {
    for (run, preset) in [
        ("train", "paper"),
        ("labelled", "diehl-cook"),
        ("reproduce", "paper"),
    ] {
        let file = left(run).join("config.toml");
        let (printed, told) = notes(&["params", "--config", file.to_str().unwrap()]);
        assert_eq!(get(&printed, "preset"), Some(Value::String(preset.into())));
        assert!(
            told.contains("job.train_images is job.train.in_all now"),
            "{told}"
        );
        assert!(get(&printed, "job.neurons").is_none());
        // What is printed has the names of now.
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("new.toml");
        fs::write(&path, &printed).unwrap();
        assert_eq!(
            succeed(spikeprune(&["params", "--config"]).arg(&path)),
            printed
        );
    }
    // A mistake under an old name is still one.
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("wrong.toml");
    fs::write(&path, "[job]\nneurons_per_class = \"many\"\n").unwrap();
    let says = "network.groups.neurons_per_class is \"many\"";
    refused(spikeprune(&["params", "--config"]).arg(&path), 1, says).unwrap();
}

/// Its networks are not yet those that the training asks for.
#[test]
fn a_training_that_has_not_ended_is_told() {
    let file = left("begun").join("checkpoint.safetensors");
    let args = ["eval", file.to_str().unwrap(), "--json", "--device", "cpu"];
    let (document, told) = notes(&args);
    let says = "the training has not ended: its networks have seen 2 of 6 images";
    assert!(told.contains(says), "{told}");
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    let of_document = document["notes"].as_array().unwrap();
    assert!(
        of_document.iter().any(|note| note == says),
        "{of_document:?}"
    );
}

#[test]
fn old_checkpoints_are_tested_and_drawn() {
    for run in ["train", "labelled"] {
        let file = left(run).join("checkpoint.safetensors");
        let args = ["eval", file.to_str().unwrap(), "--json", "--device", "cpu"];
        let (document, told) = notes(&args);
        assert!(told.contains("of version 0.2.0 or older"), "{told}");
        assert!(
            serde_json::from_str::<serde_json::Value>(&document).unwrap()["eval"]["images"]
                .as_u64()
                > Some(0)
        );
        let folder = TempDir::new().unwrap();
        let mut heatmap = spikeprune(&["heatmap"]);
        succeed(
            heatmap
                .arg(&file)
                .arg("--out")
                .arg(folder.path().join("drawn")),
        );
    }
}

#[test]
fn an_old_training_goes_on_to_the_same_bits() {
    let folder = copied("begun");
    let path = folder.path().to_str().unwrap();
    let (_, told) = notes(&["train", "--resume", path, "--device", "cpu"]);
    assert!(told.contains("was begun by spikeprune 0.2.0"), "{told}");
    let bytes = fs::read(folder.path().join("checkpoint.safetensors")).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    // Of the whole training by that version.
    for (name, digest) in [
        (
            "weights",
            "1f087f17fc66de65ac05cbe55d1876f93e82b33a8d955b4b4a2589880bf39176",
        ),
        (
            "weights_running",
            "eaef3ea2874b469e9ab39e5c68d7c8532ccddd948bda3b7214ed43ea914fa1d1",
        ),
    ] {
        let found = Sha256::digest(tensors.tensor(name).unwrap().data());
        let found: String = found.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(found, digest, "{name}");
    }
}

#[test]
fn old_plans_are_read() {
    let folder = copied("reproduce");
    let path = folder.path().to_str().unwrap();
    let (_, told) = notes(&["reproduce", "--resume", path, "--device", "cpu"]);
    assert!(told.contains("was begun by spikeprune 0.2.0"), "{told}");
    assert!(folder.path().join("report.html").exists());
    // The rows of a search are its result: two versions that count otherwise must not share one.
    let folder = copied("sweep");
    let mut sweep = spikeprune(&["sweep", "--resume"]);
    refused(
        sweep.arg(folder.path()),
        1,
        "search.toml is of spikeprune 0.2.0",
    )
    .unwrap();
}
