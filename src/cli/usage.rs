//! What is wrong with a command line, where the parser of the flags does not say it.

use super::Cli;
use super::paths::QUOTES;
use clap::error::{ContextKind, ContextValue, ErrorKind};
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

/// What to do where an argument that is not known is the rest of one that a shell has divided.
pub fn tip(error: &Error, args: &[OsString]) -> Option<&'static str> {
    let Some(ContextValue::String(unknown)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    let args: Vec<_> = args.iter().map(|arg| arg.to_string_lossy()).collect();
    let at = args.iter().position(|arg| arg == unknown);
    let before = at.filter(|_| error.kind() == ErrorKind::UnknownArgument)?;
    let opens = |arg: &str| arg.starts_with('\'') && !arg.ends_with('\'');
    if args[..before].iter().any(|arg| opens(arg)) {
        return Some(QUOTES);
    }
    let ends_with_comma = args[..before].last()?.ends_with(',');
    ends_with_comma.then_some("a list with spaces needs quotes around all of it: '5, 7, 9'")
}
