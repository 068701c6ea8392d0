//! Finding the four IDX files and checking them before they are believed.
//!
//! Nothing is sized by a header: the lengths are those of MNIST, and reading
//! stops one byte after them, whatever a file or its compression holds.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::GzDecoder;

use super::{DatasetError, PIXELS};

/// Images in the training files.
pub(super) const TRAIN_COUNT: u32 = 60_000;
/// Images in the test files.
pub(super) const TEST_COUNT: u32 = 10_000;

/// Rows, and columns, of an image.
const SIDE: u32 = 28;
/// The highest label.
const LAST_CLASS: u8 = 9;
/// Bytes read and checked at a time.
const CHUNK: u64 = 128 * 1024;

/// What the items of a file are; one file of each kind makes a set.
#[derive(PartialEq, Eq)]
pub(super) struct Kind {
    word: &'static str,
    idx: &'static str,
    magic: u32,
    /// Bytes before the first item.
    pub header_len: u64,
    item_len: u64,
}

pub(super) const IMAGES: Kind = Kind {
    word: "images",
    idx: "idx3-ubyte",
    magic: 0x0803,
    header_len: 16,
    item_len: PIXELS as u64,
};

pub(super) const LABELS: Kind = Kind {
    word: "labels",
    idx: "idx1-ubyte",
    magic: 0x0801,
    header_len: 8,
    item_len: 1,
};

/// A data file that was found, and what it has to hold.
pub(super) struct Source {
    kind: &'static Kind,
    count: u32,
    path: PathBuf,
    compressed: bool,
}

/// Checks bytes as those of the file of test labels, raw or compressed: for tests with many inputs.
///
/// # Errors
/// What is wrong with them.
#[doc(hidden)]
pub fn check_test_labels(bytes: &[u8], compressed: bool) -> Result<(), DatasetError> {
    let source = Source {
        kind: &LABELS,
        count: TEST_COUNT,
        path: PathBuf::from("labels"),
        compressed,
    };
    source.take(bytes).map(|_| ())
}

/// Finds the images and labels to train with, then those to test with.
///
/// # Errors
/// `NoFolder`, or what [`Source::find`] reports of the first file in fault.
pub(super) fn locate(dir: &Path) -> Result<[Source; 4], DatasetError> {
    if !dir.is_dir() {
        return Err(DatasetError::NoFolder {
            dir: dir.to_path_buf(),
        });
    }
    Ok([
        Source::find(dir, "train", &IMAGES, TRAIN_COUNT)?,
        Source::find(dir, "train", &LABELS, TRAIN_COUNT)?,
        Source::find(dir, "t10k", &IMAGES, TEST_COUNT)?,
        Source::find(dir, "t10k", &LABELS, TEST_COUNT)?,
    ])
}

/// Whether any of the four files is in `dir`, sound or not.
pub(super) fn any(dir: &Path) -> bool {
    let is_there = |set, kind| {
        let found = Source::find(dir, set, kind, 0);
        !matches!(found, Err(DatasetError::Missing { .. }))
    };
    dir.is_dir()
        && ["train", "t10k"]
            .iter()
            .any(|set| is_there(set, &IMAGES) || is_there(set, &LABELS))
}

impl Source {
    /// Looks for a file under the names in use, raw ones first.
    ///
    /// # Errors
    /// `Missing`, `NotAFile`, `Empty` or `Unreadable`.
    fn find(dir: &Path, set: &str, kind: &'static Kind, count: u32) -> Result<Self, DatasetError> {
        let name = format!("{set}-{}-{}", kind.word, kind.idx);
        let dotted = format!("{set}-{}.{}", kind.word, kind.idx);
        let mut wrong = None;
        for (file, compressed) in [
            (name.clone(), false),
            (dotted.clone(), false),
            (format!("{name}.gz"), true),
            (format!("{dotted}.gz"), true),
        ] {
            let path = dir.join(file);
            match fs::metadata(&path) {
                Ok(found) if found.is_file() && found.len() == 0 => {
                    return Err(DatasetError::Empty { path });
                }
                Ok(found) if found.is_file() => {
                    return Ok(Self {
                        kind,
                        count,
                        path,
                        compressed,
                    });
                }
                // Some archives unpack to a folder of that name beside the file.
                Ok(_) => wrong = wrong.or(Some(path)),
                Err(cause) if cause.kind() == ErrorKind::NotFound => {}
                Err(cause) => return Err(DatasetError::Unreadable { path, cause }),
            }
        }
        Err(match wrong {
            Some(path) => DatasetError::NotAFile { path },
            None => DatasetError::Missing {
                dir: dir.to_path_buf(),
                name,
            },
        })
    }

