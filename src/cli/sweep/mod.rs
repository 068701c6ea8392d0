//! `sweep`: a search over parameters, a CSV row a network.

mod merge;
mod options;
mod summary;
mod table;

use super::data::Loaded;
use super::device::DeviceOptions;
use super::options::ParamOptions;
use super::output::note;
use super::paths::path;
use super::run::{Flags, Frame, Job, Kind, Start};
use super::run_folder::{FolderOptions, RunFolder};
use super::train::note_missing_validation;
use crate::dataset::Dataset;
use crate::experiment::ExperimentError;
use crate::experiment::saving::Every;
use crate::experiment::selection;
use crate::experiment::sweep::{Search, Trial, sweep};
use crate::params::Params;
use anyhow::Context;
use clap::Args;
pub use options::grid;
use options::{SearchOptions, check_measurable};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Instant;
use table::{Row, TABLE, add_row, best, read_rows, row, unchanging};

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
    merging: merge::MergeOptions,
    /// Say what the search in this run folder has found so far: its best points with intervals over seeds, and the effect of
    /// each parameter; summary.csv and summary.html in the folder have all of it
    #[arg(long, value_parser = path(), value_name = "DIR", help_heading = "Search",
        conflicts_with_all = ["SourceOptions", "JobOptions", "ModelOptions", "ReadingOptions", "SearchOptions", "MergeOptions", "FolderOptions", "resume"])]
    summary: Option<PathBuf>,
    #[command(flatten)]
    device: DeviceOptions,
    #[command(flatten)]
    folder: FolderOptions,
    /// Go on with the search in this run folder: all but --device, --threads and --data comes from there
    #[arg(long, value_parser = path(), value_name = "DIR", help_heading = "Device and output",
        conflicts_with_all = ["SourceOptions", "JobOptions", "ModelOptions", "ReadingOptions", "SearchOptions", "FolderOptions"])]
    resume: Option<PathBuf>,
}

pub const KIND: Kind = Kind {
    command: "sweep",
    mark: SEARCH,
    // The rows of a search are its result: two versions that count otherwise must not share one.
    goes_on_from: &[],
};
const SEARCH: &str = "search.toml";

pub fn run(args: &SweepArgs) -> anyhow::Result<()> {
    if args.merging.is_asked() {
        return merge::run(&args.merging, &args.folder, &args.device);
    }
    if let Some(folder) = &args.summary {
        return summary::run(folder, &args.device);
    }
    let start = Start::new(Flags {
        kind: &KIND,
        resume: args.resume.as_deref(),
        data: &args.params.data,
        device: &args.device,
        folder: &args.folder,
        // A search goes on by the rows of its table.
        every: Every::Never,
    })?;
    let asked = || {
        let asked = args.params.resolve(args.device.quiet)?;
        let (params, data) = start.fit(&asked)?;
        args.search.search(params, data, args.device.quiet)
    };
    let search: Search = match start.folder() {
        Some(folder) => {
            let search = folder.read_toml(SEARCH)?;
            start.check_same(&search, asked)?;
            search
        }
        None => asked()?,
    };
    let trials = search.trials()?;
    let is_new = start.folder().is_none();
    start.run(Searching {
        search,
        trials,
        is_new,
    })
}

struct Searching {
    search: Search,
    trials: Vec<Trial>,
    /// Whether nobody has checked it yet.
    is_new: bool,
}

impl Job for Searching {
    fn params(&self) -> &Params {
        &self.search.params
    }

    fn name(&self) -> String {
        let params = &self.search.params;
        format!(
            "sweep-{}-{}",
            params.preset,
            params.model.network.file_label()
        )
    }

    fn files(&self) -> Vec<String> {
        [SEARCH, TABLE].map(String::from).into()
    }

    fn written_anew(&self) -> Vec<&str> {
        Vec::new()
    }

    fn flags(&self) -> String {
        String::new()
    }

    fn check(&self, data: &Dataset, quiet: bool) -> anyhow::Result<()> {
        let points = self.trials.chunk_by(|a, b| a.point == b.point);
        // What is gone on with was checked when it began.
        let checked = if self.is_new { usize::MAX } else { 1 };
        let (mut all, mut said) = (Vec::<Params>::new(), false);
        for point in points.take(checked) {
            let params = self.search.params_of(&point[0])?;
            if !(all.last()).is_some_and(|last| selects_alike(last, &params)) {
                check_measurable(&params)?;
                selection::training(&data.train, &params)?;
                selection::check_some_left(&data.train, &params).context(
                    "a search is measured on training images that are not trained on: leave some",
                )?;
                said = said || note_missing_validation(&data.train, &params, quiet)?;
            }
            all.push(params);
        }
        if self.is_new {
            self.search.check_acts(&all)?;
        }
        Ok(())
    }

