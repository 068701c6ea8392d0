//! What this program has written into a folder, and so may replace and remove; nothing else in it may be touched.
//!
//! A record in the folder lists them: it gets a line with the SHA-256 before a file is written, and another one after
//! that. A file made by hand is not in the record; a file changed by hand no longer has its digest; if the program is
//! killed, the record names the file that it was writing. The record is locked while a program writes to the folder.
//! It also keeps how long it took to come to a file, such as a training that was saved: the file itself has the same
//! bytes however long it took.
//! Runs and drawings have records of their own: neither replaces or removes what belongs to the other.

use super::output::{warn, warn_unless_flushed};
use anyhow::{Context, anyhow, bail, ensure};
use spikeprune::artefact::{self, sha256};
use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Once;

/// The record of a run.
pub const RUN: &str = ".spikeprune";
/// The record of recordings of presentations.
pub const RECORDINGS: &str = ".spikeprune-recordings";
/// The record of drawings of weights.
pub const DRAWINGS: &str = ".spikeprune-drawings";
/// How a record begins, and how its lines begin.
const TITLE: &str = "# what spikeprune has written here";
const WRITING: &str = "writing ";
const WROTE: &str = "wrote ";
const TOOK: &str = "took ";

/// Wall-clock time that it took to come to a file, and how much was done in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Took {
    pub seconds: f64,
    /// Images shown to each network, or rows of a table.
    pub done: usize,
}

/// What the record says of a file.
#[derive(Default)]
struct Mark {
    /// It is being written, or was when the program was killed: a part of it may then be there under another name.
    writing: bool,
    /// It had these digests, one after another, perhaps with the time that it took to come to them; perhaps it does not
    /// have the last one yet.
    digests: BTreeMap<String, Option<Took>>,
}

/// The files of a folder that belong to this program. No other run can write to them meanwhile.
pub struct OwnFiles {
    folder: PathBuf,
    /// The name of the record.
    name: &'static str,
    /// Locked as long as it is open.
    record: File,
    marks: BTreeMap<String, Mark>,
    /// How the files that were written last looked then: as long as they look so nobody has changed them.
    written: BTreeMap<String, Look>,
}

/// What tells without reading a file that it is as it was: place, size and times.
#[derive(PartialEq)]
struct Look([i128; 7]);

impl Look {
    /// None where the system does not tell.
    #[cfg(unix)]
    fn of(path: &Path) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        let found = fs::symlink_metadata(path).ok()?;
        Some(Self([
            found.dev().into(),
            found.ino().into(),
            found.size().into(),
            found.mtime().into(),
            found.mtime_nsec().into(),
            found.ctime().into(),
            found.ctime_nsec().into(),
        ]))
    }

    #[cfg(not(unix))]
    fn of(_path: &Path) -> Option<Self> {
        None
    }
}

impl OwnFiles {
    /// Opens the record of that name in a folder that exists; a new one if there is none.
    pub fn of(folder: &Path, name: &'static str) -> anyhow::Result<Self> {
        let path = folder.join(name);
        if let Ok(found) = fs::symlink_metadata(&path) {
            ensure!(
                found.is_file(),
                "{} is no record of this program but a folder, link or device: move it away",
                path.display()
            );
        }
        let mut record = File::options()
            .create(true)
            .append(true)
            .read(true)
            .open(&path)
            .with_context(|| format!("cannot write {}", path.display()))?;
        match record.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!(
                "another run writes to {}: wait for its end, or choose another folder",
                folder.display()
            ),
            Err(TryLockError::Error(error)) => warn_of_no_lock(folder, &error),
        }
        let marks = read(&mut record).with_context(|| {
            format!(
                "{} is no record of this program: move it away",
                path.display()
            )
        })?;
        let mut own = Self {
            folder: folder.to_path_buf(),
            name,
            record,
            marks,
            written: BTreeMap::new(),
        };
        own.remove_unfinished()?;
        Ok(own)
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Refuses to go on if one of these files exists and does not belong to this program.
    pub fn check(&self, names: &[impl AsRef<str>]) -> anyhow::Result<()> {
        let mut names = names.iter();
        names.try_for_each(|name| self.check_one(name.as_ref()))
    }

    fn check_one(&self, name: &str) -> anyhow::Result<()> {
        ensure!(
            self.is_free(name)?,
            "{} is not as spikeprune left it, or made by hand: it would be replaced; move it away, or choose another \
             folder",
            self.path(name).display()
        );
        Ok(())
    }

