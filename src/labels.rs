//! What the neurons of a network without groups have learned to answer to, and how they vote.
//!
//! After the training every neuron is labelled with the class to which it answers most, by its mean spike count over
//! labelled training images. With `n_j` the spikes of neuron j in answer to an image, `r_cj` its mean answer to images
//! of class c and `p_cj = r_cj / sum_c r_cj` its share for that class, the class of the image is the one with the
//! greatest
//!
//! ```text
//! vote          mean of n_j over the neurons labelled c              Diehl & Cook, section 2.6
//! all-neurons   sum of p_cj n_j over all neurons                     every neuron for every class
//! proportional  mean of p_cj n_j over the neurons labelled c         Hazan et al., Front. Neuroinform. 12, 2018
//! ```
//!
//! A neuron that answered nothing has no label and no vote; one that answers several classes alike, most of all, is
//! labelled with the first. An image for which several classes come out alike is not recognised: a tie is wrong.

use serde::Serialize;

/// How spike counts become a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum VotingScheme {
    /// The vote.
    ClassMean,
    AllNeurons,
    Proportional,
}

/// The labels of the neurons of one network.
#[derive(Clone, Debug, PartialEq)]
pub struct Labels {
    /// Mean spikes of each neuron in answer to an image of each class; shape \[classes, N\].
    responses: Vec<f32>,
    /// Shares of the responses of a neuron; shape \[classes, N\].
    shares: Vec<f64>,
    /// Place of the class of each neuron; none for one that answered nothing.
    of: Vec<Option<usize>>,
    /// Neurons of each class.
    sizes: Vec<usize>,
    /// Neurons that answer another class as much as that of their label.
    tied: usize,
}

/// The result of the votes for an image. Classes are given by their place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Decision {
    /// No neuron that has a vote fired.
    #[default]
    Silent,
    /// One class got the most.
    Class(usize),
    /// Several classes got the most votes, equally many; the first of them. The image is then not recognised.
    Tied(usize),
}

impl Decision {
    /// The class with the most votes.
    pub fn of<T: PartialOrd + Default + Copy>(votes: impl Iterator<Item = T>) -> Self {
        let (mut decision, mut most) = (Self::Silent, T::default());
        for (class, value) in votes.enumerate() {
            if value > most {
                (decision, most) = (Self::Class(class), value);
            } else if let (true, Some(first)) = (value == most, decision.class_or_first_tied()) {
                decision = Self::Tied(first);
            }
        }
        decision
    }

    /// The class, where one is ahead.
    pub fn class(self) -> Option<usize> {
        match self {
            Self::Class(class) => Some(class),
            Self::Tied(_) | Self::Silent => None,
        }
    }

    /// The same where the first of equals wins: what the authors' notebooks do.
    pub fn class_or_first_tied(self) -> Option<usize> {
        match self {
            Self::Class(class) | Self::Tied(class) => Some(class),
            Self::Silent => None,
        }
    }

    /// Whether several classes got the most.
    pub fn is_tied(self) -> bool {
        matches!(self, Self::Tied(_))
    }
}

impl Labels {
    /// From mean spikes \[classes, N\], at least one class.
    pub fn new(responses: Vec<f32>, classes: usize) -> Self {
        let neurons = responses.len() / classes;
        let response = |class: usize, neuron: usize| f64::from(responses[class * neurons + neuron]);
        let (mut of, mut sizes, mut tied) = (Vec::with_capacity(neurons), vec![0; classes], 0);
        let mut shares = vec![0.0; responses.len()];
        for neuron in 0..neurons {
            let decision = Decision::of((0..classes).map(|class| response(class, neuron)));
            let sum: f64 = (0..classes).map(|class| response(class, neuron)).sum();
            let label = decision.class_or_first_tied();
            if let Some(label) = label {
                sizes[label] += 1;
                for class in 0..classes {
                    shares[class * neurons + neuron] = response(class, neuron) / sum;
                }
            }
            tied += usize::from(decision.is_tied());
            of.push(label);
        }
        Self {
            responses,
            shares,
            of,
            sizes,
            tied,
        }
    }

