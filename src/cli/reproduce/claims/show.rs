//! Results for people: a table for the terminal, a page with figures.

use super::show_attacks;
use crate::cli::figures::{MEAN, aligned, amount, counts, percent};
use crate::cli::heatmap::FontOptions;
use crate::cli::reproduce::page::{axis, cells, columns, figure};
use crate::dataset::Digests;
use crate::experiment::papers::claims::{ArmResult, Changed, Claims, Learned, Told};
use crate::params::to_toml;
use crate::report::plot::{Axis, Lines, PlotError, Series};
use crate::report::{Block, Page, Section};

/// Known classes of the splits.
const KNOWN: [usize; 2] = [3, 6];
const MEAN_OVER: &str = "mean [95% interval] over";

/// Columns of [`rows`]; the first two hold words.
const COLUMNS: [&str; 9] = [
    "method",
    "setting",
    "accuracy %",
    "synapses %",
    "spikes an image",
    "operations, inputs",
    "operations, neurons",
    "energy, nJ (estimate)",
    "noise that is answered %",
];

fn mean(arm: &[&ArmResult], value: impl Fn(&ArmResult) -> f64) -> f64 {
    arm.iter().map(|network| value(network)).sum::<f64>() / arm.len().max(1) as f64
}

fn accuracy(network: &ArmResult) -> f64 {
    network.accuracy.unwrap_or(0.0)
}

fn rows(found: &Claims) -> Vec<Vec<String>> {
    let of_method = |method: &str| found.arms_of(method);
    let arms = found.methods().into_iter().flat_map(of_method);
    arms.map(|arm| {
        let of = |value: fn(&ArmResult) -> f64| percent(arm.iter().map(|own| value(own)), 1);
        let number =
            |value: fn(&ArmResult) -> f64, digits| amount(arm.iter().map(|own| value(own)), digits);
        vec![
            arm[0].method.clone(),
            arm[0].setting.clone(),
            of(accuracy),
            of(|own| own.connectivity),
            number(|own| own.spikes_per_image, 1),
            number(|own| own.operations.input_per_image, 0),
            number(|own| own.operations.hidden_per_image, 0),
            number(|own| own.operations.energy_nj_estimate, 1),
            of(|own| own.noise.answered_fraction),
        ]
    })
    .collect()
}

/// Columns of [`change_rows`].
const CHANGE: [&str; 7] = [
    "method",
    "7, 4, 6: accuracy %",
    "synapses %",
    "then 0, 1, 8: accuracy %",
    "synapses %",
    "0, 1, 8 alone: accuracy %",
    "synapses %",
];

/// Networks that learned some digits, then others.
fn change_rows(found: &Claims) -> Vec<Vec<String>> {
    let mut methods: Vec<&str> = found.change.iter().map(|own| own.method.as_str()).collect();
    methods.dedup();
    let row = |method: &str| {
        let own = || found.change.iter().filter(|own| own.method == method);
        let mut row = vec![method.to_string()];
        let times: [fn(&Changed) -> &Learned; 3] =
            [|own| &own.before, |own| &own.after, |own| &own.anew];
        for time in times {
            row.push(percent(own().filter_map(|own| time(own).accuracy), 1));
            row.push(percent(own().map(|own| time(own).connectivity), 1));
        }
        row
    };
    methods.into_iter().map(row).collect()
}

/// Columns of [`open_rows`]; the first two hold words.
const OPEN: [&str; 8] = [
    "method",
    "score",
    "accuracy %",
    "AUROC",
    "FPR at 95% TPR",
    "OSCR",
    "AUROC, noise",
    "AUROC, pixelwise noise",
];

/// How well known classes are told from unknown ones, by each score.
fn open_rows(found: &Claims, known: usize) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for (method, networks) in found.open_of(known) {
        let names = networks.first().map(|first| first.scores.keys());
        for name in names.into_iter().flatten() {
            let of = |value: fn(&Told) -> f64| {
                let told = networks.iter().filter_map(|own| own.scores.get(name));
                counts(told.map(value), 1.0, 3)
            };
            let far = |set: &str| {
                let told = networks
                    .iter()
                    .filter_map(|own| own.far.get(set)?.get(name));
                counts(told.map(|told| told.detection.auroc), 1.0, 3)
            };
            rows.push(vec![
                method.into(),
                (*name).into(),
                percent(networks.iter().map(|own| own.accuracy), 1),
                of(|told| told.detection.auroc),
                of(|told| told.detection.fpr_at_95_tpr),
                of(|told| told.oscr),
                far("noise"),
                far("pixelwise"),
            ]);
        }
    }
    rows
}

/// What is said of the networks that learned so many classes.
fn open_caption(found: &Claims, known: usize) -> String {
    let networks = found.open_of(known);
    let count = networks.first().map_or(0, |(_, networks)| networks.len());
    let unknown = networks
        .first()
        .and_then(|(_, networks)| Some(networks.first()?.unknown.len()));
    let over = match count {
        1 => "one network".into(),
        _ => format!("{MEAN_OVER} {count} networks, one a split and seed"),
    };
    format!(
        "{known} known classes against {} unknown ones: {over}",
        unknown.unwrap_or(0)
    )
}

fn over(found: &Claims) -> String {
    match found.seeds.len() {
        1 => format!("seed {}", found.seeds[0]),
        _ => MEAN.into(),
    }
}

