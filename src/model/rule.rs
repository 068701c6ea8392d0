//! The learning rule at an E spike: a program, made of the formulas of the rule ([`super::compile`]). Its values are, in
//! this order, the variables of the spike, its numbers, and what its operations make of values before them.
//!
//! Every operation gives a number, whatever it is given, so that all devices agree: magnitudes end at [`LARGEST`], and
//! those below [`TINY`] are 0; a / 0 is 0.
//!
//! The factor of a step, the third factor of learning, says what the label, the spikes of the groups and the neuron's own
//! past make of it. A neuron needs no other weight for that, and nothing of the inputs.

use super::{TINY, exp_neg, flush_tiny, reciprocal};
use crate::params::Model;
use bytemuck::{Pod, Zeroable};

/// Groups that a network may have, one a class.
pub const GROUPS: usize = 256;

/// Numbers and operations that a program may have, of each.
pub const LENGTH: usize = 120;

/// Room for the values of a program: a place has a byte.
pub const VALUES: usize = 256;

/// The largest magnitude of a value.
pub const LARGEST: f32 = 1e30;

// Operations on values a, b and c.
pub const ADD: u32 = 0;
pub const SUBTRACT: u32 = 1;
pub const MULTIPLY: u32 = 2;
pub const DIVIDE: u32 = 3;
/// 1 where a < b, else 0.
pub const LESS: u32 = 4;
pub const LESS_OR_EQUAL: u32 = 5;
pub const EQUAL: u32 = 6;
/// b where a is not 0, else c.
pub const CHOOSE: u32 = 7;
pub const MIN: u32 = 8;
pub const MAX: u32 = 9;
/// exp(-a); 1 for a < 0.
pub const EXP_NEG: u32 = 10;

// Places of the variables of an E spike.
/// 1 in the group of the image's class, else 0.
pub const TARGET: usize = 0;
/// Spikes in this image, with those of this step: of the neuron's group, of itself, of the strongest other group.
pub const GROUP_SPIKES: usize = 1;
pub const OWN_SPIKES: usize = 2;
pub const OTHER_SPIKES: usize = 3;
/// Step of the image.
pub const STEP: usize = 4;
/// Steps since the neuron's last spike, at most [`LONGEST_MEMORY`].
pub const STEPS_SINCE_LAST: usize = 5;
/// Share of the training that is done.
pub const PRESENTED: usize = 6;
/// Threshold less its value at rest, in mV.
pub const THETA: usize = 7;
/// The rule's own variables as the last spike left them.
pub const STATE_1: usize = 8;
pub const STATE_2: usize = 9;
pub const VARIABLES: usize = 10;

pub use crate::params::LONGEST_MEMORY;

/// What the rule needs to know of groups.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Groups {
    /// Neurons of one class.
    pub group_size: u32,
}

impl Groups {
    pub fn new(model: &Model) -> Self {
        Self {
            group_size: model.network.group_size() as u32,
        }
    }
}

/// A rule as kernels have it.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Program {
    /// How many numbers and operations there are.
    pub number_count: u32,
    pub operation_count: u32,
    /// Places of the factor of the step, of that of the postsynaptic trace, and of the rule's own variables from now on.
    pub factor: u32,
    pub factor_pre: u32,
    pub state_1: u32,
    pub state_2: u32,
    /// 1: [`OTHER_SPIKES`] is read.
    pub knows_others: u32,
    pub numbers: [f32; LENGTH],
    /// The operation, then the places of a, b and c, a byte each.
    pub operations: [u32; LENGTH],
}

/// What a rule makes of an E spike.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Outcome {
    pub factor: f32,
    pub factor_pre: f32,
    pub state_1: f32,
    pub state_2: f32,
}

/// Spikes in this image of that other group that has most.
pub fn strongest_other(group_spikes: &[u32], own: u32) -> u32 {
    let mut most = 0;
    for (group, &spikes) in (0..).zip(group_spikes) {
        most = if group != own && spikes > most {
            spikes
        } else {
            most
        };
    }
    most
}

/// A result within the limits of magnitudes.
#[inline(always)]
pub fn limited(x: f32) -> f32 {
    let low = if x < -LARGEST { -LARGEST } else { x };
    let limited = if low > LARGEST { LARGEST } else { low };
    flush_tiny(limited)
}

