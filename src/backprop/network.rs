//! A network as stages, forwards and backwards.

use super::convolution::Maps;
use super::draws::{of_stage, of_step};
use super::neurons::{Neurons, Potentials};
use super::synapses::{Step, Synapses};
use crate::params::{Backprop, Comparator, Params, Sparsity};
use ndarray::{Array1, Array2, ArrayView2, Axis};
use rand::RngExt;

/// Maps of the two convolutions.
const MAPS: [usize; 2] = [8, 16];

/// One after another they make a network.
#[derive(Clone, Debug, PartialEq)]
pub enum Stage {
    Dense(Synapses),
    /// With the shape of what it is given.
    Convolution(Synapses, Maps),
    Rectified,
    Pooled(Maps),
    Spiking(Neurons),
}

impl Stage {
    pub fn synapses(&self) -> Option<&Synapses> {
        match self {
            Self::Dense(synapses) | Self::Convolution(synapses, _) => Some(synapses),
            _ => None,
        }
    }

    pub fn synapses_mut(&mut self) -> Option<&mut Synapses> {
        match self {
            Self::Dense(synapses) | Self::Convolution(synapses, _) => Some(synapses),
            _ => None,
        }
    }

    /// The gradient by what came out of a convolution, \[images, all\], as that of its patches; of other stages as it is.
    pub(super) fn of_patches(&self, by_out: Array2<f32>, kept: &Kept) -> Array2<f32> {
        match (self, kept) {
            (Self::Convolution(synapses, _), Kept::Given(patches)) => {
                reshaped(by_out, (patches.nrows(), synapses.weights.ncols()))
            }
            _ => by_out,
        }
    }

    /// The gradient by what the stage was given, of that by what came out; each hidden spike adds `penalty` to the loss.
    pub(super) fn back(&self, by_out: Array2<f32>, kept: Kept, penalty: f32) -> Array2<f32> {
        match (self, kept) {
            (Self::Dense(synapses), _) => by_out.dot(&synapses.weights.t()),
            (Self::Convolution(synapses, maps), _) => maps.back(&by_out.dot(&synapses.weights.t())),
            (Self::Rectified, Kept::Out(out)) => {
                // Where a neuron dropped out, 0 came out.
                let scale = |by_in: &mut f32, &(out, stays): &(f32, f32)| {
                    *by_in = if out > 0.0 { *by_in * stays } else { 0.0 };
                };
                let mut by_in = by_out;
                by_in.zip_mut_with(&out, scale);
                by_in
            }
            (Self::Pooled(maps), Kept::Largest(from)) => maps.unpool(&by_out, &from),
            (Self::Spiking(neurons), Kept::Fired(potentials, stays)) => {
                neurons.back(&(by_out * stays + penalty), &potentials)
            }
            _ => unreachable!("each stage keeps what it needs"),
        }
    }
}

/// The gradient of the loss by the weights of a stage, and by its biases.
#[derive(Clone, Debug)]
pub struct Gradient {
    pub by_weights: Array2<f32>,
    pub by_biases: Option<Array1<f32>>,
}

/// What the way back needs of a stage.
pub enum Kept {
    /// What a product was of: inputs, or patches of them.
    Given(Array2<f32>),
    /// What came out, each with the factor of those that stay where others drop out.
    Out(Array2<(f32, f32)>),
    Largest(Array2<u32>),
    Fired(Potentials, Array2<f32>),
}

/// A network of stages.
#[derive(Clone, Debug, PartialEq)]
pub struct Stages(pub Vec<Stage>);

/// What a network makes of images.
#[derive(Clone, Debug, PartialEq)]
pub struct Answers {
    /// The drive of each class; \[images, classes\].
    pub scores: Array2<f32>,
    /// Hidden spikes of each image; none in networks that do not spike.
    pub spikes: Option<Vec<u32>>,
    /// Synaptic operations of each image: of the first stage, and of the others.
    pub operations: Vec<[u64; 2]>,
}

impl Stages {
    pub fn new(params: &Params, settings: &Backprop, seed: u64) -> Self {
        let (inputs, image) = (params.model.inputs(), params.model.image());
        let classes = params.model.network.classes.len();
        let spiking = settings.network == Comparator::Spiking;
        let synapses = |stage: usize, shape: (usize, usize)| {
            Synapses::new(shape, !spiking, settings, &mut of_stage(seed, stage))
        };
        let hidden = settings.hidden;
        Self(match settings.network {
            Comparator::Softmax => vec![Stage::Dense(synapses(0, (inputs, classes)))],
            Comparator::Mlp => vec![
                Stage::Dense(synapses(0, (inputs, hidden))),
                Stage::Rectified,
                Stage::Dense(synapses(2, (hidden, classes))),
            ],
            Comparator::Spiking => vec![
                Stage::Dense(synapses(0, (inputs, hidden))),
                Stage::Spiking(Neurons::new(settings)),
                Stage::Dense(synapses(2, (hidden, classes))),
            ],
            Comparator::Cnn => {
                let first = Maps {
                    height: image.height,
                    width: image.width,
                    maps: image.channels,
                };
                let of_first = first.convolved(MAPS[0]);
                let second = of_first.pooled();
                let of_second = second.convolved(MAPS[1]);
                let last = of_second.pooled();
                vec![
                    Stage::Convolution(synapses(0, (first.patch(), MAPS[0])), first),
                    Stage::Rectified,
                    Stage::Pooled(of_first),
                    Stage::Convolution(synapses(3, (second.patch(), MAPS[1])), second),
                    Stage::Rectified,
                    Stage::Pooled(of_second),
                    Stage::Dense(synapses(6, (last.len(), classes))),
                ]
            }
        })
    }

