//! Runs that are gone on with: their times are those of the whole, and errors say how to go on.

use crate::program::{CHECKPOINT, PROGRAM, data, refused, spikeprune, succeed, tiny, tiny_train};
use crate::wait::{kill, wait_for};
use assert_cmd::Command;
use serde_json::Value;
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command as Process, Stdio};
use tempfile::TempDir;

/// Seconds that no run of these tests takes by itself.
const LONG: f64 = 1e6;

/// Makes all that the run in a folder has saved take so much longer, as its record has it.
fn delay(run: &Path) {
    let record = run.join(".spikeprune");
    let text = fs::read_to_string(&record).unwrap();
    let longer = |line: &str| match line.strip_prefix("took ") {
        Some(rest) => {
            let (seconds, rest) = rest.split_once(' ').unwrap();
            format!("took {} {rest}\n", LONG + seconds.parse::<f64>().unwrap())
        }
        None => format!("{line}\n"),
    };
    fs::write(record, text.lines().map(longer).collect::<String>()).unwrap();
}

/// Begins a run and kills it once it has saved; again if it comes to its end first.
fn killed(command: &str, flags: &[&str], out: &Path, saved: &str) {
    loop {
        let mut process = Process::new(PROGRAM);
        process.args([command, "--quiet", "--device", "cpu", "--out"]);
        process.arg(out).args(tiny()).args(flags);
        let mut child = process.stdout(Stdio::null()).spawn().unwrap();
        let under_way = wait_for(&out.join(saved), &mut child);
        kill(child);
        if under_way {
            return;
        }
        fs::remove_dir_all(out).unwrap();
    }
}

fn resume(command: &str, out: &Path) -> Command {
    let mut program = spikeprune(&[command, "--quiet", "--device", "cpu", "--resume"]);
    program.arg(out);
    program
}

fn document(command: &mut Command) -> Value {
    serde_json::from_str(&succeed(command.arg("--json"))).unwrap()
}

fn seconds(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("{value} is no time"))
}

#[test]
fn a_training_took_as_long_as_all_its_parts() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    killed(
        "train",
        &["--checkpoint-every", "1", "--epochs", "50"],
        &out,
        CHECKPOINT,
    );
    delay(&out);
    let whole = document(&mut resume("train", &out));
    // Of the first part and of the rest.
    let (images, took) = (2000.0, seconds(&whole["train"]["seconds"]));
    assert!(took > LONG, "{took}");
    assert_eq!(whole["train"]["images"], images);
    let again = document(&mut resume("train", &out));
    assert_eq!(again["train"], whole["train"]);
    let rate = images / took;
    let line = format!("trained on {images} images in {took:.1} s ({rate:.0}/s)\n");
    let table = succeed(&mut resume("train", &out));
    assert!(table.contains(&line), "{table}\n{line}");
}

/// A folder that was copied without its record does not tell how long it took; nothing else is lost.
#[test]
fn a_time_that_is_not_known_is_not_shown() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let mut whole = document(&mut tiny_train(&out, &["--device", "cpu"]));
    fs::remove_file(out.join(".spikeprune")).unwrap();
    let table = succeed(&mut resume("train", &out));
    assert!(table.contains("trained on 40 images\n"), "{table}");
    let mut again = document(&mut resume("train", &out));
    assert_eq!(again["train"]["seconds"], Value::Null);
    for document in [&mut whole, &mut again] {
        document["train"]["seconds"] = Value::Null;
    }
    assert_eq!(again["train"], whole["train"]);
    assert_eq!(again["weights"], whole["weights"]);
}

#[test]
fn an_experiment_took_as_long_as_all_its_parts() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let flags = [
        "--seeds",
        "1",
        "--arms",
        "none,final",
        "--no-controls",
        "--noise-images",
        "5",
        "--checkpoint-every",
        "1",
    ];
    killed("reproduce", &flags, &out, "training.safetensors");
    delay(&out);
    let found = document(&mut resume("reproduce", &out));
    assert!(seconds(&found["seconds"]) > LONG);
    for arm in found["arms"].as_array().unwrap() {
        assert!(2.0 * seconds(&arm["train_seconds"]) > LONG, "{arm}");
    }
}

#[test]
fn an_experiment_of_sizes_took_as_long_as_all_its_parts() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let flags = [
        "--paper",
        "diehl-cook",
        "--sizes",
        "12,9",
        "--seeds",
        "1",
        "--epochs",
        "1",
        "--train-images",
        "60",
        "--test-per-class",
        "2",
        "--noise-images",
        "2",
        "--set",
        "network.labels.images=50",
        "--device",
        "cpu",
        "--quiet",
        "--out",
    ];
    let mut begin = spikeprune(&["reproduce"]);
    begin.args(flags).arg(&out).args(["--data", &data()]);
    let whole = document(&mut begin);
    let again = document(&mut resume("reproduce", &out));
    let times = |found: &Value| -> Vec<f64> {
        let networks = found["networks"].as_array().unwrap().iter();
        networks
            .map(|network| seconds(&network["train_ms_per_image"]))
            .collect()
    };
    assert_eq!(times(&again), times(&whole));
    delay(&out);
    let delayed = document(&mut resume("reproduce", &out));
    assert!(seconds(&delayed["seconds"]) > 2.0 * LONG);
    assert!(times(&delayed).iter().all(|&ms| 60.0 * ms > 1e3 * LONG));
}