/// a * b, whose sign and limit it has where it would be larger than any number.
#[inline(always)]
pub fn product(a: f32, b: f32) -> f32 {
    let is_large = a.abs() * TINY * b.abs() > 1.0;
    let largest = if (a < 0.0) == (b < 0.0) {
        LARGEST
    } else {
        -LARGEST
    };
    if is_large { largest } else { a * b }
}

/// a / b by the reciprocal of |b|; 0 for b = 0.
#[inline(always)]
pub fn quotient(a: f32, b: f32) -> f32 {
    let is_none = b == 0.0;
    let magnitude = reciprocal(if is_none { 1.0 } else { b.abs() });
    let share = product(a, if b < 0.0 { -magnitude } else { magnitude });
    if is_none { 0.0 } else { share }
}

/// 1 for what is so, 0 for what is not.
#[inline(always)]
fn truth(is: bool) -> f32 {
    if is { 1.0 } else { 0.0 }
}

/// The value of an operation. What only chooses, or is 1 or 0, is within the limits by itself.
#[inline(always)]
pub fn operate(operation: u32, a: f32, b: f32, c: f32) -> f32 {
    match operation {
        ADD => limited(a + b),
        SUBTRACT => limited(a - b),
        MULTIPLY => limited(product(a, b)),
        DIVIDE => limited(quotient(a, b)),
        LESS => truth(a < b),
        LESS_OR_EQUAL => truth(a <= b),
        EQUAL => truth(a == b),
        CHOOSE => {
            if a != 0.0 {
                b
            } else {
                c
            }
        }
        MIN => {
            if b < a {
                b
            } else {
                a
            }
        }
        MAX => {
            if a < b {
                b
            } else {
                a
            }
        }
        EXP_NEG => limited(exp_neg(if a < 0.0 { 0.0 } else { a })),
        _ => 0.0,
    }
}

/// Works out a program; the variables are in their places.
pub fn evaluate(program: &Program, values: &mut [f32; VALUES]) -> Outcome {
    let (numbers, operations) = (
        program.number_count as usize,
        program.operation_count as usize,
    );
    let results = VARIABLES + numbers;
    values[VARIABLES..results].copy_from_slice(&program.numbers[..numbers]);
    for (at, word) in program.operations[..operations].iter().enumerate() {
        let [operation, a, b, c] = word.to_le_bytes().map(usize::from);
        values[results + at] = operate(operation as u32, values[a], values[b], values[c]);
    }
    Outcome {
        factor: values[program.factor as usize],
        factor_pre: values[program.factor_pre as usize],
        state_1: values[program.state_1 as usize],
        state_2: values[program.state_2 as usize],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_total() {
        let numbers = [0.0, 1e-30, 3e-20, 0.1, 1.0, 7.5, 1e8, 2e19, 1e30];
        let both = numbers.into_iter().flat_map(|x| [x, -x]);
        for a in both.clone() {
            for b in both.clone() {
                for operation in ADD..=EXP_NEG {
                    let value = operate(operation, a, b, 1.0);
                    let magnitude = value.abs();
                    assert!(
                        value == 0.0 || (TINY..=LARGEST).contains(&magnitude),
                        "{operation}: {a}, {b}: {value}"
                    );
                }
                let exact = (f64::from(a) * f64::from(b)).clamp(-1e30, 1e30);
                assert!(
                    (f64::from(limited(product(a, b))) - exact).abs() <= 1e-6 * exact.abs() + 2e-30
                );
                let exact = if b == 0.0 {
                    0.0
                } else {
                    f64::from(a) / f64::from(b)
                }
                .clamp(-1e30, 1e30);
                assert!(
                    (f64::from(limited(quotient(a, b))) - exact).abs()
                        <= 1e-6 * exact.abs() + 2e-30
                );
            }
        }
        assert_eq!(operate(EXP_NEG, -5.0, 0.0, 0.0), 1.0);
        assert_eq!(operate(EXP_NEG, LARGEST, 0.0, 0.0), 0.0);
        assert_eq!(limited(f32::INFINITY), LARGEST);
        assert_eq!(limited(-0.0).to_bits(), 0);
    }
}
