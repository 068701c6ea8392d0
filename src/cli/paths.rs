//! Paths as they are given. A shell puts the home folder in the place of a `~` only where a word begins with it, and of
//! `$HOME` only outside of single quotes and files: where they come through, the program does it.

use crate::params::DataFolder;
use anyhow::anyhow;
use clap::builder::{PathBufValueParser, StringValueParser, TypedValueParser};
use std::env::{current_dir, home_dir};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// For flags that take a path.
pub fn path() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| at_home(&path, home_dir()))
}

/// For flags that take a place to write to.
pub fn target() -> impl TypedValueParser<Value = PathBuf> {
    path().try_map(|path| match path == Path::new("-") {
        true => Err("stdout is for the result itself: name a place, or ./- if - is its name"),
        false => Ok(path),
    })
}

/// For flags that take a folder of data, as it is given, since results hold its name; [`expanded`] before it is opened.
pub fn place() -> impl TypedValueParser<Value = DataFolder> {
    StringValueParser::new().try_map(|text| {
        expanded(Path::new(&text))?;
        text.parse::<DataFolder>().map_err(String::from)
    })
}

/// A path with the home folder in the place of `~` or `$HOME` at its beginning.
pub fn expanded(path: &Path) -> Result<PathBuf, String> {
    at_home(path, home_dir())
}

/// Makes a folder, where it is not there, with those around it.
pub fn make_folder(path: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(path).map_err(|error| {
        let what = format!("cannot make the folder {}", path.display());
        match error.kind() {
            io::ErrorKind::AlreadyExists => {
                anyhow!("{what}: a file, or a link that leads nowhere, has this name")
            }
            _ if current_dir().is_err() && path.is_relative() => {
                anyhow!("{what}: the working folder is gone; go to another one")
            }
            _ => anyhow!(error).context(what),
        }
    })
}

/// For flags that take a word: without quotes around all of it, which cmd.exe passes on.
pub fn bare(text: &str) -> Result<String, String> {
    match is_quoted(text) {
        true => Ok(text[1..text.len() - 1].into()),
        false => Ok(text.into()),
    }
}

/// What is to be done about quotes that a shell passes on.
pub const QUOTES: &str = "the quotes came with it: cmd.exe passes single quotes on as they are; write double quotes there, \
                          or none";

/// Whether a text is in quotes as a whole.
fn is_quoted(text: &str) -> bool {
    let in_quotes = |quote| text.len() > 1 && text.starts_with(quote) && text.ends_with(quote);
    in_quotes('\'') || in_quotes('"')
}

fn at_home(path: &Path, home: Option<PathBuf>) -> Result<PathBuf, String> {
    if path.to_str().is_some_and(is_quoted) && path.symlink_metadata().is_err() {
        return Err(QUOTES.into());
    }
    let mut rest = path.components();
    let first = rest
        .next()
        .map(|first| first.as_os_str().as_encoded_bytes());
    match first {
        Some(b"~" | b"$HOME" | b"${HOME}") => {
            let home = home.filter(|home| home.is_absolute());
            let home = home.ok_or("there is no home folder here: write the path in full")?;
            // Nothing joined would end the path with a slash.
            let mut path = home;
            path.extend(rest);
            Ok(path)
        }
        Some([b'~' | b'$', ..]) if path.symlink_metadata().is_err() => Err(
            "of such beginnings only ~ and $HOME stand for a folder: write the path in full, or with ./ before it if it is \
             the name itself"
                .into(),
        ),
        _ => Ok(path.into()),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_home_folder_takes_the_place_of_a_beginning() {
        let of = |path: &str, home: &str| at_home(path.as_ref(), Some(home.into()));
        for (given, meant) in [
            ("~", "/home/me"),
            ("~/", "/home/me"),
            ("~/a/~", "/home/me/a/~"),
            ("$HOME/a b", "/home/me/a b"),
            ("${HOME}/a", "/home/me/a"),
            ("./~/a", "./~/a"),
            ("a/$HOME", "a/$HOME"),
            ("/~", "/~"),
            ("-", "-"),
            ("", ""),
        ] {
            let found = of(given, "/home/me").unwrap();
            assert_eq!(found.as_os_str(), Path::new(meant).as_os_str(), "{given}");
        }
        let quoted = ["'/data'", "'C:\\x'", "\"a b\""];
        for refused in ["~me/a", "$SCRATCH/a", "$HOMES", "${HOME", "~~"]
            .into_iter()
            .chain(quoted)
        {
            assert!(of(refused, "/home/me").is_err(), "{refused}");
        }
        // Without a home there is none to put in place.
        assert!(at_home("~/a".as_ref(), None).is_err());
        assert!(of("~/a", "").is_err() && at_home("a".as_ref(), None).is_ok());
    }
}
