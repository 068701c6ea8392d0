//! `reproduce --paper antonov-sukhov`: networks with and without regularisation, beside the published figures.

mod pictures;
mod plots;
mod report;
mod table;

pub use pictures::{SETS, WEIGHTS};

use super::{
    FILES, NO_PAGE, PAGE, PLAN, RESULT, ReproduceArgs, TRAINING, new_folder, saved_training,
};
use crate::cli::output::warn;
use crate::cli::progress::Progress;
use crate::cli::run_folder::RunFolder;
use crate::cli::saving::explain;
use crate::cli::signals::stop_at_signals;
use crate::cli::train::note_missing_validation;
use spikeprune::checkpoint::Checkpoint;
use spikeprune::dataset::Digests;
use spikeprune::experiment::Event;
use spikeprune::experiment::papers::antonov_sukhov::{ArmsPlan, Reproduction, reproduce};
use spikeprune::experiment::train::Saving;

pub fn run(args: &ReproduceArgs, begun: Option<RunFolder>) -> anyhow::Result<()> {
    let (every, stop) = (args.saving.every()?, stop_at_signals()?);
    let plan: ArmsPlan = match &begun {
        Some(folder) => folder.read_toml(PLAN)?,
        None => args.experiment.plan(args.params(None)?)?,
    };
    plan.validate()?;
    let backend = args.device.open()?;
    let data = args.data.load(&plan.params)?;
    let digests = data.set.digests();
    // If there are too few images, this ends before a folder is made.
    plan.check(&data.set)?;
    for split in &plan.splits {
        let mut params = plan.params.clone();
        params.model.network.classes.clone_from(&split.classes);
        if note_missing_validation(&data.set.train, &params, args.device.quiet)? {
            break;
        }
    }
    stop.begin();
    let mut folder = match begun {
        Some(folder) => folder,
        None => new_folder(args, &name(&plan), &plan.params, &plan, &data, &FILES)?,
    };
    folder.check_data(PLAN, &data)?;
    folder.check(&[RESULT])?;
    let begun = saved_training(&folder, TRAINING, &data)?;
    let mut progress = Progress::until(args.device.quiet, stop.asked().clone());
    let saving = Saving {
        every,
        stop: stop.asked(),
    };
    let found = reproduce(
        backend.as_ref(),
        &data.set,
        &plan,
        begun,
        saving,
        &mut |event| {
            progress.observe(&event)?;
            match event {
                Event::Save(trained) => {
                    let training = Checkpoint::of(&plan.params, trained, digests.clone());
                    let written = folder.write(TRAINING, &training.to_bytes()?);
                    written.map_err(Into::into)
                }
                _ => Ok(()),
            }
        },
    )
    .map_err(|error| explain(error, "reproduce", &folder, &args.device))?;
    progress.finish();
    let document = data.with(&found);
    folder.write_json(RESULT, &document)?;
    let told = folder.tell(args.device.json, &document, &table::table(&found));
    // The page comes last: if it fails, no result is lost, and as long as the training is there it can be made again.
    match page(&found, &digests, &mut folder) {
        Ok(()) => folder.remove(TRAINING)?,
        Err(error) => warn(&error.context(NO_PAGE)),
    }
    told
}

/// Writes the page with its pictures.
fn page(found: &Reproduction, data: &Digests, folder: &mut RunFolder) -> anyhow::Result<()> {
    let sets = pictures::sets(found, data, folder)?;
    let weights = pictures::weights(found, data, folder)?;
    folder.write_text(PAGE, &report::html(found, data, &sets, &weights)?)
}

/// What a run folder is named after.
fn name(plan: &ArmsPlan) -> String {
    let params = &plan.params;
    let what = match plan.splits.as_slice() {
        [_] => params.model.network.label("-"),
        splits => format!("{}-splits", splits.len()),
    };
    format!("reproduce-{}-{what}-seed{}", params.preset, params.job.seed)
}
