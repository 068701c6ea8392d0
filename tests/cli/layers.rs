//! Preset, file, settings and flags: which wins.

use crate::program::{refused, spikeprune, succeed};
use std::fs;
use tempfile::TempDir;
use toml::{Table, Value};

/// What `params` prints with a configuration file and flags.
fn printed(config: Option<&str>, flags: &[&str]) -> String {
    let folder = TempDir::new().unwrap();
    let mut command = spikeprune(&["params"]);
    if let Some(toml) = config {
        let path = folder.path().join("config.toml");
        fs::write(&path, toml).unwrap();
        command.arg("--config").arg(path);
    }
    succeed(command.args(flags))
}

/// One parameter of what `params` prints, by its dotted key.
fn parameter(config: &str, flags: &[&str], key: &str) -> Value {
    let table: Table = printed(Some(config), flags).parse().unwrap();
    key.split('.')
        .fold(Value::Table(table), |value, part| value[part].clone())
}

/// Parameters that differ from the paper's in every kind of value.
const OTHER: [[&str; 2]; 12] = [
    ["--preset", "authors-code"],
    ["--classes", "0,9,5"],
    ["--neurons-per-class", "3"],
    ["--seed", "9223372036854771711"],
    ["--dt-ms", "0.25"],
    ["--pruning", "continuous"],
    ["--tau-prune-ms", "123.456"],
    ["--k-prune", "0.1"],
    ["--set", "learning.a_post=-1e-300"],
    ["--set", "excitatory.v_rest_mv=-60.000000000000007"],
    ["--set", r#"job.data="with \"quotes\", \\ and é""#],
    ["--threshold-train", "live"],
];

#[test]
fn printed_parameters_given_back_print_the_same() {
    let flags: [&[&str]; 3] = [&[], &["--preset", "authors-code"], OTHER.as_flattened()];
    for flags in flags {
        let once = printed(None, flags);
        assert_eq!(printed(Some(&once), &[]), once);
    }
}

/// Every key says what it means, and one with a unit says it; a rule's words are all there.
#[test]
fn printed_parameters_explain_themselves() {
    for preset in ["paper", "diehl-cook"] {
        let text = printed(None, &["--preset", preset]);
        let lines: Vec<&str> = text.lines().collect();
        let mut own = false;
        for (above, line) in lines.iter().zip(&lines[1..]) {
            if line.starts_with('[') {
                own = line.starts_with("[learning.");
            }
            let Some((key, _)) = line.split_once(" = ").filter(|(key, _)| *key != "preset") else {
                assert!(
                    !own || !line.starts_with('[') || above.starts_with("# "),
                    "{line}"
                );
                continue;
            };
            // The tables of the user's own are explained as wholes.
            if own {
                continue;
            }
            assert!(above.starts_with("# "), "{key} is not explained");
            if key.ends_with("_mv") {
                assert!(above.contains("(mV, "), "{key} has no unit: {above}");
            }
        }
        for rule in ["stdp-all-ltd", "stdp", "count-gated", "triplet"] {
            assert!(text.contains(&format!("#   --rule {rule}: ")), "{rule}");
        }
    }
    let text = printed(None, &[]);
    let step = "# Length of a step (ms, 0.01 to 10)\ndt_ms = 0.5\n";
    assert!(text.contains(step), "{text}");
}

/// Laid over the other preset, the differences give the set again.
#[test]
fn differences_of_presets_are_a_file() {
    let set = ["--set", "inhibitory.v_reset_mv=-46", "--seed", "7"];
    for (preset, other) in [
        ("best", "paper"),
        ("diehl-cook", "ten-class"),
        ("paper", "diehl-cook"),
    ] {
        let chosen = [&["--preset", preset][..], &set].concat();
        let differences = printed(None, &[&chosen[..], &["--diff", other]].concat());
        let preset_line = format!("preset = \"{other}\"");
        assert_eq!(differences.lines().next(), Some(&preset_line[..]));
        assert!(!differences.contains("time.stimulus_ms"), "{differences}");
        let again: Table = printed(Some(&differences), &[]).parse().unwrap();
        let mut meant: Table = printed(None, &chosen).parse().unwrap();
        meant.insert("preset".into(), other.into());
        assert_eq!(again, meant, "{differences}");
    }
    let same = printed(None, &["--diff", "paper"]);
    assert_eq!(same, "preset = \"paper\"\n");
    let threshold = printed(None, &["--preset", "best", "--diff", "paper"]);
    assert!(threshold.contains("excitatory.threshold_step_mv = 0.5 # 3.0\n"));
}

#[test]
fn without_anything_the_paper_is_meant() {
    let paper = printed(None, &["--preset", "paper"]);
    assert_eq!(printed(None, &[]), paper);
    assert_eq!(printed(Some(""), &[]), paper);
    assert_eq!(printed(Some("# nothing but a comment\n"), &[]), paper);
    assert_ne!(printed(None, &["--preset", "authors-code"]), paper);
}

#[test]
fn a_file_wins_over_its_preset_and_leaves_the_rest() {
    let file = "preset = \"authors-code\"\n[time]\nrest_ms = 100\n";
    assert_eq!(parameter(file, &[], "time.rest_ms"), Value::Float(100.0));
    assert_eq!(parameter(file, &[], "time.dt_ms"), Value::Float(0.1));
    assert_eq!(
        parameter(file, &[], "time.stimulus_ms"),
        Value::Float(350.0)
    );
    // A file that names none is laid over that of the flag.
    let file = "[time]\nrest_ms = 100\n";
    let flags = ["--preset", "best"];
    let best = Value::String("best".into());
    assert_eq!(parameter(file, &flags, "preset"), best);
    assert_eq!(parameter(file, &flags, "learning.gmax"), Value::Float(0.2));
    assert_eq!(parameter(file, &flags, "time.rest_ms"), Value::Float(100.0));
}

/// What calls itself `best` must not hold the parameters of another preset.
#[test]
fn a_flag_and_a_file_may_not_name_two_presets() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("config.toml");
    fs::write(&file, printed(None, &["--preset", "paper"])).unwrap();
    let params = |preset| {
        let mut command = spikeprune(&["params", "--preset", preset, "--config"]);
        command.arg(&file);
        command
    };
    let says = "--preset is best, and ";
    refused(&mut params("best"), 1, says).unwrap();
    succeed(&mut params("paper"));
}

