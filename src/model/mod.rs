//! The equations, one file a mechanism, as plain functions over blocks of neurons.
//!
//! Nothing here knows of files, threads or devices; a backend calls these functions in the order of one
//! step n, at time n * dt (the order in which Brian2 runs the authors' network):
//!
//! 1. between images: rates, groups, latched thresholds ([`lif::latch`]), incoming weights scaled to their sum
//!    ([`normalize`]);
//! 2. state update of E and I by Euler, all right-hand sides from the old values ([`lif`]);
//! 3. thresholds: the E and I spikes of this step, where so chosen of all E neurons that could fire only one; they are
//!    sent on their way through S2 and S3;
//! 4. input spikes in ascending pixel order, each: prune with the time since its last spike
//!    ([`prune`]), add the weights to ge and gi ([`conductance`]), raise the presynaptic trace, depress by the
//!    postsynaptic trace ([`stdp`]); then the arrivals of S2 and S3 due now, a delay of 0 included;
//!    then the E-spike half of learning, by the rule ([`rule`]); synapses that drop out of an
//!    image ([`dropout`]) neither conduct nor learn in it;
//! 5. resets.
//!
//! Between images synapses may be checked, of which absent ones neither conduct nor decay ([`regrow`]).
//!
//! Where images are learned from in batches ([`batch`]), each is shown from rest, its changes of the weights are added to
//! sums, and the weights change, and are limited, when all images of the batch were shown.
//!
//! What arrives in step n therefore moves v first in step n + 1. Arithmetic on floats is `+ - *` alone, in
//! f32, and never contracted, so that a compute shader with the same operations in the same order gives
//! the same bits. Sums of three terms stand in an order that Mesa's compiler, which reorders others, keeps.
//! Decay factors come from the host; the one function that must be evaluated inside the
//! loop, exp(-x), is a polynomial ([`exp_neg`]).

pub mod batch;
pub mod compile;
pub mod conductance;
pub mod dropout;
pub mod lif;
pub mod normalize;
pub mod poisson;
pub mod prune;
pub mod regrow;
pub mod rng;
pub mod rule;
pub mod state;
pub mod stdp;

use crate::params::{Params, ParamsError};
use bytemuck::{Pod, Zeroable};

/// Neurons that are advanced together: populations are padded to whole blocks.
pub const BLOCK: usize = 16;

/// One value of each of [`BLOCK`] neighbouring neurons, aligned to a cache line.
#[repr(C, align(64))]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Block(pub [f32; BLOCK]);

impl Block {
    pub const fn splat(value: f32) -> Self {
        Self([value; BLOCK])
    }
}

/// Blocks that hold `neurons` neurons.
pub const fn blocks(neurons: usize) -> usize {
    neurons.div_ceil(BLOCK)
}

/// Stands in every loop over blocks, which compilers must not vectorise: they would gather one lane of many blocks
/// instead of taking the lanes of one block together.
#[inline(always)]
pub fn block_boundary() {
    std::hint::black_box(());
}

/// Conductances, traces and weights smaller than this are 0: devices differ on subnormal numbers, and
/// CPUs are slow on them.
pub const TINY: f32 = 1e-30;

/// `x`, or 0 when it is tiny.
#[inline(always)]
pub fn flush_tiny(x: f32) -> f32 {
    if x.abs() < TINY { 0.0 } else { x }
}

/// `x * y + z`, each operation rounded, as the kernels have it. With the feature `contracted`, which serves
/// tests alone, it is rounded once, as by a GPU's driver that contracts.
#[inline(always)]
pub fn multiply_add(x: f32, y: f32, z: f32) -> f32 {
    if cfg!(feature = "contracted") {
        x.mul_add(y, z)
    } else {
        x * y + z
    }
}

/// exp(-x) for x >= 0, to about one unit in the last place; 0 from x = 69 on, where it is below [`TINY`].
///
/// The argument is split into n ln 2 + r with |r| <= ln 2 / 2 (Cody and Waite's two-part ln 2), exp(-r) is
/// its Taylor polynomial of degree 7, whose error there is below 6e-9.
#[inline(always)]
pub fn exp_neg(x: f32) -> f32 {
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let capped = if x < 69.0 { x } else { 69.0 };
    let (n, whole) = whole_part(capped * std::f32::consts::LOG2_E + 0.5);
    let y = (whole * LN2_HIGH - capped) + whole * LN2_LOW;
    let mut p = 1.984_127e-4;
    p = p * y + 1.388_888_9e-3;
    p = p * y + 8.333_334e-3;
    p = p * y + 4.166_666_8e-2;
    p = p * y + 0.166_666_67;
    p = p * y + 0.5;
    p = p * y + 1.0;
    p = p * y + 1.0;
    let power = f32::from_bits((127 - n) << 23);
    if x < 69.0 { p * power } else { 0.0 }
}

