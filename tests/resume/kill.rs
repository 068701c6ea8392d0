//! SIGKILL at random moments.

use crate::gpu::gpu;
use crate::run::{assert_same, data, finish, spikeprune};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use spikeprune::backend::gpu::Gpu;
use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

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
        // A folder that a leg was killed at making goes once it is old.
        age(&temporary);
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
            _ if self.flags.contains(&"diehl-cook") => "networks-12.safetensors",
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

/// Makes everything in a folder an hour older.
fn age(folder: &Path) {
    let hour_ago = SystemTime::now() - Duration::from_secs(3600);
    for entry in std::fs::read_dir(folder).unwrap() {
        // Not every system opens folders.
        if let Ok(left) = File::open(entry.unwrap().path()) {
            left.set_modified(hour_ago).unwrap();
        }
    }
}

/// About a second of training, saved all the time.
pub const TRAIN: [&str; 16] = [
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

/// Two sizes, one after the other: killed in either.
#[test]
fn an_experiment_of_sizes_that_is_killed_goes_on() {
    Killed {
        command: "reproduce",
        flags: &[
            "--paper",
            "diehl-cook",
            "--sizes",
            "12,9",
            "--seeds",
            "2",
            "--epochs",
            "1",
            "--train-images",
            "200",
            "--test-per-class",
            "5",
            "--noise-images",
            "20",
            "--set",
            "job.label_images=100",
            "--checkpoint-every",
            "20",
            "--device",
            "cpu",
        ],
        legs: &[
            &["--device", "cpu", "--threads", "1"],
            &["--checkpoint-every", "7", "--device", "cpu"],
        ],
    }
    .test(6);
}