#[test]
fn settings_win_over_the_file_and_flags_over_both() {
    let file = "[job]\nseed = 2\nepochs = 3\nreplicas = 4\n";
    let flags = [
        "--set",
        "job.seed=20",
        "--set",
        "job.epochs=30",
        "--seed",
        "200",
    ];
    assert_eq!(parameter(file, &flags, "job.seed"), Value::Integer(200));
    assert_eq!(parameter(file, &flags, "job.epochs"), Value::Integer(30));
    assert_eq!(parameter(file, &flags, "job.replicas"), Value::Integer(4));
    assert_eq!(
        parameter(file, &flags, "job.train.per_class"),
        Value::Integer(5000)
    );
}

#[test]
fn the_last_of_two_settings_holds() {
    let flags = ["--set", "job.seed=5", "--set", "job.seed=6"];
    assert_eq!(parameter("", &flags, "job.seed"), Value::Integer(6));
}

#[test]
fn settings_take_values_as_toml_has_them_and_bare_words() {
    let cases = [
        (
            "pruning.mode=final",
            "pruning.mode",
            Value::String("final".into()),
        ),
        (
            "pruning.mode = \"none\"",
            "pruning.mode",
            Value::String("none".into()),
        ),
        (
            "pruning.tau_ms=from-classes",
            "pruning.tau_ms",
            Value::String("from-classes".into()),
        ),
        (
            "pruning.tau_ms=2500",
            "pruning.tau_ms",
            Value::Float(2500.0),
        ),
        (
            "network.classes=[3, 1]",
            "network.classes",
            Value::Array(vec![3.into(), 1.into()]),
        ),
        (
            "excitatory.tau_membrane_ms=50",
            "excitatory.tau_membrane_ms",
            Value::Float(50.0),
        ),
        (
            "job.data=/some where/else",
            "job.data",
            Value::String("/some where/else".into()),
        ),
    ];
    for (setting, key, value) in cases {
        assert_eq!(parameter("", &["--set", setting], key), value, "{setting}");
    }
}

#[test]
fn every_flag_sets_its_parameter() {
    let cases = [
        (
            "--classes",
            "3,1",
            "network.classes",
            Value::Array(vec![3.into(), 1.into()]),
        ),
        (
            "--neurons-per-class",
            "7",
            "network.groups.neurons_per_class",
            7.into(),
        ),
        ("--train-per-class", "8", "job.train.per_class", 8.into()),
        ("--test-per-class", "9", "job.test_per_class", 9.into()),
        (
            "--validation-per-class",
            "0",
            "job.validation_per_class",
            0.into(),
        ),
        ("--epochs", "2", "job.epochs", 2.into()),
        ("--seed", "0", "job.seed", 0.into()),
        ("--replicas", "12", "job.replicas", 12.into()),
        ("--metrics-every", "13", "job.metrics_every", 13.into()),
        ("--data", "elsewhere", "job.data", "elsewhere".into()),
        ("--dt-ms", "0.1", "time.dt_ms", 0.1.into()),
        ("--rule", "stdp", "learning.factor", "1".into()),
        (
            "--threshold-train",
            "latched",
            "excitatory.threshold_train",
            "latched".into(),
        ),
        (
            "--threshold-test",
            "live",
            "excitatory.threshold_test",
            "live".into(),
        ),
        (
            "--pruning",
            "final-window",
            "pruning.mode",
            "final-window".into(),
        ),
        (
            "--tau-prune-ms",
            "from-classes",
            "pruning.tau_ms",
            "from-classes".into(),
        ),
        ("--tau-prune-ms", "1e4", "pruning.tau_ms", 1e4.into()),
        ("--k-prune", "2.5", "pruning.k", 2.5.into()),
    ];
    for (flag, value, key, expected) in cases {
        assert_ne!(
            parameter("", &[], key),
            expected,
            "{flag} would change nothing"
        );
        assert_eq!(parameter("", &[flag, value], key), expected, "{flag}");
    }
}
