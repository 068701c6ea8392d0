//! `eval --record` and `eval --answers`: single images.

#[allow(dead_code, reason = "the golden traces need more of it")]
#[path = "../support/npz.rs"]
mod npz;

use crate::program::{CHECKPOINT, Kept, SHARED, all_well, refused, spikeprune, succeed};
use npz::Npz;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use tempfile::TempDir;

fn kept() -> Kept {
    Kept::new(&SHARED.files[CHECKPOINT])
}

/// The rows of a table, by column.
fn rows(csv: &str) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_reader(csv.as_bytes())
        .deserialize()
        .map(Result::unwrap)
        .collect()
}

#[test]
fn answers_of_single_images_add_up_to_the_result() {
    let (kept, folder) = (kept(), TempDir::new().unwrap());
    let file = folder.path().join("answers.csv");
    let mut eval = spikeprune(&["eval", kept.arg(), "--json", "--device", "cpu", "--answers"]);
    let document: Value = serde_json::from_str(&succeed(eval.arg(&file))).unwrap();
    let rows = rows(&fs::read_to_string(&file).unwrap());
    let of = |replica: &Value| {
        let seed = replica["seed"].to_string();
        rows.iter().filter(move |row| row["seed"] == seed)
    };
    for replica in document["replicas"].as_array().unwrap() {
        let eval = &replica["eval"];
        let count = |is: &dyn Fn(&BTreeMap<String, String>) -> bool| {
            of(replica).filter(|row| is(row)).count() as u64
        };
        assert_eq!(count(&|_| true), eval["images"].as_u64().unwrap());
        assert_eq!(
            count(&|row| row["answer"] == row["label"]),
            eval["correct"].as_u64().unwrap()
        );
        assert_eq!(
            count(&|row| row["tied"] == "true"),
            eval["tied"].as_u64().unwrap()
        );
        assert_eq!(
            count(&|row| row["spikes"] == "0"),
            eval["silent"].as_u64().unwrap()
        );
        for row in of(replica) {
            let number = |column: &str| row[column].parse::<f64>().unwrap();
            let groups = [number("spikes_7"), number("spikes_4")];
            assert_eq!(groups[0] + groups[1], number("spikes"));
            assert_eq!((groups[0] - groups[1]).abs(), number("margin"));
        }
    }
    // A file that is there is somebody's.
    refused(&mut eval, 1, "is there already").unwrap();
}

#[test]
fn recordings_hold_what_the_test_counted() {
    let (kept, folder) = (kept(), TempDir::new().unwrap());
    let (out, table) = (folder.path().join("out"), folder.path().join("answers.csv"));
    let mut eval = spikeprune(&["eval", kept.arg(), "--device", "cpu", "--neurons", "0,7"]);
    eval.args(["--record", "0,4"])
        .arg("--answers")
        .arg(&table)
        .arg("--out");
    succeed(eval.arg(&out));
    let mut spikes = Npz::open(&out.join("spikes.npz"));
    let [i, t_ms, image, population] =
        ["i", "t_ms", "image", "population"].map(|name| spikes.numbers(name));
    assert!(t_ms.iter().all(|time| (0.0..350.0).contains(time)));
    assert!(
        i.iter()
            .zip(&population)
            .all(|(&i, &population)| i < if population == 0.0 { 784.0 } else { 12.0 })
    );
    // The first test images are a seven and, fifth, a four.
    let rows = rows(&fs::read_to_string(&table).unwrap());
    for shown in ["0", "4"] {
        let row = rows.iter().find(|row| row["index"] == shown).unwrap();
        let excitatory = image
            .iter()
            .zip(&population)
            .filter(|(image, population)| image.to_string() == shown && **population == 1.0);
        assert_eq!(
            excitatory.count().to_string(),
            row["spikes"],
            "image {shown}"
        );
        let svg = fs::read_to_string(out.join(format!("raster-{shown}.svg"))).unwrap();
        assert!(svg.contains("E neuron 7, mV"));
    }
    let mut potentials = Npz::open(&out.join("potentials.npz"));
    assert_eq!(potentials.numbers("neuron"), [0.0, 7.0]);
    let steps = potentials.numbers("t_ms").len();
    assert_eq!(potentials.numbers("v_e_mv").len(), 2 * 2 * steps);
    assert!(
        potentials
            .numbers("v_e_mv")
            .iter()
            .all(|v| (-101.0..=0.0).contains(v))
    );
    // Another recording takes the place of the first, but nothing else goes.
    fs::write(out.join("mine.txt"), "notes").unwrap();
    let mut again = spikeprune(&[
        "eval",
        kept.arg(),
        "--device",
        "cpu",
        "--record",
        "3",
        "--out",
    ]);
    succeed(again.arg(&out));
    assert!(out.join("raster-3.svg").exists() && !out.join("raster-0.svg").exists());
    assert!(!out.join("potentials.npz").exists());
    assert_eq!(fs::read_to_string(out.join("mine.txt")).unwrap(), "notes");
}

#[test]
fn what_cannot_be_recorded_is_refused() {
    let (kept, folder) = (kept(), TempDir::new().unwrap());
    let out = folder.path().join("out");
    let eval = |flags: &[&str], code, says| {
        let mut eval = spikeprune(&["eval", kept.arg(), "--device", "cpu", "--out"]);
        refused(eval.arg(&out).args(flags), code, says)
    };
    all_well([
        eval(&["--record", "6000"], 1, "--record names image 6000"),
        eval(
            &["--record", "0", "--neurons", "12"],
            1,
            "--neurons names neuron 12",
        ),
        // What is there twice would be counted twice.
        eval(&["--record", "17,17"], 1, "--record names image 17 twice"),
        eval(
            &["--record", "0", "--neurons", "1,0-1"],
            1,
            "--neurons names neuron 1 twice",
        ),
        eval(&["--record", "0", "--neurons", "x"], 2, "'x'"),
        eval(&["--neurons", "1"], 2, "--record"),
        eval(
            &["--record", "0", "--answers", "no/such/a.csv"],
            1,
            "--answers no/such/a.csv: there is no folder",
        ),
        eval(&[], 2, "--record"),
    ]);
    assert!(!out.exists());
}
