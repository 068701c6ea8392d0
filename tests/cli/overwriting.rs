//! A run takes the place of an earlier one once it has saved something, and leaves nothing of it beside its own.

use crate::program::{
    CHECKPOINT, NO_GPU, PROGRAM, files_below, refused, spikeprune, succeed, tiny, tiny_train,
};
use assert_cmd::Command;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const SEARCH: [&str; 2] = ["--grid", "learning.a_pre=0.01,0.02"];
const ARMS: [&str; 5] = ["--seeds", "1", "--arms", "none", "--no-controls"];

/// A command over the run in a folder, which can write no file that its first saving needs.
fn that_saves_nothing(out: &Path, command: &str, flags: &[&str], blocks: u32) -> Command {
    let line = format!("ulimit -f {blocks}; exec '{PROGRAM}' {command} --overwrite --out \"$@\"");
    let mut limited = Command::new("sh");
    limited.args(["-c", &line, "sh"]).arg(out);
    limited.args(tiny()).args(flags).envs([NO_GPU]);
    limited
}

/// The time until then is what a kill, a lack of memory or a full disk may end.
#[test]
fn an_earlier_run_stays_until_the_first_saving_is_whole() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let runs: [(&str, &[&str], &str); 3] = [
        ("train", &[], "config.toml"),
        ("sweep", &SEARCH, "search.toml"),
        ("reproduce", &ARMS, "plan.toml"),
    ];
    for (earlier, flags, mark) in runs {
        let mut begin = spikeprune(&[earlier, "--quiet", "--overwrite", "--out"]);
        succeed(begin.arg(&out).args(tiny()).args(flags));
        let before = files_below(&out);
        assert!(before.contains_key(mark));
        // More than the tables take, less than a checkpoint; for a search, less than its parameters.
        for (command, flags, blocks, says) in [
            ("train", &[][..], 40, CHECKPOINT),
            ("sweep", &SEARCH, 1, "cannot write "),
            ("reproduce", &ARMS, 40, "training.safetensors"),
        ] {
            let mut failed = that_saves_nothing(&out, command, flags, blocks);
            refused(&mut failed, 1, says).unwrap();
            assert!(files_below(&out) == before, "{command} over {earlier}");
        }
    }
}

/// What a run leaves tells what it is of: no file of the one before stands beside its checkpoint.
#[test]
fn every_command_takes_the_place_of_every_other() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let runs: [(&str, &[&str]); 3] = [("train", &[]), ("sweep", &SEARCH), ("reproduce", &ARMS)];
    let names = |(command, flags): (&str, &[&str])| {
        let mut begin = spikeprune(&[command, "--quiet", "--overwrite", "--out"]);
        succeed(begin.arg(&out).args(tiny()).args(flags));
        files_below(&out).into_keys().collect::<Vec<_>>()
    };
    let alone = runs.map(|run| {
        let found = names(run);
        fs::remove_dir_all(&out).unwrap();
        found
    });
    for order in [[0, 1, 2], [2, 1, 0]] {
        for run in order {
            assert_eq!(names(runs[run]), alone[run], "{}", runs[run].0);
        }
    }
}

/// Pictures that cannot be drawn anew, as one is the user's now: those of the run before go all the same.
#[test]
fn no_picture_of_an_earlier_run_stays_beside_a_new_checkpoint() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    succeed(&mut tiny_train(&out, &[]));
    let mine = out.join("heatmaps/class-7.png");
    fs::write(&mine, "mine").unwrap();
    let output = tiny_train(&out, &["--overwrite"]).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert!(
        told.starts_with("warning: the weights are not drawn: "),
        "{told}"
    );
    let left = files_below(&out.join("heatmaps"));
    assert!(left.keys().eq(["class-7.png"]), "{:?}", left.keys());
    assert_eq!(fs::read(&mine).unwrap(), b"mine");
}
