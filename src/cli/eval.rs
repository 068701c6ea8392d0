//! `eval`: tests a checkpoint again, on other classes or data.

use super::backprop;
use super::choices::choices;
use super::data::Loaded;
use super::device::DeviceOptions;
use super::document::{NetworkSummary, have_names, name_of};
use super::heatmap::FontOptions;
use super::options::{set, words};
use super::output::{note, out, out_json};
use super::paths::{path, place, target};
use super::progress::Progress;
use super::reading::ReadingOptions;
use super::record::RecordOptions;
use super::sets::SetOptions;
use super::{answers, document};
use crate::backend::Backend;
use crate::backprop::is_one;
use crate::checkpoint::{Checkpoint, check_digests};
use crate::dataset::{Digests, LabelledImages};
use crate::experiment::evaluate::{Evaluation, evaluate};
use crate::experiment::fitting::{fewer_to_test, labels_of, relabelled};
use crate::experiment::linear::linear_classifier;
use crate::experiment::operations::{Operations, of_networks};
use crate::experiment::prepare::some_as_shown;
use crate::experiment::selection::{self, ClassImages, indices};
use crate::experiment::set_answers::answer_sets;
use crate::experiment::train::frozen;
use crate::experiment::{Event, ExperimentError, Observer};
use crate::model::rng::Stream;
use crate::params::{
    Architecture, DataFolder, Job, Params, PerClass, Threshold, class_list, whole,
};
use crate::trained::Replica;
use anyhow::ensure;
use clap::Args;
use std::path::{Path, PathBuf};

/// Test a checkpoint, by default on the images that its training tested
#[derive(Args)]
pub struct EvalArgs {
    /// A checkpoint.safetensors of `train`
    #[arg(value_parser = path())]
    pub checkpoint: PathBuf,
    /// Classes to show, also ones that were not learned [default: those that were]
    #[arg(long, value_parser = class_list,
        value_name = "LIST",
        help_heading = "Test")]
    classes: Option<String>,
    /// Test images of each class, or all [default: as in the training]
    #[arg(long, value_name = "N", help_heading = "Test")]
    test_per_class: Option<PerClass>,
    /// Data set: a folder or file [default: as in the training]
    #[arg(long, value_parser = place(), value_name = "DIR", help_heading = "Test")]
    data: Option<DataFolder>,
    #[command(flatten)]
    reading: ReadingOptions,
    /// Count all labels shown as not learned, whatever their numbers: for data whose labels mean something else
    #[arg(long, help_heading = "Test")]
    pub as_unknown: bool,
    #[command(flatten)]
    pub sets: SetOptions,
    /// What potentials are compared with [default: as in the training's test]
    #[arg(long, value_name = "KIND", help_heading = "Test", value_parser = choices::<Threshold>())]
    threshold_test: Option<Threshold>,
    /// Also fit a linear classifier of the spike counts to so many training images of each class, as a comparison
    #[arg(
        long,
        value_parser = whole::<usize>,
        alias = "linear-readout",
        value_name = "N",
        help_heading = "Test"
    )]
    linear_classifier: Option<usize>,
    /// Also write what every network answered to each image into this new file
    #[arg(long, value_parser = target(), value_name = "FILE.csv", help_heading = "Test")]
    answers: Option<PathBuf>,
    #[command(flatten)]
    record: RecordOptions,
    #[command(flatten)]
    font: FontOptions,
    #[command(flatten)]
    pub device: DeviceOptions,
}

