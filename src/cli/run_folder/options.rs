//! Which folder results go to.

use super::RunFolder;
use crate::cli::RUNS;
use crate::cli::paths::target;
use clap::Args;
use std::path::{Path, PathBuf};

/// Which folder results go to.
#[derive(Args)]
#[command(next_help_heading = "Device and output")]
pub struct FolderOptions {
    /// Run folder [default: a new one under runs/]
    #[arg(long, value_parser = target(), value_name = "DIR")]
    out: Option<PathBuf>,
    /// Replace the files of an earlier run in --out; files that it did not write, or that were changed since, are never
    /// replaced: the run is refused if it would have to
    #[arg(long)]
    overwrite: bool,
    /// Begin the run in --out, or go on with the one that was begun there: one command for the first start and for each
    /// restart. Flags that ask for another run are refused; a run that has ended says so
    #[arg(long, requires = "out", conflicts_with = "overwrite")]
    resume_or_start: bool,
}

impl FolderOptions {
    /// The folder of a run that was begun and is to be gone on with.
    pub fn begun(&self) -> Option<&Path> {
        let out = self.out.as_deref().filter(|_| self.resume_or_start)?;
        let begun = RUNS.iter().any(|kind| out.join(kind.mark).exists());
        begun.then_some(out)
    }

    /// The folder that was asked for, or a new one of that name under `runs/`, for files of these names.
    pub fn create(&self, name: &str, files: &[impl AsRef<str>]) -> anyhow::Result<RunFolder> {
        RunFolder::create(self.out.as_deref(), self.overwrite, name, files)
    }
}
