//! `train`, `eval` and `heatmap` of networks that backpropagation trains, to compare with.

use super::data::Loaded;
use super::device::DeviceOptions;
use super::document::{self, Document, NetworkSummary, Training, Weights};
use super::eval::{EvalArgs, unfinished_after};
use super::heatmap::{self, Drawn, FontOptions, Style};
use super::output::{note, out, out_json};
use super::own_files::Took;
use super::run::{Frame, Job};
use super::run_folder::{METRICS, RunFolder};
use super::train::{CHECKPOINT, CONFIG, SUMMARY, note_missing_validation};
use crate::backend::Backend;
use crate::backprop::{Event, Kept, Learners, answer_sets, evaluate};
use crate::dataset::Dataset;
use crate::experiment::evaluate::Evaluation;
use crate::experiment::operations::Operations;
use crate::experiment::prepare::some_as_shown;
use crate::experiment::saving::Saving;
use crate::experiment::selection::{self, ClassImages, indices};
use crate::experiment::{self, ExperimentError};
use crate::params::{Backprop, Comparator, Difference, Params, PerClass, Sparsity};
use crate::presets;
use crate::trained::Metrics;
use anyhow::Context;
use std::fmt::Write;
use std::path::Path;

/// A training by backpropagation.
pub struct Comparing {
    pub params: Params,
    pub font: FontOptions,
}

impl Job for Comparing {
    fn params(&self) -> &Params {
        &self.params
    }

    fn name(&self) -> String {
        let (preset, classes) = (&self.params.preset, self.params.model.network.file_label());
        format!("{preset}-{classes}-seed{}", self.params.job.seed)
    }

    fn files(&self) -> Vec<String> {
        let files = [CONFIG, METRICS, CHECKPOINT, SUMMARY];
        files.map(String::from).into()
    }

    fn written_anew(&self) -> Vec<&str> {
        vec![METRICS, SUMMARY]
    }

    fn flags(&self) -> String {
        self.font.flag()
    }

    fn open(&self, device: &DeviceOptions) -> anyhow::Result<Box<dyn Backend>> {
        device.open_cpu()
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
        folder.write_toml(CONFIG, &self.params, data)
    }

    fn run(self, frame: &mut Frame<'_>) -> anyhow::Result<()> {
        let params = &self.params;
        let mut learners = begun(frame, CHECKPOINT, params, None)?;
        let rows: Vec<&[Metrics]> = (learners.networks.iter())
            .map(|network| network.metrics.as_slice())
            .collect();
        frame.folder.set_metrics(&rows, learners.presented() > 0)?;
        train(&mut learners, frame, CHECKPOINT, true)?;
        let (seconds, data) = (learners.seconds, &frame.data.set);
        let tested = selection::first_of_classes(
            &data.test,
            &params.model.network.classes,
            params.job.test_per_class,
        );
        let evaluations = test(&learners, data, &tested)?;
        let summaries = summaries(&learners, evaluations, Some(seconds));
        let document = document::document(
            "train",
            frame.backend.as_ref(),
            params,
            &summaries,
            (&frame.data, false),
            Some(frame.folder.path().display().to_string()),
        );
        (document.notes.iter()).for_each(|text| note(text, frame.quiet()));
        let table = document::table(&document);
        let kept = Kept {
            data: Some(data.digests()),
            learners,
        };
        frame.end(Some(SUMMARY), &document, &table, |folder, _| {
            let style = Style::with(self.font);
            let drawn = folder.pictures();
            let drawn = drawn.and_then(|path| draw(&kept, (0, &[]), &path, &style));
            drawn.context("the weights are not drawn")
        })
    }
}

/// Tables and keys that mean something to networks that backpropagation trains.
const ACTING: [&str; 9] = [
    "preset",
    "job.",
    "backprop.",
    "network.classes",
    "network.names",
    "input.front_end",
    "input.edges.",
    "input.height",
    "input.width",
];

