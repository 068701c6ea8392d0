//! What a training leaves, and what the networks answer then.

use crate::device::Device;
use spikeprune::backend::{Frozen, Session, Showing, SpikeCounts, TestImages};
use spikeprune::experiment::prepare;
use spikeprune::model::rng::Stream;
use spikeprune::network::Network;

/// Networks, and what a read-out sees of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub networks: Vec<Network>,
    pub weights: Vec<Vec<f32>>,
    /// Weights as a test uses them.
    pub in_test: Vec<Vec<f32>>,
}

impl Outcome {
    pub fn of(session: &mut dyn Session) -> Self {
        let replicas = prepare::read_out(session).unwrap();
        let in_test = replicas.into_iter().map(|replica| replica.weights);
        Self {
            in_test: in_test.collect(),
            weights: session.read_out().unwrap(),
            networks: session.snapshot().unwrap(),
        }
    }

    /// Whether all potentials are numbers: a presentation of given spikes does not check that, as a training does.
    pub fn is_finite(&self) -> bool {
        let neurons = self.networks.iter().map(|network| &network.state.neurons);
        let mut potentials = neurons.flat_map(|of| of.v_e_mv.iter().chain(&of.v_i_mv));
        potentials.all(|v| v.is_finite())
    }

    /// Whether networks fired in training; a case in which none did would show nothing.
    pub fn fired(&self) -> bool {
        let mut networks = self.networks.iter();
        networks.all(|network| network.state.spikes_e > 0)
    }

    /// Networks as a test wants them.
    pub fn frozen(&self) -> Vec<Frozen<'_>> {
        let networks = self.networks.iter().zip(&self.in_test);
        networks
            .map(|(network, weights)| Frozen { network, weights })
            .collect()
    }
}

/// Trains networks from where they are on their plans.
pub fn train(
    device: Device,
    threads: usize,
    networks: Vec<Network>,
    pixels: &[u8],
    plan: &[Vec<Showing>],
) -> Outcome {
    let device = device.open(threads);
    let mut session = device.start(networks).unwrap();
    session.train(pixels, plan).unwrap();
    Outcome::of(session.as_mut())
}

/// What networks answer to images, shown so many times before.
pub fn show(
    device: Device,
    threads: usize,
    outcome: &Outcome,
    pixels: &[u8],
    images: &[u32],
    attempt: u32,
) -> Vec<SpikeCounts> {
    // By attempt, so that both ways to draw are compared.
    let all = pixels.len() / outcome.frozen()[0].network.params.model.inputs();
    let keys: Vec<u32> = match attempt {
        0 => Vec::new(),
        _ => (0..all as u32).map(|image| !image).collect(),
    };
    let images = TestImages {
        pixels,
        images,
        keys: &keys,
        stream: Stream::Test,
        attempt,
    };
    device
        .open(threads)
        .test(&outcome.frozen(), images)
        .unwrap()
}

/// Plans of two halves, cut before `at`.
pub fn cut(plan: &[Vec<Showing>], at: usize) -> [Vec<Vec<Showing>>; 2] {
    let part =
        |range: std::ops::Range<usize>| plan.iter().map(move |list| list[range.clone()].to_vec());
    [part(0..at).collect(), part(at..plan[0].len()).collect()]
}
