//! Where a run may write: an empty folder, a new one, or one of an earlier run.

use super::HEATMAPS;
use crate::cli::RUNS;
use crate::cli::own_files::{DRAWINGS, OwnFiles};
use crate::cli::paths::make_folder;
use anyhow::{Context, ensure};
use std::path::{Path, PathBuf};
use std::{fs, io, iter};

/// What systems and version control put into folders by themselves, beside what begins with a dot.
const BY_ITSELF: [&str; 3] = ["desktop.ini", "Thumbs.db", "lost+found"];

/// Refuses a folder that holds anything but a record and what is there by itself.
pub fn check_empty(folder: &Path) -> anyhow::Result<()> {
    let failed = || format!("cannot read the folder {}", folder.display());
    for entry in fs::read_dir(folder).with_context(failed)? {
        let name = entry.with_context(failed)?.file_name();
        let name = name.to_string_lossy();
        ensure!(
            name.starts_with('.') || BY_ITSELF.contains(&&*name),
            "{} is not empty: choose another --out, or pass --overwrite",
            folder.display()
        );
    }
    Ok(())
}

/// Files by which the folder would pass for that of another command if they stayed beside these.
pub fn marks_before(files: &[impl AsRef<str>]) -> Vec<&'static str> {
    let is_own = |mark: &str| files.iter().any(|file| file.as_ref() == mark);
    let others = RUNS.iter().map(|kind| kind.mark);
    others.take_while(|mark| !is_own(mark)).collect()
}

/// The pictures in the folder of a run, where there are any. A link is not followed: what it leads to is not the run's.
pub fn heatmaps(folder: &Path) -> anyhow::Result<Option<OwnFiles>> {
    let path = folder.join(HEATMAPS);
    match fs::symlink_metadata(&path) {
        Ok(found) if found.is_dir() => OwnFiles::of(&path, DRAWINGS).map(Some),
        _ => Ok(None),
    }
}

/// A folder of its own for a run: `runs/<name>`, with a number behind it when that is taken, also by a run that begins in
/// the same moment.
pub fn new_folder(name: &str) -> anyhow::Result<PathBuf> {
    let runs = Path::new("runs");
    make_folder(runs)?;
    let others = (2..).map(|number: u64| format!("{name}-{number}"));
    let mut paths = iter::once(name.into())
        .chain(others)
        .map(|name| runs.join(name));
    let made = paths.find_map(|path| match fs::create_dir(&path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => None,
        made => Some(
            made.with_context(|| format!("cannot make the folder {}", path.display()))
                .map(|()| path),
        ),
    });
    made.context("no name for a new folder is left")?
}
