//! Controls: is the effect that of "use it or lose it", or would any lost weight do?
//!
//! Two follow from the arm without regularisation: without its smallest weights, as many as the regularised arm
//! has at zero; and without the inputs that no training image lights. Three are the conventional methods that the
//! paper sets aside, in a local form: L2 and L1 penalties and dropout. Each is trained at several strengths, and
//! the strongest is taken whose accuracy on validation images is at most half a point below that of the
//! regularised arm; where none is, the most accurate.

use super::results::Tried;
use super::{ArmName, ArmsPlan, Split, Subject};
use crate::experiment::train::zero_fraction;
use crate::params::PruningMode;

/// How much accuracy a control may lose.
const MATCHED: f64 = 0.005;

/// How many networks of one split are tested, if so many are trained.
pub fn tested(plan: &ArmsPlan, trained: usize) -> usize {
    let arms = plan.arms.len() * plan.seeds;
    if !plan.controls {
        return trained;
    }
    // Three kinds are trained; two more follow from the unregularised arm.
    let kinds = if plan.arms.contains(&PruningMode::None) {
        5
    } else {
        3
    };
    arms + kinds * plan.seeds
}

/// Takes the controls out of the networks of a split and leaves the arms: each kind at the strength that matches,
/// and those that follow from the arms.
pub fn choose<'a>(
    plan: &ArmsPlan,
    split: &Split,
    subjects: &mut Vec<Subject<'a>>,
    tried: &mut Vec<Tried>,
) -> Vec<Subject<'a>> {
    let candidates = subjects.split_off(plan.arms.len() * plan.seeds);
    if candidates.is_empty() {
        return Vec::new();
    }
    let mut controls = derived(subjects);
    let reference = regularised(subjects).map_or(0.0, |arm| {
        let same = subjects.iter().filter(|subject| subject.name == arm.name);
        mean(same.filter_map(accuracy))
    });
    let same_kind = |a: &Subject<'_>, b: &Subject<'_>| a.name.same_kind(&b.name);
    for of_kind in candidates.chunk_by(same_kind) {
        let strengths: Vec<&[Subject<'_>]> = of_kind.chunks(plan.seeds).collect();
        let accuracies: Vec<f64> = strengths
            .iter()
            .map(|networks| mean(networks.iter().filter_map(accuracy)))
            .collect();
        let best = (0..strengths.len()).max_by(|&a, &b| accuracies[a].total_cmp(&accuracies[b]));
        let matching = accuracies
            .iter()
            .position(|&accuracy| accuracy >= reference - MATCHED);
        let chosen = matching.or(best).unwrap_or(0);
        for (index, networks) in strengths.iter().enumerate() {
            let zeros =
                |subject: &Subject<'_>| zero_fraction(&subject.network.params, &subject.weights);
            tried.push(Tried {
                split: split.clone(),
                control: networks[0].name.clone(),
                accuracy: accuracies[index],
                zero_fraction: mean(networks.iter().map(zeros)),
                chosen: index == chosen,
            });
        }
        controls.extend_from_slice(strengths[chosen]);
    }
    controls
}

/// The arm that controls are compared with: continuous regularisation where it is there, else the last.
fn regularised<'s, 'a>(arms: &'s [Subject<'a>]) -> Option<&'s Subject<'a>> {
    let continuous = ArmName::Pruning(PruningMode::Continuous);
    let is_none = |subject: &&Subject<'_>| subject.name == ArmName::Pruning(PruningMode::None);
    arms.iter()
        .find(|subject| subject.name == continuous)
        .or_else(|| arms.iter().rfind(|subject| !is_none(subject)))
}

/// Accuracy at the end of the training.
fn accuracy(subject: &Subject<'_>) -> Option<f64> {
    subject.learning.last()?.validation_accuracy
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    sum / f64::from(count.max(1))
}

/// The unregularised networks with weights taken away.
fn derived<'a>(arms: &[Subject<'a>]) -> Vec<Subject<'a>> {
    let none = ArmName::Pruning(PruningMode::None);
    let Some(reference) = regularised(arms) else {
        return Vec::new();
    };
    let unregularised = || arms.iter().filter(|subject| subject.name == none);
    let smallest = unregularised().map(|subject| {
        let mut control = subject.clone();
        control.name = ArmName::SmallestRemoved;
        let twin = arms
            .iter()
            .find(|arm| arm.name == reference.name && arm.network.seed == subject.network.seed);
        if let Some(twin) = twin {
            let share = zero_fraction(&twin.network.params, &twin.weights);
            remove_smallest(&mut control.weights, share);
        }
        control
    });
    let inactive = unregularised().map(|subject| {
        let mut control = subject.clone();
        control.name = ArmName::NeverActiveRemoved;
        remove_inactive(
            &mut control.weights,
            &subject.network.state.inputs.last_input,
        );
        control
    });
    smallest.chain(inactive).collect()
}

/// Sets the given share of the weights to zero, those of the smallest magnitude.
pub fn remove_smallest(weights: &mut [f32], share: f64) {
    let count = (share * weights.len() as f64).round() as usize;
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|&a, &b| weights[a].abs().total_cmp(&weights[b].abs()));
    for &index in &order[..count.min(order.len())] {
        weights[index] = 0.0;
    }
}

/// Sets the weights of inputs that never fired to zero: no training image lit them.
fn remove_inactive(weights: &mut [f32], last_input: &[u32]) {
    let neurons = weights.len() / last_input.len();
    for (row, &last) in weights.chunks_exact_mut(neurons).zip(last_input) {
        if last == 0 {
            row.fill(0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_weights_go() {
        let mut weights = [0.3, -0.1, 0.2, -0.4, 0.0];
        remove_smallest(&mut weights, 0.6);
        assert_eq!(weights, [0.3, 0.0, 0.0, -0.4, 0.0]);
        remove_smallest(&mut weights, 1.0);
        assert_eq!(weights, [0.0; 5]);
    }

    #[test]
    fn rows_of_inputs_that_never_fired_go() {
        let mut weights = vec![1.0; 2 * 784];
        let mut last_input = vec![7; 784];
        last_input[1] = 0;
        remove_inactive(&mut weights, &last_input);
        assert_eq!(weights[..6], [1.0, 1.0, 0.0, 0.0, 1.0, 1.0]);
    }
}
