//! The results of `reproduce` as rows of text, for the terminal and for the report.

use super::claims::{CLAIM_COLUMNS, claim_rows, verdict};
use crate::cli::figures::{
    MEAN, MEAN_OF_SPLITS, OPERATIONS, aligned, amount, counts, numbers, operations, percent,
};
use crate::experiment::papers::antonov_sukhov::{
    ArmName, NetworkResult, PUBLISHED, Reproduction, Score, SetResult, Split, independent,
};
use crate::experiment::test_sets::TestSet;
use crate::params::PruningMode;
use crate::statistics::{Detection, Interval};
use std::fmt::Write;

/// What sets these networks apart.
pub const BEHIND_EDGES: &str = "The same arms behind a front end that sees edges: other networks than the paper's, of which its claims \
     do not speak";

/// All tables for the terminal, one under another.
pub fn table(found: &Reproduction) -> String {
    let (mut text, mean_of_all) = (heading(found) + "\n", mean_of(found));
    let mut add = |title: &str, columns: &[&str], rows: Vec<Vec<String>>| {
        let _ = write!(text, "\n{title}\n\n{}", aligned(columns, &rows));
    };
    let columns = arm_columns();
    let of_arms: Vec<&str> = columns.iter().map(String::as_str).collect();
    add(
        &format!("E spikes on each test set, {mean_of_all}, beside the paper's table:"),
        &SET_COLUMNS,
        set_rows(found),
    );
    add(
        &format!(
            "Mean spikes an image (silent images); known digits recognised, tied, and recognised if the first of those \
             tied counted, as in the published figures; weights at zero; {mean_of_all}:"
        ),
        &of_arms,
        arm_rows(&found.arms, &found.arm_names()),
    );
    if !found.controls.is_empty() {
        add(
            "Controls, each at the strength that matched the accuracy of regularisation, likewise:",
            &of_arms,
            arm_rows(&found.controls, &found.control_names()),
        );
    }
    if !found.behind_edges.is_empty() {
        add(
            &format!("{BEHIND_EDGES}:"),
            &of_arms,
            arm_rows(&found.behind_edges, &found.arm_names()),
        );
    }
    if found.splits.len() > 1 {
        let mut columns = vec!["learned".to_string(), "unknown".into()];
        columns.extend(found.arm_names().iter().map(|name| format!("{name} %")));
        columns.extend(["unknown/known".into(), "noise with/without".into()]);
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        add(
            "Split by split, mean accuracy and ratios of means:",
            &columns,
            split_rows(found),
        );
    }
    add(
        &format!("Known digits told from others, {mean_of_all}:"),
        &["against", "arm", "score", "AUROC", "AUPR", "FPR at 95% TPR"],
        detection_rows(found),
    );
    let noisy = found.arms.first().map_or(&[][..], |arm| &arm.noisy);
    let strengths: Vec<String> = noisy.iter().map(|n| n.strength.to_string()).collect();
    let columns: Vec<&str> = std::iter::once("noise added")
        .chain(strengths.iter().map(String::as_str))
        .collect();
    add(
        &format!(
            "Accuracy on known digits with noise added (1 = the noise set), %, {mean_of_all}:"
        ),
        &columns,
        noisy_rows(found),
    );
    if !found.summary.is_empty() {
        let claims = claim_rows(found).into_iter().map(|(mut row, verdict)| {
            row.push(verdict.map_or("-".into(), |verdict| verdict.to_string()));
            row
        });
        add(
            &format!("The paper's claims. {}", verdict(found)),
            &CLAIM_COLUMNS,
            claims.collect(),
        );
    }
    text
}

/// Classes with dashes between them.
pub fn listed(found: &Reproduction, classes: &[u8]) -> String {
    found.network(classes).class_names().join("-")
}

