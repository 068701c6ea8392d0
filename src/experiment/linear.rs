//! A linear classifier of the spike counts, as a comparison only: the networks themselves vote by groups or labels.
//!
//! A map from the counts of all neurons and a constant to the classes is fitted to training images by least squares
//! with a small penalty (ridge regression, one column a class, 1 for the class of the image and 0 for others); the
//! recognised class is the one with the greatest value. It sees labels and all neurons at once, so it says what the
//! counts hold, not what the network knows.

use super::ExperimentError;
use super::answers::{Listener, answers};
use super::prepare::ShownImages;
use super::selection::ClassImages;
use crate::backend::{Backend, Frozen, TestImages};
use crate::model::rng::Stream;
use nalgebra::{DMatrix, DVector};

/// Weight of the penalty, relative to the mean diagonal of the counts' products.
const RIDGE: f64 = 1e-3;

/// A network whose counts cannot be fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a linear classifier needs images to be fitted to that evoke spikes")]
pub struct NothingToFit;

/// A fitted map; shape \[neurons + 1, classes\].
struct Map(DMatrix<f64>);

/// Sums of products over images: of the counts with themselves, and with the classes.
struct Products {
    counts: DMatrix<f64>,
    classes: DMatrix<f64>,
}

/// The counts of one image with a constant behind them.
fn features(counts: &[u16]) -> DVector<f64> {
    let counts = counts.iter().map(|&count| f64::from(count));
    DVector::from_iterator(counts.len() + 1, counts.chain([1.0]))
}

impl Products {
    fn new(neurons: usize, classes: usize) -> Self {
        Self {
            counts: DMatrix::zeros(neurons + 1, neurons + 1),
            classes: DMatrix::zeros(neurons + 1, classes),
        }
    }

    fn add(&mut self, counts: &[u16], class: usize) {
        let x = features(counts);
        self.counts.ger(1.0, &x, &x, 1.0);
        self.classes.column_mut(class).axpy(1.0, &x, 1.0);
    }

    fn solve(mut self) -> Result<Map, NothingToFit> {
        let size = self.counts.nrows();
        let penalty = RIDGE * self.counts.trace() / size as f64;
        for diagonal in 0..size {
            self.counts[(diagonal, diagonal)] += penalty;
        }
        let decomposed = self.counts.cholesky().ok_or(NothingToFit)?;
        Ok(Map(decomposed.solve(&self.classes)))
    }
}

impl Map {
    /// The class with the greatest value.
    fn class(&self, counts: &[u16]) -> usize {
        (self.0.transpose() * features(counts)).argmax().0
    }
}

/// Accuracy of a linear classifier for each network, fitted to the training images of `fit` and tested on `test`, both
/// as they are shown. Images come class by class, in the order of the networks' classes.
///
/// # Errors
/// When there is nothing to fit, or the backend fails.
pub fn linear_classifier(
    backend: &dyn Backend,
    networks: &[Frozen<'_>],
    fit: (&ShownImages<'_>, &[ClassImages]),
    test: (&ShownImages<'_>, &[ClassImages]),
) -> Result<Vec<f64>, ExperimentError> {
    let classes = fit.1.len();
    let new = |frozen: &Frozen<'_>| Products::new(frozen.network.params.model.neurons(), classes);
    let mut products: Vec<Products> = networks.iter().map(new).collect();
    each_answer(
        backend,
        networks,
        fit,
        Stream::Train,
        |network, class, counts| {
            products[network].add(counts, class);
        },
    )?;
    let maps = products
        .into_iter()
        .map(Products::solve)
        .collect::<Result<Vec<_>, _>>()?;
    let (mut correct, mut shown) = (vec![0usize; networks.len()], vec![0usize; networks.len()]);
    each_answer(
        backend,
        networks,
        test,
        Stream::Test,
        |network, class, counts| {
            shown[network] += 1;
            correct[network] += usize::from(maps[network].class(counts) == class);
        },
    )?;
    let accuracy = |(&correct, &shown): (&usize, &usize)| correct as f64 / shown.max(1) as f64;
    Ok(correct.iter().zip(&shown).map(accuracy).collect())
}

/// Shows images to all networks; `take` gets the network, the place of the class and the counts of each.
fn each_answer(
    backend: &dyn Backend,
    networks: &[Frozen<'_>],
    (images, classes): (&ShownImages<'_>, &[ClassImages]),
    stream: Stream,
    mut take: impl FnMut(usize, usize, &[u16]),
) -> Result<(), ExperimentError> {
    for (class, of_class) in classes.iter().enumerate() {
        let shown = TestImages {
            pixels: images.pixels(),
            images: &of_class.images,
            keys: &[],
            stream,
            attempt: 0,
        };
        let listener = Listener {
            take: &mut |network, _, counts| take(network, class, counts),
            told: &mut |_| Ok(()),
        };
        answers(backend, networks, shown, listener)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linear_map_is_found() {
        let mut products = Products::new(3, 2);
        // Class 1 is where the second neuron fires more than the others together, which no group vote sees.
        let images: Vec<[u16; 3]> = (0..200u16).map(|i| [i % 7, i % 11, i % 5]).collect();
        let class = |counts: &[u16; 3]| usize::from(counts[1] > counts[0] + counts[2]);
        for counts in &images {
            products.add(counts, class(counts));
        }
        let map = products.solve().unwrap();
        let right = images
            .iter()
            .filter(|counts| map.class(*counts) == class(counts));
        assert!(right.count() > 180);
    }

    #[test]
    fn nothing_cannot_be_fitted() {
        assert!(Products::new(2, 2).solve().is_err());
    }
}
