//! Loading the data set and choosing from it.

mod faults;
mod fitting;
mod memory;
mod shapes;
mod sources;

#[path = "../support/idx.rs"]
mod idx;

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use flate2::read::GzDecoder;
use spikeprune::dataset::{
    Dataset, ImageShape, LabelledImages, count_of_class, first_of_class, load,
};
use tempfile::TempDir;

const TRAIN_IMAGES: &str = "train-images-idx3-ubyte";
const TRAIN_LABELS: &str = "train-labels-idx1-ubyte";
const TEST_IMAGES: &str = "t10k-images-idx3-ubyte";
const TEST_LABELS: &str = "t10k-labels-idx1-ubyte";
const PIXELS: usize = ImageShape::MNIST.len();
const NAMES: [&str; 4] = [TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS];

/// The data set as it is shipped.
static SHIPPED: LazyLock<Dataset> = LazyLock::new(|| load(&data()).unwrap());

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

fn shipped(name: &str) -> PathBuf {
    data().join(format!("{name}.gz"))
}

/// The decompressed bytes of a shipped file.
fn raw(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut decoder = GzDecoder::new(File::open(shipped(name)).unwrap());
    decoder.read_to_end(&mut bytes).unwrap();
    bytes
}

/// A folder with links to the shipped files, without `left_out`.
fn folder_without(left_out: &[&str]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for name in NAMES.iter().filter(|name| !left_out.contains(name)) {
        symlink(shipped(name), folder.path().join(format!("{name}.gz"))).unwrap();
    }
    folder
}

#[test]
fn shipped_set_is_mnist() {
    let Dataset { train, test, names } = &*SHIPPED;
    assert!(names.is_empty());
    assert_eq!(
        [train, test].map(LabelledImages::shape),
        [ImageShape::MNIST; 2]
    );
    assert_eq!((train.len(), test.len()), (60_000, 10_000));
    assert_eq!(train.labels()[..10], [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
    assert_eq!((train.label(9), test.label(0)), (4, 7));
    let counts: Vec<_> = (0..=10).map(|class| count_of_class(train, class)).collect();
    assert_eq!(
        counts,
        [
            5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949, 0
        ]
    );
    let (train_pixels, test_pixels) = (raw(TRAIN_IMAGES), raw(TEST_IMAGES));
    assert_eq!(train.image(0), &train_pixels[16..][..PIXELS]);
    assert_eq!(train.image(59_999), &train_pixels[16 + 59_999 * PIXELS..]);
    assert_eq!(test.image(9_999), &test_pixels[16 + 9_999 * PIXELS..]);
}

#[test]
fn raw_files_are_read_and_preferred() {
    let folder = TempDir::new().unwrap();
    for name in NAMES {
        fs::write(folder.path().join(name), raw(name)).unwrap();
        fs::write(folder.path().join(format!("{name}.gz")), b"not looked at").unwrap();
    }
    assert!(load(folder.path()).unwrap() == *SHIPPED);
}

#[test]
fn names_with_dots_and_any_folder_will_do() {
    let parent = TempDir::new().unwrap();
    let folder = parent.path().join(OsStr::from_bytes(b"not \xff UTF-8"));
    fs::create_dir(&folder).unwrap();
    for (name, file) in [
        (TRAIN_IMAGES, "train-images.idx3-ubyte.gz"),
        (TRAIN_LABELS, "train-labels-idx1-ubyte.gz"),
        (TEST_IMAGES, "t10k-images-idx3-ubyte.gz"),
    ] {
        symlink(shipped(name), folder.join(file)).unwrap();
    }
    // As some archives unpack: a folder of the name, and the file beside it.
    fs::create_dir(folder.join(TEST_LABELS)).unwrap();
    fs::write(folder.join("t10k-labels.idx1-ubyte"), raw(TEST_LABELS)).unwrap();
    assert!(load(&folder).unwrap() == *SHIPPED);
}

#[test]
fn images_of_a_class() {
    let labels = vec![3, 1, 3, 3, 0];
    let images = LabelledImages::new(ImageShape::MNIST, vec![0; 5 * PIXELS], labels).unwrap();
    assert!(!images.is_empty());
    assert_eq!(first_of_class(&images, 3, 0, 3).unwrap(), [0, 2, 3]);
    assert_eq!(first_of_class(&images, 3, 1, 1).unwrap(), [2]);
    assert!(first_of_class(&images, 7, 9, 0).unwrap().is_empty());
    let message = first_of_class(&images, 3, 2, 2).unwrap_err().to_string();
    assert_eq!(
        message,
        "class 3: expected 2 images after the first 2, found 3 images of that class in all"
    );
    assert!(first_of_class(&images, 3, usize::MAX, usize::MAX).is_err());

    let chosen = first_of_class(&SHIPPED.train, 5, 100, 50).unwrap();
    assert!(chosen.is_sorted());
    assert!(chosen.iter().all(|&i| SHIPPED.train.label(i as usize) == 5));
}

#[test]
fn pixels_and_labels_must_agree() {
    let message = LabelledImages::new(ImageShape::MNIST, vec![0; 783], vec![1])
        .unwrap_err()
        .to_string();
    assert_eq!(
        message,
        "expected 784 pixels for each of 1 labels, found 783 pixels in all"
    );
}
