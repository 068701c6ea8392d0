//! Pictures of one's own: trained on, answered without labels, and learned on from.

use crate::program::{CHECKPOINT, all_well, refused, spikeprune, succeed};
use assert_cmd::Command;
use image::{DynamicImage, GrayImage, Luma};
use serde_json::{Value, json};
use spikeprune::checkpoint::Checkpoint;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A picture of a bar: upright, lying or aslant, by class.
fn bar(class: &str, number: u32, side: u32) -> DynamicImage {
    let at = side / 2 + number % 2;
    let lit = |x: u32, y: u32| match class {
        "upright" => x.abs_diff(at) < side / 6,
        "lying" => y.abs_diff(at) < side / 6,
        _ => x.abs_diff(y + number % 2) < side / 6,
    };
    GrayImage::from_fn(side, side, |x, y| Luma([if lit(x, y) { 255 } else { 0 }])).into()
}

fn save(picture: &DynamicImage, path: &Path) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    picture.save(path).unwrap();
}

/// A folder of pictures of these classes.
pub fn bars(folder: &Path, classes: &[&str]) -> PathBuf {
    for class in classes {
        for number in 0..12 {
            save(
                &bar(class, number, 12),
                &folder.join(format!("{class}/{number}.png")),
            );
        }
    }
    folder.into()
}

pub fn train(data: &Path, out: &Path, flags: &[&str]) -> Command {
    let mut train = spikeprune(&["train", "--device", "cpu", "--quiet", "--json"]);
    train
        .arg("--data")
        .arg(data)
        .arg("--out")
        .arg(out)
        .args(flags);
    train
}

pub const SMALL: [&str; 6] = [
    "--preset",
    "best",
    "--neurons-per-class",
    "3",
    "--epochs",
    "2",
];

/// Networks that learned upright and lying bars.
fn learned(flags: &[&str]) -> TempDir {
    let folder = TempDir::new().unwrap();
    let data = bars(&folder.path().join("bars"), &["lying", "upright"]);
    succeed(train(&data, &folder.path().join("run"), &SMALL).args(flags));
    folder
}

fn predict(run: &Path, flags: &[&str]) -> Command {
    let mut predict = spikeprune(&["predict", "--device", "cpu"]);
    predict.arg(run.join(CHECKPOINT)).args(flags);
    predict
}

fn json_of(command: &mut Command) -> Value {
    serde_json::from_str(&succeed(command.arg("--json"))).unwrap()
}

#[test]
fn pictures_without_labels_are_answered_by_the_names_of_classes() {
    let folder = learned(&["--replicas", "2"]);
    let run = folder.path().join("run");
    let mixed = folder.path().join("mixed");
    for (name, class) in [("b", "upright"), ("a", "lying"), ("c", "upright")] {
        save(&bar(class, 0, 12), &mixed.join(format!("{name}.png")));
    }
    fs::write(mixed.join("notes.txt"), "no picture").unwrap();
    let found = json_of(&mut predict(&run, &[mixed.to_str().unwrap()]));
    assert_eq!(found["class_names"], json!(["lying", "upright"]));
    let pictures = found["pictures"].as_array().unwrap();
    assert_eq!(pictures.len(), 3);
    for (picture, (name, class)) in pictures.iter().zip([("a", 0), ("b", 1), ("c", 1)]) {
        assert!(
            picture["file"]
                .as_str()
                .unwrap()
                .ends_with(&format!("{name}.png"))
        );
        assert_eq!(
            (&picture["height"], &picture["width"]),
            (&json!(12), &json!(12))
        );
        let networks = picture["networks"].as_array().unwrap();
        assert_eq!(networks.len(), 2);
        for answer in networks {
            assert_eq!(answer["answer"], class, "{picture}");
            assert_eq!(answer["name"], ["lying", "upright"][class]);
            let of_classes = answer["spikes_per_class"].as_array().unwrap();
            let sum: u64 = of_classes.iter().filter_map(Value::as_u64).sum();
            assert_eq!(answer["spikes"], sum);
        }
    }
    // A picture is answered alike, whatever is shown beside it and however it comes.
    assert_eq!(pictures[1]["networks"], pictures[2]["networks"]);
    let bytes = fs::read(mixed.join("b.png")).unwrap();
    let piped = json_of(predict(&run, &["-"]).write_stdin(bytes));
    assert_eq!(piped["pictures"][0]["networks"], pictures[1]["networks"]);
    let table = succeed(&mut predict(&run, &[mixed.to_str().unwrap()]));
    assert!(
        table.contains("upright") && table.contains("b.png"),
        "{table}"
    );
    assert_eq!(table.lines().count(), 1 + 3 * 2, "{table}");
}