/// What was run, in a line.
pub fn heading(found: &Reproduction) -> String {
    let networks = found.seeds.len();
    let n = found.params.model.network.group_size() * found.classes.len();
    let splits = match found.splits.as_slice() {
        [split] if split.unknown.is_empty() => listed(found, &split.classes),
        [split] => format!(
            "{} against {}",
            listed(found, &split.classes),
            listed(found, &split.unknown)
        ),
        splits => format!("{} random splits", splits.len()),
    };
    format!(
        "{splits} ({}), {n} E + {n} I neurons, dt {} ms, {networks} seed{}, {} images, on {}, {:.0} s",
        found.preset,
        found.dt_ms,
        if networks == 1 { "" } else { "s" },
        found.held_out,
        found.device,
        found.seconds,
    )
}

/// What a mean with its interval is over.
pub fn mean_of(found: &Reproduction) -> &'static str {
    match found.splits.len() {
        0 | 1 => MEAN,
        _ => MEAN_OF_SPLITS,
    }
}

pub fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let values: Vec<f64> = values.collect();
    Interval::of(&values).ok().map(|interval| interval.mean)
}

/// The networks whose name is of the kind.
fn of<'a>(
    networks: &'a [NetworkResult],
    name: &'a ArmName,
) -> impl Iterator<Item = &'a NetworkResult> + Clone {
    networks
        .iter()
        .filter(|network| network.pruning.same_kind(name))
}

/// The columns of [`set_rows`].
pub const SET_COLUMNS: [&str; 6] = [
    "set",
    "pruning",
    "spikes",
    "an image",
    "silent images",
    "paper",
];

/// A row for each set and arm, with the paper's figure without or with regularisation.
pub fn set_rows(found: &Reproduction) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for set in TestSet::PLAIN {
        let published = PUBLISHED.iter().find(|(of, _)| *of == set);
        for name in found.arm_names() {
            let sets = of(&found.arms, &name)
                .filter_map(|network| Some((&network.split, network.sets.get(&set)?)));
            let Some((_, first)) = sets.clone().next() else {
                continue;
            };
            let of = |figure: fn(&SetResult) -> f64| {
                independent(sets.clone().map(|(split, set)| (split, figure(set)))).into_iter()
            };
            // Sets of all networks have as many images.
            let silent = of(|set| set.silent as f64 / set.images.max(1) as f64);
            let with = usize::from(name != ArmName::Pruning(PruningMode::None));
            rows.push(vec![
                set.to_string(),
                name.to_string(),
                amount(of(|set| set.spikes as f64), 0),
                amount(of(|set| set.spikes_per_image), 3),
                numbers(silent, first.images),
                published.map_or("-".into(), |(_, spikes)| spikes[with].to_string()),
            ]);
        }
    }
    rows
}

/// The columns of [`arm_rows`].
pub fn arm_columns() -> Vec<String> {
    let sets = TestSet::PLAIN.map(|set| set.to_string());
    let rest = [
        "accuracy %",
        "tied %",
        "ties to first %",
        "zeros %",
        OPERATIONS,
    ]
    .map(String::from);
    let first = std::iter::once("pruning".to_string());
    first.chain(sets).chain(rest).collect()
}

/// A row an arm or control.
pub fn arm_rows(networks: &[NetworkResult], names: &[ArmName]) -> Vec<Vec<String>> {
    let row = |name: &ArmName| {
        let networks = of(networks, name);
        let mut row = vec![name.to_string()];
        for set in TestSet::PLAIN {
            let sets = networks
                .clone()
                .filter_map(|network| network.sets.get(&set));
            let (silent, images) = sets.clone().fold((0, 0), |(silent, images), set| {
                (silent + set.silent, images + set.images)
            });
            let spikes = mean(sets.map(|set| set.spikes_per_image));
            row.push(spikes.filter(|_| images > 0).map_or("-".into(), |spikes| {
                let silent = 100.0 * silent as f64 / images as f64;
                format!("{} ({silent:.1}%)", significant(spikes))
            }));
        }
        let of = |share: fn(&NetworkResult) -> f64| {
            let shares = networks
                .clone()
                .map(|network| (&network.split, share(network)));
            percent(independent(shares).into_iter(), 1)
        };
        row.extend([
            of(|network| network.accuracy),
            of(NetworkResult::tied_share),
            of(|network| network.accuracy_ties_to_first),
            of(|network| network.zero_fraction),
            operations(networks.clone().map(|network| &network.operations)),
        ]);
        row
    };
    names.iter().map(row).collect()
}

