//! Networks to compare with, which are trained by backpropagation.

use crate::program::{all_well, data, refused, spikeprune, succeed};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// A training of a second on three digits.
fn train(out: &Path, preset: &str, epochs: &str, flags: &[&str]) -> assert_cmd::Command {
    let mut command = spikeprune(&["train", "--preset", preset, "--quiet", "--out"]);
    command.arg(out).args(["--data", &data()]);
    let small = ["--classes", "7,4,6", "--train-per-class", "400"];
    command
        .args(small)
        .args(["--test-per-class", "100", "--epochs", epochs]);
    command.args(["--set", "backprop.batch=32"]).args(flags);
    command
}

fn document(command: &mut assert_cmd::Command) -> Value {
    serde_json::from_str(&succeed(command.arg("--json"))).unwrap()
}

/// Each learns three digits far above chance, leaves a run folder, and is tested again to the same.
#[test]
fn all_of_them_learn_and_are_tested_again() {
    let folder = tempfile::tempdir().unwrap();
    for network in ["softmax", "mlp", "cnn", "spiking"] {
        let out = folder.path().join(network);
        let epochs = if network == "cnn" { "1" } else { "4" };
        let preset = format!("backprop-{network}");
        let trained = document(&mut train(&out, &preset, epochs, &[]));
        let accuracy = trained["eval"]["accuracy"].as_f64().unwrap();
        assert!(accuracy > 0.85, "{network}: {accuracy}");
        let operations = &trained["operations"];
        assert!(operations["input_per_image"].as_f64().unwrap() > 100.0);
        let spikes = trained["eval"]["spikes"].as_u64().unwrap();
        assert_eq!(spikes > 0, network == "spiking", "{network}");
        assert_eq!(trained["eval"]["silent"].as_u64().unwrap(), 0, "{network}");
        let saved = out.join("checkpoint.safetensors");
        let mut eval = spikeprune(&[
            "eval",
            "--quiet",
            "--sets",
            "noise,unknown:9-2-1",
            "--data",
            &data(),
        ]);
        let again = document(eval.args(["--noise-images", "50"]).arg(&saved));
        assert_eq!(again["eval"]["confusion"], trained["eval"]["confusion"]);
        assert_eq!(again["operations"], trained["operations"]);
        assert_eq!(again["sets"]["noise"]["images"], 50);
        // As many as the training had tested of the learned ones.
        assert_eq!(again["sets"]["unknown"]["images"], 300);
        // Kernels of a convolution are no pictures.
        let drawn = out.join("heatmaps/sheet.png").exists();
        assert_eq!(drawn, network != "cnn", "{network}");
        let run = fs::read_to_string(out.join("metrics.csv")).unwrap();
        assert_eq!(run.lines().count(), 2, "{run}");
    }
}

/// Weights are as few as was asked for, by each method; and what is repeated is the same, whatever the threads.
#[test]
fn weights_are_kept_few() {
    let folder = tempfile::tempdir().unwrap();
    for (sparsity, strength, zeros) in [
        ("deep-r", "0.01", 0.89..0.92),
        ("set", "0", 0.89..0.92),
        ("rigl", "0", 0.89..0.92),
        ("bpsr-style", "0", 0.89..0.92),
        ("grad-r", "0.5", 0.5..0.99),
        ("l1", "0.2", 0.3..0.99),
        ("dropout", "0.3", 0.0..0.01),
        ("spike-penalty", "0", 0.0..0.01),
    ] {
        let flags = [
            format!("backprop.sparsity={sparsity}"),
            format!("backprop.strength={strength}"),
            "backprop.connectivity=0.1".into(),
            "backprop.spike_penalty=1e-4".into(),
            "backprop.hidden=40".into(),
        ];
        let flags: Vec<&str> = flags
            .iter()
            .flat_map(|flag| ["--set", flag.as_str()])
            .collect();
        let out = folder.path().join(sparsity);
        let run = |name: &str, threads| {
            let more = [&flags[..], &["--replicas", "2", "--threads", threads]].concat();
            let out = out.with_file_name(format!("{sparsity}{name}"));
            let found = document(&mut train(&out, "backprop-spiking", "4", &more));
            (found, fs::read(out.join("checkpoint.safetensors")).unwrap())
        };
        let (found, one) = run("-1", "1");
        let share = found["weights"]["zero_fraction"].as_f64().unwrap();
        assert!(zeros.contains(&share), "{sparsity}: {share}");
        assert!(
            found["eval"]["accuracy"].as_f64().unwrap() > 0.85,
            "{sparsity}: {}",
            found["eval"]["accuracy"]
        );
        assert!(run("-2", "2").1 == one, "{sparsity}");
    }
}

#[test]
fn what_is_for_local_rules_refuses_them() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    succeed(&mut train(&at("run"), "backprop-softmax", "1", &[]));
    let saved = at("run").join("checkpoint.safetensors");
    let with = |args: &[&str]| {
        let mut command = spikeprune(args);
        command.arg(&saved);
        command
    };
    let preset = ["--preset", "backprop-mlp", "--quiet", "--data", &data()];
    let small = [
        "--train-per-class",
        "20",
        "--validation-per-class",
        "5",
        "--classes",
        "7,4,6",
    ];
    let of = |command: &[&str]| {
        let mut command = spikeprune(command);
        command.args(preset).args(small);
        command
    };
    all_well([
        refused(
            &mut with(&["eval", "--linear-classifier", "5"]),
            1,
            "--linear-classifier has no meaning",
        ),
        refused(
            &mut with(&["eval", "--device", "gpu"]),
            1,
            "run on the CPU alone",
        ),
        refused(&mut with(&["train", "--from"]), 1, "backprop-1"),
        refused(with(&["predict"]).arg(at("none.png")), 1, "backprop-1"),
        refused(
            of(&["sweep", "--grid", "backprop.rate=0.1,0.01"])
                .arg("--out")
                .arg(at("sweep")),
            1,
            "local rules",
        ),
        refused(
            of(&["reproduce"]).arg("--out").arg(at("reproduce")),
            1,
            "local rules",
        ),
        refused(
            &mut of(&["bench", "--set", "job.replicas=1"]),
            1,
            "local rules",
        ),
        refused(
            &mut train(
                &at("bad"),
                "backprop-mlp",
                "1",
                &["--set", "backprop.hidden=0"],
            ),
            1,
            "backprop.hidden is 0",
        ),
        refused(
            &mut train(&at("bad"), "paper", "1", &["--set", "backprop.hidden=5"]),
            1,
            "no parameter",
        ),
    ]);
    let of_mlp =
        |setting: &'static str| train(&at("bad"), "backprop-mlp", "1", &["--set", setting]);
    all_well([
        refused(&mut of_mlp("job.metrics=[\"noise\"]"), 1, "no such measure"),
        refused(
            &mut train(
                &at("bad"),
                "backprop-cnn",
                "1",
                &["--front-end", "oriented-edges"],
            ),
            1,
            "convolutions are of images",
        ),
        refused(
            &mut train(
                &at("bad"),
                "backprop-mlp",
                "1",
                &["--replicas", "2", "--shard", "1/2"],
            ),
            1,
            "have no parts",
        ),
    ]);
    fs::write(&saved, &fs::read(&saved).unwrap()[..5000]).unwrap();
    refused(&mut with(&["eval"]), 1, "not a checkpoint").unwrap();
}
