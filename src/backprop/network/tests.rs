use super::*;
use crate::params::PerClass;
use crate::presets;

const STEP: Step = Step {
    number: 1,
    rate: 0.01,
};

/// A small job of a network, its stages, and six images with their classes.
fn small(preset: &str) -> (Params, Stages, Array2<f32>, Vec<usize>) {
    let mut params = presets::by_name(preset).unwrap();
    params.model.network.classes = vec![0, 1, 2];
    (params.model.input.height, params.model.input.width) = (8, 8);
    params.job.test_per_class = PerClass::First(1);
    let settings = params.backprop.as_mut().unwrap();
    settings.hidden = 5;
    let stages = Stages::new(&params, params.backprop.as_ref().unwrap(), 3);
    let mut rng = of_stage(7, 0);
    let images = Array2::from_shape_simple_fn((6, 64), || rng.random::<f32>());
    (params, stages, images, vec![0, 1, 2, 2, 1, 0])
}

fn loss(stages: &Stages, images: &Array2<f32>, classes: &[usize]) -> f64 {
    let scores = stages.answers(images.view()).scores;
    let of_image = |(row, &class): (ndarray::ArrayView1<'_, f32>, &usize)| {
        let sum: f64 = row.iter().map(|&score| f64::from(score).exp()).sum();
        sum.ln() - f64::from(row[class])
    };
    let losses = scores.outer_iter().zip(classes).map(of_image);
    losses.sum::<f64>() / classes.len() as f64
}

/// The gradients are what a small change of each weight does to the loss.
#[test]
fn gradients_are_those_of_differences() {
    for preset in ["backprop-softmax", "backprop-mlp", "backprop-cnn"] {
        let (params, stages, images, classes) = small(preset);
        let settings = params.backprop.as_ref().unwrap();
        let (gradients, _) = stages.gradients(images.view(), &classes, settings, (1, STEP));
        let mut compared = 0;
        for (place, gradient) in gradients.iter().enumerate() {
            let Some(Gradient {
                by_weights,
                by_biases,
            }) = gradient
            else {
                continue;
            };
            let change = |at: Option<(usize, usize)>, by: f32| {
                let mut changed = stages.clone();
                let synapses = changed.0[place].synapses_mut().unwrap();
                match at {
                    Some(at) => synapses.weights[at] += by,
                    None => synapses.biases.as_mut().unwrap().values[0] += by,
                }
                loss(&changed, &images, &classes)
            };
            let slope = |at| (change(at, 2e-4) - change(at, -2e-4)) / 4e-4;
            for (at, &found) in by_weights.indexed_iter().step_by(7) {
                let expected = slope(Some(at));
                let near = (f64::from(found) - expected).abs() < 2e-3 + 0.02 * expected.abs();
                assert!(
                    near,
                    "{preset}, stage {place}, {at:?}: {found} and {expected}"
                );
                compared += 1;
            }
            let (found, expected) = (by_biases.as_ref().unwrap()[0], slope(None));
            assert!(
                (f64::from(found) - expected).abs() < 2e-3,
                "{preset}, stage {place}"
            );
        }
        assert!(compared > 20, "{preset}: {compared}");
    }
}

/// Backwards through time, neurons give what a change of their current makes of their spikes forwards, where the surrogate
/// stands for the derivative of a spike.
#[test]
fn the_way_back_through_time_is_the_way_forward() {
    let settings = Backprop {
        surrogate_slope: 1.5,
        tau_membrane_steps: 3.0,
        time_steps: 12,
        ..Backprop::default()
    };
    let neurons = Neurons::new(&settings);
    let currents = Array2::from_shape_fn((2, 40), |(image, neuron)| 0.07 * (image + neuron) as f32);
    let (counts, potentials) = neurons.spikes(&currents, true);
    assert!(counts.iter().any(|&count| count == 0.0) && counts.iter().any(|&count| count > 3.0));
    let found = neurons.back(&Array2::ones(currents.raw_dim()), &potentials);
    for (at, &current) in currents.indexed_iter() {
        let (mut v, mut dv, mut spikes) = (0.0f64, 0.0f64, 0.0f64);
        for _ in 0..settings.time_steps {
            let h = v + (f64::from(current) - v) / 3.0;
            let dh = dv + (1.0 - dv) / 3.0;
            let x = std::f64::consts::PI * 1.5 * (h - 1.0) / 2.0;
            spikes += dh * 0.75 / (1.0 + x * x);
            let fires = h >= 1.0;
            (v, dv) = if fires { (0.0, 0.0) } else { (h, dh) };
        }
        assert!((f64::from(found[at]) - spikes).abs() < 1e-3, "{at:?}");
    }
}

/// Every way to keep weights few has as many as it should while it learns.
#[test]
fn synapses_are_as_many_as_was_asked_for() {
    for (sparsity, expected) in [
        (Sparsity::None, 1.0..=1.0),
        (Sparsity::DeepR, 0.2..=0.2),
        (Sparsity::Set, 0.2..=0.2),
        (Sparsity::Rigl, 0.2..=0.2),
        (Sparsity::BpsrStyle, 0.2..=0.2),
        (Sparsity::GradR, 0.0..=0.9),
        (Sparsity::L1, 0.0..=0.9),
    ] {
        let (mut params, _, images, classes) = small("backprop-mlp");
        let settings = params.backprop.as_mut().unwrap();
        (settings.sparsity, settings.connectivity, settings.strength) = (sparsity, 0.2, 0.3);
        let settings = params.backprop.clone().unwrap();
        let mut stages = Stages::new(&params, &settings, 1);
        for number in 1..=60 {
            let rewiring = matches!(
                sparsity,
                Sparsity::Set | Sparsity::Rigl | Sparsity::BpsrStyle
            )
            .then_some(Rewiring {
                share: 0.3,
                connectivity: 0.2,
            });
            let step = Step { number, ..STEP };
            stages.learn(images.view(), &classes, &settings, (1, step, rewiring));
        }
        for synapses in stages.0.iter().filter_map(Stage::synapses) {
            let there = synapses.signs.iter().filter(|&&sign| sign != 0).count();
            let share = match sparsity {
                Sparsity::GradR | Sparsity::L1 | Sparsity::None => synapses.present(),
                _ => there,
            } as f64
                / synapses.weights.len() as f64;
            assert!(expected.contains(&share), "{sparsity}: {share}");
        }
    }
}
