//! The results of `train` and `eval`: JSON documents with stable keys, and tables for people.

use super::data::DataUsed;
use serde::Serialize;
use spikeprune::checkpoint::Checkpoint;
use spikeprune::experiment::evaluate::Evaluation;
use spikeprune::experiment::train::zero_fraction;
use spikeprune::params::Params;
use spikeprune::trained::Replica;
use std::fmt::Write;

/// The document of `train` and `eval`. `train` and `out` are absent from `eval`'s.
#[derive(Serialize)]
pub struct Document<'a> {
    pub version: &'static str,
    pub command: &'static str,
    pub device: String,
    pub seed: u64,
    /// Every parameter, by the keys of the TOML file.
    pub params: &'a Params,
    /// The time constant of eq. 5 as it acted.
    pub tau_prune_ms: f64,
    /// The first replica's `train`, `eval` and `weights`, at the top level.
    #[serde(flatten)]
    pub first: &'a NetworkSummary,
    /// The same for every replica.
    pub replicas: &'a [NetworkSummary],
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
    pub weights: Weights,
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

/// Results of all networks of a checkpoint; `train_seconds` where it is of `train`, with the time if that is known.
pub fn replicas(
    checkpoint: &Checkpoint,
    evaluations: Vec<Evaluation>,
    train_seconds: Option<Option<f64>>,
) -> Vec<NetworkSummary> {
    let tested = checkpoint.replicas.iter().zip(evaluations);
    tested
        .map(
            |(
                Replica {
                    network, weights, ..
                },
                eval,
            )| NetworkSummary {
                seed: network.seed,
                train: train_seconds.map(|seconds| Training {
                    images: network.state.presented as usize,
                    seconds,
                    spikes: network.state.spikes_e,
                }),
                eval,
                linear_accuracy: None,
                weights: Weights {
                    mean: weights.iter().map(|&w| f64::from(w)).sum::<f64>() / weights.len() as f64,
                    zero_fraction: zero_fraction(&network.params, weights),
                },
            },
        )
        .collect()
}

/// The document of all networks of a checkpoint.
pub fn document<'a>(
    command: &'static str,
    device: &str,
    params: &'a Params,
    replicas: &'a [NetworkSummary],
    data: DataUsed,
    out: Option<String>,
) -> Document<'a> {
    Document {
        version: env!("CARGO_PKG_VERSION"),
        command,
        device: device.into(),
        seed: params.job.seed,
        params,
        tau_prune_ms: params.tau_prune_ms(),
        // A checkpoint has at least one network.
        first: &replicas[0],
        replicas,
        data,
        out,
    }
}

/// The same for people: a line for each network, the spread over several, the confusion matrix of the first.
pub fn table(document: &Document<'_>) -> String {
    let mut text = String::new();
    let params = document.params;
    let classes = params.model.network.label("-");
    let n = params.model.neurons();
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "{} ({}), {n} E + {n} I neurons, dt {} ms, pruning {}, on {}",
        classes, params.preset, params.model.time.dt_ms, params.model.pruning.mode, document.device
    );
    if let Some(train) = &document.first.train {
        let shown = train.images * document.replicas.len();
        let time = train.seconds.map_or(String::new(), |seconds| {
            format!(" in {seconds:.1} s ({:.0}/s)", shown as f64 / seconds)
        });
        let _ = writeln!(text, "trained on {shown} images{time}");
    }
    let eval = &document.first.eval;
    let shown = eval.images * document.replicas.len();
    let rate = shown as f64 / eval.seconds;
    let _ = writeln!(
        text,
        "tested on {shown} images in {:.1} s ({rate:.0}/s)\n",
        eval.seconds
    );
    text += &networks(document.replicas);
    if let Some(votes) = &eval.labels {
        let (all, proportional) = (votes.accuracy_all_neurons, votes.accuracy_proportional);
        let _ = writeln!(
            text,
            "\nother voting schemes of the first: all neurons {:.1}%, proportional {:.1}%; {} neurons without a label, {} \
             tied",
            100.0 * all,
            100.0 * proportional,
            votes.unlabelled_neurons,
            votes.tied_neurons
        );
    }
    text + &confusion(eval, &params.model.network.classes)
}

/// A line for each network, and the spread over several.
fn networks(replicas: &[NetworkSummary]) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{:>8}  {:>8}  {:>8}  {:>13}  {:>10}  {:>8}  {:>12}",
        "seed", "accuracy", "tied", "ties to first", "spikes", "silent", "zero weights"
    );
    for replica in replicas {
        let (eval, zeros) = (&replica.eval, 100.0 * replica.weights.zero_fraction);
        let accuracy = 100.0 * eval.accuracy;
        let to_first = 100.0 * eval.accuracy_ties_to_first;
        let _ = writeln!(
            text,
            "{:>8}  {accuracy:>7.1}%  {:>8}  {to_first:>12.1}%  {:>10}  {:>8}  {zeros:>11.1}%",
            replica.seed, eval.tied, eval.spikes, eval.silent
        );
    }
    if replicas.len() > 1 {
        let accuracies: Vec<f64> = replicas
            .iter()
            .map(|replica| 100.0 * replica.eval.accuracy)
            .collect();
        let (mean, deviation) = mean_and_deviation(&accuracies);
        let _ = writeln!(
            text,
            "{:>8}  {mean:>7.1}%  +- {deviation:.1} (standard deviation over seeds)",
            "mean"
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

fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, (squares / (n - 1.0)).sqrt())
}

fn confusion(eval: &Evaluation, trained: &[u8]) -> String {
    let mut text = String::from("\n   shown  recognised as\n        ");
    let _ = trained
        .iter()
        .try_for_each(|class| write!(text, "{class:>7}"));
    let _ = writeln!(text, "{:>8}{:>8}", "tied", "silent");
    for (class, row) in eval.classes.iter().zip(&eval.confusion) {
        let _ = write!(text, "{class:>8}");
        let _ = row[..trained.len()]
            .iter()
            .try_for_each(|count| write!(text, "{count:>7}"));
        let _ = row[trained.len()..]
            .iter()
            .try_for_each(|count| write!(text, "{count:>8}"));
        text += "\n";
    }
    text
}
