//! What `train` leaves in its run folder.

use crate::program::{
    CHECKPOINT, Run, SHARED, files_below, floats, spikeprune, succeed, tiny, tiny_train,
};
use npyz::NpyFile;
use serde_json::Value;
use std::fs;
use std::io::Cursor;
use tempfile::TempDir;

/// Files of a run on `classes`.
fn files_of(classes: &[u8]) -> Vec<String> {
    let mut names: Vec<String> = [
        CHECKPOINT,
        "config.toml",
        "heatmaps/sheet.png",
        "heatmaps/weights.npy",
        "metrics.csv",
        "summary.json",
    ]
    .map(String::from)
    .to_vec();
    names.extend(
        classes
            .iter()
            .map(|class| format!("heatmaps/class-{class}.png")),
    );
    names.sort();
    names
}

fn columns(csv: &str, column: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let found = reader
        .headers()
        .unwrap()
        .iter()
        .position(|name| name == column);
    let index = found.unwrap_or_else(|| panic!("no column {column} in {csv}"));
    let rows = reader.records().map(|row| row.unwrap()[index].to_string());
    rows.collect()
}

#[test]
fn train_leaves_its_results_and_nothing_else() {
    assert!(
        SHARED.files.keys().eq(&files_of(&[7, 4])),
        "{:?}",
        SHARED.files.keys()
    );
}

#[test]
fn overwriting_leaves_nothing_of_the_run_before() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    succeed(&mut tiny_train(&out, &[]));
    succeed(&mut tiny_train(&out, &["--classes", "6", "--overwrite"]));
    let files = files_below(&out);
    assert!(files.keys().eq(&files_of(&[6])), "{:?}", files.keys());
    let summary: Value = serde_json::from_slice(&files["summary.json"]).unwrap();
    assert_eq!(
        summary["params"]["network"]["classes"],
        serde_json::json!([6])
    );
}

#[test]
fn runs_without_a_folder_get_new_ones_under_runs() {
    let folder = TempDir::new().unwrap();
    let train = || {
        let mut command = spikeprune(&["train"]);
        command.current_dir(folder.path()).args(tiny());
        succeed(command.args(["--seed", "3", "--train-per-class", "2"]))
    };
    assert!(train().ends_with("written to runs/paper-7-4-seed3\n"));
    assert!(train().ends_with("written to runs/paper-7-4-seed3-2\n"));
    let made = |name: &str| files_below(&folder.path().join("runs").join(name));
    assert_eq!(
        made("paper-7-4-seed3")[CHECKPOINT],
        made("paper-7-4-seed3-2")[CHECKPOINT]
    );
}

#[test]
fn an_empty_folder_that_exists_is_taken() {
    let folder = TempDir::new().unwrap();
    succeed(&mut tiny_train(folder.path(), &["--train-per-class", "1"]));
    assert!(files_below(folder.path()).keys().eq(&files_of(&[7, 4])));
}

#[test]
fn metrics_have_a_row_whenever_one_is_due_and_one_at_the_end() {
    // 40 images an epoch.
    assert_eq!(
        columns(SHARED.text("metrics.csv"), "images"),
        ["15", "30", "40"]
    );
    let rows_with = |flags: &[&str]| {
        let run = Run::tiny(flags);
        columns(run.text("metrics.csv"), "images")
    };
    assert_eq!(rows_with(&["--metrics-every", "0"]), ["40"]);
    assert_eq!(rows_with(&["--metrics-every", "1000"]), ["40"]);
    assert_eq!(
        rows_with(&["--metrics-every", "20", "--epochs", "2"]),
        ["20", "40", "60", "80"]
    );
}

#[test]
fn metrics_end_in_the_numbers_of_the_summary() {
    let csv = SHARED.text("metrics.csv");
    let summary = SHARED.summary();
    let last = |column| columns(csv, column).pop().unwrap();
    assert_eq!(last("spikes"), summary["train"]["spikes"].to_string());
    assert_eq!(
        last("zero_fraction"),
        summary["weights"]["zero_fraction"].to_string()
    );
    assert_eq!(last("seed"), "1");
    for accuracy in columns(csv, "validation_accuracy") {
        let correct = 10.0 * accuracy.parse::<f64>().unwrap();
        assert_eq!(correct, correct.round(), "a share of 10 images");
        assert!((0.0..=10.0).contains(&correct));
    }
}

#[test]
fn metrics_without_validation_images_have_no_accuracy() {
    let run = Run::tiny(&["--validation-per-class", "0", "--replicas", "2"]);
    let csv = run.text("metrics.csv");
    assert_eq!(columns(csv, "validation_accuracy"), [""; 6]);
    assert_eq!(columns(csv, "replica"), ["0", "1", "0", "1", "0", "1"]);
    assert_eq!(columns(csv, "images"), ["15", "15", "30", "30", "40", "40"]);
    assert_eq!(columns(csv, "seed"), ["1", "2", "1", "2", "1", "2"]);
}

