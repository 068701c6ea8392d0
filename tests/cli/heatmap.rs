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
    let blue = drawn(&SHARED, &["--colormap", "blue-white-red"]);
    assert_eq!(width(&blue["sheet.png"]), width(&plain["sheet.png"]));
    assert!(blue["sheet.png"] != plain["sheet.png"]);
    assert!(blue["weights.npy"] == plain["weights.npy"]);
    let projector = drawn(&SHARED, &["--font-scale", "2"]);
    assert!(width(&projector["sheet.png"]) > width(&plain["sheet.png"]));
}

#[test]
fn colours_suit_weights_of_one_sign_and_of_both() {
    let signed = Run::tiny(&["--preset", "best", "--quiet"]);
    for (run, default) in [(&*SHARED, "viridis"), (&signed, "blue-white-red")] {
        let plain = drawn(run, &[]);
        for map in ["viridis", "blue-white-red"] {
            let asked = drawn(run, &["--colormap", map]);
            assert_eq!(asked == plain, map == default, "{map} for {default}");
        }
    }
}

#[test]
fn single_neurons_can_be_drawn() {
    let files = drawn(&SHARED, &["--neuron", "3,1"]);
    let names: Vec<_> = files.keys().map(String::as_str).collect();
    assert_eq!(names, ["class-7.png", "sheet.png", "weights.npy"]);
    let values = |files: &BTreeMap<String, Vec<u8>>| {
        let npy = NpyFile::new(Cursor::new(&files["weights.npy"])).unwrap();
        (npy.shape().to_vec(), npy.into_vec::<f32>().unwrap())
    };
    let (all, (shape, some)) = (values(&drawn(&SHARED, &[])).1, values(&files));
    assert_eq!(shape, [2, 28, 28]);
    let expected = [&all[784..2 * 784], &all[3 * 784..4 * 784]].concat();
    assert_eq!(some, expected);
    assert!(width(&files["sheet.png"]) < width(&drawn(&SHARED, &[])["sheet.png"]));
}

#[test]
fn heatmap_refuses_what_it_cannot_draw() {
    let kept = SHARED.checkpoint();
    let file = kept.folder.path().join("file");
    fs::write(&file, "in the way").unwrap();
    let file = file.to_str().unwrap();
    let below = format!("{file}/folder");
    let cases: [(&[&str], i32, &str); 12] = [
        (&["--replica", "7"], 1, "--replica is 7"),
        (&["--replica", "-1"], 2, "-1"),
        (&["--scale", "0"], 2, "'0'"),
        (&["--scale", "99"], 2, "'99'"),
        (&["--scale", "4294967296"], 2, "4294967296"),
        (&["--scale", "big"], 2, "'big'"),
        (&["--colormap", "jet"], 2, "'jet'"),
        (
            &["--neuron", "12"],
            1,
            "neuron 12: there are neurons 0 to 11",
        ),
        (&["--neuron", "x"], 2, "'x'"),
        (&["--font-scale", "3"], 2, "0.5 to 2"),
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