pub fn run(args: &EvalArgs) -> anyhow::Result<()> {
    if is_one(&args.checkpoint) {
        return backprop::eval(args);
    }
    let checkpoint = args.load()?;
    let count = args.count(&checkpoint.params.job)?;
    if let Some(path) = &args.answers {
        answers::check(path)?;
    }
    let backend = args.device.open()?;
    let (data, are_others) = args.load_data(&checkpoint.params, checkpoint.data.as_ref())?;
    let images = &data.set.test;
    let network = &checkpoint.params.model.network;
    let name = |label: u8| name_of(network, &data.set, label);
    let unknown = args.sets.check(network, &data.set, args.as_unknown)?;
    let tested = args.tested(network, &data, count)?;
    args.record
        .check(images, checkpoint.params.model.neurons())?;
    let (mut progress, mut heard) = (Progress::new(args.device.quiet), Vec::new());
    let mut evaluations = test(
        backend.as_ref(),
        &checkpoint,
        images,
        &tested,
        &mut |event| {
            if let (Event::Answered(answer), true) = (&event, args.answers.is_some()) {
                heard.push((*answer).clone());
            }
            progress.observe(&event)
        },
    )?;
    if args.as_unknown {
        for (evaluation, _) in &mut evaluations {
            *evaluation = evaluation.clone().as_unknown();
        }
    }
    let mut replicas = document::replicas(&checkpoint, evaluations, None);
    args.show_sets(
        backend.as_ref(),
        &checkpoint,
        (&data, &unknown),
        count,
        &mut replicas,
        &mut progress,
    )?;
    progress.finish();
    if let Some(count) = args.linear_classifier {
        let accuracies = linear_accuracies(backend.as_ref(), &checkpoint, &data, &tested, count)?;
        for (replica, accuracy) in replicas.iter_mut().zip(accuracies) {
            replica.linear_accuracy = Some(accuracy);
        }
    }
    let (params, out_folder) = (&checkpoint.params, args.record.folder());
    let device = backend.as_ref();
    let mut document = document::document(
        "eval",
        device,
        params,
        &replicas,
        (&data, are_others),
        out_folder,
    );
    document.notes.extend(unfinished(&checkpoint));
    (document.notes.iter()).for_each(|text| note(text, args.device.quiet));
    match args.device.json {
        true => out_json(&document)?,
        false => out(&document::table(&document))?,
    }
    // The result first: it does not depend on what is written beside it.
    if let Some(path) = &args.answers {
        let names: Option<&dyn Fn(u8) -> String> = match have_names(network, &data.set) {
            true => Some(&name),
            false => None,
        };
        answers::write(path, &checkpoint.replicas, &heard, names)?;
    }
    let recorded = args.record.images().iter().copied();
    let images = some_as_shown(&params.model.input, images, recorded)?;
    let first = frozen(&checkpoint.replicas)[0];
    args.record
        .write(backend.as_ref(), first, &images, &name, args.font)
}

/// What to say of networks that have not seen all their training images yet.
pub fn unfinished(checkpoint: &Checkpoint) -> Option<String> {
    let networks = checkpoint.replicas.iter().map(|replica| &replica.network);
    let least = networks.map(|network| network.state.presented).min()?;
    unfinished_after(least as usize, &checkpoint.params)
}

/// The same of networks that have seen so many.
pub fn unfinished_after(seen: usize, params: &Params) -> Option<String> {
    let all = params.presentations();
    (seen < all).then(|| {
        format!("the training has not ended: its networks have seen {seen} of {all} images")
    })
}

/// Networks that `train` left, able to answer.
pub fn load(path: &Path) -> anyhow::Result<Checkpoint> {
    let checkpoint = Checkpoint::load(path)?;
    let (path, network) = (path.display(), &checkpoint.params.model.network);
    let has_labels = |replica: &Replica| replica.labels.is_some();
    ensure!(
        !network.votes_by_labels() || checkpoint.replicas.iter().all(has_labels),
        "{path} has no labels for its neurons yet: its training has not ended; go on with it by `train --resume`"
    );
    let of_job = |replica: &Replica| replica.network.params == checkpoint.params;
    ensure!(
        checkpoint.replicas.iter().all(of_job),
        "{path} holds the networks of an experiment, which differ in their parameters: name what `train` leaves"
    );
    Ok(checkpoint)
}

impl EvalArgs {
    /// Images of the classes that were asked for, or else of those that were learned.
    pub fn tested(
        &self,
        network: &Architecture,
        data: &Loaded,
        count: PerClass,
    ) -> anyhow::Result<Vec<ClassImages>> {
        let (mut shown, images) = (network.clone(), &data.set.test);
        if let Some(classes) = &self.classes {
            shown.set_classes(&labels_of(&words(classes)?, images, &data.set)?);
            if have_names(network, &data.set) {
                let name = |&label: &u8| name_of(network, &data.set, label);
                shown.names = shown.classes.iter().map(name).collect();
            }
            shown.validate_classes()?;
        }
        if let Some(fewer) = fewer_to_test(&shown, count, images) {
            note(&fewer.to_string(), self.device.quiet);
        }
        Ok(selection::first_of_classes(images, &shown.classes, count))
    }

    /// Test images of each class, of a job that has its own number.
    pub fn count(&self, job: &Job) -> anyhow::Result<PerClass> {
        let mut job = job.clone();
        set(&mut job.test_per_class, &self.test_per_class);
        job.validate()?;
        Ok(job.test_per_class)
    }

