//! Flags that set parameters, and how they are laid over a preset and a file.

use super::data::DataOptions;
use super::run_folder::read_text;
use anyhow::{Context, bail};
use clap::Args;
use spikeprune::params::{
    Params, PruningMode, Rule, TauPrune, Threshold, apply_setting, layered_over,
};
use spikeprune::presets;
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
    let presets: Vec<String> = presets::PRESETS.iter().map(line).collect();
    let presets = presets.join(if at_length { "" } else { "," });
    format!("Parameters to start from [default: the file's, else paper]:{presets}")
}

/// Preset and file first, single parameters over them.
#[derive(Args)]
pub struct ParamOptions {
    #[command(flatten)]
    source: SourceOptions,
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
    preset: Option<String>,
    /// TOML file laid over the preset: any part of what `params` prints; a run's config.toml repeats it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Any parameter by its key, e.g. excitatory.tau_membrane_ms=50; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

#[derive(Args)]
#[command(next_help_heading = "Job")]
struct JobOptions {
    #[arg(long, value_name = "LIST", value_delimiter = ',',
        help = with_default("Labels to learn, in the order of their groups", |p| p.job.label(",")))]
    classes: Option<Vec<u8>>,
    #[arg(long, value_name = "N",
        help = with_default("Excitatory neurons of each class", |p| p.job.neurons_per_class))]
    neurons_per_class: Option<usize>,
    #[arg(long, value_name = "N",
        help = with_default("Neurons of a network without groups, labelled after the training; 0 for groups",
            |p| p.job.neurons))]
    neurons: Option<usize>,
    #[arg(long, value_name = "N",
        help = with_default("Training images by whose answers neurons are labelled; 0 for groups",
            |p| p.job.label_images))]
    label_images: Option<usize>,
    #[arg(long, value_name = "N", help = with_default("Training images of each class", |p| p.job.train_per_class))]
    train_per_class: Option<usize>,
    #[arg(long, value_name = "N",
        help = with_default("Training images of all classes together, as the file has them; 0 to go by class",
            |p| p.job.train_images))]
    train_images: Option<usize>,
    #[arg(long, value_name = "N",
        help = with_default("Test images of each class; 0 for all", |p| p.job.test_per_class))]
    test_per_class: Option<usize>,
    #[arg(long, value_name = "N",
        help = with_default("Validation images of each class, the training images that follow; 0 for none",
            |p| p.job.validation_per_class))]
    validation_per_class: Option<usize>,
    #[arg(long, value_name = "N", help = with_default("Passes over the training images", |p| p.job.epochs))]
    epochs: Option<usize>,
    #[arg(long, value_name = "PIXELS",
        help = with_default("Show each training image shifted by up to so many pixels", |p| p.job.shift_max))]
    shift_max: Option<usize>,
    #[arg(long, value_name = "N",
        help = with_default("Seed of weights, delays, order and input spikes", |p| p.job.seed))]
    seed: Option<u64>,
    #[arg(long, value_name = "N",
        help = with_default("Networks trained at once, with seeds seed, seed + 1, ...", |p| p.job.replicas))]
    replicas: Option<usize>,
    #[arg(long, value_name = "N",
        help = with_default("Training images between two rows of metrics.csv; 0 for the last row alone",
            |p| p.job.metrics_every))]
    metrics_every: Option<usize>,
}

