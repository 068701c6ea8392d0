//! The steps of one presentation of one lane, in the order that [`crate::model`] gives.

use super::decays::Decays;
use super::lane::{Lane, Wiring};
use super::recorder::Recorder;
use crate::model::batch;
use crate::model::poisson::SpikeList;
use crate::model::{BLOCK, Block, Constants, conductance, lif, multiply_add, prune, rule, stdp};
use multiversion::multiversion;

/// The plastic synapses, as a presentation may use them.
pub enum S1<'a> {
    Frozen {
        weights: &'a [Block],
    },
    Pruning {
        weights: &'a mut [Block],
        last_input: &'a mut [u32],
        decays: &'a mut Decays,
    },
    Learning {
        plastic: Plastic<'a>,
        last_input: &'a mut [u32],
        decays: &'a mut Decays,
        trace_pre: &'a mut [f32],
        /// Room for the traces of all inputs.
        trace_now: &'a mut [f32],
        /// Inputs that may have a trace at some time of the presentation.
        active: &'a [u16],
        /// Group of the image's class.
        group: u32,
        /// Share of the step sizes that is left.
        step_scale: f32,
        /// Share of the training that is done.
        presented: f32,
        rule: &'a rule::Program,
        /// Room for the values of the rule.
        rule_values: &'a mut [f32; rule::VALUES],
        /// Synapses that take part, as [`crate::model::dropout::fill`] has them; none where all do.
        kept: Option<&'a [Block]>,
    },
}

/// Where what is learned goes.
pub enum Plastic<'a> {
    /// Into the weights at once; `still`: whether input spikes leave them as they are.
    Weights {
        weights: &'a mut [Block],
        still: bool,
    },
    /// Into sums beside the weights, which stay as the batch found them; `since`: how those of each input have decayed
    /// since then.
    Sums {
        weights: &'a [Block],
        /// Those of a neuron follow one another, one for each input.
        sums: &'a mut [i64],
        since: &'a mut [f32],
    },
}

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
    s1: S1<'_>,
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

/// One input spike, for every E neuron; `spike` is its place in the list of the presentation.
#[inline(always)]
fn input_spike(
    c: &Constants,
    s1: &mut S1<'_>,
    lane: &mut Lane,
    now: u32,
    input: usize,
    spike: usize,
) {
    let blocks = lane.neurons.v_e_mv.len();
    let row = input * blocks..(input + 1) * blocks;
    match s1 {
        S1::Frozen { weights } => {
            let (ge, gi) = (&mut lane.neurons.ge_e, &mut lane.neurons.gi_e);
            conductance::receive_row(&c.conductance, &weights[row], ge, gi);
        }
        S1::Pruning {
            weights,
            last_input,
            decays,
        } => {
            prune::decay_row(&c.prune, &mut weights[row.clone()], decays.prune[spike]);
            let (ge, gi) = (&mut lane.neurons.ge_e, &mut lane.neurons.gi_e);
            conductance::receive_row(&c.conductance, &weights[row], ge, gi);
            last_input[input] = now;
        }
        S1::Learning {
            plastic,
            last_input,
            decays,
            trace_pre,
            kept,
            ..
        } => {
            let decay = match c.prune.continuous {
                1 => decays.prune[spike],
                _ => prune::no_decay(&c.prune),
            };
            let to = stdp::Targets {
                ge: &mut lane.neurons.ge_e,
                gi: &mut lane.neurons.gi_e,
                apost: &lane.neurons.trace_post,
            };
            match plastic {
                Plastic::Weights { weights, still } => {
                    let weights = &mut weights[row.clone()];
                    match kept {
                        None if *still => {
                            conductance::receive_row(&c.conductance, weights, to.ge, to.gi);
                        }
                        None => stdp::input_spike(c, decay, weights, to, |_| Block::splat(1.0)),
                        Some(kept) => {
                            stdp::input_spike(c, decay, weights, to, |b| kept[row.start + b])
                        }
                    }
                }
                Plastic::Sums {
                    weights,
                    sums,
                    since,
                } => {
                    let linear = c.prune.decay == prune::LINEAR;
                    since[input] = batch::together(linear, since[input], decay);
                    let place = (input, since.len());
                    let (since, weights) = (since[input], &weights[row.clone()]);
                    let all = |_| Block::splat(1.0);
                    match kept {
                        None => {
                            match c.prune.continuous {
                                1 => batch::receive_row(c, since, weights, to.ge, to.gi, all),
                                _ => {
                                    conductance::receive_row(&c.conductance, weights, to.ge, to.gi)
                                }
                            }
                            batch::add_traces(&c.batch, sums, place, to.apost, all);
                        }
                        Some(kept) => {
                            let kept = |b| kept[row.start + b];
                            batch::receive_row(c, since, weights, to.ge, to.gi, kept);
                            batch::add_traces(&c.batch, sums, place, to.apost, kept);
                        }
                    }
                }
            }
            let trace = stdp::decayed_pre(trace_pre[input], decays.keep_pre[spike]);
            trace_pre[input] = multiply_add(c.stdp.keep_at_spike, trace, c.stdp.a_pre);
            last_input[input] = now;
        }
    }
}

