//! Learning rules of the user's own: from a flag, settings or a file to weights that repeat.

use crate::program::{Run, SHARED, all_well, floats, refused, spikeprune, succeed, tiny_train};
use crate::sweep;
use std::fs;
use toml::Table;

/// A running rate of each neuron's spikes, which closes the gap to a wished one.
const HOMEOSTATIC: &str = r#"
[learning]
factor = """
    near = clip(1 - rate / wished, -1, 1);
    if(target, near, -1)"""
factor_pre = "0.5"
trace = "nearest"

[learning.constants]
wished = 20

[learning.state.rate]
start = 1
tau_ms = 400
at_spike = "rate + 1"
"#;

#[test]
fn a_rule_of_ones_own_is_trained_recorded_and_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("rule.toml");
    fs::write(&config, HOMEOSTATIC).unwrap();
    let run = Run::tiny(&["--config", config.to_str().unwrap()]);
    assert_ne!(run.weights(), SHARED.weights());
    let (shape, rates) = run.tensor("rule_state_1");
    assert_eq!(shape[0], 1);
    let moved = floats(&rates).iter().filter(|rate| **rate > 1.0).count();
    assert!(moved > shape[1] / 2, "{moved} of {} rates moved", shape[1]);
    let used: Table = run.text("config.toml").parse().unwrap();
    let learning = used["learning"].as_table().unwrap();
    assert_eq!(learning["constants"]["wished"].as_float(), Some(20.0));
    assert_eq!(learning["state"]["rate"]["kept"].as_bool(), Some(true));
    // What was recorded gives the same run, and what differs from the preset is a file that does so, too.
    let again = Run::of_config(run.text("config.toml").as_bytes());
    assert_eq!(
        again.files["checkpoint.safetensors"],
        run.files["checkpoint.safetensors"]
    );
    let recorded = folder.path().join("recorded.toml");
    fs::write(&recorded, run.text("config.toml")).unwrap();
    let mut differ = spikeprune(&["params", "--diff", "paper", "--config"]);
    let differ = succeed(differ.arg(&recorded));
    let of_differences = Run::of_config(differ.as_bytes());
    assert_eq!(of_differences.weights(), run.weights());
}

/// A name and its formula are the same rule, whichever way it is given.
#[test]
fn rules_are_given_by_name_formula_setting_and_old_key() {
    let by = |flags: &[&str]| Run::tiny(flags).weights();
    let named = by(&["--rule", "stdp"]);
    assert_ne!(named, SHARED.weights());
    for flags in [
        &["--rule", "1"][..],
        &["--rule", " stdp "],
        &["--set", "learning.factor=1"],
        &["--set", "learning.factor=\"2 - 1\""],
        &["--set", "learning.constants.one=1", "--rule", "one * 1"],
    ] {
        assert_eq!(by(flags), named, "{flags:?}");
    }
    let gated = by(&["--rule", "count-gated", "--set", "learning.w_min=-1"]);
    let fewer = [
        "--rule",
        "count-gated",
        "--set",
        "learning.w_min=-1",
        "--set",
        "learning.constants.target_spikes=45",
    ];
    assert_ne!(by(&fewer), gated);
}

/// A rule by its name brings its constants, which keep the values that they have, and leaves none of another rule behind.
#[test]
fn a_named_rule_takes_the_place_of_another() {
    let constants = |flags: &[&str]| {
        let mut params = spikeprune(&["params", "--preset", "ten-class-edges"]);
        let printed = params.args(flags).output().unwrap().stdout;
        let set: Table = String::from_utf8(printed).unwrap().parse().unwrap();
        set["learning"]["constants"].to_string()
    };
    let tuned = "{ target_floor = 0.15, target_spikes = 80.0, tolerance = 0.15 }";
    assert_eq!(constants(&["--rule", "count-gated"]), tuned);
    for rule in [["--rule", "reward"], ["--set", "learning.rule=reward"]] {
        assert_eq!(constants(&rule), "{ margin = 5.0 }", "{rule:?}");
    }
}

/// Settings change what a named rule brings; none is dropped.
#[test]
fn settings_hold_beside_a_named_rule() {
    for (rule, key, value) in [
        ("pfister-gerstner", "state.slow.tau_ms", "50.0"),
        ("bcm", "constants.drift", "0.5"),
        ("reward", "constants.margin", "7.0"),
        ("reward", "factor_pre", "\"0.5\""),
        ("reward", "factor", "\"target\""),
        ("triplet", "trace", "\"all\""),
        ("stdp", "state.own.at_spike", "\"own + 1\""),
    ] {
        let setting = format!("learning.{key}={value}");
        let text = succeed(&mut spikeprune(&[
            "params", "--set", &setting, "--rule", rule,
        ]));
        let set: Table = text.parse().unwrap();
        let found = key
            .split('.')
            .fold(&set["learning"], |table, key| &table[key]);
        assert_eq!(found.to_string(), value, "{rule} {setting}");
    }
}

