//! Where files are: on the disk, or in memory.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Cursor, ErrorKind, Read, Seek};
use std::path::{Path, PathBuf};

/// What holds files.
pub enum Tree {
    Disk,
    /// By their paths; folders are what files lie in.
    Memory(BTreeMap<PathBuf, Vec<u8>>),
}

/// An open file.
pub trait Opened: Read + Seek + Send {}

impl<T: Read + Seek + Send> Opened for T {}

impl Tree {
    /// Whether there is anything at a path.
    ///
    /// # Errors
    /// When the system refuses to say.
    pub fn exists(&self, path: &Path) -> io::Result<bool> {
        match self {
            Self::Disk => path.try_exists(),
            Self::Memory(_) => Ok(self.is_dir(path) || self.is_file(path)),
        }
    }

    pub fn is_dir(&self, path: &Path) -> bool {
        match self {
            Self::Disk => path.is_dir(),
            Self::Memory(files) => files
                .keys()
                .any(|file| file != path && file.starts_with(path)),
        }
    }

    pub fn is_file(&self, path: &Path) -> bool {
        match self {
            Self::Disk => path.is_file(),
            Self::Memory(files) => files.contains_key(path),
        }
    }

    /// Checks that a folder can be read.
    ///
    /// # Errors
    /// When it cannot.
    pub fn check_dir(&self, path: &Path) -> io::Result<()> {
        match self {
            Self::Disk => fs::read_dir(path).map(|_| ()),
            Self::Memory(_) => Ok(()),
        }
    }

    /// What is in a folder, by name; nothing of one that cannot be read.
    pub fn entries(&self, dir: &Path) -> Vec<PathBuf> {
        let mut entries: Vec<PathBuf> = match self {
            Self::Disk => {
                let entries = fs::read_dir(dir).into_iter().flatten().flatten();
                entries.map(|entry| entry.path()).collect()
            }
            Self::Memory(files) => {
                let below = files.keys().filter_map(|file| file.strip_prefix(dir).ok());
                let first = below.filter_map(|below| below.components().next());
                first.map(|first| dir.join(first)).collect()
            }
        };
        entries.sort();
        entries.dedup();
        entries
    }

    /// The files in a folder, by name, or the one at this path.
    #[cfg(feature = "sources")]
    pub fn files(&self, path: &Path) -> Vec<PathBuf> {
        let mut files = match self.is_dir(path) {
            true => self.entries(path),
            false => vec![path.to_path_buf()],
        };
        files.retain(|file| self.is_file(file));
        files
    }

    /// The length of a file.
    ///
    /// # Errors
    /// When there is none.
    pub fn len(&self, path: &Path) -> io::Result<u64> {
        match self {
            Self::Disk => fs::metadata(path).map(|found| found.len()),
            Self::Memory(files) => bytes(files, path).map(|bytes| bytes.len() as u64),
        }
    }

    /// Opens a file.
    ///
    /// # Errors
    /// When there is none, or the system refuses.
    pub fn open(&self, path: &Path) -> io::Result<Box<dyn Opened + '_>> {
        match self {
            Self::Disk => Ok(Box::new(File::open(path)?)),
            Self::Memory(files) => Ok(Box::new(Cursor::new(bytes(files, path)?))),
        }
    }
}

fn bytes<'a>(files: &'a BTreeMap<PathBuf, Vec<u8>>, path: &Path) -> io::Result<&'a [u8]> {
    let found = files.get(path).map(Vec::as_slice);
    found.ok_or_else(|| ErrorKind::NotFound.into())
}
