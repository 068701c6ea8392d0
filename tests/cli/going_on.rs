//! The line that says how a run that ended too early is gone on with.

use crate::program::{CHECKPOINT, PROGRAM, tiny};
use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command as Process, Stdio};
use tempfile::TempDir;

/// The line names the program as it was called, so that a shell finds the same one from any folder.
#[test]
fn the_line_names_the_program_as_it_was_called() {
    let folder = TempDir::new().unwrap();
    let bin = folder.path().join("my bin");
    fs::create_dir(&bin).unwrap();
    symlink(PROGRAM, bin.join("sp")).unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let by_path = format!("'{}'", bin.join("sp").display());
    for (at, (called, named)) in [
        ("sp", "sp"),
        ("'my bin/sp'", &by_path),
        ("'./my bin/sp'", &by_path),
        // As `exec -a` and some launchers have it.
        ("exec -a nowhere sp", PROGRAM),
    ]
    .into_iter()
    .enumerate()
    {
        let line = format!("{called} train --quiet --out run-{at} \"$@\" >/dev/full");
        let mut shell = Process::new("bash");
        shell.current_dir(&folder).env("PATH", &path);
        let output = shell.args(["-c", &line, "sh"]).args(tiny()).output();
        let told = String::from_utf8(output.unwrap().stderr).unwrap();
        let (_, line) = told.split_once("; go on with: ").expect(&told);
        assert!(line.starts_with(&format!("{named} train ")), "{line}");
        let mut again = Process::new("sh");
        again.current_dir("/").env("PATH", &path);
        assert!(again.args(["-c", line]).output().unwrap().status.success());
    }
}

/// Where the folder is gone there is nothing to go on with.
#[test]
fn a_run_whose_folder_is_gone_is_not_said_to_go_on() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let mut train = Process::new(PROGRAM);
    train
        .args(["train", "--quiet", "--out"])
        .arg(&out)
        .args(tiny());
    // It would not end by itself for long.
    train.args(["--epochs", "10000", "--checkpoint-every", "1"]);
    let child = train.stderr(Stdio::piped()).spawn().unwrap();
    while !out.join(CHECKPOINT).exists() {
        std::thread::yield_now();
    }
    fs::rename(&out, folder.path().join("gone")).unwrap();
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(
        told.contains("does not hold its config.toml any more"),
        "{told}"
    );
    assert!(!told.contains("go on with: "), "{told}");
}
