//! Testing with frozen weights, and the vote of the groups or of labelled neurons.

use super::answers::{Listener, answers};
use super::prepare::ShownImages;
use super::selection::ClassImages;
use super::train::frozen;
use super::{Event, ExperimentError, Observer};
use crate::backend::{Backend, TestImages};
use crate::labels::{Decision, Labels, VotingScheme};
use crate::model::rng::Stream;
use crate::params::Vote;
use crate::trained::Replica;
use serde::Serialize;
use std::cell::RefCell;
use std::time::Instant;

/// What one network answered to a set of images.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Evaluation {
    pub images: usize,
    /// Images whose own group or class alone fired most.
    pub correct: usize,
    /// Share of correct images; silent and tied ones are wrong.
    pub accuracy: f64,
    /// Images for which several groups or classes came out alike, ahead of all others.
    pub tied: usize,
    /// Images, and their share, that would be correct if the first of the tied groups counted: the convention of the
    /// authors' notebooks, to compare with published figures. It depends on the order of the classes.
    pub correct_ties_to_first: usize,
    pub accuracy_ties_to_first: f64,
    /// E spikes during the stimulus, over all images.
    pub spikes: u64,
    /// Images that evoked no spike.
    pub silent: usize,
    /// Labels shown: the rows below.
    pub classes: Vec<u8>,
    /// E spikes evoked by the images of each label shown.
    pub spikes_per_class: Vec<u64>,
    /// Images by label shown (row) and group or class that fired most (column, in the order of the trained classes);
    /// the last two columns count the tied images and those for which none fired.
    pub confusion: Vec<Vec<usize>>,
    /// Wall-clock time of the whole test, all networks together.
    pub seconds: f64,
    /// Where neurons vote by their labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<LabelVotes>,
}

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

impl Evaluation {
    /// Nothing counted yet, for the labels of `shown` and so many groups.
    pub fn empty(shown: &[ClassImages], groups: usize) -> Self {
        Self {
            images: 0,
            correct: 0,
            accuracy: 0.0,
            tied: 0,
            correct_ties_to_first: 0,
            accuracy_ties_to_first: 0.0,
            spikes: 0,
            silent: 0,
            classes: shown.iter().map(|class| class.class).collect(),
            spikes_per_class: vec![0; shown.len()],
            confusion: vec![vec![0; groups + 2]; shown.len()],
            seconds: 0.0,
            labels: None,
        }
    }

    /// Counts the answer to an image of the label in row `row`: its spikes and the class or group it speaks for.
    pub fn add(&mut self, row: usize, spikes: u32, decision: Decision, trained: &[u8]) {
        let is_right = |class: usize| trained[class] == self.classes[row];
        self.images += 1;
        self.spikes += u64::from(spikes);
        self.spikes_per_class[row] += u64::from(spikes);
        self.silent += usize::from(spikes == 0);
        self.tied += usize::from(decision.is_tied());
        self.correct += usize::from(decision.class().is_some_and(is_right));
        let with_first = decision.class_or_first_tied().is_some_and(is_right);
        self.correct_ties_to_first += usize::from(with_first);
        let column = match decision {
            Decision::Class(class) => class,
            Decision::Tied(_) => trained.len(),
            Decision::Silent => trained.len() + 1,
        };
        self.confusion[row][column] += 1;
        let images = self.images as f64;
        self.accuracy = self.correct as f64 / images;
        self.accuracy_ties_to_first = self.correct_ties_to_first as f64 / images;
    }

    /// The same by labels, the vote first.
    fn add_labelled(&mut self, row: usize, counts: &[u16], labels: &Labels, trained: &[u8]) {
        let decide = |scheme| labels.decide(scheme, counts);
        let right = |decision: Decision| {
            let is_right = |class: usize| trained[class] == self.classes[row];
            usize::from(decision.class().is_some_and(is_right))
        };
        let (all, proportional) = (
            right(decide(VotingScheme::AllNeurons)),
            right(decide(VotingScheme::Proportional)),
        );
        let spikes = counts.iter().map(|&count| u32::from(count)).sum();
        self.add(row, spikes, decide(VotingScheme::ClassMean), trained);
        let images = self.images as f64;
        if let Some(votes) = &mut self.labels {
            votes.correct_all_neurons += all;
            votes.correct_proportional += proportional;
            votes.accuracy_all_neurons = votes.correct_all_neurons as f64 / images;
            votes.accuracy_proportional = votes.correct_proportional as f64 / images;
        }
    }
}

