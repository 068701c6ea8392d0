//! The steps of one presentation of one lane, in the order that [`crate::model`] gives.

use super::lane::{DelaysS3, Lane, Wiring};
use super::plastic::{AtOnce, Plastic, Summed};
use super::quiet;
use super::recorder::Recorder;
use super::s1::{S1, input_spikes, output_spikes};
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
    let (mut step, mut spike) = (0, 0);
    let (mut fired_e, mut fired_i) = (Vec::new(), Vec::new());
    let is_small = lane.neurons.v_e_mv.len() <= quiet::MOST_BLOCKS;
    lane.counts.fill(0);
    lane.group_spikes.fill(0);
    while step < steps {
        if is_small && recorder.is_none() {
            let most = 1 + quiet_steps(lane, spikes, spike, step, steps - 1 - step);
            step += integrate(c, lane, live, learning, most, [&mut fired_e, &mut fired_i]) - 1;
        } else {
            integrate_excitatory(c, lane, live, learning, &mut fired_e);
            integrate_inhibitory(c, lane, &mut fired_i);
        }
        let now = lane.clock;
        send(wiring, lane, &fired_e, &fired_i);
        let inputs = spikes.at(step);
        if !inputs.is_empty() {
            input_spikes(c, &mut s1, lane, now, inputs, spike);
            spike += inputs.len();
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
        step += 1;
    }
}

/// Steps from this one on, at most `most`, in which no input spike, of which number `spike` is the next, and no arrival comes.
#[inline(always)]
fn quiet_steps(lane: &Lane, spikes: &SpikeList, spike: usize, step: u32, most: u32) -> u32 {
    let next = spikes.times().get(spike);
    let most = next.map_or(most, |time| most.min(time - step));
    lane.s3.steps_without(lane.s2.steps_without(most))
}

/// State updates of a small network over several steps: the last may have spikes, which are listed, before it nothing
/// happens. Returns the number of steps.
#[inline(always)]
fn integrate(
    c: &Constants,
    lane: &mut Lane,
    live: bool,
    learning: bool,
    most: u32,
    [fired_e, fired_i]: [&mut Vec<usize>; 2],
) -> u32 {
    let reached = quiet::integrate(c, lane, live, learning, most);
    let passed = reached.steps - 1;
    lane.clock = lane.clock.wrapping_add(passed);
    lane.s2.pass(passed);
    lane.s3.pass(passed);
    fired_e.clear();
    fired_i.clear();
    if reached.above_e {
        for b in 0..lane.neurons.v_e_mv.len() {
            list_excitatory(c, lane, live, b, fired_e);
        }
        keep_farthest(c, lane, live, fired_e);
    }
    if reached.above_i {
        for b in 0..lane.neurons.v_i_mv.len() {
            list_inhibitory(c, lane, b, fired_i);
        }
    }
    reached.steps
}

/// State update of E and of the postsynaptic traces; lists the neurons that fire.
#[inline(always)]
fn integrate_excitatory(
    c: &Constants,
    lane: &mut Lane,
    live: bool,
    learning: bool,
    fired: &mut Vec<usize>,
) {
    fired.clear();
    for b in 0..lane.neurons.v_e_mv.len() {
        let n = &mut lane.neurons;
        let (v, vt) = (&mut n.v_e_mv[b], &mut n.v_threshold_mv[b]);
        let (ge, gi) = (&mut n.ge_e[b], &mut n.gi_e[b]);
        let latched = &n.v_latched_mv[b];
        let above = lif::integrate_excitatory(&c.excitatory, live, v, vt, ge, gi, latched);
        if learning {
            stdp::decay_post(&c.stdp, &mut n.trace_post[b]);
        }
        if above {
            list_excitatory(c, lane, live, b, fired);
        }
    }
    keep_farthest(c, lane, live, fired);
}

/// State update of I; lists the neurons that fire.
#[inline(always)]
fn integrate_inhibitory(c: &Constants, lane: &mut Lane, fired: &mut Vec<usize>) {
    fired.clear();
    for b in 0..lane.neurons.v_i_mv.len() {
        let n = &mut lane.neurons;
        if lif::integrate_inhibitory(&c.inhibitory, &mut n.v_i_mv[b], &mut n.ge_i[b]) {
            list_inhibitory(c, lane, b, fired);
        }
    }
}

/// What potentials of E are compared with.
#[inline(always)]
fn thresholds(lane: &Lane, live: bool) -> &[Block] {
    if live {
        &lane.neurons.v_threshold_mv
    } else {
        &lane.neurons.v_latched_mv
    }
}

/// Lists the E neurons of a block that can fire now.
#[inline(always)]
fn list_excitatory(c: &Constants, lane: &Lane, live: bool, b: usize, fired: &mut Vec<usize>) {
    let (v, last) = (&lane.neurons.v_e_mv[b], &lane.neurons.last_spike_e);
    let refractory = c.excitatory.refractory;
    list_fired(
        v,
        &thresholds(lane, live)[b],
        b,
        lane.clock,
        last,
        refractory,
        fired,
    );
}

/// Lists the I neurons of a block that fire now.
#[inline(always)]
fn list_inhibitory(c: &Constants, lane: &Lane, b: usize, fired: &mut Vec<usize>) {
    let (v, last) = (&lane.neurons.v_i_mv[b], &lane.neurons.last_spike_i);
    let threshold = Block::splat(c.inhibitory.v_threshold_mv);
    let refractory = c.inhibitory.refractory;
    list_fired(v, &threshold, b, lane.clock, last, refractory, fired);
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
    let mut above = 0u32;
    for l in 0..BLOCK {
        above |= u32::from(v.0[l] > thresholds.0[l]) << l;
    }
    while above != 0 {
        let j = block * BLOCK + above.trailing_zeros() as usize;
        above &= above - 1;
        // The last block may have room for more than there are neurons.
        let last = last_spike.get(j);
        if last.is_some_and(|&last| lif::recovered(now, last, refractory)) {
            fired.push(j);
        }
    }
}

/// Where one neuron fires in a step: of those that can leaves the one farthest above its threshold, of equals the first.
#[inline(always)]
fn keep_farthest(c: &Constants, lane: &Lane, live: bool, fired: &mut Vec<usize>) {
    if c.excitatory.one_spike == 0 || fired.len() < 2 {
        return;
    }
    let thresholds = thresholds(lane, live);
    let value = |blocks: &[Block], j: usize| blocks[j / BLOCK].0[j % BLOCK];
    let excess = |j: usize| lif::excess(value(&lane.neurons.v_e_mv, j), value(thresholds, j));
    let farthest = fired
        .iter()
        .copied()
        .max_by_key(|&j| (excess(j), Reverse(j)));
    fired.clear();
    fired.extend(farthest);
}

/// Sends the spikes of this step on their way: S2 one to one, S3 to every E neuron but its own.
#[inline(always)]
fn send(wiring: &Wiring, lane: &mut Lane, fired_e: &[usize], fired_i: &[usize]) {
    for &j in fired_e {
        lane.s2.send(wiring.delays_s2[j], j, 1);
    }
    for &i in fired_i {
        match &wiring.delays_s3 {
            DelaysS3::Drawn(rows) => {
                let width = rows.len() / lane.size();
                lane.s3.send_to_all(&rows[i * width..][..width]);
            }
            DelaysS3::None(row) => {
                lane.s3.send_to_all(row);
                lane.s3.take_back(i);
            }
        }
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
