//! Data that cannot be read and folders that cannot be written.

use crate::first_images::ALL;
use crate::program::{
    CHECKPOINT, NO_GPU, PROGRAM, SHARED, all_well, files_below, refused, spikeprune, succeed, tiny,
    tiny_train,
};
use assert_cmd::Command;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use tempfile::TempDir;

const FILES: [&str; 4] = [
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
];

fn shipped(name: &str) -> String {
    format!("{ALL}/{name}")
}

/// A folder of data with one file given by `make`, which is told the path.
fn data_with(name: &str, make: impl FnOnce(&Path)) -> TempDir {
    let folder = TempDir::new().unwrap();
    for file in FILES.into_iter().filter(|&file| file != name) {
        symlink(shipped(file), folder.path().join(file)).unwrap();
    }
    make(&folder.path().join(name));
    folder
}

/// Trains on data that are at fault; the run folder must not come to be.
fn refuse_data(data: &Path, says: &str) -> Result<(), String> {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let flags = ["--data", data.to_str().unwrap()];
    refused(&mut tiny_train(&out, &flags), 1, says)?;
    match out.exists() {
        true => Err(format!("{} left a folder", data.display())),
        false => Ok(()),
    }
}

#[test]
fn data_that_are_at_fault_are_refused_before_a_folder_is_made() {
    let [train_images, train_labels, _, test_labels] = FILES;
    let cut = data_with(train_images, |path| {
        let bytes = fs::read(shipped(train_images)).unwrap();
        fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
    });
    let magic = data_with("train-labels-idx1-ubyte", |path| {
        fs::write(path, [0, 0, 8, 3, 0, 0, 0xea, 0x60]).unwrap();
    });
    let swapped = data_with(train_labels, |path| {
        symlink(shipped(test_labels), path).unwrap();
    });
    let missing = data_with(test_labels, |_| {});
    let file = shipped(train_images);
    all_well([
        refuse_data(Path::new("/nowhere/data"), "/nowhere/data"),
        refuse_data(Path::new(&file), &file),
        refuse_data(cut.path(), train_images),
        refuse_data(magic.path(), "0x00000803"),
        refuse_data(swapped.path(), train_labels),
        refuse_data(missing.path(), "t10k-labels-idx1-ubyte"),
    ]);
}

#[test]
fn a_place_that_takes_no_folder_is_refused() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "mine").unwrap();
    let below = file.join("run");
    let places = [file.as_path(), &below, Path::new("/proc/run")];
    all_well(places.map(|out| refused(&mut tiny_train(out, &[]), 1, out.to_str().unwrap())));
    refused(&mut tiny_train(Path::new(""), &[]), 2, "--out").unwrap();
    let nowhere = folder.path().join("link");
    symlink("/nowhere/run", &nowhere).unwrap();
    for taken in [&file, &nowhere] {
        refused(&mut tiny_train(taken, &[]), 1, "has this name").unwrap();
    }
    fs::remove_file(nowhere).unwrap();
    assert_eq!(files_below(folder.path()).len(), 1);
    assert_eq!(fs::read(&file).unwrap(), b"mine");
}

#[test]
fn a_folder_for_a_file_and_a_file_for_a_folder_are_told_apart() {
    let kept = SHARED.checkpoint();
    let folder = kept.folder.path().to_str().unwrap();
    let says = "it is a folder; name the checkpoint";
    all_well(
        ["eval", "heatmap"].map(|command| refused(&mut spikeprune(&[command, folder]), 1, says)),
    );
    let says = "this is a file; name the folder";
    all_well(
        ["train", "reproduce", "sweep"]
            .map(|command| refused(&mut spikeprune(&[command, "--resume", kept.arg()]), 1, says)),
    );
}

#[test]
fn a_folder_that_holds_something_stays_as_it_is() {
    let kept = SHARED.checkpoint();
    let out = kept.folder.path();
    refused(&mut tiny_train(out, &[]), 1, out.to_str().unwrap()).unwrap();
    refused(&mut tiny_train(out, &[]), 1, "--overwrite").unwrap();
    let files = files_below(out);
    assert_eq!(files.len(), 1);
    assert_eq!(files[CHECKPOINT], SHARED.files[CHECKPOINT]);
}

/// A command that may write no file larger than `kilobytes`, as if the disk were full then.
///
/// The signal that the system sends at the limit is ignored, so that writing fails instead.
fn limited(kilobytes: u32, args: &[&str]) -> Command {
    let mut command = Command::new("sh");
    let blocks = 2 * kilobytes;
    let line = format!("trap '' XFSZ; ulimit -f {blocks}; exec '{PROGRAM}' \"$@\"");
    command.args(["-c", &line, "sh"]).args(args).envs([NO_GPU]);
    command
}

/// Data are 55 MB; neither the folder for temporary files nor its limit on files has to hold them.
#[test]
fn data_are_read_where_nothing_can_be_written_but_the_run() {
    let folder = TempDir::new().unwrap();
    let scratch = TempDir::new().unwrap();
    for temporary in [scratch.path().to_path_buf(), folder.path().join("nowhere")] {
        let out = folder.path().join("run");
        let mut command = limited(
            1000,
            &["train", "--overwrite", "--out", out.to_str().unwrap()],
        );
        command.args(tiny()).args(["--data", ALL]);
        succeed(command.env("TMPDIR", temporary));
        assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0);
    }
}

#[test]
fn a_disk_that_is_full_for_the_checkpoint_leaves_no_half_of_it() {
    // A checkpoint of 40 networks of 200 neurons.
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let mut command = limited(8_000, &["train", "--out", out.to_str().unwrap()]);
    let job = [
        ["--replicas", "40"],
        ["--neurons-per-class", "100"],
        ["--train-per-class", "1"],
        ["--test-per-class", "1"],
        ["--validation-per-class", "0"],
        ["--threads", "2"],
    ];
    command.args(tiny()).args(job.as_flattened());
    let named = out.join(CHECKPOINT);
    refused(&mut command, 1, named.to_str().unwrap()).unwrap();
    let left = files_below(&out);
    assert!(
        left.keys().eq(["config.toml", "metrics.csv"]),
        "{:?}",
        left.keys()
    );
}

#[test]
fn a_disk_that_is_full_for_a_picture_keeps_the_one_before() {
    let kept = SHARED.checkpoint();
    let pictures = kept.folder.path().join("heatmaps");
    succeed(&mut spikeprune(&["heatmap", kept.arg()]));
    let before = files_below(&pictures);
    let mut command = limited(1, &["heatmap", kept.arg(), "--scale", "8"]);
    refused(&mut command, 1, "class-7.png").unwrap();
    assert!(files_below(&pictures) == before);
}

/// Pictures come last: a result is not lost with them.
#[test]
fn a_picture_that_cannot_be_written_leaves_the_result() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    fs::create_dir_all(out.join("heatmaps")).unwrap();
    let mine = out.join("heatmaps/sheet.png");
    fs::write(&mine, "mine").unwrap();
    let output = tiny_train(&out, &["--overwrite"]).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert!(
        stderr.starts_with("warning: the weights are not drawn: "),
        "{stderr}"
    );
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(
        String::from_utf8_lossy(&output.stdout)
            .ends_with(&format!("written to {}\n", out.display()))
    );
    assert!(out.join("summary.json").exists());
    assert_eq!(fs::read(&mine).unwrap(), b"mine");
}
