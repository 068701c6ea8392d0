//! The record of a folder: what its lines say, and its lock.

use crate::cli::output::warn;
use anyhow::{Context, anyhow, bail, ensure};
use same_file::Handle;
use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::sync::Once;

/// How a record begins, and how its lines begin.
pub const TITLE: &str = "# what spikeprune has written here";
pub const WRITING: &str = "writing ";
pub const WROTE: &str = "wrote ";
pub const TOOK: &str = "took ";

/// Wall-clock time that it took to come to a file, and how much was done in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Took {
    pub seconds: f64,
    /// Images shown to each network, or rows of a table.
    pub done: usize,
}

/// What the record says of a file.
#[derive(Default)]
pub struct Mark {
    /// It is being written, or was when the program was killed: a part of it may then be there under another name.
    pub writing: bool,
    /// It had these digests, one after another, perhaps with the time that it took to come to them; perhaps it does not
    /// have the last one yet.
    pub digests: BTreeMap<String, Option<Took>>,
}

/// Opens a record, made if it is not there, and locks it.
pub fn locked(folder: &Path, path: &Path) -> anyhow::Result<File> {
    loop {
        let record = File::options()
            .create(true)
            .append(true)
            .read(true)
            .open(path)
            .with_context(|| format!("cannot write {}", path.display()))?;
        match record.try_lock() {
            Ok(()) if is_at(&record, path) => return Ok(record),
            // Another run, which had written nothing, has removed it in between.
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!(
                "another run writes to {}: wait for its end, or choose another folder",
                folder.display()
            ),
            Err(TryLockError::Error(error)) => {
                warn_of_no_lock(folder, &error);
                return Ok(record);
            }
        }
    }
}

/// Whether an open file is what stands at a path; where the system does not tell, it is.
fn is_at(file: &File, path: &Path) -> bool {
    let of_file = file.try_clone().and_then(Handle::from_file);
    match (of_file, Handle::from_path(path)) {
        (Ok(file), Ok(at)) => file == at,
        (_, Err(error)) => error.kind() != io::ErrorKind::NotFound,
        (Err(_), Ok(_)) => true,
    }
}

/// Warns, once, of a file system without locks, like some on networks: the run goes on.
fn warn_of_no_lock(folder: &Path, error: &io::Error) {
    static SAID: Once = Once::new();
    let text = anyhow!(
        "{} cannot be locked ({error}): see to it that no other run writes there meanwhile",
        folder.display()
    );
    SAID.call_once(|| warn(&text));
}

/// Reads a record; a line that was cut short is passed over.
pub fn read(record: &mut File) -> anyhow::Result<BTreeMap<String, Mark>> {
    let mut text = String::new();
    record.rewind()?;
    record.read_to_string(&mut text)?;
    let mut marks: BTreeMap<String, Mark> = BTreeMap::new();
    if text.is_empty() {
        return Ok(marks);
    }
    if TITLE.starts_with(&text) {
        record.set_len(0)?;
        return Ok(marks);
    }
    ensure!(text.starts_with(TITLE), "its first line is not {TITLE:?}");
    if !text.ends_with('\n') {
        record.write_all(b"\n")?;
    }
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    for line in whole.lines() {
        if let Some(name) = line.strip_prefix(WROTE) {
            if let Some(mark) = marks.get_mut(name) {
                mark.writing = false;
            }
        } else if let Some((digest, name)) = line
            .strip_prefix(WRITING)
            .and_then(|line| line.split_once(' '))
            // A path that leads out of the folder is not this program's.
            && Path::new(name).file_name() == Some(name.as_ref())
        {
            let mark = marks.entry(name.into()).or_default();
            mark.writing = true;
            mark.digests.insert(digest.into(), None);
        } else if let Some((name, digest, took)) = line.strip_prefix(TOOK).and_then(read_took)
            && let Some(known) = marks
                .get_mut(name)
                .and_then(|mark| mark.digests.get_mut(digest))
        {
            *known = Some(took);
        }
    }
    Ok(marks)
}

/// Name and digest of a file, and how long it took to come to it.
fn read_took(line: &str) -> Option<(&str, &str, Took)> {
    let mut words = line.splitn(4, ' ');
    let (seconds, done) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let (digest, name) = (words.next()?, words.next()?);
    let sound = f64::is_finite(seconds) && seconds >= 0.0;
    sound.then_some((name, digest, Took { seconds, done }))
}
