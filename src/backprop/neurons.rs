//! Leaky integrate-and-fire neurons driven by a constant current, and their gradient through time.
//!
//! With the membrane potential v, the current I, the time constant tau in steps and the threshold theta (Chen et al. 2021):
//!
//! ```text
//! h(t) = v(t - 1) + (I - v(t - 1)) / tau
//! s(t) = 1 where h(t) >= theta, else 0
//! v(t) = h(t) (1 - s(t))
//! ```
//!
//! Backwards, the derivative of an arctangent of slope a stands for that of a spike (Fang et al. 2021):
//! ds / dh = (a / 2) / (1 + (pi a (h - theta) / 2)^2). The reset passes no gradient by its spike.

use crate::params::Backprop;
use ndarray::Array2;
use std::f32::consts::PI;

/// What neurons are, in the numbers of the kernels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neurons {
    time_steps: usize,
    leak: f32,
    threshold: f32,
    slope: f32,
}

/// The potentials before a spike, step after step: what the way back needs.
pub struct Potentials(Vec<Array2<f32>>);

impl Neurons {
    pub fn new(settings: &Backprop) -> Self {
        Self {
            time_steps: settings.time_steps,
            leak: (1.0 / settings.tau_membrane_steps) as f32,
            threshold: settings.threshold as f32,
            slope: settings.surrogate_slope as f32,
        }
    }

    /// Makes what stands for the derivative of a spike so many times as steep.
    pub fn steepen(&mut self, factor: f32) {
        self.slope *= factor;
    }

    /// How many spikes each neuron fires at these currents, \[images, neurons\]; with `keep` the potentials too.
    pub fn spikes(&self, currents: &Array2<f32>, keep: bool) -> (Array2<f32>, Potentials) {
        let mut counts = Array2::zeros(currents.raw_dim());
        let mut potential = Array2::<f32>::zeros(currents.raw_dim());
        let mut kept = Vec::new();
        for _ in 0..self.time_steps {
            potential.zip_mut_with(currents, |v, current| *v += (current - *v) * self.leak);
            if keep {
                kept.push(potential.clone());
            }
            ndarray::Zip::from(&mut potential)
                .and(&mut counts)
                .for_each(|v, count| {
                    if *v >= self.threshold {
                        (*v, *count) = (0.0, *count + 1.0);
                    }
                });
        }
        (counts, Potentials(kept))
    }

    /// The gradient by the currents, of that by the spike counts: each spike of a neuron counts alike.
    pub fn back(&self, by_counts: &Array2<f32>, potentials: &Potentials) -> Array2<f32> {
        let mut by_currents = Array2::zeros(by_counts.raw_dim());
        let mut by_potential = Array2::<f32>::zeros(by_counts.raw_dim());
        for before_spike in potentials.0.iter().rev() {
            ndarray::Zip::from(&mut by_potential)
                .and(&mut by_currents)
                .and(before_spike)
                .and(by_counts)
                .for_each(|by_v, by_current, &h, &by_spike| {
                    let x = PI * self.slope * (h - self.threshold) / 2.0;
                    let surrogate = self.slope / 2.0 / (1.0 + x * x);
                    let stays = if h >= self.threshold { 0.0 } else { *by_v };
                    let by_h = by_spike * surrogate + stays;
                    *by_current += by_h * self.leak;
                    *by_v = by_h * (1.0 - self.leak);
                });
        }
        by_currents
    }
}
