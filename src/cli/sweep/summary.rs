//! What a search in a run folder says: best points and effects, as tables, a CSV and a page.

use super::table::{Kept, OPERATION_COLUMNS, Row, TABLE, operation_cells};
use crate::cli::device::DeviceOptions;
use crate::cli::figures::{MEAN, OPERATIONS, aligned, counted, operations};
use crate::cli::reproduce::page::{axis, cells, columns, figure};
use crate::experiment::sweep::{Effect, Group, Measured, Search, Summary};
use crate::params::to_toml;
use crate::report::plot::{Axis, Lines, Series};
use crate::report::{Block, Page, Section};
use anyhow::ensure;
use std::path::Path;

const FILE: &str = "summary.csv";
const PAGE: &str = "summary.html";
/// Points that the tables show; the CSV has all.
const SHOWN: usize = 20;

pub fn run(folder: &Path, device: &DeviceOptions) -> anyhow::Result<()> {
    let Kept {
        folder: mut run,
        search,
        trials,
        rows,
    } = Kept::read(folder, device.quiet)?;
    ensure!(
        !rows.is_empty(),
        "{} has no networks yet: there is nothing to say",
        folder.join(TABLE).display()
    );
    let summary = Summary::of(
        &search,
        &rows.iter().filter_map(measured).collect::<Vec<_>>(),
    );
    let text = tables(&search, &summary, trials.len());
    run.write(FILE, &csv(&search, &summary)?)?;
    run.write_text(PAGE, &page(&search, &summary, &text)?)?;
    let mut document = serde_json::to_value(&summary)?;
    document["version"] = env!("CARGO_PKG_VERSION").into();
    document["command"] = "sweep".into();
    document["axes"] = (search.axes.iter()).map(|axis| axis.key.clone()).collect();
    document["of"] = trials.len().into();
    document["out"] = folder.display().to_string().into();
    run.tell(device.json, &document, &text)
}

fn measured(row: &Row) -> Option<Measured<'_>> {
    Some(Measured {
        point: row.point,
        values: &row.values,
        accuracy: row.validation_accuracy?,
        zero_fraction: row.zero_fraction,
        operations: row.operations,
    })
}

/// Mean in percent with its interval, networks, zero weights, operations.
fn figures(group: &Group) -> [String; 5] {
    let percent = |share: f64| format!("{:.2}", 100.0 * share);
    let ends = group.accuracy.low.zip(group.accuracy.high);
    let ends = ends.map(|(low, high)| format!("[{}, {}]", percent(low), percent(high)));
    [
        percent(group.accuracy.mean),
        ends.unwrap_or("-".into()),
        group.networks.to_string(),
        format!("{:.1}", 100.0 * group.zero_fraction),
        operations([&group.operations].into_iter()),
    ]
}

const FIGURES: [&str; 5] = [
    "accuracy %",
    "interval",
    "networks",
    "zero weights %",
    OPERATIONS,
];

fn best(search: &Search, summary: &Summary) -> (Vec<String>, Vec<Vec<String>>) {
    let axes = search.axes.iter().map(|axis| axis.key.clone());
    let titles = FIGURES.map(String::from).into_iter().chain(axes).collect();
    let rows = summary.points.iter().take(SHOWN);
    let row = rows.map(|point| [&figures(&point.group)[..], &point.values].concat());
    (titles, row.collect())
}

fn levels(effect: &Effect) -> Vec<Vec<String>> {
    let row = |level: &crate::experiment::sweep::Level| {
        [&[level.value.clone()][..], &figures(&level.group)].concat()
    };
    effect.levels.iter().map(row).collect()
}

fn tables(search: &Search, summary: &Summary, of: usize) -> String {
    let (titles, rows) = best(search, summary);
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    let mut text = format!(
        "{} of {of}; the best points on validation images, {MEAN}:\n\n{}",
        counted(summary.networks, "network"),
        aligned(&titles, &rows)
    );
    for effect in &summary.effects {
        let titles = [&[effect.key.as_str()][..], &FIGURES].concat();
        text += &format!(
            "\n{}, over all networks whatever the others are: {:.2} points between best and worst\n\n{}",
            effect.key,
            100.0 * effect.difference,
            aligned(&titles, &levels(effect))
        );
    }
    text
}

