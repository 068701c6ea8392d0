//! Nothing that the program has not made is removed or replaced, whatever it is called.

use crate::program::{
    CHECKPOINT, SHARED, data, files_below, refused, spikeprune, succeed, tiny, tiny_train,
};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use tempfile::TempDir;

/// Writes a file of the user's and remembers it.
struct Mine(Vec<std::path::PathBuf>);

impl Mine {
    fn new(paths: &[&Path]) -> Self {
        for path in paths {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "mine").unwrap();
        }
        Self(paths.iter().map(|path| path.to_path_buf()).collect())
    }

    fn assert_untouched(&self) {
        for path in &self.0 {
            let found = fs::read_to_string(path);
            assert_eq!(found.ok().as_deref(), Some("mine"), "{}", path.display());
        }
    }
}

/// The folder for temporary files belongs to all programs.
#[test]
fn folders_that_look_temporary_stay() {
    let folder = TempDir::new().unwrap();
    let temporary = folder.path();
    let elsewhere = folder.path().join("elsewhere");
    let set = temporary.join("spikeprune-data-fashion");
    let mine = Mine::new(&[
        &elsewhere.join("file"),
        &temporary.join("spikeprune-data-mine/file"),
        &temporary.join("spikeprune-data-locked/in-use"),
    ]);
    fs::create_dir(&set).unwrap();
    for file in fs::read_dir(data()).unwrap().map(|file| file.unwrap()) {
        if file.path().is_file() {
            fs::copy(file.path(), set.join(file.file_name())).unwrap();
        }
    }
    symlink(&elsewhere, temporary.join("spikeprune-data-link")).unwrap();
    for name in ["fashion", "mine", "locked", "link"] {
        let hour_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
        let path = temporary.join(format!("spikeprune-data-{name}"));
        fs::File::open(path)
            .unwrap()
            .set_modified(hour_ago)
            .unwrap();
    }
    let kept = SHARED.checkpoint();
    let mut eval = spikeprune(&["eval", kept.arg(), "--data"]);
    succeed(eval.arg(&set).env("TMPDIR", temporary));
    mine.assert_untouched();
    assert!(files_below(&set).len() >= 4);
}

#[test]
fn files_that_look_unfinished_stay() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let mine = Mine::new(&[
        &out.join(".unfinished-thesis"),
        &out.join(".checkpoint.safetensors.unfinished-thesis1"),
        &out.join("heatmaps/.unfinished-figure"),
        &out.join(".lock"),
    ]);
    succeed(&mut tiny_train(&out, &["--overwrite"]));
    mine.assert_untouched();
    succeed(&mut tiny_train(&out, &["--overwrite"]));
    let mut resume = spikeprune(&["train", "--resume"]);
    succeed(resume.arg(&out));
    mine.assert_untouched();
}

/// A killed run says in its record at which file it was; that file's part goes, and no other.
#[test]
fn a_part_of_a_file_goes_where_the_record_names_it() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    succeed(&mut tiny_train(&out, &[]));
    let record = out.join(".spikeprune");
    let mut text = fs::read_to_string(&record).unwrap();
    text += "writing checkpoint.safetensors\nwrote 12";
    fs::write(&record, text).unwrap();
    let part = out.join(".checkpoint.safetensors.unfinished-aB3dE6gH");
    fs::write(&part, "half").unwrap();
    let mine = Mine::new(&[&out.join(".summary.json.unfinished-aB3dE6gH")]);
    let mut resume = spikeprune(&["train", "--resume"]);
    succeed(resume.arg(&out));
    assert!(!part.exists());
    mine.assert_untouched();
}

#[test]
fn overwriting_refuses_to_replace_what_is_not_its_own() {
    for name in ["config.toml", CHECKPOINT, "metrics.csv", "summary.json"] {
        let folder = TempDir::new().unwrap();
        let out = folder.path().join("run");
        let mine = Mine::new(&[&out.join(name)]);
        refused(&mut tiny_train(&out, &["--overwrite"]), 1, name).unwrap();
        mine.assert_untouched();
        assert_eq!(files_below(&out).len(), 1, "{name}");
    }
}

/// What a run has written is the user's once it was changed.
#[test]
fn a_file_that_was_edited_is_not_replaced() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    succeed(&mut tiny_train(&out, &[]));
    let before = files_below(&out);
    let config = out.join("config.toml");
    let edited = fs::read_to_string(&config).unwrap() + "# my notes\n";
    fs::write(&config, &edited).unwrap();
    refused(&mut tiny_train(&out, &["--overwrite"]), 1, "config.toml").unwrap();
    let mut after = files_below(&out);
    assert_eq!(after.remove("config.toml").unwrap(), edited.into_bytes());
    assert!(after.iter().all(|(name, bytes)| before[name] == *bytes));
}

#[test]
fn a_search_leaves_the_parameters_that_it_began_with() {
    let folder = TempDir::new().unwrap();
    let config = folder.path().join("config.toml");
    let text = "# by hand\n[learning]\na_pre = 0.02\n";
    fs::write(&config, text).unwrap();
    for _ in 0..2 {
        let mut sweep = spikeprune(&["sweep", "--quiet", "--overwrite", "--config"]);
        sweep
            .arg(&config)
            .arg("--out")
            .arg(folder.path())
            .args(tiny());
        succeed(sweep.args(["--grid", "learning.a_post=-0.01"]));
        assert_eq!(fs::read_to_string(&config).unwrap(), text);
    }
}

/// A link leads to what is not the run's: nothing is written or removed there, and the result is no less.
#[test]
fn a_link_in_the_place_of_the_pictures_is_not_followed() {
    let folder = TempDir::new().unwrap();
    let (out, pictures) = (folder.path().join("run"), folder.path().join("pictures"));
    let mine = Mine::new(&[
        &pictures.join("class-7.png"),
        &pictures.join("sheet.png"),
        &pictures.join("weights.npy"),
    ]);
    fs::create_dir(&out).unwrap();
    symlink(&pictures, out.join("heatmaps")).unwrap();
    let output = tiny_train(&out, &["--overwrite"]).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert!(
        stderr.starts_with("warning: the weights are not drawn"),
        "{stderr}"
    );
    assert!(String::from_utf8_lossy(&output.stdout).contains("written to "));
    assert!(out.join("summary.json").exists());
    mine.assert_untouched();
    assert_eq!(files_below(&pictures).len(), 3);
}

#[test]
fn drawing_replaces_drawings_of_its_own_alone() {
    let folder = TempDir::new().unwrap();
    let pictures = folder.path().join("pictures");
    let mine = Mine::new(&[&pictures.join("class-3.png"), &pictures.join("notes.txt")]);
    let kept = SHARED.checkpoint();
    let draw = |into: &Path| {
        let mut command = spikeprune(&["heatmap", kept.arg(), "--out"]);
        command.arg(into);
        command
    };
    succeed(&mut draw(&pictures));
    succeed(draw(&pictures).args(["--scale", "2"]));
    mine.assert_untouched();
    let taken = folder.path().join("taken");
    let mine = Mine::new(&[&taken.join("class-7.png")]);
    refused(&mut draw(&taken), 1, "class-7.png").unwrap();
    mine.assert_untouched();
    assert_eq!(files_below(&taken).len(), 1);
}
