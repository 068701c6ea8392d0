//! Snapshots of networks in training: checkpoints like any other, beside that of their run.

use crate::checkpoint::Checkpoint;
use anyhow::Context;
use std::fs;
use std::path::{Path, PathBuf};

const START: &str = "snapshot-";
const END: &str = ".safetensors";

/// The file of the networks after so many images.
pub fn file(images: usize) -> String {
    format!("{START}{images:08}{END}")
}

/// Reads those in a folder, with the images that their networks had seen, in that order.
///
/// # Errors
/// When one cannot be read.
pub fn read(folder: &Path) -> anyhow::Result<Vec<(usize, Checkpoint)>> {
    let load = |(images, path): (usize, PathBuf)| Ok((images, Checkpoint::load(&path)?));
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
