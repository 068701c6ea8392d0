//! Networks in training, and how they do on their way.

use crate::labels::Labels;
use crate::network::Network;
use serde::Serialize;

/// One row of the metrics: one network after so many images.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Metrics {
    pub replica: usize,
    pub seed: u64,
    /// Training images seen.
    pub images: usize,
    /// E spikes of the training so far.
    pub spikes: u64,
    /// Accuracy on the validation images; none without such images.
    pub validation_accuracy: Option<f64>,
    /// Share of weights that count as zero, as a read-out sees them now.
    pub zero_fraction: f64,
}

/// Networks at the end of their training, or on their way.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trained {
    pub networks: Vec<Network>,
    /// For each network its weights as read out; shape \[inputs, N\].
    pub weights: Vec<Vec<f32>>,
    /// For each network its rows so far.
    pub metrics: Vec<Vec<Metrics>>,
    /// At the end of the training the labels of each network; none where neurons belong to the groups of classes.
    pub labels: Vec<Labels>,
    /// Wall-clock time since it was begun or resumed, metrics included, all networks together.
    pub seconds: f64,
    /// Images shown to each network in that time.
    pub images: usize,
}

impl Trained {
    /// The same networks, with the data in another folder.
    #[must_use]
    pub fn with_data(mut self, folder: &str) -> Self {
        for network in &mut self.networks {
            network.params.job.data = folder.into();
        }
        self
    }
}

impl From<Vec<Network>> for Trained {
    /// Networks before their training.
    fn from(networks: Vec<Network>) -> Self {
        Self {
            metrics: vec![Vec::new(); networks.len()],
            networks,
            ..Self::default()
        }
    }
}
