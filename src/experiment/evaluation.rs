//! What a test counts.

use super::fired::{Neurons, Silence};
use super::selection::ClassImages;
use crate::labels::{Decision, Labels, VotingScheme};
use serde::Serialize;

/// What one network answered to a set of images.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Evaluation {
    pub images: usize,
    /// Those whose label is one of the trained ones: no other can be answered right.
    pub images_learned: usize,
    /// Images whose own group or class alone fired most.
    pub correct: usize,
    /// Share of correct images of the learned labels; silent and tied ones are wrong. None where no label shown was
    /// learned.
    pub accuracy: Option<f64>,
    /// Images for which several groups or classes came out alike, ahead of all others.
    pub tied: usize,
    /// Images, and their share, that would be correct if the first of the tied groups counted: the convention of the
    /// authors' notebooks, to compare with published figures. It depends on the order of the classes.
    pub correct_ties_to_first: usize,
    pub accuracy_ties_to_first: Option<f64>,
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
    /// Images of the labels that were not learned; none where all were.
    pub not_learned: Option<NotLearned>,
    /// How many neurons there are for each trained class, and which of them never fired.
    pub neurons: Neurons,
    /// Wall-clock time of the whole test, all networks together.
    pub seconds: f64,
    /// Where neurons vote by their labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<LabelVotes>,
}

/// What images evoked whose labels were not learned. There is no right answer to them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct NotLearned {
    /// Their labels.
    pub classes: Vec<u8>,
    pub images: usize,
    /// Images by the group or class that fired most, in the order of the trained classes.
    pub answers: Vec<usize>,
    pub tied: usize,
    /// Images for which no group or class fired.
    pub silent: usize,
}

impl Evaluation {
    /// Nothing counted yet, for the labels of `shown` and so many groups.
    pub fn empty(shown: &[ClassImages], groups: usize) -> Self {
        Self {
            images: 0,
            images_learned: 0,
            correct: 0,
            accuracy: None,
            tied: 0,
            correct_ties_to_first: 0,
            accuracy_ties_to_first: None,
            spikes: 0,
            silent: 0,
            classes: shown.iter().map(|class| class.class).collect(),
            spikes_per_class: vec![0; shown.len()],
            confusion: vec![vec![0; groups + 2]; shown.len()],
            not_learned: None,
            neurons: Neurons::default(),
            seconds: 0.0,
            labels: None,
        }
    }

    /// Counts the answer to an image of the label in row `row`: its spikes and the class or group it speaks for.
    pub fn add(&mut self, row: usize, spikes: u32, decision: Decision, trained: &[u8]) {
        let is_right = |class: usize| trained[class] == self.classes[row];
        self.images += 1;
        let is_learned = trained.contains(&self.classes[row]);
        self.images_learned += usize::from(is_learned);
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
        if !is_learned {
            self.add_not_learned(1, row, column, trained.len());
        }
        self.accuracy = self.share_of_learned(self.correct);
        self.accuracy_ties_to_first = self.share_of_learned(self.correct_ties_to_first);
    }

    /// Whether the test says more of silence than of what was learned.
    pub fn silence(&self, trained: &[u8]) -> Option<Silence> {
        let rows = self.classes.iter().zip(&self.confusion);
        let learned = rows.filter(|(class, _)| trained.contains(class));
        let silent: usize = learned.filter_map(|(_, row)| row.last()).sum();
        let share = self.share_of_learned(silent)?;
        Silence::of(share, &self.classes, trained, &self.neurons)
    }

    /// So many images as a share of those of learned labels; none where there are none.
    fn share_of_learned(&self, images: usize) -> Option<f64> {
        (self.images_learned > 0).then(|| images as f64 / self.images_learned as f64)
    }

    /// Counts images whose label was not learned, with their answer, a column of the confusion matrix.
    fn add_not_learned(&mut self, images: usize, row: usize, column: usize, groups: usize) {
        let class = self.classes[row];
        let all = self.not_learned.get_or_insert_default();
        if !all.classes.contains(&class) {
            all.classes.push(class);
        }
        all.images += images;
        all.answers.resize(groups, 0);
        match column.checked_sub(groups) {
            None => all.answers[column] += images,
            Some(0) => all.tied += images,
            Some(_) => all.silent += images,
        }
    }

    /// The same test where labels do not mean what was learned, whatever their numbers: no answer is right.
    #[must_use]
    pub fn as_unknown(mut self) -> Self {
        let groups = self.confusion.first().map_or(0, |row| row.len() - 2);
        self.not_learned = None;
        for row in 0..self.confusion.len() {
            for column in 0..groups + 2 {
                self.add_not_learned(self.confusion[row][column], row, column, groups);
            }
        }
        (
            self.images_learned,
            self.correct,
            self.correct_ties_to_first,
        ) = (0, 0, 0);
        (self.accuracy, self.accuracy_ties_to_first) = (None, None);
        if let Some(votes) = &mut self.labels {
            (votes.correct_all_neurons, votes.correct_proportional) = (0, 0);
            (votes.accuracy_all_neurons, votes.accuracy_proportional) = (None, None);
        }
        self
    }

    /// The same by labels, the vote first.
    pub(super) fn add_labelled(
        &mut self,
        row: usize,
        counts: &[u16],
        labels: &Labels,
        trained: &[u8],
    ) {
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
        if let Some(mut votes) = self.labels.take() {
            votes.correct_all_neurons += all;
            votes.correct_proportional += proportional;
            votes.accuracy_all_neurons = self.share_of_learned(votes.correct_all_neurons);
            votes.accuracy_proportional = self.share_of_learned(votes.correct_proportional);
            self.labels = Some(votes);
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
    pub accuracy_all_neurons: Option<f64>,
    pub correct_proportional: usize,
    pub accuracy_proportional: Option<f64>,
}

impl LabelVotes {
    pub(super) fn new(labels: &Labels) -> Self {
        Self {
            unlabelled_neurons: labels.unlabelled(),
            tied_neurons: labels.tied(),
            correct_all_neurons: 0,
            accuracy_all_neurons: None,
            correct_proportional: 0,
            accuracy_proportional: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(evaluation.accuracy, Some(0.25));
            assert_eq!(evaluation.accuracy_ties_to_first, Some(0.5));
            assert_eq!(evaluation.confusion[0][2..], [1, 0]);
            assert_eq!(evaluation.confusion[1][2..], [1, 1]);
        }
    }

    #[test]
    fn labels_that_were_not_learned_have_no_right_answer() {
        let shown = [4, 9].map(|class| ClassImages {
            class,
            images: Vec::new(),
        });
        let mut evaluation = Evaluation::empty(&shown, 2);
        evaluation.add(0, 3, Decision::Class(1), &[7, 4]);
        evaluation.add(0, 3, Decision::Class(0), &[7, 4]);
        evaluation.add(1, 3, Decision::Class(0), &[7, 4]);
        evaluation.add(1, 0, Decision::Silent, &[7, 4]);
        assert_eq!(evaluation.accuracy, Some(0.5));
        let not_learned = evaluation.not_learned.clone().unwrap();
        assert_eq!((not_learned.classes, not_learned.images), (vec![9], 2));
        assert_eq!((not_learned.answers, not_learned.silent), (vec![1, 0], 1));

        let unknown = evaluation.as_unknown();
        assert_eq!((unknown.accuracy, unknown.correct), (None, 0));
        let not_learned = unknown.not_learned.unwrap();
        assert_eq!((not_learned.classes, not_learned.images), (vec![4, 9], 4));
        assert_eq!((not_learned.answers, not_learned.silent), (vec![2, 1], 1));
    }
}
