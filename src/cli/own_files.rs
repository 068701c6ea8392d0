//! What this program has written into a folder, and so may replace and remove; nothing else in it may be touched.
//!
//! A record in the folder says so: a line before a file is written, and one with its SHA-256 after that. A file that
//! somebody made by hand is not in it, one that somebody has changed no longer has its digest, and of a program that was
//! killed the record names the file that it was at. The record is locked as long as a program writes to the folder.

use anyhow::{Context, anyhow, bail, ensure};
use spikeprune::artefact::{self, without_locks};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// The name of the record.
pub const RECORD: &str = ".spikeprune";
/// How it begins, and how its lines do.
const TITLE: &str = "# what spikeprune has written here";
const WRITING: &str = "writing ";
const WROTE: &str = "wrote ";

/// What the record says of a file.
#[derive(Default)]
struct Mark {
    /// It is being written, or was when the program was killed: then it may be whole, old or not there.
    writing: bool,
    /// It had these digests, one after another.
    digests: BTreeSet<String>,
}

/// The files of a folder that are this program's, and that no other run writes to meanwhile.
pub struct OwnFiles {
    folder: PathBuf,
    /// Locked as long as it is open.
    record: File,
    marks: BTreeMap<String, Mark>,
    /// Written by this process: nobody else's since.
    written: Vec<String>,
}

impl OwnFiles {
    /// Takes a folder that exists.
    pub fn of(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(RECORD);
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
            Err(TryLockError::Error(error)) => {
                let failed = || format!("cannot lock {}", path.display());
                without_locks(error).with_context(failed)?;
            }
        }
        let marks = read(&mut record).with_context(|| {
            format!(
                "{} is no record of this program: move it away",
                path.display()
            )
        })?;
        let mut own = Self {
            folder: folder.to_path_buf(),
            record,
            marks,
            written: Vec::new(),
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

    /// Refuses to go on where one of these files is there and not this program's.
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

    /// Whether there is no file of that name, or this program's as it left it.
    fn is_free(&self, name: &str) -> anyhow::Result<bool> {
        if self.written.iter().any(|written| written == name) {
            return Ok(true);
        }
        let path = self.path(name);
        let failed = || format!("cannot read {}", path.display());
        match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
            Err(error) => Err(anyhow!(error).context(failed())),
            Ok(found) if !found.is_file() => Ok(false),
            Ok(_) => match self.marks.get(name) {
                None => Ok(false),
                Some(mark) if mark.writing => Ok(true),
                Some(mark) => Ok(mark
                    .digests
                    .contains(&digest_of(&path).with_context(failed)?)),
            },
        }
    }

    /// Takes files for this program's as they are: what a run that is gone on with has been begun from.
    pub fn adopt(&mut self, name: &str) -> anyhow::Result<()> {
        let path = self.path(name);
        if fs::symlink_metadata(&path).is_ok_and(|found| found.is_file()) {
            let digest =
                digest_of(&path).with_context(|| format!("cannot read {}", path.display()))?;
            self.note(name, Some(digest))?;
        }
        Ok(())
    }

    /// Whether the record knows no file: the folder is older than it, or was copied without it.
    pub fn is_unknown(&self) -> bool {
        self.marks.is_empty()
    }

    /// Refuses a file that is not as this program left it at some time; one that the record does not know passes.
    pub fn check_unchanged(&self, name: &str) -> anyhow::Result<()> {
        ensure!(
            !self.marks.contains_key(name) || self.is_free(name)?,
            "{} was changed since spikeprune wrote it: it no longer says what was measured; move it away",
            self.path(name).display()
        );
        Ok(())
    }

    /// Has a file written, which appears whole or not at all.
    pub fn write<E: Into<anyhow::Error>>(
        &mut self,
        name: &str,
        write: impl FnOnce(&Path) -> Result<(), E>,
    ) -> anyhow::Result<()> {
        self.check_one(name)?;
        self.note(name, None)?;
        let path = self.path(name);
        write(&path).map_err(Into::into)?;
        let digest = digest_of(&path).with_context(|| format!("cannot read {}", path.display()))?;
        self.note(name, Some(digest))?;
        if !self.written.iter().any(|written| written == name) {
            self.written.push(name.into());
        }
        Ok(())
    }

    /// Removes a file where it is there and this program's as it left it.
    pub fn remove(&mut self, name: &str) -> anyhow::Result<()> {
        let path = self.path(name);
        if self.marks.contains_key(name) && self.is_free(name)? {
            artefact::remove(&path).with_context(|| format!("cannot remove {}", path.display()))?;
            self.written.retain(|written| written != name);
        }
        Ok(())
    }

    /// Removes all files that are this program's as it left them, but for these.
    pub fn remove_others(&mut self, kept: &[impl AsRef<str>]) -> anyhow::Result<()> {
        let is_kept = |name: &&String| kept.iter().any(|kept| kept.as_ref() == *name);
        let names: Vec<String> = (self.marks.keys())
            .filter(|name| !is_kept(name))
            .cloned()
            .collect();
        names.iter().try_for_each(|name| self.remove(name))
    }

    /// Removes all files that are this program's as it left them.
    pub fn remove_all(&mut self) -> anyhow::Result<()> {
        self.remove_others(&[""; 0])
    }

    /// Removes what a program that was killed had written of the file that it was at.
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

    /// Adds a line to the record: that a file is being written, or was and has this digest.
    fn note(&mut self, name: &str, digest: Option<String>) -> anyhow::Result<()> {
        let line = match &digest {
            None => format!("{WRITING}{name}\n"),
            Some(digest) => format!("{WROTE}{digest} {name}\n"),
        };
        let title = match self.marks.is_empty() {
            true => format!("{TITLE}\n"),
            false => String::new(),
        };
        // One call: a line is there or not, whenever the program is killed.
        self.record
            .write_all((title + &line).as_bytes())
            .with_context(|| format!("cannot write {}", self.path(RECORD).display()))?;
        let mark = self.marks.entry(name.into()).or_default();
        mark.writing = digest.is_none();
        mark.digests.extend(digest);
        Ok(())
    }
}

/// What a record says; a line that is cut says nothing.
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
        if let Some(name) = line.strip_prefix(WRITING) {
            marks.entry(name.into()).or_default().writing = true;
        } else if let Some((digest, name)) = line
            .strip_prefix(WROTE)
            .and_then(|line| line.split_once(' '))
        {
            let mark = marks.entry(name.into()).or_default();
            mark.writing = false;
            mark.digests.insert(digest.into());
        }
    }
    Ok(marks)
}

fn digest_of(path: &Path) -> io::Result<String> {
    artefact::sha256(File::open(path)?)
}
