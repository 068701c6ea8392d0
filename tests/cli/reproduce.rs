//! `reproduce`: its document, its folder, its refusals.

use crate::gpu::gpu;
use crate::program::{
    NO_GPU, all_well, data, files_below, refused, spikeprune, succeed, tiny_train,
};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

/// An experiment of a second: two classes, two seeds, a few images. Flags win over settings.
const SMALL: [&str; 5] = [
    "time.dt_ms=1",
    "network.classes=[7, 4]",
    "network.groups.neurons_per_class=6",
    "job.train.per_class=30",
    "job.test_per_class=15",
];

/// Flags of which a later one does not win.
const ONCE: [[&str; 2]; 3] = [
    ["--seeds", "2"],
    ["--noise-images", "20"],
    ["--device", "cpu"],
];

pub fn small(out: &Path, flags: &[&str]) -> assert_cmd::Command {
    let mut command = spikeprune(&["reproduce", "--quiet", "--out"]);
    command.arg(out).args(["--data", &data()]);
    for setting in SMALL {
        command.args(["--set", setting]);
    }
    command.args(flags);
    for flag in ONCE.iter().filter(|flag| !flags.contains(&flag[0])) {
        command.args(flag);
    }
    command
}

pub fn document(flags: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let mut command = small(folder.path(), flags);
    if flags.contains(&"gpu") {
        command.env_remove(NO_GPU.0);
    }
    let text = succeed(command.arg("--json"));
    serde_json::from_str(&text).unwrap()
}

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| document(&[]));

/// Networks of an arm.
fn arm<'a>(document: &'a Value, name: &'a str) -> impl Iterator<Item = &'a Value> {
    let arms = document["arms"].as_array().unwrap().iter();
    arms.filter(move |arm| arm["pruning"] == name)
}

#[test]
fn the_document_holds_every_arm_seed_and_set() {
    let found = &*DOCUMENT;
    assert_eq!(found["classes"], serde_json::json!([7, 4]));
    assert_eq!(found["unknown"], serde_json::json!([0, 1]));
    assert_eq!(found["seeds"], serde_json::json!([1, 2]));
    assert_eq!(
        (&found["dt_ms"], &found["device"]),
        (&1.0.into(), &"cpu".into())
    );
    assert!(found["seconds"].as_f64().unwrap() > 0.0);
    assert_eq!(found["arms"].as_array().unwrap().len(), 6);
    for name in ["none", "continuous", "final"] {
        assert_eq!(arm(found, name).count(), 2);
    }
    for network in found["arms"].as_array().unwrap() {
        for (set, images) in [
            ("noise", 20),
            ("blurred", 20),
            ("blurred_stack", 20),
            ("known", 30),
            ("unknown", 30),
        ] {
            let set = &network["sets"][set];
            assert_eq!(set["images"], images);
            assert!(set["silent"].as_u64().unwrap() <= images);
            assert!(set["spikes"].is_u64());
        }
        for other in ["unknown", "noise", "blurred"] {
            let auroc = network["auroc"][other].as_f64().unwrap();
            assert!((0.0..=1.0).contains(&auroc));
            for score in ["total", "winner", "margin"] {
                assert!(network["detection"][other][score]["aupr"].is_f64());
            }
        }
        let shown: u64 = (network["confusion"].as_array().unwrap().iter())
            .flat_map(|row| row.as_array().unwrap())
            .map(|count| count.as_u64().unwrap())
            .sum();
        assert_eq!(shown, 30);
        assert!(network["train_seconds"].as_f64().unwrap() > 0.0);
        assert_eq!(network["noisy"][0]["accuracy"], network["accuracy"]);
    }
    let names: Vec<_> = (found["controls"].as_array().unwrap().iter())
        .map(|control| {
            control["pruning"]
                .as_str()
                .unwrap()
                .split(',')
                .next()
                .unwrap()
        })
        .collect();
    let of_each = |name| [name, name];
    let expected = [
        "smallest removed",
        "never active removed",
        "L2",
        "L1",
        "dropout",
    ]
    .map(of_each);
    assert_eq!(names, expected.concat());
    // Two of the eleven claims are about the network without regularisation, whatever others there are.
    assert_eq!(found["summary"].as_array().unwrap().len(), 2 * 9 + 2);
    for claim in found["summary"].as_array().unwrap() {
        let of_none = claim["claim"]
            .as_str()
            .unwrap()
            .ends_with("digits, without");
        assert_eq!(claim["arm"] == "none", of_none, "{claim}");
    }
    for claim in found["summary"].as_array().unwrap() {
        let (Some(mean), Some(paper)) = (claim["mean"].as_f64(), claim["paper"].as_f64()) else {
            assert_eq!(claim["reached"], false, "{claim}");
            assert!(claim["verdict"].is_null(), "{claim}");
            continue;
        };
        // No interval leaves the range of its quantity.
        let ends = [claim["low"].as_f64(), claim["high"].as_f64()];
        let is_share = ["silent", "accuracy"]
            .iter()
            .any(|word| claim["claim"].as_str().unwrap().starts_with(word));
        let most = if is_share { 1.0 } else { f64::MAX };
        assert!(
            ends.iter().flatten().all(|end| (0.0..=most).contains(end)),
            "{claim}"
        );
        let within =
            ends[0].is_some_and(|low| low <= paper) && ends[1].is_some_and(|high| paper <= high);
        let reached = match claim["direction"].as_str().unwrap() {
            "at least" => mean >= paper,
            _ => mean <= paper,
        };
        assert_eq!(claim["reached"], reached, "{claim}");
        let verdict = match (reached, within) {
            (true, _) => "reached",
            (false, true) => "within the interval",
            (false, false) if ends == [None; 2] => "no interval",
            (false, false) => "not reached",
        };
        assert_eq!(claim["verdict"], verdict, "{claim}");
    }
    for network in found["arms"].as_array().unwrap() {
        assert_eq!(network["neurons"]["per_class"], serde_json::json!([6, 6]));
    }
}

