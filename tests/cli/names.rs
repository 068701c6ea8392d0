//! Names of classes: shown wherever labels are, and taken wherever labels are asked for.

use crate::pictures::{SMALL, bars, train};
use crate::program::{CHECKPOINT, all_well, refused, spikeprune, succeed};
use serde_json::{Value, json};
use std::path::PathBuf;
use tempfile::TempDir;

/// Bars of three classes, one with a dash in its name, and the networks that learned two of them.
struct Run {
    folder: TempDir,
    data: PathBuf,
}

impl Run {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let classes = ["upright", "lying", "a-slant"];
        let data = bars(&folder.path().join("bars"), &classes);
        let flags = ["--classes", "upright,lying"];
        succeed(train(&data, &folder.path().join("run"), &SMALL).args(flags));
        Self { folder, data }
    }

    fn eval(&self, flags: &[&str]) -> assert_cmd::Command {
        let mut eval = spikeprune(&["eval", "--quiet", "--device", "cpu"]);
        eval.arg(self.folder.path().join("run").join(CHECKPOINT))
            .args(flags);
        eval
    }

    /// `sweep` or `reproduce` on the same data.
    fn other(&self, command: &str, flags: &[&str]) -> assert_cmd::Command {
        let mut other = spikeprune(&[command, "--quiet", "--device", "cpu", "--data"]);
        other.arg(&self.data).args(SMALL).args(flags);
        other.arg("--out").arg(self.folder.path().join(command));
        other
    }
}

#[test]
fn results_name_classes() {
    let run = Run::new();
    let found: Value = serde_json::from_str(&succeed(&mut run.eval(&["--json"]))).unwrap();
    assert_eq!(found["class_names"], json!(["upright", "lying"]));
    assert_eq!(found["eval"]["classes"], json!([2, 1]));
    let table = succeed(&mut run.eval(&[]));
    let lines: Vec<&str> = table.lines().map(str::trim).collect();
    assert!(
        lines.contains(&"upright    lying    tied  silent"),
        "{table}"
    );
    for name in ["upright", "lying"] {
        assert!(lines.iter().any(|line| line.starts_with(name)), "{table}");
    }
    // Also where a label was not learned, and in what is drawn.
    let mut eval = spikeprune(&["eval", "--device", "cpu", "--test-per-class", "9"]);
    eval.arg(run.folder.path().join("run").join(CHECKPOINT));
    let stderr = eval.args(["--classes", "a-slant"]).output().unwrap().stderr;
    let stderr = String::from_utf8(stderr).unwrap();
    assert!(stderr.contains("class a-slant has 2 images"), "{stderr}");
    let drawn = run.folder.path().join("drawn");
    let out = drawn.to_str().unwrap();
    succeed(&mut run.eval(&["--record", "0", "--out", out]));
    let svg = std::fs::read_to_string(drawn.join("raster-0.svg")).unwrap();
    let names = ["a upright, is", "a lying, is", "a a-slant, is"];
    assert!(names.iter().any(|name| svg.contains(name)), "{svg}");
    assert!(
        svg.contains("\nupright\n") && svg.contains("\nlying\n"),
        "{svg}"
    );
    let flags = ["--paper", "antonov-sukhov", "--seeds", "1", "--no-controls"];
    let mut reproduce = run.other("reproduce", &flags);
    reproduce.args(["--classes", "lying,upright", "--unknown", "a-slant"]);
    reproduce.args(["--noise-images", "5", "--arms", "none"]);
    let table = succeed(&mut reproduce);
    assert!(
        table.starts_with("lying-upright against a-slant"),
        "{table}"
    );
    let page = run.folder.path().join("reproduce").join("report.html");
    let page = std::fs::read_to_string(page).unwrap();
    for words in ["lying-upright against a-slant", "for upright"] {
        assert!(page.contains(words), "{words}");
    }
}

#[test]
fn lists_of_classes_take_names() {
    let run = Run::new();
    let eval = |set| {
        let text = succeed(&mut run.eval(&["--json", "--sets", set]));
        serde_json::from_str::<Value>(&text).unwrap()["sets"]["unknown"].clone()
    };
    let (named, labelled) = (eval("unknown:a-slant"), eval("unknown:0"));
    assert_eq!(named["images"], 2);
    assert_eq!(named, labelled);
    let grid = "network.classes=[upright, a-slant],[1,2]";
    let classes = ["--classes", "upright,lying", "--grid", grid];
    let mut bench = spikeprune(&[
        "bench",
        "--quiet",
        "--device",
        "cpu",
        "--laps",
        "1",
        "--lap-seconds",
        "0",
        "--data",
    ]);
    bench.arg(&run.data).args(SMALL).args(classes);
    assert!(succeed(&mut bench).contains("[2, 0]"));
    let flags = ["--classes", "upright,lying", "--grid", grid, "--json"];
    let found = succeed(&mut run.other("sweep", &flags));
    let found: Value = serde_json::from_str(&found).unwrap();
    let classes = |row: usize| found["rows"][row]["values"][0].clone();
    assert_eq!(
        (classes(0), classes(1)),
        (json!("[2, 0]"), json!("[1, 2]")),
        "{found}"
    );
}

#[test]
fn words_that_name_no_class_are_refused_with_those_that_do() {
    let run = Run::new();
    let known = "they have a-slant, lying, upright";
    let grid = "network.classes=[upright,zebra]";
    all_well([
        refused(&mut run.eval(&["--sets", "unknown:zebra"]), 1, known),
        refused(&mut run.eval(&["--sets", "unknown:slant"]), 1, known),
        refused(
            &mut run.eval(&["--sets", "unknown:lying"]),
            1,
            "it was learned",
        ),
        refused(
            &mut run.eval(&["--sets", "unknown:a-slant-a-slant"]),
            1,
            "twice",
        ),
        refused(&mut run.other("sweep", &["--grid", grid]), 1, known),
        refused(
            &mut run.other(
                "reproduce",
                &["--classes", "lying,upright", "--unknown", "lying"],
            ),
            1,
            "label lying is learned",
        ),
        refused(
            &mut run.other("reproduce", &["--unknown", "zebra"]),
            1,
            known,
        ),
    ]);
}

#[test]
fn a_part_of_a_training_may_name_classes() {
    let folder = TempDir::new().unwrap();
    let data = bars(
        &folder.path().join("bars"),
        &["upright", "lying", "a-slant"],
    );
    let out = folder.path().join("part");
    let flags = [
        "--classes",
        "upright,lying",
        "--replicas",
        "2",
        "--shard",
        "1/2",
    ];
    let found = succeed(train(&data, &out, &SMALL).args(flags));
    let found: Value = serde_json::from_str(&found).unwrap();
    assert_eq!(
        found["params"]["network"]["names"],
        json!(["upright", "lying"])
    );
}
