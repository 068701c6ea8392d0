//! The results of `train` and `eval`: JSON documents with stable keys, and tables for people.

use super::backprop;
use super::data::{DataUsed, Loaded};
use super::figures::{MEAN, counted, percent};
use super::{sets, silence};
use crate::backend::{Backend, DeviceKind};
use crate::checkpoint::Checkpoint;
use crate::dataset::Dataset;
use crate::experiment::evaluate::{Evaluation, NotLearned};
use crate::experiment::operations::Operations;
use crate::experiment::set_answers::SetAnswers;
use crate::experiment::test_sets::TestSet;
use crate::experiment::train::zero_fraction;
use crate::params::{Architecture, Params};
use crate::statistics::Interval;
use crate::trained::Replica;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The document of `train` and `eval`. `train` and `out` are absent from `eval`'s.
#[derive(Serialize)]
pub struct Document<'a> {
    pub version: &'static str,
    pub command: &'static str,
    pub device: String,
    pub device_type: DeviceKind,
    pub seed: u64,
    /// Every parameter, by the keys of the TOML file.
    pub params: &'a Params,
    /// The time constant of eq. 5 as it acted; absent where nothing learns by local rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tau_prune_ms: Option<f64>,
    /// What the labels in `eval.classes` are called, in their order; absent where classes have no names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub class_names: Vec<String>,
    /// The first replica's `train`, `eval` and `weights`, at the top level.
    #[serde(flatten)]
    pub first: &'a NetworkSummary,
    /// The same for every replica.
    pub replicas: &'a [NetworkSummary],
    pub means: Means,
    /// What must be known of the results beside them: what stderr was told.
    pub notes: Vec<String>,
    /// What was trained and tested on.
    pub data: DataUsed,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub out: Option<String>,
}

/// The results of one network.
#[derive(Serialize)]
pub struct NetworkSummary {
    pub seed: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub train: Option<Training>,
    pub eval: Evaluation,
    /// Accuracy of a linear classifier of the spike counts, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linear_accuracy: Option<f64>,
    /// What the sets that were asked for evoked.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub sets: BTreeMap<TestSet, SetAnswers>,
    pub weights: Weights,
    /// Synaptic operations of the test.
    pub operations: Operations,
}

/// Means over the networks with their 95% intervals; none where a network has no such share.
#[derive(Serialize)]
pub struct Means {
    pub accuracy: Option<Interval>,
    pub accuracy_ties_to_first: Option<Interval>,
    /// Shares of the images shown.
    pub tied: Option<Interval>,
    pub silent: Option<Interval>,
    pub zero_fraction: Option<Interval>,
}

impl Means {
    fn of(replicas: &[NetworkSummary]) -> Self {
        let mean = |share: &dyn Fn(&NetworkSummary) -> Option<f64>| {
            let shares: Option<Vec<f64>> = replicas.iter().map(share).collect();
            shares.and_then(|shares| Interval::of_shares(&shares).ok())
        };
        let of_images = |part: usize, eval: &Evaluation| part as f64 / eval.images.max(1) as f64;
        Self {
            accuracy: mean(&|replica| replica.eval.accuracy),
            accuracy_ties_to_first: mean(&|replica| replica.eval.accuracy_ties_to_first),
            tied: mean(&|replica| Some(of_images(replica.eval.tied, &replica.eval))),
            silent: mean(&|replica| Some(of_images(replica.eval.silent, &replica.eval))),
            zero_fraction: mean(&|replica| Some(replica.weights.zero_fraction)),
        }
    }
}

#[derive(Serialize)]
pub struct Training {
    /// Images shown over all epochs.
    pub images: usize,
    /// Wall-clock time, all replicas together; none if that of a part is not known.
    pub seconds: Option<f64>,
    /// E spikes.
    pub spikes: u64,
}

/// Weights as read out.
#[derive(Serialize)]
pub struct Weights {
    pub mean: f64,
    /// Share of weights below `pruning.zero_below * learning.gmax`.
    pub zero_fraction: f64,
}

/// What a label is called: as a network has learned it, else as the data say.
pub fn name_of(network: &Architecture, data: &Dataset, label: u8) -> String {
    match network.classes.contains(&label) {
        true => network.name_of(label),
        false => data.name_of(label),
    }
}

/// Whether any class has another name than its label.
pub fn have_names(network: &Architecture, data: &Dataset) -> bool {
    !(network.names.is_empty() && data.names.is_empty())
}