    fn has_ended(&self, folder: &RunFolder) -> bool {
        let rows = read_rows(folder.path(), (&self.search, &self.trials), None);
        rows.is_ok_and(|rows| rows.len() == self.trials.len())
    }

    fn write(&self, folder: &mut RunFolder, data: &Loaded) -> anyhow::Result<()> {
        folder.write_toml(SEARCH, &self.search, data)
    }

    fn run(self, frame: &mut Frame<'_>) -> anyhow::Result<()> {
        let Self { search, trials, .. } = &self;
        let mut rows = self.rows(frame)?;
        let rows_before = rows.len();
        let (before, start) = (seconds_of(&frame.folder, &rows)?, Instant::now());
        let mut took = before;
        let Frame {
            backend,
            data,
            folder,
            progress,
            stop,
            ..
        } = frame;
        sweep(
            backend.as_ref(),
            &data.set.train,
            (search, &trials[rows.len()..]),
            stop.asked(),
            &mut |event| progress.observe(&event),
            &mut |trial, outcome| {
                rows.push(row(trial, outcome));
                took = before.map(|before| before + start.elapsed().as_secs_f64());
                add_row(folder, search, &rows, took)
                    .map_err(|error| ExperimentError::Observer(error.into()))
            },
        )
        .map_err(|error| match error {
            ExperimentError::SearchStopped { networks, .. } => ExperimentError::SearchStopped {
                networks: rows_before + networks,
                of: trials.len(),
            },
            error => error,
        })?;
        frame.progress.finish();
        let found = Found {
            search,
            rows: &rows,
            seconds: took,
        };
        found.note_unchanging(frame.quiet());
        let document = found.document(
            (frame.backend.device(), frame.backend.kind()),
            &frame.data.used(),
            frame.folder.path(),
        );
        frame.end(None, &document, &best(search, &rows, took), |_, _| Ok(()))
    }
}

/// What a search has found.
struct Found<'a> {
    search: &'a Search,
    rows: &'a [Row],
    /// Wall-clock time, if it is known.
    seconds: Option<f64>,
}

impl Found<'_> {
    fn note_unchanging(&self, quiet: bool) {
        for key in unchanging(self.search, self.rows) {
            let text = format!(
                "no value of {key} changed anything that was measured: it may not act here"
            );
            note(&text, quiet);
        }
    }

    fn document(
        &self,
        (device, kind): (&str, impl Serialize),
        data: &impl Serialize,
        out: &Path,
    ) -> serde_json::Value {
        let axes = self.search.axes.iter().map(|axis| &axis.key);
        let mut document = serde_json::json!({
            "version": env!("CARGO_PKG_VERSION"),
            "command": "sweep",
            "device": device,
            "device_type": kind,
            "seconds": self.seconds,
            "axes": axes.collect::<Vec<_>>(),
            "rows": self.rows,
            "data": data,
            "out": out.display().to_string(),
        });
        if let Some(shard) = self.search.shard {
            document["shard"] = shard.to_string().into();
        }
        document
    }
}

/// Whether two jobs are trained on and validated with the same images.
fn selects_alike(a: &Params, b: &Params) -> bool {
    selection::same_validation(a, b) && a.model.image() == b.model.image()
}

impl Searching {
    /// The rows that are there.
    fn rows(&self, frame: &mut Frame<'_>) -> anyhow::Result<Vec<Row>> {
        let (folder, images) = (&mut frame.folder, &frame.data.set.train);
        folder.check_unchanged(SEARCH)?;
        if !folder.has(TABLE) {
            return Ok(Vec::new());
        }
        folder.cut_torn_lines(TABLE)?;
        let known = folder.lists(TABLE);
        let unchanged = folder.check_unchanged(TABLE);
        // What was changed may tell by itself where.
        let doubted = (!known || unchanged.is_err()).then_some(images);
        let rows = read_rows(folder.path(), (&self.search, &self.trials), doubted)?;
        match rows.is_empty() {
            // A table without rows cannot have been changed.
            true => folder.adopt(TABLE)?,
            false => {
                unchanged?;
                if !known {
                    folder.adopt(TABLE)?;
                }
                folder.is_saved();
            }
        }
        Ok(rows)
    }
}

/// Wall-clock time of a search until it had these rows, if it is known.
fn seconds_of(folder: &RunFolder, rows: &[Row]) -> anyhow::Result<Option<f64>> {
    match rows.is_empty() {
        true => Ok(Some(0.0)),
        false => Ok(folder.took(TABLE)?.map(|took| took.seconds)),
    }
}
