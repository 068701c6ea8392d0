//! SIGKILL at random moments; SIGINT once and twice; two runs in one folder.

use crate::gpu::gpu;
use crate::run::{assert_same, data, finish, refuse, signal, spikeprune, wait_for};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use spikeprune::backend::gpu::Gpu;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A command that is killed again and again.
struct Killed<'a> {
    command: &'a str,
    flags: &'a [&'a str],
    /// Flags of each leg, in turn.
    legs: &'a [&'a [&'a str]],
}

impl Killed<'_> {
    fn begin(&self, out: &Path) -> Command {
        let mut command = spikeprune(self.command, self.flags);
        command.arg("--out").arg(out).args(["--set", &data()]);
        command
    }

    fn resume(&self, out: &Path, leg: usize) -> Command {
        let mut command = spikeprune(self.command, self.legs[leg % self.legs.len()]);
        command.arg("--resume").arg(out);
        command
    }

    /// Kills so many legs in their course; whenever one comes to its end first, compares with a run that was left
    /// alone and begins anew.
    fn test(&self, kills: usize) {
        let folder = tempfile::tempdir().unwrap();
        let (whole, killed) = (folder.path().join("whole"), folder.path().join("killed"));
        let temporary = folder.path().join("temporary");
        std::fs::create_dir(&temporary).unwrap();
        let start = Instant::now();
        finish(self.begin(&whole));
        // Long enough to come to a saving more often than not, on any machine.
        let longest_ms = start.elapsed().as_millis() as u64;
        let mut random = ChaCha8Rng::seed_from_u64(kills as u64);
        let (mut survived, mut legs, mut resumed) = (0, 0, 0);
        while survived < kills {
            resumed += usize::from(killed.join(self.saved()).exists());
            let mut next = self.next(&killed, legs);
            let mut child = next.env("TMPDIR", &temporary).spawn().unwrap();
            legs += 1;
            std::thread::sleep(Duration::from_millis(random.random_range(0..longest_ms)));
            let ended = child.try_wait().unwrap();
            let _ = child.kill();
            child.wait().unwrap();
            match ended {
                None => survived += 1,
                Some(_) => {
                    assert_same(&whole, &killed);
                    std::fs::remove_dir_all(&killed).unwrap();
                }
            }
        }
        let mut next = self.next(&killed, legs);
        next.env("TMPDIR", &temporary);
        finish(next);
        assert_same(&whole, &killed);
        let left = std::fs::read_dir(&temporary).unwrap().count();
        assert_eq!(left, 0, "temporary folders are left");
        assert!(
            resumed > kills / 10,
            "only {resumed} legs began with something saved"
        );
        println!(
            "{}: {kills} of {legs} legs killed in their course",
            self.command
        );
    }

    /// What a leg goes on from.
    fn saved(&self) -> &'static str {
        match self.command {
            "train" => "checkpoint.safetensors",
            "sweep" => "sweep.csv",
            _ => "training.safetensors",
        }
    }

    /// Goes on with a run; begins it as long as there is no plan to go on from.
    fn next(&self, out: &Path, leg: usize) -> Command {
        let plan = match self.command {
            "train" => "config.toml",
            "sweep" => "search.toml",
            _ => "plan.toml",
        };
        if out.join(plan).exists() {
            return self.resume(out, leg);
        }
        let mut command = self.begin(out);
        command.arg("--overwrite");
        command
    }
}

/// About a second of training, saved all the time.
const TRAIN: [&str; 16] = [
    "--replicas",
    "2",
    "--train-per-class",
    "700",
    "--test-per-class",
    "20",
    "--metrics-every",
    "100",
    "--validation-per-class",
    "20",
    "--checkpoint-every",
    "30",
    "--device",
    "cpu",
    "--threads",
    "1",
];

