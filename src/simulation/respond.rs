//! What images evoke whose labels nobody knows.

use super::{Simulation, SimulationError};
use crate::backend::TestImages;
use crate::experiment::answers::{Listener, answers, keys_by_content};
use crate::experiment::evaluate::votes;
use crate::experiment::prepare::pixels_as_shown;
use crate::experiment::train::frozen;
use crate::experiment::{Event, ExperimentError};
use crate::model::rng::Stream;
use std::ops::ControlFlow;

impl Simulation {
    /// Shows images to every network, each from rest. `take` gets the replica, the place of the image and the spikes of
    /// each neuron during the stimulus. `watch` is told how many are done and may end it: then images are left.
    ///
    /// The input spikes of an image are drawn by its content: the same image evokes the same, in any order and company,
    /// and as [`Simulation::show`] and [`Simulation::answer`] have it. (A test draws them by the index in its file.)
    ///
    /// # Errors
    /// When the pixels are not those of whole images, or the device fails.
    pub fn respond(
        &self,
        pixels: &[u8],
        mut take: impl FnMut(usize, usize, &[u16]),
        mut watch: impl FnMut(&Event<'_>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, SimulationError> {
        let length = self.params.model.image().len();
        if !pixels.len().is_multiple_of(length) {
            return Err(SimulationError::Pixels {
                found: pixels.len(),
                expected: length,
            });
        }
        let shown = pixels_as_shown(&self.params.model.input, pixels);
        let inputs = self.params.model.inputs();
        let indices: Vec<u32> = (0..(shown.len() / inputs) as u32).collect();
        let images = TestImages {
            pixels: &shown,
            images: &indices,
            keys: &keys_by_content(&shown, inputs),
            stream: Stream::Test,
            attempt: 0,
        };
        let replicas = self.replicas();
        let (mut done, of) = (0, indices.len() * replicas.len());
        let mut ended = ControlFlow::Continue(());
        let listener = Listener {
            take: &mut take,
            told: &mut |lanes| {
                done += lanes;
                ended = watch(&Event::Tested { images: done, of });
                match ended {
                    ControlFlow::Continue(()) => Ok(()),
                    ControlFlow::Break(()) => Err(ExperimentError::Ended),
                }
            },
        };
        match answers(&*self.backend, &frozen(replicas), images, listener) {
            Ok(()) => Ok(ControlFlow::Continue(())),
            Err(ExperimentError::Ended) => Ok(ControlFlow::Break(())),
            Err(error) => Err(error.into()),
        }
    }

    /// What each class gets for an image that evoked these spikes in a replica, in the order of the trained classes: spikes
    /// of its group, or mean spikes of the neurons with its label. The class of most is the answer.
    ///
    /// # Errors
    /// When there is no such replica, or neurons that vote by labels have none yet.
    pub fn votes(&self, replica: usize, counts: &[u16]) -> Result<Vec<f64>, SimulationError> {
        Ok(votes(self.replica(replica)?, counts)?)
    }
}
