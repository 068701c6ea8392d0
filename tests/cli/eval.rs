//! `eval`: testing a checkpoint again.

use crate::bad_checkpoint::Edited;
use crate::program::{CHECKPOINT, Run, SHARED, all_well, data, refused, spikeprune, succeed};
use serde_json::{Value, json};
use std::fs;

fn eval(run: &Run, flags: &[&str]) -> Value {
    let kept = run.checkpoint();
    let mut command = spikeprune(&["eval", kept.arg(), "--json"]);
    serde_json::from_str(&succeed(command.args(flags))).unwrap()
}

/// An evaluation without its wall-clock time.
fn timeless(document: &Value) -> Value {
    let mut eval = document["eval"].clone();
    eval.as_object_mut().unwrap().remove("seconds");
    eval
}

#[test]
fn eval_repeats_the_test_of_the_training() {
    for run in [&*SHARED, &Run::tiny(&["--replicas", "3"])] {
        let (trained, tested) = (run.summary(), eval(run, &["--threads", "1"]));
        assert_eq!(tested["command"], "eval");
        for key in [
            "version",
            "device",
            "device_type",
            "seed",
            "params",
            "tau_prune_ms",
            "weights",
        ] {
            assert_eq!(tested[key], trained[key], "{key}");
        }
        assert_eq!(timeless(&tested), timeless(&trained));
        let replicas = |document: &Value| document["replicas"].as_array().unwrap().clone();
        assert_eq!(replicas(&tested).len(), replicas(&trained).len());
        for (tested, trained) in replicas(&tested).iter().zip(&replicas(&trained)) {
            assert_eq!(timeless(tested), timeless(trained));
            assert_eq!(tested["seed"], trained["seed"]);
        }
    }
}

#[test]
fn each_class_shown_is_a_row_whether_it_was_learned_or_not() {
    let all = eval(&SHARED, &["--classes", "0,4,9,7", "--test-per-class", "12"]);
    let all = timeless(&all);
    assert_eq!(all["classes"], json!([0, 4, 9, 7]));
    assert_eq!(all["confusion"].as_array().unwrap().len(), 4);
    // What an image evokes does not depend on which others are shown.
    for (row, class) in ["0", "4", "9", "7"].into_iter().enumerate() {
        let alone = eval(&SHARED, &["--classes", class, "--test-per-class", "12"]);
        let alone = timeless(&alone);
        assert_eq!(
            alone["spikes"], all["spikes_per_class"][row],
            "class {class}"
        );
        assert_eq!(
            alone["confusion"][0], all["confusion"][row],
            "class {class}"
        );
    }
}

#[test]
fn fewer_images_are_the_first_of_more() {
    let shown = |count: &str| {
        let document = eval(&SHARED, &["--test-per-class", count]);
        document["eval"]["spikes_per_class"][1].as_u64().unwrap()
    };
    let (one, two, three) = (shown("1"), shown("2"), shown("3"));
    assert!(
        one <= two && two <= three && one < three,
        "{one}, {two}, {three}"
    );
}

#[test]
fn the_threshold_of_the_test_can_be_another() {
    let fixed = eval(&SHARED, &["--threshold-test", "fixed"]);
    assert_eq!(timeless(&fixed), timeless(&SHARED.summary()));
    let live = eval(&SHARED, &["--threshold-test", "live"]);
    assert_eq!(live["params"]["excitatory"]["threshold_test"], "live");
    let spikes = |document: &Value| document["eval"]["spikes"].as_u64().unwrap();
    assert!(
        spikes(&live) < spikes(&fixed),
        "a threshold that rises holds spikes back"
    );
}

#[test]
fn eval_writes_nothing_beside_the_checkpoint() {
    let kept = SHARED.checkpoint();
    succeed(&mut spikeprune(&["eval", kept.arg()]));
    let left: Vec<_> = fs::read_dir(kept.folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1);
    assert_eq!(fs::read(kept.arg()).unwrap(), SHARED.files[CHECKPOINT]);
}

#[test]
fn a_long_training_can_be_tested_on_more_classes() {
    // 2.4e9 steps fit the clock for the two classes that were learned, though not for ten.
    let mut long = Edited::of(&SHARED.files[CHECKPOINT]);
    long.set_params("train]\nper_class = 20", "train]\nper_class = 1200");
    long.set_params("epochs = 1", "epochs = 2000");
    let kept = long.kept();
    let printed = succeed(&mut spikeprune(&[
        "eval",
        kept.arg(),
        "--quiet",
        "--json",
        "--classes",
        "7,4,0,1,2,3,5,6,8,9",
    ]));
    let document: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(document["eval"]["images"], 200);
}

#[test]
fn eval_refuses_what_it_cannot_show() {
    let kept = SHARED.checkpoint();
    let cases: [(&[&str], i32, &str); 12] = [
        (&["--classes", "12"], 1, "no class 12"),
        (&["--classes", "7,7"], 1, "7,7"),
        (&["--classes", "seven"], 1, "no class seven"),
        (&["--classes", "-1"], 2, "-1"),
        (&["--test-per-class", "99999"], 1, "99999"),
        (&["--data", "/nowhere/data"], 1, "/nowhere/data"),
        (&["--threshold-test", "soft"], 2, "'soft'"),
        (&["--threads", "5000"], 1, "--threads is 5000"),
        (&["--threads", "-2"], 2, "-2"),
        (&["--device", "gpu:first"], 2, "'gpu:first'"),
        (&["--dt-ms", "1"], 2, "--dt-ms"),
        (&["second.safetensors"], 2, "second.safetensors"),
    ];
    all_well(cases.map(|(flags, code, says)| {
        refused(spikeprune(&["eval", kept.arg()]).args(flags), code, says)
    }));
}

