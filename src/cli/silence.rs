//! What to say of networks that stay silent: that they do, why, and what helps.

use super::document::name_of;
use super::figures::listed;
use crate::dataset::{Dataset, LabelledImages};
use crate::experiment::fired::{MUCH_SILENCE, Silence};
use crate::params::{Architecture, Params};

/// A note on the networks, by name, that stay silent at data, which may be others than those that they were trained on;
/// none where none does.
pub fn note(
    found: &[(String, Silence)],
    networks: usize,
    params: &Params,
    data: (&Dataset, bool),
) -> Option<String> {
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
    let names = (&params.model.network, data.0);
    let has = if one { "has" } else { "have" };
    let never = labels(found, names, |silence| &silence.never_fired);
    if !never.is_empty() {
        parts.push(format!(
            "{has} no neuron for {} that ever fires",
            listed(&never)
        ));
    }
    let without = labels(found, names, |silence| &silence.without_neurons);
    if !without.is_empty() {
        parts.push(format!(
            "{has} no neuron that is labelled {}",
            listed(&without)
        ));
    }
    let advice = of_images(data, worst).unwrap_or_else(|| advice(params));
    Some(format!("{who} {}. {advice}", listed(&parts)))
}

/// Why it is for the images that networks stay silent at that share of them, if it is.
fn of_images((data, are_others): (&Dataset, bool), share: f64) -> Option<String> {
    let blank = |images: &LabelledImages| {
        let images = (0..images.len()).map(|index| images.image(index));
        images
            .filter(|image| image.iter().all(|&pixel| pixel == 0))
            .count()
    };
    let named = |images: &LabelledImages, what: &str, least: f64| {
        let (blank, all) = (blank(images), images.len());
        (blank > 0 && blank as f64 >= least * all as f64)
            .then(|| format!("{blank} of the {all} {what} images are blank: no pixel is lit"))
    };
    let tested = named(&data.test, "test", share.max(MUCH_SILENCE) / 2.0);
    let trained = (!are_others).then(|| named(&data.train, "training", MUCH_SILENCE));
    let blank: Vec<String> = tested.into_iter().chain(trained.flatten()).collect();
    match (blank.is_empty(), are_others) {
        (false, _) => Some(format!("{}. Look at the data first", blank.join("; "))),
        (true, true) => Some(
            "The images are others than those of the training: networks answer what is like that"
                .into(),
        ),
        (true, false) => None,
    }
}

/// Labels of all networks, each once.
fn labels(
    found: &[(String, Silence)],
    (network, data): (&Architecture, &Dataset),
    of: impl Fn(&Silence) -> &Vec<u8>,
) -> Vec<String> {
    let mut labels: Vec<u8> = found.iter().flat_map(|(_, s)| of(s)).copied().collect();
    labels.sort_unstable();
    labels.dedup();
    (labels.iter())
        .map(|&label| name_of(network, data, label))
        .collect()
}

/// Why, and what helps: as it was tried, see the guide (`how_to/silence.md`).
fn advice(params: &Params) -> String {
    let (model, most) = (&params.model, params.model.excitatory.v_threshold_mv);
    let rule = model.learning.rule();
    match rule {
        "stdp-all-ltd" if model.network.classes.len() > 3 => format!(
            "The rule {rule} weakens a group at every image of another class, so that with many classes hardly any fires, \
             with more training too. --preset ten-class learns up to ten"
        ),
        "stdp-all-ltd" => format!(
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
