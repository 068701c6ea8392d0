//! What loading says of every fault in a file, and that it never panics.

use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use spikeprune::dataset::{Dataset, DatasetError, load};

use super::{TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS, folder_without, raw, shipped};

/// Loads the shipped files with other contents under `file` in place of `name`.
fn load_with(name: &str, file: &str, contents: &[u8]) -> Result<Dataset, DatasetError> {
    let folder = folder_without(&[name]);
    fs::write(folder.path().join(file), contents).unwrap();
    load(folder.path())
}

/// Asserts that a load fails with a message about `file` that ends in `what`.
fn assert_fault(outcome: Result<Dataset, DatasetError>, file: &str, what: &str) {
    let message = outcome.expect_err("the fault was not seen").to_string();
    let expected = format!("{file}: {what}");
    assert!(message.ends_with(&expected), "{message:?}\n{expected:?}");
}

#[test]
fn absent_things_are_named() {
    let folder = folder_without(&[TEST_LABELS]);
    let message = load(folder.path()).unwrap_err().to_string();
    let what = "neither t10k-labels-idx1-ubyte nor t10k-labels-idx1-ubyte.gz is there; \
                name the folder that holds the four data files with --data DIR";
    assert_eq!(message, format!("{}: {what}", folder.path().display()));

    let what = "not a folder; name the folder that holds the four data files with --data DIR";
    assert_fault(load(&folder.path().join("no")), "no", what);
    let file = folder.path().join("train-labels-idx1-ubyte.gz");
    assert_fault(load(&file), "train-labels-idx1-ubyte.gz", what);
}

#[test]
fn folder_or_nothing_in_place_of_a_file() {
    let folder = folder_without(&[TRAIN_LABELS]);
    let path = folder.path().join(TRAIN_LABELS);
    fs::create_dir(&path).unwrap();
    let what = "expected a regular file, found something else of that name";
    assert_fault(load(folder.path()), TRAIN_LABELS, what);

    fs::remove_dir(&path).unwrap();
    fs::write(&path, b"").unwrap();
    let what = "the file is empty, expected a data file; copy it again";
    assert_fault(load(folder.path()), TRAIN_LABELS, what);
}

/// A raw file in place of the compressed one, in turn with each fault of length.
#[test]
fn raw_files_of_another_length() {
    let sound = raw(TRAIN_LABELS);
    for (kept, what) in [
        (3, "expected 60008 bytes of data, found only 3"),
        (7, "expected 60008 bytes of data, found only 7"),
        (8, "expected 60008 bytes of data, found only 8"),
        (60_007, "expected 60008 bytes of data, found only 60007"),
    ] {
        let outcome = load_with(TRAIN_LABELS, TRAIN_LABELS, &sound[..kept]);
        assert_fault(
            outcome,
            TRAIN_LABELS,
            &format!("{what}; copy the file again"),
        );
    }
    let longer = [&sound[..], b"\xff"].concat();
    let outcome = load_with(TRAIN_LABELS, TRAIN_LABELS, &longer);
    let what = "expected 60008 bytes of data, found more; copy the file again";
    assert_fault(outcome, TRAIN_LABELS, what);

    let images = raw(TEST_IMAGES);
    let outcome = load_with(TEST_IMAGES, TEST_IMAGES, &images[..7_840_000]);
    let what = "expected 7840016 bytes of data, found only 7840000; copy the file again";
    assert_fault(outcome, TEST_IMAGES, what);
}

/// One byte of a raw file is another, and the message says which number is wrong.
#[test]
fn raw_files_with_another_number() {
    for (name, at, byte, what) in [
        (
            TRAIN_LABELS,
            2,
            9,
            "expected labels (magic number 0x00000801), found magic number 0x00000901",
        ),
        (
            TRAIN_LABELS,
            7,
            0x61,
            "expected 60000 labels, the header says 60001",
        ),
        (
            TRAIN_LABELS,
            8,
            10,
            "expected labels 0 to 9, found 10 as label number 0",
        ),
        (
            TRAIN_LABELS,
            60_007,
            255,
            "expected labels 0 to 9, found 255 as label number 59999",
        ),
        (
            TEST_IMAGES,
            7,
            0x11,
            "expected 10000 images, the header says 10001",
        ),
        (
            TEST_IMAGES,
            11,
            27,
            "expected images of 28 rows and 28 columns, the header says 27 and 28",
        ),
        (
            TEST_IMAGES,
            12,
            1,
            "expected images of 28 rows and 28 columns, the header says 28 and 16777244",
        ),
    ] {
        let mut bytes = raw(name);
        bytes[at] = byte;
        assert_fault(load_with(name, name, &bytes), name, what);
    }
}

