//! `bench`: how fast networks train and are tested here.

mod show;

use super::data::Loaded;
use super::device::{check_threads, open, opener, tell};
use super::heatmap::FontOptions;
use super::memory::{measure_peak, peak_bytes};
use super::options::ParamOptions;
use super::output::{out, out_json, warn_unless_flushed};
use super::paths::{bare, target};
use super::progress::Progress;
use super::sweep::grid;
use crate::artefact::write_new;
use crate::backend::choice::DeviceChoice;
use crate::backend::{Backend, DeviceKind};
use crate::dataset::Dataset;
use crate::experiment::bench::{Effort, Speed, speed};
use crate::experiment::sweep::{Point, Search};
use crate::params::{Params, number, whole};
use anyhow::{Context, ensure};
use clap::Args;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::PathBuf;

/// Measure how fast networks train and are tested, on each device
///
/// Trains the networks of the job from their start on, then tests them; a warm-up comes before either. Sizes, numbers
/// of networks, steps, batches and rules to compare are given by --grid, such as --grid
/// network.groups.neurons_per_class=1,10,160 --grid job.replicas=1,16,256 --grid time.dt_ms=0.1,0.5 or, for one network on
/// all cores, --grid learning.batch=1,16,64.
#[derive(Args)]
pub struct BenchArgs {
    #[command(flatten)]
    params: ParamOptions,
    #[command(flatten)]
    measured: MeasureOptions,
    #[command(flatten)]
    output: OutputOptions,
}

/// What is measured, and for how long.
#[derive(Args)]
#[command(next_help_heading = "Measurement")]
struct MeasureOptions {
    /// Values of a parameter, e.g. job.replicas=1,16; may be repeated: all combinations
    ///
    /// Where the parameter is a list, each value has brackets: network.classes=[7,4,6],[0-2].
    #[arg(long, value_parser = bare, value_name = "KEY=V,V,...")]
    grid: Vec<String>,
    /// Laps of each measurement; the table shows their median and extremes
    #[arg(long, value_parser = whole::<usize>, value_name = "N", default_value_t = 5)]
    laps: usize,
    /// Least time of a lap, in s
    #[arg(long, value_parser = number, value_name = "S", default_value_t = 0.5)]
    lap_seconds: f64,
}

/// Where it is measured, and how it is told.
#[derive(Args)]
#[command(next_help_heading = "Device and output")]
struct OutputOptions {
    /// What to measure: cpu, gpu, gpu:N, a PCI address or part of a GPU's name; may be repeated [default: the CPU and
    /// every GPU that works]
    #[arg(long, value_name = "DEVICE")]
    device: Vec<DeviceChoice>,
    /// Threads of the CPU; 0 takes one for each core
    #[arg(long, value_parser = whole::<usize>, value_name = "N", default_value_t = 0)]
    threads: usize,
    /// Draw CPU time an image over the values of the first --grid, as SVG into this new file
    #[arg(long, value_parser = target(), value_name = "FILE", requires = "grid")]
    plot: Option<PathBuf>,
    #[command(flatten)]
    font: FontOptions,
    /// Print one JSON document instead of a table
    #[arg(long)]
    json: bool,
    /// Show no progress and no notes
    #[arg(long)]
    quiet: bool,
}

/// The document of `bench --json`.
#[derive(Serialize)]
struct Document<'a> {
    version: &'static str,
    command: &'static str,
    machine: Machine,
    /// Threads of the native backend.
    threads: usize,
    laps: usize,
    lap_seconds: f64,
    /// Every parameter, by the keys of the TOML file; rows differ from them in their settings.
    params: &'a Params,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Machine {
    /// Name of the processor; empty where the system does not tell.
    cpu: String,
    cores: usize,
    os: &'static str,
    arch: &'static str,
}

/// One device with one point of the grid.
#[derive(Serialize)]
struct Row {
    device: String,
    device_type: DeviceKind,
    settings: BTreeMap<String, String>,
    neurons: usize,
    networks: usize,
    dt_ms: f64,
    rule: String,
    /// Images of a batch.
    batch: usize,
    /// Most memory that the program held, data included; without that of a GPU.
    peak_memory_bytes: usize,
    #[serde(flatten)]
    speed: Speed,
}

