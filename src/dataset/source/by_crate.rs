//! From the bytes of four files that have been checked to images with their labels.
//!
//! The `mnist` crate parses them. It takes nothing but paths of raw files, and panics on whatever it does not expect; so
//! it gets the checked bytes under a path that nobody else can write to: in memory where the system has such files,
//! else in a private temporary folder. If neither can be had, as on a machine that allows no writing, the bytes are
//! split here, with the same result.

use super::Images;
use super::idx::PartFiles;
use crate::dataset::ImageShape;
use mnist::{Mnist, MnistBuilder};
use std::fs::{self, File};
use std::io;
use std::path::Path;
use tempfile::TempDir;

/// Images in the two parts of MNIST: the crate parses no others.
const TRAIN_COUNT: u32 = 60_000;
const TEST_COUNT: u32 = 10_000;

/// Parses the two parts of a set.
pub(super) fn parse(train: PartFiles, test: PartFiles) -> (Images, Images) {
    let counts = [(&train, TRAIN_COUNT), (&test, TEST_COUNT)];
    let files = counts.map(|(part, count)| part.of_mnist(count as usize));
    if let [
        Some([train_images, train_labels]),
        Some([test_images, test_labels]),
    ] = files
    {
        let files = [train_images, train_labels, test_images, test_labels];
        if let Ok(shown) = Shown::in_memory(files).or_else(|_| Shown::in_private_folder(files)) {
            // They are 55 MB, and so are the copies that the crate makes.
            drop((train, test));
            return by_crate(&shown);
        }
    }
    (train.cut(), test.cut())
}

/// Files with paths that the crate can open, as long as this lives.
struct Shown {
    folder: String,
    /// Training images, their labels, test images, their labels.
    names: [String; 4],
    _open: Vec<File>,
    _private: Option<TempDir>,
}

impl Shown {
    /// Files in memory.
    #[cfg(target_os = "linux")]
    fn in_memory(files: [&[u8]; 4]) -> io::Result<Self> {
        use std::io::Write;
        use std::os::fd::AsRawFd;
        let mut open = Vec::new();
        for bytes in files {
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
    fn in_memory(_: [&[u8]; 4]) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Files in a private folder, which is removed afterwards.
    fn in_private_folder(files: [&[u8]; 4]) -> io::Result<Self> {
        let private = tempfile::Builder::new().prefix("spikeprune-").tempdir()?;
        let names = ["0", "1", "2", "3"].map(String::from);
        for (name, bytes) in names.iter().zip(files) {
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
fn by_crate(shown: &Shown) -> (Images, Images) {
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
        .training_set_length(TRAIN_COUNT)
        .validation_set_length(0)
        .test_set_length(TEST_COUNT)
        .finalize();
    // The parser splits the sets off one long vector, which keeps its size.
    trn_img.shrink_to_fit();
    trn_lbl.shrink_to_fit();
    let images = |pixels, labels: Vec<u8>| Images {
        shape: ImageShape::MNIST,
        pixels,
        labels: labels.into_iter().map(i64::from).collect(),
    };
    (images(trn_img, trn_lbl), images(tst_img, tst_lbl))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Part;
    use crate::dataset::source::idx::part_files;

    #[test]
    fn all_ways_come_to_the_same() {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
        let [train, test] = [Part::Training, Part::Test].map(|part| part_files(&data, part));
        let whole = [(&train, 60_000), (&test, 10_000)].map(|(part, count)| part.of_mnist(count));
        let [[train_images, train_labels], [test_images, test_labels]] = whole.map(Option::unwrap);
        let files = [train_images, train_labels, test_images, test_labels];
        let of_folder = by_crate(&Shown::in_private_folder(files).unwrap());
        if cfg!(target_os = "linux") {
            let of_memory = Shown::in_memory(files).unwrap();
            assert!(by_crate(&of_memory) == of_folder);
        }
        let cut = (train.cut(), test.cut());
        assert_eq!((cut.0.labels.len(), cut.1.labels.len()), (60_000, 10_000));
        assert!(of_folder == cut);
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
