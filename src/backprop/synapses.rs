//! Weights that learn by Adam, of which some may be absent.

use super::draws::{normal, places};
use super::network::Gradient;
use crate::params::{Backprop, Sparsity};
use ndarray::{Array1, Array2, Zip};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;

/// Adam's (Kingma & Ba 2015).
const BETAS: [f32; 2] = [0.9, 0.999];
const EPSILON: f32 = 1e-8;
/// Where the prior of Grad R pulls: below 0 by so many standard deviations of the first weights.
const CENTRE: f32 = 1.0;
/// What a synapse begins with that DEEP R brings back, relative to the same.
const BACK: f32 = 1e-3;
/// Noise of DEEP R, relative to the rate.
const NOISE: f32 = 1e-2;

/// The weights of one stage, \[inputs, outputs\], and its biases.
#[derive(Clone, Debug, PartialEq)]
pub struct Synapses {
    /// As they act: 0 where a synapse is absent.
    pub weights: Array2<f32>,
    /// What learns. Its sign is that of the weight, but for weights of a fixed sign, where it is how large they are, and
    /// below 0 they sleep.
    pub parameters: Array2<f32>,
    /// 1 or -1 where signs are fixed, 1 elsewhere; 0 where a synapse is absent.
    pub signs: Array2<i8>,
    pub moments: [Array2<f32>; 2],
    /// None where a stage has none.
    pub biases: Option<Biases>,
    /// Standard deviation of the first weights.
    pub scale: f32,
    /// Whether signs are fixed.
    pub fixed: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Biases {
    pub values: Array1<f32>,
    pub moments: [Array1<f32>; 2],
}

/// One step of the optimiser.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// From 1.
    pub number: i32,
    pub rate: f32,
}

impl Step {
    /// What Adam takes from a parameter.
    fn change(self, gradient: f32, first: &mut f32, second: &mut f32) -> f32 {
        let [b1, b2] = BETAS;
        *first = normal_or_0(b1 * *first + (1.0 - b1) * gradient);
        *second = normal_or_0(b2 * *second + (1.0 - b2) * gradient * gradient);
        let first = *first / (1.0 - b1.powi(self.number));
        let second = *second / (1.0 - b2.powi(self.number));
        self.rate * first / (second.sqrt() + EPSILON)
    }
}

/// A number, or 0 for one so small that processors take long over it.
fn normal_or_0(value: f32) -> f32 {
    if value.abs() < 1e-30 { 0.0 } else { value }
}

impl Synapses {
    /// Weights drawn with a standard deviation of sqrt(2 / inputs) (He et al. 2015), of the inputs whose synapses the
    /// method begins with.
    pub fn new(
        (inputs, outputs): (usize, usize),
        with_biases: bool,
        settings: &Backprop,
        rng: &mut ChaCha8Rng,
    ) -> Self {
        let share = match settings.sparsity.begins_sparse() {
            true => settings.connectivity,
            false => 1.0,
        };
        let scale = (2.0 / (inputs as f64 * share)).sqrt() as f32;
        let shape = (inputs, outputs);
        let mut parameters = Array2::from_shape_simple_fn(shape, || scale * normal(rng));
        let mut signs = Array2::from_elem(shape, 1);
        if settings.sparsity.signs_are_fixed() {
            signs = parameters.mapv(|value| if value < 0.0 { -1 } else { 1 });
            parameters.mapv_inplace(f32::abs);
        }
        let zeros = || [Array2::zeros(shape), Array2::zeros(shape)];
        let mut synapses = Self {
            weights: Array2::zeros(shape),
            parameters,
            signs,
            moments: zeros(),
            biases: with_biases.then(|| Biases {
                values: Array1::zeros(outputs),
                moments: [Array1::zeros(outputs), Array1::zeros(outputs)],
            }),
            scale,
            fixed: settings.sparsity.signs_are_fixed(),
        };
        let all = inputs * outputs;
        for place in places(rng, all, all - synapses.wanted(share)) {
            synapses.remove(place);
        }
        synapses.act();
        synapses
    }

    /// So many synapses are that share.
    pub fn wanted(&self, connectivity: f64) -> usize {
        let all = self.weights.len();
        ((connectivity * all as f64).round() as usize).clamp(1, all)
    }

    /// Synapses whose weight is not 0.
    pub fn present(&self) -> usize {
        self.weights.iter().filter(|&&weight| weight != 0.0).count()
    }

