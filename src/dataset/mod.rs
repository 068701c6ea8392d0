//! Data sets of images with labels: finding, checking and reading them, whatever their shape and source; noise to test
//! with.
//!
//! Files are checked; the `mnist` crate, which panics on anything it does not expect, sees headers that have passed, of
//! MNIST's own form, and as many bytes as they announce. Nothing is written beside them.

mod blur;
mod error;
mod images;
mod noise;
mod reading;
mod shape;
mod source;
mod subset;

use std::path::Path;

pub use error::DatasetError;
pub use images::{Dataset, Digests, LabelledImages, OtherImages, Part};
pub use noise::{NoiseKind, add_noise, mean_image, mean_intensity, noise_images, pixelwise_noise};
pub use reading::{Colour, Reading, Size};
pub use shape::ImageShape;
#[doc(hidden)]
pub use source::idx::check_labels;
#[cfg(feature = "sources")]
pub use source::pictures::{Picture, is_picture, picture, picture_of_bytes};
pub use subset::{all_of_class, count_of_class, first_of_any, first_of_class};

/// Reads the data set in a folder as it is: MNIST, or one of any other shape.
///
/// # Errors
/// The [`DatasetError`] of the first fault found: what is missing, unreadable or damaged, or does not belong together.
pub fn load(path: &Path) -> Result<Dataset, DatasetError> {
    load_as(path, &Reading::default(), 0)
}

/// The same, read in a certain way; `seed` draws which images are tested where the data do not say so.
///
/// IDX files, raw or compressed by gzip, are called as those of MNIST (`train-images-idx3-ubyte`), EMNIST
/// (`emnist-letters-train-images-idx3-ubyte`) or QMNIST, and lie in the folder itself or in one below it. Of several sets
/// in one folder `path` names one by the beginning of its files: `gzip/emnist-letters`.
///
/// With the feature `sources` also: pictures (PNG, JPEG, BMP, GIF) in a folder for each class, whose name is that of the
/// class, below `path` or below `train` and `test` there; arrays of NumPy, `.npz` or several `.npy` in a folder, called
/// `x_train` and `y_train`, `test_images` and `test_labels`, `images` and `labels`, or alike: whole numbers up to 255, or
/// floats up to 1; tables `.csv` of one image a line, the label in the first column or that called `label`.
///
/// # Errors
/// As [`load`].
pub fn load_as(path: &Path, reading: &Reading, seed: u64) -> Result<Dataset, DatasetError> {
    source::load(path, reading, seed)
}

/// The same of files in memory, by their names; with the feature `sources` a `.zip` stands for what it holds.
///
/// # Errors
/// As [`load`].
pub fn load_files(
    files: Vec<(String, Vec<u8>)>,
    reading: &Reading,
    seed: u64,
) -> Result<Dataset, DatasetError> {
    source::load_files(files, reading, seed)
}

/// Whether there are any IDX files at `path`, sound or not.
pub fn holds_any(path: &Path) -> bool {
    source::idx::any(path)
}
