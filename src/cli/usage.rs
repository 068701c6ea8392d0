//! What is wrong with a command line, where the parser of the flags does not say it.

use super::Cli;
use clap::error::ErrorKind;
use clap::{CommandFactory, Error, Parser};
use std::ffi::OsString;

/// Names the argument that should be text and is not; other errors stay as they are.
pub fn named(error: Error, args: &[OsString]) -> Error {
    let is_about = |at: &usize| {
        let one = args.iter().enumerate().map(|(of, arg)| match of == *at {
            true => arg.clone(),
            false => arg.to_string_lossy().into_owned().into(),
        });
        Cli::try_parse_from(one).is_err_and(|error| error.kind() == ErrorKind::InvalidUtf8)
    };
    let Some(at) = (error.kind() == ErrorKind::InvalidUtf8)
        .then(|| (1..args.len()).find(is_about))
        .flatten()
    else {
        return error;
    };
    let (arg, before) = (args[at].to_string_lossy(), args[at - 1].to_string_lossy());
    let (flag, value) = match arg.split_once('=') {
        Some((flag, value)) if flag.starts_with("--") => (flag, value),
        _ if before.starts_with("--") => (&*before, &*arg),
        _ => ("an argument", &*arg),
    };
    let text = format!(
        "{flag} is '{value}', which is not UTF-8: results hold it as text; if it is a path, rename what has this name, or \
         go there and name it from there"
    );
    Cli::command().error(ErrorKind::InvalidUtf8, text)
}
