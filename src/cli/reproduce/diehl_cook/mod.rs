//! `reproduce --paper diehl-cook`: accuracy of unsupervised networks by size, beside the published one.

mod show;

use super::page;
use super::{
    CONFIG, ExperimentOptions, NO_PAGE, PAGE, PLAN, RESULT, ReproduceArgs, new_folder, refuse,
    saved_training, set,
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
use spikeprune::experiment::papers::diehl_cook::{DiehlCook, SizesPlan, test_size, train_size};
use spikeprune::experiment::train::Saving;
use spikeprune::params::{INPUTS, MetricsEvery, Params, PruningMode, TrainImages};
use spikeprune::report::{ColorMap, Sheet, TileGroup, WeightImages};
use spikeprune::trained::Trained;
use std::time::Instant;

/// Rows of the curve of learning, where the parameters do not say otherwise.
const ROWS: usize = 12;
/// About how many screen pixels the side of a sheet of digits has.
const SHEET: usize = 1200;

/// Whether a run folder is one of this experiment.
pub fn is_of(folder: &RunFolder) -> anyhow::Result<bool> {
    let plan: toml::Table = folder.read_toml(PLAN)?;
    Ok(plan.contains_key("sizes"))
}

pub fn run(args: &ReproduceArgs, begun: Option<RunFolder>) -> anyhow::Result<()> {
    let (every, stop) = (args.saving.every()?, stop_at_signals()?);
    let plan: SizesPlan = match &begun {
        Some(folder) => folder.read_toml(PLAN)?,
        None => plan(&args.experiment, args.params(Some("diehl-cook"))?)?,
    };
    plan.validate()?;
    let backend = args.device.open()?;
    let data = args.data.load(&plan.params)?;
    let digests = data.set.digests();
    // If there are too few images, this ends before a folder is made.
    plan.check(&data.set)?;
    note_missing_validation(&data.set.train, &plan.params, args.device.quiet)?;
    stop.begin();
    let mut folder = match begun {
        Some(folder) => folder,
        None => {
            let name = format!("reproduce-diehl-cook-seed{}", plan.params.job.seed);
            new_folder(args, &name, &plan.params, &plan, &data, &files(&plan))?
        }
    };
    folder.check_data(PLAN, &data)?;
    folder.check(&[RESULT])?;
    folder.adopt_unrecorded(&files(&plan))?;
    let start = Instant::now();
    let mut found = DiehlCook::new(&plan, backend.device());
    let mut sheets = Vec::new();
    for &size in &plan.sizes {
        let saved = networks_file(size);
        let begun = saved_training(&folder, &saved, &data)?;
        let params = plan.of_size(size);
        let mut progress = Progress::until(args.device.quiet, stop.asked().clone());
        let saving = Saving {
            every,
            stop: stop.asked(),
        };
        let mut observe = |event: Event<'_>| {
            progress.observe(&event)?;
            match event {
                Event::Save(trained) => {
                    let networks = Checkpoint::of(&params, trained, digests.clone());
                    let written = folder.write(&saved, &networks.to_bytes()?);
                    written.map_err(Into::into)
                }
                _ => Ok(()),
            }
        };
        let (backend, data) = (backend.as_ref(), &data.set);
        let trained = train_size(backend, data, &plan, size, begun, saving, &mut observe).and_then(
            |trained| {
                let networks = test_size(backend, data, &plan, &trained, &mut observe)?;
                Ok((trained, networks))
            },
        );
        let (trained, networks) =
            trained.map_err(|error| explain(error, "reproduce", &folder, &args.device))?;
        progress.finish();
        found.networks.extend(networks);
        sheets.push((size, sheet(&plan, &trained, size)));
    }
    found.seconds = start.elapsed().as_secs_f64();
    let document = data.with(&found);
    folder.write_json(RESULT, &document)?;
    let told = folder.tell(args.device.json, &document, &show::table(&found));
    // The page comes last: if it fails, no result is lost.
    if let Err(error) = write_page(&plan, &found, &digests, &sheets, &mut folder) {
        warn(&error.context(NO_PAGE));
    }
    told
}

