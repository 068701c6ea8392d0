//! What a reproduction is to do.

use super::Split;
use crate::dataset::Dataset;
use crate::experiment::papers::plan::{PlanError, count, once};
use crate::experiment::test_sets::{HeldOut, STRENGTHS, TestSet};
use crate::experiment::{ExperimentError, selection};
use crate::params::{FrontEnd, MAX_REPLICAS, Params, PruningMode, Shard};
use serde::{Deserialize, Serialize};

/// Splits that a plan may have.
pub const MOST_SPLITS: usize = 1_000;
/// Images of one noise set, and arms.
const MOST_NOISE_IMAGES: usize = 100_000;
const MOST_ARMS: usize = 4;

/// What to reproduce.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArmsPlan {
    /// How weights are regularised in each arm.
    pub arms: Vec<PruningMode>,
    /// Networks of each arm, with seeds `params.job.seed`, + 1, ...
    pub seeds: usize,
    /// Whether to train and test the controls too.
    pub controls: bool,
    /// Images of each artificial set.
    pub noise_images: usize,
    pub held_out: HeldOut,
    /// Whether the same arms are trained behind [`crate::front_end`] too.
    #[serde(default)]
    pub edges: bool,
    /// Which part of the splits that were asked for these are.
    #[serde(default)]
    pub shard: Shard,
    pub splits: Vec<Split>,
    /// Parameters of all networks, but for their classes, seeds and regularisation.
    pub params: Params,
}

impl ArmsPlan {
    /// The parameters of a split, before regularisation.
    pub fn of_split(&self, split: &Split) -> Params {
        let mut params = self.params.clone();
        params.model.network.set_classes(&split.classes);
        params
    }

    /// The same arms behind the front end, where they are asked for: another network than the paper's, with the same rule.
    pub fn behind_edges(&self) -> Option<Self> {
        let mut plan = self.clone();
        plan.params.model.input.front_end = FrontEnd::OrientedEdges;
        (plan.edges, plan.controls) = (false, false);
        self.edges.then_some(plan)
    }

    /// What networks are tested on: without unknown digits where none are left.
    pub fn sets(&self) -> Vec<TestSet> {
        let unknown = self.splits.iter().all(|split| !split.unknown.is_empty());
        TestSet::PLAIN
            .into_iter()
            .filter(|&set| unknown || set != TestSet::Unknown)
            .chain(STRENGTHS.map(|percent| TestSet::Noisy { percent }))
            .collect()
    }

    /// Checks everything except whether the data have enough images: a plan may come from a file.
    ///
    /// # Errors
    /// The first thing that makes no sense.
    pub fn validate(&self) -> Result<(), PlanError> {
        count("seeds", self.seeds, MAX_REPLICAS)?;
        count("images of noise", self.noise_images, MOST_NOISE_IMAGES)?;
        count("splits", self.splits.len(), MOST_SPLITS)?;
        count("arms", self.arms.len(), MOST_ARMS)?;
        once("arm", &self.arms)?;
        if self.params.model.network.votes_by_labels() {
            return Err(PlanError::Vote("groups"));
        }
        if self.edges && self.params.model.input.front_end == FrontEnd::OrientedEdges {
            return Err(PlanError::BehindEdges);
        }
        if let Some(edges) = self.behind_edges() {
            edges.validate()?;
        }
        let networks = super::arms::variants(self).len();
        count("networks", networks, MAX_REPLICAS)?;
        for split in &self.splits {
            let mut params = self.of_split(split);
            // All of them are saved in one checkpoint, so they must fit one.
            params.job.replicas = networks;
            params.validate()?;
            if !split.unknown.is_empty() {
                // Unknown labels must exist and differ too.
                params.model.network.set_classes(&split.unknown);
                params.model.network.validate_classes()?;
            }
            if let Some(&label) = (split.unknown.iter()).find(|label| split.classes.contains(label))
            {
                let label = self.of_split(split).model.network.name_of(label);
                return Err(PlanError::Known { label });
            }
        }
        Ok(())
    }

    /// Checks that the data hold the training images of every split, and some of each class to test with.
    ///
    /// # Errors
    /// The first class that has too few.
    pub fn check(&self, data: &Dataset) -> Result<(), ExperimentError> {
        for split in &self.splits {
            let params = self.of_split(split);
            selection::training(&data.train, &params)?;
            match self.held_out {
                HeldOut::Test => {
                    selection::so_many_of_classes(&data.test, &split.classes, 1)?;
                }
                HeldOut::Validation => selection::check_some_left(&data.train, &params)?,
            }
            let file = self.held_out.of(data);
            selection::so_many_of_classes(file, &split.unknown, 1)?;
        }
        Ok(())
    }
}
