//! Small networks between events: in most steps no input spike and no arrival comes, and no neuron fires. The state of a
//! few blocks then stays in registers from step to step.

use super::lane::Lane;
use crate::model::{Block, Constants, lif, stdp};
use multiversion::multiversion;

/// Blocks of neurons whose state finds room in registers.
pub const MOST_BLOCKS: usize = 4;

/// Where a run of steps has ended: steps that were integrated, and whether potentials of E or I are above their thresholds
/// after the last.
pub struct Reached {
    pub steps: u32,
    pub above_e: bool,
    pub above_i: bool,
}

/// State updates of `most` steps, or of those up to the first in which a neuron could fire; of a network of at most
/// [`MOST_BLOCKS`].
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
pub fn integrate(c: &Constants, lane: &mut Lane, live: bool, learning: bool, most: u32) -> Reached {
    match lane.neurons.v_e_mv.len() {
        1 => run::<1>(c, lane, live, learning, most),
        2 => run::<2>(c, lane, live, learning, most),
        3 => run::<3>(c, lane, live, learning, most),
        _ => run::<MOST_BLOCKS>(c, lane, live, learning, most),
    }
}

#[inline(always)]
fn run<const B: usize>(
    c: &Constants,
    lane: &mut Lane,
    live: bool,
    learning: bool,
    most: u32,
) -> Reached {
    let n = &mut lane.neurons;
    let mut v_e = taken::<B>(&n.v_e_mv);
    let mut v_threshold = taken::<B>(&n.v_threshold_mv);
    let (mut ge_e, mut gi_e) = (taken::<B>(&n.ge_e), taken::<B>(&n.gi_e));
    let mut trace_post = taken::<B>(&n.trace_post);
    let latched = taken::<B>(&n.v_latched_mv);
    let (mut v_i, mut ge_i) = (taken::<B>(&n.v_i_mv), taken::<B>(&n.ge_i));
    let mut reached = Reached {
        steps: 0,
        above_e: false,
        above_i: false,
    };
    while reached.steps < most && !reached.above_e && !reached.above_i {
        for b in 0..B {
            let (v, vt) = (&mut v_e[b], &mut v_threshold[b]);
            let (ge, gi) = (&mut ge_e[b], &mut gi_e[b]);
            reached.above_e |=
                lif::integrate_excitatory(&c.excitatory, live, v, vt, ge, gi, &latched[b]);
            if learning {
                stdp::decay_post(&c.stdp, &mut trace_post[b]);
            }
            reached.above_i |= lif::integrate_inhibitory(&c.inhibitory, &mut v_i[b], &mut ge_i[b]);
        }
        reached.steps += 1;
    }
    n.v_e_mv.copy_from_slice(&v_e);
    n.v_threshold_mv.copy_from_slice(&v_threshold);
    n.ge_e.copy_from_slice(&ge_e);
    n.gi_e.copy_from_slice(&gi_e);
    n.trace_post.copy_from_slice(&trace_post);
    n.v_i_mv.copy_from_slice(&v_i);
    n.ge_i.copy_from_slice(&ge_i);
    reached
}

/// The first blocks.
#[inline(always)]
fn taken<const B: usize>(blocks: &[Block]) -> [Block; B] {
    std::array::from_fn(|b| blocks[b])
}
