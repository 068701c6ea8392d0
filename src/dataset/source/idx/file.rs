//! One IDX file: checked before it is believed.
//!
//! Nothing is sized by a header alone: what a header announces is compared with the length of the file first, or with
//! what that length can hold once decompressed, and what is kept stops one byte after it.

use super::names::Kind;
use crate::dataset::DatasetError;
use crate::dataset::source::Tree;
use crate::dataset::source::gzip::{self, Members};
#[cfg(all(unix, not(target_family = "wasm")))]
use std::io::Write;
use std::io::{self, BufReader, ErrorKind, Read};
use std::path::Path;

/// Bytes read at a time.
const CHUNK: usize = 128 * 1024;
/// Most bytes for which room is made at once: a header may announce more than there is.
const MOST_AT_ONCE: usize = 64 << 20;
/// Bytes of a number in a header.
const WORD: usize = 4;
/// Types of items: bytes without a sign, and numbers of 32 bits.
const BYTES: u8 = 0x08;
const INTEGERS: u8 = 0x0c;

/// A file that holds what its header says.
pub(super) struct Idx {
    /// The whole file, header and items.
    pub bytes: Vec<u8>,
    pub dimensions: Vec<usize>,
    pub header_len: usize,
}

/// A file of which the header was read, and fits what the file can hold.
pub(in crate::dataset::source) struct Begun<'a> {
    fault: Fault<'a>,
    input: Box<dyn Read + Send + 'a>,
    header: Vec<u8>,
    pub(super) dimensions: Vec<usize>,
    /// Bytes of the whole, as the header announces them.
    expected: u64,
}

impl<'a> Begun<'a> {
    /// Reads the header of a file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn open(tree: &'a Tree, path: &'a Path, kind: Kind) -> Result<Self, DatasetError> {
        let unreadable = DatasetError::unreadable(path);
        let length = tree.len(path).map_err(&unreadable)?;
        if !tree.is_file(path) {
            return Err(DatasetError::NotAFile { path: path.into() });
        }
        if length == 0 {
            return Err(DatasetError::Empty { path: path.into() });
        }
        let file = tree.open(path).map_err(unreadable)?;
        Self::take(path, kind, file, length)
    }

    /// The same from what a file of this length holds.
    pub fn take(
        path: &'a Path,
        kind: Kind,
        file: impl Read + Send + 'a,
        file_len: u64,
    ) -> Result<Self, DatasetError> {
        let mut file = BufReader::with_capacity(CHUNK, file);
        let mut fault = Fault {
            path,
            kind,
            compressed: false,
        };
        match gzip::is_gzip(&mut file) {
            Ok(false) => fault.begin(Box::new(file), file_len),
            Ok(true) => {
                fault.compressed = true;
                fault.begin(Box::new(Members::new(file)), gzip::most_held(file_len))
            }
            Err(cause) => Err(fault.unreadable(cause)),
        }
    }

    /// Reads the rest.
    ///
    /// # Errors
    /// When the file holds less than its header says, or more, or cannot be read.
    pub fn whole(self) -> Result<Idx, DatasetError> {
        let header_len = self.header.len();
        let mut bytes = self.header;
        bytes.reserve_exact((self.expected as usize - header_len).min(MOST_AT_ONCE) + 1);
        let mut rest = self.input.take(self.expected - header_len as u64 + 1);
        let read = rest.read_to_end(&mut bytes);
        read.map_err(|cause| self.fault.unreadable(cause))?;
        self.fault.check_length(self.expected, bytes.len() as u64)?;
        Ok(Idx {
            bytes,
            dimensions: self.dimensions,
            header_len,
        })
    }

    /// Hands the whole on, chunk by chunk, as many bytes as the header announces, with zeros for those that cannot be read.
    ///
    /// # Errors
    /// As [`Begun::whole`].
    #[cfg(all(unix, not(target_family = "wasm")))]
    pub fn pour(mut self, mut out: impl Write) -> Result<(), DatasetError> {
        let mut done = self.header.len() as u64;
        // Who takes the bytes may go away, which is no fault of the file.
        let _ = out.write_all(&self.header);
        let mut chunk = vec![0; CHUNK];
        let poured = loop {
            match self.input.read(&mut chunk) {
                Ok(0) => break Ok(()),
                Ok(read) => {
                    let wanted = (self.expected - done).min(read as u64) as usize;
                    let _ = out.write_all(&chunk[..wanted]);
                    done += read as u64;
                    if done > self.expected {
                        break Ok(());
                    }
                }
                Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
                Err(cause) => break Err(self.fault.unreadable(cause)),
            }
        };
        let missing = self.expected.saturating_sub(done);
        let _ = io::copy(&mut io::repeat(0).take(missing), &mut out);
        poured?;
        self.fault.check_length(self.expected, done)
    }
}

