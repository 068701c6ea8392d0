//! Small random jobs for the tests of properties.

use proptest::prelude::*;
use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};
use spikeprune::backend::{Shift, Showing};
use spikeprune::network::Network;
use spikeprune::params::{
    INPUTS, Params, PruningMode, Rule, TauPrune, TauRule, Threshold, TrainImages, Vote,
};
use spikeprune::presets;

/// Images of a random job.
pub const IMAGES: usize = 6;

/// A small network and images to train it on.
#[derive(Clone, Debug)]
pub struct Job {
    pub params: Params,
    pub pixels: Pixels,
}

/// Random images, by their seed: they print on one line.
#[derive(Clone, Copy, Debug)]
pub struct Pixels {
    seed: u64,
    /// Intensities below this are dark.
    dark: u8,
}

impl Pixels {
    pub fn draw(self) -> Vec<u8> {
        let mut pixels = vec![0; IMAGES * INPUTS];
        ChaCha8Rng::seed_from_u64(self.seed).fill_bytes(&mut pixels);
        for pixel in pixels.iter_mut().filter(|pixel| **pixel < self.dark) {
            *pixel = 0;
        }
        pixels
    }
}

fn threshold() -> impl Strategy<Value = Threshold> {
    prop_oneof![
        Just(Threshold::Live),
        Just(Threshold::Latched),
        Just(Threshold::Fixed),
        Just(Threshold::Homeostatic)
    ]
}

fn rule() -> impl Strategy<Value = Rule> {
    prop_oneof![
        Just(Rule::Stdp),
        Just(Rule::StdpAllLtd),
        Just(Rule::Triplet)
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

fn tau() -> impl Strategy<Value = TauPrune> {
    prop_oneof![
        (10.0..2_000.0).prop_map(TauPrune::Ms),
        Just(TauPrune::Rule(TauRule::FromJob)),
        Just(TauPrune::Rule(TauRule::FromClasses))
    ]
}

prop_compose! {
    /// Up to 20 neurons, so that they fill one block of the backend, a part of it, or more than one.
    fn params()(
        (classes, neurons_per_class) in (1..=3usize, 2..=7usize),
        (stimulus, rest, refractory) in (20..60u32, 0..20u32, 0..4u32),
        (delay_s2, delay_s3) in (0..9u32, 0..9u32),
        (rule, mode) in (rule(), pruning_mode()),
        (train, test) in (threshold(), threshold()),
        (tau_ms, k) in (tau(), 0.1..4.0),
        (gmax, a_pre, a_post) in (0.02..0.2, 0.0..=1.0, -1.0..=0.0),
        (w_total, least_spikes) in (prop_oneof![Just(0.0), 1.0..10.0], prop_oneof![Just(0), 1..10usize]),
        (seed, full_rate_hz) in (0..i64::MAX as u64 - 10_000, 50.0..400.0),
    ) -> Params {
        let mut params = presets::paper();
        params.model.network.classes = (0..classes as u8).collect();
        params.model.network.vote = Vote::Groups { neurons_per_class };
        params.job.train = TrainImages::PerClass(IMAGES);
        params.job.seed = seed;
        params.model.time.dt_ms = 1.0;
        params.model.time.stimulus_ms = stimulus.into();
        params.model.time.rest_ms = rest.into();
        params.model.input.full_rate_hz = full_rate_hz;
        params.model.input.least_spikes = least_spikes;
        params.model.input.retry_rate_hz = 20.0;
        params.model.learning.w_total = w_total;
        params.model.excitatory.refractory_ms = refractory.into();
        params.model.excitatory.threshold_train = train;
        params.model.excitatory.threshold_test = test;
        params.model.lateral.delay_s2_max_ms = delay_s2.into();
        params.model.lateral.delay_s3_max_ms = delay_s3.into();
        params.model.learning.rule = rule;
        params.model.learning.gmax = gmax;
        params.model.learning.a_pre = a_pre;
        params.model.learning.a_post = a_post;
        params.model.pruning.mode = mode;
        params.model.pruning.tau_ms = tau_ms;
        params.model.pruning.k = k;
        params
    }
}

prop_compose! {
    pub fn job()(params in params(), seed: u64, dark in 0..200u8) -> Job {
        Job { params, pixels: Pixels { seed, dark } }
    }
}

impl Job {
    /// Every image once, in an order that differs from replica to replica.
    pub fn plan(&self, replica: usize) -> Vec<Showing> {
        let groups = self.params.model.network.classes.len();
        let showing = |position: usize| Showing {
            image: ((position + replica) % IMAGES) as u32,
            group: ((position * (replica + 1)) % groups) as u32,
            shift: Shift {
                right: (position % 4) as i8 - 2,
                down: 0,
            },
        };
        (0..IMAGES).map(showing).collect()
    }

    pub fn network(&self, replica: usize) -> Network {
        Network::new(&self.params, replica).unwrap()
    }
}