/// The other voting schemes of networks whose neurons have labels, beside the vote.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LabelVotes {
    /// Neurons without a label, which have no vote.
    pub unlabelled_neurons: usize,
    /// Neurons that answered two classes alike.
    pub tied_neurons: usize,
    pub correct_all_neurons: usize,
    pub accuracy_all_neurons: f64,
    pub correct_proportional: usize,
    pub accuracy_proportional: f64,
}

impl LabelVotes {
    fn new(labels: &Labels) -> Self {
        Self {
            unlabelled_neurons: labels.unlabelled(),
            tied_neurons: labels.tied(),
            correct_all_neurons: 0,
            accuracy_all_neurons: 0.0,
            correct_proportional: 0,
            accuracy_proportional: 0.0,
        }
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

impl ImageAnswer {
    fn new(network: usize, (image, label): (u32, u8), counts: &[u16], seat: Seat<'_>) -> Self {
        let mut spikes_per_class = vec![0; seat.classes.len()];
        let class_of = |neuron: usize| match seat.voter {
            Voter::Groups(size) => Some(neuron / size),
            Voter::Labels(labels) => labels.of_neurons()[neuron],
        };
        for (neuron, &count) in counts.iter().enumerate() {
            if let Some(class) = class_of(neuron) {
                spikes_per_class[class] += u32::from(count);
            }
        }
        let mut votes: Vec<f64> = match seat.voter {
            Voter::Groups(_) => spikes_per_class.iter().map(|&sum| f64::from(sum)).collect(),
            Voter::Labels(labels) => labels.votes(VotingScheme::ClassMean, counts),
        };
        let decision = Decision::of(votes.iter().copied());
        votes.sort_by(|a, b| b.total_cmp(a));
        Self {
            network,
            image,
            label,
            answer: decision.class().map(|class| seat.classes[class]),
            tied: decision.is_tied(),
            spikes: counts.iter().map(|&count| u32::from(count)).sum(),
            margin: votes[0] - votes.get(1).unwrap_or(&0.0),
            spikes_per_class,
        }
    }
}

/// A network in a test: how it votes, and for what.
#[derive(Clone, Copy)]
struct Seat<'a> {
    voter: Voter<'a>,
    classes: &'a [u8],
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
        let classes = replica.network.params.model.network.classes.as_slice();
        let voter = Voter::of(replica)?;
        let mut evaluation = Evaluation::empty(shown, classes.len());
        if let Voter::Labels(labels) = voter {
            evaluation.labels = Some(LabelVotes::new(labels));
        }
        evaluations.push(evaluation);
        seats.push(Seat { voter, classes });
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
    for (row, class) in shown.iter().enumerate() {
        let test = TestImages {
            pixels: images.pixels(),
            images: &class.images,
            stream,
            attempt: 0,
        };
        let mut take = |network: usize, place: usize, counts: &[u16]| {
            let (evaluation, seat) = (&mut evaluations[network], seats[network]);
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
        let winner = (answer.group, answer.most, answer.second);
        assert_eq!(winner, (Decision::Class(1), 4, 2));
        assert_eq!((answer.spikes, answer.margin()), (6, 2));
        let equal = Answer::new(&[1, 1, 0, 2, 0, 0], 2);
        assert_eq!(equal.group, Decision::Tied(0));
        assert_eq!((equal.second, equal.margin()), (2, 0));
        assert_eq!(Answer::new(&[0; 6], 2), Answer::default());
    }

    #[test]
    fn a_tie_is_wrong_whatever_the_order_of_the_classes() {
        for trained in [[4, 7], [7, 4]] {
            let shown = [4, 7].map(|class| ClassImages {
                class,
                images: Vec::new(),
            });
            let mut evaluation = Evaluation::empty(&shown, trained.len());
            let group = |class| trained.iter().position(|&c| c == class).unwrap();
            evaluation.add(0, 3, Decision::Class(group(4)), &trained);
            evaluation.add(0, 2, Decision::Tied(0), &trained);
            evaluation.add(1, 2, Decision::Tied(0), &trained);
            evaluation.add(1, 0, Decision::Silent, &trained);
            let counted = (evaluation.correct, evaluation.tied, evaluation.silent);
            assert_eq!(counted, (1, 2, 1));
            assert_eq!(evaluation.accuracy, 0.25);
            assert_eq!(evaluation.accuracy_ties_to_first, 0.5);
            assert_eq!(evaluation.confusion[0][2..], [1, 0]);
            assert_eq!(evaluation.confusion[1][2..], [1, 1]);
        }
    }
}
