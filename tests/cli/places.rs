//! Where runs and data are: new folders, the home folder, names that are not text.

use crate::program::{
    CHECKPOINT, PROGRAM, SHARED, all_well, data, refused, spikeprune, succeed, tiny,
};
use serde_json::Value;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};
use std::sync::Barrier;
use tempfile::TempDir;

#[test]
fn runs_that_begin_together_get_a_folder_each() {
    const RUNS: usize = 6;
    let (folder, together) = (TempDir::new().unwrap(), Barrier::new(RUNS));
    let run = || {
        let mut train = Command::new(PROGRAM);
        train.args(["train", "--threads", "1"]).args(tiny());
        train.args(["--train-per-class", "1", "--device", "cpu"]);
        train
            .current_dir(&folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        together.wait();
        train.output().unwrap()
    };
    let outputs: Vec<_> = std::thread::scope(|scope| {
        let begun: Vec<_> = (0..RUNS).map(|_| scope.spawn(run)).collect();
        begun.into_iter().map(|run| run.join().unwrap()).collect()
    });
    for output in outputs {
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && stderr.is_empty(), "{stderr}");
    }
    let runs = fs::read_dir(folder.path().join("runs")).unwrap();
    let bytes: Vec<_> = runs
        .map(|run| fs::read(run.unwrap().path().join(CHECKPOINT)).unwrap())
        .collect();
    assert_eq!(bytes.len(), RUNS);
    assert!(bytes.iter().all(|of_run| *of_run == bytes[0]));
}

/// Shells leave `--out=~/run` as it is, and nothing but the program reads a file of parameters.
#[test]
fn the_home_folder_is_found_in_flags_and_files() {
    let home = TempDir::new().unwrap();
    symlink(data(), home.path().join("mnist")).unwrap();
    let config = home.path().join("given.toml");
    fs::write(&config, "[job]\ndata = \"$HOME/mnist\"\n").unwrap();
    let elsewhere = TempDir::new().unwrap();
    let run = |args: &[&str]| {
        let mut command = spikeprune(args);
        command.env("HOME", home.path()).current_dir(&elsewhere);
        command
    };
    let settings = tiny();
    // All but the folder of the data.
    let tiny: Vec<&str> = settings[..settings.len() - 2]
        .iter()
        .map(String::as_str)
        .collect();
    let ways = [
        &["--data=~/mnist", "--out=~/a"][..],
        &["--set", "job.data=~/mnist", "--out=$HOME/b"],
        &["--config=~/given.toml", "--out", "${HOME}/c"],
    ];
    for (way, out) in ways.into_iter().zip(["a", "b", "c"]) {
        let args = [&["train", "--json"][..], &tiny, way].concat();
        let document: Value = serde_json::from_str(&succeed(&mut run(&args))).unwrap();
        let out = home.path().join(out);
        assert_eq!(document["out"], out.to_str().unwrap());
        let images = home.path().join("mnist");
        assert_eq!(document["data"]["folder"], images.to_str().unwrap());
        assert!(out.join(CHECKPOINT).exists());
    }
    let mut named = run(&[&["train", "--out=~/d", "--data=auto"][..], &tiny].concat());
    succeed(named.env("SPIKEPRUNE_DATA", "~/mnist"));
    succeed(&mut run(&["train", "--resume=~/b", "--quiet"]));
    let given = format!("~/a/{CHECKPOINT}");
    succeed(&mut run(&[
        "eval",
        &given,
        "--answers=~/answers.csv",
        "--record=0",
        "--out=~/shown",
    ]));
    succeed(&mut run(&["heatmap", &given, "--out=~/drawn"]));
    for made in ["answers.csv", "shown/spikes.npz", "drawn/sheet.png"] {
        assert!(home.path().join(made).exists(), "{made}");
    }
    assert_eq!(fs::read_dir(elsewhere).unwrap().count(), 0);
}

/// Nothing is made under the name of a variable or of somebody's home.
#[test]
fn other_beginnings_are_refused_by_the_flag() {
    let kept = SHARED.checkpoint();
    let elsewhere = TempDir::new().unwrap();
    let refuse = |args: &[&str], code: i32, says: &str| {
        let mut command = spikeprune(args);
        refused(command.current_dir(&elsewhere), code, says)
    };
    let flags = [
        ("train", "--out"),
        ("train", "--data"),
        ("train", "--config"),
        ("train", "--resume"),
        ("reproduce", "--out"),
        ("reproduce", "--resume"),
        ("sweep", "--resume"),
        ("bench", "--plot"),
    ];
    let of_runs = flags.into_iter().flat_map(|(command, flag)| {
        ["~nobody/a", "$SCRATCH/a"].map(|path| {
            refuse(
                &[command, &format!("{flag}={path}"), "--grid=job.seed=1,2"][..2],
                2,
                flag,
            )
        })
    });
    all_well(of_runs);
    let of_checkpoints = [
        (&["eval", "~nobody/a"][..], "<CHECKPOINT>"),
        (&["heatmap", "$SCRATCH/a"], "<CHECKPOINT>"),
        (&["eval", kept.arg(), "--data=~nobody"], "--data"),
        (&["eval", kept.arg(), "--answers=$SCRATCH/a"], "--answers"),
        (
            &["eval", kept.arg(), "--record=0", "--out=~nobody"],
            "--out",
        ),
        (&["heatmap", kept.arg(), "--out=~nobody"], "--out"),
    ];
    all_well(of_checkpoints.map(|(args, flag)| refuse(args, 2, flag)));
    all_well([refuse(
        &["train", "--set", "job.data=$SCRATCH/a"],
        1,
        "job.data is $SCRATCH/a",
    )]);
    let mut named = spikeprune(&["train", "--data=auto"]);
    named
        .env("SPIKEPRUNE_DATA", "$SCRATCH/a")
        .current_dir(&elsewhere);
    refused(&mut named, 1, "SPIKEPRUNE_DATA is $SCRATCH/a").unwrap();
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    // A folder that has such a name is that folder.
    symlink(data(), elsewhere.path().join("$mnist")).unwrap();
    let mut train = spikeprune(&["train", "--out=~~", "--data=$mnist"]);
    fs::create_dir(elsewhere.path().join("~~")).unwrap();
    succeed(train.current_dir(&elsewhere).args(tiny()));
}

#[test]
fn an_argument_that_is_not_text_is_named() {
    let odd = OsStr::from_bytes(b"caf\xe9");
    let joined = OsStr::from_bytes(b"--data=caf\xe9");
    let refuse = |args: &[&OsStr], says: &str| {
        let mut command = spikeprune(&["train"]);
        refused(command.args(args), 2, says)
    };
    let [data, set, out] = ["--data", "--set", "--out"].map(OsStr::new);
    all_well([
        refuse(&[data, odd], "--data is 'caf"),
        refuse(&[joined], "--data is 'caf"),
        refuse(&[out, odd, set, odd], "--set is 'caf"),
    ]);
}

/// Results name folders as text; one that cannot be is no reason to lose them.
#[test]
fn a_run_in_a_folder_whose_name_is_not_text_comes_to_its_end() {
    let folder = TempDir::new().unwrap();
    let odd = folder.path().join(OsStr::from_bytes(b"caf\xe9"));
    fs::create_dir(&odd).unwrap();
    symlink(data(), odd.join("data")).unwrap();
    let mut train = spikeprune(&["train", "--json"]);
    train.args(tiny()).args(["--data", "data", "--out", "run"]);
    succeed(train.current_dir(&odd));
    assert!(odd.join("run/summary.json").exists());
}
