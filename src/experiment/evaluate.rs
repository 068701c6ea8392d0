//! Testing with frozen weights, and the vote of the groups.

use super::selection::ClassImages;
use super::{Event, ExperimentError, Observer};
use crate::backend::{Backend, Frozen, SpikeCounts, TestImages};
use crate::dataset::LabelledImages;
use crate::model::rng::Stream;
use crate::params::Params;
use serde::Serialize;
use std::time::Instant;

/// Lanes that one call of the backend runs at most: between calls progress is told.
const LANES_PER_CALL: usize = 2_000;

/// What one network answered to a set of images.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    pub images: usize,
    /// Images whose own group fired most.
    pub correct: usize,
    /// Share of correct images; silent ones are wrong.
    pub accuracy: f64,
    /// E spikes during the stimulus, over all images.
    pub spikes: u64,
    /// Images that evoked no spike.
    pub silent: usize,
    /// Labels shown: the rows below.
    pub classes: Vec<u8>,
    /// E spikes evoked by the images of each label shown.
    pub spikes_per_class: Vec<u64>,
    /// Images by label shown (row) and group that fired most (column, in the order of the trained classes);
    /// the last column counts silent images.
    pub confusion: Vec<Vec<usize>>,
    /// Wall-clock time of the whole test, all networks together.
    pub seconds: f64,
}

/// The group with the most spikes, the lowest of equals; none when no neuron fired.
pub fn vote(counts: &[u16], neurons_per_group: usize) -> Option<usize> {
    let sums = counts
        .chunks_exact(neurons_per_group)
        .map(|group| group.iter().map(|&c| u32::from(c)).sum::<u32>());
    let mut best = (0, None);
    for (group, sum) in sums.enumerate() {
        if sum > best.0 {
            best = (sum, Some(group));
        }
    }
    best.1
}

impl Evaluation {
    fn empty(shown: &[ClassImages], groups: usize) -> Self {
        Self {
            images: 0,
            correct: 0,
            accuracy: 0.0,
            spikes: 0,
            silent: 0,
            classes: shown.iter().map(|class| class.class).collect(),
            spikes_per_class: vec![0; shown.len()],
            confusion: vec![vec![0; groups + 1]; shown.len()],
            seconds: 0.0,
        }
    }

    /// Counts the answers to images of the label in row `row`.
    fn add(&mut self, row: usize, counts: &SpikeCounts, params: &Params) {
        let trained = &params.job.classes;
        for counts in counts.images() {
            let spikes: u64 = counts.iter().map(|&count| u64::from(count)).sum();
            let winner = vote(counts, params.job.neurons_per_class);
            self.images += 1;
            self.spikes += spikes;
            self.spikes_per_class[row] += spikes;
            self.silent += usize::from(winner.is_none());
            self.correct +=
                usize::from(winner.is_some_and(|group| trained[group] == self.classes[row]));
            self.confusion[row][winner.unwrap_or(trained.len())] += 1;
        }
    }
}

/// Shows the images of each class to every network; an evaluation for each network in turn.
///
/// Every image starts from rest and draws its spikes by its index, so that its result depends on weights,
/// image and seed alone.
///
/// # Errors
/// When the backend fails.
pub fn evaluate(
    backend: &dyn Backend,
    networks: &[Frozen<'_>],
    images: &LabelledImages,
    shown: &[ClassImages],
    stream: Stream,
    observer: &mut Observer<'_>,
) -> Result<Vec<Evaluation>, ExperimentError> {
    let start = Instant::now();
    let groups = |frozen: &Frozen<'_>| frozen.network.params.job.classes.len();
    let mut evaluations: Vec<_> = networks
        .iter()
        .map(|frozen| Evaluation::empty(shown, groups(frozen)))
        .collect();
    let of = networks.len() * shown.iter().map(|class| class.images.len()).sum::<usize>();
    let mut done = 0;
    let per_call = (LANES_PER_CALL / networks.len().max(1)).max(1);
    for (row, class) in shown.iter().enumerate() {
        for images_of_call in class.images.chunks(per_call) {
            let test = TestImages {
                pixels: images.pixels(),
                images: images_of_call,
                stream,
            };
            let counts = backend.test(networks, test)?;
            for ((evaluation, counts), frozen) in evaluations.iter_mut().zip(&counts).zip(networks)
            {
                evaluation.add(row, counts, &frozen.network.params);
            }
            done += networks.len() * images_of_call.len();
            observer(Event::Tested { images: done, of }).map_err(ExperimentError::Observer)?;
        }
    }
    for evaluation in &mut evaluations {
        evaluation.accuracy = evaluation.correct as f64 / evaluation.images.max(1) as f64;
        evaluation.seconds = start.elapsed().as_secs_f64();
    }
    Ok(evaluations)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_group_with_most_spikes_wins() {
        assert_eq!(vote(&[0, 0, 3, 1, 2, 0], 2), Some(1));
        assert_eq!(
            vote(&[1, 1, 0, 2, 0, 0], 2),
            Some(0),
            "the lowest of equals"
        );
        assert_eq!(vote(&[0; 6], 2), None);
    }
}
