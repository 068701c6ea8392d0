//! Where data sets come from, told apart by what they are.

mod by_crate;
mod gzip;
pub(super) mod idx;
mod split;

use super::{Dataset, DatasetError, ImageShape, LabelledImages, Reading};
use std::path::Path;

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
    let labelled = |images: Option<Images>| images.map(|images| labelled(path, images, reading));
    let (train, test) = (
        labelled(found.train).transpose()?,
        labelled(found.test).transpose()?,
    );
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

fn find(path: &Path, reading: &Reading) -> Result<Found, DatasetError> {
    match path.try_exists() {
        Err(cause) => {
            return Err(DatasetError::Unreadable {
                path: path.into(),
                cause,
            });
        }
        Ok(_) => {}
    }
    match idx::read(path, reading)? {
        Some(found) => Ok(found),
        None if path.is_dir() => Err(DatasetError::Missing {
            dir: path.into(),
            name: idx::first_name(),
        }),
        None => Err(DatasetError::NoFolder { dir: path.into() }),
    }
}

/// Images with their labels as classes, the lowest label 0.
fn labelled(
    path: &Path,
    images: Images,
    reading: &Reading,
) -> Result<LabelledImages, DatasetError> {
    let first = i64::from(reading.labels_from);
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
