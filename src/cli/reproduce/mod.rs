//! `reproduce`: the paper's experiment, its table beside the published one, and a report.

mod antonov_sukhov;
mod diehl_cook;
mod page;

use super::data::{DataOptions, Loaded};
use super::device::DeviceOptions;
use super::options::{SourceOptions, set};
use super::run_folder::{FolderOptions, RunFolder};
use super::saving::SavingOptions;
use anyhow::{bail, ensure};
use clap::{Args, ValueEnum};
use serde::Serialize;
use spikeprune::checkpoint::Checkpoint;
use spikeprune::experiment::papers::antonov_sukhov::{ArmsPlan, MOST_SPLITS, Split, random_splits};
use spikeprune::experiment::test_sets::HeldOut;
use spikeprune::params::{Params, PerClass, PruningMode, TrainImages};
use spikeprune::trained::Trained;
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
/// The run folder holds report.html with all figures, reproduction.json (what --json prints) and pictures.
#[derive(Args)]
pub struct ReproduceArgs {
    /// Whose experiment
    #[arg(long, value_name = "NAME", default_value = "antonov-sukhov")]
    paper: Paper,
    #[command(flatten)]
    source: SourceOptions,
    #[command(flatten)]
    experiment: ExperimentOptions,
    #[command(flatten)]
    data: DataOptions,
    #[command(flatten)]
    device: DeviceOptions,
    #[command(flatten)]
    folder: FolderOptions,
    #[command(flatten)]
    saving: SavingOptions,
    /// Go on with the run in this folder: all but --device, --threads and --data comes from there; results are the same
    /// to the bit, on the same device or one that is exact
    #[arg(long, value_name = "DIR", help_heading = "Device and output",
        conflicts_with_all = ["paper", "SourceOptions", "ExperimentOptions", "FolderOptions"])]
    resume: Option<PathBuf>,
}

/// The papers whose experiments can be run.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Paper {
    /// Weight regularization in spiking neural networks, 2024
    AntonovSukhov,
    /// Unsupervised learning of digit recognition using spike-timing-dependent plasticity, 2015
    DiehlCook,
}

#[derive(Args)]
#[command(next_help_heading = "Experiment")]
struct ExperimentOptions {
    /// Neurons of the networks [diehl-cook: 100,400]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    sizes: Option<Vec<usize>>,
    /// Passes over the training images [diehl-cook: 3]
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,
    /// Training images of all classes together, as the file has them [diehl-cook: 59000]
    #[arg(long, value_name = "N")]
    train_images: Option<usize>,
    /// Labels to learn [paper: 7,4,6]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    classes: Option<Vec<u8>>,
    /// Labels to show without having learned them [default: 9,2,1 for 7,4,6, else the lowest that are left]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    unknown: Option<Vec<u8>>,
    /// Random splits of the labels instead, each with as many learned and as many unknown ones as above
    #[arg(long, value_name = "N", conflicts_with = "unknown")]
    splits: Option<usize>,
    /// Networks of each arm, with seeds --seed, + 1, ...
    #[arg(long, value_name = "K", default_value_t = 3)]
    seeds: usize,
    /// First seed [paper: 1]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Kinds of regularisation to compare [default: none,continuous,final; authors-code: final-window; diehl-cook: none]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    arms: Option<Vec<PruningMode>>,
    /// Leave out the controls: removal of other weights, L1, L2, dropout
    #[arg(long)]
    no_controls: bool,
    /// Training images of each class [paper: 5000]
    #[arg(long, value_name = "N")]
    train_per_class: Option<usize>,
    /// Test images of each class, known and unknown, or all [paper: 500]
    #[arg(long, value_name = "N")]
    test_per_class: Option<PerClass>,
    /// Images of each set of noise
    #[arg(long, value_name = "N", default_value_t = 1500)]
    noise_images: usize,
    /// Length of a time step, in ms [paper: 0.5]
    #[arg(long, value_name = "MS")]
    dt_ms: Option<f64>,
    /// Test on training images that were not trained on, to choose settings without the test images
    #[arg(long)]
    validation: bool,
}

/// What the run follows from, and the training as it was last saved.
const PLAN: &str = "plan.toml";
const TRAINING: &str = "training.safetensors";
/// What the run leaves in the end: results, page and the pictures on it.
const RESULT: &str = "reproduction.json";
const PAGE: &str = "report.html";
const FILES: [&str; 7] = [
    CONFIG,
    PLAN,
    TRAINING,
    RESULT,
    PAGE,
    antonov_sukhov::SETS,
    antonov_sukhov::WEIGHTS,
];
const CONFIG: &str = "config.toml";