#[test]
fn swapped_and_misnamed_files() {
    let outcome = load_with(TRAIN_LABELS, TRAIN_LABELS, &raw(TRAIN_IMAGES));
    let what = "expected labels (magic number 0x00000801), found magic number 0x00000803, \
                which is that of images: are two files swapped?";
    assert_fault(outcome, TRAIN_LABELS, what);

    let outcome = load_with(TEST_IMAGES, TEST_IMAGES, &raw(TEST_LABELS));
    let what = "expected images (magic number 0x00000803), found magic number 0x00000801, \
                which is that of labels: are two files swapped?";
    assert_fault(outcome, TEST_IMAGES, what);

    let packed = fs::read(shipped(TEST_LABELS)).unwrap();
    let outcome = load_with(TEST_LABELS, TEST_LABELS, &packed);
    let what = "expected labels (magic number 0x00000801), found magic number 0x1f8b0808, \
                which is that of gzip: add .gz to the name";
    assert_fault(outcome, TEST_LABELS, what);
}

#[test]
fn damaged_gzip() {
    let file = "t10k-labels-idx1-ubyte.gz";
    let sound = fs::read(shipped(TEST_LABELS)).unwrap();
    let mut other_checksum = sound.clone();
    other_checksum[sound.len() - 8] ^= 1;
    let start = format!("{file}: cannot be decompressed as gzip (");
    let end = "); it is cut or damaged, copy it again";
    for bytes in [
        &sound[..5],
        &sound[..sound.len() / 2],
        &sound[..sound.len() - 1],
        b"\0\0\x08\x01 and no gzip at all",
        &other_checksum,
    ] {
        let message = load_with(TEST_LABELS, file, bytes).unwrap_err().to_string();
        // Between the two stand the words of the decompressor.
        assert!(
            message.contains(&start) && message.ends_with(end),
            "{message}"
        );
    }
    let outcome = load_with(TEST_LABELS, file, &[&sound[..], b"\0"].concat());
    let what = "expected one gzip stream, found more bytes after its end; copy the file again";
    assert_fault(outcome, file, what);
}

/// 1 GiB of zeros in 1 MB, after a good header, is not decompressed to its end.
#[test]
fn gzip_bomb() {
    let zeros = vec![0; 1 << 20];
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&raw(TEST_LABELS)[..8]).unwrap();
    encoder.write_all(&zeros).unwrap();
    encoder.flush().unwrap();
    let start = encoder.get_ref().clone();
    encoder.write_all(&zeros).unwrap();
    encoder.flush().unwrap();
    // A flush ends on a whole byte, so what the second MiB became can be repeated.
    let second = &encoder.get_ref()[start.len()..];
    let bomb = [&start[..], &second.repeat(1023)].concat();
    assert!(bomb.len() < 2 << 20);

    let file = "t10k-labels-idx1-ubyte.gz";
    let what = "expected 10008 bytes of data, found more; copy the file again";
    assert_fault(load_with(TEST_LABELS, file, &bomb), file, what);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 32,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Whatever the header is and wherever the file ends, loading is right or refused.
    #[test]
    fn header_bytes_never_panic(
        changes in prop::collection::vec((0..12usize, any::<u8>()), 0..4),
        kept in prop_oneof![0..12usize, Just(60_008)],
    ) {
        let sound = raw(TRAIN_LABELS);
        let mut bytes = sound.clone();
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        bytes.truncate(kept);
        match load_with(TRAIN_LABELS, TRAIN_LABELS, &bytes) {
            Ok(set) => {
                // Only labels can have changed unseen, to other labels.
                prop_assert_eq!(&bytes[..8], &sound[..8]);
                prop_assert_eq!(set.train.labels(), &bytes[8..]);
            }
            Err(_) => prop_assert!(bytes != sound),
        }
    }
}
