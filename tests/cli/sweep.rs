//! `sweep`: its rows, going on, its refusals.

use crate::program::{all_well, refused, spikeprune, succeed, tiny, tiny_train};
use std::fs;
use std::path::Path;

/// A search of six tiny trainings, two of them of another size.
fn search(out: &Path, flags: &[&str]) -> assert_cmd::Command {
    let mut command = spikeprune(&["sweep", "--device", "cpu", "--quiet", "--out"]);
    command.arg(out).args(tiny()).args(flags);
    command
}

const GRID: [&str; 6] = [
    "--grid",
    "job.neurons_per_class=6,5",
    "--grid",
    "learning.a_pre=0.01,0.02,0.03",
    "--seed",
    "3",
];

/// The rows of sweep.csv without the wall-clock time, which is last.
fn rows(folder: &Path) -> Vec<String> {
    let text = fs::read_to_string(folder.join("sweep.csv")).unwrap();
    let timeless = |line: &str| line.rsplit_once(',').unwrap().0.to_string();
    text.lines().map(timeless).collect()
}

#[test]
fn every_network_is_a_row_that_train_would_give() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sweep");
    let table = succeed(&mut search(&out, &GRID));
    assert!(table.contains("6 networks"), "{table}");
    let rows = rows(&out);
    assert_eq!(
        rows[0],
        "point,seed,job.neurons_per_class,learning.a_pre,validation_accuracy,zero_fraction,spikes"
    );
    assert_eq!(rows.len(), 7);
    let run = folder.path().join("run");
    let flags = [
        "--neurons-per-class",
        "5",
        "--set",
        "learning.a_pre=0.02",
        "--seed",
        "3",
    ];
    succeed(&mut tiny_train(&run, &flags));
    let metrics = fs::read_to_string(run.join("metrics.csv")).unwrap();
    let last: Vec<&str> = metrics.lines().last().unwrap().split(',').collect();
    let [_, seed, _, spikes, accuracy, zeros] = last[..] else {
        panic!("{last:?}");
    };
    assert_eq!(
        rows[5],
        format!("4,{seed},5,0.02,{accuracy},{zeros},{spikes}")
    );
}

#[test]
fn a_search_that_was_stopped_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sweep");
    let random = [
        "--random",
        "5",
        "--log-range",
        "learning.a_pre=0.001..0.1",
        "--range",
        "learning.gmax=0.03..0.08",
        "--seeds",
        "2",
    ];
    succeed(&mut search(&out, &random));
    let whole = rows(&out);
    assert_eq!(whole.len(), 11);
    let table = out.join("sweep.csv");
    let text = fs::read_to_string(&table).unwrap();
    let resume = || {
        let mut command = spikeprune(&["sweep", "--device", "cpu", "--quiet", "--resume"]);
        command.arg(&out);
        command
    };
    for kept in [0, 1, 4, 10, 11] {
        let part: String = text.split_inclusive('\n').take(kept).collect();
        match kept {
            0 => fs::remove_file(&table).unwrap(),
            _ => fs::write(&table, part).unwrap(),
        }
        succeed(&mut resume());
        assert_eq!(rows(&out), whole, "from {kept} lines on");
    }
    fs::write(&table, text.replacen("\n1,", "\n2,", 1)).unwrap();
    all_well([refused(
        &mut resume(),
        1,
        "row 3: not what this search would have written",
    )]);
    // A seed that TOML reads and does not write.
    let search = fs::read_to_string(out.join("search.toml")).unwrap();
    let large = search.replacen("\nseed = 1\n", "\nseed = 18446744073709551615\n", 1);
    assert_ne!(search, large);
    fs::write(out.join("search.toml"), large).unwrap();
    all_well([refused(
        &mut resume(),
        1,
        "job.seed is 18446744073709551615",
    )]);
    let older = "# spikeprune 0.0.1\nseeds = 1\n";
    fs::write(out.join("search.toml"), older).unwrap();
    all_well([refused(
        &mut resume(),
        1,
        "search.toml is of spikeprune 0.0.1, this is",
    )]);
    fs::write(out.join("search.toml"), "a search").unwrap();
    all_well([refused(&mut resume(), 1, "search.toml is damaged")]);
}

#[test]
fn what_makes_no_search_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("never");
    let cases: [(&[&str], i32, &str); 15] = [
        (&[], 1, "nothing to search"),
        (
            &["--grid", "learning.a_pre"],
            1,
            "--grid learning.a_pre: expected KEY=",
        ),
        (&["--grid", "learning.nothing=1"], 1, "learning.nothing"),
        (&["--grid", "job.data=a,b"], 1, "job.data cannot be"),
        (
            &["--grid", "learning.a_pre=0.01,7"],
            1,
            "point 1 (learning.a_pre=7)",
        ),
        (&["--grid", "learning.a_pre=0.01,x"], 1, "x"),
        (
            &["--grid", "learning.a_pre=0.01", "--seeds", "0"],
            1,
            "0 networks of each point",
        ),
        (
            &[
                "--grid",
                "job.validation_per_class=5",
                "--validation-per-class",
                "0",
            ],
            1,
            "--validation-per-class is 0",
        ),
        (
            &["--grid", "learning.a_pre=0.01", "--train-images", "12107"],
            1,
            "training images that are not trained on",
        ),
        (&["--range", "learning.a_pre=0..1"], 2, "--random"),
        (
            &["--range", "learning.a_pre=1", "--random", "2"],
            1,
            "expected LOW..HIGH",
        ),
        (
            &["--range", "learning.a_pre=1..0", "--random", "2"],
            1,
            "learning.a_pre: a range needs",
        ),
        (
            &["--log-range", "learning.a_pre=0..1", "--random", "2"],
            1,
            "both above 0",
        ),
        (
            &["--range", "learning.a_pre=0..1", "--random", "0"],
            1,
            "--random is 0",
        ),
        (
            &["--grid", "learning.a_pre=0.01", "--resume", "x"],
            2,
            "--resume",
        ),
    ];
    all_well(cases.iter().map(|(flags, code, says)| {
        let outcome = refused(&mut search(&out, flags), *code, says);
        assert!(!out.exists(), "{flags:?} made a folder");
        outcome
    }));
    let mut nowhere = spikeprune(&["sweep", "--resume", "/nowhere/sweep"]);
    all_well([refused(&mut nowhere, 1, "there is no such folder")]);
}