    /// The whole file, decompressed, all but its pixels checked.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub(super) fn read_checked(&self) -> Result<Vec<u8>, DatasetError> {
        let file = File::open(&self.path).map_err(|cause| self.unreadable(cause))?;
        self.take(file)
    }

    /// The same from what a file holds.
    fn take(&self, file: impl Read) -> Result<Vec<u8>, DatasetError> {
        if !self.compressed {
            return self.take_plain(file);
        }
        let mut decoder = GzDecoder::new(BufReader::with_capacity(CHUNK as usize, file));
        let data = self.take_plain(&mut decoder)?;
        let rest = decoder.get_mut().fill_buf();
        match rest.map(<[u8]>::is_empty) {
            Ok(true) => Ok(data),
            Ok(false) => Err(DatasetError::AfterGzip {
                path: self.path.clone(),
            }),
            Err(cause) => Err(self.unreadable(cause)),
        }
    }

    /// Takes decompressed data, one byte more than expected at the most.
    fn take_plain(&self, input: impl Read) -> Result<Vec<u8>, DatasetError> {
        let expected = self.data_len();
        let mut input = input.take(expected + 1);
        let mut chunk = Vec::with_capacity(CHUNK as usize);
        self.read_up_to(self.kind.header_len, &mut input, &mut chunk)?;
        self.check_header(&chunk)?;

        let mut data = Vec::with_capacity(expected as usize);
        // A short chunk is not the end: the decoder compares checksums there.
        while !chunk.is_empty() {
            data.append(&mut chunk);
            self.read_up_to(CHUNK, &mut input, &mut chunk)?;
            let found = data.len() as u64;
            if found + chunk.len() as u64 > expected {
                let path = self.path.clone();
                return Err(DatasetError::TooLong { path, expected });
            }
            self.check_items(&chunk, found - self.kind.header_len)?;
        }
        match data.len() as u64 {
            found if found < expected => Err(self.too_short(found)),
            _ => Ok(data),
        }
    }

    /// Replaces the contents of `chunk` by the next `limit` bytes, or fewer at the end.
    fn read_up_to(
        &self,
        limit: u64,
        input: &mut impl Read,
        chunk: &mut Vec<u8>,
    ) -> Result<(), DatasetError> {
        chunk.clear();
        match input.take(limit).read_to_end(chunk) {
            Ok(_) => Ok(()),
            Err(cause) if self.compressed => Err(DatasetError::BadGzip {
                path: self.path.clone(),
                cause,
            }),
            Err(cause) => Err(self.unreadable(cause)),
        }
    }

    /// Compares every number of the header with that of MNIST.
    fn check_header(&self, header: &[u8]) -> Result<(), DatasetError> {
        let word = |at: usize| Some(u32::from_be_bytes(*header.get(4 * at..)?.first_chunk()?));
        let too_short = || self.too_short(header.len() as u64);
        let path = || self.path.clone();

        let magic = word(0).ok_or_else(too_short)?;
        if magic != self.kind.magic {
            return Err(DatasetError::Magic {
                path: path(),
                kind: self.kind.word,
                expected: self.kind.magic,
                found: magic,
                hint: hint(magic),
            });
        }
        let count = word(1).ok_or_else(too_short)?;
        if count != self.count {
            return Err(DatasetError::Count {
                path: path(),
                kind: self.kind.word,
                expected: self.count,
                found: count,
            });
        }
        if *self.kind == IMAGES {
            let rows = word(2).ok_or_else(too_short)?;
            let columns = word(3).ok_or_else(too_short)?;
            if (rows, columns) != (SIDE, SIDE) {
                let path = path();
                return Err(DatasetError::Shape {
                    path,
                    rows,
                    columns,
                });
            }
        }
        Ok(())
    }

    /// Refuses labels beyond the last class; any byte is a fine pixel.
    fn check_items(&self, items: &[u8], first: u64) -> Result<(), DatasetError> {
        if *self.kind != LABELS {
            return Ok(());
        }
        match (first..).zip(items).find(|item| *item.1 > LAST_CLASS) {
            None => Ok(()),
            Some((index, &found)) => Err(DatasetError::Label {
                path: self.path.clone(),
                index,
                found,
            }),
        }
    }

    /// Bytes of a sound file, decompressed.
    fn data_len(&self) -> u64 {
        self.kind.header_len + u64::from(self.count) * self.kind.item_len
    }

    fn unreadable(&self, cause: io::Error) -> DatasetError {
        DatasetError::Unreadable {
            path: self.path.clone(),
            cause,
        }
    }

    fn too_short(&self, found: u64) -> DatasetError {
        DatasetError::TooShort {
            path: self.path.clone(),
            expected: self.data_len(),
            found,
        }
    }
}

/// What a wrong magic number suggests, to be added to a message.
fn hint(magic: u32) -> &'static str {
    match magic {
        0x0801 => ", which is that of labels: are two files swapped?",
        0x0803 => ", which is that of images: are two files swapped?",
        0x1f8b_0000..=0x1f8b_ffff => ", which is that of gzip: add .gz to the name",
        _ => "",
    }
}