#[test]
fn formulas_that_cannot_be_read_are_refused_at_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let config = folder.path().join("rule.toml");
    let train = |flags: &[&str], code, says| refused(&mut tiny_train(&out, flags), code, says);
    let file = |text: &str, says| {
        fs::write(&config, text).unwrap();
        train(&["--config", config.to_str().unwrap()], 1, says)
    };
    all_well([
        train(
            &["--rule", "if(target, 1"],
            1,
            "learning.factor is \"if(target, 1\": at its end, character 13",
        ),
        train(
            &["--rule", "2 * targets"],
            1,
            "at character 5, \"targets\": there is no such name; the nearest is target",
        ),
        train(
            &["--rule", "1e39 * target"],
            1,
            "at character 1, \"1e39\": numbers go up to 1e30",
        ),
        train(&["--rule", "1 +"], 1, "at its end, character 4"),
        train(&["--rule", ""], 2, "--rule"),
        train(
            &["--rule", "t = 5; t"],
            1,
            "at character 1, \"t\": this name has a meaning already",
        ),
        train(
            &["--set", "learning.factor_pre=1/"],
            1,
            "learning.factor_pre is \"1/\": at its end",
        ),
        train(&["--set", "learning.trace=last"], 1, "last"),
        train(
            &["--set", "learning.constants.t=1"],
            1,
            "learning.constants.t: that is no name",
        ),
        train(
            &["--set", "learning.constants.a=one"],
            1,
            "learning.constants.a is \"one\": it must be a number",
        ),
        train(
            &["--set", "learning.constants.a=1e31"],
            1,
            "learning.constants.a is 1",
        ),
        train(
            &["--set", "learning.state.a.at_spike=b"],
            1,
            "learning.state.a.at_spike is \"b\": at character 1",
        ),
        train(&["--set", "learning.state.a.tau_ms=5"], 1, "at_spike"),
        train(&["--set", "learning.state.a=5"], 1, "learning.state"),
        file("[learning.state.a]\nat_spike = \"a\"\ntau = 5\n", "tau_ms"),
        file(
            "[learning.state.a]\nat_spike = \"a\"\ntau_ms = 0\n",
            "tau_ms is 0 (a)",
        ),
        file(
            "[learning.state]\na.at_spike = \"1\"\nb.at_spike = \"1\"\nc.at_spike = \"1\"\n",
            "at most 2 variables",
        ),
        file(
            "[learning]\nfactor = 5\n",
            "learning.factor is 5: it must be a word in quotes",
        ),
    ]);
    // What is near, and what is written otherwise, is told.
    all_well([
        train(&["--rule", "Target + 1"], 1, "the nearest is target"),
        train(
            &["--set", "learning.factor=reward"],
            1,
            "which --rule reward chooses",
        ),
        train(
            &["--rule", "target\n+"],
            1,
            "learning.factor is \"target\\n+\": at its end, character 9",
        ),
        train(
            &["--set", "learning.state.a.start=abc"],
            1,
            "learning.state.a.start is \"abc\": it must be a number",
        ),
        train(
            &["--set", "learning.state.a.kept=maybe"],
            1,
            "it must be true or false",
        ),
        train(
            &["--set", "learning.state.a.tau=5"],
            1,
            "a variable has at_spike, start, tau_ms and kept",
        ),
    ]);
    let labels = [
        "--set",
        "network.labels={neurons=12,images=50}",
        "--rule",
        "own_spikes * other_spikes",
    ];
    all_well([train(
        &labels,
        1,
        "at character 14, \"other_spikes\": there are no groups",
    )]);
}

/// Constants are searched like any parameter; one that no formula names changes nothing.
#[test]
fn constants_are_searched() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sweep");
    let rule = [
        "--rule",
        "if(target, gain, -1)",
        "--set",
        "learning.constants.gain=1",
    ];
    let search = |out, grid| sweep::search(out, &[&rule[..], &["--grid", grid]].concat());
    succeed(&mut search(&out, "learning.constants.gain=0,1,2.5"));
    let text = fs::read_to_string(out.join("sweep.csv")).unwrap();
    let mut rows: Vec<&str> = text.lines().collect();
    assert!(
        rows.remove(0).contains(",learning.constants.gain,"),
        "{text}"
    );
    let results = |row: &&str| {
        row.split(',')
            .skip(3)
            .take(3)
            .map(String::from)
            .collect::<Vec<_>>()
    };
    let results: Vec<_> = rows.iter().map(results).collect();
    assert!(results.len() == 3 && results[0] != results[1], "{text}");
    let idle = folder.path().join("idle");
    let says = "as no formula of the rule names it";
    all_well([refused(
        &mut search(&idle, "learning.constants.loss=0,1"),
        1,
        says,
    )]);
    // Rules themselves can be the points.
    let rules = folder.path().join("rules");
    succeed(&mut search(
        &rules,
        "learning.factor=\"1\",\"if(target, 1, -1)\"",
    ));
}

/// A network that goes on from another one takes over what its neurons remember by the same name.
#[test]
fn variables_go_on_with_train_from() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("rule.toml");
    fs::write(&config, HOMEOSTATIC).unwrap();
    let first = Run::tiny(&["--config", config.to_str().unwrap()]);
    let from = first.checkpoint();
    // A rate that hardly decays, though the last spikes are forgotten, and is left as it is; and a variable before it in
    // the alphabet.
    let still = [
        "--set",
        "learning.state.rate.at_spike=rate",
        "--set",
        "learning.state.rate.tau_ms=1e9",
        "--set",
        "learning.state.aside.at_spike=2",
        "--rule",
        "rate + aside",
    ];
    let out = folder.path().join("next");
    let mut next = spikeprune(&[
        "train",
        "--quiet",
        "--json",
        "--device",
        "cpu",
        "--from",
        from.arg(),
        "--out",
    ]);
    succeed(next.arg(&out).args(still));
    let bytes = fs::read(out.join("checkpoint.safetensors")).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let tensor = |name| floats(tensors.tensor(name).unwrap().data());
    let (rates, before) = (
        tensor("rule_state_2"),
        floats(&first.tensor("rule_state_1").1),
    );
    let near = rates
        .iter()
        .zip(&before)
        .filter(|(now, was)| (*now - *was).abs() < 0.02 * *was)
        .count();
    assert_eq!(near, rates.len(), "{rates:?} {before:?}");
    assert!(
        tensor("rule_state_1")
            .iter()
            .all(|&aside| [0.0, 2.0].contains(&aside))
    );
}
