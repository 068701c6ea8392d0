//! What a training leaves, and what the networks answer then.

use crate::device::Device;
use proptest::test_runner::TestCaseError;
use spikeprune::backend::{BackendError, Frozen, Session, Showing, SpikeCounts, TestImages};
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
    pub fn of(session: &mut dyn Session) -> Result<Self, BackendError> {
        let replicas = prepare::read_out(session)?;
        let in_test = replicas.into_iter().map(|replica| replica.weights);
        Ok(Self {
            in_test: in_test.collect(),
            weights: session.read_out()?,
            networks: session.snapshot()?,
        })
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

/// What came out; a case whose potentials went beyond all numbers, which every device refuses, shows nothing.
pub fn numbers<T>(found: Result<T, BackendError>) -> Result<T, TestCaseError> {
    match found {
        Err(error @ BackendError::Diverged { .. }) => Err(TestCaseError::reject(error.to_string())),
        found => Ok(found.unwrap()),
    }
}

/// Trains networks from where they are on their plans.
pub fn train(
    device: Device,
    threads: usize,
    networks: Vec<Network>,
    pixels: &[u8],
    plan: &[Vec<Showing>],
) -> Result<Outcome, BackendError> {
    let device = device.open(threads);
    let mut session = device.start(networks)?;
    session.train(pixels, plan)?;
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
) -> Result<Vec<SpikeCounts>, BackendError> {
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
    device.open(threads).test(&outcome.frozen(), images)
}

/// Plans of two halves, cut before `at`.
pub fn cut(plan: &[Vec<Showing>], at: usize) -> [Vec<Vec<Showing>>; 2] {
    let part =
        |range: std::ops::Range<usize>| plan.iter().map(move |list| list[range.clone()].to_vec());
    [part(0..at).collect(), part(at..plan[0].len()).collect()]
}