/// What the terminal is shown.
pub fn table(found: &Claims) -> String {
    let mut text = format!(
        "use it or lose it, beside backpropagation: test images, {}; {:.0} s on {}\n\n{}",
        over(found),
        found.seconds,
        found.device,
        aligned(&COLUMNS, &rows(found))
    );
    for known in KNOWN {
        let rows = open_rows(found, known);
        if !rows.is_empty() {
            let caption = open_caption(found, known);
            text += &format!("\n{caption}:\n\n{}", aligned(&OPEN, &rows));
        }
    }
    if !found.change.is_empty() {
        let rows = aligned(&CHANGE, &change_rows(found));
        text += &format!("\nOther digits, learned after some:\n\n{rows}");
    }
    text + &show_attacks::table(found)
}

/// A curve a method: accuracy against what its arms cost, joined in the order of its settings; on a logarithmic axis those
/// that cost nothing are left out.
fn curves(
    found: &Claims,
    (title, log): (&str, bool),
    font: FontOptions,
    cost: impl Fn(&ArmResult) -> f64,
) -> Result<Block, PlotError> {
    let series = found.methods().into_iter().map(|method| {
        let arms = found.arms_of(method);
        let points: Vec<(f64, f64)> = (arms.iter())
            .map(|arm| (mean(arm, &cost), 100.0 * mean(arm, accuracy)))
            .filter(|(cost, _)| !log || *cost > 0.0)
            .collect();
        Series {
            name: method.into(),
            points,
            band: Vec::new(),
        }
    });
    let lines = Lines {
        label: format!("accuracy against {title}"),
        x: Axis { log, ..axis(title) },
        y: axis("accuracy, %"),
        series: series.filter(|series| !series.points.is_empty()).collect(),
        diagonal: false,
        font_scale: font.font_scale,
    };
    Ok(figure(format!("Accuracy against {title}."), lines.svg()?))
}

/// The page with all results.
pub fn html(found: &Claims, data: &Digests, font: FontOptions) -> anyhow::Result<String> {
    let figures = vec![
        curves(found, ("synapses that are there, %", true), font, |own| {
            100.0 * own.connectivity
        })?,
        curves(found, ("synaptic operations an image", true), font, |own| {
            own.operations.input_per_image + own.operations.hidden_per_image
        })?,
        curves(found, ("spikes of neurons an image", true), font, |own| {
            own.spikes_per_image
        })?,
        curves(found, ("noise that is answered, %", false), font, |own| {
            100.0 * own.noise.answered_fraction
        })?,
    ];
    let table = Block::Table {
        caption: format!("All arms, {}.", over(found)),
        columns: columns(2, COLUMNS),
        rows: cells(rows(found)),
    };
    let open = KNOWN
        .into_iter()
        .map(|known| (known, open_rows(found, known)));
    let open = open.filter(|(_, rows)| !rows.is_empty());
    let open = open.map(|(known, rows)| Block::Table {
        caption: format!("{}.", open_caption(found, known)),
        columns: columns(2, OPEN),
        rows: cells(rows),
    });
    let open: Vec<Block> = open.collect();
    let code = to_toml(&found.params);
    let mut sections = vec![Section {
                heading: "Accuracy, and what it takes".into(),
                text: vec![
                    "Each point is a setting of a method, tested on all test images; settings were not chosen by them. A \
                     synapse is there if its weight is not 0. Networks that learn by a local rule draw input spikes; those \
                     that backpropagation trains take an image as constant currents, which are worked out once."
                        .into(),
                    "The energy is an estimate of synaptic operations alone: 4.6 pJ for a multiplication with an addition, \
                     0.9 pJ for an addition (45 nm, Horowitz 2014)."
                        .into(),
                ],
                blocks: figures.into_iter().chain([table]).collect(),
            }];
    if !open.is_empty() {
        sections.push(Section {
                heading: "Unknown classes".into(),
                text: vec![
                    "Networks that learned some of the digits are shown the others. A score tells how sure an answer is: AUROC \
                     is the share of pairs of a known and an unknown image of which the known one has the higher score; FPR at \
                     95% TPR the share of unknown images that pass where 95% of the known ones do; OSCR the share of pairs \
                     where the known image is recognised besides (Dhamija et al. 2018)."
                        .into(),
                ],
                blocks: open,
            });
    }
    if !found.change.is_empty() {
        sections.push(Section {
            heading: "Other digits, learned after some".into(),
            text: vec![
                "Networks that have learned 7, 4 and 6 go on to 0, 1 and 8, each neuron with what it has; beside new networks. \
                 Where synapses are absent they come back by regrowth alone."
                    .into(),
            ],
            blocks: vec![Block::Table {
                caption: format!("Accuracy on test images and synapses that are there, {}.", over(found)),
                columns: columns(1, CHANGE),
                rows: cells(change_rows(found)),
            }],
        });
    }
    sections.extend(show_attacks::section(found, font)?);
    sections.push(Section {
        heading: "Parameters".into(),
        text: vec!["Of the networks on pixels that learn by a local rule:".into()],
        blocks: vec![Block::Pre {
            caption: String::new(),
            text: code,
        }],
    });
    let page = Page {
        title: "Use it or lose it, beside backpropagation".into(),
        subtitle: format!("{}; data {data}; spikeprune {}", over(found), found.version),
        sections,
    };
    Ok(page.render()?)
}
