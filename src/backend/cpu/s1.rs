//! The plastic synapses: what an input spike and an E spike do to them.

use super::decays::Decays;
use super::lane::Lane;
use super::plastic::Plastic;
use crate::model::{BLOCK, Block, Constants, conductance, multiply_add, prune};
use crate::model::{regrow, rule, stdp};

/// The plastic synapses, as a presentation may use them.
pub enum S1<'a, P> {
    Frozen {
        weights: &'a [Block],
    },
    Pruning {
        weights: &'a mut [Block],
        last_input: &'a mut [u32],
        decays: &'a mut Decays,
    },
    Learning {
        /// Where what is learned goes.
        plastic: P,
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

/// The input spikes of one step, for every E neuron; the first is number `first` of the presentation.
#[inline(always)]
pub fn input_spikes<P: Plastic>(
    c: &Constants,
    s1: &mut S1<'_, P>,
    lane: &mut Lane,
    now: u32,
    inputs: &[u16],
    first: usize,
) {
    let (ge, gi) = (&mut lane.neurons.ge_e, &mut lane.neurons.gi_e);
    let spikes = first..first + inputs.len();
    match s1 {
        S1::Frozen { weights } => {
            conductance::receive_rows(&c.conductance, weights, inputs, ge, gi);
        }
        S1::Pruning {
            weights,
            last_input,
            decays,
        } => {
            let blocks = ge.len();
            for (&input, &decay) in inputs.iter().zip(&decays.prune[spikes]) {
                let input = usize::from(input);
                prune::decay_row(c, &mut weights[input * blocks..][..blocks], decay);
                last_input[input] = now;
            }
            // A copy of all, in the few presentations where some may be absent.
            let absent = regrow::has_absent(&c.regrow) && !inputs.is_empty();
            let acting = absent.then(|| regrow::all_acting(&c.regrow, weights));
            let weights = acting.as_deref().unwrap_or(weights);
            conductance::receive_rows(&c.conductance, weights, inputs, ge, gi);
        }
        S1::Learning {
            plastic,
            last_input,
            decays,
            trace_pre,
            kept,
            ..
        } => {
            let to = stdp::Targets {
                ge,
                gi,
                apost: &lane.neurons.trace_post,
            };
            plastic.input_spikes(c, &decays.prune[spikes.clone()], inputs, to, *kept);
            for (&input, &keep) in inputs.iter().zip(&decays.keep_pre[spikes]) {
                let input = usize::from(input);
                let trace = stdp::decayed_pre(trace_pre[input], keep);
                trace_pre[input] = multiply_add(c.stdp.keep_at_spike, trace, c.stdp.a_pre);
                last_input[input] = now;
            }
        }
    }
}

/// The E-spike half of learning, and the counts.
#[inline(always)]
pub fn output_spikes<P: Plastic>(
    c: &Constants,
    s1: &mut S1<'_, P>,
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
        plastic.output_spike(c, lr2, (j, blocks), (trace_now, active), *kept);
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
