//! The law of batches: how many images of one network are learned from together, and by how much.
//!
//! ```text
//! B(n) = min(batch, 1 + n / batch_growth_images)   images of the batch that begins after n images of the training
//! s(n) = min(1, batch_step_images / B(n))          share of the step sizes that each of its images has
//! ```
//!
//! A pass over the training images ends with a shorter batch. Everything follows from the images shown, nothing from
//! threads, devices or memory.

use super::{Model, Params, Threshold};

impl Model {
    /// Whether synapses may be absent, and grow again.
    pub fn regrows(&self) -> bool {
        self.pruning.regrow_above > 0.0
    }

    /// Images between checks of the synapses; none where they are not checked.
    pub fn check_images(&self) -> Option<usize> {
        self.regrows().then(|| self.pruning.check_images.max(1))
    }
}

impl Params {
    /// Whether images are learned from in batches, those of one image too.
    pub fn learns_in_batches(&self) -> bool {
        self.model.learning.batch > 1
    }

    /// Images of a full batch after `presented` images: B(n).
    fn batch_size(&self, presented: u32) -> usize {
        let learning = &self.model.learning;
        let grown = (presented as usize).checked_div(learning.batch_growth_images);
        grown.map_or(learning.batch, |grown| learning.batch.min(1 + grown))
    }

    /// Images of the batch that begins after `presented` images; 1 where images are learned from one by one.
    pub fn batch_images(&self, presented: u32) -> usize {
        let pass = self.job.train.of_pass(self.model.network.classes.len());
        let left = pass - presented as usize % pass.max(1);
        self.batch_size(presented).min(left.max(1))
    }

    /// Share of the step sizes that each image of the batch has which begins after `presented` images: s(n).
    pub fn batch_step(&self, presented: u32) -> f64 {
        if !self.learns_in_batches() {
            return 1.0;
        }
        let size = self.batch_size(presented) as f64;
        (self.model.learning.batch_step_images / size).min(1.0)
    }

    /// The first number of images of at least `wanted` after which a batch ends, going on from `done`.
    pub fn end_of_batch(&self, done: usize, wanted: usize) -> usize {
        let mut end = done;
        while end < wanted {
            end += self.batch_images(end as u32);
        }
        end
    }

    /// Whether absent synapses are looked for between these numbers of images, where a batch ends.
    pub fn checks_synapses(&self, before: u32, done: u32) -> bool {
        let every = self.model.check_images().map(|every| every as u32);
        every.is_some_and(|every| before / every < done / every)
    }

    /// The first number of images after `done` after which synapses are checked; none where they are not.
    pub fn next_check(&self, done: usize) -> Option<usize> {
        let every = self.model.check_images()?;
        let due = (done / every + 1) * every;
        Some(self.end_of_batch(done, due))
    }

    /// Whether thresholds have a memory that outlasts a training image.
    pub fn remembers_thresholds(&self) -> bool {
        self.model.excitatory.threshold_train == Threshold::Homeostatic
    }
}

#[cfg(test)]
mod tests {
    use crate::params::TrainImages;
    use crate::presets;

    #[test]
    fn batches_grow_and_end_with_the_pass() {
        let mut params = presets::ten_class();
        params.job.train = TrainImages::InAll(50);
        assert_eq!((params.batch_images(7), params.batch_step(7)), (1, 1.0));
        let learning = &mut params.model.learning;
        (learning.batch, learning.batch_growth_images) = (16, 5);
        learning.batch_step_images = 4.0;
        let (mut starts, mut at) = (Vec::new(), 0);
        while at < 100 {
            starts.push(at);
            at = params.end_of_batch(at, at + 1);
        }
        assert_eq!(
            starts,
            [
                0, 1, 2, 3, 4, 5, 7, 9, 11, 14, 17, 21, 26, 32, 39, 47, 50, 61, 74, 89
            ]
        );
        assert_eq!(params.batch_step(49), 4.0 / 10.0);
        assert_eq!(params.end_of_batch(11, 12), 14);
        assert_eq!(params.end_of_batch(11, 11), 11);
        params.model.learning.batch_growth_images = 0;
        assert_eq!((params.batch_images(0), params.batch_images(40)), (16, 10));
    }
}
