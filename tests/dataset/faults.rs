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
                name the folder that holds the data files with --data DIR";
    assert_eq!(message, format!("{}: {what}", folder.path().display()));
    let empty = folder_without(&super::NAMES);
    let message = load(empty.path()).unwrap_err().to_string();
    assert!(
        message.contains("neither train-images-idx3-ubyte nor"),
        "{message}"
    );

    let what = "neither a folder nor a data set; name the folder that holds the data files with --data DIR";
    assert_fault(load(&folder.path().join("no")), "no", what);
    let file = folder.path().join("train-labels-idx1-ubyte.gz");
    assert_fault(load(&file), "train-labels-idx1-ubyte.gz", what);
}

#[test]
fn folder_or_nothing_in_place_of_a_file() {
    let folder = folder_without(&[TRAIN_LABELS]);
    let path = folder.path().join(TRAIN_LABELS);
    // A folder in place of a file is passed over; nothing else is there.
    fs::create_dir(&path).unwrap();
    let message = load(folder.path()).unwrap_err().to_string();
    assert!(
        message.contains("neither train-labels-idx1-ubyte nor"),
        "{message}"
    );

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
        (3, "expected 4 bytes of data, found only 3"),
        (7, "expected 8 bytes of data, found only 7"),
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
            "expected 60009 bytes of data, found only 60008; copy the file again",
        ),
        (
            TRAIN_LABELS,
            7,
            0x5f,
            "expected 60007 bytes of data, found more; copy the file again",
        ),
        (
            TEST_IMAGES,
            7,
            0x11,
            "expected 7840800 bytes of data, found only 7840016; copy the file again",
        ),
        (
            TEST_IMAGES,
            12,
            1,
            "expected 4697628320016 bytes of data, found only 7840016; copy the file again",
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

    // What is compressed tells its content, not its name.
    let packed = fs::read(shipped(TEST_LABELS)).unwrap();
    assert!(load_with(TEST_LABELS, TEST_LABELS, &packed).unwrap() == *super::SHIPPED);
    let plain = raw(TEST_LABELS);
    assert!(
        load_with(TEST_LABELS, "t10k-labels-idx1-ubyte.gz", &plain).unwrap() == *super::SHIPPED
    );
}

#[test]
fn labels_and_images_are_as_many() {
    let mut fewer = raw(TEST_LABELS);
    fewer[7] -= 1;
    fewer.pop();
    let what = "there are 9999 labels for 10000 images";
    assert_fault(
        load_with(TEST_LABELS, TEST_LABELS, &fewer),
        TEST_LABELS,
        what,
    );
}

/// Between the beginning and the end stand the words of the decompressor.
fn assert_damaged(error: &DatasetError, file: &str) {
    let message = error.to_string();
    let start = format!("{file}: cannot be decompressed as gzip (");
    let end = "); it is cut or damaged, copy it again";
    assert!(
        message.contains(&start) && message.ends_with(end),
        "{message}"
    );
}

#[test]
fn damaged_gzip() {
    let file = "t10k-labels-idx1-ubyte.gz";
    let sound = fs::read(shipped(TEST_LABELS)).unwrap();
    let mut other_checksum = sound.clone();
    other_checksum[sound.len() - 8] ^= 1;
    for bytes in [
        &sound[..5],
        &sound[..sound.len() / 2],
        &sound[..sound.len() - 1],
        &other_checksum,
    ] {
        let error = load_with(TEST_LABELS, file, bytes).unwrap_err();
        assert_damaged(&error, file);
    }
    let more = [&sound[..], b"more"].concat();
    let message = load_with(TEST_LABELS, file, &more).unwrap_err().to_string();
    assert!(message.contains("something else follows"), "{message}");
    let padded = [&sound[..], &[0; 512]].concat();
    assert!(load_with(TEST_LABELS, file, &padded).unwrap() == *super::SHIPPED);
}

/// The crate that parses images reads them while they are unpacked: it must neither wait nor panic for what is not there.
#[test]
fn damaged_images() {
    let file = "t10k-images-idx3-ubyte.gz";
    let sound = fs::read(shipped(TEST_IMAGES)).unwrap();
    let changed = |from_end: usize| {
        let mut changed = sound.clone();
        changed[sound.len() - from_end] ^= 1;
        changed
    };
    for bytes in [
        &sound[..sound.len() / 2],
        &sound[..sound.len() - 1],
        &changed(8),
        &changed(sound.len() / 2),
    ] {
        let error = load_with(TEST_IMAGES, file, bytes).unwrap_err();
        assert_damaged(&error, file);
    }
    let more = [&sound[..], b"more"].concat();
    let error = load_with(TEST_IMAGES, file, &more).unwrap_err();
    assert_damaged(&error, file);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&raw(TEST_IMAGES)).unwrap();
    encoder.write_all(&[0; 3]).unwrap();
    let longer = encoder.finish().unwrap();
    assert_fault(
        load_with(TEST_IMAGES, file, &longer),
        file,
        "expected 7840016 bytes of data, found more; copy the file again",
    );
}

/// 1 GiB of zeros in 1 MB, after a header.
fn bomb(header: &[u8]) -> Vec<u8> {
    let zeros = vec![0; 1 << 20];
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(header).unwrap();
    encoder.write_all(&zeros).unwrap();
    encoder.flush().unwrap();
    let start = encoder.get_ref().clone();
    encoder.write_all(&zeros).unwrap();
    encoder.flush().unwrap();
    // A flush ends on a whole byte, so what the second MiB became can be repeated.
    let second = &encoder.get_ref()[start.len()..];
    let bomb = [&start[..], &second.repeat(1023)].concat();
    assert!(bomb.len() < 2 << 20);
    bomb
}

/// It is not decompressed to its end, or, where its header announces more than so few bytes can hold, not kept.
#[test]
fn gzip_bomb() {
    let file = "t10k-labels-idx1-ubyte.gz";
    let what = "expected 10008 bytes of data, found more; copy the file again";
    let after_a_good_header = bomb(&raw(TEST_LABELS)[..8]);
    assert_fault(
        load_with(TEST_LABELS, file, &after_a_good_header),
        file,
        what,
    );

    let too_much = bomb(&[0, 0, 8, 1, 255, 255, 255, 255]);
    let message = load_with(TEST_LABELS, file, &too_much)
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("cannot be decompressed as gzip ("),
        "{message}"
    );
}

/// A folder that may not be listed is not called empty. Who may read everything, as root, sees the data.
#[test]
fn a_folder_that_cannot_be_read_is_said_to_be_one() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder_without(&[]);
    let may = |mode| fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
    may(0o311);
    let (listed, outcome) = (fs::read_dir(folder.path()).is_ok(), load(folder.path()));
    may(0o755);
    match listed {
        true => assert!(outcome.is_ok()),
        false => assert!(matches!(outcome, Err(DatasetError::Unreadable { .. }))),
    }
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
