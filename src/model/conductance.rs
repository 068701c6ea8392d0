//! Synaptic conductances: their decay, the sums of S1, and the delayed arrivals of S2 and S3.
//!
//! Euler's method, as in the authors' network: `g *= 1 - dt / tau`. A spike of step n with a delay of d
//! steps arrives in step n + d. Arrivals are counted, and a count times the weight is added, so a sum does
//! not depend on the order in which its spikes come. No arrival raises a conductance above what carries v to its
//! reversal potential in one step: beyond, Euler's method would overshoot, and v would swing instead of saturating.

use super::{BLOCK, Block, block_boundary, flush_tiny, multiply_add};
use crate::params::Model;
use bytemuck::{Pod, Zeroable};

/// One step of decay.
#[inline(always)]
pub fn decay(g: f32, keep: f32) -> f32 {
    flush_tiny(g * keep)
}

/// How S1, S2 and S3 conduct.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Conductance {
    /// 1 where weights may be negative, else 0.
    pub signed: u32,
    /// What a negative weight adds to gi, relative to its magnitude.
    pub inhibitory_gain: f32,
    /// Weights of S2 and S3.
    pub w_e_to_i: f32,
    pub w_i_to_e: f32,
    /// Most that arrivals of S2 make ge of I, and those of S3 gi of E: tau_membrane / dt - 1.
    pub most_ge_i: f32,
    pub most_gi_e: f32,
}

impl Conductance {
    pub fn new(model: &Model) -> Self {
        Self {
            signed: u32::from(model.learning.w_min < 0.0),
            inhibitory_gain: model.learning.inhibitory_gain as f32,
            w_e_to_i: model.lateral.w_e_to_i as f32,
            w_i_to_e: model.w_i_to_e() as f32,
            most_ge_i: (model.inhibitory.tau_membrane_ms / model.time.dt_ms - 1.0) as f32,
            most_gi_e: (model.excitatory.tau_membrane_ms / model.time.dt_ms - 1.0) as f32,
        }
    }
}

/// An input spike through a synapse: a weight above 0 excites, one below 0 inhibits.
#[inline(always)]
pub fn receive(c: &Conductance, w: f32, ge: &mut f32, gi: &mut f32) {
    // Both conductances are written, one of them by adding 0: vectors have no branches.
    let signed = c.signed == 1;
    let inhibits = signed && w < 0.0;
    *ge += if inhibits { 0.0 } else { w };
    if signed {
        *gi = multiply_add(c.inhibitory_gain, if inhibits { -w } else { 0.0 }, *gi);
    }
}

/// An input spike through the synapses of a block.
#[inline(always)]
pub fn receive_block(c: &Conductance, w: &Block, ge: &mut Block, gi: &mut Block) {
    if c.signed == 1 {
        for l in 0..BLOCK {
            receive(c, w.0[l], &mut ge.0[l], &mut gi.0[l]);
        }
    } else {
        for l in 0..BLOCK {
            ge.0[l] += w.0[l];
        }
    }
}

/// The input spikes of one step with frozen weights, for every j.
#[inline(always)]
pub fn receive_rows(
    c: &Conductance,
    weights: &[Block],
    inputs: &[u16],
    ge: &mut [Block],
    gi: &mut [Block],
) {
    let blocks = ge.len();
    for (b, (ge, gi)) in ge.iter_mut().zip(gi).enumerate() {
        block_boundary();
        // Copies cannot overlap, which compilers would have to check.
        let (mut e, mut i) = (*ge, *gi);
        for &input in inputs {
            let w = weights[usize::from(input) * blocks + b];
            receive_block(c, &w, &mut e, &mut i);
        }
        *ge = e;
        if c.signed == 1 {
            *gi = i;
        }
    }
}

/// A conductance after `count` arrivals, which raise it to `most` at most.
#[inline(always)]
fn raised(g: f32, weight: f32, count: u16, most: f32) -> f32 {
    let sum = multiply_add(weight, f32::from(count), g);
    let bound = if g > most { g } else { most };
    if sum > most { bound } else { sum }
}

/// Neurons whose arrivals are counted together, a cache line of them.
pub const COUNTS: usize = 32;

/// A whole number, such as arrivals or a delay, of each of [`COUNTS`] neighbouring neurons.
#[repr(C, align(64))]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Counts(pub [u16; COUNTS]);

impl Counts {
    /// Rows of plain values \[rows, neurons\], each filled up with `padding` to whole [`Counts`].
    pub fn rows(values: &[u16], neurons: usize, padding: u16) -> Vec<Self> {
        let of_row = |row: &[u16]| {
            let mut padded = vec![Self([padding; COUNTS]); neurons.div_ceil(COUNTS)];
            for (counts, values) in padded.iter_mut().zip(row.chunks(COUNTS)) {
                counts.0[..values.len()].copy_from_slice(values);
            }
            padded
        };
        values.chunks_exact(neurons).flat_map(of_row).collect()
    }
}

/// The delay of a synapse that is not there.
pub const NEVER: u16 = u16::MAX;

