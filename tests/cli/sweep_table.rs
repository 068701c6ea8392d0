//! The table of a search: what of it is believed, and how it is summed up.

use crate::program::{refused, spikeprune, succeed};
use crate::sweep::{GRID, rows, search};
use std::fs;

/// A table that was edited no longer says what was measured.
#[test]
fn numbers_that_were_changed_by_hand_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sweep");
    succeed(&mut search(&out, &GRID));
    let table = out.join("sweep.csv");
    let sound = fs::read_to_string(&table).unwrap();
    let first = sound.lines().nth(1).unwrap();
    let with = |column: usize, value: &str| {
        let mut fields: Vec<&str> = first.split(',').collect();
        fields[column] = value;
        sound.replacen(first, &fields.join(","), 1)
    };
    let resume = || {
        let mut command = spikeprune(&["sweep", "--resume"]);
        command.arg(&out);
        command
    };
    // What cannot be is refused by itself.
    for changed in [
        with(4, "0.33"),
        with(4, "NaN"),
        with(4, "1.5"),
        with(5, "0.1"),
        with(5, "NaN"),
        with(7, "NaN"),
        with(9, "-1"),
        with(10, "inf"),
        with(10, "-1"),
    ] {
        fs::write(&table, &changed).unwrap();
        let says = "row 1: not what this search would have written";
        refused(&mut resume(), 1, says).unwrap();
    }
    // What could be is told by the record of what was written.
    for changed in [
        with(4, "0.1"),
        with(6, "1"),
        with(8, "1"),
        with(10, "0.001"),
    ] {
        fs::write(&table, &changed).unwrap();
        refused(&mut resume(), 1, "was changed since spikeprune wrote it").unwrap();
    }
    fs::write(&table, &sound).unwrap();
    succeed(&mut resume());
}

#[test]
fn a_search_that_was_edited_does_not_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sweep");
    succeed(&mut search(&out, &GRID));
    let plan = out.join("search.toml");
    let text = fs::read_to_string(&plan).unwrap();
    fs::write(
        &plan,
        text.replacen("a_post = -0.0105", "a_post = -0.03", 1),
    )
    .unwrap();
    let mut resume = spikeprune(&["sweep", "--resume"]);
    let says = "search.toml was changed since spikeprune wrote it";
    refused(resume.arg(&out), 1, says).unwrap();
}

/// The last line of a table whose writing was cut off is measured again.
#[test]
fn a_torn_line_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sweep");
    succeed(&mut search(&out, &GRID));
    let (table, record) = (out.join("sweep.csv"), out.join(".spikeprune"));
    let (whole, text) = (rows(&out), fs::read_to_string(&table).unwrap());
    // As if it had been killed while it wrote the last line.
    let said = fs::read_to_string(&record).unwrap();
    let said = said.strip_suffix("wrote sweep.csv\n").unwrap();
    for torn in [3, 30] {
        fs::write(&record, said).unwrap();
        fs::write(&table, &text[..text.len() - torn]).unwrap();
        let resume = || {
            let mut command = spikeprune(&["sweep", "--quiet", "--device", "cpu", "--resume"]);
            command.arg(&out);
            command
        };
        succeed(&mut resume());
        assert_eq!(rows(&out), whole);
    }
}

/// The summary holds what the rows say, as a table, a document, a CSV and a page; an unfinished search has one too.
#[test]
fn a_search_is_summed_up() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sweep");
    let flags = [
        &[
            "--seeds",
            "2",
            "--random",
            "6",
            "--grid",
            "pruning.mode=none,continuous",
        ][..],
        &["--log-range", "learning.a_pre=0.003..0.03"],
    ]
    .concat();
    succeed(&mut search(&out, &flags));
    let before = fs::read_to_string(out.join("sweep.csv")).unwrap();
    let summary = || {
        let mut command = spikeprune(&["sweep", "--summary"]);
        command.arg(&out);
        command
    };
    let table = succeed(&mut summary());
    assert!(table.contains("12 networks of 12"), "{table}");
    let document: serde_json::Value =
        serde_json::from_str(&succeed(summary().arg("--json"))).unwrap();
    let points = document["points"].as_array().unwrap();
    assert_eq!(points.len(), 6);
    let mean = |point: &serde_json::Value| point["mean"].as_f64().unwrap();
    assert!(
        points
            .windows(2)
            .all(|pair| mean(&pair[0]) >= mean(&pair[1]))
    );
    // The best one, from the rows.
    let of_best = |line: &&str| line.starts_with(&format!("{},", points[0]["point"]));
    let accuracies: Vec<f64> = (before.lines().skip(1).filter(of_best))
        .map(|line| line.split(',').nth(4).unwrap().parse().unwrap())
        .collect();
    assert_eq!(accuracies.len(), 2);
    assert!((mean(&points[0]) - (accuracies[0] + accuracies[1]) / 2.0).abs() < 1e-12);
    let effects = document["effects"].as_array().unwrap();
    let networks = |effect: &serde_json::Value| -> u64 {
        let levels = effect["levels"].as_array().unwrap().iter();
        levels
            .map(|level| level["networks"].as_u64().unwrap())
            .sum()
    };
    assert!(effects.len() == 2 && effects.iter().all(|effect| networks(effect) == 12));
    let csv = fs::read_to_string(out.join("summary.csv")).unwrap();
    assert_eq!(csv.lines().count(), 7);
    assert!(csv.starts_with(
        "point,pruning.mode,learning.a_pre,networks,accuracy,low,high,zero_fraction,\
         input_operations,hidden_operations,energy_nj_estimate\n"
    ));
    let page = fs::read_to_string(out.join("summary.html")).unwrap();
    assert!(page.contains("<svg") && page.contains("learning.a_pre"));
    assert_eq!(fs::read_to_string(out.join("sweep.csv")).unwrap(), before);
    let nothing = folder.path().join("nothing");
    refused(
        spikeprune(&["sweep", "--summary"]).arg(nothing),
        1,
        "no such folder",
    )
    .unwrap();
}
