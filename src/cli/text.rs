//! Small text files as editors and shells leave them.

use anyhow::{Context, ensure};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The name of a file of parameters for people, and its text; `-` is what the program gets on stdin.
pub fn read_config(path: &Path) -> anyhow::Result<(String, String)> {
    let (origin, read) = match path == Path::new("-") {
        true => ("stdin".into(), read(io::stdin().lock())),
        false => (path.display().to_string(), read_text(path)),
    };
    ensure!(
        !path.is_dir(),
        "--config {origin}: this is a folder; the parameters of a run are in its config.toml"
    );
    let text = read.with_context(|| format!("cannot read {origin}"))?;
    ensure!(
        !text.trim_start().starts_with('{'),
        "--config {origin}: this is JSON; parameters are TOML, as `params` prints them, and those of a run are in its \
         config.toml"
    );
    ensure!(
        !(text.is_empty() && path == Path::new("-")),
        "--config - reads stdin, which is empty: did the command before it fail?"
    );
    Ok((origin, text))
}

/// The text of a small file, or of a pipe. Far larger ones are refused.
pub fn read_text(path: &Path) -> io::Result<String> {
    read(File::open(path)?)
}

fn read(file: impl Read) -> io::Result<String> {
    const LARGEST_BYTES: u64 = 64 << 20;
    let mut bytes = Vec::new();
    file.take(LARGEST_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST_BYTES {
        return Err(io::Error::other("it is longer than any such file"));
    }
    decode(&bytes).map_err(|why| io::Error::new(io::ErrorKind::InvalidData, why))
}

/// UTF-8, with a byte order mark or without, or UTF-16 with one, as PowerShell's `>` writes it.
fn decode(bytes: &[u8]) -> Result<String, String> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf_16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf_16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => utf_8(rest),
        _ => utf_8(bytes),
    }
}

fn utf_8(bytes: &[u8]) -> Result<String, String> {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.contains('\0') => {
            Err("it is UTF-16 without a byte order mark, or no text: save it as UTF-8".into())
        }
        Ok(text) => Ok(text.into()),
        Err(error) => {
            let before = bytes[..error.valid_up_to()].iter();
            let line = 1 + before.filter(|&&byte| byte == b'\n').count();
            Err(format!("line {line} is not UTF-8: save the file as UTF-8"))
        }
    }
}

fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, String> {
    let (units, rest) = bytes.as_chunks();
    let units: Vec<u16> = units.iter().map(|&bytes| unit(bytes)).collect();
    match String::from_utf16(&units) {
        Ok(text) if rest.is_empty() => Ok(text),
        _ => Err("it begins as UTF-16 does and is not: save it as UTF-8".into()),
    }
}