/// Spikes under way through delayed synapses: for each of the coming steps, arrivals per target.
#[derive(Clone, Debug)]
pub struct DelayRing {
    counts: Vec<Counts>,
    /// Slots that may hold an arrival, and their number.
    occupied: Vec<bool>,
    busy: usize,
    /// The slot of this step; those of the next ones follow, round and round.
    now: usize,
    /// [`Counts`] of a slot.
    width: usize,
}

impl DelayRing {
    /// Room for delays of 0..=`delay_max` steps to `neurons` targets.
    pub fn new(delay_max: u32, neurons: usize) -> Self {
        let (slots, width) = (delay_max as usize + 1, neurons.div_ceil(COUNTS));
        Self {
            counts: vec![Counts([0; COUNTS]); slots * width],
            occupied: vec![false; slots],
            busy: 0,
            now: 0,
            width,
        }
    }

    /// `count` spikes reach `target` in the `delay`-th step from this one, at most the longest delay.
    #[inline(always)]
    pub fn send(&mut self, delay: u16, target: usize, count: u16) {
        let slot = self.slot(delay);
        self.busy += usize::from(!self.occupied[slot]);
        self.occupied[slot] = true;
        self.counts[slot * self.width + target / COUNTS].0[target % COUNTS] += count;
    }

    /// A spike of this step reaches every target after its delay, but those whose delay is [`NEVER`].
    #[inline(always)]
    pub fn send_to_all(&mut self, delays: &[Counts]) {
        self.occupied.fill(true);
        self.busy = self.occupied.len();
        // Slot by slot over all targets, which takes no scattered writes.
        let (wrapped, ahead) = self.counts.split_at_mut(self.now * self.width);
        let slots = ahead
            .chunks_exact_mut(self.width)
            .chain(wrapped.chunks_exact_mut(self.width));
        for (delay, slot) in (0u16..).zip(slots) {
            for (counts, delays) in slot.iter_mut().zip(delays) {
                block_boundary();
                let (mut sum, due) = (*counts, *delays);
                for l in 0..COUNTS {
                    sum.0[l] += u16::from(due.0[l] == delay);
                }
                *counts = sum;
            }
        }
    }

    /// Of what reaches `target` in this step one spike less.
    #[inline(always)]
    pub fn take_back(&mut self, target: usize) {
        self.counts[self.now * self.width + target / COUNTS].0[target % COUNTS] -= 1;
    }

    /// Arrivals at `target` in the `delay`-th step from this one.
    pub fn due(&self, delay: u16, target: usize) -> u16 {
        self.counts[self.slot(delay) * self.width + target / COUNTS].0[target % COUNTS]
    }

    /// Adds what is due now to the conductance, `g_j += weight * arrivals_j`, at most up to `most`, and goes on to the
    /// next step.
    #[inline(always)]
    pub fn arrive(&mut self, weight: f32, most: f32, g: &mut [Block]) {
        let slot = self.now;
        self.now = self.slot(1);
        if !self.occupied[slot] {
            return;
        }
        self.occupied[slot] = false;
        self.busy -= 1;
        let counts = &mut self.counts[slot * self.width..][..self.width];
        for (g, counts) in g.chunks_mut(COUNTS / BLOCK).zip(counts) {
            for (g, counts) in g.iter_mut().zip(counts.0.as_chunks::<BLOCK>().0) {
                block_boundary();
                let mut sum = *g;
                for (sum, &count) in sum.0.iter_mut().zip(counts) {
                    *sum = raised(*sum, weight, count, most);
                }
                *g = sum;
            }
            *counts = Counts([0; COUNTS]);
        }
    }

    /// Steps from this one on, at most `most`, in which nothing arrives.
    #[inline(always)]
    pub fn steps_without(&self, most: u32) -> u32 {
        if self.busy == 0 {
            return most;
        }
        let slots = most.min(self.occupied.len() as u32);
        let busy = (0..slots).find(|&delay| self.occupied[self.slot(delay as u16)]);
        busy.unwrap_or(most)
    }

    /// Goes past so many steps in which nothing arrives.
    #[inline(always)]
    pub fn pass(&mut self, steps: u32) {
        let slot = self.now + steps as usize;
        self.now = if slot < self.occupied.len() {
            slot
        } else {
            slot % self.occupied.len()
        };
    }

    /// The slot of the `delay`-th step from this one.
    #[inline(always)]
    fn slot(&self, delay: u16) -> usize {
        let slot = self.now + usize::from(delay);
        // No division in every step.
        if slot < self.occupied.len() {
            slot
        } else {
            slot - self.occupied.len()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrivals_saturate_a_conductance_and_never_lower_it() {
        let mut ring = DelayRing::new(0, 3);
        let mut g = [Block::splat(150.0)];
        (g[0].0[0], g[0].0[1]) = (10.0, 90.0);
        for target in [0, 1, 2] {
            ring.send(0, target, 1);
        }
        ring.arrive(20.0, 100.0, &mut g);
        assert_eq!(g[0].0[..4], [30.0, 100.0, 150.0, 150.0]);
    }
}
