//! What goes to stdout and what to stderr.

use crate::program::{NO_GPU, PROGRAM, SHARED, refused, spikeprune, succeed, tiny_train};
use serde_json::Value;
use std::fs::File;
use std::process::Command;
use tempfile::TempDir;

#[test]
fn stdout_is_one_json_document_with_json() {
    // `succeed` sees to it that stderr, which is no terminal here, is empty.
    let kept = SHARED.checkpoint();
    for printed in [
        SHARED.stdout.clone(),
        succeed(&mut spikeprune(&["eval", kept.arg(), "--json"])),
    ] {
        let document: Value = serde_json::from_str(&printed).unwrap();
        assert!(document.is_object());
    }
}

#[test]
fn quiet_runs_say_only_their_results() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let printed = succeed(&mut tiny_train(&out, &["--quiet"]));
    assert!(
        printed.starts_with("7-4 (paper), 12 E + 12 I neurons"),
        "{printed}"
    );
    assert!(
        printed.ends_with(&format!("written to {}\n", out.display())),
        "{printed}"
    );
    let quiet = ["--quiet", "--threads", "1"];
    let kept = SHARED.checkpoint();
    let table = succeed(spikeprune(&["eval", kept.arg()]).args(quiet));
    let accuracy = 100.0 * SHARED.summary()["eval"]["accuracy"].as_f64().unwrap();
    assert!(table.contains(&format!("{accuracy:.1}%")), "{table}");
    assert!(!table.contains("trained on"), "{table}");
}

#[test]
fn a_reader_that_went_away_ends_the_program_quietly() {
    let kept = SHARED.checkpoint();
    let commands: [&[&str]; 4] = [
        &["params"],
        &["eval", kept.arg(), "--json"],
        &["eval", kept.arg()],
        &["heatmap", kept.arg()],
    ];
    for args in commands {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = Command::new(PROGRAM);
        command.args(args).envs([NO_GPU]);
        let output = command.stdout(writer).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", output.status);
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
    }
}

#[test]
fn a_reader_may_take_a_few_bytes_and_go() {
    let line = format!("'{PROGRAM}' params | head -c 10");
    let shell = &mut assert_cmd::Command::new("sh");
    let whole = succeed(&mut spikeprune(&["params"]));
    assert_eq!(succeed(shell.args(["-c", &line])), whole[..10]);
}

#[test]
fn results_that_cannot_be_printed_are_an_error() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = Command::new(PROGRAM)
        .arg("params")
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.starts_with("error: ") && stderr.lines().count() == 1,
        "{stderr}"
    );
    assert!(stderr.contains("No space left"), "{stderr}");
}

#[test]
fn a_closed_stderr_does_not_change_the_exit_code() {
    let line = format!("'{PROGRAM}' params --epochs 0 2>&-");
    let output = Command::new("sh").args(["-c", &line]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
}

#[test]
fn help_and_version_go_to_stdout() {
    let version = succeed(&mut spikeprune(&["--version"]));
    assert_eq!(
        version,
        format!("spikeprune {}\n", env!("CARGO_PKG_VERSION"))
    );
    for command in ["train", "eval", "heatmap", "params", "devices"] {
        assert!(succeed(&mut spikeprune(&["--help"])).contains(command));
        let help = succeed(&mut spikeprune(&[command, "--help"]));
        assert!(
            help.contains(&format!("Usage: spikeprune {command}")),
            "{help}"
        );
    }
}

#[test]
fn no_command_and_an_unknown_one_are_refused() {
    let bare = spikeprune(&[]).output().unwrap();
    assert_eq!(bare.status.code(), Some(2));
    assert!(bare.stdout.is_empty());
    assert!(String::from_utf8_lossy(&bare.stderr).contains("Usage: spikeprune <COMMAND>"));
    refused(&mut spikeprune(&["prune"]), 2, "'prune'").unwrap();
    refused(
        &mut spikeprune(&["params", "--nonsense"]),
        2,
        "'--nonsense'",
    )
    .unwrap();
    refused(&mut spikeprune(&["eval"]), 2, "<CHECKPOINT>").unwrap();
}

/// Help is a result like any other.
#[test]
fn help_that_cannot_be_written_is_an_error() {
    for flag in ["--help", "--version"] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = Command::new(PROGRAM)
            .arg(flag)
            .stdout(full)
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(
            stderr.starts_with("error: cannot write to stdout"),
            "{stderr}"
        );
    }
}

/// What shells complete and man shows comes from the commands themselves.
#[test]
fn completions_and_manual_pages_know_every_flag() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = succeed(&mut spikeprune(&["completions", shell]));
        for word in ["reproduce", "tau-prune-ms", "stdp-all-ltd"] {
            assert!(script.contains(word), "{shell} lacks {word}");
        }
    }
    let program = succeed(&mut spikeprune(&["man"]));
    for page in ["spikeprune\\-train(1)", "spikeprune\\-devices(1)"] {
        assert!(program.contains(page), "{program}");
    }
    let train = succeed(&mut spikeprune(&["man", "train"]));
    assert!(
        train.starts_with(".ie") && train.contains(".TH spikeprune-train 1"),
        "{train}"
    );
    assert!(train.contains("\\-\\-tau\\-prune\\-ms"), "{train}");
    let says = "there is no command trian; there are: train, reproduce";
    refused(&mut spikeprune(&["man", "trian"]), 1, says).unwrap();
    refused(
        &mut spikeprune(&["completions", "csh"]),
        2,
        "possible values: bash",
    )
    .unwrap();
}
