//! `reproduce --splits`: labels drawn at random, and intervals over them.

use crate::program::succeed;
use crate::reproduce::{document, small};
use serde_json::Value;
use std::fs;

#[test]
fn random_splits_have_disjoint_labels_and_images_of_their_own() {
    let found = document(&[
        "--splits",
        "3",
        "--seeds",
        "1",
        "--no-controls",
        "--validation",
    ]);
    let splits = found["splits"].as_array().unwrap();
    assert_eq!(splits.len(), 3);
    for split in splits {
        let known = split["classes"].as_array().unwrap();
        let unknown = split["unknown"].as_array().unwrap();
        assert_eq!((known.len(), unknown.len()), (2, 2));
        assert!(known.iter().all(|label| !unknown.contains(label)));
        let networks = found["arms"].as_array().unwrap().iter();
        assert_eq!(
            networks
                .filter(|arm| arm["classes"] == split["classes"])
                .count(),
            3
        );
    }
    assert_eq!(found["held_out"], "validation");
}

/// Networks of one split are alike in its digits, so only the means of splits are independent.
#[test]
fn tables_and_claims_have_the_same_intervals_over_splits() {
    let flags = ["--splits", "2", "--seeds", "2", "--no-controls"];
    let folder = tempfile::tempdir().unwrap();
    let text = succeed(&mut small(folder.path(), &flags));
    assert!(text.contains("mean [95% interval over splits]"), "{text}");
    assert!(!text.contains("over seeds]"), "{text}");
    let json = fs::read_to_string(folder.path().join("reproduction.json")).unwrap();
    let found: Value = serde_json::from_str(&json).unwrap();
    let claims = found["summary"].as_array().unwrap().iter();
    let mut ties_to_first = claims.filter(|claim| {
        let name = claim["claim"].as_str().unwrap();
        name.starts_with("accuracy on known digits") && claim["arm"] == "continuous"
    });
    let claim = ties_to_first.next().unwrap();
    let percent = |key: &str| format!("{:.1}", 100.0 * claim[key].as_f64().unwrap());
    let cell = match claim["low"].is_null() {
        true => percent("mean"),
        false => format!(
            "{} [{}, {}]",
            percent("mean"),
            percent("low"),
            percent("high")
        ),
    };
    let rows = text
        .lines()
        .filter(|line| line.trim_start().starts_with("continuous"));
    let mut cells = rows.filter(|row| row.contains(&format!("  {cell}")));
    assert!(cells.next().is_some(), "{cell} in no row of {text}");
}
