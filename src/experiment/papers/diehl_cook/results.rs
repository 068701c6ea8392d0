//! What came out.

use super::{SIZES, SizesPlan, published};
use crate::backend::{Backend, DeviceKind};
use crate::experiment::evaluate::Evaluation;
use crate::experiment::operations::Operations;
use crate::experiment::papers::outcome::{Direction, Outcome};
use crate::experiment::train::zero_fraction;
use crate::params::{Params, PruningMode};
use crate::statistics::Interval;
use crate::trained::{Evoked, Metrics, Replica, Trained};
use serde::Serialize;

/// All results, as `reproduction.json` has them.
#[derive(Clone, Debug, Serialize)]
pub struct DiehlCook {
    pub version: &'static str,
    pub command: &'static str,
    pub paper: &'static str,
    pub device: String,
    pub device_type: DeviceKind,
    /// Wall-clock time of the whole, as far as it is known.
    pub seconds: f64,
    pub seeds: Vec<u64>,
    /// Parameters that the networks have in common.
    pub params: Params,
    /// Size after size, arm after arm, seed after seed.
    pub networks: Vec<SizeResult>,
    /// Published accuracies of unpruned networks, beside those found.
    pub summary: Vec<SizeClaim>,
}

/// The published accuracy of a size and its reproduction.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SizeClaim {
    pub neurons: usize,
    pub pruning: PruningMode,
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// One network, trained and tested.
#[derive(Clone, Debug, Serialize)]
pub struct SizeResult {
    pub neurons: usize,
    pub pruning: PruningMode,
    pub seed: u64,
    /// Training images shown, each counted once however often it was shown again.
    pub train_images: usize,
    /// Wall-clock time of an image, metrics included: of the training of all networks of this size, over their number
    /// and the images; none if no time of it is known.
    pub train_ms_per_image: Option<f64>,
    /// E spikes for each training image.
    pub train_spikes: f64,
    /// Of the test images, by the vote.
    pub accuracy: f64,
    pub eval: Evaluation,
    pub noise: Evoked,
    pub zero_fraction: f64,
    /// Of the test images.
    pub operations: Operations,
    /// Accuracy on validation images while learning.
    pub curve: Vec<CurvePoint>,
}

/// A point of the curve of learning.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CurvePoint {
    /// Training images seen.
    pub images: usize,
    /// Of the validation images; none without such images.
    pub accuracy: Option<f64>,
}

impl SizeResult {
    /// Of one of the networks that were trained side by side.
    pub(super) fn new(
        trained: &Trained,
        replica: &Replica,
        (eval, operations): (Evaluation, Operations),
        noise: Evoked,
    ) -> Self {
        let network = &replica.network;
        let images = network.state.presented as usize;
        let point = |row: &Metrics| CurvePoint {
            images: row.images,
            accuracy: row.validation_accuracy,
        };
        Self {
            neurons: network.params.model.neurons(),
            pruning: network.params.model.pruning.mode,
            seed: network.seed,
            train_images: images,
            train_ms_per_image: trained.seconds_an_image().map(|seconds| 1e3 * seconds),
            train_spikes: network.state.spikes_e as f64 / images.max(1) as f64,
            // All classes are learned.
            accuracy: eval.accuracy.unwrap_or(0.0),
            eval,
            noise,
            zero_fraction: zero_fraction(&network.params, &replica.weights),
            operations,
            curve: replica.metrics.iter().map(point).collect(),
        }
    }
}

impl DiehlCook {
    /// Without any network yet.
    pub fn new(plan: &SizesPlan, backend: &dyn Backend) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            command: "reproduce",
            paper: "diehl-cook",
            device: backend.device().into(),
            device_type: backend.kind(),
            seconds: 0.0,
            seeds: (0..plan.seeds)
                .map(|replica| plan.params.replica_seed(replica))
                .collect(),
            params: plan.params.clone(),
            networks: Vec::new(),
            summary: Vec::new(),
        }
    }

    /// Sets the accuracies found beside the published ones, where the first of those tied counts.
    pub fn conclude(&mut self) {
        let claim = |(neurons, pruning)| {
            let paper = published(&SIZES, neurons).filter(|_| pruning == PruningMode::None)?;
            let networks = self.of((neurons, pruning));
            let found = networks.filter_map(|network| network.eval.accuracy_ties_to_first);
            let found = Interval::of_shares(&found.collect::<Vec<f64>>()).ok();
            Some(SizeClaim {
                neurons,
                pruning,
                outcome: Outcome::new(paper, Direction::AtLeast, found),
            })
        };
        self.summary = self.groups().into_iter().filter_map(claim).collect();
    }

    /// What was found of the published accuracy of networks like this one.
    pub fn published_of(&self, network: &SizeResult) -> Option<&SizeClaim> {
        let mut claims = self.summary.iter();
        claims.find(|claim| (claim.neurons, claim.pruning) == (network.neurons, network.pruning))
    }

    /// Sizes and arms in their order.
    pub fn groups(&self) -> Vec<(usize, PruningMode)> {
        let mut groups: Vec<_> = (self.networks.iter())
            .map(|network| (network.neurons, network.pruning))
            .collect();
        groups.dedup();
        groups
    }

    /// The networks of one size and arm.
    pub fn of(
        &self,
        (neurons, pruning): (usize, PruningMode),
    ) -> impl Iterator<Item = &SizeResult> {
        let belongs =
            move |network: &&SizeResult| (network.neurons, network.pruning) == (neurons, pruning);
        self.networks.iter().filter(belongs)
    }
}
