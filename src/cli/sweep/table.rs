//! sweep.csv: its rows, written as networks finish and read again, and the best points among them.

use super::{KIND, SEARCH};
use crate::cli::figures::{MEAN, counted, operations, percent};
use crate::cli::own_files::Took;
use crate::cli::run_folder::RunFolder;
use crate::dataset::LabelledImages;
use crate::experiment::operations::Operations;
use crate::experiment::selection;
use crate::experiment::sweep::{Outcome, Search, Trial};
use crate::params::Params;
use anyhow::{Context, ensure};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// A row of sweep.csv, beside the values of the axes.
#[derive(Clone, Serialize)]
pub struct Row {
    pub point: usize,
    seed: u64,
    pub values: Vec<String>,
    pub validation_accuracy: Option<f64>,
    pub zero_fraction: f64,
    /// E spikes of the training.
    spikes: u64,
    /// On the validation images.
    pub operations: Operations,
    /// Wall-clock time of the job that the network trained in.
    seconds: f64,
}

pub const TABLE: &str = "sweep.csv";
/// Columns of sweep.csv after point and seed and the axes; the last is `seconds`.
const MEASURES: [&str; 3] = ["validation_accuracy", "zero_fraction", "spikes"];
pub const OPERATION_COLUMNS: [&str; 3] = [
    "input_operations",
    "hidden_operations",
    "energy_nj_estimate",
];

/// The axes of a grid along which no measure changes, whatever the others are.
pub fn unchanging<'a>(search: &'a Search, rows: &[Row]) -> Vec<&'a str> {
    if search.random.is_some() {
        return Vec::new();
    }
    let mut keys = Vec::new();
    for (index, axis) in search.axes.iter().enumerate() {
        let others = |row: &Row| {
            let mut values = row.values.clone();
            values.remove(index);
            (row.seed, values)
        };
        let measures = |row: &Row| {
            let accuracy = row.validation_accuracy.map(f64::to_bits);
            (accuracy, row.zero_fraction.to_bits(), row.spikes)
        };
        let mut groups: BTreeMap<_, Vec<&Row>> = BTreeMap::new();
        for row in rows {
            groups.entry(others(row)).or_default().push(row);
        }
        let same = |group: &Vec<&Row>| {
            let first = group.first().map(|row| measures(row));
            group.iter().all(|row| Some(measures(row)) == first)
        };
        // An axis that is the seed leaves no two rows to compare.
        let compared = groups.values().any(|group| group.len() > 1);
        if compared && groups.values().all(same) {
            keys.push(axis.key.as_str());
        }
    }
    keys
}

pub fn row(trial: &Trial, outcome: &Outcome) -> Row {
    let metrics = &outcome.metrics;
    Row {
        point: trial.point,
        seed: metrics.seed,
        values: trial.values.clone(),
        validation_accuracy: metrics.validation_accuracy,
        zero_fraction: metrics.zero_fraction,
        spikes: metrics.spikes,
        operations: outcome.operations,
        seconds: outcome.seconds,
    }
}

fn columns(search: &Search) -> Vec<&str> {
    let axes = search.axes.iter().map(|axis| axis.key.as_str());
    ["point", "seed"]
        .into_iter()
        .chain(axes)
        .chain(MEASURES)
        .chain(OPERATION_COLUMNS)
        .chain(["seconds"])
        .collect()
}

/// Adds the last of the rows to the table, which begins with it if it is the first; `seconds` is how long it took to come
/// to it, if that is known.
pub fn add_row(
    folder: &mut RunFolder,
    search: &Search,
    rows: &[Row],
    seconds: Option<f64>,
) -> anyhow::Result<()> {
    let done = rows.len();
    let took = seconds.map(|seconds| Took { seconds, done });
    match done {
        0 | 1 => folder.save(TABLE, &lines(Some(search), rows)?, took),
        _ => folder.append(TABLE, &lines(None, &rows[done - 1..])?, took),
    }
}

/// Rows as lines of the table, after its head where a search is given.
pub fn lines(head: Option<&Search>, rows: &[Row]) -> anyhow::Result<Vec<u8>> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    if let Some(search) = head {
        csv.write_record(columns(search))?;
    }
    for row in rows {
        let accuracy = row
            .validation_accuracy
            .map_or(String::new(), |share| share.to_string());
        let measures = [
            accuracy,
            row.zero_fraction.to_string(),
            row.spikes.to_string(),
        ];
        let names = [row.point.to_string(), row.seed.to_string()];
        let operations = operation_cells(&row.operations);
        let seconds = [row.seconds.to_string()];
        let measures = measures.iter().chain(&operations).chain(&seconds);
        csv.write_record(names.iter().chain(&row.values).chain(measures))?;
    }
    Ok(csv.into_inner()?)
}

/// Cells of [`OPERATION_COLUMNS`].
pub fn operation_cells(of: &Operations) -> [String; 3] {
    amounts_of(of).map(|amount| amount.to_string())
}

fn amounts_of(of: &Operations) -> [f64; 3] {
    [
        of.input_per_image,
        of.hidden_per_image,
        of.energy_nj_estimate,
    ]
}