#[test]
fn a_training_that_is_killed_goes_on() {
    Killed {
        command: "train",
        flags: &TRAIN,
        legs: &[
            &[
                "--checkpoint-every",
                "30",
                "--device",
                "cpu",
                "--threads",
                "1",
            ],
            &[
                "--checkpoint-every",
                "7",
                "--device",
                "cpu",
                "--threads",
                "2",
            ],
        ],
    }
    .test(20);
}

#[test]
fn a_training_goes_on_on_another_device() {
    if !gpu().is_some_and(Gpu::is_exact) {
        return;
    }
    Killed {
        command: "train",
        flags: &[
            "--train-per-class",
            "60",
            "--test-per-class",
            "5",
            "--metrics-every",
            "50",
            "--validation-per-class",
            "5",
            "--checkpoint-every",
            "10",
            "--device",
            "gpu",
        ],
        legs: &[
            &["--checkpoint-every", "10", "--device", "gpu"],
            &[
                "--checkpoint-every",
                "5",
                "--device",
                "cpu",
                "--threads",
                "1",
            ],
        ],
    }
    .test(6);
}

#[test]
fn a_search_that_is_killed_goes_on() {
    Killed {
        command: "sweep",
        flags: &[
            "--train-per-class",
            "100",
            "--grid",
            "learning.a_pre=0.005,0.01,0.02",
            "--grid",
            "job.neurons_per_class=4,5,6,7",
            "--validation-per-class",
            "10",
            "--device",
            "cpu",
            "--threads",
            "1",
        ],
        legs: &[&["--device", "cpu", "--threads", "1"], &["--device", "cpu"]],
    }
    .test(20);
}

#[test]
fn an_experiment_that_is_killed_goes_on() {
    Killed {
        command: "reproduce",
        flags: &[
            "--train-per-class",
            "100",
            "--test-per-class",
            "10",
            "--noise-images",
            "20",
            "--seeds",
            "2",
            "--arms",
            "none,continuous",
            "--checkpoint-every",
            "20",
            "--device",
            "cpu",
        ],
        legs: &[
            &[
                "--checkpoint-every",
                "10",
                "--device",
                "cpu",
                "--threads",
                "1",
            ],
            &["--checkpoint-every", "25", "--device", "cpu"],
        ],
    }
    .test(20);
}

fn training(out: &Path, flags: &[&str]) -> Command {
    let mut command = spikeprune("train", &TRAIN);
    command
        .args(flags)
        .arg("--out")
        .arg(out)
        .args(["--set", &data()]);
    command
}

/// A training that is under way.
fn under_way(out: &Path) -> Child {
    let child = training(out, &["--epochs", "20"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    wait_for(&out.join("checkpoint.safetensors"));
    child
}

#[test]
fn a_signal_ends_a_training_that_says_how_to_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, stopped) = (folder.path().join("whole"), folder.path().join("stopped"));
    finish(training(&whole, &["--epochs", "2"]));
    for name in ["INT", "TERM"] {
        let overwrite = ["--epochs", "2", "--overwrite"];
        let child = training(&stopped, &overwrite).spawn().unwrap();
        wait_for(&stopped.join("checkpoint.safetensors"));
        signal(&child, name);
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(130), "{stderr}");
        assert!(stderr.contains("error: stopped after "), "{stderr}");
        let go_on = format!(
            "go on with: spikeprune train --resume {} --device cpu\n",
            stopped.display()
        );
        assert!(stderr.ends_with(&go_on), "{stderr}");
        let mut resume = spikeprune("train", &["--resume"]);
        resume.arg(&stopped);
        finish(resume);
        assert_same(&whole, &stopped);
        std::fs::remove_dir_all(&stopped).unwrap();
    }
}

