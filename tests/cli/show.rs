//! The page that `show` writes: one file, with all that it needs in it.

use crate::program::{CHECKPOINT, all_well, refused, spikeprune, succeed, tiny_train};
use base64::Engine;
use flate2::read::GzDecoder;
use serde_json::Value;
use spikeprune::checkpoint::Checkpoint;
use spikeprune::dataset;
use std::fs;
use std::io::Read;
use std::path::Path;

/// What an element of script holds.
fn element<'a>(page: &'a str, id: &str) -> Option<&'a str> {
    let (_, rest) = page.split_once(&format!("id=\"{id}\">"))?;
    Some(rest.split_once("</script>")?.0)
}

fn bytes(page: &str, id: &str) -> Vec<u8> {
    let packed = base64::engine::general_purpose::STANDARD
        .decode(element(page, id).unwrap())
        .unwrap();
    let mut bytes = Vec::new();
    GzDecoder::new(&packed[..]).read_to_end(&mut bytes).unwrap();
    bytes
}

fn show(out: &Path, flags: &[&str]) -> String {
    succeed(spikeprune(&["show", "--out"]).arg(out).args(flags));
    fs::read_to_string(out).unwrap()
}

#[test]
fn a_page_of_its_own_has_data_to_learn() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("page.html");
    let page = show(&out, &["--data", "data"]);
    // As a page reads them.
    let files = ["train-images", "train-labels", "test-images", "test-labels"];
    for name in files {
        fs::write(folder.path().join(name), bytes(&page, name)).unwrap();
    }
    for (from, to) in [
        ("train-images", "train-images-idx3-ubyte"),
        ("train-labels", "train-labels-idx1-ubyte"),
        ("test-images", "t10k-images-idx3-ubyte"),
        ("test-labels", "t10k-labels-idx1-ubyte"),
    ] {
        fs::rename(folder.path().join(from), folder.path().join(to)).unwrap();
    }
    let (found, whole) = (
        dataset::load(folder.path()).unwrap(),
        dataset::load("data".as_ref()).unwrap(),
    );
    assert_eq!(found.test, whole.test);
    assert_eq!(found.train.len(), 12_000);
    assert_eq!(found.train.image(11_999), whole.train.image(11_999));
    assert_eq!(found.train.labels(), &whole.train.labels()[..12_000]);
    assert!(page.len() < 7_000_000 && element(&page, "run").is_none());
    // Nothing is fetched.
    assert!(!page.contains("src=\"http") && !page.contains("import("));
    // Written again it is the same; a page that somebody has changed stays.
    assert_eq!(show(&out, &["--data", "data"]), page);
    fs::write(&out, format!("{page}mine")).unwrap();
    let mut again = spikeprune(&["show", "--out"]);
    refused(again.arg(&out), 1, "is there already").unwrap();
    assert!(fs::read_to_string(&out).unwrap().ends_with("mine"));
}

#[test]
fn labels_that_come_late_are_there_too() {
    // Sorted by class, with more images than a page takes: large ones, as they are few.
    let folder = tempfile::tempdir().unwrap();
    let data = crate::pictures::bars(&folder.path().join("bars"), &["aslant", "lying", "upright"]);
    let out = folder.path().join("page.html");
    let data = data.to_str().unwrap();
    let page = show(&out, &["--data", data, "--size", "1200x1200"]);
    let labels = bytes(&page, "train-labels").split_off(8);
    for label in 0..3 {
        assert!(labels.contains(&label), "{labels:?}");
    }
    assert!(bytes(&page, "train-images").len() < 12_000 * 784 + 17);
}

#[test]
fn a_page_of_a_run_has_its_network_and_how_it_came_about() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("a <run>");
    succeed(&mut tiny_train(
        &run,
        &["--replicas", "2", "--snapshots", "20"],
    ));
    succeed(spikeprune(&["show"]).arg(&run));
    let page = fs::read_to_string(run.join("spikeprune.html")).unwrap();
    let saved = folder.path().join("network.safetensors");
    fs::write(&saved, bytes(&page, "checkpoint")).unwrap();
    let (network, whole) = (
        Checkpoint::load(&saved).unwrap(),
        Checkpoint::load(&run.join(CHECKPOINT)).unwrap(),
    );
    assert_eq!(network.replicas.len(), 1);
    assert_eq!(network.replicas[0].weights, whole.replicas[0].weights);
    let told: Value = serde_json::from_str(element(&page, "run").unwrap()).unwrap();
    assert_eq!(told["name"], "a <run>");
    let images = |list: &str| -> Vec<u64> {
        let rows = told[list].as_array().unwrap().iter();
        rows.map(|row| row["images"].as_u64().unwrap()).collect()
    };
    assert_eq!(images("snapshots"), [0, 20, 40]);
    assert_eq!(images("metrics"), [15, 30, 40]);
    let weights = told["snapshots"][2]["weights"].as_str().unwrap();
    assert_eq!(weights.len(), (12 * 784_usize).div_ceil(3) * 4);
    assert_eq!(bytes(&page, "test-labels").len(), 8 + 6000);
}

#[test]
fn what_cannot_be_shown_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("own.html");
    fs::write(&own, "mine").unwrap();
    let own = own.to_str().unwrap();
    let folder = folder.path().to_str().unwrap();
    let cases: [(&[&str], &str); 4] = [
        (&[folder], "has no checkpoint.safetensors"),
        (&["nowhere"], "nowhere"),
        (&["--out", own], "is no page as this program writes it"),
        (&["--out", "nowhere/page.html"], "there is no folder"),
    ];
    all_well(cases.map(|(flags, says)| refused(spikeprune(&["show"]).args(flags), 1, says)));
    assert_eq!(fs::read_to_string(own).unwrap(), "mine");
}
