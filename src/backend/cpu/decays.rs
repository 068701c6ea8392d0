//! How much each input spike of a presentation decays.

use crate::model::poisson::SpikeList;
use crate::model::{Constants, prune, stdp};

/// The decay that acts at each input spike of a presentation, spike after spike: computed before the steps, in vectors.
#[derive(Clone, Default)]
pub struct Decays {
    /// The last spike of each input, up to the place in the list that is being computed.
    last_input: Vec<u32>,
    /// Steps since the input's last spike.
    idle: Vec<u32>,
    /// Decay of the weights, by [`prune::factor_or_loss`].
    pub prune: Vec<f32>,
    /// Decay of the presynaptic trace.
    pub keep_pre: Vec<f32>,
}

impl Decays {
    #[inline(always)]
    pub fn compute(&mut self, c: &Constants, spikes: &SpikeList, clock: u32, last_input: &[u32]) {
        self.last_input.clear();
        self.last_input.extend_from_slice(last_input);
        self.idle.resize(spikes.len(), 0);
        let of_spikes = spikes.inputs().iter().zip(spikes.times());
        for ((&input, &time), idle) in of_spikes.zip(&mut self.idle) {
            let now = clock.wrapping_add(time);
            let last = &mut self.last_input[usize::from(input)];
            *idle = now.wrapping_sub(*last);
            *last = now;
        }
        self.prune.resize(self.idle.len(), 0.0);
        self.keep_pre.resize(self.idle.len(), 0.0);
        let decays = self.prune.iter_mut().zip(&mut self.keep_pre);
        for (&idle, (prune, keep_pre)) in self.idle.iter().zip(decays) {
            *prune = prune::factor_or_loss(&c.prune, idle);
            *keep_pre = stdp::keep_pre(&c.stdp, idle);
        }
    }
}
