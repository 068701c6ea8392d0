//! Files that appear whole or not at all.

use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Random characters at the end of an unfinished file's name.
const RANDOM: usize = 8;
/// The longest name, in bytes, that an unfinished file has in its own: file systems take 255 bytes, some fewer.
const LONGEST_NAME: usize = 100;

/// How the name of an unfinished file begins; a program that is killed leaves such a file behind.
fn unfinished_prefix(name: &str) -> String {
    match name.len() <= LONGEST_NAME {
        true => format!(".{name}.unfinished-"),
        false => format!(".{}.unfinished-", &hexadecimal(&Sha256::digest(name))[..16]),
    }
}

/// Whether a name is one that [`write_whole`] uses while it writes the file `name`.
pub fn is_unfinished(name: &str, found: &str) -> bool {
    let random = found.strip_prefix(&unfinished_prefix(name));
    random.is_some_and(|random| {
        random.len() == RANDOM && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// The SHA-256 of what a reader gives, in hexadecimal.
///
/// # Errors
/// When reading fails.
pub fn sha256(mut reader: impl Read) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut chunk = vec![0; 1 << 16];
    loop {
        match reader.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => hash.update(&chunk[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(hexadecimal(&hash.finalize()))
}

/// The SHA-256 of what a file holds that grows.
#[derive(Clone, Default)]
pub struct Growth(Sha256);

impl Growth {
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Of all that was added, in hexadecimal.
    pub fn digest(&self) -> String {
        hexadecimal(&self.0.clone().finalize())
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Where a file is that was written.
#[derive(Debug)]
pub enum Flushed {
    OnDisk,
    /// In the hands of the system, whose file system does not bring files to the disk on demand: the file is lost if the
    /// machine fails in the next seconds.
    OnItsWay(io::Error),
}

/// Writes a file beside its final place, brings it to the disk and renames it.
///
/// # Errors
/// When the system refuses; then nothing is left behind, and an older file of that name stays as it was.
pub fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>,
) -> io::Result<Flushed> {
    prepare(path, write)?.put()
}

/// A file that is whole on the disk beside its final place. Dropped, it is removed.
#[derive(Debug)]
pub struct Prepared {
    file: NamedTempFile,
    path: PathBuf,
    flushed: Flushed,
}

/// Writes a file beside its final place and brings it to the disk.
///
/// # Errors
/// When the system refuses; then nothing is left behind.
pub fn prepare(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>,
) -> io::Result<Prepared> {
    let (file, flushed) = unfinished(path, write)?;
    let path = path.into();
    Ok(Prepared {
        file,
        path,
        flushed,
    })
}

impl Prepared {
    /// Puts the file in its final place.
    ///
    /// # Errors
    /// When the system refuses; then nothing is left behind, and an older file of that name stays as it was.
    pub fn put(self) -> io::Result<Flushed> {
        self.file.persist(&self.path)?;
        Ok(self.flushed)
    }
}

/// Writes a file as [`write_whole`] does, which must not be there yet.
///
/// # Errors
/// When the file exists already or the system refuses; then nothing is left behind.
pub fn write_new(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>,
) -> io::Result<Flushed> {
    let (file, flushed) = unfinished(path, write)?;
    file.persist_noclobber(path)?;
    Ok(flushed)
}

/// A file on the disk beside its final place.
fn unfinished(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>,
) -> io::Result<(NamedTempFile, Flushed)> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let prefix = unfinished_prefix(&name);
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).rand_bytes(RANDOM);
    #[cfg(unix)]
    {
        // The permissions of any other new file: without this, only its owner could read it.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let file = builder.tempfile_in(folder)?;
    let mut buffered = BufWriter::new(file.as_file());
    write(&mut buffered)?;
    buffered.flush()?;
    drop(buffered);
    let flushed = flushed(file.as_file().sync_all())?;
    Ok((file, flushed))
}

/// What it means that a file was brought to the disk, or was not: a file system that cannot do so on demand, like some on
/// networks and in containers, is no error.
///
/// # Errors
/// That the data did not arrive: the disk is full, a quota is used up, a device or a server is gone.
pub fn flushed(result: io::Result<()>) -> io::Result<Flushed> {
    use io::ErrorKind::{InvalidInput, PermissionDenied, ReadOnlyFilesystem, Unsupported};
    // Not a typewriter: the call means nothing there.
    const ENOTTY: i32 = 25;
    match result {
        Ok(()) => Ok(Flushed::OnDisk),
        Err(error) => match error.kind() {
            InvalidInput | PermissionDenied | ReadOnlyFilesystem | Unsupported => {
                Ok(Flushed::OnItsWay(error))
            }
            _ if cfg!(unix) && error.raw_os_error() == Some(ENOTTY) => Ok(Flushed::OnItsWay(error)),
            _ => Err(error),
        },
    }
}

/// Removes a file; it is no error if it does not exist.
///
/// # Errors
/// When the system refuses for any other reason.
pub fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[test]
    fn a_failure_leaves_the_old_file_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "old").unwrap();
        let failed = write_whole(&path, |file| {
            file.write_all(b"half")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert!(failed.is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(names(folder.path()), ["a"]);
        write_whole(&path, |file| file.write_all(b"new")).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    }

    #[test]
    fn a_file_cannot_replace_a_folder_or_lie_in_none() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("taken");
        fs::create_dir(&taken).unwrap();
        assert!(write_whole(&taken, |_| Ok(())).is_err());
        assert_eq!(names(folder.path()), ["taken"]);
        assert!(write_whole(&folder.path().join("missing/a"), |_| Ok(())).is_err());
    }

    /// By their numbers on Linux.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_flush_that_is_not_offered_is_none_that_failed() {
        let of = |number| flushed(Err(io::Error::from_raw_os_error(number)));
        // EPERM, EACCES, EINVAL, ENOTTY, EROFS, ENOSYS, EOPNOTSUPP.
        for number in [1, 13, 22, 25, 30, 38, 95] {
            assert!(matches!(of(number), Ok(Flushed::OnItsWay(_))), "{number}");
        }
        // EIO, EFBIG, ENOSPC, ETIMEDOUT, ESTALE, EDQUOT.
        for number in [5, 27, 28, 110, 116, 122] {
            assert_eq!(of(number).unwrap_err().raw_os_error(), Some(number));
        }
        assert!(matches!(flushed(Ok(())), Ok(Flushed::OnDisk)));
    }

    #[test]
    fn a_name_may_be_as_long_as_the_file_system_takes() {
        let folder = tempfile::tempdir().unwrap();
        let name = format!("{}.csv", "a".repeat(251));
        let path = folder.path().join(&name);
        let mut part = String::new();
        write_whole(&path, |_| {
            part = names(folder.path()).remove(0);
            Ok(())
        })
        .unwrap();
        assert_eq!(names(folder.path()), [name.as_str()]);
        assert!(is_unfinished(&name, &part), "{part}");
        assert!(!is_unfinished(&name.replace('a', "b"), &part), "{part}");
    }

    #[test]
    fn unfinished_files_are_known_by_their_names() {
        assert!(is_unfinished("a.csv", ".a.csv.unfinished-aB3dE6gH"));
        for other in [
            ".b.csv.unfinished-aB3dE6gH",
            ".a.csv.unfinished-aB3dE6g",
            ".a.csv.unfinished-aB3dE6.H",
            "a.csv.unfinished-aB3dE6gH",
        ] {
            assert!(!is_unfinished("a.csv", other), "{other}");
        }
    }
}