    /// Whether the name is free: there is no such file, or this program wrote it and nobody changed it.
    fn is_free(&self, name: &str) -> anyhow::Result<bool> {
        let path = self.path(name);
        let failed = || format!("cannot read {}", path.display());
        match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
            Err(error) => Err(anyhow!(error).context(failed())),
            Ok(found) if !found.is_file() => Ok(false),
            Ok(_) if self.looks_as_written(name) => Ok(true),
            Ok(_) => match self.marks.get(name) {
                None => Ok(false),
                Some(mark) => Ok(mark
                    .digests
                    .contains_key(&digest_of(&path).with_context(failed)?)),
            },
        }
    }

    fn looks_as_written(&self, name: &str) -> bool {
        let look = self.written.get(name);
        look.is_some() && look == Look::of(&self.path(name)).as_ref()
    }

    /// Records a file as this program's, as it is: one from which a resumed run has begun.
    pub fn adopt(&mut self, name: &str) -> anyhow::Result<()> {
        let path = self.path(name);
        if fs::symlink_metadata(&path).is_ok_and(|found| found.is_file()) {
            let digest =
                digest_of(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let took = self.took_of(name, &digest);
            self.note(name, Some((digest, took)))?;
            self.note(name, None)?;
        }
        Ok(())
    }

    /// How long it took to come to a file as it is, if the record tells.
    pub fn took(&self, name: &str) -> anyhow::Result<Option<Took>> {
        let path = self.path(name);
        let failed = || format!("cannot read {}", path.display());
        match self.marks.contains_key(name) {
            true => Ok(self.took_of(name, &digest_of(&path).with_context(failed)?)),
            false => Ok(None),
        }
    }

    fn took_of(&self, name: &str, digest: &str) -> Option<Took> {
        *self.marks.get(name)?.digests.get(digest)?
    }

    /// Whether the record lists no file.
    pub fn is_unknown(&self) -> bool {
        self.marks.is_empty()
    }

    /// Refuses a file that was changed since this program wrote it; one that the record does not list passes.
    pub fn check_unchanged(&self, name: &str) -> anyhow::Result<()> {
        ensure!(
            !self.marks.contains_key(name) || self.is_free(name)?,
            "{} was changed since spikeprune wrote it: it no longer says what was measured; move it away",
            self.path(name).display()
        );
        Ok(())
    }

    /// Writes a file, which appears whole or not at all.
    pub fn write(&mut self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        self.write_timed(name, bytes, None)
    }

    /// The same, and records how long it took to come to it.
    pub fn write_timed(
        &mut self,
        name: &str,
        bytes: &[u8],
        took: Option<Took>,
    ) -> anyhow::Result<()> {
        self.check_one(name)?;
        // Recorded before it exists: whenever the program is killed, the record lists the file.
        self.note(name, Some((sha256(bytes)?, took)))?;
        let path = self.path(name);
        let flushed = artefact::write_whole(&path, |file| file.write_all(bytes))
            .with_context(|| format!("cannot write {}", path.display()))?;
        warn_unless_flushed(&path, &flushed);
        match Look::of(&path) {
            Some(look) => self.written.insert(name.into(), look),
            None => self.written.remove(name),
        };
        self.note(name, None)
    }

    /// Removes a file if this program wrote it and nobody changed it.
    pub fn remove(&mut self, name: &str) -> anyhow::Result<()> {
        let path = self.path(name);
        if self.marks.contains_key(name) && self.is_free(name)? {
            artefact::remove(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
        Ok(())
    }

    /// Removes all files that this program wrote and nobody changed, except these.
    pub fn remove_others(&mut self, kept: &[impl AsRef<str>]) -> anyhow::Result<()> {
        let is_kept = |name: &&String| kept.iter().any(|kept| kept.as_ref() == *name);
        let names: Vec<String> = (self.marks.keys())
            .filter(|name| !is_kept(name))
            .cloned()
            .collect();
        names.iter().try_for_each(|name| self.remove(name))
    }

    /// Removes all files that this program wrote and nobody changed.
    pub fn remove_all(&mut self) -> anyhow::Result<()> {
        self.remove_others(&[""; 0])
    }

    /// Removes the unfinished file that a killed program left.
    fn remove_unfinished(&mut self) -> anyhow::Result<()> {
        let at: Vec<&String> = (self.marks.iter())
            .filter(|(_, mark)| mark.writing)
            .map(|(name, _)| name)
            .collect();
        if at.is_empty() {
            return Ok(());
        }
        let failed = || format!("cannot clear the folder {}", self.folder.display());
        for entry in fs::read_dir(&self.folder).with_context(failed)? {
            let entry = entry.with_context(failed)?;
            let found = entry.file_name();
            let found = found.to_string_lossy();
            let is_part = at.iter().any(|name| artefact::is_unfinished(name, &found));
            if is_part && entry.file_type().with_context(failed)?.is_file() {
                fs::remove_file(entry.path()).with_context(failed)?;
            }
        }
        Ok(())
    }

    /// Adds to the record that a file of a digest is being written, or that it is there.
    fn note(&mut self, name: &str, begun: Option<(String, Option<Took>)>) -> anyhow::Result<()> {
        let mut lines = match self.marks.is_empty() {
            true => format!("{TITLE}\n"),
            false => String::new(),
        };
        lines += &match &begun {
            Some((digest, _)) => format!("{WRITING}{digest} {name}\n"),
            None => format!("{WROTE}{name}\n"),
        };
        if let Some((digest, Some(Took { seconds, done }))) = &begun {
            lines += &format!("{TOOK}{seconds} {done} {digest} {name}\n");
        }
        // One call, so that a program that is killed leaves whole lines or none.
        self.record
            .write_all(lines.as_bytes())
            .with_context(|| format!("cannot write {}", self.path(self.name).display()))?;
        let mark = self.marks.entry(name.into()).or_default();
        mark.writing = begun.is_some();
        mark.digests.extend(begun);
        Ok(())
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
fn read(record: &mut File) -> anyhow::Result<BTreeMap<String, Mark>> {
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

fn digest_of(path: &Path) -> io::Result<String> {
    sha256(File::open(path)?)
}
