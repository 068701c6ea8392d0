//! What is trained.

use crate::dataset::{Dataset, DatasetError};
use crate::experiment::selection;
use crate::params::{MAX_REPLICAS, Params, ParamsError, PruningMode};
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
    #[error("job.label_images is 0: networks without groups need labels")]
    NoLabels,
    #[error(transparent)]
    Params(#[from] ParamsError),
}

/// What to train and test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
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

fn twice<T: PartialEq + ToString>(what: &'static str, values: &[T]) -> Result<(), PlanError> {
    match (1..values.len()).find(|&at| values[..at].contains(&values[at])) {
        None => Ok(()),
        Some(at) => Err(PlanError::Twice {
            what,
            value: values[at].to_string(),
        }),
    }
}

impl Plan {
    /// Checks all but whether the data hold the images.
    ///
    /// # Errors
    /// The first thing that makes no sense.
    pub fn validate(&self) -> Result<(), PlanError> {
        let within = |what, value: usize, most| match (1..=most).contains(&value) {
            true => Ok(()),
            false => Err(PlanError::Count { what, value, most }),
        };
        within("seeds", self.seeds, MAX_REPLICAS)?;
        within("images of noise", self.noise_images, MOST_NOISE_IMAGES)?;
        within("sizes", self.sizes.len(), MOST_SIZES)?;
        within("arms", self.arms.len(), MAX_REPLICAS)?;
        within(
            "networks of one size",
            self.arms.len() * self.seeds,
            MAX_REPLICAS,
        )?;
        twice("size", &self.sizes)?;
        twice("arm", &self.arms)?;
        if self.params.job.label_images == 0 {
            return Err(PlanError::NoLabels);
        }
        for &size in &self.sizes {
            within("neurons", size, crate::params::MAX_NEURONS)?;
            // All networks of a size must fit what a training is saved in.
            let mut params = self.of_size(size);
            params.job.replicas = self.arms.len() * self.seeds;
            params.validate()?;
        }
        Ok(())
    }

    /// Checks that the data hold the images.
    ///
    /// # Errors
    /// When they are too few.
    pub fn check(&self, data: &Dataset) -> Result<(), DatasetError> {
        let job = &self.params.job;
        selection::training(&data.train, &self.params)?;
        selection::first_of_classes(&data.test, &job.classes, job.test_per_class).map(|_| ())
    }

    /// The parameters of a size, its arms apart.
    pub fn of_size(&self, size: usize) -> Params {
        let mut params = self.params.clone();
        params.job.neurons = size;
        params.job.replicas = self.seeds;
        params
    }

    /// Parameters and seed of each network of a size: arm after arm, seed after seed.
    pub fn networks(&self, size: usize) -> Vec<(Params, u64)> {
        let of_arm = |&mode: &PruningMode| {
            let mut params = self.of_size(size);
            params.pruning.mode = mode;
            let seed = move |replica: usize| (params.clone(), params.replica_seed(replica));
            (0..self.seeds).map(seed)
        };
        self.arms.iter().flat_map(of_arm).collect()
    }
}
