//! Where data sets come from, told apart by what they are.

#[cfg(feature = "sources")]
mod arrays;
mod by_crate;
mod gzip;
pub(super) mod idx;
#[cfg(feature = "sources")]
pub(super) mod pictures;
mod split;
#[cfg(feature = "sources")]
mod table;

use super::{Dataset, DatasetError, ImageShape, LabelledImages, Reading};
use std::fs;
use std::path::{Path, PathBuf};

/// What a source holds.
pub(super) struct Found {
    pub train: Option<Images>,
    pub test: Option<Images>,
    /// The name of label 0, of label 1 and so on; empty where the source names none.
    pub names: Vec<String>,
}

/// One part of a data set, as its source has it: labels may begin anywhere.
#[derive(PartialEq)]
pub(super) struct Images {
    pub shape: ImageShape,
    /// Image by image, row by row, the channels of a pixel together.
    pub pixels: Vec<u8>,
    pub labels: Vec<i64>,
}

impl Images {
    /// The images as they are to be.
    fn read_as(self, reading: &Reading) -> Result<Self, DatasetError> {
        let (shape, pixels) = reading.apply(self.shape, self.pixels)?;
        Ok(Self {
            shape,
            pixels,
            labels: self.labels,
        })
    }
}

/// Reads the data set at `path`; `seed` draws what is tested where it has no part to test with.
pub(super) fn load(path: &Path, reading: &Reading, seed: u64) -> Result<Dataset, DatasetError> {
    let found = find(path, reading)?;
    // Names are numbered here, from 0 on.
    let first = match found.names.is_empty() {
        true => i64::from(reading.labels_from),
        false => 0,
    };
    let of = |images: Option<Images>| {
        images
            .map(|images| labelled(path, images, first))
            .transpose()
    };
    let (train, test) = (of(found.train)?, of(found.test)?);
    let (train, test) = match (train, test) {
        (Some(train), Some(test)) => {
            if train.shape() != test.shape() {
                return Err(DatasetError::TwoShapes {
                    path: path.into(),
                    train: train.shape(),
                    test: test.shape(),
                });
            }
            (split::mixed(train), test)
        }
        (Some(all), None) => split::split(&all, reading.test_share, seed),
        (None, Some(test)) => (LabelledImages::none(test.shape()), test),
        (None, None) => return Err(DatasetError::NoImages { path: path.into() }),
    };
    let names = found.names;
    Ok(Dataset { train, test, names })
}

/// How one kind of source is read; none where the path is of another kind.
type Read = fn(&Path, &Reading) -> Result<Option<Found>, DatasetError>;

fn find(path: &Path, reading: &Reading) -> Result<Found, DatasetError> {
    path.try_exists().map_err(DatasetError::unreadable(path))?;
    if path.is_dir() {
        fs::read_dir(path).map_err(DatasetError::unreadable(path))?;
    }
    let sources: &[Read] = &[
        idx::read,
        #[cfg(feature = "sources")]
        pictures::read,
        #[cfg(feature = "sources")]
        arrays::read,
        #[cfg(feature = "sources")]
        table::read,
    ];
    for read in sources {
        if let Some(found) = read(path, reading)? {
            return Ok(found);
        }
    }
    match path.is_dir() {
        true => Err(DatasetError::Missing {
            dir: path.into(),
            name: idx::first_name(),
        }),
        false => Err(DatasetError::NoFolder { dir: path.into() }),
    }
}

/// The name of a file in small letters.
#[cfg(feature = "sources")]
fn path_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().to_lowercase()
}

/// What is in a folder, by name; nothing of one that cannot be read.
fn entries(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut entries: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    entries.sort();
    entries
}

/// Images with their labels as classes, the lowest label 0.
fn labelled(path: &Path, images: Images, first: i64) -> Result<LabelledImages, DatasetError> {
    let class = |(index, &label): (usize, &i64)| {
        u8::try_from(label.saturating_sub(first)).map_err(|_| DatasetError::Label {
            path: path.into(),
            index,
            found: label,
            first,
            last: first + i64::from(u8::MAX),
        })
    };
    let labels: Result<Vec<u8>, _> = images.labels.iter().enumerate().map(class).collect();
    LabelledImages::new(images.shape, images.pixels, labels?)
}
