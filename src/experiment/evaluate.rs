//! Testing with frozen weights, and the vote of the groups.

use super::selection::ClassImages;
use super::{Event, ExperimentError, Observer};
use crate::backend::{Backend, Frozen, TestImages};
use crate::dataset::LabelledImages;
use crate::model::rng::Stream;
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

/// What one image evoked in one network: spikes of all neurons and of the groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// E spikes during the stimulus.
    pub spikes: u32,
    /// The group with the most spikes, the lowest of equals; none when no neuron fired.
    pub group: Option<usize>,
    /// Spikes of that group.
    pub most: u32,
    /// Spikes of the next best group.
    pub second: u32,
}

impl Answer {
    /// By the spikes of each neuron.
    pub fn new(counts: &[u16], neurons_per_group: usize) -> Self {
        let mut answer = Self::default();
        for (group, counts) in counts.chunks_exact(neurons_per_group).enumerate() {
            let sum = counts.iter().map(|&count| u32::from(count)).sum();
            answer.spikes += sum;
            if sum > answer.most {
                (answer.second, answer.most) = (answer.most, sum);
                answer.group = Some(group);
            } else {
                answer.second = answer.second.max(sum);
            }
        }
        answer
    }

    /// How far the best group is ahead of the next.
    pub fn margin(&self) -> u32 {
        self.most - self.second
    }
}

impl Evaluation {
    /// Nothing counted yet, for the labels of `shown` and so many groups.
    pub fn empty(shown: &[ClassImages], groups: usize) -> Self {
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
    pub fn add(&mut self, row: usize, answers: &[Answer], trained: &[u8]) {
        for answer in answers {
            let spikes = u64::from(answer.spikes);
            self.images += 1;
            self.spikes += spikes;
            self.spikes_per_class[row] += spikes;
            self.silent += usize::from(answer.group.is_none());
            let right = |group: usize| trained[group] == self.classes[row];
            self.correct += usize::from(answer.group.is_some_and(right));
            self.confusion[row][answer.group.unwrap_or(trained.len())] += 1;
        }
        self.accuracy = self.correct as f64 / self.images.max(1) as f64;
    }
}

/// Answers of every network to the images, each from rest. `told` hears of every lane that is done.
///
/// Every image draws its spikes by its index, so that its answer depends on weights, image and seed alone.
///
/// # Errors
/// When the backend or `told` fails.
pub fn answers(
    backend: &dyn Backend,
    networks: &[Frozen<'_>],
    images: TestImages<'_>,
    told: &mut dyn FnMut(usize) -> Result<(), ExperimentError>,
) -> Result<Vec<Vec<Answer>>, ExperimentError> {
    let mut all = vec![Vec::with_capacity(images.images.len()); networks.len()];
    let per_call = (LANES_PER_CALL / networks.len().max(1)).max(1);
    for images_of_call in images.images.chunks(per_call) {
        let test = TestImages {
            images: images_of_call,
            ..images
        };
        let counts = backend.test(networks, test)?;
        for ((all, counts), frozen) in all.iter_mut().zip(&counts).zip(networks) {
            let per_group = frozen.network.params.job.neurons_per_class;
            all.extend(counts.images().map(|counts| Answer::new(counts, per_group)));
        }
        told(networks.len() * images_of_call.len())?;
    }
    Ok(all)
}

/// Shows the images of each class to every network; an evaluation for each network in turn.
///
/// # Errors
/// When the backend or the observer fails.
pub fn evaluate(
    backend: &dyn Backend,
    networks: &[Frozen<'_>],
    images: &LabelledImages,
    shown: &[ClassImages],
    stream: Stream,
    observer: &mut Observer<'_>,
) -> Result<Vec<Evaluation>, ExperimentError> {
    let start = Instant::now();
    let trained = |frozen: &Frozen<'_>| frozen.network.params.job.classes.clone();
    let mut evaluations: Vec<_> = networks
        .iter()
        .map(|frozen| Evaluation::empty(shown, trained(frozen).len()))
        .collect();
    let of = networks.len() * shown.iter().map(|class| class.images.len()).sum::<usize>();
    let mut done = 0;
    let mut told = |lanes: usize| {
        done += lanes;
        observer(Event::Tested { images: done, of }).map_err(ExperimentError::Observer)
    };
    for (row, class) in shown.iter().enumerate() {
        let test = TestImages {
            pixels: images.pixels(),
            images: &class.images,
            stream,
        };
        let answers = answers(backend, networks, test, &mut told)?;
        for ((evaluation, answers), frozen) in evaluations.iter_mut().zip(&answers).zip(networks) {
            evaluation.add(row, answers, &trained(frozen));
        }
    }
    for evaluation in &mut evaluations {
        evaluation.seconds = start.elapsed().as_secs_f64();
    }
    Ok(evaluations)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_group_with_most_spikes_wins() {
        let answer = Answer::new(&[0, 0, 3, 1, 2, 0], 2);
        assert_eq!((answer.group, answer.most, answer.second), (Some(1), 4, 2));
        assert_eq!((answer.spikes, answer.margin()), (6, 2));
        let equal = Answer::new(&[1, 1, 0, 2, 0, 0], 2);
        assert_eq!(equal.group, Some(0), "the lowest of equals");
        assert_eq!((equal.second, equal.margin()), (2, 0));
        assert_eq!(Answer::new(&[0; 6], 2), Answer::default());
    }
}
