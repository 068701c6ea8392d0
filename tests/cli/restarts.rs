//! One command for the first start of a run and for each restart; lines of progress in a log.

use crate::program::{refused, spikeprune, succeed, tiny, tiny_train};
use std::fs;
use std::path::Path;

fn command(name: &str, out: &Path, flags: &[&str]) -> assert_cmd::Command {
    let mut command = spikeprune(&[name, "--device", "cpu", "--resume-or-start", "--out"]);
    command.arg(out).args(tiny()).args(flags);
    command
}

/// All of the standard error of a command that succeeds.
fn told(command: &mut assert_cmd::Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_run_that_has_ended_says_so_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    for (name, flags) in [
        ("train", &["--seed", "3"][..]),
        ("sweep", &["--grid", "learning.a_pre=0.01,0.02"]),
        (
            "reproduce",
            &["--seeds", "1", "--no-controls", "--arms", "none"],
        ),
    ] {
        let out = folder.path().join(name);
        assert_eq!(told(&mut command(name, &out, flags)), "");
        let result = ["checkpoint.safetensors", "sweep.csv", "reproduction.json"];
        let result = result.map(|name| out.join(name));
        let result = result.iter().find(|path| path.exists()).unwrap();
        let before = fs::read(result).unwrap();
        let again = told(&mut command(name, &out, flags));
        assert!(again.contains("has ended already"), "{again}");
        if name != "reproduce" {
            assert_eq!(fs::read(result).unwrap(), before);
        }
        let other = [flags, &["--set", "learning.a_post=-0.5"]].concat();
        let says = "learning.a_post is";
        refused(&mut command(name, &out, &other), 1, says).unwrap();
    }
}

#[test]
fn a_search_that_was_begun_goes_on_by_the_same_command() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("search");
    let flags = ["--grid", "learning.a_pre=0.01,0.02,0.03", "--seeds", "2"];
    succeed(command("sweep", &out, &flags).arg("--quiet"));
    let table = out.join("sweep.csv");
    let whole = fs::read_to_string(&table).unwrap();
    // As if it had been killed after its second row.
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    let record = fs::read_to_string(out.join(".spikeprune")).unwrap();
    let rows = record.match_indices("wrote sweep.csv\n").nth(1).unwrap().0;
    fs::write(out.join(".spikeprune"), &record[..rows]).unwrap();
    fs::write(&table, lines[..3].concat()).unwrap();
    succeed(command("sweep", &out, &flags).arg("--quiet"));
    let timeless = |text: &str| -> Vec<String> {
        let lines = text.lines();
        lines
            .map(|line| line.rsplit_once(',').unwrap().0.into())
            .collect()
    };
    assert_eq!(
        timeless(&fs::read_to_string(&table).unwrap()),
        timeless(&whole)
    );
    let flags = ["--grid", "learning.a_pre=0.01,0.02", "--seeds", "2"];
    refused(&mut command("sweep", &out, &flags), 1, "is another one").unwrap();
}

#[test]
fn it_needs_a_folder_of_such_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let mut nowhere = spikeprune(&["train", "--resume-or-start"]);
    refused(&mut nowhere, 2, "--out").unwrap();
    let out = folder.path().join("run");
    succeed(&mut tiny_train(&out, &["--quiet", "--device", "cpu"]));
    let grid = ["--grid", "learning.a_pre=0.01,0.02"];
    refused(&mut command("sweep", &out, &grid), 1, "a run of `train`").unwrap();
    let mine = folder.path().join("mine");
    fs::create_dir(&mine).unwrap();
    fs::write(mine.join("thesis.txt"), "words").unwrap();
    refused(&mut command("train", &mine, &[]), 1, "not empty").unwrap();
}

/// Off a terminal a plain line tells now and then how far it is; quiet is quiet.
#[test]
fn a_log_gets_lines_of_progress() {
    let folder = tempfile::tempdir().unwrap();
    let train = |name: &str, quiet: bool| {
        let mut command = tiny_train(&folder.path().join(name), &["--device", "cpu"]);
        command.env("SPIKEPRUNE_PROGRESS_SECONDS", "0");
        if quiet {
            command.arg("--quiet");
        }
        told(&mut command)
    };
    let lines = train("loud", false);
    assert!(
        lines.lines().any(|line| line.starts_with("training: ")),
        "{lines}"
    );
    assert!(
        lines.lines().any(|line| line.starts_with("testing: ")),
        "{lines}"
    );
    assert!(
        !lines.contains('\r') && !lines.contains('\u{1b}'),
        "{lines}"
    );
    assert_eq!(train("quiet", true), "");
}
