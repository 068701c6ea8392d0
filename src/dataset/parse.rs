//! From the bytes of four files that have been checked to images with their labels.
//!
//! The `mnist` crate parses them. It takes nothing but paths of raw files, and panics on whatever it does not expect; so
//! it gets the checked bytes under a path that nobody else can write to: in memory where the system has such files,
//! else in a private temporary folder. If neither can be had, as on a machine that allows no writing, the bytes are
//! split here, with the same result.

use super::{Dataset, DatasetError, LabelledImages, idx};
use mnist::{Mnist, MnistBuilder};
use std::fs::{self, File};
use std::io;
use std::path::Path;
use tempfile::TempDir;

/// The data of the four files with their headers.
pub(super) struct Files {
    pub train_images: Vec<u8>,
    pub train_labels: Vec<u8>,
    pub test_images: Vec<u8>,
    pub test_labels: Vec<u8>,
}

impl Files {
    /// In the order in which the crate takes them.
    fn all(&self) -> [&[u8]; 4] {
        let Self {
            train_images,
            train_labels,
            test_images,
            test_labels,
        } = self;
        [train_images, train_labels, test_images, test_labels]
    }
}

/// Parses files that have been checked.
///
/// # Errors
/// None, unless the parser has a fault.
pub(super) fn parse(files: Files) -> Result<Dataset, DatasetError> {
    match Shown::in_memory(&files).or_else(|_| Shown::in_private_folder(&files)) {
        Ok(shown) => {
            // They are 55 MB, and so are the copies that the crate makes.
            drop(files);
            by_crate(&shown)
        }
        Err(_) => cut(&files),
    }
}

/// Files with paths that the crate can open, as long as this lives.
struct Shown {
    folder: String,
    /// In the order of [`Files::all`].
    names: [String; 4],
    _open: Vec<File>,
    _private: Option<TempDir>,
}

impl Shown {
    /// Files in memory.
    #[cfg(target_os = "linux")]
    fn in_memory(files: &Files) -> io::Result<Self> {
        use std::io::Write;
        use std::os::fd::AsRawFd;
        let mut open = Vec::new();
        for bytes in files.all() {
            let flags = rustix::fs::MemfdFlags::CLOEXEC;
            let mut file = File::from(rustix::fs::memfd_create("data", flags)?);
            file.write_all(bytes)?;
            open.push(file);
        }
        let names = std::array::from_fn(|at| open[at].as_raw_fd().to_string());
        Self {
            folder: "/proc/self/fd".into(),
            names,
            _open: open,
            _private: None,
        }
        .checked()
    }

    #[cfg(not(target_os = "linux"))]
    fn in_memory(_: &Files) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Files in a private folder, which is removed afterwards.
    fn in_private_folder(files: &Files) -> io::Result<Self> {
        let private = tempfile::Builder::new().prefix("spikeprune-").tempdir()?;
        let names = ["0", "1", "2", "3"].map(String::from);
        for (name, bytes) in names.iter().zip(files.all()) {
            fs::write(private.path().join(name), bytes)?;
        }
        let folder = private.path().to_str();
        Self {
            folder: folder.ok_or(io::ErrorKind::InvalidInput)?.into(),
            names,
            _open: Vec::new(),
            _private: Some(private),
        }
        .checked()
    }

    /// The same if every path can be opened; otherwise the crate would panic.
    fn checked(self) -> io::Result<Self> {
        for name in &self.names {
            File::open(Path::new(&self.folder).join(name))?;
        }
        Ok(self)
    }
}

/// What the crate makes of the files.
fn by_crate(shown: &Shown) -> Result<Dataset, DatasetError> {
    let [train_images, train_labels, test_images, test_labels] = &shown.names;
    let Mnist {
        mut trn_img,
        mut trn_lbl,
        tst_img,
        tst_lbl,
        ..
    } = MnistBuilder::new()
        .base_path(&shown.folder)
        .training_images_filename(train_images)
        .training_labels_filename(train_labels)
        .test_images_filename(test_images)
        .test_labels_filename(test_labels)
        .label_format_digit()
        .training_set_length(idx::TRAIN_COUNT)
        .validation_set_length(0)
        .test_set_length(idx::TEST_COUNT)
        .finalize();
    // The parser splits the sets off one long vector, which keeps its size.
    trn_img.shrink_to_fit();
    trn_lbl.shrink_to_fit();
    joined([trn_img, trn_lbl, tst_img, tst_lbl])
}

/// The items behind the headers.
fn cut(files: &Files) -> Result<Dataset, DatasetError> {
    let items = |bytes: &[u8], kind: &idx::Kind| bytes[kind.header_len as usize..].to_vec();
    joined([
        items(&files.train_images, &idx::IMAGES),
        items(&files.train_labels, &idx::LABELS),
        items(&files.test_images, &idx::IMAGES),
        items(&files.test_labels, &idx::LABELS),
    ])
}

fn joined(
    [train_images, train_labels, test_images, test_labels]: [Vec<u8>; 4],
) -> Result<Dataset, DatasetError> {
    Ok(Dataset {
        train: LabelledImages::new(train_images, train_labels)?,
        test: LabelledImages::new(test_images, test_labels)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_ways_come_to_the_same() {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
        let files = crate::dataset::read(&data).unwrap();
        let own = cut(&files).unwrap();
        assert_eq!((own.train.len(), own.test.len()), (60_000, 10_000));
        let of_folder = Shown::in_private_folder(&files).unwrap();
        assert_eq!(by_crate(&of_folder).unwrap(), own);
        if cfg!(target_os = "linux") {
            let of_memory = Shown::in_memory(&files).unwrap();
            assert_eq!(by_crate(&of_memory).unwrap(), own);
        }
        assert_eq!(parse(files).unwrap(), own);
    }

    #[test]
    fn a_path_that_the_crate_cannot_open_is_no_panic() {
        let shown = Shown {
            folder: "/nowhere".into(),
            names: ["0", "1", "2", "3"].map(String::from),
            _open: Vec::new(),
            _private: None,
        };
        assert!(shown.checked().is_err());
    }
}