#[test]
fn pictures_are_scaled_with_a_note_and_inverted_on_demand() {
    let folder = learned(&[]);
    let run = folder.path().join("run");
    let (large, dark) = (
        folder.path().join("large.png"),
        folder.path().join("dark.png"),
    );
    save(&bar("upright", 0, 36), &large);
    let mut inverted = bar("upright", 0, 12);
    inverted.invert();
    save(&inverted, &dark);
    let output = predict(&run, &[large.to_str().unwrap(), "--json"])
        .output()
        .unwrap();
    let note = String::from_utf8(output.stderr).unwrap();
    assert!(
        note.contains("1 picture is scaled to 12x12") && note.contains("is 36x36"),
        "{note}"
    );
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["pictures"][0]["networks"][0]["name"], "upright");
    assert_eq!(found["notes"].as_array().unwrap().len(), 1);
    let plain = folder.path().join("bars/upright/0.png");
    let plain = json_of(&mut predict(&run, &[plain.to_str().unwrap()]));
    let turned = json_of(&mut predict(&run, &["--invert", dark.to_str().unwrap()]));
    assert_eq!(
        turned["pictures"][0]["networks"],
        plain["pictures"][0]["networks"]
    );
}

#[test]
fn what_is_no_picture_is_refused() {
    let folder = learned(&[]);
    let run = folder.path().join("run");
    let text = folder.path().join("text.png");
    fs::write(&text, "no picture").unwrap();
    let cases: [(&[&str], &str); 6] = [
        (&[text.to_str().unwrap()], "cannot be read as a picture"),
        (&["nowhere.png"], "nowhere.png: cannot be read"),
        (&[run.to_str().unwrap()], "holds no pictures"),
        (&["-", "-"], "stdin holds one picture"),
        (&["-"], "stdin, which is empty"),
        (
            &["--colour", "rgb", text.to_str().unwrap()],
            "take images in grey",
        ),
    ];
    all_well(cases.map(|(flags, says)| refused(&mut predict(&run, flags), 1, says)));
    refused(&mut predict(&run, &[]), 2, "<PICTURE>").unwrap();
}

/// The weights of a class in a network, by name, as its training ran on them or was read out.
fn of_class(checkpoint: &Checkpoint, replica: usize, name: &str) -> (Vec<f32>, Vec<f32>) {
    let network = &checkpoint.params.model.network;
    let group = network
        .names
        .iter()
        .position(|known| known == name)
        .unwrap();
    let replica = &checkpoint.replicas[replica];
    let neurons = network.neurons();
    let own = |values: &[f32]| {
        let all = values.iter().copied().enumerate();
        let own = all.filter(|(at, _)| at % neurons / 3 == group);
        own.map(|(_, value)| value).collect()
    };
    (
        own(&replica.weights),
        own(&replica.network.state.neurons.v_threshold_mv),
    )
}

#[test]
fn a_training_goes_on_with_other_classes() {
    let folder = learned(&[]);
    let more = bars(&folder.path().join("more"), &["aslant", "upright", "lying"]);
    let from = folder.path().join("run").join(CHECKPOINT);
    let from = from.to_str().unwrap();
    let run = folder.path().join("next");
    let flags = [
        "--from",
        from,
        "--classes",
        "upright,aslant",
        "--replicas",
        "2",
    ];
    let summary: Value = serde_json::from_str(&succeed(&mut train(&more, &run, &flags))).unwrap();
    assert_eq!(summary["params"]["preset"], "best");
    assert_eq!(
        summary["params"]["network"]["names"],
        json!(["upright", "aslant"])
    );
    let (images, epochs) = (
        summary["train"]["images"].as_u64(),
        summary["params"]["job"]["epochs"].as_u64(),
    );
    assert!(images.unwrap() > 0 && epochs == Some(2));
    // What it begins with.
    let (before, after) = (
        Checkpoint::load(from.as_ref()).unwrap(),
        Checkpoint::load(&run.join(CHECKPOINT)).unwrap(),
    );
    let begun = spikeprune::experiment::train::untrained(&after.params)
        .unwrap()
        .replicas;
    let begun = Checkpoint {
        replicas: begun,
        ..after.clone()
    };
    for replica in 0..2 {
        let known = of_class(&before, 0, "upright");
        assert_eq!(of_class(&begun, replica, "upright"), known);
        let mut drawn = after.params.clone();
        drawn.job.from.clear();
        let drawn = spikeprune::experiment::train::untrained(&drawn)
            .unwrap()
            .replicas;
        let drawn = Checkpoint {
            replicas: drawn,
            ..after.clone()
        };
        assert_eq!(
            of_class(&begun, replica, "aslant"),
            of_class(&drawn, replica, "aslant")
        );
        assert_ne!(
            of_class(&begun, replica, "upright"),
            of_class(&drawn, replica, "upright")
        );
        assert_eq!(begun.replicas[replica].network.state.clock, 0);
    }
    // Its config.toml alone repeats it, from wherever.
    let again = folder.path().join("again");
    let config = run.join("config.toml");
    let mut repeat = spikeprune(&["train", "--quiet", "--json", "--device", "cpu", "--config"]);
    repeat
        .arg(&config)
        .arg("--out")
        .arg(&again)
        .current_dir(folder.path());
    succeed(&mut repeat);
    let bytes = |run: &Path| fs::read(run.join(CHECKPOINT)).unwrap();
    assert_eq!(bytes(&again), bytes(&run));
    // Resumed from nothing and from its end.
    fs::remove_file(again.join(CHECKPOINT)).unwrap();
    succeed(spikeprune(&["train", "--quiet", "--json", "--resume"]).arg(&again));
    assert_eq!(bytes(&again), bytes(&run));
    // Another file in the place of the checkpoint, and none.
    fs::copy(run.join(CHECKPOINT), from).unwrap();
    let repeat = |says: &str| {
        let out = folder.path().join("not");
        let mut repeat = spikeprune(&["train", "--device", "cpu", "--config"]);
        refused(repeat.arg(&config).arg("--out").arg(&out), 1, says).unwrap();
        assert!(!out.exists());
    };
    repeat("its SHA-256 is");
    fs::remove_file(from).unwrap();
    repeat("cannot read");
    // What was saved goes on without it.
    succeed(spikeprune(&["train", "--quiet", "--json", "--resume"]).arg(&again));
}

