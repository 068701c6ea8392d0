//! `reproduce --edges`: the same arms behind a front end, apart from the paper's network.

use crate::program::{all_well, files_below, refused, succeed};
use crate::reproduce::{document, small, timeless};
use serde_json::{Value, json};

const FLAGS: [&str; 3] = ["--no-controls", "--arms", "none,continuous"];

#[test]
fn arms_behind_edges_stand_apart_from_the_papers() {
    let with = timeless(&document(&[&FLAGS[..], &["--edges"]].concat()));
    let without = timeless(&document(&FLAGS));
    // Those of the paper, and what is said of its claims, are what they are without.
    for key in ["arms", "summary", "params"] {
        assert_eq!(with[key], without[key], "{key}");
    }
    assert!(without.get("behind_edges").is_none());
    // The others are those of the same experiment on edges.
    let edges = ["--front-end", "oriented-edges"];
    let alone = timeless(&document(&[&FLAGS[..], &edges].concat()));
    let behind = with["behind_edges"].as_array().unwrap();
    assert_eq!(behind.len(), 4);
    for (behind, alone) in behind.iter().zip(alone["arms"].as_array().unwrap()) {
        let mut behind = behind.clone();
        behind["train_seconds"] = Value::Null;
        assert_eq!(behind, *alone);
        assert_eq!(behind["pruning"], alone["pruning"]);
    }
    assert_ne!(with["arms"][0]["sets"], behind[0]["sets"]);
    assert_eq!(behind[2]["pruning"], json!("continuous"));
}

#[test]
fn table_and_page_say_that_they_are_other_networks() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let table = succeed(&mut small(&out, &[&FLAGS[..], &["--edges"]].concat()));
    let words = "behind a front end that sees edges: other networks than the paper";
    assert!(table.contains(words), "{table}");
    let files = files_below(&out);
    let page = std::str::from_utf8(&files["report.html"]).unwrap();
    assert!(page.contains(words));
    // Neither training is kept.
    assert!(!files.keys().any(|name| name.ends_with(".safetensors")));
    let twice = ["--edges", "--front-end", "oriented-edges"];
    all_well([refused(
        &mut small(&folder.path().join("other"), &twice),
        1,
        "leave --edges out",
    )]);
}