fn networks_file(size: usize) -> String {
    format!("networks-{size}.safetensors")
}

fn digits_file(size: usize) -> String {
    format!("digits-{size}.png")
}

/// What the run writes.
fn files(plan: &SizesPlan) -> Vec<String> {
    let of_sizes = plan
        .sizes
        .iter()
        .flat_map(|&size| [networks_file(size), digits_file(size)]);
    let files = [CONFIG, PLAN, RESULT, PAGE].map(String::from);
    files.into_iter().chain(of_sizes).collect()
}

/// Writes the page with its pictures, a sheet a size.
fn write_page(
    plan: &SizesPlan,
    found: &DiehlCook,
    data: &Digests,
    sheets: &[(usize, Sheet<'_>)],
    folder: &mut RunFolder,
) -> anyhow::Result<()> {
    let mut digits = Vec::new();
    for (size, sheet) in sheets {
        let params = plan.of_size(*size);
        let caption = format!("{size} neurons, seed {}", params.job.seed);
        let name = digits_file(*size);
        digits.push(page::write(&params, data, folder, &name, sheet, caption)?);
    }
    folder.write_text(PAGE, &show::html(found, data, &digits)?)
}

fn plan(options: &ExperimentOptions, mut params: Params) -> anyhow::Result<SizesPlan> {
    refuse(
        "diehl-cook",
        &[
            ("--unknown", options.unknown.is_some()),
            ("--splits", options.splits.is_some()),
            ("--no-controls", options.no_controls),
            ("--train-per-class", options.train_per_class.is_some()),
            ("--validation", options.validation),
        ],
    )?;
    set(&mut params.model.network.classes, &options.classes);
    let job = &mut params.job;
    set(&mut job.epochs, &options.epochs);
    if let Some(images) = options.train_images {
        job.train = TrainImages::InAll(images);
    }
    set(&mut job.test_per_class, &options.test_per_class);
    set(&mut job.seed, &options.seed);
    job.replicas = options.seeds;
    set(&mut params.model.time.dt_ms, &options.dt_ms);
    if params.job.metrics_every == MetricsEvery::End {
        let every = params.presentations().div_ceil(ROWS);
        params.job.metrics_every = MetricsEvery::Images(every);
    }
    let arms = options.arms.clone();
    Ok(SizesPlan {
        sizes: options.sizes.clone().unwrap_or_else(|| vec![100, 400]),
        arms: arms.unwrap_or_else(|| vec![PruningMode::None]),
        seeds: options.seeds,
        noise_images: options.noise_images,
        params,
    })
}

/// What the first network of each arm has learned, in a square each.
fn sheet(plan: &SizesPlan, trained: &Trained, size: usize) -> Sheet<'static> {
    let params = &plan.params;
    let range = (
        params.model.w_min() as f32,
        params.model.learning.gmax as f32,
    );
    let scale = (SHEET / (size.isqrt() * INPUTS.isqrt())).clamp(1, 4) as u32;
    let group = |(arm, mode): (usize, &PruningMode)| -> Option<TileGroup<'static>> {
        let images = WeightImages {
            weights: &trained.replicas.get(arm * plan.seeds)?.weights,
            labels: &vec![None; size],
            classes: &[],
            by_class: false,
            range,
            colormap: ColorMap::default(),
            scale,
            notes: &[],
        };
        let mut group = images.groups().pop()?;
        group.caption = format!("{}, pruning {mode}", group.caption);
        Some(group)
    };
    Sheet {
        groups: plan.arms.iter().enumerate().filter_map(group).collect(),
        range,
        colormap: ColorMap::default(),
        scale,
        quantity: "weight".into(),
    }
}
