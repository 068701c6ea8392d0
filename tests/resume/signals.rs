//! Signals that ask a run to end; two runs in one folder; what cannot be gone on with.

use crate::contents::assert_same;
use crate::kill::TRAIN;
use crate::run::{data, finish, refuse, signal, spikeprune};
use crate::wait::{kill, wait_for};
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

fn training(out: &Path, flags: &[&str]) -> Command {
    let mut command = spikeprune("train", &TRAIN);
    command.args(flags).arg("--out").arg(out).args(data());
    command
}

/// A training that is under way, and is so for long.
fn under_way(out: &Path) -> Child {
    let mut child = training(out, &["--epochs", "1000"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    wait_for(&out.join("checkpoint.safetensors"), &mut child);
    child
}

/// Whether these tests were started with SIGINT ignored, as shells start what they put in the background: so is it then
/// in whatever they start.
fn is_interrupt_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> 1 & 1 == 1)
}

/// Begins a run, sends it signals once it has saved, and returns what it says; begins it again as often as it ends before
/// they reach it.
fn stop(mut begin: impl FnMut() -> Command, out: &Path, signals: &[&str]) -> String {
    loop {
        let mut child = begin().spawn().unwrap();
        wait_for(&out.join("checkpoint.safetensors"), &mut child);
        signal(&child, signals);
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() {
            std::fs::remove_dir_all(out).unwrap();
            continue;
        }
        assert_eq!(output.status.code(), Some(130), "{signals:?}: {stderr}");
        return stderr;
    }
}

/// The same signal twice is what GNU timeout and Slurm send: it is one.
#[test]
fn a_signal_ends_a_training_that_says_how_to_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, stopped) = (folder.path().join("whole"), folder.path().join("stopped"));
    finish(training(&whole, &["--epochs", "2"]));
    for signals in [
        &["INT"][..],
        &["INT", "INT"],
        &["TERM"],
        &["TERM", "TERM", "TERM"],
        &["USR1"],
        &["USR2", "TERM"],
    ] {
        if signals[0] == "INT" && is_interrupt_ignored() {
            continue;
        }
        let stderr = stop(|| training(&stopped, &["--epochs", "2"]), &stopped, signals);
        assert!(stderr.contains("error: stopped after "), "{stderr}");
        let go_on = format!(
            "go on with: {} train --resume {} --device cpu --threads 1\n",
            env!("CARGO_BIN_EXE_spikeprune"),
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

/// Pictures that were drawn of a training under way are not those of the one that is gone on with.
#[test]
fn a_resumed_training_leaves_no_picture_of_what_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    stop(|| training(&out, &["--epochs", "2"]), &out, &["TERM"]);
    let mut draw = Command::new(env!("CARGO_BIN_EXE_spikeprune"));
    draw.arg("heatmap").arg(out.join("checkpoint.safetensors"));
    finish(draw);
    // With a picture of the user's in their place the others cannot be drawn anew.
    let mine = out.join("heatmaps/class-7.png");
    std::fs::write(&mine, "mine").unwrap();
    let mut resume = spikeprune("train", &["--resume"]);
    resume.arg(&out);
    let told = finish(resume).stderr;
    let told = String::from_utf8_lossy(&told);
    assert!(
        told.starts_with("warning: the weights are not drawn: "),
        "{told}"
    );
    assert_eq!(std::fs::read(&mine).unwrap(), b"mine");
    assert!(!out.join("heatmaps/sheet.png").exists());
}

/// As `nohup` has it.
#[test]
fn a_signal_that_was_ignored_stays_so() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let mut command = Command::new("sh");
    let script = "trap '' HUP; exec \"$0\" train --quiet \"$@\"";
    command.args(["-c", script, env!("CARGO_BIN_EXE_spikeprune")]);
    command
        .args(TRAIN)
        .args(["--epochs", "1000"])
        .args(data())
        .arg("--out");
    let mut child = command.arg(&out).stdout(Stdio::null()).spawn().unwrap();
    wait_for(&out.join("checkpoint.safetensors"), &mut child);
    signal(&child, &["HUP"]);
    // It would save and end within an image or two; it goes on, and is seen to save again.
    let saved = || std::fs::metadata(out.join("checkpoint.safetensors")).map(|found| found.ino());
    for _ in 0..50 {
        let last = saved().ok();
        while saved().ok() == last {
            assert!(child.try_wait().unwrap().is_none());
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    kill(child);
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
        command.args(data()).arg("--out").arg(out);
        command
    };
    finish(begin(&whole));
    let stderr = stop(|| begin(&stopped), &stopped, &["TERM"]);
    assert!(
        stderr.contains("stopped after the training; go on with"),
        "{stderr}"
    );
    let mut resume = spikeprune("train", &["--resume"]);
    resume.arg(&stopped);
    finish(resume);
    assert_same(&whole, &stopped);
}

/// A search of two networks, of which the second does not end for long.
fn search(out: &Path, grid: &str) -> Command {
    let mut command = spikeprune("sweep", &["--dt-ms", "1", "--train-per-class", "20"]);
    command.args(["--overwrite", "--device", "cpu", "--grid", grid]);
    command.args(data()).arg("--out").arg(out);
    command
}

/// Networks under way are not kept: it is not said that they are.
#[test]
fn a_stopped_search_says_what_is_left_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let mut child = search(&out, "job.epochs=1,10000").spawn().unwrap();
    wait_for(&out.join("sweep.csv"), &mut child);
    signal(&child, &["TERM"]);
    let stopped = child.wait_with_output().unwrap();
    let says = "error: stopped after 1 of 2 networks; those under way begin anew; go on with: ";
    let told = String::from_utf8_lossy(&stopped.stderr);
    assert!(told.starts_with(says), "{told}");
    let rows = std::fs::read_to_string(out.join("sweep.csv")).unwrap();
    assert_eq!(rows.lines().count(), 2, "{rows}");
    // One that has saved nothing yet has not taken the place of this one; later, where it had not begun.
    for moment in (0..).map(|doubled| Duration::from_millis(100 << doubled)) {
        let child = search(&out, "job.epochs=9999,10000").spawn().unwrap();
        std::thread::sleep(moment);
        signal(&child, &["TERM"]);
        let stopped = child.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&stopped.stderr);
        if told.contains("stopped before anything was begun") || told.is_empty() {
            continue;
        }
        assert_eq!(stopped.status.code(), Some(130), "{told}");
        let says = "stopped after 0 of 2 networks; those under way begin anew; it had saved nothing yet, and the earlier run in ";
        assert!(told.contains(says), "{told}");
        break;
    }
    assert_eq!(
        std::fs::read_to_string(out.join("sweep.csv")).unwrap(),
        rows
    );
    assert!(
        std::fs::read_to_string(out.join("search.toml"))
            .unwrap()
            .contains("\"1\"")
    );
}

