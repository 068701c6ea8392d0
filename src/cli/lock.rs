//! One run a folder at a time.

use anyhow::{Context, bail};
use same_file::Handle;
use spikeprune::artefact::without_locks;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

/// The name of the file that a run locks, as long as it lasts.
pub const LOCK: &str = ".lock";

/// A folder that no other run writes to. The system lets go of the lock of a program that is killed; its file is then
/// left to the next run.
pub struct Lock {
    path: PathBuf,
    /// Locked as long as it is open.
    _file: File,
}

impl Lock {
    /// Takes a folder for this run.
    pub fn take(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(LOCK);
        let failed = || format!("cannot write {}", path.display());
        loop {
            let file = File::create(&path).with_context(failed)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => bail!(
                    "another run writes to {}: wait for its end, or choose another folder",
                    folder.display()
                ),
                Err(TryLockError::Error(error)) => {
                    let failed = || format!("cannot lock {}", path.display());
                    without_locks(error).with_context(failed)?;
                }
            }
            // A run that ended meanwhile has removed the file: what is locked is then no longer in the folder.
            let own = Handle::from_file(file.try_clone().with_context(failed)?);
            if Handle::from_path(&path).ok() == own.ok() {
                return Ok(Self { path, _file: file });
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // What stays behind hinders no one.
        let _ = fs::remove_file(&self.path);
    }
}
