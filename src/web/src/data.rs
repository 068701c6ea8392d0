//! The images that networks learn and are tested with.

use crate::errors::thrown;
use crate::objects::object;
use serde::Serialize;
use spikeprune::dataset::{
    Dataset, LabelledImages, Reading, count_of_class, first_of_class, load_files,
};
use wasm_bindgen::{JsError, JsValue};

/// What the page is told of a data set.
#[derive(Serialize)]
struct Summary {
    width: usize,
    height: usize,
    labels: Vec<Label>,
}

#[derive(Serialize)]
struct Label {
    label: u8,
    name: String,
    /// Images to train with, and to test with.
    train: usize,
    test: usize,
}

/// Reads files by their names, as the library reads a folder.
pub fn read(files: Vec<(String, Vec<u8>)>) -> Result<Dataset, JsError> {
    load_files(files, &Reading::default(), 0).map_err(thrown)
}

pub fn summary(data: &Dataset) -> Result<JsValue, JsError> {
    let shape = data.train.shape();
    let label = |label: u8| Label {
        label,
        name: data.name_of(label),
        train: count_of_class(&data.train, label),
        test: count_of_class(&data.test, label),
    };
    object(&Summary {
        width: shape.width,
        height: shape.height,
        labels: data.classes().into_iter().map(label).collect(),
    })
}

/// The nth image of a label.
pub fn image(images: &LabelledImages, label: u8, nth: usize) -> Result<Vec<u8>, JsError> {
    let found = first_of_class(images, label, nth, 1).map_err(thrown)?;
    Ok(images.image(found[0] as usize).to_vec())
}
