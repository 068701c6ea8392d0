//! The two ways out: results on stdout, errors on stderr.

use anyhow::{Context, anyhow};
use spikeprune::artefact::Flushed;
use spikeprune::params::one_line;
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::sync::Once;

/// Prints a result. If the reader is gone, the program ends quietly, see [`is_broken_pipe`].
pub fn out(text: &str) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .and_then(|()| arrived(&stdout))
        .context("cannot write to stdout")
}

/// Some file systems tell only now that the disk is full or a quota used up. What is no file has arrived.
fn arrived(stdout: &io::StdoutLock<'_>) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        let stdout = std::fs::File::from(stdout.as_fd().try_clone_to_owned()?);
        spikeprune::artefact::flushed(stdout.sync_all())?;
    }
    #[cfg(not(unix))]
    let _ = stdout;
    Ok(())
}

/// Prints a document as JSON.
pub fn out_json(document: &impl serde::Serialize) -> anyhow::Result<()> {
    out(&(serde_json::to_string_pretty(document)? + "\n"))
}

/// Prints a note that changes the meaning of a result, unless `--quiet`. If the terminal is gone, the run goes on.
pub fn note(text: &str, quiet: bool) {
    if !quiet {
        let _ = writeln!(io::stderr(), "note: {}", one_line(text));
    }
}

/// Prints what went wrong although the result is there.
pub fn warn(error: &anyhow::Error) {
    let _ = writeln!(io::stderr(), "warning: {}", sentence(error));
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
