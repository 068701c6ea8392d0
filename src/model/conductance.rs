//! Synaptic conductances: their decay, the sums of S1, and the delayed arrivals of S2 and S3.
//!
//! Euler's method, as in the authors' network: `g *= 1 - dt / tau`. A spike of step n with a delay of d
//! steps arrives in step n + d. Arrivals are counted, and a count times the weight is added, so a sum does
//! not depend on the order in which its spikes come.

use super::{BLOCK, Block, flush_tiny, multiply_add};
use crate::params::Params;

/// One step of decay.
#[inline(always)]
pub fn decay(g: f32, keep: f32) -> f32 {
    flush_tiny(g * keep)
}

/// How S1 conducts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Constants {
    /// Whether weights may be negative.
    pub signed: bool,
    /// What a negative weight adds to gi, relative to its magnitude.
    pub inhibitory_gain: f32,
}

impl Constants {
    pub fn new(params: &Params) -> Self {
        Self {
            signed: params.learning.w_min < 0.0,
            inhibitory_gain: params.learning.inhibitory_gain as f32,
        }
    }
}

/// An input spike through a synapse: a weight above 0 excites, one below 0 inhibits.
#[inline(always)]
pub fn receive(c: &Constants, w: f32, ge: &mut f32, gi: &mut f32) {
    if c.signed && w < 0.0 {
        *gi = multiply_add(c.inhibitory_gain, -w, *gi);
    } else {
        *ge += w;
    }
}

/// One input spike with frozen weights, for every j.
#[inline(always)]
pub fn receive_row(c: &Constants, row: &[Block], ge: &mut [Block], gi: &mut [Block]) {
    for ((w, ge), gi) in row.iter().zip(ge).zip(gi) {
        for l in 0..BLOCK {
            receive(c, w.0[l], &mut ge.0[l], &mut gi.0[l]);
        }
    }
}

/// Spikes under way through delayed synapses: for each of the coming steps, arrivals per target.
#[derive(Clone, Debug)]
pub struct DelayRing {
    counts: Vec<Block>,
    /// Slots that hold an arrival.
    occupied: Vec<bool>,
    blocks: usize,
    slots: u32,
}

impl DelayRing {
    /// Room for delays of 0..=`delay_max` steps to `blocks` blocks of targets.
    pub fn new(delay_max: u32, blocks: usize) -> Self {
        let slots = delay_max + 1;
        Self {
            counts: vec![Block::splat(0.0); slots as usize * blocks],
            occupied: vec![false; slots as usize],
            blocks,
            slots,
        }
    }

    /// A spike of step `now` reaches `target` after `delay` steps, at most the longest delay.
    #[inline(always)]
    pub fn send(&mut self, now: u32, delay: u16, target: usize) {
        self.add(now.wrapping_add(u32::from(delay)), target, 1.0);
    }

    /// A spike of step `now` reaches every target but its own after the delays given.
    #[inline(always)]
    pub fn send_to_all_but(&mut self, own: usize, now: u32, delays: &[u16]) {
        let first = now % self.slots;
        for (target, &delay) in delays.iter().enumerate() {
            // The slot of now + delay, without a division for each target.
            let slot = first + u32::from(delay);
            let slot = (if slot < self.slots {
                slot
            } else {
                slot - self.slots
            }) as usize;
            if target != own {
                self.occupied[slot] = true;
                self.counts[slot * self.blocks + target / BLOCK].0[target % BLOCK] += 1.0;
            }
        }
    }

    /// `count` arrivals at once.
    #[inline(always)]
    pub fn add(&mut self, due: u32, target: usize, count: f32) {
        let slot = (due % self.slots) as usize;
        self.occupied[slot] = true;
        self.counts[slot * self.blocks + target / BLOCK].0[target % BLOCK] += count;
    }

    /// Arrivals at `target` in step `due`.
    pub fn due_at(&self, due: u32, target: usize) -> f32 {
        let slot = (due % self.slots) as usize;
        self.counts[slot * self.blocks + target / BLOCK].0[target % BLOCK]
    }

    /// Adds what is due now to the conductance: `g_j += weight * arrivals_j`.
    #[inline(always)]
    pub fn arrive(&mut self, now: u32, weight: f32, g: &mut [Block]) {
        let slot = (now % self.slots) as usize;
        if !self.occupied[slot] {
            return;
        }
        self.occupied[slot] = false;
        let counts = &mut self.counts[slot * self.blocks..(slot + 1) * self.blocks];
        for (g, count) in g.iter_mut().zip(counts) {
            for l in 0..BLOCK {
                g.0[l] += weight * count.0[l];
                count.0[l] = 0.0;
            }
        }
    }

    /// Forgets everything under way.
    pub fn clear(&mut self) {
        self.counts.fill(Block::splat(0.0));
        self.occupied.fill(false);
    }
}