/// Tests of large networks take seconds; the training is saved by then.
#[test]
fn a_signal_ends_the_tests_too() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, stopped) = (folder.path().join("whole"), folder.path().join("stopped"));
    let slow = [
        "--classes",
        "0,1",
        "--neurons-per-class",
        "400",
        "--train-per-class",
        "2",
        "--test-per-class",
        "500",
        "--metrics-every",
        "0",
        "--validation-per-class",
        "0",
        "--device",
        "cpu",
        "--threads",
        "1",
    ];
    let begin = |out: &Path| {
        let mut command = spikeprune("train", &slow);
        command.args(["--set", &data(), "--out"]).arg(out);
        command
    };
    finish(begin(&whole));
    let child = begin(&stopped).spawn().unwrap();
    wait_for(&stopped.join("checkpoint.safetensors"));
    signal(&child, "INT");
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(
        stderr.contains("stopped after the training; go on with"),
        "{stderr}"
    );
    let mut resume = spikeprune("train", &["--resume"]);
    resume.arg(&stopped);
    finish(resume);
    assert_same(&whole, &stopped);
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    // One image takes seconds.
    let slow = [
        "--classes",
        "0,1,2,3,4,5,6,7,8,9",
        "--neurons-per-class",
        "640",
        "--dt-ms",
        "0.1",
        "--device",
        "cpu",
        "--threads",
        "1",
        "--train-per-class",
        "2",
        "--validation-per-class",
        "0",
    ];
    let mut command = spikeprune("train", &slow);
    let mut child = command
        .arg("--out")
        .arg(&out)
        .args(["--set", &data()])
        .spawn()
        .unwrap();
    wait_for(&out.join("config.toml"));
    std::thread::sleep(Duration::from_millis(300));
    signal(&child, "INT");
    std::thread::sleep(Duration::from_millis(50));
    signal(&child, "INT");
    let start = Instant::now();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(start.elapsed() < Duration::from_millis(500));
    assert!(!out.join("checkpoint.safetensors").exists());
}

#[test]
fn a_folder_belongs_to_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let mut child = under_way(&out);
    let why = "another run writes to";
    refuse(training(&out, &["--overwrite"]), why);
    let mut resume = spikeprune("train", &["--resume"]);
    resume.arg(&out);
    refuse(resume, why);
    child.kill().unwrap();
    child.wait().unwrap();
    // The lock of a run that is no more does not bind.
    finish(training(&out, &["--overwrite"]));
}

#[test]
fn what_cannot_be_gone_on_with_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let resume = |command: &str, out: &Path| {
        let mut command = spikeprune(command, &["--resume"]);
        command.arg(out);
        command
    };
    refuse(
        resume("train", &folder.path().join("nowhere")),
        "there is no such folder",
    );
    for command in ["train", "reproduce", "sweep"] {
        let empty = folder.path().join(format!("empty-{command}"));
        std::fs::create_dir(&empty).unwrap();
        refuse(resume(command, &empty), "is this the folder of such a run?");
    }
    // Nothing that the folder decides may be given besides.
    for (command, flags) in [
        ("train", "--preset --seed --dt-ms --out"),
        ("reproduce", "--preset --seed --dt-ms --out"),
        ("sweep", "--preset --seed --dt-ms --grid --out"),
    ] {
        for flag in flags.split(' ') {
            let mut both = resume(command, folder.path());
            let output = both.args([flag, "1"]).output().unwrap();
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{command} {flag}: {stderr}");
            assert!(stderr.contains("cannot be used with"), "{stderr}");
        }
    }
    let (one, other) = (folder.path().join("one"), folder.path().join("other"));
    for (out, seed) in [(&one, "1"), (&other, "2")] {
        let few = [
            "--set",
            "job.epochs=1",
            "--seed",
            seed,
            "--train-per-class",
            "700",
        ];
        finish(training(out, &few[..4]));
    }
    let saved = "checkpoint.safetensors";
    std::fs::copy(other.join(saved), one.join(saved)).unwrap();
    refuse(resume("train", &one), "they are not of one run");
    std::fs::write(one.join("config.toml"), "job = 7").unwrap();
    refuse(resume("train", &one), "config.toml");
}
