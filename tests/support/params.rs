//! Random parameters that draw every mechanism of a network, all of them valid.

use super::IMAGES;
use super::learning::learning;
use super::sizes::Size;
use proptest::prelude::*;
use proptest::sample::select;
use spikeprune::params::*;
use spikeprune::presets;

/// A number from `low` to `high`, both included, with few digits. It shrinks towards `low`.
pub fn real(low: f64, high: f64) -> impl Strategy<Value = f64> + Clone {
    let number = move |share: u32| low + (high - low) * f64::from(share) / 1000.0;
    (0..=1000u32).prop_map(move |share| (number(share) * 1e6).round() / 1e6)
}

/// A whole number of ms.
fn whole(low: u32, high: u32) -> impl Strategy<Value = f64> + Clone {
    (low..=high).prop_map(f64::from)
}

/// Nothing, or what is drawn.
pub fn zero_or(drawn: impl Strategy<Value = f64>) -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), drawn]
}

/// Delays of S2 or S3: none, those of the presets, or longer than an image.
fn delay() -> impl Strategy<Value = f64> + Clone {
    prop_oneof![Just(0.0), whole(1, 10), whole(80, 100)]
}

fn threshold() -> impl Strategy<Value = Threshold> {
    prop_oneof![
        Just(Threshold::Live),
        Just(Threshold::Latched),
        Just(Threshold::Fixed),
        Just(Threshold::Homeostatic)
    ]
}

fn pruning_mode() -> impl Strategy<Value = PruningMode> {
    prop_oneof![
        Just(PruningMode::None),
        Just(PruningMode::Continuous),
        Just(PruningMode::Final),
        Just(PruningMode::FinalWindow)
    ]
}

fn decay() -> impl Strategy<Value = Decay> {
    prop_oneof![
        Just(Decay::Gaussian),
        Just(Decay::Exponential),
        Just(Decay::Linear)
    ]
}

fn tau_prune() -> impl Strategy<Value = TauPrune> {
    prop_oneof![
        real(10.0, 2_000.0).prop_map(TauPrune::Ms),
        Just(TauPrune::Rule(TauRule::FromJob)),
        Just(TauPrune::Rule(TauRule::FromClasses))
    ]
}

/// Neurons and classes, before it is known how the network votes and learns.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    neurons: usize,
    image: [usize; 3],
    front_end: FrontEnd,
    most_classes: usize,
    /// Images that label the neurons, where they are labelled.
    label_images: Option<usize>,
}

impl Sizes {
    /// Groups are alike in size, and there where the rule names them; else there are any number of classes.
    fn architecture(self, learning: &Learning) -> Architecture {
        let (neurons, most) = (self.neurons, self.most_classes);
        let fits = |classes: &usize| neurons.is_multiple_of(*classes);
        let label_images = self.label_images.filter(|_| !learning.is_supervised());
        let classes = match label_images {
            Some(_) => most,
            None => (1..=most).rev().find(fits).unwrap_or(1),
        };
        let vote = match label_images {
            Some(images) => Vote::Labels { neurons, images },
            None => Vote::Groups {
                neurons_per_class: neurons / classes,
            },
        };
        Architecture {
            names: Vec::new(),
            classes: (0..classes as u8).collect(),
            vote,
        }
    }
}

fn sizes(size: BoxedStrategy<Size>) -> impl Strategy<Value = Sizes> {
    let drawn = (size, 1..=10usize, prop::option::of(1..=60_000usize));
    drawn.prop_map(
        |((neurons, image, front_end), most_classes, label_images)| Sizes {
            neurons,
            image,
            front_end,
            most_classes,
            label_images,
        },
    )
}

fn job() -> impl Strategy<Value = Job> {
    let train = prop_oneof![
        Just(TrainImages::PerClass(IMAGES)),
        Just(TrainImages::InAll(IMAGES))
    ];
    let seeds = 0..i64::MAX as u64 - 10_000;
    let drawn = (train, 1..=2usize, 0..=27usize, seeds);
    drawn.prop_map(|(train, epochs, shift_max, seed)| Job {
        train,
        epochs,
        shift_max,
        seed,
        ..presets::paper().job
    })
}

