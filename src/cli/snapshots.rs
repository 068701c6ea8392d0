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

/// What `take` takes of those beside a checkpoint, with the images that their networks had seen, in that order: of so many of
/// them at most, but two, as evenly as can be, the first and the last among them. One at a time is read.
///
/// # Errors
/// When one cannot be read, or is of another training.
pub fn beside<T>(
    path: &Path,
    checkpoint: &Checkpoint,
    most: usize,
    take: impl Fn(usize, &Checkpoint) -> T,
) -> anyhow::Result<Vec<T>> {
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
        Ok(take(images, &snapshot))
    };
    spread(list(folder)?, most).map(load).collect()
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

fn spread<T>(all: Vec<T>, most: usize) -> impl Iterator<Item = T> {
    let (last, steps) = (all.len().saturating_sub(1), most.max(2) - 1);
    let kept: Vec<usize> = match last <= steps {
        true => (0..=last).collect(),
        false => (0..=steps).map(|step| step * last / steps).collect(),
    };
    let places = all.into_iter().enumerate();
    places.filter_map(move |(place, one)| kept.contains(&place).then_some(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_as_there_is_room_for_are_kept() {
        let kept = |of: usize, most: usize| spread((0..of).collect(), most).collect::<Vec<_>>();
        assert!(kept(0, 3).is_empty());
        assert_eq!(kept(3, 5), [0, 1, 2]);
        assert_eq!(kept(7, 3), [0, 3, 6]);
        assert_eq!(kept(7, 0), [0, 6]);
    }
}
