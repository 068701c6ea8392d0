//! From the bytes of four files that have been checked to images with their labels.
//!
//! The `mnist` crate parses them. It takes nothing but paths of raw files, and panics on whatever it does not expect; so
//! it gets the checked bytes under a path that nobody else can write to: in memory where the system has such files,
//! else in a private temporary folder. Where neither can be had, as on a machine that may not write, the bytes are cut
//! here, to the same result.

use super::{Dataset, DatasetError, LabelledImages, idx};
use mnist::{Mnist, MnistBuilder};
use std::fs::{self, File};
use std::io;
use std::path::Path;

/// The data of the four files with their headers.
pub(super) struct Files {
    pub train_images: Vec<u8>,
    pub train_labels: Vec<u8>,
    pub test_images: Vec<u8>,
    pub test_labels: Vec<u8>,
}

impl Files {
    /// In the order in which the crate is told of them.
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
/// Nothing but what a fault in the parser would cause.
pub(super) fn parse(files: &Files) -> Result<Dataset, DatasetError> {
    in_memory(files)
        .or_else(|_| in_private_folder(files))
        .unwrap_or_else(|_| cut(files))
}

/// By the crate, from files that are nowhere on a disk.
#[cfg(target_os = "linux")]
fn in_memory(files: &Files) -> io::Result<Result<Dataset, DatasetError>> {
    use std::io::Write;
    use std::os::fd::AsRawFd;
    let file = |bytes: &[u8]| -> io::Result<File> {
        let flags = rustix::fs::MemfdFlags::CLOEXEC;
        let mut file = File::from(rustix::fs::memfd_create("data", flags)?);
        file.write_all(bytes)?;
        Ok(file)
    };
    let mut open = Vec::new();
    for bytes in files.all() {
        open.push(file(bytes)?);
    }
    let names: Vec<String> = open
        .iter()
        .map(|file| file.as_raw_fd().to_string())
        .collect();
    by_crate(Path::new("/proc/self/fd"), &names)
}

#[cfg(not(target_os = "linux"))]
fn in_memory(_: &Files) -> io::Result<Result<Dataset, DatasetError>> {
    Err(io::ErrorKind::Unsupported.into())
}

/// By the crate, from a folder that is this program's alone and goes with it.
fn in_private_folder(files: &Files) -> io::Result<Result<Dataset, DatasetError>> {
    let folder = tempfile::Builder::new().prefix("spikeprune-").tempdir()?;
    let names = ["0", "1", "2", "3"].map(String::from);
    for (name, bytes) in names.iter().zip(files.all()) {
        fs::write(folder.path().join(name), bytes)?;
    }
    by_crate(folder.path(), &names)
}

/// What the crate makes of the files of these names; it must be able to open them.
fn by_crate(folder: &Path, names: &[String]) -> io::Result<Result<Dataset, DatasetError>> {
    let not_utf8 = || io::Error::from(io::ErrorKind::InvalidInput);
    let base = folder.to_str().ok_or_else(not_utf8)?;
    for name in names {
        File::open(folder.join(name))?;
    }
    let Mnist {
        mut trn_img,
        mut trn_lbl,
        tst_img,
        tst_lbl,
        ..
    } = MnistBuilder::new()
        .base_path(base)
        .training_images_filename(&names[0])
        .training_labels_filename(&names[1])
        .test_images_filename(&names[2])
        .test_labels_filename(&names[3])
        .label_format_digit()
        .training_set_length(idx::TRAIN_COUNT)
        .validation_set_length(0)
        .test_set_length(idx::TEST_COUNT)
        .finalize();
    // The parser splits the sets off one long vector, which keeps its size.
    trn_img.shrink_to_fit();
    trn_lbl.shrink_to_fit();
    Ok(joined([trn_img, trn_lbl, tst_img, tst_lbl]))
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
        assert_eq!(in_private_folder(&files).unwrap().unwrap(), own);
        if cfg!(target_os = "linux") {
            assert_eq!(in_memory(&files).unwrap().unwrap(), own);
        }
    }

    #[test]
    fn a_folder_that_the_crate_cannot_open_is_no_panic() {
        let names = ["nowhere"; 4].map(String::from);
        let folder = tempfile::tempdir().unwrap();
        assert!(by_crate(folder.path(), &names).is_err());
    }
}
