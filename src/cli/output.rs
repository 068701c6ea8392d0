//! The two ways out: results on stdout, errors on stderr.

use super::host;
use crate::artefact::Flushed;
use crate::params::one_line;
use anyhow::{Context, anyhow};
#[cfg(unix)]
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::sync::Once;
#[cfg(unix)]
use std::sync::OnceLock;

/// Where results go once stdout is kept for them.
#[cfg(unix)]
static RESULTS: OnceLock<File> = OnceLock::new();

/// Keeps stdout for results: what libraries print there from now on, such as drivers of GPUs, goes to stderr.
pub fn keep_stdout() {
    #[cfg(unix)]
    if RESULTS.get().is_none()
        && let Ok(kept) = results()
        && RESULTS.set(kept).is_ok()
    {
        // If this fails, such words stay where they were.
        let _ = rustix::stdio::dup2_stdout(io::stderr());
    }
}

/// What stdout was when the program began.
#[cfg(unix)]
fn results() -> io::Result<File> {
    use std::os::fd::AsFd;
    match RESULTS.get() {
        Some(kept) => kept.try_clone(),
        None => Ok(io::stdout().as_fd().try_clone_to_owned()?.into()),
    }
}

/// Prints a result. If the reader is gone, the program ends quietly, see [`is_broken_pipe`].
pub fn out(text: &str) -> anyhow::Result<()> {
    match host::keeps_result(text) {
        true => Ok(()),
        false => print(text).context("cannot write to stdout"),
    }
}

#[cfg(unix)]
fn print(text: &str) -> io::Result<()> {
    let mut results = results()?;
    results.write_all(text.as_bytes())?;
    // Some file systems tell only now that the disk is full or a quota used up. What is no file has arrived.
    crate::artefact::flushed(results.sync_all()).map(|_| ())
}

#[cfg(not(unix))]
fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// Prints a document as JSON.
pub fn out_json(document: &impl serde::Serialize) -> anyhow::Result<()> {
    out(&(serde_json::to_string_pretty(document)? + "\n"))
}

/// Prints a note that changes the meaning of a result, unless `--quiet`. If the terminal is gone, the run goes on.
pub fn note(text: &str, quiet: bool) {
    if !host::keeps_note(&one_line(text)) && !quiet {
        let _ = writeln!(io::stderr(), "note: {}", one_line(text));
    }
}

/// Prints what went wrong although the result is there.
pub fn warn(error: &anyhow::Error) {
    if !host::keeps_note(&sentence(error)) {
        let _ = writeln!(io::stderr(), "warning: {}", sentence(error));
    }
}

/// Warns, once, of files that their file system does not bring to the disk on demand.
pub fn warn_unless_flushed(path: &Path, flushed: &Flushed) {
    static SAID: Once = Once::new();
    if let Flushed::OnItsWay(error) = flushed {
        let text = anyhow!(
            "{} and what is written after it may be lost if the machine fails: their file system does not bring files to \
             the disk when it is asked to ({error})",
            path.display()
        );
        SAID.call_once(|| warn(&text));
    }
}

/// Prints what went wrong, from the outermost to the innermost cause. Nothing is left to do if stderr is
/// closed too.
pub fn print_error(error: &anyhow::Error) {
    let _ = writeln!(io::stderr(), "error: {}", sentence(error));
}

/// All causes in one line, without those that the one before already tells.
pub fn sentence(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if !text.contains(&cause) {
            text += if text.is_empty() { "" } else { ": " };
            text += &cause;
        }
    }
    one_line(&text)
}

/// Whether stdout's reader is gone, as with `| head`.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}
