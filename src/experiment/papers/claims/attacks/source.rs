//! What an attacker knows of a network: how the scores of the classes change with the pixels. Of networks that learn by
//! local rules it is a model of rates.
//!
//! A neuron j is driven by what its inputs conduct at the threshold theta, on the mean of all draws of the input spikes:
//!
//! ```text
//! drive_j = v_rest - theta + sum_i r_i (tau_ge w+_ij (E_exc - theta) + tau_gi gain w-_ij (E_inh - theta))
//! score_g = sum over the neurons of group g of s ln(1 + exp(drive_j / s))
//! ```
//!
//! with r_i the rate of input i, w+ and w- the sizes of weights above and below 0, and s how soft the threshold is. A neuron
//! with no inhibition from others fires steadily if its drive is above 0.

use crate::backprop::{Ascent, normal};
use crate::trained::Replica;
use ndarray::{Array1, Array2, ArrayView2, Axis, Zip};
use rand::rngs::ChaCha8Rng;

/// Draws of the input spikes over which an averaged gradient is a mean.
const DRAWS: usize = 4;

/// The middle of how soft thresholds are: how soft those of spiking networks are that backpropagation trains.
pub const SOFTNESS: f32 = 0.3;

/// How a network is looked at.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// How soft thresholds are, relative to how drives spread over images.
    pub softness: f32,
    /// Whether gradients are means over draws of the input spikes.
    pub averaged: bool,
    /// Whether spikes of all neurons are looked at in place of scores.
    pub of_spikes: bool,
}

/// A network, looked at.
pub enum Source {
    Rates(Rates),
    Stages(Ascent),
}

/// The model of rates.
pub struct Rates {
    /// What an input of full intensity adds to the drive of a neuron; \[inputs, neurons\], in mV.
    drive: Array2<f32>,
    /// The same squared, over the spikes of such an input: the variance of the drive over draws.
    variance: Array2<f32>,
    offset: f32,
    softness: f32,
    averaged: bool,
    neurons_per_group: usize,
    /// Sum of the intensities that an image is scaled to; none where it is shown as it is.
    sum: Option<f32>,
}

impl Rates {
    pub fn new(replica: &Replica, view: View, images: ArrayView2<'_, f32>) -> Self {
        let params = &replica.network.params;
        let (input, cell) = (&params.model.input, &params.model.excitatory);
        let shape = (params.model.inputs(), params.model.neurons());
        let theta = cell.v_threshold_test_mv;
        let per_ms = input.full_rate_hz / 1000.0;
        let excites = per_ms * cell.tau_ge_ms * (cell.e_excitatory_mv - theta);
        let inhibits = per_ms
            * cell.tau_gi_ms
            * params.model.learning.inhibitory_gain
            * (cell.e_inhibitory_mv - theta);
        let of_weight = |at: (usize, usize)| {
            let weight = f64::from(replica.weights[at.0 * shape.1 + at.1]);
            (weight.max(0.0) * excites - weight.min(0.0) * inhibits) as f32
        };
        let drive = Array2::from_shape_fn(shape, of_weight);
        let spikes = (per_ms * params.model.time.stimulus_ms) as f32;
        let mut rates = Self {
            variance: drive.mapv(|value| value * value / spikes.max(1e-3)),
            drive,
            offset: (cell.v_rest_mv - theta) as f32,
            softness: 1.0,
            averaged: view.averaged,
            neurons_per_group: params.model.network.group_size(),
            sum: (input.mean_rate_hz > 0.0)
                .then(|| (input.mean_rate_hz / input.full_rate_hz * shape.0 as f64) as f32),
        };
        let spread = rates.drives(images).std(0.0);
        rates.softness = (view.softness * spread).max(1e-3);
        rates
    }

    /// Intensities as the inputs are given them.
    fn shown(&self, images: ArrayView2<'_, f32>) -> (Array2<f32>, Array1<f32>) {
        let gains = images.sum_axis(Axis(1)).mapv(|own| match self.sum {
            Some(sum) if own > 0.0 => sum / own,
            _ => 1.0,
        });
        let mut shown = images.to_owned();
        for (mut row, &gain) in shown.outer_iter_mut().zip(&gains) {
            row.mapv_inplace(|pixel| (pixel * gain).min(1.0));
        }
        (shown, gains)
    }

