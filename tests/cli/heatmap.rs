//! `heatmap`: pictures of a checkpoint.

use crate::program::{Run, SHARED, all_well, files_below, refused, spikeprune, succeed};
use npyz::NpyFile;
use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use tempfile::TempDir;

/// What `heatmap` draws of a run.
fn drawn(run: &Run, flags: &[&str]) -> BTreeMap<String, Vec<u8>> {
    let kept = run.checkpoint();
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("a/new/folder");
    let mut command = spikeprune(&["heatmap", kept.arg(), "--out"]);
    let printed = succeed(command.arg(&out).args(flags));
    assert_eq!(printed, format!("written to {}\n", out.display()));
    files_below(&out)
}

fn width(png: &[u8]) -> u32 {
    let reader = png::Decoder::new(Cursor::new(png)).read_info().unwrap();
    reader.info().width
}

#[test]
fn heatmap_draws_what_training_drew() {
    let of_training = SHARED.files.iter().filter_map(|(name, bytes)| {
        let name = name.strip_prefix("heatmaps/")?;
        Some((name.to_string(), bytes.clone()))
    });
    assert!(drawn(&SHARED, &[]) == of_training.collect());
}

#[test]
fn without_a_folder_heatmaps_go_beside_the_checkpoint() {
    let kept = SHARED.checkpoint();
    succeed(&mut spikeprune(&["heatmap", kept.arg()]));
    assert!(kept.folder.path().join("heatmaps/sheet.png").is_file());
}

#[test]
fn any_replica_can_be_drawn() {
    let run = Run::tiny(&["--replicas", "3"]);
    let weights = run.weights();
    for replica in ["0", "1", "2"] {
        let files = drawn(&run, &["--replica", replica]);
        let npy = NpyFile::new(Cursor::new(&files["weights.npy"])).unwrap();
        let drawn: Vec<f32> = npy.into_vec().unwrap();
        let first = replica.parse::<usize>().unwrap() * 784 * 12;
        let neuron_5 = weights[first..][..784 * 12]
            .iter()
            .copied()
            .skip(5)
            .step_by(12);
        assert!(
            neuron_5.eq(drawn[5 * 784..6 * 784].iter().copied()),
            "replica {replica}"
        );
    }
    refused(
        &mut spikeprune(&["heatmap", run.checkpoint().arg(), "--replica", "3"]),
        1,
        "--replica is 3: the checkpoint holds networks 0 to 2",
    )
    .unwrap();
}

#[test]
fn scale_and_colours_change_the_picture_and_not_the_values() {
    let (plain, large) = (drawn(&SHARED, &[]), drawn(&SHARED, &["--scale", "8"]));
    assert!(width(&large["sheet.png"]) > width(&plain["sheet.png"]));
    let viridis = drawn(&SHARED, &["--colormap", "viridis"]);
    assert_eq!(width(&viridis["sheet.png"]), width(&plain["sheet.png"]));
    assert!(viridis["sheet.png"] != plain["sheet.png"]);
    assert!(viridis["weights.npy"] == plain["weights.npy"]);
}

#[test]
fn heatmap_refuses_what_it_cannot_draw() {
    let kept = SHARED.checkpoint();
    let file = kept.folder.path().join("file");
    fs::write(&file, "in the way").unwrap();
    let file = file.to_str().unwrap();
    let below = format!("{file}/folder");
    let cases: [(&[&str], i32, &str); 9] = [
        (&["--replica", "7"], 1, "--replica is 7"),
        (&["--replica", "-1"], 2, "-1"),
        (&["--scale", "0"], 2, "'0'"),
        (&["--scale", "99"], 2, "'99'"),
        (&["--scale", "4294967296"], 2, "4294967296"),
        (&["--scale", "big"], 2, "'big'"),
        (&["--colormap", "jet"], 2, "'jet'"),
        (&["--out", file], 1, file),
        (&["--out", &below], 1, &below),
    ];
    let refusals = cases.map(|(flags, code, says)| {
        let mut command = spikeprune(&["heatmap", kept.arg()]);
        refused(command.args(flags), code, says)
    });
    all_well(refusals);
    let left = files_below(kept.folder.path());
    assert_eq!(left.len(), 2, "{:?}", left.keys());
    assert_eq!(left["file"], b"in the way");
}
