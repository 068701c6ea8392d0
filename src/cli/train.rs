//! `train`: trains the networks of a job, tests them and leaves a run folder.

use super::backprop::{self, Comparing};
use super::data::Loaded;
use super::device::DeviceOptions;
use super::heatmap::{self, FontOptions, Style};
use super::options::ParamOptions;
use super::output::note;
use super::parts::{self, Joined, Part, in_order, join, shard};
use super::paths::path;
use super::run::{Flags, Frame, Job, Kept, Kind, Start};
use super::run_folder::{FolderOptions, METRICS, RunFolder};
use super::saving::SavingOptions;
use super::{document, eval};
use crate::checkpoint::Checkpoint;
use crate::dataset::{Dataset, LabelledImages};
use crate::experiment::Observer;
use crate::experiment::selection::{self, ClassImages};
use crate::experiment::train::{train_networks, untrained};
use crate::params::{DataFolder, Params, Shard, whole};
use crate::trained::{Metrics, Trained};
use anyhow::{Context, ensure};
use clap::Args;
use std::path::{Path, PathBuf};

/// Train networks, test them on the classes they learned and write a run folder
///
/// The folder holds config.toml (--config of it gives the same bits), checkpoint.safetensors, metrics.csv,
/// summary.json (what --json prints) and heatmaps/*.png.
#[derive(Args)]
pub struct TrainArgs {
    #[command(flatten)]
    params: ParamOptions,
    /// Go on from the networks of this checkpoint with other classes or data: groups of classes that they know, by name,
    /// keep what they have learned, others begin anew
    ///
    /// Parameters start from those of the networks; --config, --set and flags change them. Without --classes those
    /// learned are learned again if the data have them, else all of the data. Of several networks in the checkpoint each
    /// is gone on from; if --replicas asks for more, from the first again. All counters begin at 0. Where none of the classes
    /// is known the task has changed: the first group goes on as the first one, and so on.
    #[arg(long, value_parser = path(), value_name = "CHECKPOINT", help_heading = "Parameters",
        conflicts_with_all = ["preset", "resume"])]
    from: Option<PathBuf>,
    /// Train one of N parts of the networks of --replicas, I from 1, in a run folder of its own; --merge makes one of them
    ///
    /// auto/N takes the part from the task of a job array: of Slurm (SLURM_ARRAY_TASK_ID, counted from
    /// SLURM_ARRAY_TASK_MIN) or of an indexed job of Kubernetes (JOB_COMPLETION_INDEX, from 0).
    #[arg(long, value_parser = shard, value_name = "I/N", help_heading = "Job")]
    shard: Option<Shard>,
    /// Keep the networks as they are after each so many training images, and before the first, in snapshot-*.safetensors:
    /// `heatmap --animate` draws them [default: none]
    #[arg(long, value_parser = whole::<usize>, value_name = "IMAGES", help_heading = "Job")]
    snapshots: Option<usize>,
    /// Make one run of the folders of all its parts, in --out: their networks are tested together, nothing is trained
    #[arg(long, value_parser = path(), value_name = "DIR", num_args = 1.., requires = "out", help_heading = "Device and output",
        conflicts_with_all = ["SourceOptions", "JobOptions", "ModelOptions", "ReadingOptions", "from", "shard", "snapshots", "resume_or_start", "resume"])]
    merge: Vec<PathBuf>,
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
        conflicts_with_all = ["SourceOptions", "JobOptions", "ModelOptions", "ReadingOptions", "shard", "snapshots", "FolderOptions"])]
    resume: Option<PathBuf>,
}

pub const KIND: Kind = Kind {
    command: "train",
    mark: CONFIG,
    goes_on_from: &["0.2.0"],
};
pub const CONFIG: &str = "config.toml";
pub const CHECKPOINT: &str = "checkpoint.safetensors";
pub const SUMMARY: &str = "summary.json";

pub fn run(args: &TrainArgs) -> anyhow::Result<()> {
    let start = Start::new(Flags {
        kind: &KIND,
        resume: args.resume.as_deref(),
        data: &args.params.data,
        device: &args.device,
        folder: &args.folder,
        every: args.saving.every()?,
    })?;
    if !args.merge.is_empty() {
        let parts = args.merge.iter().map(|path| part(path, args.device.quiet));
        let parts = in_order(parts.collect::<Result<_, _>>()?, &KIND)?;
        let start = start.of_parts(&parts[0].folder, &parts[0].head);
        return start.run(Training::of_parts(parts, args.font));
    }
    let asked = || -> anyhow::Result<Params> {
        let (from, quiet) = (args.from.as_deref(), args.device.quiet);
        let mut asked = args.params.resolve_training(from, quiet)?;
        if let Some(shard) = args.shard {
            asked.params.job.shard = shard;
        }
        if let Some(every) = args.snapshots {
            asked.params.job.snapshots_every = every;
        }
        asked.validate()?;
        Ok(start.fit(&asked)?.0)
    };
    let params = match start.folder() {
        Some(folder) => {
            let params = folder.read_params(CONFIG)?;
            start.check_same(&params, asked)?;
            params
        }
        None => {
            let params = asked()?;
            if !params.job.from.is_empty() {
                // What cannot be gone on from is told before a folder is made.
                untrained(&params)?;
            }
            params
        }
    };
    if params.backprop.is_some() {
        backprop::note_idle(&params, args.device.quiet);
        ensure!(
            params.job.shard == Shard::WHOLE,
            "--shard is {}: networks of the table backprop have no parts; leave it out",
            params.job.shard
        );
        return start.run(Comparing {
            params,
            font: args.font,
        });
    }
    start.run(Training {
        params,
        font: args.font,
        joined: None,
    })
}

