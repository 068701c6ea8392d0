//! MNIST and sets of the same form: finding, checking and reading the files; noise to test with.
//!
//! The four files, raw or gzip, are read and checked first; the `mnist` crate, which panics on anything it does not
//! expect, sees what has passed. Nothing is written beside them.

mod blur;
mod error;
mod idx;
mod noise;
mod parse;
mod subset;

use std::fmt;
use std::io::Read;
use std::path::Path;
use std::sync::OnceLock;
use std::thread;

use crate::artefact::sha256;
use serde::{Deserialize, Serialize};

pub use error::DatasetError;
#[doc(hidden)]
pub use idx::check_test_labels;
pub use noise::{NoiseKind, add_noise, mean_intensity, noise_images};
pub use subset::{count_of_class, first_of_any, first_of_class};

/// Pixels of an image: 28 rows of 28, one an input of the networks.
pub const PIXELS: usize = crate::params::INPUTS;

/// Images of 784 grey values with a label each, in the order of the file.
#[derive(Clone)]
pub struct LabelledImages {
    /// `labels.len() * PIXELS` values, image by image, row by row.
    pixels: Vec<u8>,
    labels: Vec<u8>,
    /// The digest of both, once it was asked for.
    digest: OnceLock<String>,
}

impl PartialEq for LabelledImages {
    fn eq(&self, other: &Self) -> bool {
        self.labels == other.labels && self.pixels == other.pixels
    }
}

impl Eq for LabelledImages {}

impl LabelledImages {
    /// Joins `n * 784` pixels, image by image and row by row, with `n` labels.
    ///
    /// # Errors
    /// [`DatasetError::Unequal`] when there are not 784 pixels for each label.
    pub fn new(pixels: Vec<u8>, labels: Vec<u8>) -> Result<Self, DatasetError> {
        if labels.len().checked_mul(PIXELS) != Some(pixels.len()) {
            return Err(DatasetError::Unequal {
                pixels: pixels.len(),
                labels: labels.len(),
            });
        }
        Ok(Self {
            pixels,
            labels,
            digest: OnceLock::new(),
        })
    }

    /// The same labels on other pixels, as many as before.
    ///
    /// # Panics
    /// When there are more or fewer pixels.
    #[must_use]
    pub fn with_pixels(&self, pixels: Vec<u8>) -> Self {
        assert_eq!(pixels.len(), self.pixels.len(), "as many pixels as before");
        Self {
            pixels,
            labels: self.labels.clone(),
            digest: OnceLock::new(),
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

    /// The 784 pixels of image `i`, row by row.
    ///
    /// # Panics
    /// When `i` is not below [`len`](Self::len), as indexing a slice does.
    pub fn image(&self, i: usize) -> &[u8] {
        &self.pixels[i * PIXELS..][..PIXELS]
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

    /// What tells these images from all others: the SHA-256 of the labels and the pixels behind them, in hexadecimal.
    pub fn digest(&self) -> &str {
        // Reading from memory cannot fail.
        let both =
            || sha256(self.labels.as_slice().chain(self.pixels.as_slice())).unwrap_or_default();
        self.digest.get_or_init(both)
    }
}

impl fmt::Debug for LabelledImages {
    /// Leaves out the pixels, which are millions.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LabelledImages")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

/// The 60,000 images to train with and the 10,000 to test with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    /// 60,000 images.
    pub train: LabelledImages,
    /// 10,000 images.
    pub test: LabelledImages,
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
    pub fn digests(&self) -> Digests {
        Digests {
            train: self.train.digest().into(),
            test: self.test.digest().into(),
        }
    }
}

/// Reads the four files of MNIST, or of a set of the same form, from `dir`.
///
/// The files are `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`,
/// `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte`, each raw or, with
/// `.gz` added, compressed; the raw one is taken where both are there. A dot
/// in place of the last dash but one (`train-images.idx3-ubyte`) is accepted.
///
/// # Errors
/// The [`DatasetError`] of the first fault found: a file that is missing, unreadable, damaged, or not exactly of the
/// form of MNIST.
pub fn load(dir: &Path) -> Result<Dataset, DatasetError> {
    parse::parse(read(dir)?)
}

/// Whether `dir` holds any of the four files, sound or not.
pub fn holds_any(dir: &Path) -> bool {
    idx::any(dir)
}

/// The four files, checked.
fn read(dir: &Path) -> Result<parse::Files, DatasetError> {
    let [train_images, train_labels, test_images, test_labels] = idx::locate(dir)?;
    // Labels first: they are small, so their faults show at once.
    let [train_labels, test_labels] = read_checked([train_labels, test_labels])?;
    let [train_images, test_images] = read_checked([train_images, test_images])?;
    Ok(parse::Files {
        train_images,
        train_labels,
        test_images,
        test_labels,
    })
}

/// Reads and checks two files, the second in a thread of its own where one can be had.
fn read_checked([first, second]: [idx::Source; 2]) -> Result<[Vec<u8>; 2], DatasetError> {
    thread::scope(|scope| {
        // Not `scope.spawn`, which panics where no thread can be had.
        let beside = thread::Builder::new().spawn_scoped(scope, || second.read_checked());
        let first = first.read_checked();
        let second = match beside {
            Ok(beside) => match beside.join() {
                Ok(second) => second,
                Err(panic) => std::panic::resume_unwind(panic),
            },
            Err(_) => second.read_checked(),
        };
        Ok([first?, second?])
    })
}