/// The rows that are there, which must be those of the first trials. Where nothing else tells that the numbers are those
/// that were measured, they are held against the images.
pub fn read_rows(
    folder: &Path,
    (search, trials): (&Search, &[Trial]),
    doubted: Option<&LabelledImages>,
) -> anyhow::Result<Vec<Row>> {
    let path = folder.join(TABLE);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let wrong = |line: usize| {
        format!(
            "{}, row {line}: not what this search would have written",
            path.display()
        )
    };
    let mut csv =
        csv::Reader::from_path(&path).with_context(|| format!("cannot read {}", path.display()))?;
    ensure!(
        csv.headers().with_context(|| wrong(0))? == columns(search),
        "{}",
        wrong(0)
    );
    let mut rows = Vec::new();
    for record in csv.records() {
        let line = rows.len() + 1;
        let record = record.with_context(|| wrong(line))?;
        let trial = trials.get(rows.len()).with_context(|| wrong(line))?;
        let row = parse_row(&record, trial, search.seed_of(trial)).with_context(|| wrong(line))?;
        if let Some(images) = doubted {
            let params = search.params_of(trial)?;
            ensure!(is_possible(&row, &params, images), wrong(line));
        }
        rows.push(row);
    }
    Ok(rows)
}

/// A search in a run folder that nothing is trained in: all its networks, and the rows that are there.
pub struct Kept {
    pub folder: RunFolder,
    pub search: Search,
    pub trials: Vec<Trial>,
    pub rows: Vec<Row>,
}

impl Kept {
    /// Reads what a search has left; refuses files that were changed.
    pub fn read(path: &Path, quiet: bool) -> anyhow::Result<Self> {
        let mut folder = RunFolder::reopen(path, &KIND, quiet)?;
        folder.check_unchanged(SEARCH)?;
        folder.cut_torn_lines(TABLE)?;
        folder.check_unchanged(TABLE)?;
        let search: Search = folder.read_toml(SEARCH)?;
        let trials = search.trials()?;
        let rows = read_rows(path, (&search, &trials), None)?;
        Ok(Self {
            folder,
            search,
            trials,
            rows,
        })
    }
}

fn parse_row(record: &csv::StringRecord, trial: &Trial, seed: Option<u64>) -> Option<Row> {
    let fields: Vec<&str> = record.iter().collect();
    let (names, rest) = fields.split_at_checked(2)?;
    let (values, measures) = rest.split_at_checked(trial.values.len())?;
    let [accuracy, zeros, spikes, input, hidden, energy, seconds] = measures else {
        return None;
    };
    let row = Row {
        point: names[0].parse().ok()?,
        seed: names[1].parse().ok()?,
        values: values.iter().map(ToString::to_string).collect(),
        validation_accuracy: match *accuracy {
            "" => None,
            share => Some(share.parse().ok()?),
        },
        zero_fraction: zeros.parse().ok()?,
        spikes: spikes.parse().ok()?,
        operations: Operations {
            input_per_image: input.parse().ok()?,
            hidden_per_image: hidden.parse().ok()?,
            energy_nj_estimate: energy.parse().ok()?,
        },
        seconds: seconds.parse().ok()?,
    };
    let is_of = row.point == trial.point && Some(row.seed) == seed && row.values == trial.values;
    is_of.then_some(row)
}

/// Whether the measures can be those of a network of these parameters.
fn is_possible(row: &Row, params: &Params, images: &LabelledImages) -> bool {
    let is_share_of = |share: f64, whole: usize| {
        let count = (share * whole as f64).round();
        (0.0..=1.0).contains(&share) && count / whole as f64 == share
    };
    let shown = selection::validation(images, params).unwrap_or_default();
    let shown = shown.iter().map(|class| class.images.len()).sum::<usize>();
    let weights = params.model.inputs() * params.model.neurons();
    let mut amounts = vec![row.seconds];
    amounts.extend(amounts_of(&row.operations));
    row.validation_accuracy
        .is_some_and(|share| is_share_of(share, shown))
        && is_share_of(row.zero_fraction, weights)
        && amounts
            .iter()
            .all(|amount| amount.is_finite() && *amount >= 0.0)
}

/// Points that the table shows.
const SHOWN: usize = 20;

/// The best points by their mean accuracy on validation images, after how long the search took, if that is known.
pub fn best(search: &Search, rows: &[Row], seconds: Option<f64>) -> String {
    let mut points: Vec<(f64, String)> = rows
        .chunk_by(|a, b| a.point == b.point)
        .map(|rows| {
            let accuracies: Vec<f64> = rows
                .iter()
                .filter_map(|row| row.validation_accuracy)
                .collect();
            let mean = accuracies.iter().sum::<f64>() / accuracies.len().max(1) as f64;
            let zeros = rows.iter().map(|row| row.zero_fraction).sum::<f64>() / rows.len() as f64;
            let values = search.axes.iter().zip(&rows[0].values);
            let settings: Vec<String> = values
                .map(|(axis, value)| format!("{}={value}", axis.key))
                .collect();
            let line = format!(
                "{:>6}%  {:>5.1}% zeros  {} operations (nJ)  {}",
                percent(accuracies.into_iter(), 2),
                100.0 * zeros,
                operations(rows.iter().map(|row| &row.operations)),
                settings.join("  ")
            );
            (mean, line)
        })
        .collect();
    points.sort_by(|a, b| b.0.total_cmp(&a.0));
    let time = seconds.map_or(String::new(), |seconds| format!(" in {seconds:.1} s"));
    let over = match search.seeds {
        1 => String::new(),
        _ => format!(", {MEAN}"),
    };
    let mut text = format!(
        "{}{time}; the best points on validation images{over}:\n\n",
        counted(rows.len(), "network")
    );
    for (_, line) in points.iter().take(SHOWN) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{line}");
    }
    text
}
