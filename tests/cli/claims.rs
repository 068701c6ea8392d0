//! `reproduce --paper claims`: local rules that prune, beside backpropagation.

use crate::contents::assert_same;
use crate::program::{data, refused, spikeprune, succeed};
use serde_json::Value;
use std::fs;
use std::path::Path;

fn claims(out: &Path, flags: &[&str]) -> assert_cmd::Command {
    let mut command = spikeprune(&["reproduce", "--paper", "claims", "--quiet", "--out"]);
    command.arg(out).args(["--data", &data()]);
    command.args([
        "--classes",
        "7,4",
        "--train-per-class",
        "60",
        "--epochs",
        "1",
    ]);
    command
        .args(["--test-per-class", "20", "--noise-images", "10"])
        .args(flags);
    command
}

/// Every method is in the document, with what it takes; the page shows them; what is repeated is the same.
#[test]
fn all_methods_are_trained_and_tested() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (folder.path().join("one"), folder.path().join("other"));
    let text = succeed(&mut claims(&one, &["--threads", "2"]));
    let found: Value =
        serde_json::from_slice(&fs::read(one.join("reproduction.json")).unwrap()).unwrap();
    let networks = found["networks"].as_array().unwrap();
    let of = |method: &str| {
        networks
            .iter()
            .filter(|own| own["method"] == method)
            .count()
    };
    for (method, arms) in [
        ("use it or lose it", 6),
        ("use it or lose it, edges", 6),
        ("softmax", 1),
        ("mlp", 1),
        ("cnn", 1),
        ("surrogate gradients", 1),
        ("l1", 5),
        ("dropout", 3),
        ("spike-penalty", 5),
        ("deep-r", 5),
        ("set", 5),
        ("rigl", 5),
        ("grad-r", 5),
        ("bpsr-style", 5),
    ] {
        assert_eq!(of(method), arms, "{method}");
        assert!(text.contains(method), "{method}: {text}");
    }
    for network in networks {
        let number = |of: &Value| of.as_f64().unwrap();
        let connectivity = number(&network["connectivity"]);
        assert!((0.0..=1.0).contains(&connectivity), "{network}");
        assert!(
            number(&network["operations"]["input_per_image"]) > 0.0,
            "{network}"
        );
        assert_eq!(network["noise"]["images"], 10);
    }
    let page = fs::read_to_string(one.join("report.html")).unwrap();
    assert!(
        page.contains("bpsr-style") && page.contains("<svg"),
        "no figures"
    );
    succeed(&mut claims(&other, &["--threads", "1"]));
    assert_same(&one, &other);
    // What has ended says the same again, from the networks that it kept.
    let mut again = spikeprune(&["reproduce", "--quiet", "--resume"]);
    succeed(again.arg(&other));
    assert_same(&one, &other);
}

/// Of all ten digits, networks that learned some are shown the others.
#[test]
fn unknown_classes_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = spikeprune(&[
        "reproduce",
        "--paper",
        "claims",
        "--quiet",
        "--json",
        "--out",
    ]);
    command
        .arg(folder.path().join("out"))
        .args(["--data", &data()]);
    command.args([
        "--classes",
        "0-9",
        "--train-per-class",
        "20",
        "--epochs",
        "1",
    ]);
    command.args(["--test-per-class", "10", "--noise-images", "5"]);
    command.args(["--attack-images", "0"]);
    let found: Value = serde_json::from_str(&succeed(&mut command)).unwrap();
    let open = found["open_set"].as_array().unwrap();
    let of = |known: usize| {
        let of = open
            .iter()
            .filter(|own| own["classes"].as_array().unwrap().len() == known);
        of.count()
    };
    assert_eq!((of(3), of(6)), (2 + 5, 10 + 25));
    for network in open {
        let labels = |key: &str| network[key].as_array().unwrap().clone();
        assert!(
            labels("unknown")
                .iter()
                .all(|label| !labels("classes").contains(label))
        );
        let accuracy = network["accuracy"].as_f64().unwrap();
        for (score, told) in network["scores"].as_object().unwrap() {
            let share = |key: &str| told[key].as_f64().unwrap();
            let [auroc, oscr] = [share("auroc"), share("oscr")];
            assert!((0.0..=1.0).contains(&auroc), "{score}: {told}");
            // What is not recognised is missing, and nothing else.
            assert!(
                oscr <= accuracy + 1e-12 && oscr <= auroc + 1e-12,
                "{score}: {told}"
            );
        }
        assert_eq!(network["scores"].as_object().unwrap().len(), 6);
        for set in ["noise", "pixelwise"] {
            assert_eq!(network["far"][set].as_object().unwrap().len(), 6, "{set}");
        }
    }
}