/// Says which parameters were changed that do nothing here.
pub fn note_idle(params: &Params, quiet: bool) {
    let Some(preset) = presets::by_name(&params.preset) else {
        return;
    };
    let acts = |key: &str| {
        let listed = ACTING.iter().any(|acting| key.starts_with(acting));
        listed || key == "input.channels"
    };
    for Difference { key, .. } in params.differences(&preset) {
        if !acts(&key) {
            let text = format!("{key} has no effect on networks that backpropagation trains");
            note(&text, quiet);
        }
    }
}

/// The training as it was saved under a name; or from its start on, which may be what others have learned.
pub fn begun(
    frame: &Frame<'_>,
    name: &str,
    params: &Params,
    from: Option<&Learners>,
) -> anyhow::Result<Learners> {
    if !frame.folder.has(name) {
        return Ok(match from {
            Some(from) => Learners::going_on(params, from)?,
            None => Learners::new(params)?,
        });
    }
    let saved = Kept::load(&frame.folder.file(name))?;
    let with = (frame.mark(), params);
    frame
        .folder
        .check_params(name, &saved.learners.params, with)?;
    frame.folder.check(&[name])?;
    frame.folder.is_saved();
    let mut learners = saved.learners;
    learners.params = params.clone();
    if let Some(Took { seconds, .. }) = frame.folder.took(name)? {
        learners.seconds = seconds;
    }
    Ok(learners)
}

/// Trains to the end, with progress and savings under a name; with `rows` those of metrics go to metrics.csv.
pub fn train(
    learners: &mut Learners,
    frame: &mut Frame<'_>,
    name: &str,
    with_rows: bool,
) -> anyhow::Result<()> {
    let (threads, (every, stop)) = (frame.threads(), frame.saving());
    let saving = Saving { every, stop: &stop };
    let digests = frame.data.set.digests();
    let (folder, progress, images) = (
        &mut frame.folder,
        &mut frame.progress,
        &frame.data.set.train,
    );
    let mut observe = |event: Event<'_>| match event {
        Event::Trained { images, of } => {
            progress.observe(&experiment::Event::Trained { images, of })
        }
        Event::Measured(rows) => {
            progress.observe(&experiment::Event::Measured(rows))?;
            match with_rows {
                true => folder.add_metrics(rows).map_err(Into::into),
                false => Ok(()),
            }
        }
        Event::Save(learners) => {
            let (seconds, done) = (learners.seconds, learners.presented());
            let kept = Kept {
                learners: learners.clone(),
                data: Some(digests.clone()),
            };
            let written = folder.save(name, &kept.to_bytes()?, Some(Took { seconds, done }));
            written.map_err(Into::into)
        }
    };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .context("threads cannot be started")?;
    let trained: Result<(), ExperimentError> =
        pool.install(|| learners.train(images, saving, &mut observe));
    Ok(trained?)
}

/// Tests networks on images of the test file.
fn test(
    learners: &Learners,
    data: &Dataset,
    tested: &[ClassImages],
) -> anyhow::Result<Vec<(Evaluation, Operations)>> {
    let input = &learners.params.model.input;
    let images = some_as_shown(input, &data.test, indices(tested))?;
    Ok(evaluate(learners, &images, tested))
}

/// What there is to say of each network; `train_seconds` where it was trained now.
fn summaries(
    learners: &Learners,
    evaluations: Vec<(Evaluation, Operations)>,
    train_seconds: Option<f64>,
) -> Vec<NetworkSummary> {
    let tested = learners.networks.iter().zip(evaluations);
    tested
        .map(|(network, (eval, operations))| {
            let (present, all) = network.synapses();
            NetworkSummary {
                seed: network.seed,
                train: train_seconds.map(|seconds| Training {
                    images: network.presented,
                    seconds: Some(seconds),
                    spikes: network.spikes,
                }),
                eval,
                linear_accuracy: None,
                sets: Default::default(),
                weights: Weights {
                    mean: network.mean_weight(),
                    zero_fraction: 1.0 - present as f64 / all as f64,
                },
                operations,
            }
        })
        .collect()
}

