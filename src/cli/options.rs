//! Flags that set parameters, and how they are laid over a preset and a file.

use super::choices::{List, RuleParser, RuleText, choice_list, choices};
use super::data::DataOptions;
use super::output::note;
use super::paths::{bare, path};
use super::text::read_config;
use crate::dataset::Dataset;
use crate::experiment::fitting::{ClassChoice, Fitted, fit};
use crate::params::{
    Architecture, ConfigError, FrontEnd, Layered, MAX_REPLICAS, Measure, MetricsEvery, Params,
    PerClass, PruningMode, Renamed, TauPrune, Threshold, TrainImages, Vote, apply_setting,
    class_list, is_newer, items, layered_onto, layered_over, number, renamed, set_value, unquoted,
    whole, wholes, written_by,
};
use crate::presets;
use anyhow::{Context, bail, ensure};
use clap::Args;
use std::fmt::Display;
use std::path::PathBuf;

/// What a flag does, with its value in the default preset.
fn with_default<T: Display>(what: &str, value: impl Fn(&Params) -> T) -> String {
    format!("{what} [paper: {}]", value(&presets::paper()))
}

/// Help for `--preset`: the names, in the long form with a line for each.
fn preset_help(at_length: bool) -> String {
    let line = |(name, what): &(&str, &str)| match at_length {
        true => format!("\n  {name}: {what}"),
        false => format!(" {name}"),
    };
    let presets: Vec<String> = presets::all().iter().map(line).collect();
    let presets = presets.join(if at_length { "" } else { "," });
    format!("Parameters to start from [default: the file's, else paper]:{presets}")
}

/// Preset and file first, single parameters over them.
#[derive(Args)]
pub struct ParamOptions {
    #[command(flatten)]
    pub source: SourceOptions,
    #[command(flatten)]
    job: JobOptions,
    #[command(flatten)]
    pub data: DataOptions,
    #[command(flatten)]
    model: ModelOptions,
}

/// Preset, file and single settings.
#[derive(Args)]
#[command(next_help_heading = "Parameters")]
pub struct SourceOptions {
    #[arg(long, value_name = "NAME", help = preset_help(false), long_help = preset_help(true))]
    pub preset: Option<String>,
    /// TOML file laid over the preset: any part of what `params` prints; a run's config.toml repeats it; - is
    /// stdin
    #[arg(long, value_parser = path(), value_name = "FILE")]
    config: Option<PathBuf>,
    #[arg(long, help_heading = "Model", value_parser = RuleParser, value_name = "RULE",
        help = with_default("Learning rule: one that has a name, or a formula for the factor of a step", |p| p.model.learning.rule().to_string()))]
    rule: Option<RuleText>,
    /// Any parameter by its key, e.g. excitatory.tau_membrane_ms=50; may be repeated
    ///
    /// All flags and files read values alike: numbers as 0.5, .5 or 5e3, lists as 7,4,6 or [7, 4, 6] (with spaces in
    /// quotes), lists of whole numbers also with ranges, as 1,3-5, and words and paths without quotes.
    #[arg(long, value_parser = bare, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

