//! IDX files, as MNIST and its kin have them.

mod file;
mod names;

#[cfg(not(target_family = "wasm"))]
use super::by_crate::parse;
use super::{Found, Images, Tree};
use crate::dataset::{DatasetError, ImageShape, Part, Reading};
use file::{Begun, Idx};
use names::{Kind, files};
#[cfg(all(unix, not(target_family = "wasm")))]
use std::io::Write;
use std::path::{Path, PathBuf};

/// Checks bytes as those of a file of labels, raw or compressed: for tests with many inputs.
///
/// # Errors
/// What is wrong with them.
#[doc(hidden)]
pub fn check_labels(bytes: &[u8]) -> Result<(), DatasetError> {
    let begun = Begun::take("labels".as_ref(), Kind::Labels, bytes, bytes.len() as u64)?;
    begun.whole().map(|_| ())
}

/// Whether there is any IDX file at `path`, sound or not.
pub(in crate::dataset) fn any(path: &Path) -> bool {
    !matches!(files(&Tree::Disk, path), Ok(None))
}

/// The file that is looked for first.
pub(super) fn first_name() -> String {
    names::mnist_name(Part::Training, Kind::Images)
}

/// Reads the set at `path`; none if there are no such files.
pub(super) fn read(
    tree: &Tree,
    path: &Path,
    reading: &Reading,
) -> Result<Option<Found>, DatasetError> {
    let Some(mut files) = files(tree, path)? else {
        return Ok(None);
    };
    let of_part = [Part::Training, Part::Test].map(|part| files.part(path, part));
    let [train, test] = of_part;
    let (train, test) = (
        train?.map(|files| labels(tree, files)).transpose()?,
        test?.map(|files| labels(tree, files)).transpose()?,
    );
    let train = train
        .as_ref()
        .map(|labels| labels.begin(tree))
        .transpose()?;
    let test = test.as_ref().map(|labels| labels.begin(tree)).transpose()?;
    let [train, test] = parse(train, test)?;
    let part = |images: Option<Images>| images.map(|images| images.read_as(reading)).transpose();
    let (train, test) = (part(train), part(test));
    Ok(Some(Found {
        train: train?,
        test: test?,
        names: Vec::new(),
    }))
}

/// The crate that parses MNIST takes files of a system.
#[cfg(target_family = "wasm")]
fn parse(
    train: Option<BegunPart<'_>>,
    test: Option<BegunPart<'_>>,
) -> Result<[Option<Images>; 2], DatasetError> {
    let cut = |part: Option<BegunPart<'_>>| part.map(|part| Ok(part.whole()?.cut())).transpose();
    Ok([cut(train)?, cut(test)?])
}

/// The labels of a part, which are small, so that their faults show at once.
struct LabelFile {
    images: PathBuf,
    path: PathBuf,
    file: Idx,
}

fn labels(tree: &Tree, (images, path): (PathBuf, PathBuf)) -> Result<LabelFile, DatasetError> {
    let file = Begun::open(tree, &path, Kind::Labels)?.whole()?;
    Ok(LabelFile { images, path, file })
}

impl LabelFile {
    fn begin<'a>(&'a self, tree: &'a Tree) -> Result<BegunPart<'a>, DatasetError> {
        let images = Begun::open(tree, &self.images, Kind::Images)?;
        let (of_images, of_labels) = (images.dimensions[0], self.file.dimensions[0]);
        if of_images != of_labels {
            return Err(DatasetError::Counts {
                path: self.path.clone(),
                labels: of_labels,
                images: of_images,
            });
        }
        let shape = ImageShape::of_array(&images.dimensions);
        let shape = shape.ok_or_else(|| DatasetError::Shape {
            path: self.images.clone(),
            dimensions: images
                .dimensions
                .iter()
                .map(|&side| format!("{side}"))
                .collect::<Vec<_>>()
                .join("x"),
        })?;
        Ok(BegunPart {
            shape,
            images,
            labels: &self.file,
        })
    }
}

/// The files of a part, checked but for the images behind their header.
pub(super) struct BegunPart<'a> {
    shape: ImageShape,
    images: Begun<'a>,
    labels: &'a Idx,
}

impl<'a> BegunPart<'a> {
    /// Whether images are so many, of MNIST's shape, and a label is a byte.
    #[cfg(not(target_family = "wasm"))]
    pub fn is_mnist(&self, count: usize) -> bool {
        self.images.dimensions == [count, 28, 28] && self.labels.are_bytes()
    }

    /// Hands the whole of both files on, and as many bytes where something is wrong with the images.
    ///
    /// # Errors
    /// What is wrong with them.
    #[cfg(all(unix, not(target_family = "wasm")))]
    pub fn pour(self, images: impl Write, mut labels: impl Write) -> Result<(), DatasetError> {
        let poured = self.images.pour(images);
        // As there: who takes the bytes may go away.
        let _ = labels.write_all(&self.labels.bytes);
        poured
    }

    /// Reads the images.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn whole(self) -> Result<WholePart<'a>, DatasetError> {
        Ok(WholePart {
            shape: self.shape,
            images: self.images.whole()?,
            labels: self.labels,
        })
    }
}

/// The files of a part, checked.
pub(super) struct WholePart<'a> {
    shape: ImageShape,
    images: Idx,
    labels: &'a Idx,
}

impl WholePart<'_> {
    /// The whole files of images and labels.
    #[cfg(not(target_family = "wasm"))]
    pub fn files(&self) -> [&[u8]; 2] {
        [&self.images.bytes, &self.labels.bytes]
    }

    /// The items behind the headers.
    pub fn cut(self) -> Images {
        let Idx {
            mut bytes,
            header_len,
            ..
        } = self.images;
        bytes.drain(..header_len);
        Images {
            shape: self.shape,
            pixels: bytes,
            labels: self.labels.numbers(),
        }
    }
}

/// A part of the set at a path, begun: for tests.
#[cfg(test)]
pub(super) fn with_part<T>(path: &Path, part: Part, see: impl FnOnce(BegunPart<'_>) -> T) -> T {
    let mut found = files(&Tree::Disk, path).unwrap().unwrap();
    let of_part = found.part(path, part).unwrap().unwrap();
    let labels = labels(&Tree::Disk, of_part).unwrap();
    see(labels.begin(&Tree::Disk).unwrap())
}
