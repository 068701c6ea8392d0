//! Checkpoints: everything that is needed to go on with the same bits, in one safetensors file.
//!
//! Tensors (R replicas, I inputs, N neurons):
//!
//! * `weights` \[R, I, N\] f32: S1 as a read-out sees it at that time, pruned as its mode ends a training;
//! * `weights_running` \[R, I, N\] f32: S1 as the training runs on it;
//! * the delays and the state, as [`Network::arrays`](crate::network::Network::arrays) names and shapes them, each with R in front;
//! * `clock`, `presented` \[R\] u32, `spikes_e` \[R\] u64;
//! * the rows of metrics so far, M for each network, where there are any: `metrics_images` \[M\] u32,
//!   `metrics_spikes` \[R, M\] u64, `metrics_accuracy` (NaN where there is none) and `metrics_zero_fraction`
//!   \[R, M\] f64;
//! * `responses` \[R, classes, N\] f32 at the end of a training after which neurons are labelled: mean spikes of each
//!   neuron in answer to a training image of each class.
//!
//! Metadata: `format`, `version`, `seed`; `params`, the whole set as TOML; `data`, the digests of the data that were
//! trained on, as JSON; and, if the networks are not the replicas of these parameters, `networks`: seed and parameters
//! of each, as JSON.

mod read;
mod write;

pub(crate) use write::sort_header;

use crate::artefact::write_whole;
use crate::dataset::{Dataset, Digests, OtherImages};
use crate::network::NetworkError;
use crate::params::{ConfigError, MAX_CHECKPOINT_BYTES, Params, quoted};
use crate::trained::{Replica, Trained};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Version of the layout above; another one is refused.
const FORMAT: &str = "1";

/// Networks with their read-out weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// Parameters of the job; networks may differ from them in all that does not change the shape of an array.
    pub params: Params,
    /// All of them have rows of the same images, and labels or none.
    pub replicas: Vec<Replica>,
    /// Digests of the data that were trained on; none in checkpoints of version 0.2.0 and older.
    pub data: Option<Digests>,
}

impl From<Checkpoint> for Trained {
    /// To go on with.
    fn from(checkpoint: Checkpoint) -> Self {
        Self {
            replicas: checkpoint.replicas,
            seconds: 0.0,
            images: 0,
        }
    }
}

/// A checkpoint that cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot make a checkpoint: {0}")]
    Encode(String),
    #[error("cannot write {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("{} holds {bytes} bytes, more than any checkpoint", path.display())]
    TooLarge { path: PathBuf, bytes: u64 },
    #[error("{} is not a checkpoint of this program: {reason}", path.display())]
    Foreign { path: PathBuf, reason: String },
    #[error("{} has format {}; this version reads format {}", path.display(), quoted(found), quoted(FORMAT))]
    Format { path: PathBuf, found: String },
    #[error("{}: {source}", path.display())]
    Params { path: PathBuf, source: ConfigError },
    #[error(
        "{} is of spikeprune {version}, which is newer than this {}: {source}",
        path.display(),
        env!("CARGO_PKG_VERSION")
    )]
    Newer {
        path: PathBuf,
        version: String,
        source: Box<ConfigError>,
    },
    #[error("{}: tensor {} is {found}, expected {expected}", path.display(), quoted(tensor))]
    Tensor {
        path: PathBuf,
        tensor: String,
        expected: String,
        found: String,
    },
    #[error(
        "{} holds other {} images (SHA-256 {}) than the networks of {} were trained on ({}): name the folder of the same \
         data with --data",
        folder.display(),
        other.part,
        other.found,
        path.display(),
        other.expected
    )]
    OtherData {
        path: PathBuf,
        folder: PathBuf,
        other: OtherImages,
    },
    #[error("{}, replica {replica}: {source}", path.display())]
    Network {
        path: PathBuf,
        replica: usize,
        source: NetworkError,
    },
}

impl Checkpoint {
    /// A training as it stands, with the digests of its data.
    pub fn of(params: &Params, trained: Trained, data: Digests) -> Self {
        Self {
            params: params.clone(),
            replicas: trained.replicas,
            data: Some(data),
        }
    }

    /// Checks that these are the data that were trained on; a checkpoint without digests passes. `path` and `folder`
    /// name checkpoint and data in the error.
    ///
    /// # Errors
    /// [`CheckpointError::OtherData`] when they are not.
    pub fn check_data(
        &self,
        path: &Path,
        data: &Dataset,
        folder: &Path,
    ) -> Result<(), CheckpointError> {
        check_digests(self.data.as_ref(), path, data, folder)
    }

    /// Writes the file, whole or not at all. The same checkpoint gives the same bytes.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), CheckpointError> {
        let bytes = self.to_bytes()?;
        let written = write_whole(path, |file| file.write_all(&bytes));
        written
            .map(|_| ())
            .map_err(|source| CheckpointError::Write {
                path: path.into(),
                source,
            })
    }

    /// The bytes of the file.
    ///
    /// # Errors
    /// When the tensors do not make one.
    pub fn to_bytes(&self) -> Result<Vec<u8>, CheckpointError> {
        write::to_bytes(self).map_err(|error| CheckpointError::Encode(error.to_string()))
    }

    /// Reads and checks a file: nothing in it is believed before it fits the parameters.
    ///
    /// # Errors
    /// When it cannot be read, is not a checkpoint, or holds what cannot occur.
    pub fn load(path: &Path) -> Result<Self, CheckpointError> {
        let failed = |source| CheckpointError::Read {
            path: path.into(),
            source,
        };
        let found = std::fs::metadata(path).map_err(failed)?;
        if !found.is_file() {
            let why = match found.is_dir() {
                true => "it is a folder; name the checkpoint that lies in it",
                false => "it is not a regular file",
            };
            return Err(failed(io::Error::other(why)));
        }
        let bytes = found.len();
        // Metadata and metrics come on top of what the parameters count.
        if bytes > MAX_CHECKPOINT_BYTES + (64 << 20) {
            return Err(CheckpointError::TooLarge {
                path: path.into(),
                bytes,
            });
        }
        Self::from_bytes(path, &std::fs::read(path).map_err(failed)?)
    }

    /// The same from the bytes of a file, which errors name as `path`.
    ///
    /// # Errors
    /// As [`Checkpoint::load`].
    pub fn from_bytes(path: &Path, bytes: &[u8]) -> Result<Self, CheckpointError> {
        read::from_bytes(path, bytes)
    }
}

/// Checks that these are the data of these digests, which a checkpoint has, as [`Checkpoint::check_data`].
///
/// # Errors
/// [`CheckpointError::OtherData`] when they are not.
pub fn check_digests(
    trained_on: Option<&Digests>,
    path: &Path,
    data: &Dataset,
    folder: &Path,
) -> Result<(), CheckpointError> {
    let failed = |other| CheckpointError::OtherData {
        path: path.into(),
        folder: folder.into(),
        other,
    };
    match trained_on {
        Some(trained_on) => trained_on.check(&data.digests()).map_err(failed),
        None => Ok(()),
    }
}

/// Seed and parameters of the networks that a job trains.
fn replicas(params: &Params) -> Vec<(u64, Params)> {
    params
        .replicas()
        .map(|replica| (params.replica_seed(replica), params.clone()))
        .collect()
}