fn csv(search: &Search, summary: &Summary) -> anyhow::Result<Vec<u8>> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    let measures = ["networks", "accuracy", "low", "high", "zero_fraction"];
    let axes = search.axes.iter().map(|axis| axis.key.as_str());
    let measures = measures.into_iter().chain(OPERATION_COLUMNS);
    csv.write_record(["point"].into_iter().chain(axes).chain(measures))?;
    for point in &summary.points {
        let group = &point.group;
        let end = |end: Option<f64>| end.map_or(String::new(), |end| end.to_string());
        let measures = [
            group.networks.to_string(),
            group.accuracy.mean.to_string(),
            end(group.accuracy.low),
            end(group.accuracy.high),
            group.zero_fraction.to_string(),
        ];
        let name = [point.point.to_string()];
        let measures = measures
            .into_iter()
            .chain(operation_cells(&group.operations));
        let names = name.iter().chain(&point.values).cloned();
        csv.write_record(names.chain(measures))?;
    }
    Ok(csv.into_inner()?)
}

fn page(search: &Search, summary: &Summary, text: &str) -> anyhow::Result<String> {
    let (titles, rows) = best(search, summary);
    let best = Section {
        heading: "The best points".into(),
        text: vec![format!(
            "On validation images, {MEAN}. The best of many points looks better than it is: train it again with other \
             seeds before it is believed."
        )],
        blocks: vec![Block::Table {
            caption: format!("The best of {}", counted(summary.points.len(), "point")),
            columns: columns(0, titles.iter().map(String::as_str)),
            rows: cells(rows),
        }],
    };
    let mut blocks = Vec::new();
    for effect in &summary.effects {
        if let Some(lines) = slice(effect) {
            blocks.push(figure(
                format!("Accuracy over {}", effect.key),
                lines.svg()?,
            ));
        }
        blocks.push(Block::Table {
            caption: effect.key.clone(),
            columns: columns(1, [effect.key.as_str()].into_iter().chain(FIGURES)),
            rows: cells(levels(effect)),
        });
    }
    let effects = Section {
        heading: "What each parameter does".into(),
        text: vec![
            "Over all networks with a value, or with values from a fifth of those that were drawn, whatever the other \
             parameters are; bands are 95% intervals."
                .into(),
        ],
        blocks,
    };
    let parameters = Section {
        heading: "All of it".into(),
        text: Vec::new(),
        blocks: vec![
            Block::Pre {
                caption: "What the terminal shows".into(),
                text: text.into(),
            },
            Block::Pre {
                caption: "Parameters that all networks share".into(),
                text: to_toml(&search.params),
            },
        ],
    };
    let page = Page {
        title: "A search over parameters".into(),
        subtitle: format!(
            "{}, spikeprune {}",
            counted(summary.networks, "network"),
            env!("CARGO_PKG_VERSION")
        ),
        sections: vec![best, effects, parameters],
    };
    Ok(page.render()?)
}

/// Accuracy over a parameter whose values are numbers.
fn slice(effect: &Effect) -> Option<Lines> {
    let mut points: Vec<(f64, &Group)> = (effect.levels.iter())
        .map(|level| Some((level.at?, &level.group)))
        .collect::<Option<_>>()?;
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut series = Series::default();
    for (at, group) in &points {
        let mean = group.accuracy.mean;
        series.points.push((*at, mean));
        let ends = (group.accuracy.low, group.accuracy.high);
        series
            .band
            .push((ends.0.unwrap_or(mean), ends.1.unwrap_or(mean)));
    }
    let is_log = effect.is_log && points.iter().all(|(at, _)| *at > 0.0);
    (points.len() > 1).then(|| Lines {
        label: format!("Validation accuracy over {}", effect.key),
        x: Axis {
            log: is_log,
            ..axis(&effect.key)
        },
        y: axis("validation accuracy"),
        series: vec![series],
        ..Lines::default()
    })
}
