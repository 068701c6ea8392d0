//! What the page takes: elements of script that hold bytes.

use crate::dataset::{Dataset, LabelledImages};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{self, Write};

/// Pixels of the training images and of the test images that a page takes at most: with them it has less than 4 MB of MNIST.
const MOST_TRAIN: usize = 12_000 * 784;
const MOST_TEST: usize = 10_000 * 784;

/// The images of a data set, as IDX files.
pub fn of_data(data: &Dataset) -> io::Result<String> {
    let mut text = String::new();
    for (name, images, most) in [
        ("train", &data.train, MOST_TRAIN),
        ("test", &data.test, MOST_TEST),
    ] {
        let shown = some(images, most / images.shape().len());
        let of = |part| format!("{name}-{part}");
        text += &element(&of("images"), &packed(&idx_images(images, &shown))?);
        text += &element(&of("labels"), &packed(&idx_labels(images, &shown))?);
    }
    Ok(text)
}

/// The first images, or, where a label would have none, the first of each label; in their order.
fn some(images: &LabelledImages, most: usize) -> Vec<usize> {
    let labels = images.labels();
    let kinds = |labels: &[u8]| {
        let mut kinds = labels.to_vec();
        kinds.sort_unstable();
        kinds.dedup();
        kinds.len()
    };
    let first = most.min(labels.len());
    let all = kinds(labels);
    if kinds(&labels[..first]) == all {
        return (0..first).collect();
    }
    let (each, mut taken) = ((most / all).max(1), [0; 256]);
    let mut is_taken = |image: &usize| {
        let of_label = &mut taken[usize::from(labels[*image])];
        *of_label += 1;
        *of_label <= each
    };
    (0..labels.len()).filter(|image| is_taken(image)).collect()
}

/// The IDX format: a magic number, the sides of the array as big-endian words, and its bytes.
fn idx(sides: &[usize]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, sides.len() as u8];
    bytes.extend(sides.iter().flat_map(|&side| (side as u32).to_be_bytes()));
    bytes
}

fn idx_images(images: &LabelledImages, shown: &[usize]) -> Vec<u8> {
    let shape = images.shape();
    let mut sides = vec![shown.len(), shape.height, shape.width];
    sides.extend((shape.channels > 1).then_some(shape.channels));
    let mut bytes = idx(&sides);
    shown
        .iter()
        .for_each(|&image| bytes.extend_from_slice(images.image(image)));
    bytes
}

fn idx_labels(images: &LabelledImages, shown: &[usize]) -> Vec<u8> {
    let mut bytes = idx(&[shown.len()]);
    bytes.extend(shown.iter().map(|&image| images.labels()[image]));
    bytes
}

pub fn packed(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

pub fn element(id: &str, bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    format!("<script type=\"application/octet-stream;base64\" id=\"{id}\">{text}</script>\n")
}
