//! Networks to compare with.

use super::paper;
use crate::params::*;

/// Names of networks to compare with, which are trained by backpropagation ([`crate::backprop`]).
pub const COMPARATORS: [(&str, &str); 4] = [
    (
        "backprop-softmax",
        "to compare with: a softmax regression, trained by backpropagation",
    ),
    (
        "backprop-mlp",
        "to compare with: 100 rectified hidden neurons (or --set backprop.hidden), trained by backpropagation",
    ),
    (
        "backprop-cnn",
        "to compare with: a small convolutional network, trained by backpropagation",
    ),
    (
        "backprop-spiking",
        "to compare with: 100 spiking hidden neurons, trained by surrogate gradients through time",
    ),
];

/// The one of that name.
pub fn by_name(name: &str) -> Option<Params> {
    let network = match name {
        "backprop-softmax" => Comparator::Softmax,
        "backprop-mlp" => Comparator::Mlp,
        "backprop-cnn" => Comparator::Cnn,
        "backprop-spiking" => Comparator::Spiking,
        _ => return None,
    };
    Some(backprop(name, network))
}

/// A network to compare with, trained on all ten digits, as [`crate::guide::explanation::claims`] explains.
fn backprop(name: &str, network: Comparator) -> Params {
    let mut params = paper();
    params.preset = name.into();
    params.job = Job {
        train: TrainImages::InAll(60_000),
        test_per_class: PerClass::All,
        validation_per_class: 0,
        epochs: match network {
            // Each takes as long as fifty of the others.
            Comparator::Cnn => 4,
            _ => 20,
        },
        metrics_every: MetricsEvery::End,
        ..params.job
    };
    params.model.network.classes = (0..10).collect();
    params.backprop = Some(Backprop {
        network,
        // Of 0.001 to 0.02 the best on validation images, dense and with a tenth of the synapses.
        rate: match network {
            Comparator::Spiking => 0.01,
            _ => 1e-3,
        },
        ..Backprop::default()
    });
    params
}
