//! IDX files, as MNIST and its kin have them.

mod file;
mod names;

#[cfg(not(target_family = "wasm"))]
use super::by_crate::parse;
use super::{Found, Images, Tree};
use crate::dataset::{DatasetError, ImageShape, Part, Reading};
use crate::threads::check_room;
use file::Idx;
use names::{Kind, files};
use std::path::{Path, PathBuf};
use std::thread;

/// Checks bytes as those of a file of labels, raw or compressed: for tests with many inputs.
///
/// # Errors
/// What is wrong with them.
#[doc(hidden)]
pub fn check_labels(bytes: &[u8]) -> Result<(), DatasetError> {
    Idx::take("labels".as_ref(), Kind::Labels, bytes, bytes.len() as u64).map(|_| ())
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
    // To decompress takes a while; to read does not.
    let slow = |part: &Option<LabelFile>| {
        part.as_ref()
            .is_some_and(|part| part.images.extension() == Some("gz".as_ref()))
    };
    let helps = slow(&train) && slow(&test);
    let (train, test) = both(
        helps,
        || train.map(|labels| labels.with_images(tree)).transpose(),
        || test.map(|labels| labels.with_images(tree)).transpose(),
    );
    let (train, test) = match (train?, test?) {
        (Some(train), Some(test)) => {
            let (train, test) = parse(train, test);
            (Some(train), Some(test))
        }
        (train, test) => (train.map(PartFiles::cut), test.map(PartFiles::cut)),
    };
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
fn parse(train: PartFiles, test: PartFiles) -> (Images, Images) {
    (train.cut(), test.cut())
}

/// Runs two works, the second in a thread of its own if that helps and one can be had.
fn both<A, B: Send>(
    helps: bool,
    first: impl FnOnce() -> A,
    second: impl FnOnce() -> B + Send,
) -> (A, B) {
    if !helps || check_room(1).is_err() {
        return (first(), second());
    }
    // Not `scope.spawn`, which panics where no thread can be had; the work must then be done here.
    let second = std::sync::Mutex::new(Some(second));
    let run = || second.lock().ok()?.take().map(|second| second());
    thread::scope(|scope| {
        let beside = thread::Builder::new().spawn_scoped(scope, run);
        let first = first();
        let found = match beside.map(thread::ScopedJoinHandle::join) {
            Ok(Ok(found)) => found,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(_) => run(),
        };
        (first, found.expect("the work is taken once"))
    })
}

/// The labels of a part, which are small, so that their faults show at once.
struct LabelFile {
    images: PathBuf,
    path: PathBuf,
    file: Idx,
}

fn labels(tree: &Tree, (images, path): (PathBuf, PathBuf)) -> Result<LabelFile, DatasetError> {
    let file = Idx::read(tree, &path, Kind::Labels)?;
    Ok(LabelFile { images, path, file })
}

impl LabelFile {
    fn with_images(self, tree: &Tree) -> Result<PartFiles, DatasetError> {
        let images = Idx::read(tree, &self.images, Kind::Images)?;
        let (of_images, of_labels) = (images.dimensions[0], self.file.dimensions[0]);
        if of_images != of_labels {
            return Err(DatasetError::Counts {
                path: self.path,
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
        Ok(PartFiles {
            shape,
            images,
            labels: self.file,
        })
    }
}

/// The files of a part, checked.
pub(super) struct PartFiles {
    shape: ImageShape,
    images: Idx,
    labels: Idx,
}

impl PartFiles {
    /// The whole files of images and labels where they are of MNIST's shape, and so many.
    #[cfg(not(target_family = "wasm"))]
    pub fn of_mnist(&self, count: usize) -> Option<[&[u8]; 2]> {
        let as_mnist = self.images.dimensions == [count, 28, 28] && self.labels.are_bytes();
        as_mnist.then_some([&self.images.bytes, &self.labels.bytes])
    }

    /// The items behind the headers.
    pub fn cut(self) -> Images {
        let labels = self.labels.numbers();
        let Idx {
            mut bytes,
            header_len,
            ..
        } = self.images;
        bytes.drain(..header_len);
        Images {
            shape: self.shape,
            pixels: bytes,
            labels,
        }
    }
}

/// The checked files of a part: for tests.
#[cfg(test)]
pub(super) fn part_files(path: &Path, part: Part) -> PartFiles {
    let mut found = files(&Tree::Disk, path).unwrap().unwrap();
    let of_part = found.part(path, part).unwrap().unwrap();
    let labels = labels(&Tree::Disk, of_part).unwrap();
    labels.with_images(&Tree::Disk).unwrap()
}
