//! `--shard` and `--merge`: runs in parts, which make the run that one would have been.

use crate::contents::assert_same;
use crate::program::{refused, spikeprune, succeed, tiny_train};
use crate::reproduce::small;
use crate::sweep::{GRID, rows, search};
use std::fs;
use std::path::Path;

fn merge(command: &str, folder: &Path, parts: &[&str], out: &str) -> assert_cmd::Command {
    let mut merging = spikeprune(&[command, "--device", "cpu", "--quiet", "--out"]);
    merging.arg(folder.join(out)).arg("--merge");
    merging.args(parts.iter().map(|part| folder.join(part)));
    merging
}

/// Networks that were trained apart are tested as those of one run: each file of it is the same.
#[test]
fn parts_of_a_training_are_merged() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let train = |out: &str, shard: &str, more: &[&str]| {
        let flags = [
            "--replicas",
            "5",
            "--validation-per-class",
            "4",
            "--shard",
            shard,
        ];
        tiny_train(&at(out), &[&flags[..], more].concat())
    };
    succeed(&mut train("whole", "1/1", &[]));
    for part in ["1", "2", "3"] {
        succeed(&mut train(part, &format!("{part}/3"), &[]));
    }
    let merge = |parts: &[&str], out| merge("train", folder.path(), parts, out);
    succeed(&mut merge(&["3", "1", "2"], "merged"));
    assert_same(&at("whole"), &at("merged"));

    fs::copy(at("1").join("config.toml"), at("begun.toml")).unwrap();
    fs::create_dir(at("begun")).unwrap();
    fs::rename(at("begun.toml"), at("begun").join("config.toml")).unwrap();
    succeed(&mut train("other", "2/3", &["--seed", "5"]));
    for (parts, said) in [
        (&["1", "3"][..], "missing: 2/3"),
        (&["1", "2", "3", "2"], "twice"),
        (&["whole", "1"], "no part of one"),
        (&["1", "other", "3"], "two runs"),
        (&["begun", "2", "3"], "go on with --resume"),
    ] {
        refused(&mut merge(parts, "none"), 1, said).unwrap();
        assert!(!at("none").exists());
    }
    refused(&mut train("none", "6/6", &[]), 1, "choose fewer parts").unwrap();
}

/// Of an experiment each part runs some of the splits; together they make its tables, controls and networks behind edges
/// included.
#[test]
fn parts_of_an_experiment_are_merged() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let run = |out: &str, shard: &str| {
        let splits = ["--splits", "3", "--seeds", "1", "--edges", "--validation"];
        let few = [
            "--validation-per-class",
            "5",
            "--noise-images",
            "4",
            "--shard",
            shard,
        ];
        small(&at(out), &[&splits[..], &few].concat())
    };
    succeed(&mut run("whole", "1/1"));
    for part in ["1", "2"] {
        succeed(&mut run(part, &format!("{part}/2")));
    }
    let merge = |parts: &[&str], out| merge("reproduce", folder.path(), parts, out);
    succeed(&mut merge(&["2", "1"], "merged"));
    assert_same(&at("whole"), &at("merged"));
    refused(&mut merge(&["2"], "none"), 1, "missing: 1/2").unwrap();
    refused(&mut merge(&["whole"], "none"), 1, "no part of one").unwrap();
    refused(&mut run("none", "4/4"), 1, "none of the 3 splits").unwrap();
    assert!(!at("none").exists());
}

/// Parts that ran apart, in any order, make the table that one run makes.
#[test]
fn parts_are_merged_into_the_search() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let flags = |shard: &'static str| [&GRID[..], &["--seeds", "2", "--shard", shard]].concat();
    succeed(&mut search(&at("whole"), &flags("1/1")[..8]));
    let shards = ["1/3", "2/3", "3/3"];
    for (part, shard) in shards.iter().enumerate() {
        succeed(&mut search(&at(&format!("part{part}")), &flags(shard)));
    }
    let merge = |parts: &[&str], out| merge("sweep", folder.path(), parts, out);
    succeed(&mut merge(&["part2", "part0", "part1"], "merged"));
    assert_eq!(rows(&at("merged")), rows(&at("whole")));
    // What was merged is a search that has ended.
    succeed(spikeprune(&["sweep", "--quiet", "--device", "cpu", "--resume"]).arg(at("merged")));

    for (parts, said) in [
        (&["part0", "part2"][..], "missing: 2/3"),
        (&["part0", "part1", "part2", "part1"], "twice"),
        (&["part0", "whole"], "no part of one"),
        (&["part0", "nothing"], "no such folder"),
    ] {
        refused(&mut merge(parts, "none"), 1, said).unwrap();
        assert!(!at("none").join("sweep.csv").exists());
    }
    let table = at("part1").join("sweep.csv");
    let text = fs::read_to_string(&table).unwrap();
    fs::write(&table, text.replacen(",0.", ",0.1", 1)).unwrap();
    refused(
        &mut merge(&["part0", "part1", "part2"], "none"),
        1,
        "was changed",
    )
    .unwrap();
    let other = [&GRID[..], &["--seeds", "3", "--shard", "2/3"]].concat();
    succeed(&mut search(&at("other"), &other));
    refused(&mut merge(&["part0", "other"], "none"), 1, "two runs").unwrap();
}

/// In a job array each task takes its part by its number.
#[test]
fn a_task_of_a_job_array_knows_its_part() {
    let folder = tempfile::tempdir().unwrap();
    let task = |out: &str, variables: &[(&str, &str)]| {
        let mut command = search(&folder.path().join(out), &GRID);
        command.args(["--shard", "auto/3"]);
        command.env_remove("SLURM_ARRAY_TASK_ID");
        command.envs(variables.iter().copied());
        command
    };
    let slurm = [
        ("SLURM_ARRAY_TASK_ID", "12"),
        ("SLURM_ARRAY_TASK_MIN", "11"),
    ];
    succeed(&mut task("slurm", &slurm));
    succeed(&mut task("kubernetes", &[("JOB_COMPLETION_INDEX", "1")]));
    let of_slurm = rows(&folder.path().join("slurm"));
    assert_eq!(of_slurm, rows(&folder.path().join("kubernetes")));
    assert!(of_slurm[1].starts_with("0,") || of_slurm[1].starts_with("1,"));
    assert_eq!(of_slurm.len(), 1 + 2);
    for variables in [
        &[][..],
        &[("SLURM_ARRAY_TASK_ID", "4")],
        &[("JOB_COMPLETION_INDEX", "x")],
        &[("SLURM_ARRAY_TASK_ID", "1"), ("SLURM_ARRAY_TASK_MIN", "2")],
    ] {
        let mut command = task("none", variables);
        command.assert().code(2);
    }
    for shard in ["0/2", "3/2", "2", "7/7"] {
        let mut command = search(&folder.path().join("none"), &GRID);
        let code = if shard == "7/7" { 1 } else { 2 };
        command.args(["--shard", shard]).assert().code(code);
    }
}