    fn drives(&self, images: ArrayView2<'_, f32>) -> Array2<f32> {
        self.shown(images).0.dot(&self.drive) + self.offset
    }

    /// The sum of what the neurons of each group have.
    fn of_groups(&self, of_neurons: &Array2<f32>) -> Array2<f32> {
        let groups = of_neurons.ncols() / self.neurons_per_group;
        Array2::from_shape_fn((of_neurons.nrows(), groups), |(image, group)| {
            let first = group * self.neurons_per_group;
            let own = of_neurons.row(image);
            (first..first + self.neurons_per_group)
                .map(|neuron| own[neuron])
                .sum()
        })
    }

    fn climb(
        &self,
        images: ArrayView2<'_, f32>,
        rng: &mut ChaCha8Rng,
        by_out: impl FnOnce(&Array2<f32>) -> Array2<f32>,
    ) -> (Array2<f32>, Array2<f32>) {
        let (shown, gains) = self.shown(images);
        let drives = shown.dot(&self.drive) + self.offset;
        let soft = self.softness;
        let (mut rates, mut slopes) = (
            Array2::zeros(drives.raw_dim()),
            Array2::zeros(drives.raw_dim()),
        );
        let draws = if self.averaged { DRAWS } else { 1 };
        let spread = (self.averaged).then(|| shown.dot(&self.variance).mapv(f32::sqrt));
        for _ in 0..draws {
            let mut drawn = drives.clone();
            if let Some(spread) = &spread {
                drawn.zip_mut_with(spread, |drive, spread| *drive += spread * normal(rng));
            }
            Zip::from(&mut rates)
                .and(&mut slopes)
                .and(&drawn)
                .for_each(|rate, slope, &drive| {
                    let x = drive / soft;
                    // ln(1 + exp(x)), without overflow.
                    *rate += soft * (x.max(0.0) + (-x.abs()).exp().ln_1p()) / draws as f32;
                    *slope += 1.0 / (1.0 + (-x).exp()) / draws as f32;
                });
        }
        let scores = self.of_groups(&rates);
        let by_scores = by_out(&scores);
        let mut by_drives = slopes;
        for ((image, neuron), by) in by_drives.indexed_iter_mut() {
            *by *= by_scores[(image, neuron / self.neurons_per_group)];
        }
        let mut by_images = by_drives.dot(&self.drive.t());
        let rows = by_images.outer_iter_mut().zip(shown.outer_iter());
        for ((mut by, shown), &gain) in rows.zip(&gains) {
            by.zip_mut_with(&shown, |by, &shown| {
                if shown >= 1.0 {
                    *by = 0.0;
                }
            });
            if let Some(sum) = self.sum {
                // Each pixel lowers the gain of all: shown_k = gain x_k, gain = sum / (x_1 + ...).
                let all = by.dot(&shown) / sum;
                by.mapv_inplace(|by| gain * (by - all));
            }
        }
        (scores, by_images)
    }

    /// For each image how far, in the largest change of a pixel, the drives of its group and of the nearest other one are
    /// apart, were they linear to the end: their difference over the L1 norm of that of the weights.
    pub fn distances(&self, images: ArrayView2<'_, f32>, labels: &[usize]) -> Vec<f32> {
        let (shown, gains) = self.shown(images);
        let weights = self.of_groups(&self.drive);
        let scores = self.of_groups(&(shown.dot(&self.drive) + self.offset));
        let distances = distances(&scores, &weights, labels);
        (distances.iter().zip(&gains))
            .map(|(far, gain)| far / gain)
            .collect()
    }
}

/// The least of (score of the own class - score of another) over the L1 norm of the difference of their weights.
pub fn distances(scores: &Array2<f32>, weights: &Array2<f32>, labels: &[usize]) -> Vec<f32> {
    let classes = weights.ncols();
    let norm = |a: usize, b: usize| {
        (&weights.column(a) - &weights.column(b))
            .mapv(f32::abs)
            .sum()
    };
    let of_image = |(row, &own): (ndarray::ArrayView1<'_, f32>, &usize)| {
        let others = (0..classes).filter(|&class| class != own);
        let far = others.map(|other| (row[own] - row[other]) / norm(own, other).max(1e-12));
        far.fold(f32::MAX, f32::min)
    };
    scores.outer_iter().zip(labels).map(of_image).collect()
}

