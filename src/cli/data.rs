//! The data set of a command: where it is read from, and what results say about it.

use super::paths::{expanded, place};
use anyhow::anyhow;
use clap::Args;
use serde::Serialize;
use spikeprune::dataset::{self, Dataset, Digests};
use spikeprune::params::Params;
use std::path::Path;

#[derive(Args)]
#[command(next_help_heading = "Job")]
pub struct DataOptions {
    /// Folder of the four IDX files, raw or .gz [paper: data]. With --resume: where the data of the run are now
    #[arg(long, value_parser = place(), value_name = "DIR")]
    data: Option<String>,
}

impl DataOptions {
    /// The folder, where it was given.
    pub fn folder(&self) -> &Option<String> {
        &self.data
    }

    /// Reads the data that were given, else those of the parameters.
    pub fn load(&self, params: &Params) -> anyhow::Result<Loaded> {
        Loaded::from(self.data.as_ref().unwrap_or(&params.job.data))
    }
}

/// A data set with the folder that it came from.
pub struct Loaded {
    pub set: Dataset,
    pub folder: String,
}

/// The data of a result: a table of its document.
#[derive(Serialize)]
pub struct DataUsed {
    /// The folder, from the root of the file system.
    pub folder: String,
    /// SHA-256 of labels and pixels of the training and the test images.
    #[serde(flatten)]
    pub digests: Digests,
}

/// A result with the data that it came from.
#[derive(Serialize)]
pub struct WithData<'a, T: Serialize> {
    #[serde(flatten)]
    pub found: &'a T,
    pub data: DataUsed,
}

impl Loaded {
    /// Reads the data in a folder, which `job.data` or a flag names.
    pub fn from(folder: &str) -> anyhow::Result<Self> {
        let path = expanded(Path::new(folder));
        let path = path.map_err(|why| anyhow!("job.data is {folder}: {why}"))?;
        Ok(Self {
            set: dataset::load(&path)?,
            folder: path.display().to_string(),
        })
    }

    pub fn used(&self) -> DataUsed {
        DataUsed {
            // This cannot fail for a folder that was just read.
            folder: std::path::absolute(&self.folder).map_or_else(
                |_| self.folder.clone(),
                |folder| folder.display().to_string(),
            ),
            digests: self.set.digests(),
        }
    }

    pub fn with<'a, T: Serialize>(&self, found: &'a T) -> WithData<'a, T> {
        WithData {
            found,
            data: self.used(),
        }
    }
}