/// Arms are the networks that `train` trains, tested on the images that it tests.
#[test]
fn an_arm_is_what_train_gives() {
    let folder = tempfile::tempdir().unwrap();
    let flags = [
        "--classes",
        "7,4",
        "--train-per-class",
        "30",
        "--test-per-class",
        "15",
        "--validation-per-class",
        "100",
        "--metrics-every",
        "1000",
        "--replicas",
        "2",
        "--pruning",
        "none",
        "--json",
        "--device",
        "cpu",
    ];
    let text = succeed(&mut tiny_train(&folder.path().join("run"), &flags));
    let trained: Value = serde_json::from_str(&text).unwrap();
    let mut eval = spikeprune(&["eval", "--json", "--sets", "noise,blurred,unknown:0-1"]);
    eval.arg(folder.path().join("run/checkpoint.safetensors"));
    let shown: Value = serde_json::from_str(&succeed(eval.args(["--noise-images", "20"]))).unwrap();
    for (shown, arm) in shown["replicas"]
        .as_array()
        .unwrap()
        .iter()
        .zip(arm(&DOCUMENT, "none"))
    {
        for set in ["noise", "blurred", "unknown"] {
            for key in ["images", "spikes", "silent", "spikes_per_image"] {
                assert_eq!(
                    shown["sets"][set][key], arm["sets"][set][key],
                    "{set}, {key}"
                );
            }
        }
    }
    for (trained, arm) in trained["replicas"]
        .as_array()
        .unwrap()
        .iter()
        .zip(arm(&DOCUMENT, "none"))
    {
        assert_eq!(trained["seed"], arm["seed"]);
        assert_eq!(trained["eval"]["accuracy"], arm["accuracy"]);
        assert_eq!(trained["eval"]["confusion"], arm["confusion"]);
        assert_eq!(trained["eval"]["spikes"], arm["sets"]["known"]["spikes"]);
        assert_eq!(trained["weights"]["zero_fraction"], arm["zero_fraction"]);
    }
}

/// What holds no wall-clock time.
pub fn timeless(document: &Value) -> Value {
    let mut document = document.clone();
    document["seconds"] = Value::Null;
    for list in ["arms", "controls"] {
        for network in document[list].as_array_mut().unwrap() {
            network["train_seconds"] = Value::Null;
        }
    }
    document
}

#[test]
fn results_repeat_on_any_number_of_threads() {
    assert_eq!(
        timeless(&DOCUMENT),
        timeless(&document(&["--threads", "1"]))
    );
}

#[test]
fn a_gpu_that_is_exact_gives_the_same() {
    let Some(true) = gpu().map(|gpu| gpu.is_exact()) else {
        return;
    };
    let of_device = |mut found: Value, device: &str| {
        let kind = found["device_type"].take();
        assert_eq!(kind == "cpu", device == "cpu", "{kind}");
        found["device"].take();
        timeless(&found)
    };
    let on = |flags: &[&str], device| {
        let on = ["--device", device];
        of_device(document(&[flags, &on].concat()), device)
    };
    assert_eq!(of_device(DOCUMENT.clone(), "cpu"), on(&[], "gpu"));
    let best = ["--preset", "best", "--no-controls"];
    assert_eq!(on(&best, "cpu"), on(&best, "gpu"));
}