impl Source {
    /// Scores, \[images, classes\], and the gradient by the pixels, \[images, inputs\], of what has this one by the scores.
    pub fn climb(
        &self,
        images: ArrayView2<'_, f32>,
        rng: &mut ChaCha8Rng,
        by_out: impl FnOnce(&Array2<f32>) -> Array2<f32>,
    ) -> (Array2<f32>, Array2<f32>) {
        match self {
            Self::Rates(rates) => rates.climb(images, rng, by_out),
            Self::Stages(stages) => stages.climb(images, by_out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backprop::Learners;
    use crate::draws::generator;
    use crate::network::Network;
    use crate::presets;
    use rand::RngExt;

    /// The slope of a sum of scores along a random direction, by the gradient and by differences.
    fn slopes(source: &Source) -> (f32, f32) {
        let images = Array2::from_shape_simple_fn((2, 784), {
            let mut rng = generator(3, 1);
            move || rng.random_range(0.1..0.3)
        });
        let mut rng = generator(3, 2);
        let along = Array2::from_shape_simple_fn((2, 784), || rng.random_range(-1.0f32..1.0));
        let factors = [1.0, -0.5, 2.0, 0.25, -1.0, 0.5, 0.0, 1.5, -2.0, 1.0];
        let by = |scores: &Array2<f32>| {
            Array2::from_shape_fn(scores.raw_dim(), |(image, class)| {
                factors[class] * (1.0 + image as f32)
            })
        };
        let sum = |images: &Array2<f32>| {
            let (scores, _) = source.climb(images.view(), &mut generator(3, 3), by);
            (&scores * &by(&scores)).mapv(f64::from).sum()
        };
        let (_, gradient) = source.climb(images.view(), &mut generator(3, 3), by);
        let step = 1e-4;
        let there = sum(&(&images + &(&along * step))) - sum(&(&images - &(&along * step)));
        ((&gradient * &along).sum(), (there / 2e-4) as f32)
    }

    #[test]
    fn gradients_are_those_of_differences() {
        let network = Network::new(&presets::ten_class(), 0).unwrap();
        let replica = Replica::untrained(network);
        let images =
            Array2::from_shape_fn((4, 784), |(image, at)| (at % (7 + image)) as f32 / 20.0);
        let view = View {
            softness: 1.0,
            averaged: false,
            of_spikes: false,
        };
        let rates = Source::Rates(Rates::new(&replica, view, images.view()));
        let learners = |name: &str| {
            let mut params = presets::by_name(name).unwrap();
            params.model.network.classes = (0..10).collect();
            Learners::new(&params).unwrap()
        };
        let stages =
            |name: &str| Source::Stages(Ascent::new(&learners(name).networks[0], (1.0, false)));
        for (name, source) in [
            ("rates", rates),
            ("softmax", stages("backprop-softmax")),
            ("mlp", stages("backprop-mlp")),
            ("cnn", stages("backprop-cnn")),
        ] {
            let (by_gradient, by_differences) = slopes(&source);
            let far = (by_gradient - by_differences).abs();
            assert!(
                far < 0.05 * by_differences.abs(),
                "{name}: {by_gradient} {by_differences}"
            );
        }
    }

    /// An image that is moved by its distance is at the border; a little further, it is across.
    #[test]
    fn distances_reach_to_the_border() {
        let weights = ndarray::arr2(&[[1.0, -1.0], [0.5, 0.25]]);
        let image = ndarray::arr2(&[[0.8, 0.2]]);
        let far = distances(&image.dot(&weights), &weights, &[0])[0];
        let lead = |by: f32| {
            let moved = ndarray::arr2(&[[0.8 - by, 0.2 - by]]).dot(&weights);
            moved[(0, 0)] - moved[(0, 1)]
        };
        assert!(lead(0.99 * far) > 0.0 && lead(1.01 * far) < 0.0, "{far}");
    }
}
