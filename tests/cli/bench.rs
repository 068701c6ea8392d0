//! `bench`: its document, its plot, its refusals.

use crate::gpu::gpu;
use crate::program::{NO_GPU, all_well, refused, spikeprune, succeed, tiny};
use serde_json::Value;
use std::path::Path;

/// The shortest measurement: laps of one image.
fn bench(flags: &[&str]) -> assert_cmd::Command {
    let mut command = spikeprune(&["bench", "--lap-seconds", "0", "--laps", "2", "--quiet"]);
    command.args(tiny()).args(flags);
    command
}

#[test]
fn every_point_of_the_grid_is_measured() {
    let grid = [
        "--device",
        "cpu",
        "--grid",
        "network.groups.neurons_per_class=5,6",
        "--grid",
        "job.replicas=1,3",
        "--json",
    ];
    let document: Value = serde_json::from_str(&succeed(&mut bench(&grid))).unwrap();
    assert_eq!(document["command"], "bench");
    assert_eq!(document["laps"], 2);
    assert!(document["machine"]["cores"].as_u64().unwrap() > 0);
    let rows = document["rows"].as_array().unwrap();
    let sizes: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                row["neurons"].as_u64().unwrap(),
                row["networks"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(sizes, [(10, 1), (10, 3), (12, 1), (12, 3)]);
    assert_eq!(rows[1]["settings"]["job.replicas"], "3");
    for row in rows {
        // The images of the data alone take more.
        assert!(row["peak_memory_bytes"].as_u64().unwrap() > 1_000_000);
        assert_eq!(row["batch"], 1);
    }
    for measured in rows
        .iter()
        .flat_map(|row| [&row["training"], &row["testing"]])
    {
        assert_eq!(measured["lap_images"], 1);
        for key in ["images_per_second", "cpu_ms_per_image"] {
            let number = |of: &str| measured[key][of].as_f64().unwrap();
            let (min, median, max) = (number("min"), number("median"), number("max"));
            assert!(0.0 < min && min <= median && median <= max, "{measured}");
        }
        assert!(measured["spikes_per_image"].as_f64().unwrap() >= 0.0);
        assert!(measured["traffic_per_image"].is_null());
    }
}

/// Batches have their full size from the start, and a lap ends where one does.
#[test]
fn batches_are_measured_whole() {
    let grid = ["--device", "cpu", "--grid", "learning.batch=1,4", "--json"];
    let document: Value = serde_json::from_str(&succeed(&mut bench(&grid))).unwrap();
    let images = |row: usize| document["rows"][row]["training"]["lap_images"].as_u64();
    assert_eq!([images(0), images(1)], [Some(1), Some(4)]);
    assert_eq!(document["rows"][1]["batch"], 4);
}

#[test]
fn a_gpu_tells_its_traffic() {
    if gpu().is_none() {
        return;
    }
    let document: Value =
        serde_json::from_str(&succeed(bench(&["--json"]).env_remove(NO_GPU.0))).unwrap();
    let rows = document["rows"].as_array().unwrap();
    assert!(rows.len() > 1, "the CPU and every GPU: {document}");
    let traffic = &rows[1]["training"]["traffic_per_image"];
    assert!(traffic["dispatches"].as_f64().unwrap() > 0.0, "{traffic}");
}

#[test]
fn the_table_and_the_plot_show_what_was_measured() {
    let folder = tempfile::tempdir().unwrap();
    let plot = folder.path().join("scaling.svg");
    let mut command = bench(&["--device", "cpu", "--grid", "time.dt_ms=0.5,1", "--plot"]);
    let table = succeed(command.arg(&plot));
    assert!(
        table.contains("cpu, 1 network of 12 neurons, dt 0.5 ms"),
        "{table}"
    );
    assert!(table.contains("ms of CPU an image"), "{table}");
    let svg = std::fs::read_to_string(&plot).unwrap();
    let drawn = roxmltree::Document::parse(&svg).unwrap();
    let texts: Vec<_> = drawn.descendants().filter_map(|node| node.text()).collect();
    for text in ["time.dt_ms", "cpu, training", "cpu, testing"] {
        assert!(
            texts.iter().any(|found| found.contains(text)),
            "{text}: {texts:?}"
        );
    }
    // For a projector or small print.
    let large = folder.path().join("large.svg");
    let mut command = bench(&["--device", "cpu", "--grid", "time.dt_ms=0.5,1", "--plot"]);
    succeed(command.arg(&large).args(["--font-scale", "2"]));
    // Text has its size, and all around it is drawn on half the width.
    let width = |svg: &str| -> f64 {
        let drawn = roxmltree::Document::parse(svg).unwrap();
        let frame = drawn.root_element().attribute("viewBox").unwrap();
        frame.split(' ').nth(2).unwrap().parse().unwrap()
    };
    let large = std::fs::read_to_string(&large).unwrap();
    assert_eq!(width(&svg), 2.0 * width(&large));
}

#[test]
fn a_plot_that_cannot_be_written_does_not_lose_the_measurement() {
    let mut command = bench(&["--device", "cpu", "--grid", "job.replicas=1", "--json"]);
    let output = command
        .args(["--plot", "/nowhere/plot.svg"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["rows"].as_array().unwrap().len(), 1);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("/nowhere/plot.svg"), "{stderr}");
}

#[test]
fn what_cannot_be_measured_is_refused() {
    let plot = Path::new("never.svg");
    let cases: [(&[&str], i32, &str); 7] = [
        (&["--laps", "0"], 1, "--laps is 0"),
        (&["--lap-seconds", "nan"], 1, "--lap-seconds is NaN"),
        (&["--threads", "5000"], 1, "--threads is 5000"),
        (&["--device", "gpu:77"], 1, "--device gpu:77"),
        (&["--grid", "job.replicas"], 1, "expected KEY="),
        (&["--plot", "never.svg"], 2, "--grid"),
        (
            &["--plot", "never.svg", "--grid", "learning.rule=stdp"],
            1,
            "stdp is not a number above 0",
        ),
    ];
    all_well(cases.iter().map(|(flags, code, says)| {
        let outcome = refused(&mut bench_plain(flags), *code, says);
        assert!(!plot.exists());
        outcome
    }));
}

/// `bench` with nothing but these flags and the tiny job.
fn bench_plain(flags: &[&str]) -> assert_cmd::Command {
    let mut command = spikeprune(&["bench", "--quiet"]);
    command.args(tiny()).args(flags);
    command
}