pub fn run(args: &ReproduceArgs) -> anyhow::Result<()> {
    let reopen = |path| RunFolder::reopen(path, "reproduce", &FILES, args.device.quiet);
    let begun = args.resume.as_deref().map(reopen).transpose()?;
    let paper = match &begun {
        Some(folder) if diehl_cook::is_of(folder)? => Paper::DiehlCook,
        Some(_) => Paper::AntonovSukhov,
        None => args.paper,
    };
    match paper {
        Paper::AntonovSukhov => antonov_sukhov::run(args, begun),
        Paper::DiehlCook => diehl_cook::run(args, begun),
    }
}

/// The warning if a page cannot be made.
const NO_PAGE: &str = "the report is not written; --resume of the folder tries again";

/// A run folder with what the whole run follows from.
fn new_folder(
    args: &ReproduceArgs,
    name: &str,
    params: &Params,
    plan: &impl Serialize,
    data: &Loaded,
    files: &[impl AsRef<str>],
) -> anyhow::Result<RunFolder> {
    let digests = data.set.digests();
    let mut folder = args.folder.create(name, files)?;
    folder.write_toml(CONFIG, params, &digests)?;
    folder.write_toml(PLAN, plan, &digests)?;
    Ok(folder)
}

/// A training to go on with, where one was saved.
fn saved_training(
    folder: &RunFolder,
    name: &str,
    data: &Loaded,
) -> anyhow::Result<Option<Trained>> {
    let path = folder.file(name);
    if !path.exists() {
        return Ok(None);
    }
    let saved = Checkpoint::load(&path)?;
    saved.check_data(&path, &data.set, data.folder.as_ref())?;
    folder.check(&[name])?;
    Ok(Some(saved.into()))
}

/// Refuses flags that were given and have no meaning for a paper.
fn refuse(paper: &str, flags: &[(&str, bool)]) -> anyhow::Result<()> {
    match flags.iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((flag, _)) => bail!("{flag} has no meaning with --paper {paper}: leave it out"),
    }
}

impl ReproduceArgs {
    /// Parameters from file and flags, over a preset where neither names one.
    fn params(&self, preset: Option<&str>) -> anyhow::Result<Params> {
        let mut params = self.source.resolve_from(preset, self.device.quiet)?;
        set(&mut params.job.data, self.data.folder());
        Ok(params)
    }
}

impl ExperimentOptions {
    fn plan(&self, mut params: Params) -> anyhow::Result<ArmsPlan> {
        refuse(
            "antonov-sukhov",
            &[
                ("--sizes", self.sizes.is_some()),
                ("--epochs", self.epochs.is_some()),
                ("--train-images", self.train_images.is_some()),
            ],
        )?;
        set(&mut params.model.network.classes, &self.classes);
        if let Some(images) = self.train_per_class {
            params.job.train = TrainImages::PerClass(images);
        }
        set(&mut params.job.test_per_class, &self.test_per_class);
        set(&mut params.job.seed, &self.seed);
        set(&mut params.model.time.dt_ms, &self.dt_ms);
        params.job.replicas = self.seeds;
        params.validate()?;
        Ok(ArmsPlan {
            splits: self.splits(&params)?,
            arms: self.arms(&params),
            seeds: self.seeds,
            controls: !self.no_controls,
            noise_images: self.noise_images,
            held_out: if self.validation {
                HeldOut::Validation
            } else {
                HeldOut::Test
            },
            params,
        })
    }

    fn splits(&self, params: &Params) -> anyhow::Result<Vec<Split>> {
        let classes = &params.model.network.classes;
        let known = classes.len();
        if let Some(count) = self.splits {
            ensure!(
                (1..=MOST_SPLITS).contains(&count),
                "--splits is {count}: it must be in 1..={MOST_SPLITS}"
            );
            let unknown = known.min(10 - known);
            return Ok(random_splits(params.job.seed, count, known, unknown));
        }
        let left = |label: &u8| !classes.contains(label);
        let unknown = match &self.unknown {
            Some(unknown) => unknown.clone(),
            None if *classes == [7, 4, 6] => vec![9, 2, 1],
            None => (0..10).filter(left).take(known).collect(),
        };
        let classes = classes.clone();
        Ok(vec![Split { classes, unknown }])
    }

    fn arms(&self, params: &Params) -> Vec<PruningMode> {
        let last = match params.model.pruning.mode {
            PruningMode::FinalWindow => PruningMode::FinalWindow,
            _ => PruningMode::Final,
        };
        let default = || vec![PruningMode::None, PruningMode::Continuous, last];
        self.arms.clone().unwrap_or_else(default)
    }
}
