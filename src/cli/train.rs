//! `train`: trains the networks of a job, tests them and leaves a run folder.

use super::data::{DataOptions, Loaded};
use super::device::DeviceOptions;
use super::heatmap;
use super::options::ParamOptions;
use super::output::{note, warn};
use super::progress::Progress;
use super::run_folder::{FolderOptions, HEATMAPS, METRICS, RunFolder};
use super::saving::{SavingOptions, explain};
use super::signals::stop_at_signals;
use super::{document, eval};
use anyhow::{Context, ensure};
use clap::Args;
use spikeprune::checkpoint::Checkpoint;
use spikeprune::dataset::LabelledImages;
use spikeprune::experiment::train::{Saving, train_networks, untrained};
use spikeprune::experiment::{Event, Observer, selection};
use spikeprune::params::{Params, layered};
use spikeprune::trained::Trained;
use std::path::PathBuf;

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
    /// Go on with the run in this folder: all but --device, --threads and --data comes from there; results are the same
    /// to the bit, on the same device or one that is exact
    #[arg(long, value_name = "DIR", help_heading = "Device and output",
        conflicts_with_all = ["SourceOptions", "JobOptions", "ModelOptions", "FolderOptions"])]
    resume: Option<PathBuf>,
}

const CONFIG: &str = "config.toml";
const CHECKPOINT: &str = "checkpoint.safetensors";
const SUMMARY: &str = "summary.json";
const FILES: [&str; 4] = [CONFIG, METRICS, CHECKPOINT, SUMMARY];

/// A training to begin or to go on with.
struct Job {
    params: Params,
    begun: Trained,
    data: Loaded,
    /// The folder of a training that is resumed.
    folder: Option<RunFolder>,
}

impl Job {
    fn new(args: &TrainArgs) -> anyhow::Result<Self> {
        match &args.resume {
            Some(path) => {
                let folder = RunFolder::reopen(path, "train", &FILES, args.device.quiet)?;
                Self::resumed(folder, &args.params.data)
            }
            None => {
                let params = args.params.resolve(args.device.quiet)?;
                Ok(Self {
                    begun: untrained(&params)?,
                    data: args.params.data.load(&params)?,
                    params,
                    folder: None,
                })
            }
        }
    }

    fn resumed(folder: RunFolder, data: &DataOptions) -> anyhow::Result<Self> {
        let origin = folder.file(CONFIG).display().to_string();
        let params = layered(None, &folder.read_text(CONFIG)?, &origin)?.params;
        params.validate().context(origin)?;
        let saved = folder.file(CHECKPOINT);
        let checkpoint = match saved.exists() {
            true => Some(Checkpoint::load(&saved)?),
            false => None,
        };
        let fits = |checkpoint: &Checkpoint| checkpoint.params.same_but_for_data(&params);
        ensure!(
            checkpoint.as_ref().is_none_or(fits),
            "{} and {CONFIG} beside it differ in their parameters: they are not of one run",
            saved.display()
        );
        let data = data.load(&params)?;
        folder.check_data(CONFIG, &data)?;
        folder.check(&[METRICS, SUMMARY])?;
        let begun = match checkpoint {
            Some(checkpoint) => {
                checkpoint.check_data(&saved, &data.set, data.folder.as_ref())?;
                folder.check(&[CHECKPOINT])?;
                Trained::from(checkpoint).with_data(&params.job.data)
            }
            None => untrained(&params)?,
        };
        Ok(Self {
            params,
            begun,
            data,
            folder: Some(folder),
        })
    }
}