pub fn run(args: &BenchArgs) -> anyhow::Result<()> {
    let effort = args.effort()?;
    if let Some(path) = &args.output.plot {
        ensure!(
            fs::symlink_metadata(path).is_err(),
            "--plot {} is there already: it would be replaced; name another file, or remove it",
            path.display()
        );
    }
    let asked = args.params.resolve(args.output.quiet)?;
    let data = Loaded::of(&asked.params.job, None)?.set;
    let search = args.search(asked.fit(&data, args.output.quiet)?, &data)?;
    let points = search.points()?;
    if args.output.plot.is_some() {
        for point in &points {
            show::number(&search.axes[0].key, &point.values[0])?;
        }
    }
    let backends = args.open()?;
    let rows = args.measure(effort, &backends, &data, &search, &points)?;
    let document = Document {
        version: env!("CARGO_PKG_VERSION"),
        command: "bench",
        machine: Machine::this(),
        threads: match args.output.threads {
            0 => cores(),
            threads => threads,
        },
        laps: args.measured.laps,
        lap_seconds: args.measured.lap_seconds,
        params: &search.params,
        rows,
    };
    if args.output.json {
        out_json(&document)?;
    } else {
        out(&document.table())?;
    }
    if let Some(path) = &args.output.plot {
        let svg = document.plot(&search.axes[0].key, args.output.font)?;
        let flushed = write_new(path, |file| file.write_all(svg.as_bytes()))
            .with_context(|| format!("cannot write {}", path.display()))?;
        warn_unless_flushed(path, &flushed);
    }
    Ok(())
}

impl BenchArgs {
    fn search(&self, params: Params, data: &Dataset) -> anyhow::Result<Search> {
        let seeds = params.job.replicas;
        Ok(Search {
            axes: grid(&params, &self.measured.grid, data)?,
            params,
            random: None,
            seeds,
            shard: None,
        })
    }

    /// A row for each device and point of the grid.
    fn measure(
        &self,
        effort: Effort,
        backends: &[Box<dyn Backend>],
        data: &Dataset,
        search: &Search,
        points: &[Point],
    ) -> anyhow::Result<Vec<Row>> {
        let mut progress = Progress::new(self.output.quiet);
        let mut rows = Vec::new();
        for backend in backends {
            for point in points {
                progress.count("measuring", rows.len(), backends.len() * points.len());
                let params = &point.params;
                measure_peak();
                let speed = speed(backend.as_ref(), data, params, effort).with_context(|| {
                    format!("{}, {}", backend.device(), search.settings(&point.values))
                })?;
                let keys = search.axes.iter().map(|axis| axis.key.clone());
                rows.push(Row {
                    device: backend.device().into(),
                    device_type: backend.kind(),
                    settings: keys.zip(point.values.iter().cloned()).collect(),
                    neurons: params.model.neurons(),
                    networks: params.job.replicas,
                    dt_ms: params.model.time.dt_ms,
                    rule: params.model.learning.rule().into(),
                    batch: params.model.learning.batch,
                    peak_memory_bytes: peak_bytes(),
                    speed,
                });
            }
        }
        progress.finish();
        Ok(rows)
    }

    fn effort(&self) -> anyhow::Result<Effort> {
        let (laps, lap_seconds) = (self.measured.laps, self.measured.lap_seconds);
        ensure!(
            (1..=1000).contains(&laps),
            "--laps is {laps}: it must be in 1..=1000"
        );
        ensure!(
            (0.0..=3600.0).contains(&lap_seconds),
            "--lap-seconds is {lap_seconds}: it must be in 0..=3600"
        );
        check_threads(self.output.threads)?;
        Ok(Effort { laps, lap_seconds })
    }

    /// The devices asked for, or all.
    fn open(&self) -> anyhow::Result<Vec<Box<dyn Backend>>> {
        let OutputOptions { threads, quiet, .. } = self.output;
        if self.output.device.is_empty() {
            let mut opener = opener(threads)?;
            let opened = opener.open_all()?;
            tell(&opener, quiet);
            return Ok(opened);
        }
        let choices = self.output.device.iter();
        choices.map(|choice| open(choice, threads, quiet)).collect()
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

impl Machine {
    fn this() -> Self {
        let mut system = sysinfo::System::new();
        system.refresh_cpu_list(sysinfo::CpuRefreshKind::nothing());
        let first = system.cpus().first();
        let brand = first.map(|cpu| cpu.brand().trim().to_string());
        Self {
            cpu: brand.unwrap_or_default(),
            cores: cores(),
            os: std::env::consts::OS,
            arch: std::env::consts::ARCH,
        }
    }
}
