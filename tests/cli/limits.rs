//! Limits that a system sets: threads, memory, size of files.

use crate::drivers::{ended, json};
use crate::program::{PROGRAM, succeed, tiny, tiny_train};
use assert_cmd::Command;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// The tiny training under a shell's limit.
fn limited(limit: &str, out: &Path, flags: &[&str]) -> Command {
    let mut command = Command::new("sh");
    let line = format!("{limit}; exec '{PROGRAM}' train --out \"$@\"");
    command
        .args(["-c", &line, "sh"])
        .arg(out)
        .args(tiny())
        .args(flags);
    command
}

/// `--threads` alone says how many threads there are.
#[test]
fn the_environment_does_not_ask_for_threads() {
    let folder = TempDir::new().unwrap();
    let mut train = tiny_train(folder.path(), &["--device", "cpu"]);
    succeed(train.env("RAYON_NUM_THREADS", "100000"));
}

/// At no limit is there an abort, a panic or silence: the run succeeds, or says in one line that memory or threads ran
/// out.
#[test]
fn too_little_memory_is_an_error() {
    let (mut refusals, mut successes) = (0, 0);
    let megabytes = (20..200).step_by(12).chain([400, 4000]);
    for megabytes in megabytes {
        let folder = TempDir::new().unwrap();
        let limit = format!("ulimit -v {}", megabytes * 1024);
        let mut command = limited(
            &limit,
            folder.path(),
            &["--device", "cpu", "--threads", "2"],
        );
        let output = command.output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        if output.status.success() {
            successes += 1;
            continue;
        }
        // The system's own loader speaks for itself where not even the program fits.
        if stderr.contains("error while loading shared libraries") {
            continue;
        }
        refusals += 1;
        assert_eq!(output.status.code(), Some(1), "{megabytes} MB: {stderr}");
        assert!(
            stderr.starts_with("error: ") && stderr.lines().count() == 1,
            "{megabytes} MB: {stderr}"
        );
        assert!(!stderr.contains("computes wrongly"), "{stderr}");
    }
    assert!(refusals > 0 && successes > 0, "{refusals}, {successes}");
}

#[test]
fn a_file_that_may_not_become_so_large_is_an_error() {
    let folder = TempDir::new().unwrap();
    let mut command = limited("ulimit -f 8", folder.path(), &["--device", "cpu"]);
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("cannot write "), "{stderr}");
}

/// Drivers crash, abort or hang for want of address space.
#[cfg(target_os = "linux")]
#[test]
fn too_little_address_space_for_a_driver_is_a_sentence() {
    for megabytes in [300, 500, 700, 900, 1200, 2000, 2100, 2500, 4000] {
        let limited = |args: &[&str]| {
            let line = format!("ulimit -v {}; exec '{PROGRAM}' \"$@\"", megabytes * 1024);
            let mut command = assert_cmd::Command::new("sh");
            command.args(["-c", &line, "sh"]).args(args);
            command
        };
        let (stdout, stderr, code) = ended(&mut limited(&["devices"]));
        assert_eq!(code, 0, "{megabytes}: {stderr}");
        assert!(stdout.contains("(ulimit -v)"), "{stdout}");
        assert_eq!(
            stdout.contains("no GPU is looked for"),
            megabytes < 2048,
            "{stdout}"
        );

        let folder = TempDir::new().unwrap();
        let out = folder.path().join("run");
        let train = [
            "train",
            "--device",
            "gpu",
            "--quiet",
            "--out",
            out.to_str().unwrap(),
        ];
        let (_, stderr, code) = ended(limited(&train).args(tiny()));
        match code {
            0 => assert_eq!(stderr, ""),
            _ => assert!(
                stderr.starts_with("error: ") && stderr.lines().count() == 1,
                "{stderr}"
            ),
        }
        assert!(code == 1 || megabytes >= 2048, "{megabytes}");
    }
}

/// `devices` tells what a mask leaves of the cores.
#[cfg(target_os = "linux")]
#[test]
fn cores_that_this_process_may_not_use_are_told() {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let allowed = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    let first: String = allowed
        .unwrap()
        .trim()
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    let on_one = |flags: &[&str]| {
        let mut command = assert_cmd::Command::new("taskset");
        succeed(command.args(["-c", &first, PROGRAM, "devices"]).args(flags))
    };
    let cpu = &json(&on_one(&["--json"]))["cpu"];
    assert_eq!(cpu["threads"], 1);
    let cores = cpu["cores"].as_u64().unwrap();
    let told = format!("  threads       1 of {cores} cores: a quota (cgroup) or mask (taskset)");
    assert_eq!(on_one(&[]).contains(&told), cores > 1);
}
