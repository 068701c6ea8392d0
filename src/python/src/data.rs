//! Data sets from files.

use crate::errors::exception;
use crate::patience;
use numpy::{
    PyArray1, PyArray2, PyArray4, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2,
    PyUntypedArrayMethods,
};
use pyo3::prelude::*;
use spikeprune::dataset::{Dataset, ImageShape, LabelledImages, Reading, load_as};
use std::path::PathBuf;

/// Images `[n, height, width, channels]` and labels `[n]`.
type Arrays<'py> = (Bound<'py, PyArray4<u8>>, Bound<'py, PyArray1<u8>>);

/// Reads the data at a path: images and labels to train with, to test with, names of the labels.
#[pyfunction]
pub fn load<'py>(
    py: Python<'py>,
    path: PathBuf,
    reading: &str,
    seed: u64,
) -> PyResult<(Arrays<'py>, Arrays<'py>, Vec<String>)> {
    let reading: Reading = serde_json::from_str(reading).map_err(exception)?;
    let data = patience::run(py, None, |_| {
        // Threads of its own, which a fork of this process does not miss.
        let pool = rayon::ThreadPoolBuilder::new().build().map_err(exception)?;
        let read = pool.install(|| load_as(&path, &reading, seed));
        read.map_err(exception)
    })?;
    Ok((
        arrays(py, &data.train)?,
        arrays(py, &data.test)?,
        data.names,
    ))
}

fn arrays<'py>(py: Python<'py>, images: &LabelledImages) -> PyResult<Arrays<'py>> {
    let shape = images.shape();
    let pixels = PyArray1::from_slice(py, images.pixels());
    let pixels = pixels.reshape([images.len(), shape.height, shape.width, shape.channels])?;
    Ok((pixels, PyArray1::from_slice(py, images.labels())))
}

/// Numbers `[n, pixels]` as intensities: `low` becomes 0, `high` 255, what lies outside is cut.
#[pyfunction]
pub fn intensities<'py>(
    py: Python<'py>,
    values: PyReadonlyArray2<'py, f64>,
    low: f64,
    high: f64,
) -> PyResult<Bound<'py, PyArray2<u8>>> {
    let shape = [values.shape()[0], values.shape()[1]];
    let values = values.as_slice()?;
    // Halves: the difference of two large numbers may be none.
    let span = high / 2.0 - low / 2.0;
    let intensity = |&value: &f64| {
        let scaled = (value / 2.0 - low / 2.0) / span * 255.0;
        scaled.round_ties_even().clamp(0.0, 255.0) as u8
    };
    let shown: Vec<u8> = py.detach(|| values.iter().map(intensity).collect());
    PyArray1::from_vec(py, shown).reshape(shape)
}

/// A shape, height, width and channels.
pub fn shape_of((height, width, channels): (usize, usize, usize)) -> ImageShape {
    ImageShape {
        height,
        width,
        channels,
    }
}

/// Images `[n, pixels]` and labels `[n]` from memory.
pub fn images(
    pixels: &PyReadonlyArray2<'_, u8>,
    labels: &PyReadonlyArray1<'_, u8>,
    shape: ImageShape,
) -> PyResult<LabelledImages> {
    let (pixels, labels) = (pixels.as_slice()?.to_vec(), labels.as_slice()?.to_vec());
    LabelledImages::new(shape, pixels, labels).map_err(exception)
}

/// The same to train with, and nothing to test with.
pub fn to_train(images: LabelledImages, names: Vec<String>) -> Dataset {
    Dataset {
        test: LabelledImages::none(images.shape()),
        train: images,
        names,
    }
}
