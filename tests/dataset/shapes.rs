//! Data sets of any shape, number of images, labels and names of files.

use crate::idx::{Idx, images, labels, qmnist_labels};
use spikeprune::dataset::{ImageShape, LabelledImages, Part, Reading, load, load_as};
use std::fs;
use tempfile::TempDir;

/// Images whose pixels tell the image and the place.
fn pixels(count: usize, len: usize) -> Vec<u8> {
    (0..count * len)
        .map(|at| (at / len * 10 + at % len) as u8)
        .collect()
}

fn folder(files: &[(&str, Idx)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, file) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, file.bytes()).unwrap();
    }
    folder
}

#[test]
fn any_counts_and_labels() {
    let folder = folder(&[
        (
            "train-images-idx3-ubyte",
            images(&[5, 3, 4], &pixels(5, 12)),
        ),
        ("train-labels-idx1-ubyte", labels(&[255, 26, 1, 26, 0])),
        ("t10k-images-idx3-ubyte", images(&[2, 3, 4], &pixels(2, 12))),
        ("t10k-labels-idx1-ubyte", labels(&[1, 255])),
    ]);
    let set = load(folder.path()).unwrap();
    assert_eq!(set.train.shape(), ImageShape::grey(3, 4));
    assert_eq!(set.train.labels(), [255, 26, 1, 26, 0]);
    assert_eq!(set.train.classes(), [0, 1, 26, 255]);
    assert_eq!(set.test.image(1), &pixels(2, 12)[12..]);
    let other = LabelledImages::new(
        ImageShape::grey(4, 3),
        set.train.pixels().to_vec(),
        set.train.labels().to_vec(),
    );
    assert_ne!(set.train.digest(), other.unwrap().digest());
}

#[test]
fn names_of_emnist_qmnist_and_torchvision() {
    let part = |set: &str, part: &str| {
        [
            (
                format!("{set}{part}-images-idx3-ubyte"),
                images(&[3, 2, 2], &pixels(3, 4)),
            ),
            (format!("{set}{part}-labels-idx1-ubyte"), labels(&[1, 2, 1])),
        ]
    };
    let write = |files: Vec<(String, Idx)>| {
        let files: Vec<_> = files
            .iter()
            .map(|(name, file)| (name.as_str(), file.clone()))
            .collect();
        folder(&files)
    };
    // Of several sets one is named; of one alone the folder.
    let two = ["raw/emnist-letters-", "raw/emnist-digits-"]
        .map(|set| [part(set, "train"), part(set, "test")].concat());
    let emnist = write(two.concat());
    let message = load(emnist.path()).unwrap_err().to_string();
    assert!(
        message.contains("several data sets") && message.contains("emnist-letters"),
        "{message}"
    );
    let named = load(&emnist.path().join("raw/emnist-letters")).unwrap();
    assert_eq!((named.train.len(), named.test.len()), (3, 3));
    let one = write(
        [
            part("raw/emnist-letters-", "train"),
            part("raw/emnist-letters-", "test"),
        ]
        .concat(),
    );
    assert_eq!(load(one.path()).unwrap(), named);
    // Two folders with a set each are two sets, whatever their files are called.
    let both = write([part("fashion/", "train"), part("mnist/", "train")].concat());
    let message = load(both.path()).unwrap_err().to_string();
    assert!(
        message.contains("several data sets") && message.contains("fashion"),
        "{message}"
    );

    let qmnist = folder(&[
        (
            "qmnist-train-images-idx3-ubyte",
            images(&[3, 2, 2], &pixels(3, 4)),
        ),
        ("qmnist-train-labels-idx2-int", qmnist_labels(&[1, 2, 1])),
        (
            "qmnist-test-images-idx3-ubyte",
            images(&[3, 2, 2], &pixels(3, 4)),
        ),
        ("qmnist-test-labels-idx2-int", qmnist_labels(&[1, 2, 1])),
    ]);
    assert_eq!(load(qmnist.path()).unwrap(), named);
}

#[test]
fn one_part_alone() {
    let labels_of = labels(&[0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
    let train = folder(&[
        (
            "train-images-idx3-ubyte",
            images(&[10, 2, 2], &pixels(10, 4)),
        ),
        ("train-labels-idx1-ubyte", labels_of.clone()),
    ]);
    let set = load(train.path()).unwrap();
    assert_eq!((set.train.len(), set.test.len()), (8, 2));
    assert_eq!(set.test.classes(), [0, 1]);
    assert_ne!(load_as(train.path(), &Reading::default(), 1).unwrap(), set);

    let test = folder(&[
        (
            "t10k-images-idx3-ubyte",
            images(&[10, 2, 2], &pixels(10, 4)),
        ),
        ("t10k-labels-idx1-ubyte", labels_of),
    ]);
    let set = load(test.path()).unwrap();
    assert_eq!((set.train.len(), set.test.len()), (0, 10));
    assert_eq!(Part::Test.to_string(), "test");
}

/// Two or four dimensions, and what is done while reading.
#[test]
fn vectors_colours_and_readings() {
    let with = |dimensions: &[u32], reading: &Reading| {
        let len: u32 = dimensions[1..].iter().product();
        let folder = folder(&[
            (
                "train-images-idx3-ubyte",
                images(dimensions, &pixels(2, len as usize)),
            ),
            ("train-labels-idx1-ubyte", labels(&[3, 4])),
        ]);
        load_as(folder.path(), reading, 0).map(|set| set.train)
    };
    let plain = Reading::default();
    let shape = |dimensions: &[u32]| with(dimensions, &plain).unwrap().shape().to_string();
    assert_eq!(shape(&[2, 9]), "3x3");
    assert_eq!(shape(&[2, 10]), "1x10");
    assert_eq!(shape(&[2, 2, 3, 3]), "2x3x3");
    for dimensions in [&[2, 2, 3, 2][..], &[2, 0, 3]] {
        let message = with(dimensions, &plain).unwrap_err().to_string();
        assert!(
            message.contains("expected images of rows and columns"),
            "{message}"
        );
    }
    let turned = Reading {
        transpose: true,
        invert: true,
        labels_from: 3,
        size: "6x4".parse().unwrap(),
        ..plain
    };
    let read = with(&[2, 2, 3], &turned).unwrap();
    assert_eq!(read.shape(), ImageShape::grey(6, 4));
    assert_eq!(read.classes(), [0, 1]);
    let low = Reading {
        labels_from: 4,
        ..plain
    };
    let message = with(&[2, 2, 3], &low).unwrap_err().to_string();
    assert!(
        message.contains("expected labels 4 to 259, found 3 as label number 0"),
        "{message}"
    );
}
