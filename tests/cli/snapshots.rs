//! Snapshots of a training, and the animation that is drawn from them.

use crate::program::{CHECKPOINT, all_well, refused, spikeprune, succeed, tiny_train};
use spikeprune::checkpoint::Checkpoint;
use std::fs;
use std::path::Path;

/// The tiny training has 40 images.
fn kept(run: &Path) -> Vec<String> {
    let names = fs::read_dir(run).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.starts_with("snapshot-")).collect();
    names.sort();
    names
}

#[test]
fn networks_are_kept_on_their_way_and_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    succeed(&mut tiny_train(&run, &["--snapshots", "15"]));
    let file = |images: usize| format!("snapshot-{images:08}.safetensors");
    assert_eq!(kept(&run), [0, 15, 30, 40].map(file));
    // Each is a checkpoint; the last is that of the run, the first what a training begins with.
    let load = |name: &str| Checkpoint::load(&run.join(name)).unwrap();
    let whole = load(CHECKPOINT);
    let images = |name: &String| load(name).replicas[0].network.state.presented;
    assert_eq!(
        kept(&run).iter().map(images).collect::<Vec<_>>(),
        [0, 15, 30, 40]
    );
    let weights = |of: &Checkpoint| of.replicas[0].weights.clone();
    assert_eq!(weights(&load(&file(40))), weights(&whole));
    let begun = spikeprune::experiment::train::untrained(&whole.params).unwrap();
    assert_eq!(weights(&load(&file(0))), begun.replicas[0].weights);
    // They change nothing else.
    let plain = folder.path().join("plain");
    succeed(&mut tiny_train(&plain, &[]));
    assert_eq!(
        weights(&Checkpoint::load(&plain.join(CHECKPOINT)).unwrap()),
        weights(&whole)
    );
    // A frame for each, as the sheet is large.
    let checkpoint = run.join(CHECKPOINT);
    succeed(spikeprune(&["heatmap", "--animate"]).arg(&checkpoint));
    let bytes = fs::read(run.join("heatmaps/animation.png")).unwrap();
    let reader = png::Decoder::new(std::io::Cursor::new(bytes))
        .read_info()
        .unwrap();
    let info = reader.info();
    assert_eq!(info.animation_control().unwrap().num_frames, 4);
    let notes = &info.uncompressed_latin1_text;
    assert!(notes.iter().any(|note| note.keyword == "Parameters"));
    // Without the flag it goes, as any earlier drawing.
    succeed(spikeprune(&["heatmap"]).arg(&checkpoint));
    assert!(!run.join("heatmaps/animation.png").exists());
    // Without snapshots, and with those of another training.
    let of_plain = plain.join(CHECKPOINT);
    let animate = |says: &str| {
        let mut command = spikeprune(&["heatmap", "--animate"]);
        refused(command.arg(&of_plain), 1, says)
    };
    let nothing = animate("there are no snapshots beside");
    fs::copy(run.join(file(15)), plain.join(file(15))).unwrap();
    all_well([nothing, animate("is of another training")]);
}

#[test]
fn snapshots_of_a_training_that_was_stopped_are_those_of_a_whole_one() {
    let folder = tempfile::tempdir().unwrap();
    let (run, whole) = (folder.path().join("run"), folder.path().join("whole"));
    let flags = ["--snapshots", "10", "--checkpoint-every", "13"];
    for out in [&run, &whole] {
        succeed(&mut tiny_train(out, &flags));
    }
    // As if it had been killed after its last snapshot but one: from the checkpoint of the start all is done again.
    fs::remove_file(run.join(CHECKPOINT)).unwrap();
    succeed(spikeprune(&["train", "--quiet", "--json", "--resume"]).arg(&run));
    assert_eq!(kept(&run).len(), 5);
    for name in kept(&run) {
        assert_eq!(
            fs::read(run.join(&name)).unwrap(),
            fs::read(whole.join(&name)).unwrap()
        );
    }
}

#[test]
fn only_a_training_by_local_rules_keeps_snapshots() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("not");
    let cases: [&[&str]; 3] = [
        &["reproduce", "--set", "job.snapshots_every=10"],
        &[
            "sweep",
            "--set",
            "job.snapshots_every=10",
            "--grid",
            "learning.a_pre=0.01,0.02",
        ],
        &["train", "--snapshots", "10", "--preset", "backprop-softmax"],
    ];
    all_well(cases.map(|flags| {
        let mut command = spikeprune(flags);
        refused(command.arg("--out").arg(&out), 1, "job.snapshots_every")
    }));
    assert!(!out.exists());
}
