//! What the plans of the experiments have in common: checks, since a plan may come from a file, and the beginning of
//! a training of networks that differ.

use crate::experiment::ExperimentError;
use crate::network::Network;
use crate::params::{Params, ParamsError};
use crate::trained::{Replica, Trained};

/// A plan that makes no sense.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PlanError {
    #[error("the number of {what} is {value}: it must be in 1..={most}")]
    Count {
        what: &'static str,
        value: usize,
        most: usize,
    },
    #[error("{what} {value} is named twice")]
    Twice { what: &'static str, value: String },
    #[error("label {label} is learned: unknown labels must be others")]
    Known { label: String },
    #[error(
        "the networks of this experiment vote by {0}: give the table network.{0}, and not the other one"
    )]
    Vote(&'static str),
    #[error(
        "the arms behind edges are those of the experiment, as input.front_end is oriented-edges: leave --edges out"
    )]
    BehindEdges,
    #[error(transparent)]
    Params(#[from] ParamsError),
}

/// A number from 1 to `most`.
pub(super) fn count(what: &'static str, value: usize, most: usize) -> Result<(), PlanError> {
    match (1..=most).contains(&value) {
        true => Ok(()),
        false => Err(PlanError::Count { what, value, most }),
    }
}

/// A list without anything twice.
pub(super) fn once<T: PartialEq + ToString>(
    what: &'static str,
    values: &[T],
) -> Result<(), PlanError> {
    match (1..values.len()).find(|&at| values[..at].contains(&values[at])) {
        None => Ok(()),
        Some(at) => Err(PlanError::Twice {
            what,
            value: values[at].to_string(),
        }),
    }
}

/// The networks of a plan, each given by its parameters and replica: before their training, or as in `begun`.
///
/// # Errors
/// When parameters make no sense, or what was begun are not these networks.
pub(super) fn begin(
    networks: &[(&Params, usize)],
    begun: Option<Trained>,
) -> Result<Trained, ExperimentError> {
    let Some(begun) = begun else {
        let new = networks
            .iter()
            .map(|&(params, replica)| Network::new(params, replica));
        return Ok(new.collect::<Result<Vec<_>, _>>()?.into());
    };
    let same = |(begun, &(params, replica)): (&Replica, &(&Params, usize))| {
        let network = &begun.network;
        network.params.same_but_for_data(params) && network.seed == params.replica_seed(replica)
    };
    let all = begun.replicas.len() == networks.len();
    let folder = networks.first().map(|(params, _)| &params.job.data);
    match all && begun.replicas.iter().zip(networks).all(same) {
        true => Ok(match folder {
            Some(folder) => begun.with_data(folder),
            None => begun,
        }),
        false => Err(ExperimentError::OtherPlan),
    }
}