#[test]
fn a_search_took_as_long_as_all_its_parts() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let mut begin = spikeprune(&["sweep", "--quiet", "--device", "cpu", "--out"]);
    begin.arg(&out).args(tiny());
    let whole = document(begin.args(["--grid", "learning.a_pre=0.01,0.02,0.03"]));
    let again = document(&mut resume("sweep", &out));
    assert_eq!(again["seconds"], whole["seconds"]);
    delay(&out);
    // As it was after the first two rows.
    let table = out.join("sweep.csv");
    let rows = fs::read_to_string(&table).unwrap();
    fs::write(
        &table,
        rows.split_inclusive('\n').take(3).collect::<String>(),
    )
    .unwrap();
    let gone_on = document(&mut resume("sweep", &out));
    assert!(seconds(&gone_on["seconds"]) > LONG);
    let line = format!("3 networks in {:.1} s; ", seconds(&gone_on["seconds"]));
    let printed = succeed(&mut resume("sweep", &out));
    assert!(printed.starts_with(&line), "{printed}\n{line}");
}

/// Runs what an error says after "go on with: " in a folder where the run was not begun.
fn follow(stderr: &[u8]) {
    let stderr = String::from_utf8_lossy(stderr);
    let (_, line) = stderr.split_once("; go on with: ").expect(&stderr);
    assert!(line.ends_with('\n'), "{line}");
    let elsewhere = TempDir::new().unwrap();
    let mut shell = Command::new("sh");
    shell.current_dir(&elsewhere);
    let output = shell.args(["-c", line]).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{line}{told}");
    assert_eq!(fs::read_dir(elsewhere).unwrap().count(), 0);
}

/// Not only a signal: here nobody takes the result.
#[test]
fn an_error_after_a_saving_ends_with_a_line_that_goes_on_from_any_folder() {
    for (run, images) in [
        ("run", "data"),
        ("it's $HOME", "the data"),
        ("-a  `b`\\ \"c\"", "-d"),
        ("two\nlines\n", "*"),
    ] {
        let folder = TempDir::new().unwrap();
        symlink(data(), folder.path().join(images)).unwrap();
        let mut train = Process::new(PROGRAM);
        train
            .current_dir(&folder)
            .args(["train", "--quiet"])
            .args(tiny());
        train.args([format!("--out={run}"), format!("--data={images}")]);
        // What its folder does not keep.
        let flags = ["--threads", "1", "--font-scale", "2"];
        train.args(flags);
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = train.stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{run}");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(
            told.starts_with("error: cannot write to stdout: "),
            "{told}"
        );
        assert_eq!(told.lines().count(), 1, "{told}");
        assert!(told.trim_end().ends_with(&flags.join(" ")), "{told}");
        follow(&output.stderr);
    }
}

/// What was trained for hours stays until its result is told.
#[test]
fn an_experiment_that_cannot_tell_its_result_keeps_its_training() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let mut reproduce = Process::new(PROGRAM);
    reproduce.args(["reproduce", "--quiet", "--device", "cpu", "--out"]);
    reproduce.arg(&out).args(tiny());
    reproduce.args(["--seeds", "1", "--arms", "none,final", "--no-controls"]);
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = reproduce.stdout(full).output().unwrap();
    let training = out.join("training.safetensors");
    assert!(training.exists() && out.join("report.html").exists());
    follow(&output.stderr);
    assert!(!training.exists());
    // It was not trained anew.
    let record = fs::read_to_string(out.join(".spikeprune")).unwrap();
    let savings = record.lines().filter(|line| line.starts_with("took "));
    assert_eq!(savings.count(), 1, "{record}");
}

#[test]
fn a_search_that_runs_out_of_space_says_how_to_go_on() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let values: Vec<String> = (1..30).map(|step| format!("0.0{step:02}")).collect();
    let grid = format!("learning.a_pre={}", values.join(","));
    let mut limited = Process::new("sh");
    // Blocks of 512 bytes: as many as the parameters take, and some rows.
    let line =
        format!("ulimit -f 6; exec '{PROGRAM}' sweep --quiet --device cpu --threads 1 \"$@\"");
    limited
        .args(["-c", &line, "sh", "--out"])
        .arg(&out)
        .args(tiny());
    let few = ["--train-per-class", "1", "--grid", &grid];
    let output = limited.args(few).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.starts_with("error: cannot write "), "{told}");
    let rows = || {
        fs::read_to_string(out.join("sweep.csv"))
            .unwrap()
            .lines()
            .count()
            - 1
    };
    assert!((1..29).contains(&rows()), "{}", rows());
    follow(&output.stderr);
    assert_eq!(rows(), 29);
}

/// Where nothing is saved there is nothing to go on from.
#[test]
fn an_error_before_a_saving_says_nothing_of_going_on() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("mine"), "").unwrap();
    let output = tiny_train(&out, &[]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(!String::from_utf8_lossy(&output.stderr).contains("go on with"));
}

/// Data that moved, as --data of an earlier --resume named them, are named again.
#[test]
fn data_that_moved_are_named_in_the_line() {
    let folder = TempDir::new().unwrap();
    let (out, images) = (folder.path().join("run"), folder.path().join("images"));
    symlink(data(), &images).unwrap();
    let named = ["--data", images.to_str().unwrap()];
    succeed(&mut tiny_train(&out, &named));
    let moved = folder.path().join("moved");
    fs::rename(&images, &moved).unwrap();
    // Here they are not where data are looked for either.
    let mut lost = resume("train", &out);
    refused(lost.current_dir(&folder), 1, images.to_str().unwrap()).unwrap();
    let mut process = Process::new(PROGRAM);
    process.args(["train", "--quiet", "--resume"]).arg(&out);
    process.arg("--data").arg(&moved);
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = process.stdout(full).output().unwrap();
    follow(&output.stderr);
}
