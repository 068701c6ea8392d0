//! `sweep`: a search over parameters, a CSV row a network.

use super::device::DeviceOptions;
use super::options::ParamOptions;
use super::output::{out, out_json};
use super::progress::Progress;
use super::run_folder::{FolderOptions, RunFolder};
use super::saving::{explain, stop_at_signals};
use anyhow::{Context, bail, ensure};
use clap::Args;
use serde::Serialize;
use spikeprune::dataset;
use spikeprune::experiment::ExperimentError;
use spikeprune::experiment::selection;
use spikeprune::experiment::sweep::{Axis, Search, Trial, Values, sweep};
use spikeprune::statistics::Interval;
use spikeprune::trained::Metrics;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Search over parameters: a grid, or points drawn at random; networks train side by side
///
/// Every network is measured on validation images, training images that are never trained on. sweep.csv in the run
/// folder gets a row as a network finishes; a search that was stopped goes on with --resume.
#[derive(Args)]
pub struct SweepArgs {
    #[command(flatten)]
    params: ParamOptions,
    #[command(flatten)]
    search: SearchOptions,
    #[command(flatten)]
    device: DeviceOptions,
    #[command(flatten)]
    folder: FolderOptions,
    /// Go on with the search in this run folder; everything else comes from there
    #[arg(long, value_name = "DIR", help_heading = "Device and output",
        conflicts_with_all = ["SourceOptions", "JobOptions", "ModelOptions", "SearchOptions", "FolderOptions"])]
    resume: Option<PathBuf>,
}

#[derive(Args)]
#[command(next_help_heading = "Search")]
struct SearchOptions {
    /// Values of a parameter, e.g. learning.a_pre=0.005,0.01,0.02; may be repeated: all combinations
    #[arg(long, value_name = "KEY=V,V,...")]
    grid: Vec<String>,
    /// A parameter drawn uniformly, e.g. learning.a_pre=0.001..0.1; needs --random
    #[arg(long, value_name = "KEY=LOW..HIGH", requires = "random")]
    range: Vec<String>,
    /// The same with a uniform logarithm
    #[arg(long, value_name = "KEY=LOW..HIGH", requires = "random")]
    log_range: Vec<String>,
    /// Draw so many points at random instead of taking the whole grid
    #[arg(long, value_name = "N")]
    random: Option<usize>,
    /// Networks of each point, with seeds --seed, + 1, ...
    #[arg(long, value_name = "K", default_value_t = 1)]
    seeds: usize,
}

/// A row of sweep.csv, beside the values of the axes.
#[derive(Clone, Serialize)]
struct Row {
    point: usize,
    seed: u64,
    values: Vec<String>,
    validation_accuracy: Option<f64>,
    zero_fraction: f64,
    /// E spikes of the training.
    spikes: u64,
    /// Wall-clock time of the job that the network trained in.
    seconds: f64,
}

const SEARCH: &str = "search.toml";
const TABLE: &str = "sweep.csv";
/// Columns of sweep.csv after point and seed and the axes.
const MEASURES: [&str; 4] = ["validation_accuracy", "zero_fraction", "spikes", "seconds"];

pub fn run(args: &SweepArgs) -> anyhow::Result<()> {
    let stop = stop_at_signals()?;
    let resumed = args.resume.as_deref().map(RunFolder::reopen).transpose()?;
    let search: Search = match &resumed {
        Some(folder) => folder.read_toml(SEARCH)?,
        None => args.search.search(&args.params)?,
    };
    let trials = search.trials()?;
    let backend = args.device.open()?;
    let data = dataset::load(Path::new(&search.params.job.data))?;
    for trial in trials.iter().filter(|trial| trial.replica == 0) {
        selection::training(&data.train, &trial.params)?;
        selection::check_some_left(&data.train, &trial.params).context(
            "a search is measured on training images that are not trained on: leave some",
        )?;
    }
    let (folder, mut rows) = match resumed {
        Some(folder) => {
            let rows = read_rows(folder.path(), &search, &trials)?;
            (folder, rows)
        }
        None => {
            let params = &search.params;
            let name = format!("sweep-{}-{}", params.preset, params.job.label("-"));
            let folder = args.folder.create(&name)?;
            folder.write_toml(SEARCH, &search)?;
            (folder, Vec::new())
        }
    };
    let mut progress = Progress::until(args.device.quiet, stop.clone());
    let left = &trials[rows.len()..];
    sweep(
        backend.as_ref(),
        &data.train,
        left,
        &stop,
        &mut |event| progress.observe(&event),
        &mut |trial, metrics, seconds| {
            rows.push(row(trial, metrics, seconds));
            write_rows(&folder, &search, &rows)
                .map_err(|error| ExperimentError::Observer(error.into()))
        },
    )
    .map_err(|error| explain(error, "sweep", &folder, &args.device))?;
    progress.finish();
    if args.device.json {
        return out_json(&serde_json::json!({
            "version": env!("CARGO_PKG_VERSION"),
            "command": "sweep",
            "device": backend.device(),
            "axes": search.axes.iter().map(|axis| &axis.key).collect::<Vec<_>>(),
            "rows": rows,
            "out": folder.path().display().to_string(),
        }));
    }
    let written = folder.path().display();
    out(&format!("{}\nwritten to {written}\n", best(&search, &rows)))
}

fn row(trial: &Trial, metrics: &Metrics, seconds: f64) -> Row {
    Row {
        point: trial.point,
        seed: metrics.seed,
        values: trial.values.clone(),
        validation_accuracy: metrics.validation_accuracy,
        zero_fraction: metrics.zero_fraction,
        spikes: metrics.spikes,
        seconds,
    }
}

