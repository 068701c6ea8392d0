//! The front of the library: networks that are trained, tested, looked into, saved and loaded, in a few lines.
//!
//! The first page of the library has an example; more are in `tests/examples`.
//!
//! Everything that a network must be shown in a certain form (images as its front end sees them, scaled to a mean rate,
//! weights as a read-out sees them) is brought into it here, once.

#[cfg(feature = "report")]
mod heatmap;
mod respond;
mod train;

use crate::backend::{Backend, BackendError, Frozen, TestImage};
use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::dataset::{Dataset, DatasetError, Digests, LabelledImages};
use crate::experiment::answers::keys_by_content;
use crate::experiment::evaluate::{Evaluation, Recognition, evaluate_unless, recognise};
use crate::experiment::prepare::{pixels_as_shown, some_as_shown};
use crate::experiment::presentation::{self, Presentation};
use crate::experiment::train::untrained;
use crate::experiment::{ExperimentError, selection};
use crate::model::rng::Stream;
use crate::network::NetworkError;
use crate::params::{Params, ParamsError};
use crate::trained::{Replica, Trained};
use std::borrow::Cow;
use std::io;
use std::path::Path;
use std::sync::atomic::AtomicBool;

#[cfg(feature = "report")]
pub use heatmap::Heatmap;
pub use train::Ended;

