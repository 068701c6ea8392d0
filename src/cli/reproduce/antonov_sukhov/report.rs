//! report.html: all results of a reproduction on one page.

use super::claims::{CLAIM_COLUMNS, claim_rows, verdict};
use super::plots;
use super::table::{
    BEHIND_EDGES, SET_COLUMNS, arm_columns, arm_rows, detection_rows, heading, mean_of, set_rows,
    split_rows,
};
use crate::cli::heatmap::FontOptions;
use crate::cli::reproduce::page::{Picture, cells, columns, figure, neuron_block, picture};
use crate::dataset::Digests;
use crate::experiment::papers::antonov_sukhov::{ArmName, NetworkResult, Reproduction};
use crate::experiment::papers::outcome::Verdict;
use crate::experiment::test_sets::TestSet;
use crate::params::{Measure, to_toml};
use crate::report::{Block, Cell, Mark, Page, Section};

/// The page as HTML; `sets` and `weights` are pictures in the run folder.
pub fn html(
    (found, silent): (&Reproduction, Option<String>),
    data: &Digests,
    sets: &Picture,
    weights: &Picture,
    font: FontOptions,
) -> anyhow::Result<String> {
    let mut page = Page {
        title: "Use it or lose it: weight regularisation in spiking networks".into(),
        subtitle: heading(found),
        sections: vec![
            results(found),
            claims(found),
            shown(sets)?,
            answers((found, silent), font)?,
            detection(found, font)?,
            learning(found, font)?,
            learned(found, weights, font)?,
            presentation(found, font)?,
            parameters(found, data),
        ],
    };
    if found.splits.len() > 1 {
        page.sections.insert(2, splits(found));
    }
    Ok(page.render()?)
}

fn results(found: &Reproduction) -> Section {
    let mean_of_all = mean_of(found);
    let table = |caption: &str, networks: &[NetworkResult], names: &[ArmName]| Block::Table {
        caption: caption.into(),
        columns: columns(1, arm_columns().iter().map(String::as_str)),
        rows: cells(arm_rows(networks, names)),
    };
    let sets = Block::Table {
        caption: format!(
            "E spikes on each test set, {mean_of_all}, beside the paper's table (whose unit is not stated)"
        ),
        columns: columns(2, SET_COLUMNS),
        rows: cells(set_rows(found)),
    };
    let mut blocks = vec![sets, table("Arms", &found.arms, &found.arm_names())];
    let mut text = vec![format!(
        "Mean spikes an image, with the mean share of silent images in round brackets; known digits recognised, tied \
             (which counts as wrong), and recognised if the first of the tied groups counted, as in the published \
             figures; share of weights at zero; in per cent, as {mean_of_all}."
    )];
    if !found.controls.is_empty() {
        blocks.push(table("Controls", &found.controls, &found.control_names()));
        text.push(
            "Controls say whether the effect is that of unused weights. The first two follow from the arm without \
             regularisation: without its smallest weights, as many as the regularised arm has at zero; without the \
             inputs that no training image lights. The others are conventional methods in a local form, each at \
             the greatest strength that kept the accuracy of regularisation on validation images."
                .into(),
        );
    }
    if !found.behind_edges.is_empty() {
        let behind = &found.behind_edges;
        blocks.push(table(BEHIND_EDGES, behind, &found.arm_names()));
    }
    Section {
        heading: "Results".into(),
        text,
        blocks,
    }
}

fn claims(found: &Reproduction) -> Section {
    let row = |(row, verdict): (Vec<String>, Option<Verdict>)| {
        let mut cells: Vec<Cell> = row.into_iter().map(Cell::from).collect();
        cells.push(match verdict {
            None => "-".into(),
            Some(Verdict::Reached) => Cell::marked("", Mark::Reached),
            Some(Verdict::Within) => Cell::marked("", Mark::Within),
            Some(Verdict::NotReached) => Cell::marked("", Mark::Missed),
            Some(verdict @ Verdict::NoInterval) => verdict.to_string().into(),
        });
        cells
    };
    Section {
        heading: "The paper's claims".into(),
        text: vec![
            verdict(found),
            "Ratios of spikes an image, from the table of Antonov & Sukhov 2024; accuracy and silent images from \
             the authors' notebooks. A claim is reached when the mean is as far as the published figure, or farther; it \
             is within the interval when the mean is not, but the published figure lies in its 95% interval. The mean of one \
             seed has no interval."
                .into(),
        ],
        blocks: vec![Block::Table {
            caption: "Published and found".into(),
            columns: columns(2, CLAIM_COLUMNS),
            rows: claim_rows(found).into_iter().map(row).collect(),
        }],
    }
}

fn splits(found: &Reproduction) -> Section {
    let mut titles = vec!["learned", "unknown"];
    let names: Vec<String> = found
        .arm_names()
        .iter()
        .map(|name| format!("accuracy %, {name}"))
        .collect();
    titles.extend(names.iter().map(String::as_str));
    titles.extend(["unknown / known", "noise, with / without"]);
    Section {
        heading: "Split by split".into(),
        text: vec!["Means over seeds; ratios are those of the first regularised arm.".into()],
        blocks: vec![Block::Table {
            caption: "Splits".into(),
            columns: columns(2, titles),
            rows: cells(split_rows(found)),
        }],
    }
}

