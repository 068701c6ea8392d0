//! What is trained.

use crate::dataset::{Dataset, DatasetError};
use crate::experiment::papers::plan::{PlanError, count, once};
use crate::experiment::selection;
use crate::params::{MAX_NEURONS, MAX_REPLICAS, Params, PruningMode, Vote};
use serde::{Deserialize, Serialize};

/// Sizes with a published accuracy, and that accuracy: Diehl & Cook 2015, section 3, after 3 to 15 passes.
pub const SIZES: [(usize, f64); 4] = [(100, 0.829), (400, 0.870), (1600, 0.919), (6400, 0.950)];
/// The same of independent re-runs in BindsNET (Hazan et al. 2018).
pub const BINDSNET: [(usize, f64); 3] = [(100, 0.877), (400, 0.918), (1600, 0.892)];

/// The accuracy that a list gives for a size.
pub fn published(list: &[(usize, f64)], neurons: usize) -> Option<f64> {
    let found = list.iter().find(|(size, _)| *size == neurons);
    found.map(|(_, accuracy)| *accuracy)
}

/// Images of noise, and sizes, that a plan may have.
const MOST_NOISE_IMAGES: usize = 100_000;
const MOST_SIZES: usize = 100;

/// What to train and test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SizesPlan {
    /// Neurons of the networks.
    pub sizes: Vec<usize>,
    /// How weights are regularised in each arm.
    pub arms: Vec<PruningMode>,
    /// Networks of each size and arm, with seeds `params.job.seed`, + 1, ...
    pub seeds: usize,
    /// Images of the noise set.
    pub noise_images: usize,
    /// Parameters of all networks, but for their size, seeds and regularisation.
    pub params: Params,
}

impl SizesPlan {
    /// Checks everything except whether the data have enough images.
    ///
    /// # Errors
    /// The first thing that makes no sense.
    pub fn validate(&self) -> Result<(), PlanError> {
        count("seeds", self.seeds, MAX_REPLICAS)?;
        count("images of noise", self.noise_images, MOST_NOISE_IMAGES)?;
        count("sizes", self.sizes.len(), MOST_SIZES)?;
        count("arms", self.arms.len(), MAX_REPLICAS)?;
        count(
            "networks of one size",
            self.arms.len() * self.seeds,
            MAX_REPLICAS,
        )?;
        once("size", &self.sizes)?;
        once("arm", &self.arms)?;
        if !self.params.model.network.votes_by_labels() {
            return Err(PlanError::Vote("labels"));
        }
        for &size in &self.sizes {
            count("neurons", size, MAX_NEURONS)?;
            // All networks of a size are saved in one checkpoint, so they must fit one.
            let mut params = self.of_size(size);
            params.job.replicas = self.arms.len() * self.seeds;
            params.validate()?;
        }
        Ok(())
    }

    /// Checks that the data hold the training images, and some of each class to test with.
    ///
    /// # Errors
    /// When they are too few.
    pub fn check(&self, data: &Dataset) -> Result<(), DatasetError> {
        selection::training(&data.train, &self.params)?;
        let classes = &self.params.model.network.classes;
        selection::so_many_of_classes(&data.test, classes, 1).map(|_| ())
    }

    /// The parameters of a size, in its first arm.
    pub fn of_size(&self, size: usize) -> Params {
        let mut params = self.params.clone();
        if let Vote::Labels { neurons, .. } = &mut params.model.network.vote {
            *neurons = size;
        }
        params.job.replicas = self.seeds;
        if let Some(&mode) = self.arms.first() {
            params.model.pruning.mode = mode;
        }
        params
    }

    /// Parameters and replica of each network of a size: arm after arm, seed after seed.
    pub fn networks(&self, size: usize) -> Vec<(Params, usize)> {
        let of_arm = |&mode: &PruningMode| {
            let mut params = self.of_size(size);
            params.model.pruning.mode = mode;
            (0..self.seeds).map(move |replica| (params.clone(), replica))
        };
        self.arms.iter().flat_map(of_arm).collect()
    }
}
