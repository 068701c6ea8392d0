//! `reproduce --paper antonov-sukhov`: networks with and without regularisation, beside the published figures.

mod claims;
mod merge;
mod pictures;
mod plots;
mod report;
mod table;

use super::{
    CONFIG, NO_PAGE, PAGE, PLAN, Paper, RESULT, ReproduceArgs, Saved, first_given, planned, refuse,
    write,
};
use crate::cli::data::Loaded;
use crate::cli::heatmap::FontOptions;
use crate::cli::options::words;
use crate::cli::output::note;
use crate::cli::parts::{Joined, shard};
use crate::cli::run::{Frame, Job, Kept, Start};
use crate::cli::run_folder::RunFolder;
use crate::cli::silence;
use crate::cli::train::note_missing_validation;
use crate::dataset::{Dataset, Digests};
use crate::experiment::fitting::labels_of;
use crate::experiment::papers::antonov_sukhov::{
    ArmsPlan, MOST_SPLITS, Reproduction, Split, random_splits, reproduce,
};
use crate::experiment::test_sets::HeldOut;
use crate::params::{Params, PruningMode, Shard, class_list, whole};
use crate::trained::Trained;
use anyhow::{Context, ensure};
use clap::Args;
pub use merge::merge;

/// What this experiment alone may be given.
#[derive(Args)]
#[command(next_help_heading = "Experiment")]
pub struct AntonovSukhovOptions {
    /// Classes to show without having learned them [default: 9,2,1 for 7,4,6, else the lowest that are left]
    #[arg(long, value_parser = class_list, value_name = "LIST")]
    unknown: Option<String>,
    /// Random splits of the labels instead, each with as many learned and as many unknown ones as above
    #[arg(long, value_parser = whole::<usize>, value_name = "N", conflicts_with = "unknown")]
    splits: Option<usize>,
    /// Run one of N parts of the splits, I from 1, in a run folder of its own; --merge makes one of them
    ///
    /// auto/N takes the part from the task of a job array: of Slurm (SLURM_ARRAY_TASK_ID, counted from
    /// SLURM_ARRAY_TASK_MIN) or of an indexed job of Kubernetes (JOB_COMPLETION_INDEX, from 0).
    #[arg(long, value_parser = shard, value_name = "I/N", requires = "splits")]
    shard: Option<Shard>,
    /// Train the same arms behind the front end of oriented edges too: other networks than the paper's
    #[arg(long)]
    edges: bool,
    /// Leave out the controls: removal of other weights, L1, L2, dropout
    #[arg(long)]
    no_controls: bool,
    /// Test on training images that were not trained on, to choose settings without the test images
    #[arg(long)]
    validation: bool,
}

/// The training as it was last saved; it is removed in the end.
const TRAINING: &str = "training.safetensors";
const TRAINING_BEHIND_EDGES: &str = "training-edges.safetensors";

/// The run that the folder or the flags ask for.
pub fn job(
    args: &ReproduceArgs,
    start: &Start<'_>,
    saved: Option<Saved<'_>>,
) -> anyhow::Result<Arms> {
    let plan: ArmsPlan = planned(start, saved, || plan(args, start))?;
    plan.validate()?;
    Ok(Arms {
        plan,
        font: args.font,
        joined: Vec::new(),
    })
}

/// What is run, how large text is in its pictures, and the networks of its parts where it is made of parts.
pub struct Arms {
    plan: ArmsPlan,
    font: FontOptions,
    joined: Vec<Joined>,
}

impl Job for Arms {
    fn params(&self) -> &Params {
        &self.plan.params
    }

    fn name(&self) -> String {
        let params = &self.plan.params;
        let what = match self.plan.splits.as_slice() {
            [_] => params.model.network.file_label(),
            splits => format!("{}-splits", splits.len()),
        };
        format!("reproduce-{}-{what}-seed{}", params.preset, params.job.seed)
    }

    fn files(&self) -> Vec<String> {
        let pictures = [pictures::SETS, pictures::WEIGHTS];
        let others = [CONFIG, PLAN, TRAINING, TRAINING_BEHIND_EDGES, RESULT, PAGE];
        others
            .into_iter()
            .chain(pictures)
            .map(String::from)
            .collect()
    }

    fn written_anew(&self) -> Vec<&str> {
        vec![RESULT]
    }

    fn flags(&self) -> String {
        self.font.flag()
    }

    fn check(&self, data: &Dataset, quiet: bool) -> anyhow::Result<()> {
        self.plan.check(data)?;
        for split in &self.plan.splits {
            if note_missing_validation(&data.train, &self.plan.of_split(split), quiet)? {
                break;
            }
        }
        Ok(())
    }

    fn has_ended(&self, folder: &RunFolder) -> bool {
        folder.has(RESULT)
    }

    fn write(&self, folder: &mut RunFolder, data: &Loaded) -> anyhow::Result<()> {
        let params = &self.plan.params;
        write(folder, Paper::AntonovSukhov, params, &self.plan, data)?;
        let mut joined = self.joined.iter();
        joined.try_for_each(|joined| joined.write(folder, data.set.digests()))
    }

