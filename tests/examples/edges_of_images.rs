//! What the front end of oriented edges makes of a data set, as arrays for other programs: images and labels of both
//! parts, pixels and edges. `tests/compare/logistic_regression.py` reads them.
//!
//!     cargo run --release --example edges_of_images -- data edges.npz

use spikeprune::dataset::{LabelledImages, load};
use spikeprune::front_end::OrientedEdges;
use spikeprune::params::Edges;
use spikeprune::report::{Values, encode_npz};
use std::error::Error;
use std::path::Path;

/// Answers to all images, one after another.
fn answers(images: &LabelledImages, edges: &OrientedEdges, inputs: usize) -> Vec<u8> {
    let mut answers = vec![0; images.len() * inputs];
    for (image, of_image) in answers.chunks_exact_mut(inputs).enumerate() {
        edges.encode(images.image(image), of_image);
    }
    answers
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut given = std::env::args().skip(1);
    let (Some(data), Some(file)) = (given.next(), given.next()) else {
        return Err("expected a data set and the file to write".into());
    };
    let (set, parameters) = (load(Path::new(&data))?, Edges::default());
    let mut archive = Vec::new();
    let (image, cells) = (set.train.shape(), parameters.cells(set.train.shape()));
    let (edges, inputs) = (OrientedEdges::new(image, &parameters), cells.len());
    let encoded = [&set.train, &set.test].map(|part| answers(part, &edges, inputs));
    let parts = [("train", &set.train), ("test", &set.test)];
    for ((part, images), answers) in parts.into_iter().zip(&encoded) {
        let shaped = |side: usize| vec![images.len() as u64, side as u64];
        archive.extend([
            (
                format!("pixels_{part}"),
                shaped(image.len()),
                images.pixels(),
            ),
            (format!("edges_{part}"), shaped(inputs), answers),
            (
                format!("labels_{part}"),
                vec![images.len() as u64],
                images.labels(),
            ),
        ]);
    }
    let arrays: Vec<_> = archive
        .iter()
        .map(|(name, shape, values)| (name.as_str(), shape.clone(), Values::U8(values)))
        .collect();
    std::fs::write(file, encode_npz(&arrays)?)?;
    Ok(())
}
