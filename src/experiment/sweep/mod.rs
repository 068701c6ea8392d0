//! Searches over parameters: points of a grid, or drawn at random, trained as replicas of common jobs.

mod search;

pub use search::{Axis, MOST_NETWORKS, Point, Search, SearchError, Trial, Values};

use super::train::{Every, Saving, train_networks};
use super::{Event, ExperimentError, Observer};
use crate::backend::Backend;
use crate::dataset::LabelledImages;
use crate::network::Network;
use crate::trained::Metrics;
use std::sync::atomic::AtomicBool;

/// Trains the trials, as many at once as the backend likes, and calls `done` for each that is finished, with its last
/// metrics on validation images and the wall-clock time of its job. Once `stop` is true it drops the job in hand, and says
/// how many of these trials are done.
///
/// # Errors
/// When the data are too few, the backend, the observer or `done` fails, or it was stopped.
pub fn sweep(
    backend: &dyn Backend,
    images: &LabelledImages,
    trials: &[Trial],
    stop: &AtomicBool,
    observer: &mut Observer<'_>,
    done: &mut dyn FnMut(&Trial, &Metrics, f64) -> Result<(), ExperimentError>,
) -> Result<(), ExperimentError> {
    let together = |a: &Trial, b: &Trial| match (a.params.side_by_side(), b.params.side_by_side()) {
        (Ok(a), Ok(b)) => a == b,
        // Each is refused for itself.
        _ => false,
    };
    let jobs = trials.chunk_by(together);
    let (mut networks_done, of) = (0, trials.len());
    for job in jobs.flat_map(|job| job.chunks(backend.networks_at_once())) {
        let networks = job
            .iter()
            .map(|trial| Network::new(&trial.params, trial.replica))
            .collect::<Result<Vec<_>, _>>()?;
        let mut last = Vec::new();
        let every = Every::Never;
        let saving = Saving { every, stop };
        let trained = train_networks(backend, images, networks.into(), saving, &mut |event| {
            if let Event::Measured(rows) = &event {
                last = rows.to_vec();
            }
            observer(event)
        });
        let trained = trained.map_err(|error| match error {
            ExperimentError::Stopped { .. } => ExperimentError::SearchStopped {
                networks: networks_done,
                of,
            },
            error => error,
        })?;
        for (trial, metrics) in job.iter().zip(&last) {
            done(trial, metrics, trained.seconds)?;
        }
        networks_done += job.len();
    }
    Ok(())
}
