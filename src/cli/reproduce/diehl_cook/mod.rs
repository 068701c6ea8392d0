//! `reproduce --paper diehl-cook`: accuracy of unsupervised networks by size, beside the published one.

mod show;

use super::pictures::{self, Picture};
use super::{ExperimentOptions, PLAN, ReproduceArgs, new_folder, refuse, saved_training, set};
use crate::cli::output::{out, out_json};
use crate::cli::progress::Progress;
use crate::cli::run_folder::RunFolder;
use crate::cli::saving::{explain, stop_at_signals};
use anyhow::Context;
use spikeprune::checkpoint::Checkpoint;
use spikeprune::dataset;
use spikeprune::experiment::Event;
use spikeprune::experiment::diehl_cook::{DiehlCook, Plan, test_size, train_size};
use spikeprune::experiment::train::Saving;
use spikeprune::params::{INPUTS, Params, PruningMode};
use spikeprune::report::{ColorMap, Sheet, TileGroup, WeightImages};
use spikeprune::trained::Trained;
use std::path::Path;
use std::time::Instant;

/// Rows of the curve of learning, where the parameters do not say otherwise.
const ROWS: usize = 12;
/// Screen pixels along the side of a sheet of digits, about.
const SHEET: usize = 1200;

/// Whether a run folder is one of this experiment.
pub fn is_of(folder: &RunFolder) -> anyhow::Result<bool> {
    let plan: toml::Table = folder.read_toml(PLAN)?;
    Ok(plan.contains_key("sizes"))
}

pub fn run(args: &ReproduceArgs, begun: Option<RunFolder>) -> anyhow::Result<()> {
    let (every, stop) = (args.saving.every()?, stop_at_signals()?);
    let plan: Plan = match &begun {
        Some(folder) => folder.read_toml(PLAN)?,
        None => plan(
            &args.experiment,
            args.source.resolve_from(Some("diehl-cook"))?,
        )?,
    };
    plan.validate()?;
    let backend = args.device.open()?;
    let data = dataset::load(Path::new(&plan.params.job.data))?;
    // Too few images are found out before a folder is made.
    plan.check(&data)?;
    let folder = match begun {
        Some(folder) => folder,
        None => {
            let name = format!("reproduce-diehl-cook-seed{}", plan.params.job.seed);
            new_folder(args, &name, &plan.params, &plan)?
        }
    };
    let start = Instant::now();
    let mut found = DiehlCook::new(&plan, backend.device());
    let mut digits = Vec::new();
    for &size in &plan.sizes {
        let saved = folder.file(&format!("networks-{size}.safetensors"));
        let begun = saved_training(&saved)?;
        let params = plan.of_size(size);
        let mut progress = Progress::until(args.device.quiet, stop.clone());
        let saving = Saving { every, stop: &stop };
        let mut observe = |event: Event<'_>| {
            progress.observe(&event)?;
            match event {
                Event::Save(trained) => Checkpoint::of(&params, trained)
                    .save(&saved)
                    .map_err(Into::into),
                _ => Ok(()),
            }
        };
        let backend = backend.as_ref();
        let trained = train_size(backend, &data, &plan, size, begun, saving, &mut observe)
            .and_then(|trained| {
                let networks = test_size(backend, &data, &plan, &trained, &mut observe)?;
                Ok((trained, networks))
            });
        let (trained, networks) =
            trained.map_err(|error| explain(error, "reproduce", &folder, &args.device))?;
        progress.finish();
        found.networks.extend(networks);
        digits.push(picture(&plan, &trained, size, &folder)?);
    }
    found.seconds = start.elapsed().as_secs_f64();
    let json = serde_json::to_string_pretty(&found).context("cannot write the result as JSON")?;
    folder.write_text("reproduction.json", &(json + "\n"))?;
    folder.write_text("report.html", &show::html(&found, &digits)?)?;
    if args.device.json {
        return out_json(&found);
    }
    out(&format!(
        "{}\nwritten to {}\n",
        show::table(&found),
        folder.path().display()
    ))
}

fn plan(options: &ExperimentOptions, mut params: Params) -> anyhow::Result<Plan> {
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
    let job = &mut params.job;
    set(&mut job.classes, &options.classes);
    set(&mut job.epochs, &options.epochs);
    set(&mut job.train_images, &options.train_images);
    set(&mut job.test_per_class, &options.test_per_class);
    set(&mut job.seed, &options.seed);
    set(&mut job.data, &options.data);
    job.replicas = options.seeds;
    set(&mut params.time.dt_ms, &options.dt_ms);
    if params.job.metrics_every == 0 {
        params.job.metrics_every = params.presentations().div_ceil(ROWS);
    }
    let arms = options.arms.clone();
    Ok(Plan {
        sizes: options.sizes.clone().unwrap_or_else(|| vec![100, 400]),
        arms: arms.unwrap_or_else(|| vec![PruningMode::None]),
        seeds: options.seeds,
        noise_images: options.noise_images,
        params,
    })
}

/// Draws what the first network of each arm has learned, in a square each.
fn picture(
    plan: &Plan,
    trained: &Trained,
    size: usize,
    folder: &RunFolder,
) -> anyhow::Result<Picture> {
    let params = &plan.params;
    let range = (params.w_min() as f32, params.learning.gmax as f32);
    let scale = (SHEET / (size.isqrt() * INPUTS.isqrt())).clamp(1, 4) as u32;
    let group = |(arm, mode): (usize, &PruningMode)| -> Option<TileGroup<'static>> {
        let images = WeightImages {
            weights: trained.weights.get(arm * plan.seeds)?,
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
    let sheet = Sheet {
        groups: plan.arms.iter().enumerate().filter_map(group).collect(),
        range,
        colormap: ColorMap::default(),
        scale,
        quantity: "weight".into(),
    };
    let caption = format!("{size} neurons, seed {}", params.job.seed);
    let name = format!("digits-{size}.png");
    pictures::write(&plan.of_size(size), folder, &name, &sheet, caption)
}