#[test]
fn weights_are_stacked_by_replica_and_lie_within_their_limits() {
    let run = Run::tiny(&["--replicas", "3", "--set", "learning.gmax=0.25"]);
    let (shape, bytes) = run.tensor("weights");
    assert_eq!(shape, [3, 784, 12]);
    let weights = floats(&bytes);
    assert!(weights.iter().all(|w| (0.0..=0.25).contains(w)));
    assert!(
        weights.iter().any(|&w| w > 0.2),
        "initial weights go up to gmax"
    );
}

#[test]
fn summary_tells_of_the_weights_in_the_checkpoint() {
    let weights = SHARED.weights();
    let mean = weights.iter().map(|&w| f64::from(w)).sum::<f64>() / weights.len() as f64;
    let zeros = weights
        .iter()
        .filter(|&&w| f64::from(w) < 1e-3 * 0.05)
        .count();
    let told = &SHARED.summary()["weights"];
    assert!((told["mean"].as_f64().unwrap() - mean).abs() < 1e-12);
    assert_eq!(
        told["zero_fraction"].as_f64().unwrap(),
        zeros as f64 / weights.len() as f64
    );
    assert!(zeros > 0 && mean > 0.0, "a training that pruned some");
}

#[test]
fn npy_holds_the_weights_neuron_by_neuron() {
    let npy = NpyFile::new(Cursor::new(&SHARED.files["heatmaps/weights.npy"])).unwrap();
    assert_eq!(npy.shape(), [12, 28, 28]);
    let by_neuron: Vec<f32> = npy.into_vec().unwrap();
    let weights = SHARED.weights();
    let transposed = (0..12).flat_map(|neuron| weights.iter().copied().skip(neuron).step_by(12));
    assert!(transposed.eq(by_neuron));
}

#[test]
fn pictures_say_how_they_came_about() {
    // config.toml names the data in comments, a picture in a note.
    let config: Vec<_> = (SHARED.text("config.toml").lines())
        .filter(|line| !line.contains(" sha256 ") && !line.starts_with("# data folder "))
        .collect();
    let config = config.join("\n") + "\n";
    let data = SHARED.summary()["data"].clone();
    for name in ["sheet", "class-7", "class-4"] {
        let png = &SHARED.files[&format!("heatmaps/{name}.png")];
        let reader = png::Decoder::new(Cursor::new(png)).read_info().unwrap();
        let notes = &reader.info().uncompressed_latin1_text;
        let note = |key: &str| {
            let found = notes.iter().find(|note| note.keyword == key);
            found.map(|note| note.text.as_str())
        };
        let software = concat!("spikeprune ", env!("CARGO_PKG_VERSION"));
        assert_eq!(note("Software"), Some(software), "{name}");
        assert_eq!(note("Seed"), Some("1"), "{name}");
        assert_eq!(note("Parameters"), Some(&*config), "{name}");
        let digests = note("Data").unwrap();
        assert!(
            digests.contains(data["train"].as_str().unwrap()),
            "{digests}"
        );
    }
}

#[test]
fn files_get_the_permissions_of_any_new_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    succeed(&mut tiny_train(&out, &["--train-per-class", "1"]));
    let any = folder.path().join("any");
    fs::write(&any, "").unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode();
    for name in files_of(&[7, 4]) {
        assert_eq!(mode(&out.join(&name)), mode(&any), "{name}");
    }
}

/// What `--metrics noise` adds changes nothing else, and is what `eval --sets noise` finds.
#[test]
fn metrics_may_tell_what_noise_evokes() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    succeed(&mut tiny_train(
        &out,
        &["--metrics", "noise", "--threads", "2"],
    ));
    let rows = |text: &str| -> Vec<Vec<String>> {
        let mut csv = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(text.as_bytes());
        csv.records()
            .map(|row| row.unwrap().iter().map(String::from).collect())
            .collect()
    };
    let metrics = fs::read_to_string(out.join("metrics.csv")).unwrap();
    let (with, without) = (rows(&metrics), rows(SHARED.text("metrics.csv")));
    let columns = without[0].len();
    assert_eq!(
        with[0][columns..],
        ["noise_spikes_per_image", "noise_silent_fraction"]
    );
    let same: Vec<&[String]> = with.iter().map(|row| &row[..columns]).collect();
    assert_eq!(same, without.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let checkpoint = out.join(CHECKPOINT);
    let mut eval = spikeprune(&["eval", "--json", "--sets", "noise", "--noise-images", "100"]);
    let found: Value = serde_json::from_str(&succeed(eval.arg(&checkpoint))).unwrap();
    let (noise, last) = (&found["sets"]["noise"], with.last().unwrap());
    assert_eq!(noise["spikes_per_image"].to_string(), last[columns]);
    let silent = noise["silent"].as_f64().unwrap() / 100.0;
    assert_eq!(silent, last[columns + 1].parse::<f64>().unwrap());
    // A run that is gone on with has its rows from the checkpoint.
    succeed(spikeprune(&["train", "--quiet", "--resume"]).arg(&out));
    assert_eq!(
        fs::read_to_string(out.join("metrics.csv")).unwrap(),
        metrics
    );
}