/// Networks that learned three digits are attacked, in parts that are saved.
#[test]
fn all_attacks_are_made_on_all_networks() {
    let folder = tempfile::tempdir().unwrap();
    let one = folder.path().join("one");
    let mut command = spikeprune(&["reproduce", "--paper", "claims", "--quiet", "--out"]);
    command.arg(&one).args(["--data", &data()]);
    command.args(["--train-per-class", "40", "--epochs", "1"]);
    command.args(["--test-per-class", "15", "--noise-images", "5"]);
    command.args(["--attack-images", "12", "--attack-queries", "20"]);
    let text = succeed(&mut command);
    let found: Value =
        serde_json::from_slice(&fs::read(one.join("reproduction.json")).unwrap()).unwrap();
    let attacks = &found["attacks"][0];
    let victims = attacks["victims"].as_array().unwrap();
    assert_eq!(victims.len(), 12, "{victims:?}");
    let (images, queried) = (&attacks["images"], &attacks["queried_images"]);
    let (images, queried) = (images.as_u64().unwrap(), queried.as_u64().unwrap());
    assert!((5..=12).contains(&images), "{images}");
    let rows = attacks["rows"].as_array().unwrap();
    let of = |victim: &Value, attack: &str, norm: &str, strength: f64| {
        let row = rows.iter().find(|row| {
            let strong = row["strength"].as_f64().unwrap();
            row["victim"] == victim["victim"]
                && row["attack"] == attack
                && row["norm"] == norm
                && (strong - strength).abs() < 1e-6
        });
        let row = row.unwrap_or_else(|| panic!("{victim}: {attack} {norm} {strength}"));
        ["right", "wrong", "silent"].map(|key| row[key].as_u64().unwrap())
    };
    for victim in victims {
        let name = victim["victim"].as_str().unwrap();
        assert!(text.contains(name), "{name}: {text}");
        for (norm, strengths) in [
            ("linf", vec![0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5]),
            ("l2", vec![0.5, 1.0, 2.0, 3.0]),
        ] {
            for strength in strengths {
                let [gradients, worst] = ["projected gradient", "worst of these"]
                    .map(|attack| of(victim, attack, norm, strength).iter().sum::<u64>());
                // Five draws where input spikes are drawn.
                assert!(gradients == images || gradients == 5 * images);
                assert_eq!(gradients, worst);
                of(victim, "uniform noise", norm, strength);
                of(victim, "transfer", norm, strength);
            }
        }
        // Nothing is left of what is strong enough to make anything of an image.
        let [right, wrong, silent] = of(victim, "worst of these", "linf", 0.5);
        assert!(right <= wrong + silent, "{name}: {right} {wrong} {silent}");
        for (norm, strength) in [("linf", 0.1), ("linf", 0.2), ("l2", 2.0)] {
            for attack in ["square", "decision-based"] {
                let asked: u64 = of(victim, attack, norm, strength).iter().sum();
                assert!(asked == 3 * queried || asked == 15 * queried, "{asked}");
            }
        }
        let checks = attacks["checks"].as_array().unwrap().iter();
        let own = checks.filter(|check| check["victim"] == victim["victim"]);
        assert_eq!(own.count(), 5, "{name}");
    }
    assert!(
        fs::read_to_string(one.join("report.html"))
            .unwrap()
            .contains("Attacks")
    );
    // What has ended says the same again, from the parts that it kept.
    let before = fs::read(one.join("attacks-1.json")).unwrap();
    let mut again = spikeprune(&["reproduce", "--quiet", "--resume"]);
    succeed(again.arg(&one));
    assert_eq!(fs::read(one.join("attacks-1.json")).unwrap(), before);
}

/// Networks that have learned next to nothing recognise no image in common: nothing is attacked, which is no fault.
#[test]
fn networks_that_recognise_no_image_alike_are_not_attacked() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let mut command = spikeprune(&[
        "reproduce",
        "--paper",
        "claims",
        "--quiet",
        "--json",
        "--out",
    ]);
    command.arg(&out).args(["--data", &data()]);
    command.args(["--train-per-class", "1", "--epochs", "1"]);
    command.args(["--test-per-class", "2", "--noise-images", "2"]);
    command.args(["--attack-images", "5", "--attack-queries", "10"]);
    let found: Value = serde_json::from_str(&succeed(&mut command)).unwrap();
    let attacks = &found["attacks"][0];
    assert_eq!(
        (&attacks["images"], &attacks["rows"]),
        (&0.into(), &Value::Array(vec![]))
    );
    let victims = attacks["victims"].as_array().unwrap();
    assert_eq!(victims.len(), 12);
    assert!(victims.iter().all(|own| own["linear_distance"].is_null()));
    assert!(out.join("report.html").exists());
}

#[test]
fn flags_of_other_experiments_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    for (flags, said) in [
        (&["--splits", "3"][..], "--splits has no meaning"),
        (&["--sizes", "100"], "--sizes has no meaning"),
        (&["--arms", "none"], "--arms has no meaning"),
        (&["--device", "gpu"], "run on the CPU alone"),
        (&["--attack-queries", "0"], "the number of queries is 0"),
        (&["--set", "pruning.mode=none"], "this experiment prunes"),
    ] {
        refused(&mut claims(&out, flags), 1, said).unwrap();
    }
    let mut other = spikeprune(&["reproduce", "--full", "--quiet", "--data", &data(), "--out"]);
    refused(other.arg(&out), 1, "--full has no meaning").unwrap();
    let mut other = spikeprune(&[
        "reproduce",
        "--attack-images",
        "3",
        "--data",
        &data(),
        "--out",
    ]);
    refused(other.arg(&out), 1, "--attack-images has no meaning").unwrap();
    assert!(!out.exists());
}
