//! `train`: trains the networks of a job, tests them and leaves a run folder.

use super::device::DeviceOptions;
use super::heatmap;
use super::options::ParamOptions;
use super::output::{out, out_json};
use super::progress::Progress;
use super::run_folder::FolderOptions;
use super::{document, eval};
use anyhow::Context;
use clap::Args;
use spikeprune::checkpoint::Checkpoint;
use spikeprune::dataset;
use spikeprune::experiment::{Event, selection, train};
use spikeprune::params::to_toml;
use std::path::Path;

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
}

pub fn run(args: &TrainArgs) -> anyhow::Result<()> {
    let params = args.params.resolve()?;
    let backend = args.device.open()?;
    let data = dataset::load(Path::new(&params.job.data))?;
    // Too few images are found out before a folder is made.
    selection::training(&data.train, &params)?;
    let tested =
        selection::first_of_classes(&data.test, &params.job.classes, params.job.test_per_class)?;
    let (preset, classes, seed) = (&params.preset, params.job.label("-"), params.job.seed);
    let name = format!("{preset}-{classes}-seed{seed}");
    let mut folder = args.folder.create(&name)?;
    folder.write_text("config.toml", &to_toml(&params))?;
    let mut progress = Progress::new(args.device.quiet);
    let trained = train::train(backend.as_ref(), &data.train, &params, &mut |event| {
        progress.observe(&event);
        match event {
            Event::Measured(rows) => folder.add_metrics(rows).map_err(Into::into),
            _ => Ok(()),
        }
    })?;
    let seconds = trained.seconds;
    let checkpoint = Checkpoint {
        params,
        networks: trained.networks,
        weights: trained.weights,
    };
    checkpoint.save(&folder.file("checkpoint.safetensors"))?;
    let evaluations = eval::test(backend.as_ref(), &checkpoint, &data, &tested, &mut progress)?;
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
