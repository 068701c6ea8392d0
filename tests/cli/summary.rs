//! The JSON document of `train` and `eval`.

use crate::program::{Run, SHARED, spikeprune, succeed};
use serde_json::Value;

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    keys
}

fn number(value: &Value) -> u64 {
    value
        .as_u64()
        .unwrap_or_else(|| panic!("{value} is no count"))
}

fn numbers(value: &Value) -> Vec<u64> {
    value.as_array().unwrap().iter().map(number).collect()
}

/// Checks that the numbers of an evaluation agree with each other.
fn check_eval(eval: &Value, trained: &[u64]) {
    let wanted = [
        "accuracy",
        "accuracy_ties_to_first",
        "classes",
        "confusion",
        "correct",
        "correct_ties_to_first",
        "images",
        "images_learned",
        "neurons",
        "not_learned",
        "seconds",
        "silent",
        "spikes",
        "spikes_per_class",
        "tied",
    ];
    assert_eq!(keys(eval), wanted);
    let rows: Vec<_> = eval["confusion"]
        .as_array()
        .unwrap()
        .iter()
        .map(numbers)
        .collect();
    let shown = numbers(&eval["classes"]);
    assert_eq!(rows.len(), shown.len());
    assert!(rows.iter().all(|row| row.len() == trained.len() + 2));
    let images = number(&eval["images"]);
    assert_eq!(rows.iter().flatten().sum::<u64>(), images);
    let diagonal = rows.iter().zip(&shown).map(|(row, class)| {
        let group = trained.iter().position(|trained| trained == class);
        group.map_or(0, |group| row[group])
    });
    let correct = number(&eval["correct"]);
    assert_eq!(diagonal.sum::<u64>(), correct);
    let column = |at: usize| rows.iter().map(|row| row[at]).sum::<u64>();
    assert_eq!(column(trained.len()), number(&eval["tied"]));
    assert_eq!(column(trained.len() + 1), number(&eval["silent"]));
    let to_first = number(&eval["correct_ties_to_first"]);
    assert!((correct..=correct + number(&eval["tied"])).contains(&to_first));
    let spikes = numbers(&eval["spikes_per_class"]);
    assert_eq!(spikes.len(), shown.len());
    assert_eq!(spikes.iter().sum::<u64>(), number(&eval["spikes"]));
    let is_learned = |label: &&u64| trained.contains(label);
    let images_of = |row: usize| rows[row].iter().sum::<u64>();
    let learned = (0..shown.len()).filter(|&row| is_learned(&&shown[row]));
    let learned: u64 = learned.map(images_of).sum();
    assert_eq!(number(&eval["images_learned"]), learned);
    match learned {
        0 => assert!(eval["accuracy"].is_null() && eval["accuracy_ties_to_first"].is_null()),
        _ => assert_eq!(
            eval["accuracy"].as_f64().unwrap(),
            correct as f64 / learned as f64
        ),
    }
    check_not_learned(&eval["not_learned"], &shown, trained, images - learned);
    let neurons = &eval["neurons"];
    assert_eq!(numbers(&neurons["per_class"]), vec![6; trained.len()]);
    let dead: u64 = numbers(&neurons["dead_per_class"]).iter().sum();
    assert_eq!(dead, number(&neurons["dead"]));
    assert!(eval["seconds"].as_f64().unwrap() > 0.0);
}

/// Checks what is said of the labels shown that were not learned, of which there are so many images.
fn check_not_learned(not_learned: &Value, shown: &[u64], trained: &[u64], images: u64) {
    let unlearned: Vec<u64> = shown
        .iter()
        .filter(|l| !trained.contains(l))
        .copied()
        .collect();
    match unlearned.is_empty() {
        true => assert!(not_learned.is_null()),
        false => {
            assert_eq!(numbers(&not_learned["classes"]), unlearned);
            assert_eq!(number(&not_learned["images"]), images);
            let answers: u64 = numbers(&not_learned["answers"]).iter().sum();
            let others = number(&not_learned["tied"]) + number(&not_learned["silent"]);
            assert_eq!(answers + others, images);
        }
    }
}

/// Checks the results of one network.
fn check_network(results: &Value) {
    check_eval(&results["eval"], &[7, 4]);
    assert_eq!(number(&results["eval"]["images"]), 40);
    assert_eq!(keys(&results["train"]), ["images", "seconds", "spikes"]);
    assert_eq!(number(&results["train"]["images"]), 40);
    assert!(results["train"]["seconds"].as_f64().unwrap() > 0.0);
    assert!(number(&results["train"]["spikes"]) > 0);
    assert_eq!(keys(&results["weights"]), ["mean", "zero_fraction"]);
}

