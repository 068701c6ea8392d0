//! How IDX files are called: `train-images-idx3-ubyte` of MNIST, `emnist-letters-test-labels-idx1-ubyte` of EMNIST,
//! `qmnist-train-labels-idx2-int` of QMNIST; with dots for dashes or without, `.gz` behind or not, in the folder itself or
//! in one below it, as torchvision's `raw`.

use crate::dataset::source::Tree;
use crate::dataset::{DatasetError, Part};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What the items of a file are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Images,
    Labels,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Self::Images => "images",
            Self::Labels => "labels",
        }
    }
}

/// Files of one set: those of the training images, of their labels, of the test images, of their labels.
#[derive(Default)]
pub(super) struct Files([Option<PathBuf>; 4]);

impl Files {
    fn place(part: Part, kind: Kind) -> usize {
        let part = match part {
            Part::Training => 0,
            Part::Test => 2,
        };
        part + kind as usize
    }

    /// The images and the labels of a part; none where the set has neither.
    ///
    /// # Errors
    /// When one is there without the other.
    pub fn part(
        &mut self,
        dir: &Path,
        part: Part,
    ) -> Result<Option<(PathBuf, PathBuf)>, DatasetError> {
        let [images, labels] =
            [Kind::Images, Kind::Labels].map(|kind| self.0[Self::place(part, kind)].take());
        let missing = |kind: Kind| DatasetError::Missing {
            dir: dir.to_path_buf(),
            name: mnist_name(part, kind),
        };
        match (images, labels) {
            (Some(images), Some(labels)) => Ok(Some((images, labels))),
            (Some(_), None) => Err(missing(Kind::Labels)),
            (None, Some(_)) => Err(missing(Kind::Images)),
            (None, None) => Ok(None),
        }
    }
}

/// How MNIST calls a file.
pub(super) fn mnist_name(part: Part, kind: Kind) -> String {
    let set = match part {
        Part::Training => "train",
        Part::Test => "t10k",
    };
    let dimensions = match kind {
        Kind::Images => 3,
        Kind::Labels => 1,
    };
    format!("{set}-{}-idx{dimensions}-ubyte", kind.word())
}

/// A file by its name.
struct Named {
    /// What stands before `train` or `test`: `emnist-letters`.
    set: String,
    part: Part,
    kind: Kind,
}

impl Named {
    fn new(file: &str) -> Option<Self> {
        let name = file.to_lowercase().replace('.', "-");
        let name = name.strip_suffix("-gz").unwrap_or(&name);
        let (name, idx) = name.rsplit_once("-idx")?;
        if !idx.starts_with(|digit: char| digit.is_ascii_digit()) {
            return None;
        }
        let (name, kind) = name.rsplit_once('-')?;
        let kind = match kind {
            "images" => Kind::Images,
            "labels" => Kind::Labels,
            _ => return None,
        };
        let (set, part) = name.rsplit_once('-').unwrap_or(("", name));
        let part = match part {
            "train" => Part::Training,
            "t10k" | "test" => Part::Test,
            _ => return None,
        };
        let set = set.into();
        Some(Self { set, part, kind })
    }
}

/// The files of the one set that is in `dir`, else in folders of it; of a set whose files begin with the last part of a
/// path that does not exist itself, such as `gzip/emnist-letters`. None where there are none.
///
/// # Errors
/// When there are several sets.
pub(super) fn files(tree: &Tree, path: &Path) -> Result<Option<Files>, DatasetError> {
    let (dir, wanted) = match tree.is_dir(path) {
        true => (path, None),
        false => match (
            path.parent(),
            path.file_name().and_then(|name| name.to_str()),
        ) {
            (Some(dir), Some(name)) if !tree.exists(path).unwrap_or(false) => {
                (dir, Some(name.to_lowercase()))
            }
            _ => return Ok(None),
        },
    };
    let mut sets = BTreeMap::new();
    add(tree, dir, &mut sets);
    if sets.is_empty() {
        let below = tree.entries(dir).into_iter();
        let below = below.filter(|entry| tree.is_dir(entry));
        // Each folder by itself, unless each holds but a file of the set.
        let below: Vec<PathBuf> = below.collect();
        for folder in &below {
            let mut of_folder = BTreeMap::new();
            add(tree, folder, &mut of_folder);
            for (set, Files(files)) in of_folder {
                let found: &mut Files = sets.entry(set).or_default();
                for (place, file) in found.0.iter_mut().zip(files) {
                    if let (Some(one), Some(other)) = (&place, &file) {
                        return Err(several(path, [one, other].map(|file| folder_of(file))));
                    }
                    *place = place.take().or(file);
                }
            }
        }
    }
    if let Some(wanted) = wanted {
        return Ok(sets.remove(&wanted));
    }
    if sets.len() > 1 {
        let names = sets.keys().map(|set| dir.join(set).display().to_string());
        return Err(several(path, names));
    }
    Ok(sets.pop_first().map(|(_, files)| files))
}

fn folder_of(file: &Path) -> String {
    let folder = file.parent().unwrap_or(file);
    folder.display().to_string()
}

fn several(path: &Path, sets: impl IntoIterator<Item = String>) -> DatasetError {
    DatasetError::SeveralSets {
        path: path.into(),
        sets: sets.into_iter().collect::<Vec<_>>().join(", "),
    }
}

/// Adds the IDX files of a folder to their sets: of several for the same the raw one, and the one with dashes.
fn add(tree: &Tree, dir: &Path, sets: &mut BTreeMap<String, Files>) {
    let mut files = tree.entries(dir);
    files.sort_by_key(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        (name.ends_with(".gz"), name.contains(".idx"))
    });
    for path in files {
        let name = path.file_name().and_then(|name| name.to_str());
        let Some(Named { set, part, kind }) = name.and_then(Named::new) else {
            continue;
        };
        // Some archives unpack to a folder of that name beside the file, or around it.
        if tree.is_dir(&path) {
            continue;
        }
        let files = sets.entry(set).or_default();
        files.0[Files::place(part, kind)].get_or_insert(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_use_are_known() {
        let known = |file| Named::new(file).map(|name| (name.set, name.part, name.kind.word()));
        let (train, test) = (Part::Training, Part::Test);
        for (file, set, part, kind) in [
            ("train-images-idx3-ubyte", "", train, "images"),
            ("t10k-labels.idx1-ubyte.gz", "", test, "labels"),
            (
                "emnist-letters-train-images-idx3-ubyte.gz",
                "emnist-letters",
                train,
                "images",
            ),
            (
                "emnist-balanced-test-labels-idx1-ubyte",
                "emnist-balanced",
                test,
                "labels",
            ),
            ("qmnist-train-labels-idx2-int.gz", "qmnist", train, "labels"),
        ] {
            assert_eq!(known(file), Some((set.into(), part, kind)), "{file}");
        }
        for file in [
            "README.md",
            "train-images.png",
            "qmnist-test-idx-ubyte",
            "a-idx3-ubyte",
        ] {
            assert!(known(file).is_none(), "{file}");
        }
    }
}
