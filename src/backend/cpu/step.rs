//! The steps of one presentation of one lane, in the order that [`crate::model`] gives.

use super::lane::{Lane, Wiring};
use super::plastic::{AtOnce, Plastic, Summed};
use super::recorder::Recorder;
use super::s1::{S1, input_spike, output_spikes};
use crate::model::poisson::SpikeList;
use crate::model::{BLOCK, Block, Constants, lif, stdp};
use multiversion::multiversion;
use std::cmp::Reverse;

/// What is shown, and how it is watched.
pub struct Presentation<'a> {
    pub spikes: &'a SpikeList,
    pub steps: u32,
    pub recorder: Option<&'a mut Recorder>,
}

/// Advances a lane through one presentation; its counts are then the E spikes of it.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
pub fn present(
    c: &Constants,
    wiring: &Wiring,
    lane: &mut Lane,
    s1: S1<'_, AtOnce<'_>>,
    presentation: Presentation<'_>,
) {
    advance(c, wiring, lane, s1, presentation);
}

/// The same within a batch.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
pub fn present_in_batch(
    c: &Constants,
    wiring: &Wiring,
    lane: &mut Lane,
    s1: S1<'_, Summed<'_>>,
    presentation: Presentation<'_>,
) {
    advance(c, wiring, lane, s1, presentation);
}

#[inline(always)]
fn advance<P: Plastic>(
    c: &Constants,
    wiring: &Wiring,
    lane: &mut Lane,
    s1: S1<'_, P>,
    presentation: Presentation<'_>,
) {
    let Presentation {
        spikes,
        steps,
        mut recorder,
    } = presentation;
    let mut s1 = s1;
    let (live, learning) = (c.excitatory.live == 1, matches!(s1, S1::Learning { .. }));
    match &mut s1 {
        S1::Frozen { .. } => {}
        S1::Pruning {
            last_input, decays, ..
        }
        | S1::Learning {
            last_input, decays, ..
        } => decays.compute(c, spikes, lane.clock, last_input),
    }
    let mut spike = 0;
    let (mut fired_e, mut fired_i) = (Vec::new(), Vec::new());
    lane.counts.fill(0);
    lane.group_spikes.fill(0);
    for step in 0..steps {
        let now = lane.clock;
        integrate_excitatory(c, lane, live, learning, now, &mut fired_e);
        integrate_inhibitory(c, lane, now, &mut fired_i);
        send(wiring, lane, &fired_e, &fired_i);
        for &input in spikes.at(step) {
            input_spike(c, &mut s1, lane, now, usize::from(input), spike);
            spike += 1;
        }
        let g = &c.conductance;
        lane.s2
            .arrive(g.w_e_to_i, g.most_ge_i, &mut lane.neurons.ge_i);
        lane.s3
            .arrive(g.w_i_to_e, g.most_gi_e, &mut lane.neurons.gi_e);
        if !fired_e.is_empty() {
            output_spikes(c, &mut s1, lane, now, step, &fired_e);
        }
        reset(c, lane, now, &fired_e, &fired_i);
        if let Some(recorder) = recorder.as_deref_mut() {
            recorder.note(lane, now, &fired_e, &fired_i);
        }
        lane.clock = now.wrapping_add(1);
    }
}

/// State update of E and of the postsynaptic traces; lists the neurons that fire.
#[inline(always)]
fn integrate_excitatory(
    c: &Constants,
    lane: &mut Lane,
    live: bool,
    learning: bool,
    now: u32,
    fired: &mut Vec<usize>,
) {
    fired.clear();
    let n = &mut lane.neurons;
    let state = n.v_e_mv.iter_mut().zip(&mut n.v_threshold_mv);
    let conductances = n.ge_e.iter_mut().zip(&mut n.gi_e);
    let traces = n.trace_post.iter_mut().zip(&n.v_latched_mv);
    let blocks = state.zip(conductances).zip(traces).enumerate();
    for (b, (((v, vt), (ge, gi)), (apost, latched))) in blocks {
        let above = lif::integrate_excitatory(&c.excitatory, live, v, vt, ge, gi, latched);
        if learning {
            stdp::decay_post(&c.stdp, apost);
        }
        if above {
            let thresholds = if live { vt } else { latched };
            let (last, refractory) = (&n.last_spike_e, c.excitatory.refractory);
            list_fired(v, thresholds, b, now, last, refractory, fired);
        }
    }
    if c.excitatory.one_spike == 1 && fired.len() > 1 {
        let thresholds = if live { &n.v_threshold_mv } else { &n.v_latched_mv };
        keep_farthest(&n.v_e_mv, thresholds, fired);
    }
}

/// Of the neurons that could fire leaves the one farthest above its threshold, of equals the first.
#[cold]
fn keep_farthest(v: &[Block], thresholds: &[Block], fired: &mut Vec<usize>) {
    let value = |blocks: &[Block], j: usize| blocks[j / BLOCK].0[j % BLOCK];
    let excess = |j: usize| lif::excess(value(v, j), value(thresholds, j));
    let farthest = fired.iter().copied().max_by_key(|&j| (excess(j), Reverse(j)));
    fired.clear();
    fired.extend(farthest);
}

/// State update of I; lists the neurons that fire.
#[inline(always)]
fn integrate_inhibitory(c: &Constants, lane: &mut Lane, now: u32, fired: &mut Vec<usize>) {
    fired.clear();
    let thresholds = Block::splat(c.inhibitory.v_threshold_mv);
    let n = &mut lane.neurons;
    for (b, (v, ge)) in n.v_i_mv.iter_mut().zip(&mut n.ge_i).enumerate() {
        if lif::integrate_inhibitory(&c.inhibitory, v, ge) {
            let (last, refractory) = (&n.last_spike_i, c.inhibitory.refractory);
            list_fired(v, &thresholds, b, now, last, refractory, fired);
        }
    }
}

#[inline(always)]
fn list_fired(
    v: &Block,
    thresholds: &Block,
    block: usize,
    now: u32,
    last_spike: &[u32],
    refractory: u32,
    fired: &mut Vec<usize>,
) {
    let first = block * BLOCK;
    for (l, &last) in last_spike[first..].iter().take(BLOCK).enumerate() {
        if v.0[l] > thresholds.0[l] && lif::recovered(now, last, refractory) {
            fired.push(first + l);
        }
    }
}

/// Sends the spikes of this step on their way: S2 one to one, S3 to every E neuron but its own.
#[inline(always)]
fn send(wiring: &Wiring, lane: &mut Lane, fired_e: &[usize], fired_i: &[usize]) {
    for &j in fired_e {
        lane.s2.send(wiring.delays_s2[j], j, 1);
    }
    let width = wiring.delays_s3.len() / lane.size();
    for &i in fired_i {
        let delays = &wiring.delays_s3[i * width..][..width];
        lane.s3.send_to_all(delays);
    }
}

/// Resets the neurons that fired.
#[inline(always)]
fn reset(c: &Constants, lane: &mut Lane, now: u32, fired_e: &[usize], fired_i: &[usize]) {
    for &j in fired_e {
        lane.neurons.v_e_mv[j / BLOCK].0[j % BLOCK] = c.excitatory.v_reset_mv;
        lane.neurons.v_threshold_mv[j / BLOCK].0[j % BLOCK] += c.excitatory.threshold_step_mv;
        lane.neurons.last_spike_e[j] = now;
    }
    for &j in fired_i {
        lane.neurons.v_i_mv[j / BLOCK].0[j % BLOCK] = c.inhibitory.v_reset_mv;
        lane.neurons.last_spike_i[j] = now;
    }
}