fn time() -> impl Strategy<Value = Time> {
    let drawn = (select(&[1.0, 0.5][..]), whole(20, 60), whole(0, 20));
    drawn.prop_map(|(dt_ms, stimulus_ms, rest_ms)| Time {
        dt_ms,
        stimulus_ms,
        rest_ms,
    })
}

fn input() -> impl Strategy<Value = Input> {
    let rates = (real(50.0, 400.0), zero_or(real(5.0, 50.0)));
    let steps = prop_oneof![Just(1u32), 2..100u32];
    let least = prop_oneof![4 => Just(0), 1 => 1..10usize, 1 => 10..200usize];
    let retry = zero_or(real(1.0, 30.0));
    let drawn = (rates, steps, least, retry, edges());
    drawn.prop_map(
        |(rates, intensity_step, least_spikes, retry_rate_hz, edges)| {
            let (full_rate_hz, mean_rate_hz) = rates;
            Input {
                full_rate_hz,
                intensity_step,
                mean_rate_hz,
                least_spikes,
                retry_rate_hz,
                edges,
                // The shape of the images and the front end come with the size of the network.
                ..presets::paper().model.input
            }
        },
    )
}

/// Of MNIST's images all have as many answers as there are pixels: devices build kernels for each number of inputs.
fn edges() -> impl Strategy<Value = Edges> {
    let cells = select(&[(16, 4), (4, 2)][..]);
    let drawn = (cells, real(0.001, 2.0), real(0.1, 1.0));
    drawn.prop_map(|((directions, cell_size), normalisation, cut)| Edges {
        directions,
        cell_size,
        normalisation,
        cut,
    })
}

fn excitatory() -> impl Strategy<Value = Excitatory> {
    let kinds = (threshold(), threshold());
    let thresholds = (
        real(-58.0, -45.0),
        real(-58.0, -40.0),
        zero_or(real(1.0, 20.0)),
        prop_oneof![real(20.0, 500.0), Just(1e7)],
        real(0.0, 3.0),
    );
    let potentials = (
        real(-65.0, -60.0),
        real(-70.0, -60.0),
        real(-100.0, -60.0),
        real(-10.0, 10.0),
        real(-120.0, -70.0),
    );
    let taus = (real(10.0, 150.0), real(2.0, 10.0), real(2.0, 20.0));
    let refractory = prop_oneof![1 => Just(0.0), 2 => whole(1, 6)];
    let one = prop_oneof![2 => Just(false), 1 => Just(true)];
    let spikes = (refractory, one);
    let drawn = (kinds, thresholds, potentials, taus, spikes);
    drawn.prop_map(|(kinds, thresholds, potentials, taus, spikes)| {
        let (threshold_train, threshold_test) = kinds;
        let (refractory_ms, one_spike_a_step) = spikes;
        let (begin_mv, v_threshold_test_mv, theta, tau_threshold_ms, threshold_step_mv) =
            thresholds;
        let (v_rest_mv, v_reset_mv, v_start_mv, e_excitatory_mv, e_inhibitory_mv) = potentials;
        let (tau_membrane_ms, tau_ge_ms, tau_gi_ms) = taus;
        // A threshold with memory may rest below all potentials, if it begins above them.
        let v_threshold_mv = match threshold_train {
            Threshold::Homeostatic => begin_mv - theta,
            Threshold::Live | Threshold::Latched | Threshold::Fixed => begin_mv,
        };
        Excitatory {
            tau_membrane_ms,
            v_rest_mv,
            v_reset_mv,
            v_start_mv,
            e_excitatory_mv,
            e_inhibitory_mv,
            tau_ge_ms,
            tau_gi_ms,
            refractory_ms,
            v_threshold_mv,
            theta_start_mv: theta,
            v_threshold_test_mv,
            tau_threshold_ms,
            threshold_step_mv,
            threshold_train,
            threshold_test,
            one_spike_a_step,
        }
    })
}

