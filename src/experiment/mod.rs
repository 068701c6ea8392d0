//! Experiments: loops over images that emit typed events and know no screen.

pub mod answers;
#[cfg(not(target_family = "wasm"))]
pub mod bench;
#[cfg(feature = "report")]
pub mod drawing;
pub mod evaluate;
pub mod evaluation;
pub mod fired;
pub mod fitting;
pub mod labelling;
#[cfg(feature = "linear")]
pub mod linear;
pub mod operations;
pub mod papers;
pub mod prepare;
pub mod presentation;
pub mod saving;
pub mod selection;
pub mod set_answers;
pub mod sweep;
pub mod test_sets;
pub mod train;
pub mod training;
pub mod transfer;

use crate::backend::BackendError;
use crate::backprop::BackpropError;
use crate::dataset::DatasetError;
use crate::network::NetworkError;
use crate::params::ParamsError;
use crate::statistics::StatisticsError;
use crate::trained::{Metrics, Trained};
use evaluate::ImageAnswer;
use operations::Operations;

/// What can end an experiment.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExperimentError {
    #[error(transparent)]
    Params(#[from] ParamsError),
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error(transparent)]
    Backend(#[from] BackendError),
    #[error(transparent)]
    Backprop(#[from] BackpropError),
    #[error(transparent)]
    Statistics(#[from] StatisticsError),
    #[cfg(feature = "linear")]
    #[error(transparent)]
    Linear(#[from] linear::NothingToFit),
    #[error(transparent)]
    Search(#[from] Box<sweep::SearchError>),
    #[error(transparent)]
    Transfer(#[from] transfer::TransferError),
    #[error("the networks that were saved are not those of this experiment")]
    OtherPlan,
    #[error("neurons that vote by labels have none yet: their training has not ended")]
    Unlabelled,
    #[error("stopped after {images} of {of} training images")]
    Stopped { images: usize, of: usize },
    #[error("ended by the caller")]
    Ended,
    /// Of a search; nothing is left of the networks that were under way.
    #[error("stopped after {networks} of {of} networks; those under way begin anew")]
    SearchStopped { networks: usize, of: usize },
    /// The observer failed at an event, such as saving the training.
    #[error(transparent)]
    Observer(Box<dyn std::error::Error + Send + Sync>),
}

impl From<sweep::SearchError> for ExperimentError {
    fn from(error: sweep::SearchError) -> Self {
        Self::Search(Box::new(error))
    }
}

/// What an experiment reports while it runs.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A training in batches of up to so many images is about to begin; bytes that it takes at most where it runs.
    Begun { batch: usize, bytes: u64 },
    /// Training images shown, of all that each network will see.
    Trained { images: usize, of: usize },
    /// The metrics of every network were measured.
    Measured(&'a [Metrics]),
    /// Synaptic operations of every network on the validation images that its last metrics are of.
    Operated(&'a [Operations]),
    /// The training should be saved as it is now.
    Save(Trained),
    /// The networks as they are now are to be kept, whatever becomes of them: `job.snapshots_every` asks for it.
    Snapshot(Trained),
    /// A network answered a test image.
    Answered(&'a ImageAnswer),
    /// Test images shown, over all networks.
    Tested { images: usize, of: usize },
}

/// The caller's function that gets the events.
pub type Observer<'a> =
    dyn FnMut(Event<'_>) -> Result<(), Box<dyn std::error::Error + Send + Sync>> + 'a;