    /// Of inputs in 0..1, \[images, inputs\].
    pub fn answers(&self, inputs: ArrayView2<'_, f32>) -> Answers {
        let images = inputs.nrows();
        let (mut now, mut spikes) = (inputs.to_owned(), None);
        let mut operations = vec![[0; 2]; images];
        for (place, stage) in self.0.iter().enumerate() {
            if let Some(synapses) = stage.synapses() {
                let scale = spikes.is_some();
                let counted = events(stage, &now, synapses, scale);
                for (all, own) in operations.iter_mut().zip(counted) {
                    all[usize::from(place > 0)] += own;
                }
            }
            now = match stage {
                Stage::Dense(synapses) => product(&now.view(), synapses),
                Stage::Convolution(synapses, maps) => convolved(&now.view(), synapses, *maps).0,
                Stage::Rectified => now.mapv(|value| value.max(0.0)),
                Stage::Pooled(maps) => maps.pool(&now).0,
                Stage::Spiking(neurons) => {
                    let (counts, _) = neurons.spikes(&now, false);
                    spikes = Some(counts.sum_axis(Axis(1)).mapv(|sum| sum as u32).to_vec());
                    counts
                }
            };
        }
        Answers {
            scores: now,
            spikes,
            operations,
        }
    }

    /// Learns from a batch, whose classes these are; returns its hidden spikes.
    pub fn learn(
        &mut self,
        inputs: ArrayView2<'_, f32>,
        classes: &[usize],
        settings: &Backprop,
        (seed, step, rewiring): (u64, Step, Option<Rewiring>),
    ) -> u64 {
        let (gradients, spikes) = self.gradients(inputs, classes, settings, (seed, step));
        for (place, (stage, gradient)) in self.0.iter_mut().zip(gradients).enumerate() {
            let (Some(synapses), Some(gradient)) = (stage.synapses_mut(), gradient) else {
                continue;
            };
            let mut rng = of_step(seed, step.number as u64, place);
            synapses.learn(&gradient, (settings, step), &mut rng);
            if let Some(Rewiring {
                share,
                connectivity,
            }) = rewiring
            {
                let wanted = synapses.wanted(connectivity);
                let gone = (share * wanted as f64) as usize;
                let wish = (settings.sparsity != Sparsity::Set).then_some(&gradient.by_weights);
                synapses.rewire(gone, wanted, wish, &mut rng);
            }
        }
        spikes
    }

    /// The gradient of the mean cross-entropy of a batch, and of what the method adds to it, for each stage that has
    /// synapses; and the hidden spikes.
    fn gradients(
        &self,
        inputs: ArrayView2<'_, f32>,
        classes: &[usize],
        settings: &Backprop,
        (seed, step): (u64, Step),
    ) -> (Vec<Option<Gradient>>, u64) {
        let dropping = settings
            .dropout()
            .map(|share| Dropping { share, seed, step });
        let (scores, kept, spikes) = self.forward(inputs, dropping);
        let mut by_out = by_scores(scores, classes);
        let penalty = match settings.sparsity.penalises_spikes() {
            true => settings.spike_penalty as f32 / classes.len() as f32,
            false => 0.0,
        };
        let mut gradients = Vec::new();
        for (place, (stage, kept)) in self.0.iter().zip(kept).enumerate().rev() {
            by_out = stage.of_patches(by_out, &kept);
            gradients.push(match (stage.synapses(), &kept) {
                (Some(synapses), Kept::Given(given)) => Some(Gradient {
                    by_weights: given.t().dot(&by_out),
                    by_biases: (synapses.biases.is_some()).then(|| by_out.sum_axis(Axis(0))),
                }),
                _ => None,
            });
            if place > 0 {
                by_out = stage.back(by_out, kept, penalty);
            }
        }
        gradients.reverse();
        (gradients, spikes)
    }