/// The networks of a job, and the device that they run on.
pub struct Simulation {
    backend: Box<dyn Backend>,
    params: Params,
    trained: Trained,
    /// Of the data that they were trained on, once they were.
    data: Option<Digests>,
}

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimulationError {
    #[error(transparent)]
    Params(#[from] ParamsError),
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    #[error(transparent)]
    Backend(#[from] BackendError),
    #[error(transparent)]
    Experiment(#[from] ExperimentError),
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error("an image has {found} pixels: it must have {expected}")]
    Pixels { found: usize, expected: usize },
    #[error("label {label} is none of those that are learned: {classes}")]
    Label { label: u8, classes: String },
    #[error("there is no replica {replica}: there are {replicas}")]
    Replica { replica: usize, replicas: usize },
    #[cfg(feature = "report")]
    #[error(transparent)]
    Heatmap(#[from] crate::report::HeatmapError),
    #[error(transparent)]
    Io(#[from] io::Error),
}

#[cfg(all(feature = "gpu", not(target_family = "wasm")))]
fn best_device() -> Result<Box<dyn Backend>, BackendError> {
    crate::backend::open::Opener::default().open(&crate::backend::choice::DeviceChoice::Auto)
}

#[cfg(not(all(feature = "gpu", not(target_family = "wasm"))))]
fn best_device() -> Result<Box<dyn Backend>, BackendError> {
    Ok(Box::new(crate::backend::cpu::Cpu::new(0)?))
}

impl Simulation {
    /// Untrained networks, as many as `params.job.replicas` says, on the best device of this machine; on the CPU where the
    /// library was built without the feature `gpu`.
    ///
    /// # Errors
    /// When the parameters make no sense or no device can be opened.
    pub fn new(params: &Params) -> Result<Self, SimulationError> {
        Self::on(best_device()?, params)
    }

    /// The same on a device of one's own choice, such as [`crate::backend::cpu::Cpu`].
    ///
    /// # Errors
    /// When the parameters make no sense.
    pub fn on(backend: Box<dyn Backend>, params: &Params) -> Result<Self, SimulationError> {
        Ok(Self {
            backend,
            params: params.clone(),
            trained: untrained(params)?,
            data: None,
        })
    }

    /// Networks as they were saved, also in the middle of their training, on a device.
    ///
    /// # Errors
    /// When the file cannot be read, or is no checkpoint.
    pub fn load(backend: Box<dyn Backend>, path: &Path) -> Result<Self, SimulationError> {
        Ok(Self::of(backend, Checkpoint::load(path)?))
    }

    /// Networks as a checkpoint holds them, on a device.
    pub fn of(backend: Box<dyn Backend>, checkpoint: Checkpoint) -> Self {
        Self {
            backend,
            params: checkpoint.params.clone(),
            data: checkpoint.data.clone(),
            trained: checkpoint.into(),
        }
    }

    /// Saves the networks as they are, as `checkpoint.safetensors` of the command line has them.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), SimulationError> {
        Ok(self.checkpoint().save(path)?)
    }

    /// Parameters of the networks.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// The device that they run on.
    pub fn device(&self) -> &str {
        self.backend.device()
    }

    /// Takes the networks to another device.
    pub fn move_to(&mut self, backend: Box<dyn Backend>) {
        self.backend = backend;
    }

    /// The networks, each with its weights, metrics and labels.
    pub fn replicas(&self) -> &[Replica] {
        &self.trained.replicas
    }

    /// Tests the networks on the test images that the job asks for, those of the classes that were learned: an
    /// evaluation for each replica.
    ///
    /// # Errors
    /// When the data are too few, neurons that vote by labels have none yet, or the device fails.
    pub fn test(&self, data: &Dataset) -> Result<Vec<Evaluation>, SimulationError> {
        self.test_on(&data.test, &self.params.model.network.classes)
    }

    /// The same on images of other labels, or from elsewhere.
    ///
    /// # Errors
    /// As [`Simulation::test`].
    pub fn test_on(
        &self,
        images: &LabelledImages,
        labels: &[u8],
    ) -> Result<Vec<Evaluation>, SimulationError> {
        self.test_unless(images, labels, &AtomicBool::new(false))
    }

    /// The same, which ends with [`ExperimentError::Ended`] once `stop` is true.
    ///
    /// # Errors
    /// As [`Simulation::test`], and when it was stopped.
    pub fn test_unless(
        &self,
        images: &LabelledImages,
        labels: &[u8],
        stop: &AtomicBool,
    ) -> Result<Vec<Evaluation>, SimulationError> {
        let count = self.params.job.test_per_class;
        let tested = selection::first_of_classes(images, labels, count);
        let shown = selection::indices(&tested);
        let images = some_as_shown(&self.params.model.input, images, shown)?;
        Ok(evaluate_unless(
            &*self.backend,
            self.replicas(),
            &images,
            &tested,
            Stream::Test,
            stop,
        )?)
    }

    /// What each replica makes of an image whose label nobody knows: the answer that a test would count.
    ///
    /// # Errors
    /// When the image has not as many pixels as those that were learned, neurons that vote by labels have none yet, or the
    /// device fails.
    pub fn answer(&self, pixels: &[u8]) -> Result<Vec<Recognition>, SimulationError> {
        let shown = self.as_shown(pixels)?;
        Ok(recognise(&*self.backend, &self.trained.replicas, &shown)?)
    }

    /// Shows an image to the first replica from rest, as a test does; `watch` lists neurons whose variables are
    /// recorded.
    ///
    /// # Errors
    /// When the image has not as many pixels as those that were learned, a neuron does not exist or the device fails.
    pub fn show(&self, pixels: &[u8], watch: &[u32]) -> Result<Presentation, SimulationError> {
        self.show_to(0, pixels, watch)
    }

    /// The same to any replica.
    ///
    /// # Errors
    /// As [`Simulation::show`], and when there is no such replica.
    pub fn show_to(
        &self,
        replica: usize,
        pixels: &[u8],
        watch: &[u32],
    ) -> Result<Presentation, SimulationError> {
        let frozen = self.frozen(replica)?;
        let shown = self.as_shown(pixels)?;
        let image = TestImage {
            pixels: &shown,
            image: 0,
            keys: &keys_by_content(&shown, shown.len()),
            stream: Stream::Test,
            attempt: 0,
        };
        Ok(presentation::show(&*self.backend, frozen, image, watch)?)
    }

    /// Shows input spikes, (step, input) each in any order, to a replica from rest for so many steps, as a test shows an
    /// image.
    ///
    /// # Errors
    /// As [`Simulation::show_to`], and when an input does not exist.
    pub fn present(
        &self,
        replica: usize,
        spikes: &[(u32, u16)],
        steps: u32,
        watch: &[u32],
    ) -> Result<Presentation, SimulationError> {
        let frozen = self.frozen(replica)?;
        let backend = &*self.backend;
        Ok(presentation::present(
            backend, frozen, spikes, steps, watch,
        )?)
    }

    /// Shows an image to a replica as the next one of its training, once, and records what happens while it learns. The
    /// network itself stays as it is.
    ///
    /// # Errors
    /// As [`Simulation::show_to`], and when the label is not one that is learned.
    pub fn teach(
        &self,
        replica: usize,
        pixels: &[u8],
        label: u8,
        watch: &[u32],
    ) -> Result<Presentation, SimulationError> {
        let network = &self.replica(replica)?.network;
        let shown = self.as_shown(pixels)?;
        let learned = &self.params.model.network;
        let group = learned.classes.iter().position(|&class| class == label);
        let group = group.ok_or_else(|| SimulationError::Label {
            label,
            classes: learned.label(","),
        })? as u32;
        Ok(presentation::teach(
            &*self.backend,
            network,
            &shown,
            group,
            watch,
        )?)
    }

    fn frozen(&self, replica: usize) -> Result<Frozen<'_>, SimulationError> {
        let Replica {
            network, weights, ..
        } = self.replica(replica)?;
        Ok(Frozen { network, weights })
    }

    fn replica(&self, replica: usize) -> Result<&Replica, SimulationError> {
        let replicas = self.trained.replicas.len();
        let found = self.trained.replicas.get(replica);
        found.ok_or(SimulationError::Replica { replica, replicas })
    }

    fn as_shown<'a>(&self, pixels: &'a [u8]) -> Result<Cow<'a, [u8]>, SimulationError> {
        match (pixels.len(), self.params.model.image().len()) {
            (found, expected) if found != expected => {
                Err(SimulationError::Pixels { found, expected })
            }
            _ => Ok(pixels_as_shown(&self.params.model.input, pixels)),
        }
    }

    /// The networks as they are, with their parameters and the digests of their data.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            params: self.params.clone(),
            replicas: self.trained.replicas.clone(),
            data: self.data.clone(),
        }
    }
}