/// Results of all networks of a checkpoint; `train_seconds` where it is of `train`, with the time if that is known.
pub fn replicas(
    checkpoint: &Checkpoint,
    evaluations: Vec<(Evaluation, Operations)>,
    train_seconds: Option<Option<f64>>,
) -> Vec<NetworkSummary> {
    let tested = checkpoint.replicas.iter().zip(evaluations);
    tested
        .map(
            |(
                Replica {
                    network, weights, ..
                },
                (eval, operations),
            )| NetworkSummary {
                seed: network.seed,
                train: train_seconds.map(|seconds| Training {
                    images: network.state.presented as usize,
                    seconds,
                    spikes: network.state.spikes_e,
                }),
                eval,
                linear_accuracy: None,
                sets: BTreeMap::new(),
                weights: Weights {
                    mean: weights.iter().map(|&w| f64::from(w)).sum::<f64>() / weights.len() as f64,
                    zero_fraction: zero_fraction(&network.params, weights),
                },
                operations,
            },
        )
        .collect()
}

/// The document of all networks of a checkpoint; the data may be others than those of the training.
pub fn document<'a>(
    command: &'static str,
    backend: &dyn Backend,
    params: &'a Params,
    replicas: &'a [NetworkSummary],
    (data, are_others): (&Loaded, bool),
    out: Option<String>,
) -> Document<'a> {
    let network = &params.model.network;
    let name = |&label: &u8| name_of(network, &data.set, label);
    // A checkpoint has at least one network.
    let shown = replicas[0].eval.classes.iter();
    Document {
        version: env!("CARGO_PKG_VERSION"),
        command,
        device: backend.device().into(),
        device_type: backend.kind(),
        seed: params.job.seed,
        params,
        tau_prune_ms: (params.backprop.is_none()).then(|| params.tau_prune_ms()),
        class_names: match have_names(network, &data.set) {
            true => shown.map(name).collect(),
            false => Vec::new(),
        },
        first: &replicas[0],
        replicas,
        means: Means::of(replicas),
        notes: silent_networks(params, replicas, (&data.set, are_others))
            .into_iter()
            .collect(),
        data: data.used(),
        out,
    }
}

/// What to say of networks that stay silent.
fn silent_networks(
    params: &Params,
    replicas: &[NetworkSummary],
    data: (&Dataset, bool),
) -> Option<String> {
    let trained = &params.model.network.classes;
    let silent = replicas.iter().filter_map(|replica| {
        let found = replica.eval.silence(trained)?;
        Some((format!("the network of seed {}", replica.seed), found))
    });
    silence::note(&silent.collect::<Vec<_>>(), replicas.len(), params, data)
}

/// The same for people: a line for each network, the spread over several, the confusion matrix of the first.
pub fn table(document: &Document<'_>) -> String {
    let mut text = String::new();
    let params = document.params;
    let classes = params.model.network.label("-");
    let n = params.model.neurons();
    let what = match &params.backprop {
        Some(own) => backprop::described(own),
        None => format!(
            "{n} E + {n} I neurons, dt {} ms, pruning {}",
            params.model.time.dt_ms, params.model.pruning.mode
        ),
    };
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "{classes} ({}), {what}, on {}",
        params.preset, document.device
    );
    if let Some(train) = &document.first.train {
        let shown = train.images * document.replicas.len();
        let time = train.seconds.map_or(String::new(), |seconds| {
            format!(" in {seconds:.1} s ({:.0}/s)", shown as f64 / seconds)
        });
        let _ = writeln!(text, "trained on {}{time}", counted(shown, "image"));
    }
    let eval = &document.first.eval;
    let shown = eval.images * document.replicas.len();
    let rate = shown as f64 / eval.seconds;
    let _ = writeln!(
        text,
        "tested on {} in {:.1} s ({rate:.0}/s)\n",
        counted(shown, "image"),
        eval.seconds
    );
    text += &networks(document.replicas);
    text += &backprop::operations(document.replicas);
    if let Some(votes) = &eval.labels {
        let (all, proportional) = (votes.accuracy_all_neurons, votes.accuracy_proportional);
        let _ = writeln!(
            text,
            "\nother voting schemes of the first: all neurons {}, proportional {}; {} neurons without a label, {} tied",
            share(all),
            share(proportional),
            votes.unlabelled_neurons,
            votes.tied_neurons
        );
    }
    let network = &params.model.network;
    let trained = network.class_names();
    let shown: Vec<String> = match document.class_names.is_empty() {
        true => eval.classes.iter().map(u8::to_string).collect(),
        false => document.class_names.clone(),
    };
    text += &confusion(eval, &shown, &trained);
    if let Some(not_learned) = &eval.not_learned {
        let names = eval.classes.iter().zip(&shown);
        let names = names.filter(|(label, _)| not_learned.classes.contains(label));
        let names: Vec<&str> = names.map(|(_, name)| name.as_str()).collect();
        text += &answered(not_learned, &names, eval.images_learned, &trained);
    }
    text + &sets::table(document.replicas, &trained)
}