#[test]
fn the_printed_document_is_the_one_in_the_folder() {
    assert_eq!(SHARED.stdout, SHARED.text("summary.json"));
    assert!(SHARED.stdout.ends_with("}\n"));
}

#[test]
fn the_document_has_its_keys_and_its_numbers_agree() {
    let run = Run::tiny(&["--replicas", "2", "--seed", "11", "--device", "cpu"]);
    let document = run.summary();
    let wanted = [
        "command",
        "data",
        "device",
        "device_type",
        "eval",
        "means",
        "notes",
        "operations",
        "out",
        "params",
        "replicas",
        "seed",
        "tau_prune_ms",
        "train",
        "version",
        "weights",
    ];
    assert_eq!(keys(&document), wanted);
    // What is not there takes no part: of 30 neurons behind each input spike some weights are 0.
    let operations = &document["operations"];
    let number = |of: &Value, key: &str| of[key].as_f64().unwrap();
    let (input, hidden) = (
        number(operations, "input_per_image"),
        number(operations, "hidden_per_image"),
    );
    let [spikes, images] = ["spikes", "images"].map(|key| number(&document["eval"], key));
    let per_class = document["eval"]["neurons"]["per_class"].as_array().unwrap();
    let neurons: f64 = per_class.iter().map(|count| count.as_f64().unwrap()).sum();
    assert!(
        (hidden - neurons * spikes / images).abs() < 1e-9 && input > 0.0,
        "{operations}"
    );
    let energy = number(operations, "energy_nj_estimate");
    assert!(
        (energy - 0.9e-3 * (input + hidden)).abs() < 1e-9,
        "{operations}"
    );
    assert_eq!(document["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(document["command"], "train");
    assert_eq!(document["device"], "cpu");
    assert_eq!(document["device_type"], "cpu");
    assert_eq!(document["seed"], 11);
    assert_eq!(document["out"], run.out.to_str().unwrap());
    // The paper's rule: 500 ms an image, two classes, 40 images.
    let tau_ms = document["tau_prune_ms"].as_f64().unwrap();
    assert!((tau_ms - 500.0 * f64::sqrt(8.0 * 2.0 * 40.0)).abs() < 1e-9);

    let replicas = document["replicas"].as_array().unwrap();
    assert_eq!(replicas.len(), 2);
    for (replica, seed) in replicas.iter().zip(11..) {
        assert_eq!(
            keys(replica),
            ["eval", "operations", "seed", "train", "weights"]
        );
        assert_eq!(replica["seed"], seed);
        check_network(replica);
    }
    check_network(&document);
    for part in ["train", "eval", "weights"] {
        assert_eq!(document[part], replicas[0][part]);
    }
    assert_ne!(replicas[0]["eval"]["spikes"], replicas[1]["eval"]["spikes"]);
    for (key, found) in document["means"].as_object().unwrap() {
        let [mean, low, high] = ["mean", "low", "high"].map(|end| found[end].as_f64());
        let (mean, ends) = (mean.unwrap(), low.zip(high));
        // Shares that are all at an end have no interval.
        let (low, high) = ends.unwrap_or((mean, mean));
        assert_eq!(ends.is_none(), mean == 0.0 || mean == 1.0, "{key}");
        let in_order = 0.0 <= low && low <= mean && mean <= high && high <= 1.0;
        assert!(in_order, "{key}: {found}");
    }
}

#[test]
fn the_parameters_in_the_document_are_those_of_the_configuration() {
    let config: toml::Table = SHARED.text("config.toml").parse().unwrap();
    let config: Value = config.try_into().unwrap();
    assert_eq!(SHARED.summary()["params"], config);
}

#[test]
fn numbers_agree_when_other_classes_are_shown() {
    let kept = SHARED.checkpoint();
    for (classes, labels) in [("9,4,0", &[9, 4, 0][..]), ("9,0", &[9, 0]), ("4", &[4])] {
        let flags = [
            "--json",
            "--quiet",
            "--test-per-class",
            "7",
            "--classes",
            classes,
        ];
        let printed = succeed(spikeprune(&["eval", kept.arg()]).args(flags));
        let document: Value = serde_json::from_str(&printed).unwrap();
        assert_eq!(document["command"], "eval");
        assert!(document.get("train").is_none() && document.get("out").is_none());
        check_eval(&document["eval"], &[7, 4]);
        assert_eq!(numbers(&document["eval"]["classes"]), labels);
        assert_eq!(number(&document["eval"]["images"]), 7 * labels.len() as u64);
    }
}
