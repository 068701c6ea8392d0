//! Files that appear whole or not at all.

use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;
use tempfile::NamedTempFile;

/// Random characters at the end of an unfinished file's name.
const RANDOM: usize = 8;

/// How the name of an unfinished file begins; a program that is killed leaves such a file behind.
fn unfinished_prefix(name: &str) -> String {
    format!(".{name}.unfinished-")
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
    let bytes = hash.finalize();
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Writes a file beside its final place, brings it to the disk and renames it.
///
/// # Errors
/// When the system refuses; then nothing is left behind, and an older file of that name stays as it was.
pub fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>,
) -> io::Result<()> {
    unfinished(path, write)?.persist(path)?;
    Ok(())
}

/// The same for a file that must not be there yet.
///
/// # Errors
/// When the file exists already or the system refuses; then nothing is left behind.
pub fn write_new(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>,
) -> io::Result<()> {
    unfinished(path, write)?.persist_noclobber(path)?;
    Ok(())
}

/// A file on the disk beside its final place.
fn unfinished(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>,
) -> io::Result<NamedTempFile> {
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
    file.as_file().sync_all()?;
    Ok(file)
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

/// A file system without locks, like some on networks, is no error: two programs cannot be kept apart there.
///
/// # Errors
/// Any other error of a lock.
pub fn without_locks(error: io::Error) -> io::Result<()> {
    let no_locks = cfg!(target_os = "linux") && error.raw_os_error() == Some(37);
    match error.kind() {
        io::ErrorKind::Unsupported => Ok(()),
        _ if no_locks => Ok(()),
        _ => Err(error),
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
