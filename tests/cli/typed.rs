//! What people type who come from other programs, shells and file formats.

use crate::program::{
    PROGRAM, Run, SHARED, all_well, refused, spikeprune, succeed, tiny, tiny_train,
};
use serde_json::Value;
use std::fs;
use tempfile::TempDir;

/// Windows' cmd.exe takes single quotes for letters.
#[test]
fn single_quotes_that_arrive_are_taken_or_named() {
    let params = |flags: &[&str]| succeed(spikeprune(&["params"]).args(flags));
    for (quoted, plain) in [
        (["--classes", "'5,7'"], ["--classes", "5,7"]),
        (["--classes", "'5', '7'"], ["--classes", "5,7"]),
        (["--seed", "'3'"], ["--seed", "3"]),
        (["--k-prune", "'1.5'"], ["--k-prune", "1.5"]),
        (["--pruning", "'final'"], ["--pruning", "final"]),
        (["--set", "'job.seed=3'"], ["--set", "job.seed=3"]),
        (["--set", "job.seed='3'"], ["--set", "job.seed=3"]),
        (["--test-per-class", "'7'"], ["--test-per-class", "7"]),
    ] {
        assert_eq!(params(&quoted), params(&plain), "{quoted:?}");
    }
    let quotes = "cmd.exe passes single quotes on";
    all_well(
        [
            ["params", "--data", r"'C:\x'"].as_slice(),
            &["params", "--config", "'my.toml'"],
            &["train", "--out", "'runs/a'"],
            &["eval", "'a b.safetensors'"],
            // Words that the shell has divided.
            &["params", "--data", r"'C:\my", "data'"],
            &["params", "--classes", "'5,", "7'"],
        ]
        .map(|args| refused(&mut spikeprune(args), 2, quotes)),
    );
}

/// A number below zero is a value, of which it is said what is wrong.
#[test]
fn a_negative_number_is_no_flag() {
    let cases: [(&[&str], _); 5] = [
        (
            &["params", "--seed", "-1"],
            "invalid value '-1' for '--seed <N>': expected a whole number from 0 on",
        ),
        (
            &["train", "--threads", "-2"],
            "invalid value '-2' for '--threads <N>'",
        ),
        (
            &["sweep", "--random", "-3"],
            "invalid value '-3' for '--random <N>'",
        ),
        (
            &["eval", "x", "--test-per-class", "-5"],
            "expected a whole number or all",
        ),
        (
            &["heatmap", "x", "--scale", "-1"],
            "invalid value '-1' for '--scale <PIXELS>'",
        ),
    ];
    all_well(cases.map(|(args, says)| refused(&mut spikeprune(args), 2, says)));
    refused(
        &mut spikeprune(&["params", "--k-prune", "-0.5"]),
        1,
        "pruning.k is -0.5",
    )
    .unwrap();
}

/// Flags as they come out of a page or another program, and lists as other programs have them.
#[test]
fn flags_with_other_dashes_and_lists_with_spaces_are_told_what_to_write() {
    let cases: [(&[&str], _); 6] = [
        (
            &["train", "\u{2013}seed", "3"],
            "write --seed, with two plain dashes",
        ),
        (
            &["train", "\u{2014}seed=3"],
            "write --seed=3, with two plain dashes",
        ),
        (
            &["train", "-seed", "3"],
            "write --seed, with two plain dashes",
        ),
        (
            &["train", "--classes", "7", "4", "6"],
            "a list has commas: 7,4",
        ),
        (
            &["train", "--classes", "7,", "4"],
            "a list with spaces needs quotes",
        ),
        (
            &["eval", "a.safetensors", "b.safetensors"],
            "unexpected argument",
        ),
    ];
    all_well(cases.map(|(args, says)| refused(&mut spikeprune(args), 2, says)));
}

/// Version control and systems put files into folders that are empty for people.
#[test]
fn a_folder_with_hidden_files_alone_is_empty() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    fs::create_dir(&out).unwrap();
    for name in [".gitkeep", ".DS_Store", "desktop.ini"] {
        fs::write(out.join(name), "").unwrap();
    }
    succeed(&mut tiny_train(&out, &["--train-per-class", "1"]));
    assert!(out.join(".gitkeep").exists() && out.join("summary.json").exists());
    fs::write(folder.path().join("notes.txt"), "").unwrap();
    refused(&mut tiny_train(folder.path(), &[]), 1, "is not empty").unwrap();
}

/// As where another shell has removed it.
#[test]
fn a_working_folder_that_is_gone_is_named() {
    let folder = TempDir::new().unwrap();
    let line = format!("rmdir \"$PWD\"; exec '{PROGRAM}' train --quiet \"$@\"");
    let mut train = assert_cmd::Command::new("sh");
    train
        .args(["-c", &line, "sh"])
        .args(tiny())
        .current_dir(&folder);
    refused(&mut train, 1, "the working folder is gone").unwrap();
}

/// All numbers are read alike.
#[test]
fn whole_numbers_may_be_in_scientific_notation_everywhere() {
    let kept = SHARED.checkpoint();
    succeed(&mut spikeprune(&["heatmap", kept.arg(), "--scale", "2e0"]));
    let eval = |set: &str| {
        let mut eval = spikeprune(&["eval", kept.arg(), "--json", "--sets", set]);
        let found: Value = serde_json::from_str(&succeed(&mut eval)).unwrap();
        found["sets"].clone()
    };
    assert_eq!(eval("noisy:1e2"), eval("noisy:100"));
    for scale in ["33", "0", "1.5"] {
        let mut draw = spikeprune(&["heatmap", kept.arg(), "--scale", scale]);
        refused(&mut draw, 2, "--scale").unwrap();
    }
}

