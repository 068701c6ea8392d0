//! The results of `reproduce` for people: aligned tables.

use spikeprune::experiment::reproduce::{ArmName, NetworkResult, Reproduction, Set};
use spikeprune::statistics::Interval;
use std::fmt::Write;

/// All tables, one under another.
pub fn table(found: &Reproduction) -> String {
    let mut text = heading(found);
    text += "\nSpikes an image (and silent images), accuracy on known digits, weights at zero:\n\n";
    text += &arms(&found.arms, &found.arm_names());
    if !found.controls.is_empty() {
        text += "\nControls, each at the strength that matched the accuracy of regularisation:\n\n";
        text += &arms(&found.controls, &found.control_names());
    }
    text += "\nKnown digits told from others: area under the ROC curve (best score):\n\n";
    text += &detection(found);
    text += "\nAccuracy on known digits with noise added (1 = the noise set):\n\n";
    text += &noisy(found);
    text += "\nThe paper's claims:\n\n";
    text + &claims(found)
}

fn labels(labels: &[u8]) -> String {
    labels
        .iter()
        .map(u8::to_string)
        .collect::<Vec<_>>()
        .join("-")
}

fn heading(found: &Reproduction) -> String {
    let networks = found.seeds.len();
    let n = found.params.job.neurons_per_class * found.classes.len();
    let splits = match found.splits.as_slice() {
        [split] if split.unknown.is_empty() => labels(&split.classes),
        [split] => format!(
            "{} against {}",
            labels(&split.classes),
            labels(&split.unknown)
        ),
        splits => format!("{} random splits", splits.len()),
    };
    format!(
        "{splits} ({}), {n} E + {n} I neurons, dt {} ms, {networks} seed{}, {} images, on {}, {:.0} s\n",
        found.preset,
        found.dt_ms,
        if networks == 1 { "" } else { "s" },
        found.held_out,
        found.device,
        found.seconds,
    )
}

/// Mean and half width of the 95% interval.
fn spread(values: &[f64], scale: f64, digits: usize) -> String {
    let scaled: Vec<f64> = values.iter().map(|value| value * scale).collect();
    match Interval::of(&scaled) {
        Err(_) => "-".into(),
        Ok(Interval { mean, high, .. }) => match high {
            Some(high) => format!("{mean:.digits$} +- {:.digits$}", high - mean),
            None => format!("{mean:.digits$}"),
        },
    }
}

/// The networks whose name is of the kind.
fn of<'a>(
    networks: &'a [NetworkResult],
    name: &'a ArmName,
) -> impl Iterator<Item = &'a NetworkResult> {
    networks
        .iter()
        .filter(|network| network.pruning.same_kind(name))
}

/// A line an arm. Writing to a string cannot fail.
fn arms(networks: &[NetworkResult], names: &[ArmName]) -> String {
    let mut text = format!("{:>20}", "");
    for set in Set::PLAIN {
        let _ = write!(text, "  {:>15}", set.key().unwrap_or_default());
    }
    let _ = writeln!(text, "  {:>14}  {:>12}", "accuracy %", "zeros %");
    for name in names {
        let _ = write!(text, "{:>20}", name.to_string());
        for set in Set::PLAIN {
            let results: Vec<_> = of(networks, name)
                .filter_map(|network| network.sets.get(set.key()?))
                .collect();
            let spikes: Vec<f64> = results.iter().map(|set| set.spikes_per_image).collect();
            let (silent, images) = results.iter().fold((0, 0), |(silent, images), set| {
                (silent + set.silent, images + set.images)
            });
            let cell = match Interval::of(&spikes) {
                Ok(spikes) if images > 0 => {
                    let silent = 100.0 * silent as f64 / images as f64;
                    format!("{} ({silent:.1}%)", significant(spikes.mean))
                }
                _ => "-".into(),
            };
            let _ = write!(text, "  {cell:>15}");
        }
        let accuracies: Vec<f64> = of(networks, name).map(|network| network.accuracy).collect();
        let zeros: Vec<f64> = of(networks, name).map(|n| n.zero_fraction).collect();
        let (accuracy, zeros) = (spread(&accuracies, 100.0, 1), spread(&zeros, 100.0, 1));
        let _ = writeln!(text, "  {accuracy:>14}  {zeros:>12}");
    }
    text
}

/// Three digits, or what is left of a small number.
fn significant(value: f64) -> String {
    if value >= 100.0 {
        format!("{value:.0}")
    } else if value >= 1.0 || value == 0.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.4}")
    }
}

fn detection(found: &Reproduction) -> String {
    let keys = ["unknown", "noise", "blurred"];
    let mut text = format!("{:>20}", "");
    for key in keys {
        let _ = write!(text, "  {key:>24}");
    }
    text += "\n";
    for name in found.arm_names() {
        let _ = write!(text, "{:>20}", name.to_string());
        for key in keys {
            let by = |score: fn(&spikeprune::experiment::reproduce::Detections) -> f64| {
                let values: Vec<f64> = of(&found.arms, &name)
                    .filter_map(|network| network.detection.get(key).map(score))
                    .collect();
                Interval::of(&values).ok().map(|interval| interval.mean)
            };
            let scores = [
                (by(|d| d.total.auroc), "total"),
                (by(|d| d.winner.auroc), "winner"),
                (by(|d| d.margin.auroc), "margin"),
            ];
            let best = scores
                .iter()
                .filter_map(|&(auroc, score)| Some((auroc?, score)))
                .max_by(|a, b| a.0.total_cmp(&b.0));
            let cell = best.map_or("-".into(), |(auroc, score)| {
                format!("{auroc:.3} by {score}")
            });
            let _ = write!(text, "  {cell:>24}");
        }
        text += "\n";
    }
    text
}

fn noisy(found: &Reproduction) -> String {
    let mut text = format!("{:>20}", "strength");
    if let Some(first) = found.arms.first() {
        for noisy in &first.noisy {
            let _ = write!(text, "  {:>6}", noisy.strength);
        }
    }
    text += "\n";
    for name in found.arm_names() {
        let _ = write!(text, "{:>20}", name.to_string());
        let networks: Vec<_> = of(&found.arms, &name).collect();
        for at in 0..networks.first().map_or(0, |network| network.noisy.len()) {
            let sum: f64 = networks
                .iter()
                .map(|network| network.noisy[at].accuracy)
                .sum();
            let _ = write!(text, "  {:>5.1}%", 100.0 * sum / networks.len() as f64);
        }
        text += "\n";
    }
    text
}

fn claims(found: &Reproduction) -> String {
    let mut text = format!(
        "{:>20}  {:<40}  {:>8}  {:>9}  {:>20}  {}\n",
        "arm", "claim", "paper", "found", "95% interval", "reached"
    );
    for claim in &found.summary {
        let number = |value: Option<f64>| value.map_or("-".into(), |value| format!("{value:.4}"));
        let interval = match (claim.low, claim.high) {
            (Some(low), Some(high)) => format!("{low:.4} to {high:.4}"),
            _ => "-".into(),
        };
        let bound = if claim.direction == "at least" {
            ">="
        } else {
            "<="
        };
        let _ = writeln!(
            text,
            "{:>20}  {:<40}  {bound} {:.4}  {:>9}  {interval:>20}  {}",
            claim.arm.to_string(),
            claim.claim,
            claim.paper,
            number(claim.mean),
            if claim.reached { "yes" } else { "no" }
        );
    }
    text
}