#[derive(Args)]
#[command(next_help_heading = "Job")]
pub struct JobOptions {
    #[arg(long, value_parser = class_list, value_name = "LIST",
        help = with_default("Classes to learn, in the order of their groups: labels, such as 7,4,6 or 0-9, names, or all",
            |p| p.model.network.label(",")))]
    classes: Option<String>,
    #[arg(long, value_parser = whole::<usize>, value_name = "N",
        conflicts_with_all = ["neurons", "label_images"], help = "Excitatory neurons of each class [paper: 10]")]
    neurons_per_class: Option<usize>,
    #[arg(long, value_parser = whole::<usize>,
        value_name = "N",
        help = "Neurons of a network without groups, labelled after the training [diehl-cook: 100]"
    )]
    pub neurons: Option<usize>,
    #[arg(long, value_parser = whole::<usize>,
        value_name = "N",
        help = "Training images by whose answers such neurons are labelled [diehl-cook: 10000]"
    )]
    label_images: Option<usize>,
    #[arg(long, value_parser = whole::<usize>,
        value_name = "N",
        conflicts_with = "train_images",
        help = "Training images of each class [paper: 5000]"
    )]
    train_per_class: Option<usize>,
    #[arg(long, value_parser = whole::<usize>,
        value_name = "N",
        help = "Training images of all classes together, as the file has them, instead [ten-class: 60000, diehl-cook: 59000]"
    )]
    train_images: Option<usize>,
    #[arg(long, value_name = "N",
        help = with_default("Test images of each class, or all", |p| p.job.test_per_class))]
    test_per_class: Option<PerClass>,
    #[arg(long, value_parser = whole::<usize>, value_name = "N",
        help = with_default("Validation images of each class, the training images that follow; 0 for none",
            |p| p.job.validation_per_class))]
    validation_per_class: Option<usize>,
    #[arg(long, value_parser = whole::<usize>, value_name = "N", help = "Passes over the training images [paper: 1, diehl-cook: 3]")]
    epochs: Option<usize>,
    #[arg(long, value_parser = whole::<usize>, value_name = "PIXELS",
        help = with_default("Show each training image shifted by up to so many pixels", |p| p.job.shift_max))]
    shift_max: Option<usize>,
    #[arg(long, value_parser = whole::<u64>, value_name = "N",
        help = with_default("Seed of weights, delays, order and input spikes", |p| p.job.seed))]
    seed: Option<u64>,
    #[arg(long, value_parser = whole::<usize>, value_name = "N",
        help = with_default("Networks trained at once, with seeds seed, seed + 1, ...", |p| p.job.replicas))]
    pub replicas: Option<usize>,
    #[arg(long, value_name = "N",
        help = with_default("Training images between two rows of metrics.csv, or end for the last row alone",
            |p| p.job.metrics_every))]
    metrics_every: Option<MetricsEvery>,
    #[arg(long, value_name = "LIST", value_parser = choice_list::<Measure>().or_none(),
        help = "What metrics.csv holds beside accuracy and weights: noise, what noise evokes; none for nothing")]
    metrics: Option<List<Measure>>,
}

#[derive(Args)]
#[command(next_help_heading = "Model")]
pub struct ModelOptions {
    #[arg(long, value_parser = number, value_name = "MS", help = with_default("Length of a time step, in ms", |p| p.model.time.dt_ms))]
    dt_ms: Option<f64>,
    #[arg(long, value_parser = choices::<FrontEnd>(), value_name = "KIND",
        help = with_default("What the inputs are given of an image", |p| p.model.input.front_end))]
    front_end: Option<FrontEnd>,
    #[arg(long, value_parser = choices::<Threshold>(), value_name = "KIND",
        help = with_default("What potentials are compared with in training", |p| p.model.excitatory.threshold_train))]
    threshold_train: Option<Threshold>,
    #[arg(long, value_parser = choices::<Threshold>(), value_name = "KIND",
        help = with_default("What potentials are compared with in testing", |p| p.model.excitatory.threshold_test))]
    threshold_test: Option<Threshold>,
    #[arg(long, value_parser = choices::<PruningMode>(), value_name = "MODE",
        help = with_default("When unused weights decay (\"use it or lose it\")", |p| p.model.pruning.mode))]
    pub pruning: Option<PruningMode>,
    #[arg(long, value_name = "MS",
        help = with_default("Time constant of that decay in ms, or from-job, or from-classes", |p| p.model.pruning.tau_ms))]
    tau_prune_ms: Option<TauPrune>,
    #[arg(long, value_parser = number, value_name = "K", help = with_default("Factor k in the exponent of that decay", |p| p.model.pruning.k))]
    k_prune: Option<f64>,
}

/// Refuses a number of networks that no arm, or point of a search, can have.
pub fn check_seeds(seeds: usize) -> anyhow::Result<()> {
    ensure!(
        (1..=MAX_REPLICAS).contains(&seeds),
        "--seeds is {seeds}: it must be in 1..={MAX_REPLICAS}"
    );
    Ok(())
}