impl SearchOptions {
    fn search(&self, params: &ParamOptions) -> anyhow::Result<Search> {
        let mut axes = Vec::new();
        for text in &self.grid {
            let (key, values) = key_and_value("--grid", text)?;
            axes.push(listed(key, values));
        }
        for text in &self.range {
            let (key, (low, high)) = key_and_range("--range", text)?;
            axes.push(axis(key, Values::Uniform(low, high)));
        }
        for text in &self.log_range {
            let (key, (low, high)) = key_and_range("--log-range", text)?;
            axes.push(axis(key, Values::LogUniform(low, high)));
        }
        ensure!(
            !axes.is_empty(),
            "nothing to search: give --grid, or --random with --range"
        );
        if self.random == Some(0) {
            bail!("--random is 0: it must be at least 1");
        }
        let mut params = params.resolve()?;
        ensure!(
            params.job.validation_per_class > 0,
            "--validation-per-class is 0: a search is measured on validation images"
        );
        // Metrics at the end alone: they are the rows.
        params.job.metrics_every = 0;
        Ok(Search {
            params,
            axes,
            random: self.random,
            seeds: self.seeds,
        })
    }
}

fn axis(key: &str, values: Values) -> Axis {
    let key = key.into();
    Axis { key, values }
}

/// An axis from values with commas between them.
pub fn listed(key: &str, values: &str) -> Axis {
    let values = values.split(',').map(|value| value.trim().to_string());
    axis(key, Values::Listed(values.collect()))
}

pub fn key_and_value<'a>(flag: &str, text: &'a str) -> anyhow::Result<(&'a str, &'a str)> {
    let Some((key, value)) = text.split_once('=') else {
        bail!("{flag} {text}: expected KEY=..., such as learning.a_pre=0.01");
    };
    Ok((key.trim(), value.trim()))
}

fn key_and_range<'a>(flag: &str, text: &'a str) -> anyhow::Result<(&'a str, (f64, f64))> {
    let (key, value) = key_and_value(flag, text)?;
    let numbers = value
        .split_once("..")
        .and_then(|(low, high)| Some((low.trim().parse().ok()?, high.trim().parse().ok()?)));
    let numbers = numbers
        .with_context(|| format!("{flag} {text}: expected LOW..HIGH, such as 0.001..0.1"))?;
    Ok((key, numbers))
}

fn columns(search: &Search) -> Vec<&str> {
    let axes = search.axes.iter().map(|axis| axis.key.as_str());
    ["point", "seed"]
        .into_iter()
        .chain(axes)
        .chain(MEASURES)
        .collect()
}

fn write_rows(folder: &RunFolder, search: &Search, rows: &[Row]) -> anyhow::Result<()> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(columns(search))?;
    for row in rows {
        let accuracy = row
            .validation_accuracy
            .map_or(String::new(), |share| share.to_string());
        let measures = [
            accuracy,
            row.zero_fraction.to_string(),
            row.spikes.to_string(),
            row.seconds.to_string(),
        ];
        let names = [row.point.to_string(), row.seed.to_string()];
        csv.write_record(names.iter().chain(&row.values).chain(&measures))?;
    }
    folder.write_text(TABLE, &String::from_utf8(csv.into_inner()?)?)
}

/// The rows that are there, which must be those of the first trials.
fn read_rows(folder: &Path, search: &Search, trials: &[Trial]) -> anyhow::Result<Vec<Row>> {
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
        rows.push(parse_row(&record, trial).with_context(|| wrong(line))?);
    }
    Ok(rows)
}

fn parse_row(record: &csv::StringRecord, trial: &Trial) -> Option<Row> {
    let fields: Vec<&str> = record.iter().collect();
    let (names, rest) = fields.split_at_checked(2)?;
    let (values, measures) = rest.split_at_checked(trial.values.len())?;
    let [accuracy, zeros, spikes, seconds] = measures else {
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
        seconds: seconds.parse().ok()?,
    };
    let seed = trial.params.replica_seed(trial.replica);
    (row.point == trial.point && row.seed == seed && row.values == trial.values).then_some(row)
}

/// Points that the table shows.
const SHOWN: usize = 20;

/// The best points by their mean accuracy on validation images.
fn best(search: &Search, rows: &[Row]) -> String {
    let mut points: Vec<(f64, String)> = rows
        .chunk_by(|a, b| a.point == b.point)
        .map(|rows| {
            let accuracies: Vec<f64> = rows
                .iter()
                .filter_map(|row| row.validation_accuracy)
                .collect();
            let interval = Interval::of(&accuracies).ok();
            let mean = interval.map_or(0.0, |interval| interval.mean);
            let spread = interval.and_then(|interval| Some(interval.high? - interval.mean));
            let spread = spread.map_or(String::new(), |half| format!(" +- {:.2}", 100.0 * half));
            let zeros = rows.iter().map(|row| row.zero_fraction).sum::<f64>() / rows.len() as f64;
            let values = search.axes.iter().zip(&rows[0].values);
            let settings: Vec<String> = values
                .map(|(axis, value)| format!("{}={value}", axis.key))
                .collect();
            let line = format!(
                "{:>6.2}%{spread}  {:>5.1}% zeros  {}",
                100.0 * mean,
                100.0 * zeros,
                settings.join("  ")
            );
            (mean, line)
        })
        .collect();
    points.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut text = format!(
        "{} networks; the best points on validation images:\n\n",
        rows.len()
    );
    for (_, line) in points.iter().take(SHOWN) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{line}");
    }
    text
}