/// About three digits; four decimals below 1.
fn significant(value: f64) -> String {
    if value >= 100.0 {
        format!("{value:.0}")
    } else if value >= 1.0 || value == 0.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.4}")
    }
}

/// A row for each set, arm and score.
pub fn detection_rows(found: &Reproduction) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for set in [TestSet::Unknown, TestSet::Noise, TestSet::Blurred] {
        for name in found.arm_names() {
            for score in Score::ALL {
                let detections = of(&found.arms, &name)
                    .filter_map(|network| Some((&network.split, network.detection.get(&set)?)));
                if detections.clone().next().is_none() {
                    continue;
                }
                let of = |measure: fn(Detection) -> f64| {
                    let shares = detections.clone();
                    let shares = shares.map(|(split, all)| (split, measure(all.by(score))));
                    counts(independent(shares).into_iter(), 1.0, 3)
                };
                let measures = [of(|d| d.auroc), of(|d| d.aupr), of(|d| d.fpr_at_95_tpr)];
                let mut row = vec![set.to_string(), name.to_string(), score.key().to_string()];
                row.extend(measures);
                rows.push(row);
            }
        }
    }
    rows
}

/// Accuracy in per cent of each arm at each strength of added noise.
fn noisy_rows(found: &Reproduction) -> Vec<Vec<String>> {
    let row = |name: &ArmName| {
        let networks = of(&found.arms, name);
        let strengths = networks
            .clone()
            .next()
            .map_or(0, |network| network.noisy.len());
        let accuracy = |at: usize| {
            let shares = networks.clone();
            let shares = shares.map(|network| (&network.split, network.noisy[at].accuracy));
            percent(independent(shares).into_iter(), 1)
        };
        std::iter::once(name.to_string())
            .chain((0..strengths).map(accuracy))
            .collect()
    };
    found.arm_names().iter().map(row).collect()
}

/// A row a split: accuracies of the arms in per cent, then ratios of the first regularised arm.
pub fn split_rows(found: &Reproduction) -> Vec<Vec<String>> {
    let names = found.arm_names();
    let row = |split: &Split| {
        let of_split = |name| {
            let networks = found.arms.iter();
            networks.filter(move |network| network.pruning == name && network.split == *split)
        };
        let spikes = |name: ArmName, set: TestSet| {
            let sets = of_split(name).filter_map(|network| network.sets.get(&set));
            mean(sets.map(|set| set.spikes_per_image))
        };
        let mut row = vec![listed(found, &split.classes), listed(found, &split.unknown)];
        for name in &names {
            let accuracy = mean(of_split(name.clone()).map(|network| network.accuracy));
            row.push(accuracy.map_or("-".into(), |mean| format!("{:.1}", 100.0 * mean)));
        }
        let without = ArmName::Pruning(PruningMode::None);
        let with = names
            .iter()
            .find(|name| **name != without)
            .unwrap_or(&without);
        let ratio = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) if b > 0.0 => format!("{:.4}", a / b),
            _ => "-".into(),
        };
        let of_with = |set| spikes(with.clone(), set);
        row.push(ratio(of_with(TestSet::Unknown), of_with(TestSet::Known)));
        row.push(ratio(
            of_with(TestSet::Noise),
            spikes(without, TestSet::Noise),
        ));
        row
    };
    found.splits.iter().map(row).collect()
}
