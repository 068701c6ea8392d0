//! Files of a stopped run with bytes cut off or flipped: it goes on, or says which file is in fault.

use crate::run::{data, finish, spikeprune};
use crate::wait::{kill, wait_for};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use std::fs;
use std::path::Path;

/// Damages of each file.
const DAMAGES: usize = 12;

/// Goes on with copies of a run, each with one file damaged.
fn test(command: &str, flags: &[&str], stop: impl Fn(&Path), files: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let mut begin = spikeprune(command, flags);
    begin.args(data()).arg("--out").arg(&run);
    finish(begin);
    stop(&run);
    let mut random = ChaCha8Rng::seed_from_u64(7);
    for name in files {
        for damage in 0..DAMAGES {
            let copy = folder.path().join("copy");
            fs::create_dir(&copy).unwrap();
            for file in fs::read_dir(&run).unwrap().map(Result::unwrap) {
                if file.path().is_file() {
                    fs::copy(file.path(), copy.join(file.file_name())).unwrap();
                }
            }
            let mut bytes = fs::read(run.join(name)).unwrap();
            let at = random.random_range(0..bytes.len());
            match damage % 3 {
                0 => bytes.truncate(at),
                1 => bytes[at] ^= 1 << random.random_range(0..8),
                _ => bytes[at] = random.random(),
            }
            fs::write(copy.join(name), bytes).unwrap();
            let mut resume = spikeprune(command, &["--resume"]);
            let output = resume.arg(&copy).output().unwrap();
            let stderr = String::from_utf8_lossy(&output.stderr);
            let what = format!("{command}, {name}, damage {damage}: {stderr}");
            match output.status.code() {
                Some(0) => {}
                Some(1) => {
                    assert!(stderr.starts_with("error: "), "{what}");
                    assert_eq!(stderr.lines().count(), 1, "{what}");
                }
                _ => panic!("{what}"),
            }
            fs::remove_dir_all(&copy).unwrap();
        }
    }
}

const TINY: [&str; 10] = [
    "--train-per-class",
    "20",
    "--validation-per-class",
    "5",
    "--device",
    "cpu",
    "--threads",
    "1",
    "--dt-ms",
    "1",
];

#[test]
fn damaged_trainings() {
    let flags = [
        &TINY[..],
        &["--test-per-class", "5", "--metrics-every", "20"],
    ]
    .concat();
    let files = ["config.toml", "checkpoint.safetensors", "metrics.csv"];
    test("train", &flags, |_| {}, &files);
}

#[test]
fn damaged_searches() {
    let flags = [&TINY[..], &["--grid", "learning.a_pre=0.01,0.02,0.03"]].concat();
    let stop = |run: &Path| {
        let table = run.join("sweep.csv");
        let text = fs::read_to_string(&table).unwrap();
        let rows: String = text.split_inclusive('\n').take(3).collect();
        fs::write(table, rows).unwrap();
        // It would tell at once that the table was cut.
        fs::remove_file(run.join(".spikeprune")).unwrap();
    };
    test("sweep", &flags, stop, &["search.toml", "sweep.csv"]);
}

#[test]
fn damaged_experiments() {
    let flags = [
        "--train-per-class",
        "20",
        "--test-per-class",
        "5",
        "--noise-images",
        "5",
        "--seeds",
        "1",
        "--arms",
        "none,continuous",
        "--no-controls",
        "--device",
        "cpu",
        "--dt-ms",
        "1",
    ];
    // What is left of a run that was killed while it tested.
    let folder = tempfile::tempdir().unwrap();
    let stopped = folder.path().join("stopped");
    let saved = stopped.join("training.safetensors");
    let stop = |run: &Path| {
        // Again if it came to its end first.
        while !saved.exists() {
            let mut command = spikeprune("reproduce", &flags);
            command
                .args(data())
                .args(["--checkpoint-every", "1", "--overwrite"]);
            let mut child = command.arg("--out").arg(&stopped).spawn().unwrap();
            wait_for(&saved, &mut child);
            kill(child);
        }
        fs::copy(&saved, run.join("training.safetensors")).unwrap();
        // It would tell at once that this is not what the run saved last.
        fs::remove_file(run.join(".spikeprune")).unwrap();
    };
    test(
        "reproduce",
        &flags,
        stop,
        &["plan.toml", "training.safetensors"],
    );
}
