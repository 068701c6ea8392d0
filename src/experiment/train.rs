//! Training: the images of every replica in its own order, with metrics on the way.

use super::saving::Saving;
use super::training::Training;
use super::transfer::Origin;
use super::{ExperimentError, Observer};
use crate::backend::{Backend, Frozen};
use crate::dataset::LabelledImages;
use crate::network::Network;
use crate::params::Params;
use crate::trained::{Replica, Trained};

/// The share of weights below `zero_below * gmax`.
pub fn zero_fraction(params: &Params, weights: &[f32]) -> f64 {
    let limit = (params.model.pruning.zero_below * params.model.gmax()) as f32;
    weights.iter().filter(|w| w.abs() < limit).count() as f64 / weights.len() as f64
}

/// Networks with their weights as read out, ready for a test.
pub fn frozen(replicas: &[Replica]) -> Vec<Frozen<'_>> {
    replicas
        .iter()
        .map(
            |Replica {
                 network, weights, ..
             }| Frozen { network, weights },
        )
        .collect()
}

/// Trains all replicas of a job.
///
/// # Errors
/// As [`train_networks`].
pub fn train(
    backend: &dyn Backend,
    images: &LabelledImages,
    params: &Params,
    observer: &mut Observer<'_>,
) -> Result<Trained, ExperimentError> {
    train_networks(backend, images, untrained(params)?, Saving::NONE, observer)
}

/// All replicas of a job before their training: as their seeds draw them, or as they go on from the checkpoint that the
/// job names.
///
/// # Errors
/// When the parameters make no sense, or no training can go on from that checkpoint.
pub fn untrained(params: &Params) -> Result<Trained, ExperimentError> {
    if let Some(origin) = Origin::of(&params.job)? {
        return Ok(origin.networks(params)?);
    }
    let networks: Result<Vec<_>, _> = params.replicas().map(|r| Network::new(params, r)).collect();
    Ok(networks?.into())
}

/// Trains networks side by side, each on the images of its own classes from the training file, from where they are.
/// They may differ in all but the number of neurons and presentations, the times and the input.
///
/// # Errors
/// When parameters make no sense or do not go together, the data are too few, the backend or the observer fails, or
/// the training was stopped.
pub fn train_networks(
    backend: &dyn Backend,
    images: &LabelledImages,
    begun: Trained,
    saving: Saving<'_>,
    observer: &mut Observer<'_>,
) -> Result<Trained, ExperimentError> {
    if begun.replicas.is_empty() {
        return Ok(begun);
    }
    let mut training = Training::begin(backend, images, begun, saving, observer)?;
    while training.step(usize::MAX, observer)?.is_continue() {}
    training.trained()
}
