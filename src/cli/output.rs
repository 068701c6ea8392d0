//! The two ways out: results on stdout, errors on stderr.

use anyhow::Context;
use spikeprune::params::one_line;
use std::io::{self, ErrorKind, Write};

/// Prints a result. If the reader is gone, the program ends quietly, see [`is_broken_pipe`].
pub fn out(text: &str) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .context("cannot write to stdout")
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

/// Prints what went wrong, from the outermost to the innermost cause. Nothing is left to do if stderr is
/// closed too.
pub fn print_error(error: &anyhow::Error) {
    let _ = writeln!(io::stderr(), "error: {}", sentence(error));
}

/// All causes in one line, without those that the one before already tells.
fn sentence(error: &anyhow::Error) -> String {
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
