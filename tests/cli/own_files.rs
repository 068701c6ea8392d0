//! Nothing that the program has not made is removed or replaced, whatever it is called.

use crate::other_data::data_at;
use crate::program::{
    CHECKPOINT, NO_GPU, PROGRAM, SHARED, data, files_below, refused, spikeprune, succeed, tiny,
    tiny_train,
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
    data_at(&set, false);
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
        &out.join(".checkpoint.safetensors.unfinished-mythesis"),
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
    text += "writing 12ab checkpoint.safetensors\nwrote check";
    fs::write(&record, text).unwrap();
    let part = out.join(".checkpoint.safetensors.unfinished-aB3dE6gH");
    fs::write(&part, "half").unwrap();
    let mine = Mine::new(&[&out.join(".summary.json.unfinished-aB3dE6gH")]);
    let mut resume = spikeprune(&["train", "--resume"]);
    succeed(resume.arg(&out));
    assert!(!part.exists());
    mine.assert_untouched();
}

/// What could not be written is not this program's, whoever put something there since.
#[test]
fn a_file_after_a_failure_is_not_replaced() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let mut limited = assert_cmd::Command::new("sh");
    // More than the parameters take, less than the checkpoint.
    let line = format!("ulimit -f 40; exec '{PROGRAM}' train --out \"$@\"");
    limited.args(["-c", &line, "sh"]).arg(&out).args(tiny());
    limited.envs([NO_GPU]);
    refused(&mut limited, 1, CHECKPOINT).unwrap();
    let mine = Mine::new(&[&out.join(CHECKPOINT)]);
    refused(&mut tiny_train(&out, &["--overwrite"]), 1, CHECKPOINT).unwrap();
    mine.assert_untouched();
}

/// A record that leads elsewhere is not followed.
#[test]
fn a_record_reaches_no_further_than_its_folder() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    fs::create_dir(&out).unwrap();
    let victim = folder.path().join("victim");
    // Of "mine": by its digest each would be the program's.
    let digest = "3fd30542fe3f61b14bd4a4b2dc0b6fb30fa6f63ebce52dd1778aaa8c4dc02cff";
    let mine = Mine::new(&[&victim, &out.join("sub/notes")]);
    let mut text = String::from("# what spikeprune has written here\n");
    for name in [
        "../victim",
        victim.to_str().unwrap(),
        "sub/notes",
        "..",
        ".",
    ] {
        text += &format!("writing {digest} {name}\n");
    }
    fs::write(out.join(".spikeprune"), text).unwrap();
    succeed(&mut tiny_train(&out, &["--overwrite"]));
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
        // Nor does a refused run leave a record behind.
        assert_eq!(fs::read_dir(&out).unwrap().count(), 1, "{name}");
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
    assert_eq!(fs::read_dir(&taken).unwrap().count(), 1);
}

/// Runs and drawings have nothing of each other's to remove.
#[test]
fn drawing_into_the_folder_of_a_run_leaves_the_run() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    succeed(&mut tiny_train(&out, &[]));
    let before = files_below(&out);
    for _ in 0..2 {
        let mut draw = spikeprune(&["heatmap"]);
        succeed(draw.arg(out.join(CHECKPOINT)).arg("--out").arg(&out));
    }
    let after = files_below(&out);
    assert!(before.iter().all(|(name, bytes)| after[name] == *bytes));
    // Nor does a run where another one has its pictures.
    fs::rename(&out, folder.path().join("moved")).unwrap();
    succeed(&mut tiny_train(&out.join("heatmaps"), &[]));
    let before = files_below(&out);
    succeed(&mut tiny_train(&out, &["--overwrite"]));
    let after = files_below(&out);
    assert!(before.iter().all(|(name, bytes)| after[name] == *bytes));
}

/// All that an earlier run has left, or nothing.
#[test]
fn overwriting_that_fails_leaves_the_earlier_run() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    succeed(&mut tiny_train(&out, &[]));
    // A folder whose files cannot be removed, also by root: a record that cannot be written.
    fs::remove_file(out.join("heatmaps/.spikeprune-drawings")).unwrap();
    fs::create_dir(out.join("heatmaps/.spikeprune-drawings")).unwrap();
    let before = files_below(&out);
    refused(&mut tiny_train(&out, &["--overwrite"]), 1, "heatmaps").unwrap();
    assert!(files_below(&out) == before);
}

#[test]
fn a_plot_goes_into_a_new_file_alone() {
    let folder = TempDir::new().unwrap();
    let plot = folder.path().join("plot.svg");
    let mine = Mine::new(&[&plot]);
    let link = folder.path().join("link.svg");
    symlink(&plot, &link).unwrap();
    for path in [&plot, &link] {
        let mut bench = spikeprune(&["bench", "--device", "cpu", "--plot"]);
        bench
            .arg(path)
            .args(["--grid", "job.replicas=1,2", "--data", &data()]);
        refused(&mut bench, 1, "is there already").unwrap();
    }
    mine.assert_untouched();
}
