//! Networks in training, and how they do on their way.

use crate::labels::Labels;
use crate::network::Network;
use crate::params::{DataFolder, Vote};
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
    /// E spikes for each image of noise; where `job.metrics` asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noise_spikes_per_image: Option<f64>,
    /// Share of the images of noise that evoke no spike; likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noise_silent_fraction: Option<f64>,
}

/// What a set of images evoked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Evoked {
    pub images: usize,
    /// E spikes during the stimulus.
    pub spikes: u64,
    /// Images without a spike.
    pub silent: usize,
}

impl Evoked {
    /// Counts one image.
    pub fn add(&mut self, spikes: u64) {
        self.images += 1;
        self.spikes += spikes;
        self.silent += usize::from(spikes == 0);
    }

    /// Spikes of one image.
    pub fn spikes_per_image(&self) -> f64 {
        self.spikes as f64 / self.images.max(1) as f64
    }

    /// Share of the images without a spike.
    pub fn silent_fraction(&self) -> f64 {
        self.silent as f64 / self.images.max(1) as f64
    }
}

/// A network in training with all that belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Replica {
    pub network: Network,
    /// Weights as read out; shape \[inputs, N\]. Before the training they are those that it starts with.
    pub weights: Vec<f32>,
    /// Its rows so far.
    pub metrics: Vec<Metrics>,
    /// What its neurons answer to: at the end of a training without groups; else none.
    pub labels: Option<Labels>,
}

impl Replica {
    /// A network before its training.
    pub fn untrained(network: Network) -> Self {
        let weights = network.weights.clone();
        Self::read_out(network, weights)
    }

    /// The class of each neuron: that of its group, or the one that it was labelled with; none where it has none yet.
    pub fn labels_of_neurons(&self) -> Vec<Option<u8>> {
        let learned = &self.network.params.model.network;
        let place = |neuron: usize| match (learned.vote, &self.labels) {
            (Vote::Groups { neurons_per_class }, _) => Some(neuron / neurons_per_class),
            (Vote::Labels { .. }, Some(labels)) => labels.of_neurons()[neuron],
            (Vote::Labels { .. }, None) => None,
        };
        (0..learned.neurons())
            .map(|neuron| place(neuron).map(|place| learned.classes[place]))
            .collect()
    }

    /// A network with its weights as read out, which nobody has measured.
    pub fn read_out(network: Network, weights: Vec<f32>) -> Self {
        Self {
            network,
            weights,
            metrics: Vec::new(),
            labels: None,
        }
    }
}

/// Networks at the end of their training, or on their way.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trained {
    pub replicas: Vec<Replica>,
    /// Wall-clock time of their training as far as it is known, metrics included, all networks together.
    pub seconds: f64,
    /// Images shown to each network in that time: fewer than it has seen where the time of a part is not known.
    pub images: usize,
}

impl Trained {
    /// Training images that each network has seen.
    pub fn presented(&self) -> usize {
        let seen = |replica: &Replica| replica.network.state.presented as usize;
        self.replicas.first().map_or(0, seen)
    }

    /// Wall-clock time of the whole training, if it is known.
    pub fn whole_seconds(&self) -> Option<f64> {
        (self.presented() == self.images).then_some(self.seconds)
    }

    /// Wall-clock time of an image shown to one network, over all of which the time is known.
    pub fn seconds_an_image(&self) -> Option<f64> {
        let shown = self.images * self.replicas.len();
        (shown > 0).then(|| self.seconds / shown as f64)
    }

    /// The same networks, with the data in another folder.
    #[must_use]
    pub fn with_data(mut self, folder: &DataFolder) -> Self {
        for replica in &mut self.replicas {
            replica.network.params.job.data.clone_from(folder);
        }
        self
    }
}

impl From<Vec<Network>> for Trained {
    /// Networks before their training.
    fn from(networks: Vec<Network>) -> Self {
        Self {
            replicas: networks.into_iter().map(Replica::untrained).collect(),
            ..Self::default()
        }
    }
}