    /// The first flag that was given and means something only where neurons learn by local rules.
    pub fn of_local_rules(&self) -> Option<&'static str> {
        let given = [
            ("--threshold-test", self.threshold_test.is_some()),
            ("--linear-classifier", self.linear_classifier.is_some()),
            ("--answers", self.answers.is_some()),
            ("--record", !self.record.images().is_empty()),
        ];
        given
            .into_iter()
            .find(|(_, given)| *given)
            .map(|(flag, _)| flag)
    }

    /// Shows the sets that were asked for, so many digits of each class.
    fn show_sets(
        &self,
        backend: &dyn Backend,
        checkpoint: &Checkpoint,
        data: (&Loaded, &[u8]),
        count: PerClass,
        replicas: &mut [NetworkSummary],
        progress: &mut Progress,
    ) -> anyhow::Result<()> {
        let observer: &mut Observer<'_> = &mut |event| progress.observe(&event);
        let sets = self.sets.show(&checkpoint.params, data, count, |sets| {
            answer_sets(backend, &checkpoint.replicas, sets, observer)
        })?;
        for (replica, mut sets) in replicas.iter_mut().zip(sets) {
            if self.as_unknown {
                (sets.values_mut()).for_each(|set| set.accuracy = None);
            }
            replica.sets = sets;
        }
        Ok(())
    }

    /// The networks, with the threshold that was asked for.
    fn load(&self) -> anyhow::Result<Checkpoint> {
        let mut checkpoint = load(&self.checkpoint)?;
        if let Some(threshold) = self.threshold_test {
            checkpoint.params.model.excitatory.threshold_test = threshold;
            for replica in &mut checkpoint.replicas {
                replica.network.params.model.excitatory.threshold_test = threshold;
            }
        }
        Ok(checkpoint)
    }

    /// The data that were asked for, or those that were trained on; whether they are others than those.
    pub fn load_data(
        &self,
        params: &Params,
        wanted: Option<&Digests>,
    ) -> anyhow::Result<(Loaded, bool)> {
        let quiet = self.device.quiet;
        let mut job = params.job.clone();
        set(&mut job.data, &self.data);
        self.reading.apply(&mut job.reading);
        let mut data = match self.data {
            Some(_) => Loaded::of(&job, wanted),
            None => Loaded::again(&job, wanted),
        }?;
        let same = check_digests(wanted, &self.checkpoint, &data.set, &data.folder);
        let are_others = same.is_err();
        let network = &params.model.network;
        match (same, &self.data, wanted) {
            (Err(error), None, _) if job.reading == params.job.reading => {
                return Err(error.into());
            }
            (Err(_), _, _) => {
                let names = have_names(network, &data.set);
                data.set = relabelled(data.set, network);
                let text = format!(
                    "{} holds other images than the networks were trained on{}",
                    data.folder.display(),
                    match (self.as_unknown, names) {
                        (true, _) => "; all its labels count as not learned",
                        (false, true) => "; classes are matched by their names",
                        (false, false) =>
                            "; labels are matched by their numbers: a 7 of these data counts as the 7 that was learned. If \
                             they mean something else, give --as-unknown",
                    }
                );
                note(&text, quiet);
            }
            (Ok(()), _, None) => note(
                &format!(
                    "{} does not say what its networks were trained on, as it is of version 0.2.0 or older",
                    self.checkpoint.display()
                ),
                quiet,
            ),
            (Ok(()), _, Some(_)) => {}
        }
        Ok((data, are_others))
    }
}

/// Accuracy of a linear classifier of each network, fitted to so many training images of each class.
fn linear_accuracies(
    backend: &dyn Backend,
    checkpoint: &Checkpoint,
    data: &Loaded,
    tested: &[ClassImages],
    count: usize,
) -> anyhow::Result<Vec<f64>> {
    let (train, input) = (&data.set.train, &checkpoint.params.model.input);
    let shown: Vec<u8> = tested.iter().map(|class| class.class).collect();
    let fitted = selection::so_many_of_classes(train, &shown, count)?;
    Ok(linear_classifier(
        backend,
        &frozen(&checkpoint.replicas),
        (&some_as_shown(input, train, indices(&fitted))?, &fitted),
        (
            &some_as_shown(input, &data.set.test, indices(tested))?,
            tested,
        ),
    )?)
}

/// Tests every network of a checkpoint on images of the test file.
pub fn test(
    backend: &dyn Backend,
    checkpoint: &Checkpoint,
    images: &LabelledImages,
    tested: &[ClassImages],
    observer: &mut Observer<'_>,
) -> Result<Vec<(Evaluation, Operations)>, ExperimentError> {
    let input = &checkpoint.params.model.input;
    let images = some_as_shown(input, images, indices(tested))?;
    let replicas = &checkpoint.replicas;
    let evaluations = evaluate(backend, replicas, &images, tested, Stream::Test, observer)?;
    let operations = of_networks(replicas, &images, tested, &evaluations)?;
    Ok(evaluations.into_iter().zip(operations).collect())
}
