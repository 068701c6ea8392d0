//! `sweep`: its rows, going on, its refusals.

use crate::program::{all_well, refused, spikeprune, succeed, tiny, tiny_train};
use std::fs;
use std::path::Path;

/// A search over tiny trainings.
pub fn search(out: &Path, flags: &[&str]) -> assert_cmd::Command {
    let mut command = spikeprune(&["sweep", "--device", "cpu", "--quiet", "--out"]);
    command.arg(out).args(tiny()).args(flags);
    command
}

pub const GRID: [&str; 6] = [
    "--grid",
    "network.groups.neurons_per_class=6,5",
    "--grid",
    "learning.a_pre=0.01,0.02,0.03",
    "--seed",
    "3",
];

/// The rows of sweep.csv without the wall-clock time, which is last.
pub fn rows(folder: &Path) -> Vec<String> {
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
        "point,seed,network.groups.neurons_per_class,learning.a_pre,validation_accuracy,zero_fraction,spikes,\
         input_operations,hidden_operations,energy_nj_estimate"
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
        without_operations(&rows[5]),
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
    // A seed that leaves no room for those of replicas.
    let search = fs::read_to_string(out.join("search.toml")).unwrap();
    let large = search.replacen("\nseed = 1\n", "\nseed = 9223372036854775807\n", 1);
    assert_ne!(search, large);
    fs::write(out.join("search.toml"), large).unwrap();
    all_well([refused(&mut resume(), 1, "job.seed is 9223372036854775807")]);
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
    let cases: [(&[&str], i32, &str); 27] = [
        (&[], 1, "nothing to search"),
        (
            &["--grid", "learning.a_pre"],
            1,
            "--grid learning.a_pre: expected KEY=",
        ),
        (&["--grid", "learning.nothing=1"], 1, "learning.nothing"),
        (&["--grid", "job.data=a,b"], 1, "job.data cannot be"),
        (
            &[
                "--grid",
                "learning.a_pre=0.01",
                "--grid",
                "learning.a_pre=0.02",
            ],
            1,
            "learning.a_pre is searched twice",
        ),
        (
            &[
                "--grid",
                "learning.a_pre=0.01,0.02",
                "--random",
                "2",
                "--range",
                "learning.a_pre=0..1",
            ],
            1,
            "learning.a_pre is searched twice",
        ),
        (
            &["--grid", "learning.\"a_pre\"=0.01"],
            1,
            "is no parameter by itself",
        ),
        (
            &["--grid", "learning={a_pre=0.1}"],
            1,
            "is no parameter by itself",
        ),
        (
            &["--grid", "learning.a_pre=0.01,0.010"],
            1,
            "has the value 0.010 twice",
        ),
        (
            &["--grid", "learning.a_pre=nan"],
            1,
            "learning.a_pre is NaN",
        ),
        (
            &["--grid", "job.replicas=1,2"],
            1,
            "job.replicas changes nothing",
        ),
        (
            &["--grid", "job.test_per_class=1,2"],
            1,
            "changes nothing here",
        ),
        (
            &["--grid", "job.metrics_every=1,2"],
            1,
            "changes nothing here",
        ),
        (
            &["--grid", "learning.target_spikes=30,60"],
            1,
            "as no formula of the rule names it",
        ),
        (
            &["--grid", "pruning.k=1,2", "--pruning", "none"],
            1,
            "as pruning.mode is none",
        ),
        (
            &["--grid", "job.validation_per_class=5,0"],
            1,
            "--validation-per-class is 0",
        ),
        (
            &["--grid", "learning.a_pre=0.01,7"],
            1,
            "point 1 (learning.a_pre=7)",
        ),
        (&["--grid", "learning.a_pre=0.01,x"], 1, "x"),
        (
            &["--grid", "learning.a_pre=0.01", "--seeds", "0"],
            1,
            "--seeds is 0",
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
            &["--grid", "learning.a_pre=0.01", "--train-images", "1652"],
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

/// Points that are measured on other images are measured apart: each has the accuracy that it has alone.
#[test]
fn points_with_validation_images_of_their_own_are_measured_on_them() {
    let folder = tempfile::tempdir().unwrap();
    let accuracies = |name: &str, grid: &str| {
        let out = folder.path().join(name);
        succeed(&mut search(&out, &["--grid", grid]));
        let rows = rows(&out).split_off(1);
        let accuracy = |row: &String| row.split(',').nth(3).unwrap().to_string();
        rows.iter().map(accuracy).collect::<Vec<_>>()
    };
    let together = accuracies("together", "job.validation_per_class=5,50");
    let few = accuracies("few", "job.validation_per_class=5");
    let many = accuracies("many", "job.validation_per_class=50");
    assert_eq!(together, [few, many].concat());
    assert_ne!(together[0], together[1]);
}

/// Seeds leave nothing to compare: nothing is said of them.
#[test]
fn an_axis_that_is_the_seed_may_be_searched() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = spikeprune(&["sweep", "--device", "cpu", "--out"]);
    command.arg(folder.path()).args(tiny());
    succeed(command.args(["--grid", "job.seed=1,2"]));
}

/// No rule knows of every parameter that does nothing, but a search sees it.
#[test]
fn an_axis_that_changes_nothing_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sweep");
    let mut command = spikeprune(&["sweep", "--device", "cpu", "--out"]);
    command.arg(&out).args(tiny());
    // Too small a difference for an f32.
    command.args(["--grid", "excitatory.v_start_mv=-80,-80.0000001"]);
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert!(
        stderr.contains("note: no value of excitatory.v_start_mv changed anything"),
        "{stderr}"
    );
}

/// A row of sweep.csv without its columns of operations, which are last but for the time.
fn without_operations(row: &str) -> String {
    let cells: Vec<&str> = row.split(',').collect();
    let (row, operations) = cells.split_at(cells.len() - 3);
    let number = |cell: &&str| cell.parse::<f64>().is_ok_and(|number| number > 0.0);
    assert!(operations.iter().all(number), "{operations:?}");
    row.join(",")
}