/// Puts a flag's value in its place when the flag was given.
pub fn set<T: Clone>(place: &mut T, flag: &Option<T>) {
    if let Some(value) = flag {
        place.clone_from(value);
    }
}

/// The words of a list of classes.
pub fn words(list: &str) -> anyhow::Result<Vec<String>> {
    let found = items(list)?.into_iter().map(unquoted);
    let found: Vec<String> = found.collect::<Result<_, _>>()?;
    match &found[..] {
        // A list in quotes, as cmd.exe passes them on.
        [one] if one.contains(',') && wholes::<u8>(one).is_ok() => words(one),
        _ => Ok(found),
    }
}

/// Says which keys have other names now.
pub fn note_renamed(renamed: impl IntoIterator<Item = Renamed>, quiet: bool) {
    for Renamed { old, new } in renamed {
        note(&format!("{old} is {new} now"), quiet);
    }
}

/// Parameters as they are asked for, before the data have their say.
pub struct Asked {
    pub params: Params,
    pub classes: ClassChoice,
}

impl Asked {
    /// Refuses parameters that make no sense, as far as that can be told without the data.
    pub fn validate(&self) -> anyhow::Result<()> {
        let mut params = self.params.clone();
        let network = &mut params.model.network;
        if network.is_open() {
            // As few as there can be: the data say how many there are.
            network.classes = vec![0];
            network.names.clear();
        }
        Ok(params.validate()?)
    }

    /// The parameters as they fit the data; what that changes is told.
    pub fn fit(&self, data: &Dataset, quiet: bool) -> anyhow::Result<Params> {
        let Fitted { params, notes } = fit(&self.params, self.classes, data)?;
        (notes.iter()).for_each(|adapted| note(&adapted.to_string(), quiet));
        Ok(params)
    }
}

impl ParamOptions {
    /// The parameters that flags and file ask for.
    pub fn resolve(&self, quiet: bool) -> anyhow::Result<Asked> {
        self.complete(self.source.resolve_from(None, quiet)?)
    }

    /// What is left of the flags over preset, file and settings.
    pub fn complete(&self, mut asked: Asked) -> anyhow::Result<Asked> {
        self.job.apply(&mut asked)?;
        self.data.apply(&mut asked.params.job);
        self.model.apply(&mut asked.params);
        let prunes = asked.params.model.pruning.mode != PruningMode::None;
        self.model.check(prunes, "--pruning")?;
        asked.validate()?;
        Ok(asked)
    }
}

impl SourceOptions {
    /// The parameters, not yet validated as a whole. If neither flag nor file names a preset, they start from
    /// `default`, or else from `paper`.
    pub fn resolve_from(&self, default: Option<&str>, quiet: bool) -> anyhow::Result<Asked> {
        self.laid(default.unwrap_or("paper"), None, &self.text()?, quiet)
    }

    /// The file, where there is one: what people call it, and its text.
    pub fn text(&self) -> anyhow::Result<Option<(String, String)>> {
        self.config.as_deref().map(read_config).transpose()
    }

    /// File and settings over a preset, or over other parameters.
    pub fn laid(
        &self,
        default: &str,
        base: Option<&Params>,
        file: &Option<(String, String)>,
        quiet: bool,
    ) -> anyhow::Result<Asked> {
        let over = |text: &str, origin: &str| match base {
            Some(base) => layered_onto(base, text, origin),
            None => layered_over(default, self.preset.as_deref(), text, origin),
        };
        let Layered {
            mut params,
            gives_classes,
            renamed: of_file,
        } = match file {
            None => over("", "")?,
            Some((origin, text)) => laid_over(over(text, origin), origin, text, quiet)?,
        };
        // Before settings, which may change what a rule brings.
        if let Some(RuleText(rule)) = &self.rule {
            params.model.learning.set_rule(rule);
        }
        for setting in &self.set {
            params = apply_setting(&params, setting)?;
        }
        let of_settings = self.set.iter().filter_map(|setting| renamed(setting));
        note_renamed(of_file.into_iter().chain(of_settings), quiet);
        let sets_classes = |setting: &String| setting.trim_start().starts_with("network.classes");
        let classes = match gives_classes || self.set.iter().any(sets_classes) {
            true => ClassChoice::AsGiven,
            false => ClassChoice::OfPreset,
        };
        Ok(Asked { params, classes })
    }
}

