//! `reproduce`: the experiments of papers, each with its table beside the published one, and a report.

mod antonov_sukhov;
mod claims;
mod diehl_cook;
pub mod page;

use super::choices::{List, choice_list};
use super::data::{DataOptions, Loaded};
use super::device::DeviceOptions;
use super::heatmap::FontOptions;
use super::options::{Asked, JobOptions, ModelOptions, SourceOptions, check_seeds};
use super::paths::path;
use super::run::{Flags, Job, Kind, Start};
use super::run_folder::{FolderOptions, RunFolder};
use super::saving::SavingOptions;
use crate::params::{Params, PruningMode, Shard, whole};
use anyhow::{bail, ensure};
use clap::{Args, ValueEnum};
use serde::de::{DeserializeOwned, IntoDeserializer};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Run a paper's experiment and set the results beside the published ones
///
/// antonov-sukhov: train with and without regularisation, test on digits and noise, compare. All arms see the same
/// images in the same order with the same initial weights, delays and input spikes. Each is tested on noise, blurred
/// noise, known and unknown digits.
///
/// diehl-cook: train unsupervised networks of several sizes on all ten digits, label their neurons by training images,
/// test them.
///
/// claims: train networks by local rules that prune, and by backpropagation with as few weights, test them on all test
/// images and on noise; on the CPU.
///
/// The run folder holds report.html with all figures, reproduction.json (what --json prints) and pictures.
#[derive(Args)]
#[command(mut_arg("replicas", |arg| arg.hide(true)), mut_arg("pruning", |arg| arg.hide(true)))]
pub struct ReproduceArgs {
    /// Whose experiment
    #[arg(long, value_name = "NAME", default_value = "antonov-sukhov")]
    paper: Paper,
    #[command(flatten)]
    source: SourceOptions,
    #[command(flatten)]
    job: JobOptions,
    #[command(flatten)]
    model: ModelOptions,
    #[command(flatten)]
    shared: SharedOptions,
    #[command(flatten)]
    antonov_sukhov: antonov_sukhov::AntonovSukhovOptions,
    #[command(flatten)]
    diehl_cook: diehl_cook::DiehlCookOptions,
    #[command(flatten)]
    claims: claims::ClaimsOptions,
    /// Make one run of the folders of all its parts (--shard), in --out: their networks are tested together, nothing is
    /// trained
    #[arg(long, value_parser = path(), value_name = "DIR", num_args = 1.., requires = "out", help_heading = "Device and output",
        conflicts_with_all = ["paper", "SourceOptions", "JobOptions", "ModelOptions", "ReadingOptions", "SharedOptions", "AntonovSukhovOptions", "DiehlCookOptions", "ClaimsOptions",
            "resume_or_start", "resume"])]
    merge: Vec<PathBuf>,
    #[command(flatten)]
    data: DataOptions,
    #[command(flatten)]
    device: DeviceOptions,
    #[command(flatten)]
    folder: FolderOptions,
    #[command(flatten)]
    saving: SavingOptions,
    #[command(flatten)]
    font: FontOptions,
    /// Go on with the run in this folder: all but --device, --threads and --data comes from there; results are the same
    /// to the bit, on the same device or one that is exact
    #[arg(long, value_parser = path(), value_name = "DIR", help_heading = "Device and output",
        conflicts_with_all = ["paper", "SourceOptions", "JobOptions", "ModelOptions", "ReadingOptions", "SharedOptions", "AntonovSukhovOptions", "DiehlCookOptions", "ClaimsOptions",
            "FolderOptions"])]
    resume: Option<PathBuf>,
}

/// The papers whose experiments can be run.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Paper {
    /// Weight regularization in spiking neural networks, 2024
    AntonovSukhov,
    /// Unsupervised learning of digit recognition using spike-timing-dependent plasticity, 2015
    DiehlCook,
    /// What both claim, beside networks that backpropagation trains
    Claims,
}

/// What every paper's experiment may be given.
#[derive(Args)]
#[command(next_help_heading = "Experiment")]
struct SharedOptions {
    /// Networks of each arm, with seeds --seed, + 1, ... [default: 3; claims: 1]
    #[arg(long, value_parser = whole::<usize>, value_name = "K")]
    seeds: Option<usize>,
    /// Kinds of regularisation to compare [default: none,continuous,final; authors-code: final-window; diehl-cook: none]
    #[arg(long, value_name = "LIST", value_parser = choice_list::<PruningMode>())]
    arms: Option<List<PruningMode>>,
    /// Images of each set of noise
    #[arg(long, value_parser = whole::<usize>, value_name = "N", default_value_t = 1500)]
    noise_images: usize,
}

impl SharedOptions {
    /// Networks of each arm.
    fn seeds(&self, paper: Paper) -> usize {
        self.seeds.unwrap_or(match paper {
            Paper::Claims => 1,
            Paper::AntonovSukhov | Paper::DiehlCook => 3,
        })
    }
}

