//! Images with their labels, and what tells them from others.

use super::{DatasetError, ImageShape};
use crate::artefact::sha256;
use crate::threads::both;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io::Read;
use std::sync::OnceLock;

/// The digest of the training images of MNIST.
const MNIST_TRAIN: &str = "a454de301763d749ccfd1ebb5add77d549bcd2125320df72efaa88e014fca0f0";

/// Images of one shape with a label each, in the order of their source.
#[derive(Clone)]
pub struct LabelledImages {
    shape: ImageShape,
    /// `labels.len() * shape.len()` values, image by image.
    pixels: Vec<u8>,
    labels: Vec<u8>,
    /// The digest of all, once it was asked for.
    digest: OnceLock<String>,
}

impl PartialEq for LabelledImages {
    fn eq(&self, other: &Self) -> bool {
        self.shape == other.shape && self.labels == other.labels && self.pixels == other.pixels
    }
}

impl Eq for LabelledImages {}

impl LabelledImages {
    /// Joins the pixels of images, image by image, row by row, the channels of a pixel together, with their labels.
    ///
    /// # Errors
    /// [`DatasetError::Unequal`] when there are not `shape.len()` values for each label.
    pub fn new(shape: ImageShape, pixels: Vec<u8>, labels: Vec<u8>) -> Result<Self, DatasetError> {
        if shape.is_empty() || labels.len().checked_mul(shape.len()) != Some(pixels.len()) {
            return Err(DatasetError::Unequal {
                shape,
                pixels: pixels.len(),
                labels: labels.len(),
            });
        }
        Ok(Self {
            shape,
            pixels,
            labels,
            digest: OnceLock::new(),
        })
    }

    /// No images of a shape.
    pub fn none(shape: ImageShape) -> Self {
        Self {
            shape,
            pixels: Vec::new(),
            labels: Vec::new(),
            digest: OnceLock::new(),
        }
    }

    /// Other labels on the same pixels, as many as before.
    ///
    /// # Panics
    /// When there are more or fewer labels.
    #[must_use]
    pub fn with_labels(&self, labels: Vec<u8>) -> Self {
        assert_eq!(labels.len(), self.labels.len(), "as many labels as before");
        Self {
            shape: self.shape,
            pixels: self.pixels.clone(),
            labels,
            digest: OnceLock::new(),
        }
    }

    /// The shape of each image.
    pub fn shape(&self) -> ImageShape {
        self.shape
    }

    /// Whether these are the training images of MNIST, as it was published.
    pub fn is_mnist(&self) -> bool {
        (self.shape, self.len()) == (ImageShape::MNIST, 60_000) && self.digest() == MNIST_TRAIN
    }

    /// Checks that the images have the shape that a network takes.
    ///
    /// # Errors
    /// When they have another.
    pub fn check_shape(&self, network: ImageShape) -> Result<(), DatasetError> {
        match self.shape() {
            images if images == network => Ok(()),
            images => Err(DatasetError::OtherShape { images, network }),
        }
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are no images.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The pixels of image `i`, row by row.
    ///
    /// # Panics
    /// When `i` is not below [`len`](Self::len), as indexing a slice does.
    pub fn image(&self, i: usize) -> &[u8] {
        &self.pixels[i * self.shape.len()..][..self.shape.len()]
    }

    /// The label of image `i`.
    ///
    /// # Panics
    /// When `i` is not below [`len`](Self::len), as indexing a slice does.
    pub fn label(&self, i: usize) -> u8 {
        self.labels[i]
    }

    /// All pixels, image by image, row by row.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// All labels, in the order of the images.
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }

    /// The labels that there are, in ascending order.
    pub fn classes(&self) -> Vec<u8> {
        let mut there = [false; 256];
        for &label in &self.labels {
            there[usize::from(label)] = true;
        }
        (0..=u8::MAX)
            .filter(|&label| there[usize::from(label)])
            .collect()
    }

    /// What tells these images from all others: the SHA-256 of the labels and the pixels behind them, in hexadecimal;
    /// before them their shape, where it is not that of MNIST.
    pub fn digest(&self) -> &str {
        let shape = match self.shape {
            ImageShape::MNIST => String::new(),
            shape => format!("{shape}\n"),
        };
        let all = || {
            let read = shape.as_bytes().chain(self.labels.as_slice());
            // Reading from memory cannot fail.
            sha256(read.chain(self.pixels.as_slice())).unwrap_or_default()
        };
        self.digest.get_or_init(all)
    }
}

impl fmt::Debug for LabelledImages {
    /// Leaves out the pixels, which are millions.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LabelledImages")
            .field("shape", &self.shape)
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

/// Images to train with and images to test with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    pub train: LabelledImages,
    /// Of the same shape; there may be none.
    pub test: LabelledImages,
    /// What the labels mean: the name of label 0, of label 1 and so on. Empty where the data do not say so.
    pub names: Vec<String>,
}

/// What tells the images of a data set from all others: [`LabelledImages::digest`] of both parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digests {
    pub train: String,
    pub test: String,
}

/// The two parts of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Training,
    Test,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Training => "training",
            Self::Test => "test",
        })
    }
}

/// A part of a data set that is not the one expected, with both digests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherImages {
    pub part: Part,
    pub expected: String,
    pub found: String,
}

impl Digests {
    /// Checks that these are the data expected.
    ///
    /// # Errors
    /// The first part that differs.
    pub fn check(&self, found: &Self) -> Result<(), OtherImages> {
        for (part, expected, found) in [
            (Part::Training, &self.train, &found.train),
            (Part::Test, &self.test, &found.test),
        ] {
            if expected != found {
                return Err(OtherImages {
                    part,
                    expected: expected.clone(),
                    found: found.clone(),
                });
            }
        }
        Ok(())
    }
}

impl fmt::Display for Digests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { train, test } = self;
        write!(
            f,
            "training images sha256 {train}, test images sha256 {test}"
        )
    }
}

impl Dataset {
    /// What a label is called: its name, where it has one.
    pub fn name_of(&self, label: u8) -> String {
        match self.names.get(usize::from(label)) {
            Some(name) => name.clone(),
            None => label.to_string(),
        }
    }

    /// The labels that there are in either part, in ascending order.
    pub fn classes(&self) -> Vec<u8> {
        let mut all = [self.train.classes(), self.test.classes()].concat();
        all.sort_unstable();
        all.dedup();
        all
    }

    pub fn digests(&self) -> Digests {
        let (train, test) = both(|| self.train.digest(), || self.test.digest());
        Digests {
            train: train.into(),
            test: test.into(),
        }
    }
}