/// A share in per cent, where what it is a share of was learned.
fn share(share: Option<f64>) -> String {
    share.map_or("not learned".into(), |share| {
        format!("{:.1}%", 100.0 * share)
    })
}

/// What labels were taken for that were not learned.
fn answered(
    not_learned: &NotLearned,
    labels: &[&str],
    learned: usize,
    trained: &[String],
) -> String {
    let counts = trained.iter().zip(&not_learned.answers);
    let mut answers: Vec<String> = counts
        .map(|(class, count)| format!("{count} as {class}"))
        .collect();
    answers.push(format!("{} tied", not_learned.tied));
    answers.push(format!("{} silent", not_learned.silent));
    let is = match labels.len() {
        1 => "label was",
        _ => "labels were",
    };
    let accuracy = match learned {
        0 => "",
        _ => ". The accuracy is that of the labels that were learned",
    };
    format!(
        "\n{is} not learned: {}. No answer to {} is right; the first network took {}{accuracy}\n",
        labels.join(", "),
        counted(not_learned.images, "image"),
        answers.join(", ")
    )
}

/// A line for each network, and the spread over several.
fn networks(replicas: &[NetworkSummary]) -> String {
    let mut text = String::new();
    let learned = (replicas.iter()).all(|replica| replica.eval.accuracy.is_some());
    let width = if learned { 8 } else { "not learned".len() };
    let _ = writeln!(
        text,
        "{:>8}  {:>width$}  {:>8}  {:>13}  {:>10}  {:>8}  {:>12}",
        "seed", "accuracy", "tied", "ties to first", "spikes", "silent", "zero weights"
    );
    for replica in replicas {
        let (eval, zeros) = (&replica.eval, 100.0 * replica.weights.zero_fraction);
        let (accuracy, to_first) = (share(eval.accuracy), share(eval.accuracy_ties_to_first));
        let _ = writeln!(
            text,
            "{:>8}  {accuracy:>width$}  {:>8}  {to_first:>13}  {:>10}  {:>8}  {zeros:>11.1}%",
            replica.seed, eval.tied, eval.spikes, eval.silent
        );
    }
    if replicas.len() > 1 {
        let accuracies = replicas.iter().filter_map(|replica| replica.eval.accuracy);
        let zeros = replicas.iter().map(|replica| replica.weights.zero_fraction);
        let _ = writeln!(
            text,
            "\n{MEAN}: accuracy {}%, zero weights {}%",
            percent(accuracies, 1),
            percent(zeros, 1)
        );
    }
    for replica in replicas {
        if let Some(accuracy) = replica.linear_accuracy {
            let (seed, accuracy) = (replica.seed, 100.0 * accuracy);
            let _ = writeln!(
                text,
                "{seed:>8}  {accuracy:>7.1}%  by a linear classifier of the spike counts"
            );
        }
    }
    text
}

/// What each class was taken for; `shown` and `trained` are the names of those that were shown and learned.
fn confusion(eval: &Evaluation, shown: &[String], trained: &[String]) -> String {
    let longest = |names: &[String]| names.iter().map(|name| name.chars().count()).max();
    let first = longest(shown).unwrap_or(0).max(8);
    let width = (longest(trained).unwrap_or(0) + 2).max(7);
    let mut text = format!("\n{:>first$}  recognised as\n{:first$}", "shown", "");
    let _ = trained
        .iter()
        .try_for_each(|name| write!(text, "{name:>width$}"));
    let _ = writeln!(text, "{:>8}{:>8}", "tied", "silent");
    for (name, row) in shown.iter().zip(&eval.confusion) {
        let _ = write!(text, "{name:>first$}");
        let _ = row[..trained.len()]
            .iter()
            .try_for_each(|count| write!(text, "{count:>width$}"));
        let _ = row[trained.len()..]
            .iter()
            .try_for_each(|count| write!(text, "{count:>8}"));
        text += "\n";
    }
    text
}