#[test]
fn eval_names_the_folder_of_the_training_when_its_data_are_gone() {
    let mut moved = Edited::of(&SHARED.files[CHECKPOINT]);
    moved.set_params(&data(), "/gone/data");
    let kept = moved.kept();
    refused(&mut spikeprune(&["eval", kept.arg()]), 1, "/gone/data").unwrap();
    succeed(&mut spikeprune(&["eval", kept.arg(), "--data", &data()]));
}

#[test]
fn no_number_of_test_images_means_all_of_them() {
    let all = eval(&SHARED, &["--test-per-class", "0"]);
    // Sevens and fours of the test file.
    assert_eq!(all["eval"]["images"], 609 + 599);
}

#[test]
fn labels_that_were_not_learned_are_not_wrong_but_answered() {
    let kept = SHARED.checkpoint();
    let table = |flags: &[&str]| {
        let mut command = spikeprune(&["eval", kept.arg(), "--quiet", "--test-per-class", "7"]);
        succeed(command.args(flags))
    };
    let none = table(&["--classes", "9,2"]);
    assert!(none.contains("  not learned  "), "{none}");
    assert!(
        none.contains("labels were not learned: 9, 2. No answer to 14 images is right"),
        "{none}"
    );
    assert!(
        none.contains(" as 7, ") && none.contains(" silent\n"),
        "{none}"
    );
    let mixed = table(&["--classes", "9,4"]);
    assert!(
        mixed.contains("label was not learned: 9. No answer to 7 images"),
        "{mixed}"
    );
    assert!(
        mixed.contains("The accuracy is that of the labels that were learned"),
        "{mixed}"
    );
    let alone = table(&["--classes", "4"]);
    assert!(!alone.contains("not learned"), "{alone}");
    // The accuracy is that of the label that was learned, whatever else is shown.
    let accuracy = |text: &str| {
        let row = text
            .lines()
            .skip_while(|line| !line.contains("accuracy"))
            .nth(1)
            .unwrap();
        row.split_whitespace().nth(1).unwrap().to_string()
    };
    assert_eq!(accuracy(&mixed), accuracy(&alone));
    // Labels may mean something else than their numbers.
    let unknown = eval(&SHARED, &["--as-unknown", "--quiet"]);
    assert!(unknown["eval"]["accuracy"].is_null());
    assert_eq!(unknown["eval"]["not_learned"]["images"], 40);
    assert_eq!(
        unknown["eval"]["confusion"],
        SHARED.summary()["eval"]["confusion"]
    );
}

#[test]
fn sets_of_the_papers_can_be_shown_to_any_checkpoint() {
    let flags = [
        "--sets",
        "noise,known,noisy:100,unknown:9-2",
        "--noise-images",
        "30",
    ];
    let document = eval(&SHARED, &flags);
    let sets = document["sets"].as_object().unwrap();
    let images = |set: &str| sets[set]["images"].as_u64().unwrap();
    assert_eq!(
        ["noise", "known", "noisy_100", "unknown"].map(images),
        [30, 40, 40, 40]
    );
    assert_eq!(sets["known"]["accuracy"], document["eval"]["accuracy"]);
    assert_eq!(sets["known"]["spikes"], document["eval"]["spikes"]);
    assert!(sets["noisy_100"]["accuracy"].is_f64() && sets["noise"]["accuracy"].is_null());
    for set in sets.values() {
        let answers = set["answers"].as_array().unwrap().iter();
        let answers: u64 = answers.map(|count| count.as_u64().unwrap()).sum();
        let others = set["tied"].as_u64().unwrap() + set["silent"].as_u64().unwrap();
        assert_eq!(answers + others, set["images"].as_u64().unwrap());
    }
    let unknown = eval(&SHARED, &["--classes", "9,2"]);
    assert_eq!(sets["unknown"]["spikes"], unknown["eval"]["spikes"]);
    let kept = SHARED.checkpoint();
    let table = succeed(spikeprune(&["eval", kept.arg()]).args(flags));
    assert!(
        table.contains("spikes an image") && table.contains("noisy_100"),
        "{table}"
    );
    let cases: [(&[&str], i32, &str); 7] = [
        (
            &["--sets", "unknown:7"],
            1,
            "label 7 as unknown: it was learned",
        ),
        (&["--sets", "noise,noise"], 1, "noise twice"),
        (&["--sets", "unknown:12"], 1, "12"),
        (&["--sets", "unknown"], 2, "unknown:9-2-1"),
        (&["--sets", "fog"], 2, "'fog'"),
        (&["--noise-images", "5"], 2, "--sets"),
        (
            &["--sets", "noise", "--noise-images", "0"],
            1,
            "--noise-images is 0",
        ),
    ];
    all_well(cases.map(|(flags, code, says)| {
        refused(spikeprune(&["eval", kept.arg()]).args(flags), code, says)
    }));
}
