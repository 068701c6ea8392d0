//! SIGKILL, at the beginning of a run and whenever it has saved.

use crate::contents::assert_same;
use crate::gpu::gpu;
use crate::run::{data, finish, spikeprune};
use crate::wait::kill;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use spikeprune::backend::gpu::Gpu;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

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
        command.arg("--out").arg(out).args(data());
        command
    }

    fn resume(&self, out: &Path, leg: usize) -> Command {
        let mut command = spikeprune(self.command, self.legs[leg % self.legs.len()]);
        command.arg("--resume").arg(out);
        command
    }

    /// Kills so many legs in their course; whenever one comes to its end first, compares with a run that was left
    /// alone and begins anew. A leg is killed at its very beginning, or after it has saved once or more: how fast it
    /// gets there does not matter.
    fn test(&self, kills: usize) {
        let folder = tempfile::tempdir().unwrap();
        let (whole, killed) = (folder.path().join("whole"), folder.path().join("killed"));
        let temporary = folder.path().join("temporary");
        std::fs::create_dir(&temporary).unwrap();
        finish(self.begin(&whole));
        let mut random = ChaCha8Rng::seed_from_u64(kills as u64);
        let (mut survived, mut legs) = (0, 0);
        while survived < kills {
            let mut next = self.next(&killed, legs);
            let mut child = next.env("TMPDIR", &temporary).spawn().unwrap();
            legs += 1;
            self.wait_for_savings(&mut child, &killed, random.random_range(0..4));
            std::thread::sleep(Duration::from_micros(random.random_range(0..30_000)));
            let ended = child.try_wait().unwrap();
            kill(child);
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
        assert_eq!(left, 0, "temporary files are left");
        println!(
            "{}: {kills} of {legs} legs killed in their course",
            self.command
        );
    }

    /// Waits until what a leg saves has been replaced so many times, or the leg has ended.
    fn wait_for_savings(&self, child: &mut Child, out: &Path, savings: usize) {
        let saved = || std::fs::metadata(out.join(self.saved())).map(|found| found.ino());
        let (mut last, mut seen) = (saved().ok(), 0);
        while seen < savings && child.try_wait().unwrap().is_none() {
            let found = saved().ok();
            if found.is_some() && found != last {
                (last, seen) = (found, seen + 1);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// What a leg goes on from.
    fn saved(&self) -> &'static str {
        match self.command {
            _ if self.flags.contains(&"diehl-cook") => "networks-12.safetensors",
            _ if self.flags.contains(&"claims") => "attacks-1.json",
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

/// Savings wait for the end of a batch, and another number of threads goes on.
#[test]
fn a_training_in_batches_that_is_killed_goes_on() {
    let flags = [
        &TRAIN[..],
        &[
            "--set",
            "learning.batch=32",
            "--set",
            "learning.batch_growth_images=20",
        ],
    ];
    Killed {
        command: "train",
        flags: &flags.concat(),
        legs: &[
            &[
                "--checkpoint-every",
                "30",
                "--device",
                "cpu",
                "--threads",
                "2",
            ],
            &[
                "--checkpoint-every",
                "7",
                "--device",
                "cpu",
                "--threads",
                "3",
            ],
        ],
    }
    .test(8);
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
            "network.groups.neurons_per_class=4,5,6,7",
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

/// The arms, then the same behind edges: killed in either.
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
            "--edges",
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
            "network.labels.images=100",
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

/// Networks under attack: killed between the parts of the attacks.
#[test]
fn attacks_that_are_killed_go_on() {
    Killed {
        command: "reproduce",
        flags: &[
            "--paper",
            "claims",
            "--train-per-class",
            "12",
            "--epochs",
            "1",
            "--test-per-class",
            "6",
            "--noise-images",
            "3",
            "--attack-images",
            "4",
            "--attack-queries",
            "10",
        ],
        legs: &[&["--threads", "1"], &["--threads", "2"]],
    }
    .test(3);
}