/// The E-spike half of learning, and the counts.
#[inline(always)]
fn output_spikes(
    c: &Constants,
    s1: &mut S1<'_>,
    lane: &mut Lane,
    now: u32,
    step: u32,
    fired: &[usize],
) {
    let group_of = |j: usize| j as u32 / c.groups.group_size;
    for &j in fired {
        lane.counts[j] += 1;
        lane.group_spikes[group_of(j) as usize] += 1;
    }
    let S1::Learning {
        plastic,
        last_input,
        trace_pre,
        trace_now,
        active,
        group,
        step_scale,
        presented,
        rule,
        rule_values,
        kept,
        ..
    } = s1
    else {
        return;
    };
    let mut has_traces = false;
    let blocks = lane.neurons.v_e_mv.len();
    for &j in fired {
        let (b, l) = (j / BLOCK, j % BLOCK);
        let spike = Spike {
            step,
            j,
            own: group_of(j),
            group: *group,
            presented: *presented,
        };
        let outcome = apply_rule(c, rule, rule_values, lane, now, spike);
        let trace = c.stdp.keep_at_spike * lane.neurons.trace_post[b].0[l];
        let step_pre = *step_scale * outcome.factor_pre;
        lane.neurons.trace_post[b].0[l] = multiply_add(step_pre, c.stdp.a_post, trace);
        let lr2 = *step_scale * outcome.factor;
        if lr2 == 0.0 {
            continue;
        }
        if !std::mem::replace(&mut has_traces, true) {
            stdp::traces_now(&c.stdp, now, trace_pre, last_input, trace_now);
        }
        let kept = *kept;
        let takes_part = |i: usize| match kept {
            None => 1.0,
            Some(kept) => kept[i * blocks + b].0[l],
        };
        match plastic {
            Plastic::Weights { weights, .. } => {
                let weights = &mut weights[b..];
                match kept {
                    None => stdp::output_spike(
                        &c.stdp,
                        lr2,
                        trace_now,
                        active,
                        weights,
                        blocks,
                        l,
                        |_| 1.0,
                    ),
                    Some(_) => stdp::output_spike(
                        &c.stdp, lr2, trace_now, active, weights, blocks, l, takes_part,
                    ),
                }
            }
            Plastic::Sums { sums, .. } => {
                let sums = &mut sums[j * trace_now.len()..][..trace_now.len()];
                match kept {
                    None => batch::output_spike(&c.batch, lr2, trace_now, sums, |_| 1.0),
                    Some(_) => batch::output_spike(&c.batch, lr2, trace_now, sums, takes_part),
                }
            }
        }
    }
}

/// An E spike, as the rule is told of it.
struct Spike {
    step: u32,
    j: usize,
    /// The neuron's group, and that of the image's class.
    own: u32,
    group: u32,
    presented: f32,
}

/// What the rule makes of an E spike; its own variables are then those after it.
fn apply_rule(
    c: &Constants,
    rule: &rule::Program,
    values: &mut [f32; rule::VALUES],
    lane: &mut Lane,
    now: u32,
    spike: Spike,
) -> rule::Outcome {
    let Spike {
        step,
        j,
        own,
        group,
        presented,
    } = spike;
    let (b, l) = (j / BLOCK, j % BLOCK);
    let n = &mut lane.neurons;
    let others = match rule.knows_others {
        1 => rule::strongest_other(&lane.group_spikes, own),
        _ => 0,
    };
    let since_last = now
        .wrapping_sub(n.last_spike_e[j])
        .min(rule::LONGEST_MEMORY);
    values[rule::TARGET] = if own == group { 1.0 } else { 0.0 };
    values[rule::GROUP_SPIKES] = lane.group_spikes[own as usize] as f32;
    values[rule::OWN_SPIKES] = lane.counts[j] as f32;
    values[rule::OTHER_SPIKES] = others as f32;
    values[rule::STEP] = step as f32;
    values[rule::STEPS_SINCE_LAST] = since_last as f32;
    values[rule::PRESENTED] = presented;
    let theta_mv = n.v_threshold_mv[b].0[l] - c.excitatory.v_threshold_mv;
    values[rule::THETA] = rule::limited(theta_mv);
    values[rule::STATE_1] = rule::limited(n.rule_state_1[b].0[l]);
    values[rule::STATE_2] = rule::limited(n.rule_state_2[b].0[l]);
    let outcome = rule::evaluate(rule, values);
    n.rule_state_1[b].0[l] = outcome.state_1;
    n.rule_state_2[b].0[l] = outcome.state_2;
    outcome
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
