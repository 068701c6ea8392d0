//! Searches over parameters: points of a grid, or drawn at random, trained as replicas of common jobs.

mod search;
mod summary;

pub use search::{Axis, MOST_NETWORKS, Point, Search, SearchError, Trial, Values};
pub use summary::{Effect, Group, Level, Measured, PointSummary, Summary};

use super::operations::Operations;
use super::saving::{Every, Saving};
use super::train::train_networks;
use super::{Event, ExperimentError, Observer};
use crate::backend::Backend;
use crate::dataset::LabelledImages;
use crate::network::Network;
use crate::params::Params;
use crate::trained::Metrics;
use std::sync::atomic::AtomicBool;

/// What became of a trial.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The last ones, on validation images.
    pub metrics: Metrics,
    /// On these images.
    pub operations: Operations,
    /// Wall-clock time of the job that the network trained in.
    pub seconds: f64,
}

/// Trains the trials of a search, as many at once as the backend likes, and calls `done` for each that is finished, with
/// what became of it. Once `stop` is true it drops the job in hand,
/// and says how many of these trials are done.
///
/// # Errors
/// When a value makes no sense, the data are too few, the backend, the observer or `done` fails, or it was stopped.
pub fn sweep(
    backend: &dyn Backend,
    images: &LabelledImages,
    (search, trials): (&Search, &[Trial]),
    stop: &AtomicBool,
    observer: &mut Observer<'_>,
    done: &mut dyn FnMut(&Trial, &Outcome) -> Result<(), ExperimentError>,
) -> Result<(), ExperimentError> {
    let (mut first, of) = (0, trials.len());
    let mut ahead = None;
    while first < of {
        let mut job: Vec<Params> = Vec::new();
        for trial in trials[first..].iter().take(backend.networks_at_once()) {
            let params = match ahead.take() {
                Some(params) => params,
                None => search.params_of(trial)?,
            };
            if (job.first()).is_some_and(|first| !together(first, &params)) {
                ahead = Some(params);
                break;
            }
            job.push(params);
        }
        let trials = &trials[first..first + job.len()];
        let networks = (job.iter().zip(trials))
            .map(|(params, trial)| Network::new(params, trial.replica))
            .collect::<Result<Vec<_>, _>>()?;
        let (mut last, mut operations) = (Vec::new(), Vec::new());
        let every = Every::Never;
        let saving = Saving { every, stop };
        let trained = train_networks(backend, images, networks.into(), saving, &mut |event| {
            match &event {
                Event::Measured(rows) => last = rows.to_vec(),
                Event::Operated(of_all) => operations = of_all.to_vec(),
                _ => {}
            }
            observer(event)
        });
        let trained = trained.map_err(|error| match error {
            ExperimentError::Stopped { .. } => ExperimentError::SearchStopped {
                networks: first,
                of,
            },
            error => error,
        })?;
        for ((trial, metrics), operations) in trials.iter().zip(last).zip(operations) {
            let outcome = Outcome {
                metrics,
                operations,
                seconds: trained.seconds,
            };
            done(trial, &outcome)?;
        }
        first += trials.len();
    }
    Ok(())
}

/// Whether networks may be trained side by side.
fn together(a: &Params, b: &Params) -> bool {
    match (a.side_by_side(), b.side_by_side()) {
        (Ok(a), Ok(b)) => a == b,
        // Each is refused for itself.
        _ => false,
    }
}
