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

/// What to do about an argument that is not known: it is a part of what a shell has divided, or a flag with other dashes.
pub fn tip(error: &Error, args: &[OsString]) -> Option<String> {
    let Some(ContextValue::String(unknown)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    let args: Vec<_> = args.iter().map(|arg| arg.to_string_lossy()).collect();
    let is_it = |arg: &str| arg == unknown || (arg.starts_with(unknown) && unknown.len() == 2);
    let at = args.iter().position(|arg| is_it(arg));
    let at = at.filter(|_| error.kind() == ErrorKind::UnknownArgument)?;
    let (before, typed) = args.split_at(at);
    let name = typed[0].trim_start_matches([
        '-', '\u{2010}', '\u{2011}', '\u{2013}', '\u{2014}', '\u{2212}',
    ]);
    let flag = name.split('=').next().unwrap_or_default();
    if typed[0].len() > name.len() && is_flag(flag, before) {
        return Some(format!("write --{name}, with two plain dashes"));
    }
    let opens = |arg: &str| arg.starts_with('\'') && !arg.ends_with('\'');
    if before.iter().any(|arg| opens(arg)) {
        return Some(QUOTES.into());
    }
    let number = |text: &str| text.trim_end_matches(',').parse::<u64>().is_ok();
    match before {
        [.., last] if last.ends_with(',') => {
            Some("a list with spaces needs quotes around all of it: '5, 7, 9'".into())
        }
        [.., flag, last] if flag.starts_with("--") && number(last) && number(unknown) => {
            Some(format!("a list has commas: {last},{unknown}"))
        }
        _ => None,
    }
}

/// Whether the command has a flag of that name.
fn is_flag(name: &str, before: &[std::borrow::Cow<'_, str>]) -> bool {
    let commands = Cli::command();
    let command = before
        .get(1)
        .and_then(|name| commands.find_subcommand(&**name));
    let mut flags = command.unwrap_or(&commands).get_arguments();
    flags.any(|arg| arg.get_long() == Some(name))
}