#[test]
fn arms_do_not_depend_on_what_runs_beside_them() {
    let alone = document(&["--arms", "none", "--no-controls", "--seeds", "1"]);
    let alone: Vec<_> = alone["arms"].as_array().unwrap().clone();
    assert_eq!(alone.len(), 1);
    let beside = arm(&DOCUMENT, "none").next().unwrap();
    for key in [
        "seed",
        "accuracy",
        "zero_fraction",
        "operations",
        "sets",
        "detection",
        "noisy",
        "confusion",
    ] {
        assert_eq!(alone[0][key], beside[key], "{key}");
    }
}

/// 1,652 training images are sevens or fours.
#[test]
fn all_validation_images_are_those_that_the_training_leaves() {
    let found = document(&[
        "--validation",
        "--test-per-class",
        "0",
        "--set",
        "job.train.in_all=1635",
        "--arms",
        "none",
        "--seeds",
        "1",
        "--no-controls",
    ]);
    assert_eq!(found["arms"][0]["sets"]["known"]["images"], 17);
}

#[test]
fn the_folder_holds_the_report_and_a_second_run_asks_before_it_replaces_it() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let flags = ["--seeds", "1", "--arms", "none,continuous", "--no-controls"];
    let table = succeed(&mut small(&out, &flags));
    assert!(table.contains("spikes on noise, with / without"), "{table}");
    // Two sentences say what came of the claims before their table.
    let (_, verdict) = table
        .split_once("The paper's claims. With continuous ")
        .unwrap();
    assert!(verdict.contains("Published figures: continuous reaches "));
    let of_none = "; the network without regularisation reaches ";
    let (_, of_none) = verdict.split_once(of_none).expect(verdict);
    assert_eq!(of_none[..6].split_once(" of ").unwrap().1, "2", "{verdict}");
    // One seed has no interval, so that nothing is said not to be reached.
    assert!(
        table.contains("no interval") && !table.contains("not reached") && !table.contains("+-"),
        "{table}"
    );
    let files = files_below(&out);
    let names: Vec<_> = files.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "config.toml",
            "plan.toml",
            "report.html",
            "reproduction.json",
            "sets.png",
            "weights.png",
        ]
    );
    let page = std::str::from_utf8(&files["report.html"]).unwrap();
    for outside in ["src=\"http", "href=\"http", "url(http", "<link", "@import"] {
        assert!(!page.contains(outside), "the page needs {outside}");
    }
    assert!(page.matches("<svg").count() >= 8, "figures are missing");
    for parameter in [
        "tau_membrane_ms",
        concat!("spikeprune ", env!("CARGO_PKG_VERSION")),
    ] {
        assert!(page.contains(parameter), "{parameter}");
    }
    all_well([refused(&mut small(&out, &flags), 1, "--overwrite")]);
    fs::write(out.join("mine.txt"), "kept").unwrap();
    succeed(small(&out, &flags).arg("--overwrite"));
    assert!(out.join("mine.txt").exists());
}

#[test]
fn what_makes_no_sense_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let cases: [(&[&str], i32, &str); 14] = [
        (&["--unknown", "7"], 1, "label 7 is learned"),
        (&["--unknown", "12"], 1, "12"),
        (&["--unknown", "1,1"], 1, "twice"),
        (&["--unknown", "1", "--splits", "2"], 2, "--splits"),
        (&["--splits", "0"], 1, "--splits is 0"),
        (&["--splits", "x"], 2, "--splits"),
        (&["--noise-images", "0"], 1, "images of noise is 0"),
        (
            &["--noise-images", "999999999"],
            1,
            "images of noise is 999999999",
        ),
        (&["--arms", "none,none"], 1, "arm none is named twice"),
        (&["--arms", "some"], 2, "--arms"),
        (&["--seeds", "999999999"], 1, "999999999"),
        (
            &["--splits", "900", "--seeds", "3"],
            1,
            "the number of networks is 40500",
        ),
        (&["--preset", "nobody"], 1, "nobody"),
        (
            &["--validation", "--train-per-class", "799"],
            1,
            "class 4: expected 1 images after the first 799",
        ),
    ];
    all_well(cases.iter().map(|(flags, code, says)| {
        let out = folder.path().join("never");
        let outcome = refused(&mut small(&out, flags), *code, says);
        assert!(!out.exists(), "{flags:?} made a folder");
        outcome
    }));
    let mut no_seeds = small(&folder.path().join("never"), &[]);
    no_seeds.args(["--set", "job.seed=-1"]);
    all_well([refused(&mut no_seeds, 1, "job.seed")]);
}