/// What was typed is named, not what it is called inside.
#[test]
fn a_number_of_seeds_is_called_so() {
    let grid = ["--grid", "learning.a_pre=0.01,0.02"];
    for seeds in ["0", "5000"] {
        let says = format!("--seeds is {seeds}: it must be in 1..=4096");
        let flags = ["--seeds", seeds];
        let commands: [(&str, &[&str]); 3] = [
            ("reproduce", &[]),
            ("reproduce", &["--paper", "diehl-cook"]),
            ("sweep", &grid),
        ];
        all_well(commands.map(|(command, more)| {
            refused(spikeprune(&[command]).args(flags).args(more), 1, &says)
        }));
    }
}

/// A dash stands for stdout elsewhere; here nothing is written into a file of that name.
#[test]
fn a_dash_is_no_place_to_write_to() {
    let (folder, kept) = (TempDir::new().unwrap(), SHARED.checkpoint());
    let says = "name a place, or ./- if - is its name";
    let cases: [&[&str]; 5] = [
        &["eval", kept.arg(), "--answers", "-"],
        &["eval", kept.arg(), "--record", "0", "--out", "-"],
        &["heatmap", kept.arg(), "--out", "-"],
        &["train", "--out", "-"],
        &["bench", "--grid", "job.replicas=1,2", "--plot", "-"],
    ];
    all_well(cases.map(|args| {
        let mut command = spikeprune(args);
        refused(command.current_dir(&folder), 2, says)
    }));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    let mut eval = spikeprune(&["eval", kept.arg(), "--answers", "./-"]);
    succeed(eval.current_dir(&folder));
    assert!(folder.path().join("-").is_file());
}

/// TOML has words in quotes and lists in brackets, which its parser does not say in these words.
#[test]
fn files_that_are_almost_toml_are_told_what_to_write() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("my.toml");
    for (text, says) in [
        ("[pruning]\nmode = none\n", "write mode = \"none\" (line 2)"),
        (
            "[network]\nclasses = 7,4,6\n",
            "write classes = [7, 4, 6] (line 2)",
        ),
        ("preset = best\n", "write preset = \"best\" (line 1)"),
        (
            "job.data = C:\\data\n",
            "write job.data = 'C:\\data' (line 1)",
        ),
        ("job.seed: 3\n", "write job.seed = 3 (line 1)"),
    ] {
        fs::write(&path, text).unwrap();
        let mut params = spikeprune(&["params", "--config"]);
        refused(params.arg(&path), 1, says).unwrap();
    }
}

/// Of all that a run leaves one file holds its parameters.
#[test]
fn what_holds_no_parameters_is_told_where_they_are() {
    let folder = TempDir::new().unwrap();
    let summary = folder.path().join("summary.json");
    fs::write(&summary, &SHARED.files["summary.json"]).unwrap();
    for (path, says) in [
        (folder.path(), "this is a folder"),
        (&summary, "this is JSON"),
    ] {
        let mut params = spikeprune(&["params", "--config"]);
        refused(params.arg(path), 1, says).unwrap();
    }
}

/// What a file asks for can be left out by a flag.
#[test]
fn measures_of_a_file_can_be_switched_off() {
    let folder = TempDir::new().unwrap();
    let (out, config) = (folder.path().join("run"), folder.path().join("my.toml"));
    fs::write(&config, "job.metrics = [\"noise\"]\n").unwrap();
    let file = ["--config", config.to_str().unwrap()];
    succeed(&mut tiny_train(
        &out,
        &[&file[..], &["--metrics", "none"]].concat(),
    ));
    let metrics = fs::read_to_string(out.join("metrics.csv")).unwrap();
    assert_eq!(metrics, SHARED.text("metrics.csv"));
    succeed(&mut tiny_train(
        &out,
        &[&file[..], &["--overwrite"]].concat(),
    ));
    let metrics = fs::read_to_string(out.join("metrics.csv")).unwrap();
    assert!(metrics.contains("noise_spikes_per_image"), "{metrics}");
}

/// A search by chance draws no point twice, which would only be trained again.
#[test]
fn points_drawn_at_random_are_each_trained_once() {
    let folder = TempDir::new().unwrap();
    let sweep = |random: &str, out: &str| {
        let mut sweep = spikeprune(&["sweep", "--quiet", "--random", random, "--out"]);
        sweep.arg(folder.path().join(out)).args(tiny());
        let lists = ["learning.a_pre=0.01,0.02", "pruning.k=0.5,1,2"];
        sweep.args(lists.map(|list| ["--grid", list]).as_flattened());
        sweep
    };
    let says = "the lists have 6 points in all, of which 6 cannot be drawn at random: take them all, as a grid, or search a range";
    refused(&mut sweep("6", "refused"), 1, says).unwrap();
    let table = succeed(&mut sweep("1", "one"));
    assert!(table.starts_with("1 network in "), "{table}");
    let found: Value = serde_json::from_str(&succeed(sweep("5", "five").arg("--json"))).unwrap();
    let rows = found["rows"].as_array().unwrap().iter();
    let mut points: Vec<_> = rows.map(|row| row["values"].to_string()).collect();
    points.sort();
    points.dedup();
    assert_eq!(points.len(), 5);
}

/// One is one.
#[test]
fn counts_of_one_are_in_the_singular() {
    let one = [
        "--classes",
        "7",
        "--train-per-class",
        "1",
        "--test-per-class",
        "1",
    ];
    let folder = TempDir::new().unwrap();
    let run = Run::tiny(&one);
    assert_eq!(run.summary()["eval"]["images"], 1);
    let table = succeed(tiny_train(&folder.path().join("run"), &one).arg("--quiet"));
    assert!(table.contains("trained on 1 image in "), "{table}");
    assert!(table.contains("tested on 1 image in "), "{table}");
}
