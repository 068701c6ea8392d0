//! `train`: trains the networks of a job, tests them and leaves a run folder.

use super::device::DeviceOptions;
use super::heatmap;
use super::options::ParamOptions;
use super::output::{out, out_json};
use super::progress::Progress;
use super::run_folder::{FolderOptions, RunFolder};
use super::saving::{SavingOptions, explain, stop_at_signals};
use super::{document, eval};
use anyhow::{Context, ensure};
use clap::Args;
use spikeprune::checkpoint::Checkpoint;
use spikeprune::dataset;
use spikeprune::experiment::train::{Saving, train_networks, untrained};
use spikeprune::experiment::{Event, selection};
use spikeprune::params::{Params, layered, to_toml};
use spikeprune::trained::Trained;
use std::path::{Path, PathBuf};

/// Train networks, test them on the classes they learned and write a run folder
///
/// The folder holds config.toml (--config of it gives the same bits), checkpoint.safetensors, metrics.csv,
/// summary.json (what --json prints) and heatmaps/*.png.
#[derive(Args)]
pub struct TrainArgs {
    #[command(flatten)]
    params: ParamOptions,
    #[command(flatten)]
    device: DeviceOptions,
    #[command(flatten)]
    folder: FolderOptions,
    #[command(flatten)]
    saving: SavingOptions,
    /// Go on with the run in this folder: all but --device and --threads comes from there; results are the same to
    /// the bit, on the same device or one that is exact
    #[arg(long, value_name = "DIR", help_heading = "Device and output",
        conflicts_with_all = ["SourceOptions", "JobOptions", "ModelOptions", "FolderOptions"])]
    resume: Option<PathBuf>,
}

/// A training to begin or to go on with.
struct Job {
    params: Params,
    begun: Trained,
    /// Where it was begun before.
    folder: Option<RunFolder>,
}

impl Job {
    fn new(args: &TrainArgs) -> anyhow::Result<Self> {
        let Some(path) = &args.resume else {
            let params = args.params.resolve()?;
            let begun = untrained(&params)?;
            return Ok(Self {
                params,
                begun,
                folder: None,
            });
        };
        let folder = RunFolder::reopen(path)?;
        let origin = folder.file(CONFIG).display().to_string();
        let params = layered(None, &folder.read_text(CONFIG)?, &origin)?;
        params.validate().context(origin)?;
        let saved = folder.file(CHECKPOINT);
        let begun = if saved.exists() {
            let checkpoint = Checkpoint::load(&saved)?;
            ensure!(
                checkpoint.params == params,
                "{} and {CONFIG} beside it differ in their parameters: they are not of one run",
                saved.display()
            );
            checkpoint.into()
        } else {
            untrained(&params)?
        };
        Ok(Self {
            params,
            begun,
            folder: Some(folder),
        })
    }
}

const CONFIG: &str = "config.toml";
const CHECKPOINT: &str = "checkpoint.safetensors";

pub fn run(args: &TrainArgs) -> anyhow::Result<()> {
    let (every, stop) = (args.saving.every()?, stop_at_signals()?);
    let Job {
        params,
        begun,
        folder,
    } = Job::new(args)?;
    let backend = args.device.open()?;
    let data = dataset::load(Path::new(&params.job.data))?;
    // Too few images are found out before a folder is made.
    selection::training(&data.train, &params)?;
    let tested =
        selection::first_of_classes(&data.test, &params.job.classes, params.job.test_per_class)?;
    let mut folder = match folder {
        Some(folder) => folder,
        None => new_folder(args, &params)?,
    };
    let has_begun = begun
        .networks
        .iter()
        .any(|network| network.state.presented > 0);
    folder.set_metrics(&begun.metrics, has_begun)?;
    let mut progress = Progress::until(args.device.quiet, stop.clone());
    let saving = Saving { every, stop: &stop };
    let trained = train_networks(backend.as_ref(), &data.train, begun, saving, &mut |event| {
        progress.observe(&event)?;
        match event {
            Event::Measured(rows) => folder.add_metrics(rows).map_err(Into::into),
            Event::Save(trained) => {
                let checkpoint = Checkpoint::of(&params, trained);
                checkpoint
                    .save(&folder.file(CHECKPOINT))
                    .map_err(Into::into)
            }
            _ => Ok(()),
        }
    })
    .map_err(|error| explain(error, "train", &folder, &args.device))?;
    let seconds = trained.seconds;
    let checkpoint = Checkpoint::of(&params, trained);
    let evaluations = eval::test(backend.as_ref(), &checkpoint, &data, &tested, &mut progress)
        .map_err(|error| explain(error, "train", &folder, &args.device))?;
    progress.finish();
    let replicas = document::replicas(&checkpoint, evaluations, Some(seconds));
    let shown = Some(folder.path().display().to_string());
    let document = document::document(
        "train",
        backend.device(),
        &checkpoint.params,
        &replicas,
        shown,
    );
    heatmap::write(
        &checkpoint,
        0,
        &folder.file("heatmaps"),
        &heatmap::Style::default(),
    )?;
    let json =
        serde_json::to_string_pretty(&document).context("cannot write the summary as JSON")?;
    folder.write_text("summary.json", &(json + "\n"))?;
    if args.device.json {
        return out_json(&document);
    }
    out(&format!(
        "{}\nwritten to {}\n",
        document::table(&document),
        folder.path().display()
    ))
}

fn new_folder(args: &TrainArgs, params: &Params) -> anyhow::Result<RunFolder> {
    let (preset, classes, seed) = (&params.preset, params.job.label("-"), params.job.seed);
    let folder = args
        .folder
        .create(&format!("{preset}-{classes}-seed{seed}"))?;
    folder.write_text(CONFIG, &to_toml(params))?;
    Ok(folder)
}
