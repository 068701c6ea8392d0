//! Searches over parameters: points of a grid, or drawn at random, trained as replicas of common jobs.

mod search;

pub use search::{Axis, MOST_NETWORKS, Point, Search, SearchError, Trial, Values};

use super::train::{Every, Saving, train_networks};
use super::{Event, ExperimentError, Observer};
use crate::backend::Backend;
use crate::dataset::LabelledImages;
use crate::network::Network;
use crate::params::{Params, Vote};
use crate::trained::Metrics;
use std::sync::atomic::AtomicBool;

/// What networks of one job must have in common.
fn together(a: &Params, b: &Params) -> bool {
    let images = |params: &Params| match params.model.network.vote {
        Vote::Groups { .. } => 0,
        Vote::Labels { images, .. } => images,
    };
    let (p, q) = (&a.model, &b.model);
    p.neurons() == q.neurons()
        && a.presentations() == b.presentations()
        && images(a) == images(b)
        && p.time == q.time
        && p.input == q.input
        && p.pruning.window_ms == q.pruning.window_ms
        && p.lateral.delay_s2_max_ms == q.lateral.delay_s2_max_ms
        && p.lateral.delay_s3_max_ms == q.lateral.delay_s3_max_ms
}

/// Trains the trials, as many at once as the backend likes, and calls `done` for each that is finished, with its last
/// metrics on validation images and the wall-clock time of its job. Once `stop` is true it drops the job in hand.
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
    let jobs = trials.chunk_by(|a, b| together(&a.params, &b.params));
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
        })?;
        for (trial, metrics) in job.iter().zip(&last) {
            done(trial, metrics, trained.seconds)?;
        }
    }
    Ok(())
}
