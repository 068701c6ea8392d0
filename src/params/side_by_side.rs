//! Which networks may run side by side.

use super::{Input, MetricsEvery, Params, ParamsError, Time, Vote, delay_rows};
use crate::dataset::ImageShape;

/// What lanes that run side by side have in common; shapes of their arrays follow from it. What a neuron remembers of
/// its own spikes may differ from lane to lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lanes {
    pub neurons: usize,
    /// Of what the inputs are given ([`Input::shape`]).
    pub image: ImageShape,
    pub steps: LaneSteps,
}

impl Lanes {
    pub fn inputs(&self) -> usize {
        self.image.len()
    }

    /// Rows of the delays from I to E.
    pub fn delay_rows(&self) -> usize {
        delay_rows(self.neurons, self.steps.delay_i_to_e_max)
    }
}

/// Times in whole steps, as [`super::Steps`] has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneSteps {
    pub stimulus: u32,
    pub rest: u32,
    pub delay_e_to_i_max: u32,
    pub delay_i_to_e_max: u32,
    pub window: u32,
}

/// What networks have in common that are trained side by side; they may differ in all else.
#[derive(Clone, Debug, PartialEq)]
pub struct SideBySide {
    lanes: Lanes,
    time: Time,
    input: Input,
    presentations: usize,
    /// Images that label the neurons; none where groups vote.
    label_images: Option<usize>,
    metrics_every: MetricsEvery,
    snapshots_every: usize,
    batches: Option<Batches>,
    /// Images between checks of the synapses; none where they are not checked.
    check_images: Option<usize>,
}

/// Where batches end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batches {
    size: usize,
    growth_images: usize,
    /// Images of a pass.
    pass: usize,
}

impl Params {
    /// What lanes of this network share with those that run beside them.
    ///
    /// # Errors
    /// When dt does not divide one of the times.
    pub fn lanes(&self) -> Result<Lanes, ParamsError> {
        let steps = self.model.steps()?;
        Ok(Lanes {
            neurons: self.model.neurons(),
            image: self.model.input.shape(),
            steps: LaneSteps {
                stimulus: steps.stimulus,
                rest: steps.rest,
                delay_e_to_i_max: steps.delay_e_to_i_max,
                delay_i_to_e_max: steps.delay_i_to_e_max,
                window: steps.window,
            },
        })
    }

    /// What a network shares with those that are trained beside it: two may be where this is equal.
    ///
    /// # Errors
    /// When dt does not divide one of the times.
    pub fn side_by_side(&self) -> Result<SideBySide, ParamsError> {
        Ok(SideBySide {
            lanes: self.lanes()?,
            time: self.model.time.clone(),
            input: self.model.input.clone(),
            presentations: self.presentations(),
            label_images: match self.model.network.vote {
                Vote::Groups { .. } => None,
                Vote::Labels { images, .. } => Some(images),
            },
            metrics_every: self.job.metrics_every,
            snapshots_every: self.job.snapshots_every,
            batches: self.batches(),
            check_images: self.model.check_images(),
        })
    }

    /// Where its batches end; none where images are learned from one by one.
    pub fn batches(&self) -> Option<Batches> {
        let learning = &self.model.learning;
        self.learns_in_batches().then(|| Batches {
            size: learning.batch,
            growth_images: learning.batch_growth_images,
            pass: self.job.train.of_pass(self.model.network.classes.len()),
        })
    }
}
