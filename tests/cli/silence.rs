//! Networks that stay silent, and what is said of them.

use crate::program::{CHECKPOINT, SHARED, data, spikeprune, succeed, tiny_train};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::Path;

/// The rule of the paper weakens groups at images of all other classes: with ten of them hardly any fires.
#[test]
fn networks_that_stay_silent_say_so_and_what_helps() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let mut train = tiny_train(
        &out,
        &[
            "--classes",
            "0,1,2,3,4,5,6,7,8,9",
            "--train-per-class",
            "150",
        ],
    );
    let output = train.output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{stderr}");
    assert!(
        stderr.starts_with("note: the network stays silent at "),
        "{stderr}"
    );
    assert!(stderr.contains("--preset ten-class"), "{stderr}");
    let summary: Value =
        serde_json::from_str(&fs::read_to_string(out.join("summary.json")).unwrap()).unwrap();
    let notes = summary["notes"].as_array().unwrap();
    assert_eq!(format!("note: {}\n", notes[0].as_str().unwrap()), stderr);
    assert!(summary["eval"]["neurons"]["dead"].as_u64().unwrap() > 0);
    // On what was not learned silence is as good as any answer.
    let checkpoint = out.join(CHECKPOINT);
    succeed(spikeprune(&["eval", "--as-unknown"]).arg(&checkpoint));
    succeed(spikeprune(&["eval", "--quiet"]).arg(&checkpoint));
    assert!(SHARED.summary()["notes"].as_array().unwrap().is_empty());
}

/// Seven neurons cannot be labelled with ten classes.
#[test]
fn classes_that_no_neuron_is_labelled_with_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let flags = [
        "--preset",
        "diehl-cook",
        "--neurons",
        "7",
        "--train-images",
        "300",
        "--label-images",
        "300",
        "--epochs",
        "1",
        "--test-per-class",
        "5",
        "--json",
    ];
    let mut train = spikeprune(&["train", "--quiet", "--out"]);
    train.arg(folder.path()).args(["--data", &data()]);
    let found: Value = serde_json::from_str(&succeed(train.args(flags))).unwrap();
    let per_class = found["eval"]["neurons"]["per_class"].as_array().unwrap();
    let none: Vec<usize> = (0..10).filter(|&class| per_class[class] == 0).collect();
    assert!(none.len() >= 3, "{per_class:?}");
    let note = found["notes"][0].as_str().unwrap();
    let (_, named) = note.split_once("no neuron that is labelled ").unwrap();
    for class in none {
        let named = named.split('.').next().unwrap();
        assert!(named.contains(&class.to_string()), "{class}: {note}");
    }
}

/// A set of labels 7 and 4 in turn, whose images are dark but for their first pixel, which is as bright as its part has it.
fn dark(folder: &Path, corner: impl Fn(&str) -> u8) {
    fs::create_dir_all(folder).unwrap();
    let write = |name: String, bytes: &[u8]| {
        let file = fs::File::create(folder.join(name)).unwrap();
        let mut gzip = GzEncoder::new(file, Compression::fast());
        gzip.write_all(bytes).unwrap();
        gzip.finish().unwrap();
    };
    for (part, count) in [("train", 60_000u32), ("t10k", 10_000)] {
        let [count_bytes, side] = [count, 28].map(u32::to_be_bytes);
        let mut images = [&[0, 0, 8, 3][..], &count_bytes, &side, &side].concat();
        images.resize(16 + 784 * count as usize, 0);
        (images[16..].iter_mut().step_by(784)).for_each(|pixel| *pixel = corner(part));
        write(format!("{part}-images-idx3-ubyte.gz"), &images);
        let labels = (0..count).map(|index| if index % 2 == 0 { 7 } else { 4 });
        let head = [0, 0, 8, 1].into_iter().chain(count_bytes);
        let labels: Vec<u8> = head.chain(labels).collect();
        write(format!("{part}-labels-idx1-ubyte.gz"), &labels);
    }
}

/// Silence is not the rule's fault where the images are blank, or others than those of the training.
#[test]
fn images_that_cannot_be_answered_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let told = |mut command: assert_cmd::Command| {
        let output = command.output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{stderr}");
        assert!(!stderr.contains("The rule"), "{stderr}");
        stderr
    };
    let eval = |images: &Path| {
        let kept = SHARED.checkpoint();
        told(spikeprune(&[
            "eval",
            kept.arg(),
            "--data",
            images.to_str().unwrap(),
        ]))
    };
    let blank = "10000 of the 10000 test images are blank: no pixel is lit";
    let images = folder.path().join("blank");
    dark(&images, |_| 0);
    let few = [
        "--train-per-class",
        "20",
        "--data",
        images.to_str().unwrap(),
    ];
    let train = told(tiny_train(&folder.path().join("run"), &few));
    let both = format!("{blank}; 60000 of the 60000 training images are blank");
    assert!(train.contains(&both), "{train}");
    let shown = eval(&images);
    assert!(
        shown.contains(blank) && !shown.contains("training images are blank"),
        "{shown}"
    );
    // Lit in one corner, as no digit is.
    let images = folder.path().join("corner");
    dark(&images, |part| if part == "train" { 0 } else { 255 });
    let shown = eval(&images);
    let others = "The images are others than those of the training";
    assert!(
        shown.contains(others) && !shown.contains("blank"),
        "{shown}"
    );
}
