//! Parameters as TOML, which the package reads.

use crate::errors::exception;
use pyo3::prelude::*;
use spikeprune::params::{
    Params, PerClass, TrainImages, Vote, layered, parameters, set_value, to_toml,
};
use spikeprune::presets::PRESETS;

/// Reads a whole set of parameters.
pub fn read(toml: &str) -> PyResult<Params> {
    Ok(layered(None, toml, "parameters").map_err(exception)?.params)
}

/// A preset with a text of TOML and then single settings laid over it. A rule comes before the settings, which may change
/// what it brings.
#[pyfunction]
#[pyo3(signature = (preset, config, rule, settings))]
pub fn resolve(
    preset: Option<&str>,
    config: &str,
    rule: Option<&str>,
    settings: Vec<(String, String)>,
) -> PyResult<String> {
    let mut params = layered(preset, config, "config").map_err(exception)?.params;
    if let Some(rule) = rule {
        params.model.learning.set_rule(rule);
    }
    for (key, value) in settings {
        let origin = format!("set: {key}={value}");
        params = set_value(&params, &key, &value, &origin).map_err(exception)?;
    }
    Ok(to_toml(&params))
}

/// Parameters made to fit images in memory and their labels: those to train on, then those to validate with.
#[pyfunction]
pub fn fitted(
    toml: &str,
    shape: (usize, usize, usize),
    classes: Vec<u8>,
    names: Vec<String>,
    images: (usize, usize),
) -> PyResult<String> {
    let (images, validation) = images;
    let mut params = read(toml)?;
    let per_class = validation.div_ceil(classes.len().max(1));
    let (input, network, job) = (
        &mut params.model.input,
        &mut params.model.network,
        &mut params.job,
    );
    (input.height, input.width, input.channels) = shape;
    (network.classes, network.names) = (classes, names);
    if let Vote::Labels { images: label, .. } = &mut network.vote {
        *label = (*label).min(images);
    }
    job.train = TrainImages::InAll(images);
    (job.test_per_class, job.validation_per_class) = (PerClass::All, per_class);
    if input.height == 1 || input.width == 1 {
        // A row of features has no picture to shift.
        job.shift_max = 0;
    }
    params.validate().map_err(exception)?;
    Ok(to_toml(&params))
}

/// Names of the presets, and what each is.
#[pyfunction]
pub fn presets() -> Vec<(&'static str, &'static str)> {
    PRESETS.to_vec()
}

/// Every parameter: key, meaning, unit, allowed numbers, words.
type Explained = (
    String,
    String,
    Option<&'static str>,
    Option<String>,
    Vec<(String, String)>,
);

#[pyfunction]
pub fn explain() -> Vec<Explained> {
    let explained = |parameter: &spikeprune::params::Parameter| {
        (
            parameter.key.clone(),
            parameter.meaning.clone(),
            parameter.unit,
            parameter.allowed.numbers.map(|numbers| numbers.to_string()),
            parameter.allowed.words.clone(),
        )
    };
    parameters().iter().map(explained).collect()
}

/// Which networks may be trained side by side: for each set of parameters the first one that it goes with.
#[pyfunction]
pub fn companions(tomls: Vec<String>) -> PyResult<Vec<usize>> {
    let mut kinds = Vec::new();
    for toml in &tomls {
        kinds.push(read(toml)?.side_by_side().map_err(exception)?);
    }
    let first = |kind| {
        kinds
            .iter()
            .position(|other| other == kind)
            .unwrap_or_default()
    };
    Ok(kinds.iter().map(first).collect())
}
