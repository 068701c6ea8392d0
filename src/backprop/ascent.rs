//! Networks as those see them who attack them: how what comes out changes with the images.

use super::Learner;
use super::network::{Stage, Stages};
use ndarray::{Array2, ArrayView2};

/// A network with the derivative of its spikes as steep as one likes.
#[derive(Clone, Debug)]
pub struct Ascent(Stages);

impl Ascent {
    /// What comes out are the scores of the classes; or, where hidden neurons spike, their spikes.
    pub fn new(learner: &Learner, (slope, of_spikes): (f32, bool)) -> Self {
        let mut stages = learner.stages.clone();
        for stage in &mut stages.0 {
            if let Stage::Spiking(neurons) = stage {
                neurons.steepen(slope);
            }
        }
        let spiking = |stage: &Stage| matches!(stage, Stage::Spiking(_));
        if let (true, Some(place)) = (of_spikes, stages.0.iter().position(spiking)) {
            stages.0.truncate(place + 1);
        }
        Self(stages)
    }

    /// What comes out, \[images, classes\], and the gradient by the inputs, \[images, inputs\], of what has this one by it.
    pub fn climb(
        &self,
        inputs: ArrayView2<'_, f32>,
        by_out: impl FnOnce(&Array2<f32>) -> Array2<f32>,
    ) -> (Array2<f32>, Array2<f32>) {
        let (out, kept, _) = self.0.forward(inputs, None);
        let mut by_out = by_out(&out);
        for (stage, kept) in self.0.0.iter().zip(kept).rev() {
            by_out = stage.of_patches(by_out, &kept);
            by_out = stage.back(by_out, kept, 0.0);
        }
        (out, by_out)
    }
}
