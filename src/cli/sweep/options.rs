//! What is searched, as flags say it.

use crate::cli::options::{check_seeds, note_renamed, words};
use crate::cli::parts::shard;
use crate::cli::paths::bare;
use crate::dataset::Dataset;
use crate::experiment::fitting::labels_of;
use crate::experiment::sweep::{Axis, Search, Values};
use crate::params::{MetricsEvery, Params, Shard, grid_values, number, renamed, whole};
use anyhow::{Context, bail, ensure};
use clap::Args;

#[derive(Args)]
#[command(next_help_heading = "Search")]
pub struct SearchOptions {
    /// Values of a parameter, e.g. learning.a_pre=0.005,0.01,0.02; may be repeated: all combinations
    ///
    /// Where the parameter is a list, each value has brackets: network.classes=[7,4,6],[0-2].
    #[arg(long, value_parser = bare, value_name = "KEY=V,V,...")]
    grid: Vec<String>,
    /// A parameter drawn uniformly, e.g. learning.a_pre=0.001..0.1; needs --random
    #[arg(long, value_parser = bare, value_name = "KEY=LOW..HIGH", requires = "random")]
    range: Vec<String>,
    /// The same with a uniform logarithm
    #[arg(long, value_parser = bare, value_name = "KEY=LOW..HIGH", requires = "random")]
    log_range: Vec<String>,
    /// Draw so many points at random instead of taking the whole grid
    #[arg(long, value_parser = whole::<usize>, value_name = "N")]
    random: Option<usize>,
    /// Networks of each point, with seeds --seed, + 1, ...
    #[arg(long, value_parser = whole::<usize>, value_name = "K", default_value_t = 1)]
    seeds: usize,
    /// Train one of N parts of the search, I from 1, each in a run folder of its own; --merge makes one of them
    ///
    /// auto/N takes the part from the task of a job array: of Slurm (SLURM_ARRAY_TASK_ID, counted from
    /// SLURM_ARRAY_TASK_MIN) or of an indexed job of Kubernetes (JOB_COMPLETION_INDEX, from 0).
    #[arg(long, value_parser = shard, value_name = "I/N")]
    shard: Option<Shard>,
}

impl SearchOptions {
    pub fn search(
        &self,
        mut params: Params,
        data: &Dataset,
        quiet: bool,
    ) -> anyhow::Result<Search> {
        check_seeds(self.seeds)?;
        let mut axes = grid(&params, &self.grid, data)?;
        for text in &self.range {
            axes.push(range(&params, "--range", text, Values::Uniform)?);
        }
        for text in &self.log_range {
            axes.push(range(&params, "--log-range", text, Values::LogUniform)?);
        }
        ensure!(
            !axes.is_empty(),
            "nothing to search: give --grid, or --random with --range"
        );
        if self.random == Some(0) {
            bail!("--random is 0: it must be at least 1");
        }
        note_renamed(
            axes.iter().filter_map(|axis: &Axis| renamed(&axis.key)),
            quiet,
        );
        check_measurable(&params)?;
        // Metrics only at the end: these are the rows.
        params.job.metrics_every = MetricsEvery::End;
        params.job.shard = Shard::WHOLE;
        Ok(Search {
            params,
            axes,
            random: self.random,
            seeds: self.seeds,
            shard: self.shard,
        })
    }
}

/// A list of classes by their labels, which may name them.
fn as_labels(list: &mut String, data: &Dataset) -> anyhow::Result<()> {
    let labels = labels_of(&words(list)?, &data.train, data)?;
    let labels: Vec<String> = labels.iter().map(u8::to_string).collect();
    *list = format!("[{}]", labels.join(", "));
    Ok(())
}

pub fn check_measurable(params: &Params) -> anyhow::Result<()> {
    ensure!(
        params.job.validation_per_class > 0,
        "--validation-per-class is 0: a search is measured on validation images"
    );
    Ok(())
}

/// The axes of a grid, as --grid gives them.
pub fn grid(params: &Params, flags: &[String], data: &Dataset) -> anyhow::Result<Vec<Axis>> {
    let axis = |text: &String| {
        let (key, values) = key_and_value("--grid", text)?;
        let origin = format!("--grid {text}");
        let mut values = grid_values(params, key, values, &origin)?;
        if key == "network.classes" && !data.names.is_empty() {
            (values.iter_mut()).try_for_each(|value| as_labels(value, data))?;
        }
        checked(params, key, Values::Listed(values), &origin)
    };
    flags.iter().map(axis).collect()
}

fn range(
    params: &Params,
    flag: &str,
    text: &str,
    values: fn(f64, f64) -> Values,
) -> anyhow::Result<Axis> {
    let (key, value) = key_and_value(flag, text)?;
    let origin = format!("{flag} {text}");
    ensure!(
        !value.contains("..."),
        "{origin}: three points are unclear: write the zero on one side, such as 0..0.5"
    );
    let ends = value
        .split_once("..")
        .and_then(|(low, high)| Some((number(low).ok()?, number(high).ok()?)));
    let (low, high) =
        ends.with_context(|| format!("{origin}: expected LOW..HIGH, such as 0.001..0.1"))?;
    checked(params, key, values(low, high), &origin)
}

fn checked(params: &Params, key: &str, values: Values, origin: &str) -> anyhow::Result<Axis> {
    let key = key.into();
    let axis = Axis { key, values };
    axis.check(params, origin)?;
    Ok(axis)
}

fn key_and_value<'a>(flag: &str, text: &'a str) -> anyhow::Result<(&'a str, &'a str)> {
    let Some((key, value)) = text.split_once('=') else {
        bail!("{flag} {text}: expected KEY=..., such as learning.a_pre=0.01");
    };
    Ok((key.trim(), value.trim()))
}