    fn run(self, frame: &mut Frame<'_>) -> anyhow::Result<()> {
        let plan = &self.plan;
        let begun = frame.saved(TRAINING, &plan.params)?;
        if begun.is_none() && frame.folder.has(RESULT) {
            let text = "the run has come to its end before, and kept no training: it begins anew";
            note(text, frame.quiet());
        }
        let mut found = arms(plan, TRAINING, begun, frame)?;
        if let Some(edges) = plan.behind_edges() {
            let begun = frame.saved(TRAINING_BEHIND_EDGES, &edges.params)?;
            let behind = arms(&edges, TRAINING_BEHIND_EDGES, begun, frame)?;
            (found.behind_edges, found.seconds) = (behind.arms, found.seconds + behind.seconds);
        }
        let (document, digests) = (frame.data.with(&found), frame.data.set.digests());
        let table = table::table(&found);
        let silent = silent_networks(&found, &frame.data.set);
        (silent.iter()).for_each(|text| note(text, frame.quiet()));
        frame.end(Some(RESULT), &document, &table, |folder, is_told| {
            page((&found, silent), &digests, folder, self.font).context(NO_PAGE)?;
            // As long as the training is there, table and page can be made again. That of a part is merged.
            match is_told && plan.shard == Shard::WHOLE {
                true => {
                    if plan.edges {
                        folder.remove(TRAINING_BEHIND_EDGES)?;
                    }
                    folder.remove(TRAINING)
                }
                false => Ok(()),
            }
        })
    }
}

/// Runs a plan, from where its training was last saved.
fn arms(
    plan: &ArmsPlan,
    checkpoint: &'static str,
    begun: Option<Trained>,
    frame: &mut Frame<'_>,
) -> anyhow::Result<Reproduction> {
    let kept = Kept {
        params: &plan.params,
        checkpoint,
        rows: false,
    };
    frame.experiment(&kept, |backend, data, saving, observer| {
        reproduce(backend, data, plan, begun, saving, observer)
    })
}

/// Writes the page with its pictures.
fn page(
    (found, silent): (&Reproduction, Option<String>),
    data: &Digests,
    folder: &mut RunFolder,
    font: FontOptions,
) -> anyhow::Result<()> {
    let sets = pictures::sets(found, data, folder, font)?;
    let weights = pictures::weights(found, data, folder, font)?;
    folder.write_text(
        PAGE,
        &report::html((found, silent), data, &sets, &weights, font)?,
    )
}

/// What to say of networks that known digits leave silent.
fn silent_networks(found: &Reproduction, data: &Dataset) -> Option<String> {
    let silent = found.arms.iter().filter_map(|network| {
        let name = format!("the network {}, seed {},", network.pruning, network.seed);
        Some((name, network.silence()?))
    });
    let silent = silent.collect::<Vec<_>>();
    silence::note(&silent, found.arms.len(), &found.params, (data, false))
}

fn plan(args: &ReproduceArgs, start: &Start<'_>) -> anyhow::Result<ArmsPlan> {
    refuse("antonov-sukhov", args.diehl_cook.given())?;
    refuse("antonov-sukhov", args.claims.given())?;
    let (shared, options) = (&args.shared, &args.antonov_sukhov);
    let (params, data) = start.fit(&args.params(None)?)?;
    let last = match params.model.pruning.mode {
        PruningMode::FinalWindow => PruningMode::FinalWindow,
        _ => PruningMode::Final,
    };
    let default = || vec![PruningMode::None, PruningMode::Continuous, last];
    let arms = shared.arms.clone().unwrap_or_else(default);
    // Controls decay too.
    let prunes = arms.iter().any(|&arm| arm != PruningMode::None) || !options.no_controls;
    args.model.check(prunes, "--arms")?;
    Ok(ArmsPlan {
        splits: options.splits(&params, data)?,
        arms,
        seeds: shared.seeds(args.paper),
        controls: !options.no_controls,
        edges: options.edges,
        shard: options.shard.unwrap_or(Shard::WHOLE),
        noise_images: shared.noise_images,
        held_out: match options.validation {
            true => HeldOut::Validation,
            false => HeldOut::Test,
        },
        params,
    })
}

impl AntonovSukhovOptions {
    /// A flag that was given.
    pub fn given(&self) -> Option<&'static str> {
        first_given(&[
            ("--unknown", self.unknown.is_some()),
            ("--splits", self.splits.is_some()),
            ("--shard", self.shard.is_some()),
            ("--no-controls", self.no_controls),
            ("--edges", self.edges),
            ("--validation", self.validation),
        ])
    }

    fn splits(&self, params: &Params, data: &Dataset) -> anyhow::Result<Vec<Split>> {
        let classes = &params.model.network.classes;
        let known = classes.len();
        if let Some(count) = self.splits {
            ensure!(
                (1..=MOST_SPLITS).contains(&count),
                "--splits is {count}: it must be in 1..={MOST_SPLITS}"
            );
            ensure!(
                data.test.classes() == (0..10).collect::<Vec<u8>>() && known <= 10,
                "--splits divides the labels 0 to 9; the data have others: name --classes and --unknown"
            );
            let unknown = known.min(10 - known);
            let shard = self.shard.unwrap_or(Shard::WHOLE);
            ensure!(
                shard.number() <= count,
                "part {shard} has none of the {count} splits: choose fewer parts"
            );
            let splits = random_splits(params.job.seed, count, known, unknown).into_iter();
            let own = splits.enumerate().filter(|(place, _)| shard.holds(*place));
            return Ok(own.map(|(_, split)| split).collect());
        }
        let left = |label: &u8| !classes.contains(label);
        let unknown = match &self.unknown {
            Some(unknown) => labels_of(&words(unknown)?, &data.test, data)?,
            None if *classes == [7, 4, 6] => vec![9, 2, 1],
            None => data
                .test
                .classes()
                .into_iter()
                .filter(left)
                .take(known)
                .collect(),
        };
        let classes = classes.clone();
        Ok(vec![Split { classes, unknown }])
    }
}
