//! Testing on the CPU: frozen weights, every image from rest.

use super::lane::{self, Lane, Wiring};
use super::recorder::Recorder;
use super::s1::S1;
use super::step::{self, Presentation};
use crate::backend::{BackendError, Frozen, Record, SpikeCounts, TestImage, TestImages, image_of};
use crate::dataset::ImageShape;
use crate::model::poisson::{Draw, RateTable, SpikeList};
use crate::model::{Block, Constants};
use crate::network::Network;
use crate::params::Steps;
use rayon::prelude::*;

/// One network with frozen weights, shared by its lanes.
pub struct Tester<'a> {
    network: &'a Network,
    neurons: usize,
    image: ImageShape,
    steps: Steps,
    constants: Constants,
    rates: RateTable,
    weights: Vec<Block>,
    wiring: Wiring,
    at_rest: Lane,
}

impl<'a> Tester<'a> {
    pub fn new(frozen: &Frozen<'a>, attempt: u32) -> Result<Self, BackendError> {
        let network = frozen.network;
        let (steps, constants) = (
            network.params.model.steps()?,
            Constants::testing(&network.params)?,
        );
        let neurons = network.params.model.neurons();
        Ok(Self {
            network,
            neurons,
            image: network.params.model.input.shape(),
            steps,
            constants,
            rates: RateTable::new(&network.params, attempt),
            weights: lane::pad_rows(frozen.weights, neurons),
            wiring: Wiring::new(network, &steps),
            at_rest: Lane::at_rest(&constants, &steps, &network.thresholds_in_test()),
        })
    }

    pub fn run(&self, images: TestImages<'_>) -> Result<SpikeCounts, BackendError> {
        let mut counts = vec![0u16; images.images.len() * self.neurons];
        counts
            .par_chunks_mut(self.neurons)
            .enumerate()
            .try_for_each_init(
                || (self.at_rest.clone(), SpikeList::default()),
                |(lane, spikes), (place, counts)| {
                    self.show(images.at(place), lane, spikes, None)?;
                    for (count, &of_neuron) in counts.iter_mut().zip(&lane.counts) {
                        *count = of_neuron.min(u32::from(u16::MAX)) as u16;
                    }
                    Ok::<(), BackendError>(())
                },
            )?;
        Ok(SpikeCounts {
            neurons: self.neurons,
            counts,
        })
    }

    /// All spikes that one image evokes, and the variables of the neurons in `watch`.
    pub fn record(&self, image: TestImage<'_>, watch: &[u32]) -> Result<Record, BackendError> {
        let mut recorder = Recorder::new(watch);
        let (mut lane, mut spikes) = (self.at_rest.clone(), SpikeList::default());
        self.show(image, &mut lane, &mut spikes, Some(&mut recorder))?;
        Ok(recorder.record)
    }

    /// Shows one image from rest.
    fn show(
        &self,
        image: TestImage<'_>,
        lane: &mut Lane,
        spikes: &mut SpikeList,
        recorder: Option<&mut Recorder>,
    ) -> Result<(), BackendError> {
        lane.clone_from(&self.at_rest);
        let steps = self.steps.stimulus;
        let draw = Draw {
            seed: self.network.seed,
            stream: image.stream,
            presentation: image.presentation(),
            attempt: image.attempt,
        };
        let pixels = image_of(image.pixels, image.image, self.image);
        self.rates.draw(draw, pixels, steps, spikes);
        let presentation = Presentation {
            spikes,
            steps,
            recorder,
        };
        let s1 = S1::Frozen {
            weights: &self.weights,
        };
        step::present(&self.constants, &self.wiring, lane, s1, presentation);
        lane.check(self.network)
    }
}
