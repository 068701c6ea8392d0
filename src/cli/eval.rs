//! `eval`: tests a checkpoint again, on other classes or data.

use super::choices::choices;
use super::data::Loaded;
use super::device::DeviceOptions;
use super::document;
use super::options::set;
use super::output::{note, out, out_json};
use super::progress::Progress;
use anyhow::ensure;
use clap::Args;
use spikeprune::backend::Backend;
use spikeprune::checkpoint::Checkpoint;
use spikeprune::dataset::Dataset;
use spikeprune::experiment::ExperimentError;
use spikeprune::experiment::evaluate::{Evaluation, evaluate};
use spikeprune::experiment::prepare::as_shown;
use spikeprune::experiment::readout::linear_readout;
use spikeprune::experiment::selection::{self, ClassImages};
use spikeprune::experiment::train::frozen;
use spikeprune::model::rng::Stream;
use spikeprune::params::{PerClass, Threshold};
use spikeprune::trained::Replica;
use std::path::PathBuf;

/// Test a checkpoint, by default on the images that its training tested
#[derive(Args)]
pub struct EvalArgs {
    /// A checkpoint.safetensors of `train`
    checkpoint: PathBuf,
    /// Labels to show, also ones that were not learned [default: those that were]
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        help_heading = "Test"
    )]
    classes: Option<Vec<u8>>,
    /// Test images of each class, or all [default: as in the training]
    #[arg(long, value_name = "N", help_heading = "Test")]
    test_per_class: Option<PerClass>,
    /// Folder of the four IDX files, raw or .gz [default: as in the training]
    #[arg(long, value_name = "DIR", help_heading = "Test")]
    data: Option<String>,
    /// What potentials are compared with [default: as in the training's test]
    #[arg(long, value_name = "KIND", help_heading = "Test", value_parser = choices::<Threshold>())]
    threshold_test: Option<Threshold>,
    /// Also fit a linear read-out of the spike counts to so many training images of each class, as a comparison
    #[arg(long, value_name = "N", help_heading = "Test")]
    linear_readout: Option<usize>,
    #[command(flatten)]
    device: DeviceOptions,
}

pub fn run(args: &EvalArgs) -> anyhow::Result<()> {
    let mut checkpoint = Checkpoint::load(&args.checkpoint)?;
    ensure!(
        !checkpoint.params.model.network.votes_by_labels()
            || checkpoint
                .replicas
                .iter()
                .all(|replica| replica.labels.is_some()),
        "{} has no labels for its neurons yet: its training has not ended; go on with it by `train --resume`",
        args.checkpoint.display()
    );
    let of_job = |replica: &Replica| replica.network.params == checkpoint.params;
    ensure!(
        checkpoint.replicas.iter().all(of_job),
        "{} holds the networks of an experiment, which differ in their parameters: eval tests what train leaves",
        args.checkpoint.display()
    );
    if let Some(threshold) = args.threshold_test {
        checkpoint.params.model.excitatory.threshold_test = threshold;
        for replica in &mut checkpoint.replicas {
            replica.network.params.model.excitatory.threshold_test = threshold;
        }
    }
    let mut job = checkpoint.params.job.clone();
    set(&mut job.test_per_class, &args.test_per_class);
    job.validate()?;
    let mut shown = checkpoint.params.model.network.clone();
    set(&mut shown.classes, &args.classes);
    // Labels that were not learned must exist and differ too.
    shown.validate_classes()?;
    let shown = &shown.classes;
    let backend = args.device.open()?;
    let data = Loaded::from(args.data.as_ref().unwrap_or(&job.data))?;
    check_data(args, &checkpoint, &data)?;
    let (train, test_images) = (&data.set.train, &data.set.test);
    let tested = selection::first_of_classes(test_images, shown, job.test_per_class)?;
    let mut progress = Progress::new(args.device.quiet);
    let evaluations = test(
        backend.as_ref(),
        &checkpoint,
        &data.set,
        &tested,
        &mut progress,
    )?;
    progress.finish();
    let mut replicas = document::replicas(&checkpoint, evaluations, None);
    if let Some(count) = args.linear_readout {
        let fitted = selection::first_of_classes(train, shown, PerClass::First(count))?;
        let input = &checkpoint.params.model.input;
        let accuracies = linear_readout(
            backend.as_ref(),
            &frozen(&checkpoint.replicas),
            (&as_shown(input, train), &fitted),
            (&as_shown(input, test_images), &tested),
        )?;
        for (replica, accuracy) in replicas.iter_mut().zip(accuracies) {
            replica.linear_accuracy = Some(accuracy);
        }
    }
    let document = document::document(
        "eval",
        backend.device(),
        &checkpoint.params,
        &replicas,
        data.used(),
        None,
    );
    if args.device.json {
        return out_json(&document);
    }
    out(&document::table(&document))
}

/// Refuses other data than the networks were trained on, unless --data names them.
fn check_data(args: &EvalArgs, checkpoint: &Checkpoint, data: &Loaded) -> anyhow::Result<()> {
    let same = checkpoint.check_data(&args.checkpoint, &data.set, data.folder.as_ref());
    match (same, &args.data, &checkpoint.data) {
        (Err(error), None, _) => return Err(error.into()),
        (Err(_), Some(folder), _) => note(
            &format!("{folder} holds other images than the networks were trained on"),
            args.device.quiet,
        ),
        (Ok(()), _, None) => note(
            &format!(
                "{} does not say what its networks were trained on, as it is of version 0.2.0 or older",
                args.checkpoint.display()
            ),
            args.device.quiet,
        ),
        (Ok(()), _, Some(_)) => {}
    }
    Ok(())
}

/// Tests every network of a checkpoint on images of the test file.
pub fn test(
    backend: &dyn Backend,
    checkpoint: &Checkpoint,
    data: &Dataset,
    tested: &[ClassImages],
    progress: &mut Progress,
) -> Result<Vec<Evaluation>, ExperimentError> {
    evaluate(
        backend,
        &checkpoint.replicas,
        &as_shown(&checkpoint.params.model.input, &data.test),
        tested,
        Stream::Test,
        &mut |event| progress.observe(&event),
    )
}
