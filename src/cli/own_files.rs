//! What this program has written into a folder, and so may replace and remove; nothing else in it may be touched.
//!
//! A record in the folder lists them: it gets a line with the SHA-256 before a file is written, and another one after
//! that. A file made by hand is not in the record; a file changed by hand no longer has its digest; if the program is
//! killed, the record names the file that it was writing. The record is locked while a program writes to the folder.
//! It also keeps how long it took to come to a file, such as a training that was saved: the file itself has the same
//! bytes however long it took.
//! Runs and drawings have records of their own: neither replaces or removes what belongs to the other.

mod grow;
mod record;

use super::output::warn_unless_flushed;
use crate::artefact::{self, Prepared, sha256};
use anyhow::{Context, anyhow, ensure};
use grow::Growing;
pub use record::Took;
use record::{Mark, TITLE, TOOK, WRITING, WROTE, locked, read};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The record of a run.
pub const RUN: &str = ".spikeprune";
/// The record of recordings of presentations.
pub const RECORDINGS: &str = ".spikeprune-recordings";
/// The record of drawings of weights.
pub const DRAWINGS: &str = ".spikeprune-drawings";
/// A file to be written.
#[derive(Clone, Copy)]
pub struct New<'a> {
    pub name: &'a str,
    pub bytes: &'a [u8],
    /// How long it took to come to it.
    pub took: Option<Took>,
}

/// The files of a folder that belong to this program. No other run can write to them meanwhile.
pub struct OwnFiles {
    folder: PathBuf,
    /// The name of the record.
    name: &'static str,
    /// Whether there was no record.
    is_new: bool,
    /// Locked as long as it is open.
    record: File,
    marks: BTreeMap<String, Mark>,
    /// How the files that were written last looked then: as long as they look so nobody has changed them.
    written: BTreeMap<String, Look>,
    /// A file that grows line by line, once it has.
    growing: Option<Growing>,
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
        let is_new = fs::symlink_metadata(&path).is_err();
        let mut record = locked(folder, &path)?;
        let marks = read(&mut record).with_context(|| {
            format!(
                "{} is no record of this program: move it away",
                path.display()
            )
        })?;
        let mut own = Self {
            folder: folder.to_path_buf(),
            name,
            is_new,
            record,
            marks,
            written: BTreeMap::new(),
            growing: None,
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

    /// Whether a file is there that the record lists.
    pub fn holds_any(&self) -> bool {
        let mut names = self.marks.keys();
        names.any(|name| fs::symlink_metadata(self.path(name)).is_ok())
    }

    /// Whether the record lists a file.
    pub fn lists(&self, name: &str) -> bool {
        self.marks.contains_key(name)
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
        let file = self.prepare(New { name, bytes, took })?;
        self.put(name, file)
    }

    /// Writes the files of a run over those of an earlier one, of which all stay until these are whole on the disk.
    pub fn write_over(&mut self, files: &[New<'_>]) -> anyhow::Result<()> {
        let prepared = files.iter().map(|&file| self.prepare(file));
        let prepared: Vec<Prepared> = prepared.collect::<Result<_, _>>()?;
        for (New { name, .. }, file) in files.iter().zip(prepared) {
            self.put(name, file)?;
        }
        let names: Vec<&str> = files.iter().map(|file| file.name).collect();
        self.remove_others(&names)
    }

    fn prepare(&mut self, New { name, bytes, took }: New<'_>) -> anyhow::Result<Prepared> {
        self.check_one(name)?;
        // Recorded before it exists: whenever the program is killed, the record lists the file.
        self.note(name, Some((sha256(bytes)?, took)))?;
        let path = self.path(name);
        artefact::prepare(&path, |file| file.write_all(bytes))
            .with_context(|| format!("cannot write {}", path.display()))
    }

    fn put(&mut self, name: &str, file: Prepared) -> anyhow::Result<()> {
        let path = self.path(name);
        let flushed = file
            .put()
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

impl Drop for OwnFiles {
    /// A record that lists nothing is of no use to anybody, as where a run was refused.
    fn drop(&mut self) {
        if self.is_new && self.marks.is_empty() {
            // If it stays, nothing is lost.
            let _ = artefact::remove(&self.path(self.name));
        }
    }
}

fn digest_of(path: &Path) -> io::Result<String> {
    sha256(File::open(path)?)
}
