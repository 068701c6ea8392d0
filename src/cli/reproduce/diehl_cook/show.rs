//! Results for people: a table for the terminal, a page with figures.

use crate::cli::figures::{self, MEAN, aligned, amount, numbers};
use crate::cli::heatmap::FontOptions;
use crate::cli::reproduce::page::{
    Picture, apart, axis, cells, columns, figure, mean_curve, neuron_block, picture, share,
};
use crate::cli::silence;
use crate::dataset::{Dataset, Digests};
use crate::experiment::evaluate::LabelVotes;
use crate::experiment::papers::diehl_cook::{BINDSNET, DiehlCook, SIZES, SizeResult, published};
use crate::params::{PruningMode, to_toml};
use crate::report::plot::{Lines, PlotError, Svg};
use crate::report::{Block, Page, Section};

/// Columns of [`accuracy_rows`].
const ACCURACY: [&str; 11] = [
    "neurons",
    "pruning",
    "vote %",
    "ties to first %",
    "published %",
    "verdict",
    "BindsNET %",
    "all neurons %",
    "proportional %",
    "zero weights %",
    figures::OPERATIONS,
];
/// Columns of [`count_rows`].
const COUNTS: [&str; 10] = [
    "neurons",
    "pruning",
    "unlabelled",
    "tied neurons",
    "tied images",
    "spikes an image",
    "of noise",
    "silent noise %",
    "training ms an image",
    "s a pass",
];

fn rows(found: &DiehlCook, row: impl Fn(&[&SizeResult]) -> Vec<String>) -> Vec<Vec<String>> {
    let named = |group: (usize, PruningMode)| {
        let networks: Vec<&SizeResult> = found.of(group).collect();
        let name = vec![group.0.to_string(), group.1.to_string()];
        [name, row(&networks)].concat()
    };
    found.groups().into_iter().map(named).collect()
}

fn percent(networks: &[&SizeResult], value: impl Fn(&SizeResult) -> f64) -> String {
    figures::percent(networks.iter().map(|network| value(network)), 1)
}

/// Of the votes by labels, 0 where there are none.
fn votes(value: impl Fn(&LabelVotes) -> f64) -> impl Fn(&SizeResult) -> f64 {
    move |network| network.eval.labels.as_ref().map_or(0.0, &value)
}

/// Accuracy by size and arm.
fn accuracy_rows(found: &DiehlCook) -> Vec<Vec<String>> {
    rows(found, |networks| {
        let neurons = networks.first().map_or(0, |network| network.neurons);
        let of = |list: &[(usize, f64)]| match published(list, neurons) {
            Some(accuracy) => format!("{:.1}", 100.0 * accuracy),
            None => "-".into(),
        };
        let of_these = networks.first().and_then(|first| found.published_of(first));
        let verdict = of_these.and_then(|claim| claim.outcome.verdict);
        vec![
            percent(networks, |network| network.accuracy),
            percent(networks, |network| {
                network.eval.accuracy_ties_to_first.unwrap_or(0.0)
            }),
            of(&SIZES),
            verdict.map_or("-".into(), |verdict| verdict.to_string()),
            of(&BINDSNET),
            percent(
                networks,
                votes(|votes| votes.accuracy_all_neurons.unwrap_or(0.0)),
            ),
            percent(
                networks,
                votes(|votes| votes.accuracy_proportional.unwrap_or(0.0)),
            ),
            percent(networks, |network| network.zero_fraction),
            figures::operations(networks.iter().map(|network| &network.operations)),
        ]
    })
}

/// What the accuracy does not tell, likewise.
fn count_rows(found: &DiehlCook) -> Vec<Vec<String>> {
    rows(found, |networks| {
        let mean = |value: &dyn Fn(&SizeResult) -> f64, digits| {
            amount(networks.iter().map(|network| value(network)), digits)
        };
        let part = |value: &dyn Fn(&SizeResult) -> f64, whole: usize| {
            let shares = networks.iter().map(|network| value(network) / whole as f64);
            numbers(shares, whole)
        };
        let first = networks.first();
        let neurons = first.map_or(1, |network| network.neurons).max(1);
        let images = first.map_or(1, |network| network.eval.images).max(1);
        let train_ms = |factor: f64, digits| {
            let times = networks.iter().filter_map(|n| n.train_ms_per_image);
            amount(times.map(|ms| factor * ms), digits)
        };
        let pass = found.params.presentations() / found.params.job.epochs.max(1);
        vec![
            part(&votes(|votes| votes.unlabelled_neurons as f64), neurons),
            part(&votes(|votes| votes.tied_neurons as f64), neurons),
            part(&|network| network.eval.tied as f64, images),
            mean(&|network| network.eval.spikes as f64 / images as f64, 1),
            mean(&|network| network.noise.spikes_per_image(), 2),
            percent(networks, |network| network.noise.silent_fraction()),
            train_ms(1.0, 2),
            train_ms(1e-3 * pass as f64, 0),
        ]
    })
}

fn heading(found: &DiehlCook) -> String {
    let job = &found.params.job;
    format!(
        "unsupervised, dt {} ms, {} training images, {} pass{}, {} seed{}, on {}, {:.0} s",
        found.params.model.time.dt_ms,
        found.params.presentations() / job.epochs,
        job.epochs,
        if job.epochs == 1 { "" } else { "es" },
        found.seeds.len(),
        if found.seeds.len() == 1 { "" } else { "s" },
        found.device,
        found.seconds
    )
}