    /// Mean spikes of each neuron in answer to an image of each class; shape \[classes, N\].
    pub fn responses(&self) -> &[f32] {
        &self.responses
    }

    /// Place of the class of each neuron; none for one that answered nothing.
    pub fn of_neurons(&self) -> &[Option<usize>] {
        &self.of
    }

    /// Neurons without a label.
    pub fn unlabelled(&self) -> usize {
        self.of.iter().filter(|label| label.is_none()).count()
    }

    /// Neurons that answer another class as much as that of their label.
    pub fn tied(&self) -> usize {
        self.tied
    }

    /// The class of an image that evoked these spikes of each neuron.
    pub fn decide(&self, scheme: VotingScheme, counts: &[u16]) -> Decision {
        Decision::of(self.votes(scheme, counts).into_iter())
    }

    /// What each class gets for an image that evoked these spikes of each neuron.
    pub fn votes(&self, scheme: VotingScheme, counts: &[u16]) -> Vec<f64> {
        let neurons = self.of.len();
        let shares = |class: usize| &self.shares[class * neurons..(class + 1) * neurons];
        let mean = |class: usize, share: &dyn Fn(usize) -> f64| {
            let own = (0..neurons).filter(|&neuron| self.of[neuron] == Some(class));
            let sum: f64 = own
                .map(|neuron| share(neuron) * f64::from(counts[neuron]))
                .sum();
            sum / self.sizes[class].max(1) as f64
        };
        let of_class = |class| match scheme {
            VotingScheme::ClassMean => mean(class, &|_| 1.0),
            VotingScheme::Proportional => mean(class, &|neuron| shares(class)[neuron]),
            VotingScheme::AllNeurons => shares(class)
                .iter()
                .zip(counts)
                .map(|(share, &count)| share * f64::from(count))
                .sum(),
        };
        (0..self.sizes.len()).map(of_class).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two classes; neurons: one for each, one between them, one silent.
    fn labels() -> Labels {
        Labels::new(vec![4.0, 0.0, 2.0, 0.0, 1.0, 3.0, 2.0, 0.0], 2)
    }

    #[test]
    fn neurons_take_the_class_that_they_answer_most() {
        let labels = labels();
        assert_eq!(labels.of_neurons(), [Some(0), Some(1), Some(0), None]);
        assert_eq!((labels.unlabelled(), labels.tied()), (1, 1));
    }

    #[test]
    fn read_outs_follow_their_formulas() {
        let labels = labels();
        let decide = |scheme, counts: [u16; 4]| labels.decide(scheme, &counts);
        let class = |scheme, counts| decide(scheme, counts).class();
        // Means of 3 and 2: neurons of class 0 are two.
        assert_eq!(class(VotingScheme::ClassMean, [6, 2, 0, 0]), Some(0));
        // Means of 2.5 and 3, but shares of 0.8 (4 / 5) and 0.5 against 1.
        assert_eq!(class(VotingScheme::ClassMean, [5, 3, 0, 0]), Some(1));
        // 0.8 * 5 = 4 against 1 * 2 + 0.2 * 5 = 3; means of 2 and 3.
        assert_eq!(class(VotingScheme::AllNeurons, [5, 2, 0, 0]), Some(0));
        assert_eq!(class(VotingScheme::Proportional, [5, 3, 0, 0]), Some(1));
        assert_eq!(class(VotingScheme::Proportional, [9, 3, 0, 0]), Some(0));
    }

    #[test]
    fn ties_are_told_and_the_voteless_decide_nothing() {
        let labels = labels();
        let tie = labels.decide(VotingScheme::ClassMean, &[4, 2, 0, 0]);
        assert_eq!(tie, Decision::Tied(0));
        assert_eq!(tie.class(), None, "a tie is wrong");
        for scheme in [
            VotingScheme::ClassMean,
            VotingScheme::AllNeurons,
            VotingScheme::Proportional,
        ] {
            let none = labels.decide(scheme, &[0, 0, 0, 9]);
            assert_eq!(none, Decision::Silent);
        }
    }
}
