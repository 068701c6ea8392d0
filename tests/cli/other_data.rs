//! Other data than those that were trained on are never taken without a word.

use crate::program::{CHECKPOINT, data, refused, spikeprune, succeed, tiny, tiny_train};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use tempfile::TempDir;

const LABELS: &str = "train-labels-idx1-ubyte";

/// A folder `data` with the project's data; of the same shape, but other training labels, where `other`.
fn data_in(folder: &Path, other: bool) {
    data_at(&folder.join("data"), other);
}

/// The same in this folder.
pub fn data_at(set: &Path, other: bool) {
    fs::create_dir_all(set).unwrap();
    for file in fs::read_dir(data()).unwrap().map(|file| file.unwrap()) {
        let here = set.join(file.file_name());
        if other && file.file_name() == LABELS {
            let mut bytes = fs::read(file.path()).unwrap();
            bytes[8..].rotate_left(1);
            fs::write(here, bytes).unwrap();
        } else {
            symlink(file.path(), here).unwrap();
        }
    }
}

/// A run in a folder of its own, begun with the relative path `data`.
fn trained() -> TempDir {
    let folder = TempDir::new().unwrap();
    data_in(folder.path(), false);
    let mut train = tiny_train(Path::new("run"), &["--data", "data"]);
    succeed(train.current_dir(folder.path()));
    folder
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_run_goes_on_with_the_same_data_alone() {
    let folder = trained();
    let other = TempDir::new().unwrap();
    data_in(other.path(), true);
    let run = folder.path().join("run");
    let resume = |from: &Path, flags: &[&str]| {
        let mut command = spikeprune(&["train", "--resume"]);
        command.arg(&run).args(flags).current_dir(from);
        command
    };
    // The run knows where its data were.
    succeed(&mut resume(other.path(), &[]));
    let moved = folder.path().join("moved");
    fs::rename(folder.path().join("data"), &moved).unwrap();
    refused(&mut resume(folder.path(), &[]), 1, "name their folder").unwrap();
    // A relative path means another folder elsewhere.
    refused(
        &mut resume(other.path(), &[]),
        1,
        "holds other training images",
    )
    .unwrap();
    let named = ["--data", moved.to_str().unwrap()];
    succeed(&mut resume(other.path(), &named));
    // So it is where nothing was saved yet.
    fs::remove_file(run.join(CHECKPOINT)).unwrap();
    refused(
        &mut resume(other.path(), &[]),
        1,
        "holds other training images",
    )
    .unwrap();
    succeed(&mut resume(other.path(), &named));
    let summary = json(&fs::read_to_string(run.join("summary.json")).unwrap());
    assert_eq!(summary["params"]["job"]["data"], "data");
    assert_eq!(summary["data"]["folder"], named[1]);
    // So may its file name the new place; the checkpoint is one of `train` all the same.
    let config = fs::read_to_string(run.join("config.toml")).unwrap();
    let moved_to = format!("data = {:?}", named[1]);
    let edited = config.replacen("data = \"data\"", &moved_to, 1);
    fs::write(run.join("config.toml"), edited).unwrap();
    succeed(&mut resume(other.path(), &[]));
    let mut eval = spikeprune(&["eval"]);
    succeed(eval.arg(run.join(CHECKPOINT)).args(named));
}

#[test]
fn a_checkpoint_is_tested_on_other_data_only_by_name() {
    let folder = trained();
    let other = TempDir::new().unwrap();
    data_in(other.path(), true);
    let checkpoint = folder.path().join("run").join(CHECKPOINT);
    let eval = |flags: &[&str]| {
        let mut command = spikeprune(&["eval", "--json"]);
        command
            .arg(&checkpoint)
            .args(flags)
            .current_dir(other.path());
        command
    };
    refused(&mut eval(&[]), 1, "holds other training images").unwrap();
    let output = eval(&["--data", "data"]).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert!(
        stderr.starts_with("note: data holds other images")
            && stderr.contains("matched by their numbers")
            && stderr.contains("--as-unknown"),
        "{stderr}"
    );
    let unknown = eval(&["--data", "data", "--as-unknown"]).output().unwrap();
    let stderr = String::from_utf8_lossy(&unknown.stderr);
    assert!(
        stderr.contains("all its labels count as not learned"),
        "{stderr}"
    );
    let unknown = json(&String::from_utf8(unknown.stdout).unwrap());
    assert!(unknown["eval"]["accuracy"].is_null() && unknown["eval"]["correct"] == 0);
    let same = succeed(&mut eval(&[
        "--data",
        folder.path().join("data").to_str().unwrap(),
    ]));
    let found = json(&String::from_utf8(output.stdout).unwrap());
    assert_ne!(found["data"]["train"], json(&same)["data"]["train"]);
    assert_eq!(found["data"]["test"], json(&same)["data"]["test"]);
}

#[test]
fn a_search_goes_on_with_the_same_data_alone() {
    let folder = TempDir::new().unwrap();
    data_in(folder.path(), false);
    let mut sweep = spikeprune(&["sweep", "--quiet", "--out", "run"]);
    sweep
        .args(tiny())
        .args(["--data", "data", "--grid", "learning.a_pre=0.01,0.02"]);
    succeed(sweep.current_dir(folder.path()));
    let other = TempDir::new().unwrap();
    data_in(other.path(), true);
    let mut resume = spikeprune(&["sweep", "--resume"]);
    resume
        .arg(folder.path().join("run"))
        .current_dir(other.path());
    succeed(&mut resume);
    fs::rename(folder.path().join("data"), folder.path().join("moved")).unwrap();
    refused(&mut resume, 1, "holds other training images").unwrap();
    succeed(resume.args(["--data", &data()]));
}