/// All tables for the terminal.
pub fn table(found: &DiehlCook) -> String {
    format!(
        "{}\n\nAccuracy on test images, {MEAN}, beside the published one. {}\n\n{}\nNeurons and answers, {MEAN}:\n\n{}",
        heading(found),
        verdict(found),
        aligned(&ACCURACY, &accuracy_rows(found)),
        aligned(&COUNTS, &count_rows(found))
    )
}

/// What came of the published accuracies, in two sentences.
fn verdict(found: &DiehlCook) -> String {
    if found.summary.is_empty() {
        return "No accuracy is published for these sizes.".into();
    }
    let said = found.summary.iter().map(|claim| {
        let outcome = claim.outcome;
        let (paper, [mean]) = apart(outcome.paper, [outcome.mean]);
        let mean = mean.unwrap_or("-".into());
        let verdict = outcome
            .verdict
            .map_or("-".into(), |verdict| verdict.to_string());
        format!(
            "{} neurons {verdict} ({mean} against {paper})",
            claim.neurons
        )
    });
    format!(
        "Published accuracies of unpruned networks: {}. A figure is within the interval where the mean is below it and \
         its 95% interval is not.",
        figures::listed(&said.collect::<Vec<_>>())
    )
}

/// What to say of networks that stay silent, or whose neurons are labelled with few classes.
pub fn silent_networks(found: &DiehlCook, data: &Dataset) -> Option<String> {
    let trained = &found.params.model.network.classes;
    let silent = found.networks.iter().filter_map(|network| {
        let (size, seed) = (network.neurons, network.seed);
        let name = format!(
            "the network of {size} neurons, pruning {}, seed {seed},",
            network.pruning
        );
        Some((name, network.eval.silence(trained)?))
    });
    silence::note(
        &silent.collect::<Vec<_>>(),
        found.networks.len(),
        &found.params,
        (data, false),
    )
}

/// Accuracy on validation images against the training images seen, a size and arm a curve.
fn curves(found: &DiehlCook, font: FontOptions) -> Result<Svg, PlotError> {
    let curve = |group: (usize, PruningMode)| {
        let networks: Vec<&SizeResult> = found.of(group).collect();
        let point = |row: usize| {
            let points = networks.iter().filter_map(|network| network.curve.get(row));
            let accuracies = points.filter_map(|point| point.accuracy).collect();
            (networks[0].curve[row].images as f64, accuracies)
        };
        let rows = networks.first().map_or(0, |network| network.curve.len());
        let name = format!("{} neurons, {}", group.0, group.1);
        mean_curve(name, (0..rows).map(point).collect())
    };
    Lines {
        label: "Accuracy while learning".into(),
        x: axis("training images"),
        y: share("accuracy"),
        series: found.groups().into_iter().map(curve).collect(),
        diagonal: false,
        font_scale: font.font_scale,
    }
    .svg()
}

/// The neurons of each network.
fn neurons(found: &DiehlCook) -> Block {
    let neurons = found.networks.iter().map(|network| {
        let (size, seed) = (network.neurons, network.seed);
        (
            format!("{size}, {}, seed {seed}", network.pruning),
            &network.eval.neurons,
        )
    });
    neuron_block(&found.params.model.network, neurons)
}

/// The page; `digits` are pictures in the run folder.
pub fn html(
    (found, silent): (&DiehlCook, Option<String>),
    data: &Digests,
    digits: &[Picture],
    font: FontOptions,
) -> anyhow::Result<String> {
    let table = |caption: &str, titles: &[&str], rows| Block::Table {
        caption: caption.into(),
        columns: columns(2, titles.iter().copied()),
        rows: cells(rows),
    };
    let mut results = Section {
        heading: "Results".into(),
        text: vec![
            verdict(found),
            format!(
                "Accuracy on all test images, by labels from training images alone, {MEAN}; a tie counts as wrong, but in \
                 the second column, where the first of the tied labels counts as in the published figures. Published: \
                 Diehl & Cook 2015, after 3 to 15 passes; BindsNET: Hazan et al. 2018."
            ),
        ],
        blocks: vec![
            table("Accuracy", &ACCURACY, accuracy_rows(found)),
            table(
                &format!("Neurons and answers, {MEAN}"),
                &COUNTS,
                count_rows(found),
            ),
            neurons(found),
        ],
    };
    results.text.extend(silent);
    let learning = Section {
        heading: "Learning".into(),
        text: vec!["Measured on training images that are never trained on.".into()],
        blocks: vec![figure("Accuracy".into(), curves(found, font)?)],
    };
    let pictures = digits
        .iter()
        .map(|digits| picture(digits, "Incoming weights of every neuron", 760));
    let learned = Section {
        heading: "What was learned".into(),
        text: vec!["Incoming weights of every excitatory neuron, first seed.".into()],
        blocks: pictures.collect::<anyhow::Result<_>>()?,
    };
    let parameters = Section {
        heading: "Parameters".into(),
        text: vec![format!(
            "spikeprune {}, seeds {:?}, on {}; {data}.",
            found.version, found.seeds, found.device
        )],
        blocks: vec![Block::Pre {
            caption: "What all networks have in common (sizes, seeds and regularisation vary)"
                .into(),
            text: to_toml(&found.params),
        }],
    };
    let page = Page {
        title: "Unsupervised learning of digits".into(),
        subtitle: heading(found),
        sections: vec![results, learning, learned, parameters],
    };
    Ok(page.render()?)
}