fn shown(sets: &Picture) -> anyhow::Result<Section> {
    Ok(Section {
        heading: "What was shown".into(),
        text: Vec::new(),
        blocks: vec![picture(sets, "Images of each test set", 760)?],
    })
}

/// The first network of each arm.
fn first(found: &Reproduction) -> Vec<&NetworkResult> {
    let names = found.arm_names();
    let first = |name: &ArmName| found.arms.iter().find(|network| network.pruning == *name);
    names.iter().filter_map(first).collect()
}

fn answers(
    (found, silent): (&Reproduction, Option<String>),
    font: FontOptions,
) -> anyhow::Result<Section> {
    let mut blocks = Vec::new();
    for network in first(found) {
        let caption = format!(
            "Spikes an image, {}, seed {}",
            network.pruning, network.seed
        );
        blocks.push(figure(caption, plots::spike_counts(network, font)?));
    }
    for name in found.arm_names() {
        let caption = format!("Known digits, {name}, all seeds");
        blocks.push(figure(caption, plots::confusion(found, &name, font)?));
    }
    let caption = "Accuracy on known digits with noise added, with 95% intervals".to_string();
    blocks.push(figure(caption, plots::noisy(found, font)?));
    let arms = found.arms.iter();
    let neurons = arms.filter(|network| network.split.classes == found.classes);
    blocks.push(neuron_block(
        &found.network(&found.classes),
        neurons.map(|n| (format!("{}, seed {}", n.pruning, n.seed), &n.neurons)),
    ));
    Ok(Section {
        heading: "Answers".into(),
        text: silent.into_iter().collect(),
        blocks,
    })
}

fn detection(found: &Reproduction, font: FontOptions) -> anyhow::Result<Section> {
    let mean_of_all = mean_of(found);
    let mut blocks = vec![Block::Table {
        caption: format!("Known digits told from others, {mean_of_all}"),
        columns: columns(
            3,
            ["against", "arm", "score", "AUROC", "AUPR", "FPR at 95% TPR"],
        ),
        rows: cells(detection_rows(found)),
    }];
    let unknown = found.splits.iter().all(|split| !split.unknown.is_empty());
    for network in first(found) {
        for other in [TestSet::Unknown, TestSet::Noise] {
            if unknown || other != TestSet::Unknown {
                let caption = format!(
                    "Known against {other}, {}, seed {}",
                    network.pruning, network.seed
                );
                blocks.push(figure(caption, plots::roc(network, other, font)?));
            }
        }
    }
    Ok(Section {
        heading: "Detection".into(),
        text: vec![
            "Whether an image is known, judged by the spikes of all neurons (total), of the best group (winner), or \
             by its lead over the next (margin)."
                .into(),
        ],
        blocks,
    })
}

fn learning(found: &Reproduction, font: FontOptions) -> anyhow::Result<Section> {
    let curve = |title: &str, measure| plots::learning(found, title, measure, font);
    let accuracy = curve("accuracy", |metrics| metrics.validation_accuracy)?;
    let zeros = curve("share of weights at zero", |metrics| {
        Some(metrics.zero_fraction)
    })?;
    let mut blocks = vec![
        figure("Accuracy".into(), accuracy),
        figure("Weights at zero, as a read-out sees them".into(), zeros),
    ];
    if found.params.job.metrics.contains(&Measure::Noise) {
        let silent = curve("silent images of noise", |metrics| {
            metrics.noise_silent_fraction
        })?;
        blocks.push(figure("Silent images of noise".into(), silent));
    }
    Ok(Section {
        heading: "Learning".into(),
        text: vec![
            "Measured on training images that are never trained on, with 95% intervals.".into(),
        ],
        blocks,
    })
}

fn learned(found: &Reproduction, weights: &Picture, font: FontOptions) -> anyhow::Result<Section> {
    let caption = "Distribution of the weights, first seed of each arm".to_string();
    let blocks = vec![
        figure(caption, plots::weights(found, font)?),
        picture(weights, "Incoming weights of every neuron of each arm", 760)?,
    ];
    Ok(Section {
        heading: "What was learned".into(),
        text: vec!["Incoming weights of every excitatory neuron, in the groups of their classes (figure 2 of the paper).".into()],
        blocks,
    })
}

fn presentation(found: &Reproduction, font: FontOptions) -> anyhow::Result<Section> {
    let mut blocks = Vec::new();
    for raster in &found.raster {
        let caption = format!("A {}, {}, seed {}", raster.label, raster.arm, raster.seed);
        blocks.push(figure(caption, plots::raster(raster, found, font)?));
    }
    Ok(Section {
        heading: "One presentation".into(),
        text: vec!["Spikes while the first known digit is shown, from rest.".into()],
        blocks,
    })
}

fn parameters(found: &Reproduction, data: &Digests) -> Section {
    Section {
        heading: "Parameters".into(),
        text: vec![format!(
            "spikeprune {}, seeds {:?}, {} images, on {}; {data}.",
            found.version, found.seeds, found.held_out, found.device
        )],
        blocks: vec![Block::Pre {
            caption: "What all arms have in common (classes, seeds and regularisation vary)".into(),
            text: to_toml(&found.params),
        }],
    }
}