/// The whole part of a number from 0 to 2^22, as WGSL's conversion has it. Rust's own checks for numbers that do not fit,
/// one by one: this is done to whole vectors. Behind 2^23 no bit is left for a fraction.
#[inline(always)]
fn whole_part(x: f32) -> (u32, f32) {
    const ROUNDS: f32 = 8_388_608.0;
    let sum = x + ROUNDS;
    let (nearest, bits) = (sum - ROUNDS, sum.to_bits() - ROUNDS.to_bits());
    if nearest > x {
        (bits - 1, nearest - 1.0)
    } else {
        (bits, nearest)
    }
}

/// 1 / x for x > 0 to two units in the last place, by Newton's method from a guess at the exponent: kernels do
/// not divide, as WGSL lets a device round quotients as it likes.
#[inline(always)]
pub fn reciprocal(x: f32) -> f32 {
    let mut r = f32::from_bits(0x7EF3_11C7 - x.to_bits());
    r *= 2.0 - x * r;
    r *= 2.0 - x * r;
    r *= 2.0 - x * r;
    r
}

/// What the kernels read: the parameters as f32 factors of one step and whole numbers of steps, each mechanism's in a
/// struct of its own. WGSL has the same structs.
///
/// Reciprocals and exponentials are taken here, in f64, so that no kernel divides.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Constants {
    pub excitatory: lif::Excitatory,
    pub inhibitory: lif::Inhibitory,
    pub conductance: conductance::Conductance,
    pub stdp: stdp::Stdp,
    pub normalize: normalize::Normalize,
    pub groups: rule::Groups,
    pub dropout: dropout::Dropout,
    pub prune: prune::Prune,
    pub regrow: regrow::Regrow,
    pub batch: batch::Batch,
}

impl Constants {
    /// As they are in training.
    ///
    /// # Errors
    /// When dt does not divide one of the times.
    pub fn training(params: &Params) -> Result<Self, ParamsError> {
        let (model, steps) = (&params.model, &params.model.steps()?);
        Ok(Self {
            excitatory: lif::Excitatory::training(model, steps),
            inhibitory: lif::Inhibitory::new(model, steps),
            conductance: conductance::Conductance::new(model),
            stdp: stdp::Stdp::new(model),
            normalize: normalize::Normalize::new(model),
            groups: rule::Groups::new(model),
            dropout: dropout::Dropout::new(model),
            prune: prune::Prune::new(params),
            regrow: regrow::Regrow::new(model),
            batch: batch::Batch::new(model),
        })
    }

    /// As they are in testing.
    ///
    /// # Errors
    /// As [`Constants::training`].
    pub fn testing(params: &Params) -> Result<Self, ParamsError> {
        Ok(Self {
            excitatory: lif::Excitatory::testing(&params.model, &params.model.steps()?),
            ..Self::training(params)?
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_neg_is_exp_to_two_ulp() {
        let mut worst = 0.0f64;
        for i in 0..1_000_000 {
            let x = i as f32 * 6.9e-5;
            let exact = libm::exp(-f64::from(x));
            worst = worst.max((f64::from(exp_neg(x)) - exact).abs() / exact);
        }
        assert!(worst < 1.5e-7, "relative error {worst:e}");
        assert_eq!(exp_neg(0.0), 1.0);
        assert_eq!(exp_neg(69.0), 0.0);
        assert_eq!(exp_neg(f32::INFINITY), 0.0);
    }

    #[test]
    fn whole_parts_are_those_of_a_conversion() {
        let near = |x: f32| [x.next_down(), x, x.next_up()];
        let halves = (1..400).map(|i| i as f32 * 0.5).flat_map(near);
        for x in halves.chain([0.0, 0.3, 1e-30, 4_194_303.8]) {
            assert_eq!(whole_part(x), (x as u32, x.trunc()), "{x}");
        }
    }

    #[test]
    fn reciprocals_are_exact_to_two_ulp() {
        for i in 0..100_000 {
            let x = 1e-3 * 1.000_2f32.powi(i % 90_000);
            let error = (f64::from(reciprocal(x)) * f64::from(x) - 1.0).abs();
            assert!(error < 2.5e-7, "1 / {x}: off by {error:e}");
        }
    }

    #[test]
    fn tiny_values_are_flushed() {
        assert_eq!(flush_tiny(9e-31), 0.0);
        assert_eq!(flush_tiny(-9e-31), 0.0);
        assert_eq!(flush_tiny(-2e-30), -2e-30);
    }
}