#[test]
fn where_no_class_is_known_groups_go_on_in_their_order() {
    let folder = learned(&[]);
    let from = folder.path().join("run").join(CHECKPOINT);
    let others = bars(&folder.path().join("others"), &["slanting", "tilted"]);
    let run = folder.path().join("next");
    succeed(&mut train(
        &others,
        &run,
        &["--from", from.to_str().unwrap()],
    ));
    let after = Checkpoint::load(&run.join(CHECKPOINT)).unwrap();
    let begun = spikeprune::experiment::train::untrained(&after.params).unwrap();
    let begun = Checkpoint {
        replicas: begun.replicas,
        ..after
    };
    let before = Checkpoint::load(&from).unwrap();
    for (known, new) in [("lying", "slanting"), ("upright", "tilted")] {
        assert_eq!(of_class(&begun, 0, new), of_class(&before, 0, known));
    }
}

#[test]
fn classes_that_were_learned_are_learned_again_where_the_data_have_them() {
    let folder = learned(&[]);
    let from = folder.path().join("run").join(CHECKPOINT);
    let from = from.to_str().unwrap();
    let more = bars(&folder.path().join("more"), &["aslant", "upright", "lying"]);
    let others = bars(&folder.path().join("others"), &["aslant", "upright"]);
    for (data, names) in [
        (more, ["lying", "upright"]),
        (others, ["aslant", "upright"]),
    ] {
        let out = folder.path().join(format!("of-{}", names[0]));
        let found = succeed(&mut train(&data, &out, &["--from", from]));
        let found: Value = serde_json::from_str(&found).unwrap();
        assert_eq!(found["params"]["network"]["names"], json!(names));
    }
}

#[test]
fn a_training_cannot_go_on_from_other_networks() {
    let folder = learned(&[]);
    let data = folder.path().join("bars");
    let from = folder.path().join("run").join(CHECKPOINT);
    let from = from.to_str().unwrap();
    let out = folder.path().join("not");
    let cases: [(&[&str], i32, &str); 5] = [
        (
            &["--from", from, "--neurons-per-class", "4"],
            1,
            "have 3 neurons a class",
        ),
        (
            &["--from", from, "--front-end", "oriented-edges"],
            1,
            "as pixels",
        ),
        (&["--from", from, "--size", "8x8"], 1, "8x8"),
        (
            &["--from", from, "--preset", "paper"],
            2,
            "cannot be used with",
        ),
        (&["--from", "nowhere"], 1, "cannot read nowhere"),
    ];
    all_well(cases.map(|(flags, code, says)| {
        let mut train = spikeprune(&["train", "--quiet", "--device", "cpu", "--data"]);
        train.arg(&data).arg("--out").arg(&out).args(flags);
        refused(&mut train, code, says)
    }));
    let mut sweep = spikeprune(&["sweep", "--set"]);
    sweep
        .arg(format!("job.from={from}"))
        .args(["--grid", "learning.a_pre=0.01,0.02"]);
    refused(&mut sweep, 1, "only `train` goes on").unwrap();
    assert!(!out.exists());
}
