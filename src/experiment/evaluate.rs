//! Testing with frozen weights, and the vote of the groups or of labelled neurons.

use super::answers::{Listener, answers, keys_by_content, unless_stopped};
pub use super::evaluation::{Evaluation, LabelVotes, NotLearned};
use super::fired::Fired;
use super::prepare::ShownImages;
use super::selection::ClassImages;
use super::train::frozen;
use super::{Event, ExperimentError, Observer};
use crate::backend::{Backend, TestImages};
use crate::labels::{Decision, Labels, VotingScheme};
use crate::model::rng::Stream;
use crate::params::Vote;
use crate::trained::Replica;
use std::cell::RefCell;
use std::sync::atomic::AtomicBool;
use web_time::Instant;

/// What one image evoked in one network: spikes of all neurons and of the groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// E spikes during the stimulus.
    pub spikes: u32,
    /// The group with the most spikes.
    pub group: Decision,
    /// Spikes of that group.
    pub most: u32,
    /// Spikes of the next best group.
    pub second: u32,
}

impl Answer {
    /// By the spikes of each neuron.
    pub fn new(counts: &[u16], neurons_per_group: usize) -> Self {
        let groups = counts.chunks_exact(neurons_per_group);
        let sums = groups.map(|counts| counts.iter().map(|&count| u32::from(count)).sum());
        let mut answer = Self {
            group: Decision::of(sums.clone()),
            ..Self::default()
        };
        for sum in sums {
            answer.spikes += sum;
            if sum > answer.most {
                (answer.second, answer.most) = (answer.most, sum);
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

/// How a network recognises an image.
#[derive(Clone, Copy, Debug)]
enum Voter<'a> {
    /// Every neuron votes for the class of its group, so many neurons each.
    Groups(usize),
    /// Every neuron votes by its label.
    Labels(&'a Labels),
}

impl<'a> Voter<'a> {
    fn of(replica: &'a Replica) -> Result<Self, ExperimentError> {
        match (&replica.network.params.model.network.vote, &replica.labels) {
            (&Vote::Groups { neurons_per_class }, _) => Ok(Self::Groups(neurons_per_class)),
            (Vote::Labels { .. }, Some(labels)) => Ok(Self::Labels(labels)),
            (Vote::Labels { .. }, None) => Err(ExperimentError::Unlabelled),
        }
    }

    /// What each class gets for an image that evoked these spikes: spikes of its group, or mean spikes of the neurons with
    /// its label.
    fn votes(self, counts: &[u16]) -> Vec<f64> {
        match self {
            Self::Groups(size) => {
                let groups = counts.chunks_exact(size);
                groups
                    .map(|counts| counts.iter().map(|&count| f64::from(count)).sum())
                    .collect()
            }
            Self::Labels(labels) => labels.votes(VotingScheme::ClassMean, counts),
        }
    }

    /// Place of the class of a neuron, where it has one.
    fn class_of(self, neuron: usize) -> Option<usize> {
        match self {
            Self::Groups(size) => Some(neuron / size),
            Self::Labels(labels) => labels.of_neurons()[neuron],
        }
    }
}

/// What a network makes of one image.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Recognition {
    /// The class that it was recognised as; none where no neuron with a say fired, or several classes are tied.
    pub answer: Option<u8>,
    pub tied: bool,
    /// E spikes of all neurons.
    pub spikes: u32,
    /// How far the best class is ahead of the next: in spikes of groups, or in mean spikes of the neurons of a label.
    pub margin: f64,
    /// E spikes of the group, or of the neurons with the label, of each class, in the order of the trained classes.
    pub spikes_per_class: Vec<u32>,
}

impl Recognition {
    pub(super) fn new(counts: &[u16], seat: Seat<'_>) -> Self {
        let mut spikes_per_class = vec![0; seat.classes.len()];
        for (neuron, &count) in counts.iter().enumerate() {
            if let Some(class) = seat.voter.class_of(neuron) {
                spikes_per_class[class] += u32::from(count);
            }
        }
        let mut votes = seat.voter.votes(counts);
        let decision = Decision::of(votes.iter().copied());
        votes.sort_by(|a, b| b.total_cmp(a));
        Self {
            answer: decision.class().map(|class| seat.classes[class]),
            tied: decision.is_tied(),
            spikes: counts.iter().map(|&count| u32::from(count)).sum(),
            margin: votes[0] - votes.get(1).unwrap_or(&0.0),
            spikes_per_class,
        }
    }
}

/// What one network answered to one image of a test.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ImageAnswer {
    /// Which of the networks.
    pub network: usize,
    /// Index of the image in its file, and its label.
    pub image: u32,
    pub label: u8,
    pub recognition: Recognition,
}

impl ImageAnswer {
    pub(super) fn new(
        network: usize,
        (image, label): (u32, u8),
        counts: &[u16],
        seat: Seat<'_>,
    ) -> Self {
        Self {
            network,
            image,
            label,
            recognition: Recognition::new(counts, seat),
        }
    }
}

/// A network in a test: how it votes, and for what.
#[derive(Clone, Copy)]
pub(super) struct Seat<'a> {
    voter: Voter<'a>,
    pub(super) classes: &'a [u8],
}

impl<'a> Seat<'a> {
    pub(super) fn of(replica: &'a Replica) -> Result<Self, ExperimentError> {
        Ok(Self {
            voter: Voter::of(replica)?,
            classes: &replica.network.params.model.network.classes,
        })
    }
}

/// What each class gets for an image that evoked these spikes of each neuron, in the order of the trained classes: the
/// class of most is the answer.
///
/// # Errors
/// When neurons that vote by labels have none.
pub fn votes(replica: &Replica, counts: &[u16]) -> Result<Vec<f64>, ExperimentError> {
    Ok(Voter::of(replica)?.votes(counts))
}

/// What every network makes of one image, of which nothing is known; `pixels` is what the inputs are given. The input
/// spikes depend on image and seed alone: the same image gets the same answer, whatever is shown beside it.
///
/// # Errors
/// When neurons that vote by labels have none, or the backend fails.
pub fn recognise(
    backend: &dyn Backend,
    replicas: &[Replica],
    pixels: &[u8],
) -> Result<Vec<Recognition>, ExperimentError> {
    let seats: Vec<Seat<'_>> = replicas.iter().map(Seat::of).collect::<Result<_, _>>()?;
    let mut found = Vec::with_capacity(seats.len());
    let listener = Listener {
        take: &mut |network, _, counts| found.push(Recognition::new(counts, seats[network])),
        told: &mut |_| Ok(()),
    };
    let image = TestImages {
        pixels,
        images: &[0],
        keys: &keys_by_content(pixels, pixels.len()),
        stream: Stream::Test,
        attempt: 0,
    };
    answers(backend, &frozen(replicas), image, listener)?;
    Ok(found)
}

/// The same without an observer, which ends with [`ExperimentError::Ended`] once `stop` is true.
///
/// # Errors
/// As [`evaluate`], and when it was stopped.
pub fn evaluate_unless(
    backend: &dyn Backend,
    replicas: &[Replica],
    images: &ShownImages<'_>,
    shown: &[ClassImages],
    stream: Stream,
    stop: &AtomicBool,
) -> Result<Vec<Evaluation>, ExperimentError> {
    let observer: &mut Observer<'_> = &mut |_| Ok(unless_stopped(stop)?);
    evaluate(backend, replicas, images, shown, stream, observer).map_err(|error| match error {
        ExperimentError::Observer(cause) if cause.is::<ExperimentError>() => ExperimentError::Ended,
        error => error,
    })
}

/// Shows the images of each class to every network; an evaluation for each network in turn.
///
/// # Errors
/// When neurons that vote by labels have none, or the backend or the observer fails.
pub fn evaluate(
    backend: &dyn Backend,
    replicas: &[Replica],
    images: &ShownImages<'_>,
    shown: &[ClassImages],
    stream: Stream,
    observer: &mut Observer<'_>,
) -> Result<Vec<Evaluation>, ExperimentError> {
    let start = Instant::now();
    let (mut evaluations, mut seats) = (Vec::new(), Vec::new());
    for replica in replicas {
        let seat = Seat::of(replica)?;
        let mut evaluation = Evaluation::empty(shown, seat.classes.len());
        if let Voter::Labels(labels) = seat.voter {
            evaluation.labels = Some(LabelVotes::new(labels));
        }
        evaluations.push(evaluation);
        seats.push(seat);
    }
    let of = replicas.len() * shown.iter().map(|class| class.images.len()).sum::<usize>();
    let mut done = 0;
    let heard = RefCell::new(Vec::new());
    let mut told = |lanes: usize| {
        for answer in heard.take() {
            observer(Event::Answered(&answer)).map_err(ExperimentError::Observer)?;
        }
        done += lanes;
        observer(Event::Tested { images: done, of }).map_err(ExperimentError::Observer)
    };
    let lanes = frozen(replicas);
    let neurons = |replica: &Replica| replica.network.params.model.neurons();
    let mut fired: Vec<Fired> = (replicas.iter().map(neurons).map(Fired::none_of)).collect();
    for (row, class) in shown.iter().enumerate() {
        let test = TestImages {
            pixels: images.pixels(),
            images: &class.images,
            keys: &[],
            stream,
            attempt: 0,
        };
        let mut take = |network: usize, place: usize, counts: &[u16]| {
            let (evaluation, seat) = (&mut evaluations[network], seats[network]);
            fired[network].add(counts);
            match seat.voter {
                Voter::Groups(size) => {
                    let answer = Answer::new(counts, size);
                    evaluation.add(row, answer.spikes, answer.group, seat.classes);
                }
                Voter::Labels(labels) => evaluation.add_labelled(row, counts, labels, seat.classes),
            }
            let image = (class.images[place], class.class);
            let answer = ImageAnswer::new(network, image, counts, seat);
            heard.borrow_mut().push(answer);
        };
        let listener = Listener {
            take: &mut take,
            told: &mut told,
        };
        answers(backend, &lanes, test, listener)?;
    }
    for ((evaluation, seat), fired) in evaluations.iter_mut().zip(&seats).zip(&fired) {
        let class_of = |neuron| seat.voter.class_of(neuron);
        evaluation.neurons = fired.by_class(seat.classes.len(), class_of);
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
        let winner = (answer.group, answer.most, answer.second);
        assert_eq!(winner, (Decision::Class(1), 4, 2));
        assert_eq!((answer.spikes, answer.margin()), (6, 2));
        let equal = Answer::new(&[1, 1, 0, 2, 0, 0], 2);
        assert_eq!(equal.group, Decision::Tied(0));
        assert_eq!((equal.second, equal.margin()), (2, 0));
        assert_eq!(Answer::new(&[0; 6], 2), Answer::default());
    }
}