/// A part of a training, with its parameters and its networks.
type TrainedPart = Part<Params, (Params, Trained)>;

/// A part of a training, as its folder has it.
fn part(path: &Path, quiet: bool) -> anyhow::Result<TrainedPart> {
    parts::trained(path, (&KIND, SUMMARY), quiet, |folder| {
        let mut params = folder.read_params(CONFIG)?;
        let shard = Some(params.job.shard).filter(|&shard| shard != Shard::WHOLE);
        params.job.shard = Shard::WHOLE;
        let mut of = params.clone();
        // Each machine may have the data elsewhere.
        of.job.data = DataFolder::Auto;
        Ok((shard, of, (params, folder.networks(CHECKPOINT)?)))
    })
}

/// The parameters of a run, how large text is in its pictures, and the networks of its parts where it is made of parts.
struct Training {
    params: Params,
    font: FontOptions,
    joined: Option<Joined>,
}

impl Job for Training {
    fn params(&self) -> &Params {
        &self.params
    }

    fn name(&self) -> String {
        let (params, classes) = (&self.params, self.params.model.network.file_label());
        format!("{}-{classes}-seed{}", params.preset, params.job.seed)
    }

    fn files(&self) -> Vec<String> {
        [CONFIG, METRICS, CHECKPOINT, SUMMARY]
            .map(String::from)
            .into()
    }

    fn written_anew(&self) -> Vec<&str> {
        vec![METRICS, SUMMARY]
    }

    fn flags(&self) -> String {
        self.font.flag()
    }

    fn check(&self, data: &Dataset, quiet: bool) -> anyhow::Result<()> {
        selection::training(&data.train, &self.params)?;
        note_missing_validation(&data.train, &self.params, quiet)?;
        Ok(())
    }

    fn has_ended(&self, folder: &RunFolder) -> bool {
        folder.has(SUMMARY)
    }

    fn write(&self, folder: &mut RunFolder, data: &Loaded) -> anyhow::Result<()> {
        folder.write_toml(CONFIG, &self.params, data)?;
        match &self.joined {
            Some(joined) => joined.write(folder, data.set.digests()),
            None => Ok(()),
        }
    }

    fn run(self, frame: &mut Frame<'_>) -> anyhow::Result<()> {
        let params = &self.params;
        let begun = self.begun(frame)?;
        let has_begun = (begun.replicas.iter()).any(|replica| replica.network.state.presented > 0);
        let rows: Vec<&[Metrics]> = (begun.replicas.iter())
            .map(|replica| replica.metrics.as_slice())
            .collect();
        frame.folder.set_metrics(&rows, has_begun)?;
        let kept = Kept {
            params,
            checkpoint: CHECKPOINT,
            rows: true,
        };
        let trained = frame.experiment(&kept, |backend, data, saving, observer| {
            train_networks(backend, &data.train, begun, saving, observer)
        })?;
        let (seconds, data) = (trained.whole_seconds(), &frame.data.set);
        let checkpoint = Checkpoint::of(params, trained, data.digests());
        let (backend, tested) = (frame.backend.as_ref(), self.tested(data));
        let observer: &mut Observer<'_> = &mut |event| frame.progress.observe(&event);
        let evaluations = eval::test(backend, &checkpoint, &data.test, &tested, observer)?;
        let replicas = document::replicas(&checkpoint, evaluations, Some(seconds));
        let document = document::document(
            "train",
            backend,
            params,
            &replicas,
            (&frame.data, false),
            Some(frame.folder.path().display().to_string()),
        );
        (document.notes.iter()).for_each(|text| note(text, frame.quiet()));
        let table = document::table(&document);
        frame.end(Some(SUMMARY), &document, &table, |folder, _| {
            draw(&checkpoint, folder, self.font).context("the weights are not drawn")
        })
    }
}

impl Training {
    /// The run that parts make, all of them in their order.
    fn of_parts(parts: Vec<TrainedPart>, font: FontOptions) -> Self {
        let params = parts[0].found.0.clone();
        let networks = parts.into_iter().map(|part| part.found.1).collect();
        let joined = Joined {
            file: CHECKPOINT,
            trained: join(networks, &params, 1),
            params: params.clone(),
        };
        Self {
            params,
            font,
            joined: Some(joined),
        }
    }

    /// The images of the test.
    fn tested(&self, data: &Dataset) -> Vec<ClassImages> {
        let Params { model, job, .. } = &self.params;
        let (classes, count) = (&model.network.classes, job.test_per_class);
        selection::first_of_classes(&data.test, classes, count)
    }

    /// The training as it was saved, or from its start on.
    fn begun(&self, frame: &Frame<'_>) -> anyhow::Result<Trained> {
        let params = &self.params;
        Ok(match frame.saved(CHECKPOINT, params)? {
            Some(trained) => trained.with_data(&params.job.data),
            None => untrained(params)?,
        })
    }
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

fn draw(checkpoint: &Checkpoint, folder: &RunFolder, font: FontOptions) -> anyhow::Result<()> {
    let path = folder.pictures()?;
    heatmap::write(checkpoint, (0, &[]), &path, &Style::with(font))
}
