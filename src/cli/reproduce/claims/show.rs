//! Results for people: a table for the terminal, a page with figures.

use crate::cli::figures::{MEAN, aligned, amount, percent};
use crate::cli::heatmap::FontOptions;
use crate::cli::reproduce::page::{axis, cells, columns, figure};
use crate::dataset::Digests;
use crate::experiment::papers::claims::{ArmResult, Claims};
use crate::params::to_toml;
use crate::report::plot::{Axis, Lines, PlotError, Series};
use crate::report::{Block, Page, Section};

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

fn over(found: &Claims) -> String {
    match found.seeds.len() {
        1 => format!("seed {}", found.seeds[0]),
        _ => MEAN.into(),
    }
}

/// What the terminal is shown.
pub fn table(found: &Claims) -> String {
    format!(
        "use it or lose it, beside backpropagation: test images, {}; {:.0} s on {}\n\n{}",
        over(found),
        found.seconds,
        found.device,
        aligned(&COLUMNS, &rows(found))
    )
}

/// A curve a method: accuracy against what its arms cost.
fn curves(
    found: &Claims,
    title: &str,
    font: FontOptions,
    cost: impl Fn(&ArmResult) -> f64,
) -> Result<Block, PlotError> {
    let series = found.methods().into_iter().map(|method| {
        let arms = found.arms_of(method);
        let mut points: Vec<(f64, f64)> = (arms.iter())
            .map(|arm| (mean(arm, &cost), 100.0 * mean(arm, accuracy)))
            .filter(|(cost, _)| *cost > 0.0)
            .collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        Series {
            name: method.into(),
            points,
            band: Vec::new(),
        }
    });
    let lines = Lines {
        label: format!("accuracy against {title}"),
        x: Axis {
            log: true,
            ..axis(title)
        },
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
        curves(found, "synapses that are there, %", font, |own| {
            100.0 * own.connectivity
        })?,
        curves(found, "synaptic operations an image", font, |own| {
            own.operations.input_per_image + own.operations.hidden_per_image
        })?,
        curves(found, "spikes of neurons an image", font, |own| {
            own.spikes_per_image
        })?,
        curves(found, "noise that is answered, %", font, |own| {
            100.0 * own.noise.answered_fraction
        })?,
    ];
    let table = Block::Table {
        caption: format!("All arms, {}.", over(found)),
        columns: columns(2, COLUMNS),
        rows: cells(rows(found)),
    };
    let code = to_toml(&found.params);
    let page = Page {
        title: "Use it or lose it, beside backpropagation".into(),
        subtitle: format!("{}; data {data}; spikeprune {}", over(found), found.version),
        sections: vec![
            Section {
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
            },
            Section {
                heading: "Parameters".into(),
                text: vec!["Of the networks on pixels that learn by a local rule:".into()],
                blocks: vec![Block::Pre {
                    caption: String::new(),
                    text: code,
                }],
            },
        ],
    };
    Ok(page.render()?)
}
