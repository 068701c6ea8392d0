//! Files that grow line by line: a line more is one call of the system, however long the file is.

use super::record::Took;
use super::{Look, OwnFiles};
use crate::artefact::{Growth, flushed};
use crate::cli::output::warn_unless_flushed;
use anyhow::{Context, anyhow};
use std::fs::{self, File};
use std::io::Write;

/// A file that grows, with the digest of what it holds.
pub(super) struct Growing {
    name: String,
    file: File,
    digest: Growth,
}

impl OwnFiles {
    /// Adds whole lines to a file that this program has written, and records how long it took to come there.
    pub fn append(&mut self, name: &str, lines: &[u8], took: Option<Took>) -> anyhow::Result<()> {
        let path = self.path(name);
        let failed = || format!("cannot write {}", path.display());
        let is_open = (self.growing.as_ref()).is_some_and(|growing| growing.name == name);
        if !(is_open && self.looks_as_written(name)) {
            self.check_one(name)?;
            let mut digest = Growth::default();
            digest.add(&fs::read(&path).with_context(failed)?);
            self.growing = Some(Growing {
                name: name.into(),
                file: File::options()
                    .append(true)
                    .open(&path)
                    .with_context(failed)?,
                digest,
            });
        }
        let Some(mut growing) = self.growing.take() else {
            return Err(anyhow!(failed()));
        };
        growing.digest.add(lines);
        // Recorded before it is there: whenever the program is killed, the record tells which lines are whole.
        self.note(name, Some((growing.digest.digest(), took)))?;
        growing.file.write_all(lines).with_context(failed)?;
        warn_unless_flushed(
            &path,
            &flushed(growing.file.sync_data()).with_context(failed)?,
        );
        match Look::of(&path) {
            Some(look) => self.written.insert(name.into(), look),
            None => self.written.remove(name),
        };
        self.growing = Some(growing);
        self.note(name, None)
    }

    /// Cuts what a program that was killed, or a machine that failed, has left of its last lines: the file ends where the
    /// record knows it.
    pub fn cut_torn_lines(&mut self, name: &str) -> anyhow::Result<()> {
        let path = self.path(name);
        if !path.is_file() || self.is_free(name)? {
            return Ok(());
        }
        let Some(mark) = self.marks.get(name).filter(|mark| mark.writing) else {
            return Ok(());
        };
        let failed = || format!("cannot read {}", path.display());
        let text = fs::read(&path).with_context(failed)?;
        let (mut digest, mut end, mut known) = (Growth::default(), 0, None);
        for line in text.split_inclusive(|&byte| byte == b'\n') {
            digest.add(line);
            end += line.len();
            if mark.digests.contains_key(&digest.digest()) {
                known = Some(end);
            }
        }
        if let Some(known) = known {
            let file = File::options()
                .write(true)
                .open(&path)
                .with_context(failed)?;
            file.set_len(known as u64).with_context(failed)?;
        }
        Ok(())
    }
}
