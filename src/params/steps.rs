//! What follows from the parameters of a model: sizes, times in whole steps, weights as they act.

use super::{
    Edges, FrontEnd, Input, LONGEST_MEMORY, Model, ParamsError, REFERENCE_INPUTS, RETRIES, validate,
};
use crate::dataset::ImageShape;

/// Whole numbers of steps, from the times of a validated [`Model`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps {
    pub stimulus: u32,
    pub rest: u32,
    pub refractory_e: u32,
    pub refractory_i: u32,
    /// After so many steps an E spike is forgotten by its neuron: by the refractory time and by the learning rule.
    pub memory_e: u32,
    pub delay_e_to_i_max: u32,
    pub delay_i_to_e_max: u32,
    pub window: u32,
}

impl Steps {
    /// Steps that the clock must have left after the last image: for the final window, for what is under way then, and
    /// for what happened before step 0.
    pub fn spare(&self) -> u32 {
        let memory = self.memory_e + self.refractory_e + self.refractory_i;
        self.window + memory + self.delay_e_to_i_max + self.delay_i_to_e_max
    }
}

/// Rows of the delays from I to E, \[rows, neurons\]: one for each I neuron, or one for all where the longest delay is 0.
pub fn delay_rows(neurons: usize, delay_i_to_e_max: u32) -> usize {
    match delay_i_to_e_max {
        0 => 1,
        _ => neurons,
    }
}

impl Input {
    /// Shape of what the inputs are given, an intensity each: of the images, or of the answers of the front end.
    pub fn shape(&self) -> ImageShape {
        match self.front_end {
            FrontEnd::Pixels => self.image(),
            FrontEnd::OrientedEdges => self.edges.cells(self.image()),
        }
    }
}

impl Edges {
    /// Rows and columns of the cells that cover an image, with the directions as channels.
    pub fn cells(&self, image: ImageShape) -> ImageShape {
        ImageShape {
            height: image.height.div_ceil(self.cell_size),
            width: image.width.div_ceil(self.cell_size),
            channels: self.directions,
        }
    }
}

impl Model {
    /// Excitatory neurons, N; there are as many inhibitory ones.
    pub fn neurons(&self) -> usize {
        self.network.neurons()
    }

    /// Shape of the images that it is shown.
    pub fn image(&self) -> ImageShape {
        self.input.image()
    }

    /// Inputs, one for each intensity of an image or each answer of the front end.
    pub fn inputs(&self) -> usize {
        self.input.shape().len()
    }

    /// How often an image may be shown in all.
    pub fn attempts(&self) -> u32 {
        match self.input.least_spikes {
            0 => 1,
            _ => RETRIES + 1,
        }
    }

    /// The rate of a pixel of intensity 255 when an image is shown for the `attempt`-th time again.
    pub fn full_rate_hz(&self, attempt: u32) -> f64 {
        self.input.full_rate_hz + f64::from(attempt) * self.input.retry_rate_hz
    }

    /// Stimulus plus rest.
    pub fn image_ms(&self) -> f64 {
        self.time.stimulus_ms + self.time.rest_ms
    }

    /// Weight of one synapse of S3.
    pub fn w_i_to_e(&self) -> f64 {
        let neurons = self.neurons() as f64;
        let growth = libm::pow(neurons / 100.0, self.lateral.w_i_to_e_growth);
        self.lateral.w_i_to_e_total * growth / neurons
    }

    /// The largest weight. [`super::Learning::gmax`] is that of a network with [`REFERENCE_INPUTS`]; others have more or less
    /// in proportion, so that an image drives a neuron alike however many pixels it is made of.
    pub fn gmax(&self) -> f64 {
        self.learning.gmax * (REFERENCE_INPUTS / self.inputs() as f64)
    }

    /// The smallest weight.
    pub fn w_min(&self) -> f64 {
        self.learning.w_min * self.gmax()
    }

    /// Times in whole steps.
    ///
    /// # Errors
    /// When dt does not divide one of the times.
    pub fn steps(&self) -> Result<Steps, ParamsError> {
        let steps = |key, ms| validate::whole_steps(key, ms, self.time.dt_ms);
        let refractory_e = steps("excitatory.refractory_ms", self.excitatory.refractory_ms)?;
        let of_rule = match self.learning.remembers_spikes() {
            true => LONGEST_MEMORY,
            false => 0,
        };
        Ok(Steps {
            stimulus: steps("time.stimulus_ms", self.time.stimulus_ms)?,
            rest: steps("time.rest_ms", self.time.rest_ms)?,
            refractory_e,
            memory_e: refractory_e.max(of_rule),
            refractory_i: steps("inhibitory.refractory_ms", self.inhibitory.refractory_ms)?,
            delay_e_to_i_max: steps(
                "lateral.delay_e_to_i_max_ms",
                self.lateral.delay_e_to_i_max_ms,
            )?,
            delay_i_to_e_max: steps(
                "lateral.delay_i_to_e_max_ms",
                self.lateral.delay_i_to_e_max_ms,
            )?,
            window: steps("pruning.window_ms", self.pruning.window_ms)?,
        })
    }
}