/// A training whose first image has six million steps of six thousand neurons, under way.
fn endless(out: &Path) -> Child {
    let long = [
        "--neurons-per-class",
        "2000",
        "--dt-ms",
        "0.01",
        "--set",
        "time.stimulus_ms=60000",
        "--train-per-class",
        "1",
        "--validation-per-class",
        "0",
        "--device",
        "cpu",
    ];
    let mut command = spikeprune("train", &long);
    command.args(data()).arg("--out").arg(out);
    let mut child = command.spawn().unwrap();
    wait_for(&out.join("config.toml"), &mut child);
    assert!(child.try_wait().unwrap().is_none());
    child
}

#[test]
fn a_second_interrupt_ends_it_at_once() {
    if is_interrupt_ignored() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let mut child = endless(&out);
    // However late the first one is heard, a later one comes after a moment.
    let status = loop {
        signal(&child, &["INT"]);
        std::thread::sleep(Duration::from_millis(500));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
    };
    assert_eq!(status.code(), Some(130));
    assert!(!out.join("checkpoint.safetensors").exists());
}

#[test]
fn no_number_of_terminations_cuts_a_run_short() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = endless(&folder.path().join("run"));
    // For longer than signals count as one.
    for _ in 0..5 {
        signal(&child, &["TERM"]);
        std::thread::sleep(Duration::from_millis(500));
    }
    assert!(child.try_wait().unwrap().is_none());
    kill(child);
}

/// Nothing has begun that could be saved: a run that waits for its parameters does not wait on.
#[test]
fn a_signal_before_the_beginning_ends_it_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("config.toml");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let flags = ["--config", pipe.to_str().unwrap()];
    let child = training(&folder.path().join("run"), &flags)
        .spawn()
        .unwrap();
    // Opens once the run listens and reads.
    let _other_end = File::options().write(true).open(&pipe).unwrap();
    signal(&child, &["TERM"]);
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert_eq!(stderr, "error: stopped before anything was begun\n");
    assert!(!folder.path().join("run").exists());
}

#[test]
fn a_folder_belongs_to_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let child = under_way(&out);
    let why = "another run writes to";
    refuse(training(&out, &["--overwrite"]), why);
    let mut resume = spikeprune("train", &["--resume"]);
    resume.arg(&out);
    refuse(resume, why);
    kill(child);
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
    // A folder of another command is not begun anew.
    let experiment = folder.path().join("experiment");
    std::fs::create_dir(&experiment).unwrap();
    for name in ["config.toml", "plan.toml"] {
        std::fs::write(experiment.join(name), "").unwrap();
    }
    for command in ["train", "sweep"] {
        let why = format!(
            "is the folder of a run of `reproduce`: go on with it by `{} reproduce --resume`",
            env!("CARGO_BIN_EXE_spikeprune")
        );
        refuse(resume(command, &experiment), &why);
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
        finish(training(out, &["--epochs", "1", "--seed", seed]));
    }
    let saved = "checkpoint.safetensors";
    std::fs::copy(other.join(saved), one.join(saved)).unwrap();
    let why =
        "job.seed is 2 in checkpoint.safetensors and 1 in config.toml; they are not of one run";
    refuse(resume("train", &one), why);
    // What an older version has counted is not mixed with what this one does.
    let config = std::fs::read_to_string(other.join("config.toml")).unwrap();
    let version = concat!("# spikeprune ", env!("CARGO_PKG_VERSION"));
    let older = config.replacen(version, "# spikeprune 0.1.0", 1);
    std::fs::write(other.join("config.toml"), older).unwrap();
    refuse(
        resume("train", &other),
        "config.toml is of spikeprune 0.1.0, this is",
    );
    std::fs::write(one.join("config.toml"), "job = 7").unwrap();
    refuse(resume("train", &one), "config.toml");
}