impl Idx {
    /// Whether each item is a byte.
    pub fn are_bytes(&self) -> bool {
        self.bytes[2] == BYTES
    }

    /// Labels as numbers: of several numbers for each image, as QMNIST has them, the first.
    pub fn numbers(&self) -> Vec<i64> {
        let items = &self.bytes[self.header_len..];
        if self.are_bytes() {
            return items.iter().map(|&label| label.into()).collect();
        }
        let columns = self.dimensions.get(1).copied().unwrap_or(1).max(1);
        let words = items.chunks_exact(WORD).step_by(columns);
        words
            .map(|word| {
                word.iter()
                    .fold(0, |number: i32, &byte| number << 8 | i32::from(byte))
                    .into()
            })
            .collect()
    }
}

/// What is read, for what is said of it.
struct Fault<'a> {
    path: &'a Path,
    kind: Kind,
    compressed: bool,
}

impl<'a> Fault<'a> {
    /// Takes the header of what a file holds, which is `most` bytes at most.
    fn begin(
        self,
        mut input: Box<dyn Read + Send + 'a>,
        most: u64,
    ) -> Result<Begun<'a>, DatasetError> {
        let mut header = Vec::new();
        let mut read = |header: &mut Vec<u8>, count: usize| {
            let input = input.by_ref().take(count as u64);
            let read = { input }.read_to_end(header);
            read.map_err(|cause| self.unreadable(cause))
        };
        read(&mut header, WORD)?;
        let dimensions = self.check_magic(&header)?;
        let header_len = WORD * (1 + dimensions);
        read(&mut header, WORD * dimensions)?;
        if header.len() < header_len {
            return Err(self.too_short(header_len as u64, header.len() as u64));
        }
        let word = |word: &[u8]| {
            word.iter()
                .fold(0, |number, &byte| number << 8 | usize::from(byte))
        };
        let dimensions: Vec<usize> = header[WORD..].chunks_exact(WORD).map(word).collect();
        let item_len = if header[2] == INTEGERS { WORD } else { 1 };
        let items = dimensions
            .iter()
            .try_fold(item_len, |items, &more| items.checked_mul(more));
        let expected = items.and_then(|items| items.checked_add(header_len));
        let expected = expected.map_or(u64::MAX, |expected| expected as u64);
        if expected > most {
            // The file cannot hold so much: how much it holds is counted, not kept.
            let rest = io::copy(&mut input.take(most), &mut io::sink());
            let rest = rest.map_err(|cause| self.unreadable(cause))?;
            return Err(self.too_short(expected, header_len as u64 + rest));
        }
        Ok(Begun {
            fault: self,
            input,
            header,
            dimensions,
            expected,
        })
    }

    fn check_length(&self, expected: u64, found: u64) -> Result<(), DatasetError> {
        match found {
            found if found < expected => Err(self.too_short(expected, found)),
            found if found > expected => Err(DatasetError::TooLong {
                path: self.path.into(),
                expected,
            }),
            _ => Ok(()),
        }
    }

    /// The number of dimensions that the first bytes announce.
    fn check_magic(&self, bytes: &[u8]) -> Result<usize, DatasetError> {
        let Some(&[high, low, of, dimensions]) = bytes.first_chunk() else {
            return Err(self.too_short(WORD as u64, bytes.len() as u64));
        };
        let known = match self.kind {
            Kind::Images => of == BYTES && (2..=4).contains(&dimensions),
            Kind::Labels => {
                (of == BYTES && dimensions == 1)
                    || (of == INTEGERS && (1..=2).contains(&dimensions))
            }
        };
        if (high, low) == (0, 0) && known {
            return Ok(dimensions.into());
        }
        let found = u32::from_be_bytes([high, low, of, dimensions]);
        Err(DatasetError::Magic {
            path: self.path.into(),
            kind: self.kind.word(),
            expected: match self.kind {
                Kind::Images => 0x0803,
                Kind::Labels => 0x0801,
            },
            found,
            hint: match found {
                0x0801 => ", which is that of labels: are two files swapped?",
                0x0803 => ", which is that of images: are two files swapped?",
                _ => "",
            },
        })
    }

    fn too_short(&self, expected: u64, found: u64) -> DatasetError {
        DatasetError::TooShort {
            path: self.path.into(),
            expected,
            found,
        }
    }

    fn unreadable(&self, cause: io::Error) -> DatasetError {
        let damaged = [
            ErrorKind::InvalidData,
            ErrorKind::InvalidInput,
            ErrorKind::UnexpectedEof,
        ];
        match self.compressed && damaged.contains(&cause.kind()) {
            true => DatasetError::BadGzip {
                path: self.path.into(),
                cause,
            },
            false => DatasetError::unreadable(self.path)(cause),
        }
    }
}