    /// Learns from the gradient of the loss by the weights; what is absent learns nothing.
    pub fn learn(
        &mut self,
        gradient: &Gradient,
        (settings, step): (&Backprop, Step),
        rng: &mut ChaCha8Rng,
    ) {
        let strength = settings.strength as f32;
        let [first, second] = &mut self.moments;
        Zip::from(&mut self.parameters)
            .and(&self.signs)
            .and(&gradient.by_weights)
            .and(first)
            .and(second)
            .for_each(|parameter, &sign, &gradient, first, second| {
                if sign != 0 {
                    let gradient = f32::from(sign) * gradient;
                    *parameter -= step.change(gradient, first, second);
                }
            });
        if let (Some(own), Some(gradient)) = (&mut self.biases, &gradient.by_biases) {
            let [first, second] = &mut own.moments;
            Zip::from(&mut own.values)
                .and(gradient)
                .and(first)
                .and(second)
                .for_each(|value, &gradient, first, second| {
                    *value -= step.change(gradient, first, second);
                });
        }
        match settings.sparsity {
            Sparsity::L1 => self.parameters.mapv_inplace(|value| {
                let less = value.abs() - step.rate * strength;
                less.max(0.0).copysign(value)
            }),
            Sparsity::GradR => {
                let (centre, pull) = (-CENTRE * self.scale, step.rate * strength);
                self.parameters
                    .mapv_inplace(|value| value - pull * (value - centre).signum());
            }
            Sparsity::DeepR => self.deep_r(step.rate, strength, settings.connectivity, rng),
            _ => {}
        }
        self.act();
    }

    /// The drift and the noise of DEEP R; what crosses 0 goes, and as many come back at random places with random signs.
    fn deep_r(&mut self, rate: f32, strength: f32, connectivity: f64, rng: &mut ChaCha8Rng) {
        let values = self.parameters.iter_mut().zip(&mut self.signs);
        let mut there = 0;
        for (value, sign) in values.filter(|(_, sign)| **sign != 0) {
            *value += rate * (NOISE * normal(rng) - strength);
            if *value < 0.0 {
                (*value, *sign) = (0.0, 0);
            } else {
                there += 1;
            }
        }
        let absent = |(place, &sign): (usize, &i8)| (sign == 0).then_some(place);
        let absent: Vec<usize> = self.signs.iter().enumerate().filter_map(absent).collect();
        let missing = self.wanted(connectivity).saturating_sub(there);
        for place in places(rng, absent.len(), missing) {
            self.bring(absent[place], BACK * self.scale);
            let signs = self.signs.as_slice_mut().unwrap_or_default();
            signs[absent[place]] = if rng.random::<bool>() { 1 } else { -1 };
        }
    }

    /// Puts in place of `gone` synapses, the smallest, so many that `wanted` are there: by the gradient, or at random.
    pub fn rewire(
        &mut self,
        gone: usize,
        wanted: usize,
        gradient: Option<&Array2<f32>>,
        rng: &mut ChaCha8Rng,
    ) {
        let of = |signs: &Array2<i8>, is_there: bool| -> Vec<usize> {
            let signs = signs.iter().enumerate();
            signs
                .filter(|(_, sign)| (**sign != 0) == is_there)
                .map(|(place, _)| place)
                .collect()
        };
        let flat = |values: &Array2<f32>| -> Vec<f32> { values.iter().map(|v| v.abs()).collect() };
        let sizes = flat(&self.parameters);
        let mut there = of(&self.signs, true);
        let mut absent = of(&self.signs, false);
        let gone = gone
            .max(there.len().saturating_sub(wanted))
            .min(there.len());
        there.sort_by(|&a, &b| sizes[a].total_cmp(&sizes[b]).then(a.cmp(&b)));
        for &place in &there[..gone] {
            self.remove(place);
        }
        let coming = (wanted + gone).saturating_sub(there.len());
        let coming: Vec<usize> = match gradient {
            Some(gradient) => {
                let wish = flat(gradient);
                absent.sort_by(|&a, &b| wish[b].total_cmp(&wish[a]).then(a.cmp(&b)));
                absent.truncate(coming);
                absent
            }
            None => places(rng, absent.len(), coming)
                .into_iter()
                .map(|place| absent[place])
                .collect(),
        };
        for place in coming {
            self.bring(place, 0.0);
        }
        self.act();
    }

    fn remove(&mut self, place: usize) {
        self.set(place, 0.0, 0);
    }

    fn bring(&mut self, place: usize, value: f32) {
        self.set(place, value, 1);
    }

    fn set(&mut self, place: usize, value: f32, sign: i8) {
        let at = (place / self.weights.ncols(), place % self.weights.ncols());
        (self.parameters[at], self.signs[at]) = (value, sign);
        let [first, second] = &mut self.moments;
        (first[at], second[at]) = (0.0, 0.0);
    }

    /// Begins the optimiser anew.
    pub fn forget_moments(&mut self) {
        self.moments.iter_mut().for_each(|moment| moment.fill(0.0));
        if let Some(own) = &mut self.biases {
            own.moments.iter_mut().for_each(|moment| moment.fill(0.0));
        }
    }

    /// Makes the weights what the parameters say.
    fn act(&mut self) {
        let fixed = self.fixed;
        Zip::from(&mut self.weights)
            .and(&self.parameters)
            .and(&self.signs)
            .for_each(|weight, &value, &sign| {
                let value = if fixed { value.max(0.0) } else { value };
                *weight = f32::from(sign) * value;
            });
    }
}
