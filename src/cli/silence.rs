//! What to say of networks that stay silent: that they do, why, and what helps.

use super::figures::listed;
use spikeprune::experiment::fired::{MUCH_SILENCE, Silence};
use spikeprune::params::{Params, Rule};

/// A note on the networks, by name, that stay silent; none where none does.
pub fn note(found: &[(String, Silence)], networks: usize, params: &Params) -> Option<String> {
    let (name, _) = found.first()?;
    let (who, one) = match (found.len(), networks) {
        (1, 1) => ("the network".to_string(), true),
        (1, _) => (name.clone(), true),
        (some, all) => (format!("{some} of {all} networks"), false),
    };
    let worst = found.iter().map(|(_, silence)| silence.share);
    let worst = worst.fold(0.0, f64::max);
    let mut parts = Vec::new();
    if worst > MUCH_SILENCE {
        let (stays, up_to) = if one {
            ("stays", "")
        } else {
            ("stay", "up to ")
        };
        let share = 100.0 * worst;
        parts.push(format!(
            "{stays} silent at {up_to}{share:.0}% of the images of learned labels"
        ));
    }
    let has = if one { "has" } else { "have" };
    let never = labels(found, |silence| &silence.never_fired);
    if !never.is_empty() {
        parts.push(format!(
            "{has} no neuron for {} that ever fires",
            listed(&never)
        ));
    }
    let without = labels(found, |silence| &silence.without_neurons);
    if !without.is_empty() {
        parts.push(format!(
            "{has} no neuron that is labelled {}",
            listed(&without)
        ));
    }
    Some(format!("{who} {}. {}", listed(&parts), advice(params)))
}

/// Labels of all networks, each once.
fn labels(found: &[(String, Silence)], of: impl Fn(&Silence) -> &Vec<u8>) -> Vec<String> {
    let mut labels: Vec<u8> = found.iter().flat_map(|(_, s)| of(s)).copied().collect();
    labels.sort_unstable();
    labels.dedup();
    labels.iter().map(u8::to_string).collect()
}

/// Why, and what helps: as it was tried, see the guide (`how_to/silence.md`).
fn advice(params: &Params) -> String {
    let (model, most) = (&params.model, params.model.excitatory.v_threshold_mv);
    let rule = model.learning.rule;
    match rule {
        Rule::StdpAllLtd if model.network.classes.len() > 3 => format!(
            "The rule {rule} weakens a group at every image of another class, so that with many classes hardly any fires, \
             with more training too. --preset ten-class learns up to ten"
        ),
        Rule::StdpAllLtd => format!(
            "The rule {rule} weakens a group at every image of another class, most where classes look alike. --preset best \
             keeps groups firing; more passes (--epochs) or images help where classes differ; other --pruning hardly helps"
        ),
        _ if model.excitatory.v_threshold_test_mv > most => format!(
            "The threshold in testing lies above that in training, so that weak answers are silent. More passes \
             (--epochs) or images help; so does --set excitatory.v_threshold_test_mv={most}, but then noise is answered too"
        ),
        _ if model.network.votes_by_labels() => {
            "More neurons (--neurons), training images, or passes over them (--epochs), help".into()
        }
        _ => "More training images, or more passes over them (--epochs), help".into(),
    }
}
