//! How runs are saved on their way, stopped by a signal and continued.

use super::data::Loaded;
use super::device::DeviceOptions;
use super::host;
use super::output::{is_broken_pipe, sentence};
use crate::experiment::ExperimentError;
use crate::experiment::saving::Every;
use crate::params::whole;
use clap::Args;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Time between two checkpoints where no number of images is given.
const SECONDS: f64 = 20.0;

#[derive(Args)]
#[command(next_help_heading = "Device and output")]
pub struct SavingOptions {
    /// Save the training after each N images, to go on from if the run is stopped [default: every 20 s]
    #[arg(long, value_parser = whole::<usize>, value_name = "N")]
    checkpoint_every: Option<usize>,
}

impl SavingOptions {
    /// When to save.
    pub fn every(&self) -> anyhow::Result<Every> {
        anyhow::ensure!(
            self.checkpoint_every != Some(0),
            "--checkpoint-every is 0: it must be at least 1"
        );
        Ok(match self.checkpoint_every {
            Some(images) => Every::Images(images),
            None => Every::Seconds(SECONDS),
        })
    }
}

/// A signal came while networks were tested.
#[derive(Debug)]
pub struct StoppedInTests;

impl fmt::Display for StoppedInTests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stopped after the training")
    }
}

impl std::error::Error for StoppedInTests {}

/// The command that goes on with the run of this program, once there is something to go on from.
static GO_ON: OnceLock<String> = OnceLock::new();

/// From now on errors end with the command that goes on with the run, unless another program called it.
pub fn is_saved(command: &str) {
    if host::stop().is_none() {
        GO_ON.get_or_init(|| command.into());
    }
}

/// The command that goes on with the run, once there is something to go on from.
pub fn go_on() -> Option<&'static str> {
    GO_ON.get().map(String::as_str)
}

/// A run that ended too early.
#[derive(Debug)]
pub struct Broken {
    what: String,
    /// How to go on with it, or why that cannot be.
    then: String,
    pub by_signal: bool,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, then, .. } = self;
        write!(f, "{what}; {then}")
    }
}

impl std::error::Error for Broken {}

/// Says how to go on with a run that ended too early, if a signal stopped it or it has saved something. `way` is the
/// command for that, or why there is none.
pub fn explain(error: anyhow::Error, way: Result<&str, String>) -> anyhow::Error {
    use ExperimentError::{Observer, SearchStopped, Stopped};
    let by_signal = match error.downcast_ref() {
        Some(Stopped { .. } | SearchStopped { .. }) => true,
        Some(Observer(cause)) => cause.is::<StoppedInTests>(),
        _ => false,
    };
    if !by_signal && (go_on().is_none() || is_broken_pipe(&error)) {
        return error;
    }
    Broken {
        what: sentence(&error),
        then: way.map_or_else(|why| why, |command| format!("go on with: {command}")),
        by_signal,
    }
    .into()
}

/// This program as a shell in any working folder finds it: by the name by which it was called, or by its path.
pub fn program() -> OsString {
    let called = host::called().or_else(|| env::args_os().next());
    let called = called.map(PathBuf::from);
    let called = called.filter(|called| !called.as_os_str().is_empty());
    let is_path = |called: &Path| {
        called
            .parent()
            .is_some_and(|folder| folder != Path::new(""))
    };
    let in_path = |called: &Path| {
        let folders = env::var_os("PATH").unwrap_or_default();
        env::split_paths(&folders).any(|folder| folder.join(called).is_file())
    };
    match called {
        Some(called) if is_path(&called) => std::path::absolute(&called).unwrap_or(called).into(),
        Some(called) if in_path(&called) => called.into(),
        called => env::current_exe()
            .ok()
            .or(called)
            .unwrap_or("spikeprune".into())
            .into(),
    }
}

/// The command that goes on with a run, for a POSIX shell in any working folder. It names the data if they are not where
/// the run looks for them first.
pub fn resuming(
    command: &str,
    folder: &Path,
    (data, first): (&Loaded, Option<PathBuf>),
    device: &DeviceOptions,
) -> String {
    let rooted = |path: &Path| {
        let rooted = std::path::absolute(path).unwrap_or_else(|_| path.into());
        match rooted.as_os_str().as_encoded_bytes().ends_with(b"\n") {
            // What a shell makes of a word loses line ends there.
            true => rooted.join(""),
            false => rooted,
        }
    };
    let (folder, images) = (rooted(folder), rooted(&data.folder));
    let mut line = format!(
        "{} {command} --resume {}",
        quoted(&program()),
        quoted(folder.as_ref())
    );
    if first != Some(data.rooted()) {
        line += &format!(" --data {}", quoted(images.as_ref()));
    }
    line + &device.flags()
}

/// A word as a POSIX shell reads it, on one line.
pub fn quoted(word: &OsStr) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+,:=@%".contains(&byte);
    match word.to_str() {
        Some(text) if !text.is_empty() && text.bytes().all(is_plain) => text.into(),
        Some(text) if !text.contains(char::is_control) => {
            format!("'{}'", text.replace('\'', r"'\''"))
        }
        // No line can hold it: the shell makes it from its bytes.
        _ => {
            let bytes = word.as_encoded_bytes().iter();
            let octal = bytes.map(|byte| format!(r"\{byte:03o}"));
            format!("\"$(printf '{}')\"", octal.collect::<String>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a shell makes of a quoted word.
    #[cfg(unix)]
    #[test]
    fn a_shell_reads_what_was_quoted() {
        use std::os::unix::ffi::OsStrExt;
        let words: [&[u8]; 12] = [
            b"/runs/paper-7-4-6-seed1",
            b"a b  c",
            b"it's",
            b"'",
            b"$HOME/`id`/$(id)",
            b"\"double\" \\ back",
            b"two\nlines",
            b"~/x*?[a]{b,c}",
            b"a;b&c|d<e>f#g!h",
            "M\u{fc}ller".as_bytes(),
            b"latin-1 \xfc%d",
            b"",
        ];
        for word in words {
            let word = OsStr::from_bytes(word);
            let script = format!("printf '%s.' {}", quoted(word));
            let shell = std::process::Command::new("sh")
                .args(["-c", &script])
                .output();
            let read = shell.unwrap().stdout;
            assert_eq!(read.strip_suffix(b"."), Some(word.as_bytes()), "{script}");
        }
    }
}