#[derive(Args)]
#[command(next_help_heading = "Model")]
struct ModelOptions {
    #[arg(long, value_name = "MS", help = with_default("Length of a time step, in ms", |p| p.time.dt_ms))]
    dt_ms: Option<f64>,
    #[arg(long, value_name = "RULE", help = with_default("Learning rule", |p| p.learning.rule))]
    rule: Option<Rule>,
    #[arg(long, value_name = "KIND",
        help = with_default("What potentials are compared with in training", |p| p.excitatory.threshold_train))]
    threshold_train: Option<Threshold>,
    #[arg(long, value_name = "KIND",
        help = with_default("What potentials are compared with in testing", |p| p.excitatory.threshold_test))]
    threshold_test: Option<Threshold>,
    #[arg(long, value_name = "MODE",
        help = with_default("When unused weights decay (eq. 5)", |p| p.pruning.mode))]
    pruning: Option<PruningMode>,
    #[arg(long, value_name = "MS",
        help = with_default("Time constant of eq. 5 in ms, or from-job, or from-classes", |p| p.pruning.tau_ms))]
    tau_prune_ms: Option<TauPrune>,
    #[arg(long, value_name = "K", help = with_default("Factor k in the exponent of eq. 5", |p| p.pruning.k))]
    k_prune: Option<f64>,
}

/// Puts a flag's value in its place when the flag was given.
pub fn set<T: Clone>(place: &mut T, flag: &Option<T>) {
    if let Some(value) = flag {
        place.clone_from(value);
    }
}

impl ParamOptions {
    /// The effective parameters, validated.
    pub fn resolve(&self) -> anyhow::Result<Params> {
        let mut params = self.source.resolve_from(None)?;
        self.job.apply(&mut params)?;
        set(&mut params.job.data, self.data.folder());
        self.model.apply(&mut params)?;
        params.validate()?;
        Ok(params)
    }
}

impl SourceOptions {
    /// The parameters, not yet validated as a whole. If neither flag nor file names a preset, they start from
    /// `default`, or else from `paper`.
    pub fn resolve_from(&self, default: Option<&str>) -> anyhow::Result<Params> {
        let (default, preset) = (default.unwrap_or("paper"), self.preset.as_deref());
        let mut params = match &self.config {
            None => layered_over(default, preset, "", "")?,
            Some(path) => {
                let origin = path.display().to_string();
                let text = read_text(path).with_context(|| format!("cannot read {origin}"))?;
                layered_over(default, preset, &text, &origin)?
            }
        };
        for setting in &self.set {
            params = apply_setting(&params, setting)?;
        }
        Ok(params)
    }
}

impl JobOptions {
    fn apply(&self, params: &mut Params) -> anyhow::Result<()> {
        let job = &mut params.job;
        if self.neurons_per_class.is_some() && job.neurons > 0 && self.neurons != Some(0) {
            bail!(
                "--neurons-per-class has no meaning for a network without groups: give --neurons, or --neurons 0 too"
            );
        }
        set(&mut job.classes, &self.classes);
        set(&mut job.neurons_per_class, &self.neurons_per_class);
        set(&mut job.neurons, &self.neurons);
        set(&mut job.label_images, &self.label_images);
        set(&mut job.train_per_class, &self.train_per_class);
        set(&mut job.train_images, &self.train_images);
        set(&mut job.test_per_class, &self.test_per_class);
        set(&mut job.validation_per_class, &self.validation_per_class);
        set(&mut job.epochs, &self.epochs);
        set(&mut job.shift_max, &self.shift_max);
        set(&mut job.seed, &self.seed);
        set(&mut job.replicas, &self.replicas);
        set(&mut job.metrics_every, &self.metrics_every);
        Ok(())
    }
}

impl ModelOptions {
    fn apply(&self, params: &mut Params) -> anyhow::Result<()> {
        set(&mut params.time.dt_ms, &self.dt_ms);
        set(&mut params.learning.rule, &self.rule);
        set(
            &mut params.excitatory.threshold_train,
            &self.threshold_train,
        );
        set(&mut params.excitatory.threshold_test, &self.threshold_test);
        set(&mut params.pruning.mode, &self.pruning);
        set(&mut params.pruning.tau_ms, &self.tau_prune_ms);
        set(&mut params.pruning.k, &self.k_prune);
        if params.pruning.mode == PruningMode::None
            && (self.tau_prune_ms.is_some() || self.k_prune.is_some())
        {
            bail!(
                "--tau-prune-ms and --k-prune have no meaning with pruning none: leave them out or choose --pruning"
            );
        }
        Ok(())
    }
}
