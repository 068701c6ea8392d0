//! Snapshots of networks in training: checkpoints like any other, beside that of their run.

use crate::checkpoint::Checkpoint;
use anyhow::{Context, ensure};
use std::fs;
use std::path::{Path, PathBuf};

const START: &str = "snapshot-";
const END: &str = ".safetensors";

/// The file of the networks after so many images.
pub fn file(images: usize) -> String {
    format!("{START}{images:08}{END}")
}

/// Reads those beside a checkpoint, with the images that their networks had seen, in that order.
///
/// # Errors
/// When one cannot be read, or is of another training.
pub fn beside(path: &Path, checkpoint: &Checkpoint) -> anyhow::Result<Vec<(usize, Checkpoint)>> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let load = |(images, found): (usize, PathBuf)| {
        let snapshot = Checkpoint::load(&found)?;
        ensure!(
            snapshot.params == checkpoint.params,
            "{} is of another training than {}: move it away",
            found.display(),
            path.display()
        );
        Ok((images, snapshot))
    };
    list(folder)?.into_iter().map(load).collect()
}

fn list(folder: &Path) -> anyhow::Result<Vec<(usize, PathBuf)>> {
    let images = |path: &Path| {
        let name = path.file_name()?.to_str()?;
        let number = name.strip_prefix(START)?.strip_suffix(END)?;
        number.parse().ok()
    };
    let unread = || format!("cannot read the folder {}", folder.display());
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(unread)? {
        let path = entry.with_context(unread)?.path();
        found.extend(images(&path).map(|images| (images, path)));
    }
    found.sort();
    Ok(found)
}
