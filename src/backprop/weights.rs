//! What there is to see in a network that backpropagation has trained.

use super::Learner;
use super::network::Stage;
use ndarray::{ArrayView1, ArrayView2};

impl Learner {
    /// Synapses that are there, and all that may be.
    pub fn synapses(&self) -> (usize, usize) {
        let all = self.stages.0.iter().filter_map(Stage::synapses);
        let each = all.map(|synapses| (synapses.present(), synapses.weights.len()));
        each.fold((0, 0), |sums, own| (sums.0 + own.0, sums.1 + own.1))
    }

    /// The weights of the first stage, from the inputs where it sees all of them; \[inputs, neurons\].
    pub fn first_weights(&self) -> Option<ArrayView2<'_, f32>> {
        match self.stages.0.first() {
            Some(Stage::Dense(synapses)) => Some(synapses.weights.view()),
            _ => None,
        }
    }

    /// The weights, where there is but one stage; \[inputs, classes\].
    pub fn only_weights(&self) -> Option<ArrayView2<'_, f32>> {
        self.first_weights().filter(|_| self.stages.0.len() == 1)
    }

    /// Whether its hidden neurons spike.
    pub fn spikes(&self) -> bool {
        let mut stages = self.stages.0.iter();
        stages.any(|stage| matches!(stage, Stage::Spiking(_)))
    }

    /// The class that each neuron of the first stage speaks most for, by its place: its own, or that of its largest weight
    /// to the outputs.
    pub fn favourites(&self) -> Vec<usize> {
        let synapses: Vec<_> = self.stages.0.iter().filter_map(Stage::synapses).collect();
        match synapses.as_slice() {
            [only] => (0..only.weights.ncols()).collect(),
            [.., last] => {
                let rows = last.weights.outer_iter();
                let largest = |row: ArrayView1<'_, f32>| {
                    let first =
                        |best: usize, at: usize| if row[at] > row[best] { at } else { best };
                    (0..row.len()).fold(0, first)
                };
                rows.map(largest).collect()
            }
            [] => Vec::new(),
        }
    }

    /// The mean of all weights.
    pub fn mean_weight(&self) -> f64 {
        let all = self.stages.0.iter().filter_map(Stage::synapses);
        let sum: f64 = all
            .flat_map(|synapses| synapses.weights.iter())
            .map(|&weight| f64::from(weight))
            .sum();
        sum / self.synapses().1.max(1) as f64
    }
}
