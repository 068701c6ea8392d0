//! What the folders of two runs that are the same have in common.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// What may differ between two runs that are the same: times and the folder's name.
const PASSING: [&str; 6] = [
    "seconds",
    "train_seconds",
    "train_ms_per_image",
    "out",
    "device",
    "device_type",
];

fn drop_passing(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|key, _| !PASSING.contains(&key.as_str()));
            fields.values_mut().for_each(drop_passing);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_passing),
        _ => {}
    }
}

/// All files of a folder but those that show times; JSON without its times.
pub fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (name, path) = (entry.file_name().into_string().unwrap(), entry.path());
        if path.is_dir() {
            let below = contents(&path).into_iter();
            files.extend(below.map(|(file, bytes)| (format!("{name}/{file}"), bytes)));
            continue;
        }
        let mut bytes = fs::read(&path).unwrap();
        if name.ends_with(".json") {
            let mut document: Value = serde_json::from_slice(&bytes).unwrap();
            drop_passing(&mut document);
            bytes = serde_json::to_vec(&document).unwrap();
        }
        if name == "sweep.csv" {
            let text = String::from_utf8(bytes).unwrap();
            let timeless = text.lines().map(|line| line.rsplit_once(',').unwrap().0);
            bytes = timeless.collect::<Vec<_>>().join("\n").into_bytes();
        }
        // The record of what was written has the digests of files with times.
        if name != "report.html" && !name.starts_with(".spikeprune") {
            files.insert(name, bytes);
        }
    }
    files
}

/// Compares two folders, naming the files that differ.
pub fn assert_same(expected: &Path, found: &Path) {
    let (expected, found) = (contents(expected), contents(found));
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&expected), names(&found));
    let differ: Vec<_> = expected
        .iter()
        .filter(|(name, bytes)| found[*name] != **bytes)
        .collect();
    let differ: Vec<_> = differ.iter().map(|(name, _)| name).collect();
    assert!(differ.is_empty(), "{differ:?} differ");
}