pub const KIND: Kind = Kind {
    command: "reproduce",
    mark: PLAN,
    goes_on_from: &["0.2.0"],
};
/// What the networks have in common, and what the run follows from.
const CONFIG: &str = "config.toml";
const PLAN: &str = "plan.toml";
/// What every run leaves in the end: results, and the page with all figures.
const RESULT: &str = "reproduction.json";
const PAGE: &str = "report.html";
/// The warning if a page cannot be made.
const NO_PAGE: &str = "the report is not written; --resume of the folder tries again";

pub fn run(args: &ReproduceArgs) -> anyhow::Result<()> {
    let start = Start::new(Flags {
        kind: &KIND,
        resume: args.resume.as_deref(),
        data: &args.data,
        device: &args.device,
        folder: &args.folder,
        every: args.saving.every()?,
    })?;
    if !args.merge.is_empty() {
        return antonov_sukhov::merge(args, start);
    }
    let saved = start.folder().map(Saved::read).transpose()?;
    let paper = saved.as_ref().map_or(args.paper, |saved| saved.paper);
    match paper {
        Paper::AntonovSukhov => {
            let job = antonov_sukhov::job(args, &start, saved)?;
            check_config(start.folder(), &job)?;
            start.run(job)
        }
        Paper::Claims => {
            let job = claims::job(args, &start, saved)?;
            check_config(start.folder(), &job)?;
            start.run(job)
        }
        Paper::DiehlCook => {
            let job = diehl_cook::job(args, &start, saved)?;
            check_config(start.folder(), &job)?;
            start.run(job)
        }
    }
}

/// Refuses parameters in the folder that are not those of its plan: a run follows from the plan alone.
fn check_config(folder: Option<&RunFolder>, job: &impl Job) -> anyhow::Result<()> {
    let Some(folder) = folder.filter(|folder| folder.file(CONFIG).exists()) else {
        return Ok(());
    };
    let params = folder.read_params(CONFIG)?;
    folder.check_params(CONFIG, &params, (PLAN, job.params()))
}

/// plan.toml as it is written.
#[derive(Serialize)]
struct Written<'a, P: Serialize> {
    paper: Paper,
    #[serde(flatten)]
    plan: &'a P,
}

/// plan.toml as it was read.
struct Saved<'a> {
    folder: &'a RunFolder,
    paper: Paper,
    plan: toml::Table,
}

impl<'a> Saved<'a> {
    fn read(folder: &'a RunFolder) -> anyhow::Result<Self> {
        let mut plan: toml::Table = folder.read_toml(PLAN)?;
        let paper = match plan.remove("paper") {
            Some(paper) => Paper::deserialize(paper.into_deserializer())
                .map_err(|error| folder.damaged(PLAN, &error))?,
            // Version 0.2.0 did not name the paper.
            None if plan.contains_key("sizes") => Paper::DiehlCook,
            None => Paper::AntonovSukhov,
        };
        Ok(Self {
            folder,
            paper,
            plan,
        })
    }

    fn plan<P: DeserializeOwned>(self) -> anyhow::Result<P> {
        let plan = self.plan.try_into();
        plan.map_err(|error| self.folder.damaged(PLAN, &error))
    }
}

/// The plan of a run that is gone on with, or a new one.
fn planned<P: DeserializeOwned + Serialize>(
    start: &Start<'_>,
    saved: Option<Saved<'_>>,
    new: impl FnOnce() -> anyhow::Result<P>,
) -> anyhow::Result<P> {
    let Some(saved) = saved else { return new() };
    let plan = saved.plan()?;
    start.check_same(&plan, new)?;
    Ok(plan)
}

/// Writes what a run follows from into its new folder.
fn write(
    folder: &mut RunFolder,
    paper: Paper,
    params: &Params,
    plan: &impl Serialize,
    data: &Loaded,
) -> anyhow::Result<()> {
    folder.write_toml(CONFIG, params, data)?;
    folder.write_toml(PLAN, &Written { paper, plan }, data)
}

/// Refuses the flag that was given and has no meaning for a paper.
fn refuse(paper: &str, given: Option<&str>) -> anyhow::Result<()> {
    match given {
        None => Ok(()),
        Some(flag) => bail!("{flag} has no meaning with --paper {paper}: leave it out"),
    }
}

/// The first of these flags that was given.
fn first_given<'a>(flags: &[(&'a str, bool)]) -> Option<&'a str> {
    let found = flags.iter().find(|(_, given)| *given);
    found.map(|(flag, _)| *flag)
}

impl ReproduceArgs {
    /// Parameters from file and flags, over a preset where neither names one.
    fn params(&self, preset: Option<&str>) -> anyhow::Result<Asked> {
        ensure!(
            self.job.replicas.is_none(),
            "--replicas has no meaning here: --seeds says how many networks each arm has"
        );
        ensure!(
            self.model.pruning.is_none(),
            "--pruning has no meaning here: --arms names the kinds of pruning to compare"
        );
        let seeds = self.shared.seeds(self.paper);
        check_seeds(seeds)?;
        let mut asked = self.source.resolve_from(preset, self.device.quiet)?;
        self.job.apply(&mut asked)?;
        self.data.apply(&mut asked.params.job);
        self.model.apply(&mut asked.params);
        asked.params.job.replicas = seeds;
        asked.params.job.shard = Shard::WHOLE;
        asked.validate()?;
        Ok(asked)
    }
}