/// Parameters with a file laid over them; one of a newer version is told.
fn laid_over(
    layered: Result<Layered, ConfigError>,
    origin: &str,
    text: &str,
    quiet: bool,
) -> anyhow::Result<Layered> {
    let Some(version) = written_by(text).filter(|version| is_newer(version)) else {
        return Ok(layered?);
    };
    let this = env!("CARGO_PKG_VERSION");
    let newer = format!("{origin} is of spikeprune {version}, which is newer than this {this}");
    if layered.is_ok() {
        note(&newer, quiet);
    }
    layered.context(newer)
}

impl JobOptions {
    pub fn apply(&self, asked: &mut Asked) -> anyhow::Result<()> {
        let Asked { params, classes } = asked;
        if let Some(list) = &self.classes {
            *params = set_value(params, "network.classes", list, "--classes")?;
            *classes = ClassChoice::AsGiven;
        }
        self.apply_vote(&mut params.model.network)?;
        let job = &mut params.job;
        if let Some(images) = self.train_per_class {
            job.train = TrainImages::PerClass(images);
        }
        if let Some(images) = self.train_images {
            job.train = TrainImages::InAll(images);
        }
        set(&mut job.test_per_class, &self.test_per_class);
        set(&mut job.validation_per_class, &self.validation_per_class);
        set(&mut job.epochs, &self.epochs);
        set(&mut job.shift_max, &self.shift_max);
        set(&mut job.seed, &self.seed);
        set(&mut job.replicas, &self.replicas);
        set(&mut job.metrics_every, &self.metrics_every);
        set(&mut job.metrics, &self.metrics);
        Ok(())
    }

    fn apply_vote(&self, network: &mut Architecture) -> anyhow::Result<()> {
        match (&mut network.vote, self.neurons_per_class) {
            (Vote::Groups { neurons_per_class }, Some(per_class)) => *neurons_per_class = per_class,
            (Vote::Labels { .. }, Some(_)) => bail!(
                "--neurons-per-class has no meaning for a network without groups: give --neurons, or \
                 --set network.groups.neurons_per_class"
            ),
            (Vote::Labels { neurons, images }, None) => {
                set(neurons, &self.neurons);
                set(images, &self.label_images);
            }
            (Vote::Groups { .. }, None) => match (self.neurons, self.label_images) {
                (None, None) => {}
                (neurons, Some(images)) => {
                    let neurons = neurons.unwrap_or_else(|| network.neurons());
                    network.vote = Vote::Labels { neurons, images };
                }
                (Some(_), None) => bail!(
                    "--neurons is for networks whose neurons are labelled after the training: give --label-images too, \
                     or --neurons-per-class"
                ),
            },
        }
        Ok(())
    }
}

impl ModelOptions {
    pub fn apply(&self, params: &mut Params) {
        set(&mut params.model.time.dt_ms, &self.dt_ms);
        set(&mut params.model.input.front_end, &self.front_end);
        set(
            &mut params.model.excitatory.threshold_train,
            &self.threshold_train,
        );
        set(
            &mut params.model.excitatory.threshold_test,
            &self.threshold_test,
        );
        set(&mut params.model.pruning.mode, &self.pruning);
        set(&mut params.model.pruning.tau_ms, &self.tau_prune_ms);
        set(&mut params.model.pruning.k, &self.k_prune);
    }

    /// Refuses what has no meaning if no network prunes; `flag` chooses that.
    pub fn check(&self, prunes: bool, flag: &str) -> anyhow::Result<()> {
        ensure!(
            prunes || (self.tau_prune_ms.is_none() && self.k_prune.is_none()),
            "--tau-prune-ms and --k-prune have no meaning with pruning none: leave them out or choose {flag}"
        );
        Ok(())
    }
}
