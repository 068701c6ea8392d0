//! Where data sets come from, told apart by what they are.

#[cfg(feature = "sources")]
mod archive;
#[cfg(feature = "sources")]
mod arrays;
#[cfg(not(target_family = "wasm"))]
mod by_crate;
mod gzip;
pub(super) mod idx;
#[cfg(feature = "sources")]
pub(super) mod pictures;
mod split;
#[cfg(feature = "sources")]
mod table;
mod tree;

use super::{Dataset, DatasetError, ImageShape, LabelledImages, Reading};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tree::Tree;

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

/// The folder that files in memory lie in.
const FOLDER: &str = "files";

/// Reads the data set at `path`; `seed` draws what is tested where it has no part to test with.
pub(super) fn load(path: &Path, reading: &Reading, seed: u64) -> Result<Dataset, DatasetError> {
    load_from(&Tree::Disk, path, reading, seed)
}

/// The same from files in memory.
pub(super) fn load_files(
    files: Vec<(String, Vec<u8>)>,
    reading: &Reading,
    seed: u64,
) -> Result<Dataset, DatasetError> {
    let mut all = BTreeMap::new();
    for (name, bytes) in files {
        let path = Path::new(FOLDER).join(name);
        #[cfg(feature = "sources")]
        if path_name(&path).ends_with(".zip") {
            archive::unpack(&path, &bytes, &mut all)?;
            continue;
        }
        all.insert(path, bytes);
    }
    let tree = Tree::Memory(all);
    let mut dir = PathBuf::from(FOLDER);
    // Archives often hold one folder with all else.
    while let [only] = tree.entries(&dir).as_slice()
        && tree.is_dir(only)
    {
        dir.clone_from(only);
    }
    load_from(&tree, &dir, reading, seed)
}

fn load_from(
    tree: &Tree,
    path: &Path,
    reading: &Reading,
    seed: u64,
) -> Result<Dataset, DatasetError> {
    let found = find(tree, path, reading)?;
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
type Read = fn(&Tree, &Path, &Reading) -> Result<Option<Found>, DatasetError>;

fn find(tree: &Tree, path: &Path, reading: &Reading) -> Result<Found, DatasetError> {
    tree.exists(path).map_err(DatasetError::unreadable(path))?;
    if tree.is_dir(path) {
        (tree.check_dir(path)).map_err(DatasetError::unreadable(path))?;
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
        if let Some(found) = read(tree, path, reading)? {
            return Ok(found);
        }
    }
    match tree.is_dir(path) {
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
