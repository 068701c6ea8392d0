//! Which neurons fire in a test, which never do, and whether the test is about silence.

use serde::Serialize;

/// Neurons of a network in a test.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Neurons {
    /// Neurons of the group of each trained class, or labelled with it.
    pub per_class: Vec<usize>,
    /// Those of them that never fired in the test.
    pub dead_per_class: Vec<usize>,
    /// All neurons that never fired, also those without a label.
    pub dead: usize,
}

/// Whether each neuron has fired yet.
#[derive(Clone, Debug)]
pub struct Fired(Vec<bool>);

impl Fired {
    pub fn none_of(neurons: usize) -> Self {
        Self(vec![false; neurons])
    }

    /// Takes the spikes of each neuron in answer to an image.
    pub fn add(&mut self, counts: &[u16]) {
        for (fired, &count) in self.0.iter_mut().zip(counts) {
            *fired |= count > 0;
        }
    }

    /// Counts neurons by their class, given by its place.
    pub fn by_class(&self, classes: usize, class_of: impl Fn(usize) -> Option<usize>) -> Neurons {
        let mut neurons = Neurons {
            per_class: vec![0; classes],
            dead_per_class: vec![0; classes],
            dead: 0,
        };
        for (neuron, &fired) in self.0.iter().enumerate() {
            let dead = usize::from(!fired);
            neurons.dead += dead;
            if let Some(class) = class_of(neuron) {
                neurons.per_class[class] += 1;
                neurons.dead_per_class[class] += dead;
            }
        }
        neurons
    }
}

/// A test that says more of silence than of what was learned.
#[derive(Clone, Debug, PartialEq)]
pub struct Silence {
    /// Share of the images of learned labels that no neuron with a say answers.
    pub share: f64,
    /// Learned labels that were shown, whose neurons never fired.
    pub never_fired: Vec<u8>,
    /// Learned labels that no neuron is labelled with.
    pub without_neurons: Vec<u8>,
}

/// The share of silent images above which a test is about silence.
pub const MUCH_SILENCE: f64 = 0.2;

impl Silence {
    /// None where most images of learned labels are answered and every class has neurons that fire. `share` is that of
    /// those images that are not answered; `neurons` are those of each of the `trained` labels, of which some were `shown`.
    pub fn of(share: f64, shown: &[u8], trained: &[u8], neurons: &Neurons) -> Option<Self> {
        let places = || trained.iter().zip(&neurons.per_class);
        let never_fired = places()
            .zip(&neurons.dead_per_class)
            .filter(|((class, all), dead)| **all > 0 && all == dead && shown.contains(class));
        let without_neurons = places().filter(|(_, all)| **all == 0);
        let found = Self {
            share,
            never_fired: never_fired.map(|((&class, _), _)| class).collect(),
            without_neurons: without_neurons.map(|(&class, _)| class).collect(),
        };
        let quiet = found.share > MUCH_SILENCE;
        let lacking = !found.never_fired.is_empty() || !found.without_neurons.is_empty();
        (quiet || lacking).then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neurons_are_counted_by_class_and_the_unlabelled_apart() {
        let mut fired = Fired::none_of(5);
        fired.add(&[0, 3, 0, 0, 0]);
        fired.add(&[0, 0, 0, 1, 0]);
        let classes = [Some(0), Some(0), Some(1), Some(2), None];
        let neurons = fired.by_class(4, |neuron| classes[neuron]);
        assert_eq!(neurons.per_class, [2, 1, 1, 0]);
        assert_eq!(neurons.dead_per_class, [1, 1, 0, 0]);
        assert_eq!(neurons.dead, 3);
        // A class whose neurons never fired is told only if it was shown, one without neurons in any case.
        let trained = [7, 4, 6, 1];
        for (shown, never_fired) in [(&[7, 4][..], vec![4]), (&[7], vec![])] {
            let found = Silence::of(0.2, shown, &trained, &neurons).unwrap();
            assert_eq!(
                (found.never_fired, found.without_neurons),
                (never_fired, vec![1])
            );
        }
        fired.add(&[1; 5]);
        let classes = [0, 1, 2, 3, 3];
        let neurons = fired.by_class(4, |neuron| Some(classes[neuron]));
        assert_eq!(Silence::of(0.2, &[7, 4], &trained, &neurons), None);
        assert!(Silence::of(0.21, &[7, 4], &trained, &neurons).is_some());
    }
}