pub fn run(args: &TrainArgs) -> anyhow::Result<()> {
    let (every, stop) = (args.saving.every()?, stop_at_signals()?);
    let Job {
        params,
        begun,
        data,
        folder,
    } = Job::new(args)?;
    let backend = args.device.open()?;
    let digests = data.set.digests();
    // If there are too few images, this ends before a folder is made.
    selection::training(&data.set.train, &params)?;
    let (classes, per_class) = (&params.model.network.classes, params.job.test_per_class);
    let tested = selection::first_of_classes(&data.set.test, classes, per_class)?;
    note_missing_validation(&data.set.train, &params, args.device.quiet)?;
    stop.begin();
    let mut folder = match folder {
        Some(folder) => folder,
        None => new_folder(args, &params, &data)?,
    };
    let has_begun = (begun.replicas.iter()).any(|replica| replica.network.state.presented > 0);
    folder.set_metrics(&begun.replicas, has_begun)?;
    let mut progress = Progress::until(args.device.quiet, stop.asked().clone());
    let stop = stop.asked();
    let saving = Saving { every, stop };
    let images = &data.set.train;
    let trained = train_networks(backend.as_ref(), images, begun, saving, &mut |event| {
        progress.observe(&event)?;
        match event {
            Event::Measured(rows) => folder.add_metrics(rows).map_err(Into::into),
            Event::Save(trained) => {
                let checkpoint = Checkpoint::of(&params, trained, digests.clone());
                let written = folder.write(CHECKPOINT, &checkpoint.to_bytes()?);
                written.map_err(Into::into)
            }
            _ => Ok(()),
        }
    })
    .map_err(|error| explain(error, "train", &folder, &args.device))?;
    let seconds = trained.seconds;
    let checkpoint = Checkpoint::of(&params, trained, digests.clone());
    let backend = backend.as_ref();
    let observer: &mut Observer<'_> = &mut |event| progress.observe(&event);
    let evaluations = eval::test(backend, &checkpoint, &data.set.test, &tested, observer)
        .map_err(|error| explain(error, "train", &folder, &args.device))?;
    progress.finish();
    let replicas = document::replicas(&checkpoint, evaluations, Some(seconds));
    let shown = Some(folder.path().display().to_string());
    let params = &checkpoint.params;
    let document = document::document(
        "train",
        backend.device(),
        params,
        &replicas,
        data.used(),
        shown,
    );
    folder.write_json(SUMMARY, &document)?;
    let told = folder.tell(args.device.json, &document, &document::table(&document));
    // Pictures come last: if they fail, no result is lost.
    if let Err(error) = draw(&checkpoint, &folder) {
        warn(&error.context("the weights are not drawn"));
    }
    told
}

/// Prints a note if fewer validation images are left than were asked for; returns whether it did.
pub fn note_missing_validation(
    images: &LabelledImages,
    params: &Params,
    quiet: bool,
) -> anyhow::Result<bool> {
    let wanted = params.job.validation_per_class * params.model.network.classes.len();
    let shown = selection::validation(images, params)?;
    let found: usize = shown.iter().map(|class| class.images.len()).sum();
    if found < wanted {
        note(
            &format!(
                "the training leaves {found} of the {wanted} validation images that job.validation_per_class asks for; \
                 {}",
                match found {
                    0 => "accuracy while learning is not measured",
                    _ => "accuracy while learning is measured on those",
                }
            ),
            quiet,
        );
    }
    Ok(found < wanted)
}

fn draw(checkpoint: &Checkpoint, folder: &RunFolder) -> anyhow::Result<()> {
    let path = folder.file(HEATMAPS);
    ensure!(
        !path.is_symlink(),
        "{} is a link, which is not followed",
        path.display()
    );
    heatmap::write(checkpoint, 0, &path, &heatmap::Style::default())
}

fn new_folder(args: &TrainArgs, params: &Params, data: &Loaded) -> anyhow::Result<RunFolder> {
    let (preset, classes, seed) = (
        &params.preset,
        params.model.network.label("-"),
        params.job.seed,
    );
    let name = format!("{preset}-{classes}-seed{seed}");
    let mut folder = args.folder.create(&name, &FILES)?;
    folder.write_toml(CONFIG, params, &data.set.digests())?;
    Ok(folder)
}
