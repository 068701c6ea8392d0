//! The folder that data are copied to while they are parsed.

use super::DatasetError;
use crate::artefact::without_locks;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

/// How its name begins.
const PREFIX: &str = "spikeprune-data-";
/// A file in it that stays locked as long as it is in use.
const LOCK: &str = "in-use";
/// A folder without that file is one that a program was killed at making, if it is older than this.
const OLD: Duration = Duration::from_secs(600);

/// A temporary folder. A program that is killed leaves it behind; the next one that needs such a folder removes it.
pub(super) struct Scratch {
    folder: TempDir,
    _lock: File,
}

impl Scratch {
    /// # Errors
    /// `Scratch` when it cannot be made.
    pub fn new() -> Result<Self, DatasetError> {
        let temporary = std::env::temp_dir();
        remove_abandoned(&temporary);
        Self::make(&temporary).map_err(|cause| DatasetError::Scratch {
            path: temporary,
            cause,
        })
    }

    fn make(temporary: &Path) -> io::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix(PREFIX)
            .tempdir_in(temporary)?;
        // It has its name only once it is locked, or another program could think it abandoned.
        let unnamed = folder.path().join("lock");
        let lock = File::create(&unnamed)?;
        lock.lock().or_else(without_locks)?;
        fs::rename(unnamed, folder.path().join(LOCK))?;
        Ok(Self {
            folder,
            _lock: lock,
        })
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        remove(self.folder.path());
    }
}

/// Removes the folder, its lock last: until then another program finds out that it is abandoned. What cannot be removed
/// hinders nobody.
fn remove(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name() != LOCK {
            let _ = fs::remove_file(entry.path());
        }
    }
    let _ = fs::remove_dir_all(folder);
}

/// Removes folders that no program uses any more.
fn remove_abandoned(temporary: &Path) {
    let Ok(entries) = fs::read_dir(temporary) else {
        return;
    };
    for entry in entries.filter_map(Result::ok) {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let is_abandoned = match File::open(entry.path().join(LOCK)) {
            Ok(lock) => lock.try_lock().is_ok(),
            Err(_) => is_old(&entry),
        };
        if is_abandoned {
            remove(&entry.path());
        }
    }
}

fn is_old(entry: &fs::DirEntry) -> bool {
    let made = entry.metadata().and_then(|found| found.modified());
    let age = made.ok().and_then(|made| made.elapsed().ok());
    age.is_some_and(|age| age > OLD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_abandoned_folders_go() {
        let temporary = tempfile::tempdir().unwrap();
        let used = Scratch::make(temporary.path()).unwrap();
        let abandoned = temporary.path().join(format!("{PREFIX}1"));
        let other = temporary.path().join("data");
        for folder in [&abandoned, &other] {
            fs::create_dir(folder).unwrap();
            fs::write(folder.join(LOCK), "").unwrap();
        }
        // Being made, or left by a program that was killed at it.
        let unlocked = temporary.path().join(format!("{PREFIX}2"));
        fs::create_dir(&unlocked).unwrap();
        remove_abandoned(temporary.path());
        assert!(used.path().exists() && other.exists() && !abandoned.exists());
        assert!(unlocked.exists(), "it may be in the making");
        let long_ago = std::time::SystemTime::now() - 2 * OLD;
        let Ok(folder) = File::open(&unlocked) else {
            return; // a system that does not open folders
        };
        folder.set_modified(long_ago).unwrap();
        remove_abandoned(temporary.path());
        assert!(!unlocked.exists());
    }
}