    /// The scores, with what the way back needs of each stage, and the hidden spikes.
    pub(super) fn forward(
        &self,
        inputs: ArrayView2<'_, f32>,
        dropping: Option<Dropping>,
    ) -> (Array2<f32>, Vec<Kept>, u64) {
        let (mut now, mut all, mut spikes) = (inputs.to_owned(), Vec::new(), 0);
        for (place, stage) in self.0.iter().enumerate() {
            let staying = |like: &Array2<f32>| match dropping {
                Some(dropping) => dropping.staying(like, place),
                None => Array2::ones(like.raw_dim()),
            };
            let (out, kept) = match stage {
                Stage::Dense(synapses) => (product(&now.view(), synapses), Kept::Given(now)),
                Stage::Convolution(synapses, maps) => {
                    let (out, patches) = convolved(&now.view(), synapses, *maps);
                    (out, Kept::Given(patches))
                }
                Stage::Rectified => {
                    let mut out = now.mapv(|value| value.max(0.0));
                    let stays = staying(&out);
                    out *= &stays;
                    let both = ndarray::Zip::from(&out).and(&stays);
                    let both = both.map_collect(|&out, &stays| (out, stays));
                    (out, Kept::Out(both))
                }
                Stage::Pooled(maps) => {
                    let (out, from) = maps.pool(&now);
                    (out, Kept::Largest(from))
                }
                Stage::Spiking(neurons) => {
                    let (counts, potentials) = neurons.spikes(&now, true);
                    spikes += counts.sum() as u64;
                    let stays = staying(&counts);
                    (&counts * &stays, Kept::Fired(potentials, stays))
                }
            };
            now = out;
            all.push(kept);
        }
        (now, all, spikes)
    }
}

/// Which hidden neurons take no part in a step, drawn by its number.
#[derive(Clone, Copy, Debug)]
pub struct Dropping {
    share: f32,
    seed: u64,
    step: Step,
}

impl Dropping {
    /// Factors of what comes out of a stage: 0 for the neurons that take no part, and for the others what makes up for them.
    fn staying(self, like: &Array2<f32>, stage: usize) -> Array2<f32> {
        let share = self.share;
        let mut rng = of_step(self.seed, self.step.number as u64, stage);
        Array2::from_shape_simple_fn(like.raw_dim(), || {
            let stays = rng.random::<f32>() >= share;
            f32::from(u8::from(stays)) / (1.0 - share)
        })
    }
}

/// How a step rewires: the share of the synapses that it replaces, and how many there are then.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rewiring {
    pub share: f64,
    pub connectivity: f64,
}

fn product(given: &ArrayView2<'_, f32>, synapses: &Synapses) -> Array2<f32> {
    let out = given.dot(&synapses.weights);
    match &synapses.biases {
        Some(biases) => out + &biases.values,
        None => out,
    }
}

/// What convolution makes of images, and the patches of them that it took.
fn convolved(
    given: &ArrayView2<'_, f32>,
    synapses: &Synapses,
    maps: Maps,
) -> (Array2<f32>, Array2<f32>) {
    let patches = maps.patches(given);
    let out = product(&patches.view(), synapses);
    let shape = (given.nrows(), out.len() / given.nrows().max(1));
    (reshaped(out, shape), patches)
}

/// The same values in another shape.
fn reshaped(values: Array2<f32>, shape: (usize, usize)) -> Array2<f32> {
    let values = values.into_shape_with_order(shape);
    values.expect("as many values as the shape has")
}

/// The gradient of the mean cross-entropy by the scores.
fn by_scores(mut scores: Array2<f32>, classes: &[usize]) -> Array2<f32> {
    let images = classes.len() as f32;
    for (mut row, &class) in scores.outer_iter_mut().zip(classes) {
        let most = row.fold(f32::MIN, |most, &score| most.max(score));
        row.mapv_inplace(|score| (score - most).exp());
        let sum = row.sum();
        row.mapv_inplace(|part| part / sum);
        row[class] -= 1.0;
        row /= images;
    }
    scores
}

/// Synaptic operations of each image in a stage: one for each synapse that is there behind an input that is not 0, or for
/// each of its spikes.
fn events(stage: &Stage, given: &Array2<f32>, synapses: &Synapses, are_spikes: bool) -> Vec<u64> {
    let behind: Array1<u64> = synapses.weights.map_axis(Axis(1), |row| {
        row.iter().filter(|w| **w != 0.0).count() as u64
    });
    let of_row = |row: ndarray::ArrayView1<'_, f32>| -> u64 {
        let events = row.iter().zip(&behind);
        events
            .filter(|(value, _)| **value != 0.0)
            .map(|(&value, &behind)| {
                if are_spikes {
                    value as u64 * behind
                } else {
                    behind
                }
            })
            .sum()
    };
    match stage {
        Stage::Convolution(_, maps) => {
            let places = maps.height * maps.width;
            let patches = maps.patches(&given.view());
            let sums: Vec<u64> = patches.outer_iter().map(of_row).collect();
            sums.chunks(places).map(|sums| sums.iter().sum()).collect()
        }
        _ => given.outer_iter().map(of_row).collect(),
    }
}

#[cfg(test)]
mod tests;