/// What is trained by backpropagation.
pub fn described(backprop: &Backprop) -> String {
    let hidden = backprop.hidden;
    let what = match backprop.network {
        Comparator::Softmax => "a softmax regression".into(),
        Comparator::Mlp => format!("{hidden} rectified neurons"),
        Comparator::Cnn => "a convolutional network".into(),
        Comparator::Spiking => format!(
            "{hidden} spiking neurons, {} time steps",
            backprop.time_steps
        ),
    };
    match backprop.sparsity {
        Sparsity::None => format!("{what}, by backpropagation"),
        sparsity => format!("{what}, by backpropagation with {sparsity}"),
    }
}

/// What the test took, of each network.
pub fn operations(replicas: &[NetworkSummary]) -> String {
    let mut text = String::new();
    for replica in replicas {
        let Operations {
            input_per_image,
            hidden_per_image,
            energy_nj_estimate,
            ..
        } = replica.operations;
        let _ = writeln!(
            text,
            "{:>8}  synaptic operations an image: {input_per_image:.0} from the inputs, {hidden_per_image:.0} from neurons; \
             {energy_nj_estimate:.1} nJ by estimate",
            replica.seed
        );
    }
    text
}

/// `eval` of such a checkpoint.
pub fn eval(args: &EvalArgs) -> anyhow::Result<()> {
    if let Some(flag) = args.of_local_rules() {
        anyhow::bail!(
            "{flag} has no meaning for networks that backpropagation has trained: leave it out"
        );
    }
    let Kept {
        learners,
        data: trained_on,
    } = Kept::load(&args.checkpoint)?;
    let params = &learners.params;
    let backend = args.device.open_cpu()?;
    let count: PerClass = args.count(&params.job)?;
    let (data, are_others) = args.load_data(params, trained_on.as_ref())?;
    let network = &params.model.network;
    let unknown = args.sets.check(network, &data.set, args.as_unknown)?;
    let tested = args.tested(network, &data, count)?;
    let mut evaluations = test(&learners, &data.set, &tested)?;
    if args.as_unknown {
        for (evaluation, _) in &mut evaluations {
            *evaluation = evaluation.clone().as_unknown();
        }
    }
    let mut summaries = summaries(&learners, evaluations, None);
    let sets = args.sets.show(params, (&data, &unknown), count, |sets| {
        Ok(answer_sets(&learners, sets))
    })?;
    for (summary, mut sets) in summaries.iter_mut().zip(sets) {
        if args.as_unknown {
            (sets.values_mut()).for_each(|set| set.accuracy = None);
        }
        summary.sets = sets;
    }
    let mut document: Document<'_> = document::document(
        "eval",
        backend.as_ref(),
        params,
        &summaries,
        (&data, are_others),
        None,
    );
    let unfinished = unfinished_after(learners.presented(), params);
    document.notes.extend(unfinished);
    (document.notes.iter()).for_each(|text| note(text, args.device.quiet));
    match args.device.json {
        true => out_json(&document),
        false => out(&document::table(&document)),
    }
}

/// Draws the weights of the inputs of a network, or of these neurons of it alone, each with the class that it speaks most
/// for; nothing where inputs share their weights.
pub fn draw(
    kept: &Kept,
    (replica, neurons): (usize, &[u32]),
    folder: &Path,
    style: &Style,
) -> anyhow::Result<()> {
    let params = &kept.learners.params;
    let network = &kept.learners.networks[replica];
    let Some(weights) = network.first_weights() else {
        return Ok(());
    };
    let neurons_there = weights.ncols();
    super::choices::check_indices(("--neuron", "neuron"), neurons, neurons_there)?;
    let classes = &params.model.network.classes;
    let favourites = network.favourites().into_iter();
    let labels: Vec<Option<u8>> = favourites
        .map(|class| classes.get(class).copied())
        .collect();
    let weights: Vec<f32> = weights.iter().copied().collect();
    let most = weights.iter().fold(0.0f32, |most, &w| most.max(w.abs()));
    let drawn = Drawn {
        params,
        seed: network.seed,
        data: kept.data.as_ref(),
        weights: &weights,
        labels,
        range: (f64::from(-most), f64::from(most)),
        past: &[],
    };
    heatmap::draw(&drawn, neurons, folder, style)
}
