//! Random parameters of learning: rules that have names and rules of random formulas, weights, traces and steps.

use super::formulas::set_random_rule;
use super::params::{real, zero_or};
use proptest::prelude::*;
use spikeprune::params::*;

/// A rule that has a name, or a seed that draws one's formulas and whether they name groups.
#[derive(Clone, Copy, Debug)]
enum Rule {
    Named(&'static str),
    Random { seed: u64, of_groups: bool },
}

impl Rule {
    fn set(self, learning: &mut Learning) {
        match self {
            Self::Named(name) => learning.set_rule(name),
            Self::Random { seed, of_groups } => set_random_rule(learning, seed, of_groups),
        }
    }
}

fn rule() -> impl Strategy<Value = Rule> {
    let random = any::<(u64, bool)>();
    let named = named_rules().iter().map(|rule| Rule::Named(&rule.name));
    prop_oneof![
        3 => prop::sample::select(named.collect::<Vec<_>>()),
        1 => random.prop_map(|(seed, of_groups)| Rule::Random { seed, of_groups })
    ]
}

/// What the weights may be: at least 0; below it too; or scaled to a sum, a share of the largest that there can be.
#[derive(Clone, Copy, Debug)]
enum Weights {
    Plain,
    Signed { w_min: f64, gain: f64 },
    Scaled { share: f64 },
}

fn weights() -> impl Strategy<Value = Weights> {
    let signed = (real(0.05, 1.0), real(0.0, 2.0));
    prop_oneof![
        Just(Weights::Plain),
        signed.prop_map(|(below, gain)| Weights::Signed {
            w_min: -below,
            gain
        }),
        real(0.1, 0.8).prop_map(|share| Weights::Scaled { share })
    ]
}

/// Images of a batch, how it grows, its steps, and the most that it changes a weight.
fn batches() -> impl Strategy<Value = (usize, usize, f64, f64)> {
    let images = prop_oneof![Just(1), 2..=8usize];
    let change_max = prop_oneof![real(0.001, 0.1), real(0.1, 2.0)];
    (images, 0..=3usize, real(0.5, 10.0), change_max)
}

pub fn learning() -> impl Strategy<Value = Learning> {
    let start = (real(0.2, 1.0), zero_or(real(0.0, 1.0)));
    let taus = (real(5.0, 50.0), real(5.0, 50.0), real(5.0, 80.0));
    let a_pre = prop_oneof![real(0.0, 0.05), real(0.0, 1.0)];
    let a_post = prop_oneof![real(0.0, 0.05), real(0.0, 1.0)];
    let steps = (a_pre, a_post, prop_oneof![Just(1.0), real(0.0, 1.0)]);
    let gate = (
        prop_oneof![real(1.0, 20.0), real(1.0, 300.0)],
        real(0.001, 1.0),
        zero_or(real(0.0, 1.0)),
    );
    let dropout = prop_oneof![2 => Just(0.0), 1 => real(0.05, 0.9)];
    let gmax = real(0.02, 0.2);
    let strength = (gmax, dropout);
    let drawn = (
        rule(),
        strength,
        weights(),
        start,
        taus,
        steps,
        gate,
        batches(),
    );
    drawn.prop_map(
        |(rule, strength, weights, start, taus, steps, gate, batches)| {
            let (gmax, dropout) = strength;
            let (batch, batch_growth_images, batch_step_images, batch_change_max) = batches;
            let (w_min, inhibitory_gain, w_total) = match weights {
                Weights::Plain => (0.0, 1.0, 0.0),
                Weights::Signed { w_min, gain } => (w_min, gain, 0.0),
                Weights::Scaled { share } => (0.0, 1.0, (share * gmax * REFERENCE_INPUTS).round()),
            };
            let (w_start_max, share) = start;
            let (tau_pre_ms, tau_post_ms, tau_post_slow_ms) = taus;
            let (a_pre, depression, step_end) = steps;
            let (target_spikes, target_floor, tolerance) = gate;
            let mut learning = Learning {
                gmax,
                w_min,
                w_start_min: share * w_start_max,
                w_start_max,
                w_total,
                inhibitory_gain,
                tau_pre_ms,
                tau_post_ms,
                a_pre,
                a_post: 0.0 - depression,
                step_end,
                dropout,
                batch,
                batch_growth_images,
                batch_step_images,
                batch_change_max,
                ..Learning::default()
            };
            rule.set(&mut learning);
            let drawn = [
                ("tau_post_slow_ms", tau_post_slow_ms),
                ("target_spikes", target_spikes),
                ("target_floor", target_floor),
                ("tolerance", tolerance),
            ];
            for (name, constant) in &mut learning.constants {
                let drawn = drawn.iter().find(|(drawn, _)| drawn == name);
                *constant = drawn.map_or(*constant * tau_pre_ms / 20.0, |(_, value)| *value);
            }
            learning
        },
    )
}
