//! Archives of files in memory.

use super::gzip::most_held;
use crate::dataset::DatasetError;
use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use zip::ZipArchive;

/// Adds the files of a `.zip` archive; those that systems hide in it are left out.
///
/// # Errors
/// When it is none, or is damaged.
pub(super) fn unpack(
    path: &Path,
    archive: &[u8],
    files: &mut BTreeMap<PathBuf, Vec<u8>>,
) -> Result<(), DatasetError> {
    let bad = |why: String| DatasetError::BadArray {
        path: path.into(),
        why,
    };
    let dir = path.with_extension("");
    let mut archive =
        ZipArchive::new(Cursor::new(archive)).map_err(|error| bad(error.to_string()))?;
    for index in 0..archive.len() {
        let mut entry = (archive.by_index(index)).map_err(|error| bad(error.to_string()))?;
        let name = entry.name().map_err(|error| bad(error.to_string()))?;
        let hidden = |part: &str| part.starts_with('.') || part == "__MACOSX";
        if entry.is_dir() || name.split('/').any(hidden) {
            continue;
        }
        let place = dir.join(&*name);
        let (most, mut bytes) = (most_held(entry.compressed_size()), Vec::new());
        let read = entry.by_ref().take(most).read_to_end(&mut bytes);
        read.map_err(|cause| bad(cause.to_string()))?;
        files.insert(place, bytes);
    }
    Ok(())
}