fn inhibitory() -> impl Strategy<Value = Inhibitory> {
    let potentials = (
        real(-65.0, -50.0),
        real(-70.0, -45.0),
        real(-100.0, -50.0),
        real(-44.0, -35.0),
        real(-10.0, 10.0),
    );
    let taus = (real(2.0, 20.0), real(2.0, 10.0));
    let refractory = prop_oneof![1 => Just(0.0), 2 => whole(1, 4)];
    (potentials, taus, refractory).prop_map(|(potentials, taus, refractory_ms)| {
        let (v_rest_mv, v_reset_mv, v_start_mv, v_threshold_mv, e_excitatory_mv) = potentials;
        let (tau_membrane_ms, tau_ge_ms) = taus;
        Inhibitory {
            tau_membrane_ms,
            v_rest_mv,
            v_reset_mv,
            v_start_mv,
            v_threshold_mv,
            e_excitatory_mv,
            tau_ge_ms,
            refractory_ms,
        }
    })
}

/// Inhibition up to where arrivals fill the conductances.
fn lateral() -> impl Strategy<Value = Lateral> {
    let w_e_to_i = prop_oneof![real(0.0, 10.0), real(10.0, 1_000.0)];
    let w_i_to_e_total = prop_oneof![2 => real(0.0, 5.0), 1 => real(5.0, 20_000.0)];
    let growth = zero_or(real(0.1, 1.0));
    let drawn = (w_e_to_i, delay(), w_i_to_e_total, growth, delay());
    drawn.prop_map(
        |(w_e_to_i, delay_s2, w_i_to_e_total, w_i_to_e_growth, delay_s3)| Lateral {
            w_e_to_i,
            delay_e_to_i_max_ms: delay_s2,
            w_i_to_e_total,
            w_i_to_e_growth,
            delay_i_to_e_max_ms: delay_s3,
        },
    )
}

fn pruning() -> impl Strategy<Value = Pruning> {
    let limits = (zero_or(real(0.001, 0.1)), zero_or(real(0.01, 0.5)));
    let window = (whole(1, 60), prop_oneof![real(1.0, 200.0), Just(1_000.0)]);
    let strength = (tau_prune(), real(0.1, 4.0));
    let regrowth = (zero_or(real(0.005, 0.3)), whole(1, 6));
    let drawn = (pruning_mode(), decay(), strength, limits, window, regrowth);
    drawn.prop_map(|(mode, decay, strength, limits, window, regrowth)| {
        let (tau_ms, k) = strength;
        let (zero_below, remove_below) = limits;
        let (window_ms, window_rate_hz) = window;
        Pruning {
            mode,
            decay,
            tau_ms,
            k,
            zero_below,
            remove_below,
            regrow_above: regrowth.0,
            check_images: regrowth.1 as usize,
            window_ms,
            window_rate_hz,
        }
    })
}

/// Parameters of a network of a drawn size.
pub fn params(size: BoxedStrategy<Size>) -> impl Strategy<Value = Params> {
    let populations = (excitatory(), inhibitory());
    let synapses = (lateral(), learning(), pruning());
    let drawn = (sizes(size), job(), time(), input(), populations, synapses);
    drawn.prop_map(|(sizes, job, time, input, populations, synapses)| {
        let (excitatory, inhibitory) = populations;
        let (lateral, learning, mut pruning) = synapses;
        let has_no_place = pruning.mode == PruningMode::FinalWindow || learning.w_total > 0.0;
        if has_no_place || pruning.remove_below == 0.0 {
            pruning.regrow_above = 0.0;
        }
        let [height, width, channels] = sizes.image;
        let model = Model {
            network: sizes.architecture(&learning),
            time,
            input: Input {
                height,
                width,
                channels,
                front_end: sizes.front_end,
                ..input
            },
            excitatory,
            inhibitory,
            lateral,
            learning,
            pruning,
        };
        Params {
            preset: "paper".into(),
            job,
            model,
            backprop: None,
        }
    })
}
