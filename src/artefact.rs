//! Files that appear whole or not at all.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// How the names of files begin that are not whole yet; a program that is killed leaves them behind.
pub const UNFINISHED: &str = ".unfinished-";

/// Writes a file beside its final place, brings it to the disk and renames it.
///
/// # Errors
/// Whatever the system says; then nothing is left behind and an older file of that name stays as it was.
pub fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>,
) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED);
    #[cfg(unix)]
    {
        // What any other new file gets, less the umask; temporary files are private otherwise.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let file = builder.tempfile_in(folder)?;
    let mut buffered = BufWriter::new(file.as_file());
    write(&mut buffered)?;
    buffered.flush()?;
    drop(buffered);
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// Removes a file; one that is not there is none to remove.
///
/// # Errors
/// Whatever else the system says.
pub fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Goes on where a file system has no locks, as some networks' do not: then nothing can be done about two programs.
///
/// # Errors
/// Every other error of a lock.
pub fn without_locks(error: io::Error) -> io::Result<()> {
    let no_locks = cfg!(target_os = "linux") && error.raw_os_error() == Some(37);
    match error.kind() {
        io::ErrorKind::Unsupported => Ok(()),
        _ if no_locks => Ok(()),
        _ => Err(error),
    }
}
