//! MNIST and sets of the same form: finding, checking and reading the files; noise to test with.
//!
//! The four files are parsed by the `mnist` crate, which panics on anything it
//! does not expect. So each file, raw or gzip, is first copied to a private
//! temporary folder and checked on the way; the parser sees only those copies.

mod blur;
mod error;
mod idx;
mod noise;
mod scratch;
mod subset;

use std::fmt;
use std::path::Path;
use std::thread;

use mnist::{Mnist, MnistBuilder};

pub use error::DatasetError;
#[doc(hidden)]
pub use idx::check_test_labels;
pub use noise::{NoiseKind, add_noise, mean_intensity, noise_images};
pub use subset::{count_of_class, first_of_any, first_of_class};

/// Pixels of an image: 28 rows of 28, one an input of the networks.
pub const PIXELS: usize = crate::params::INPUTS;

/// Images of 784 grey values with a label each, in the order of the file.
#[derive(Clone, PartialEq, Eq)]
pub struct LabelledImages {
    /// `labels.len() * PIXELS` values, image by image, row by row.
    pixels: Vec<u8>,
    labels: Vec<u8>,
}

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
        Ok(Self { pixels, labels })
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

/// Reads the four files of MNIST, or of a set of the same form, from `dir`.
///
/// The files are `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`,
/// `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte`, each raw or, with
/// `.gz` added, compressed; the raw one is taken where both are there. A dot
/// in place of the last dash but one (`train-images.idx3-ubyte`) is accepted.
///
/// # Errors
/// The [`DatasetError`] of the first fault found: a file that is missing,
/// unreadable, damaged, or not exactly of the form of MNIST, or a temporary
/// folder that cannot take 55 MB of copies.
pub fn load(dir: &Path) -> Result<Dataset, DatasetError> {
    let [train_images, train_labels, test_images, test_labels] = idx::locate(dir)?;

    let scratch = scratch::Scratch::new()?;
    // Labels first: they are small, so their faults show at once.
    copy_checked(&[train_labels, test_labels], scratch.path())?;
    copy_checked(&[train_images, test_images], scratch.path())?;
    parse(scratch.path())
}

/// Checks the files, each in a thread of its own, and copies them to `folder`.
fn copy_checked(sources: &[idx::Source], folder: &Path) -> Result<(), DatasetError> {
    let mut outcomes: Vec<Result<(), DatasetError>> = Vec::new();
    outcomes.resize_with(sources.len(), || Ok(()));
    thread::scope(|scope| {
        for (source, outcome) in sources.iter().zip(&mut outcomes) {
            // Not `scope.spawn`, which panics where no thread can be had.
            thread::Builder::new()
                .spawn_scoped(scope, move || *outcome = source.copy_checked(folder))
                .map_err(|cause| DatasetError::Thread { cause })?;
        }
        Ok(())
    })?;
    outcomes.into_iter().collect()
}

/// Parses four raw files that have been checked and that nobody else writes.
fn parse(folder: &Path) -> Result<Dataset, DatasetError> {
    let base = folder.to_str().ok_or_else(|| DatasetError::ScratchName {
        path: folder.to_path_buf(),
    })?;
    let Mnist {
        mut trn_img,
        mut trn_lbl,
        tst_img,
        tst_lbl,
        ..
    } = MnistBuilder::new()
        .base_path(base)
        .label_format_digit()
        .training_set_length(idx::TRAIN_COUNT)
        .validation_set_length(0)
        .test_set_length(idx::TEST_COUNT)
        .finalize();
    // The parser splits the sets off one long vector, which keeps its size.
    trn_img.shrink_to_fit();
    trn_lbl.shrink_to_fit();
    Ok(Dataset {
        train: LabelledImages::new(trn_img, trn_lbl)?,
        test: LabelledImages::new(tst_img, tst_lbl)?,
    })
}
