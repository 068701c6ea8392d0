//! TOML as people write it: what is taken beside the letter of the standard, and what a refusal says.

use super::value::{items, scalar};
use toml::Table;
use toml_parser::Source;
use toml_parser::lexer::TokenKind;

/// A TOML document. Where it is none, numbers without a digit before or behind their point are given one.
pub(super) fn document(text: &str) -> Result<Table, toml::de::Error> {
    text.parse()
        .or_else(|error| with_digits(text).parse().map_err(|_| error))
}

fn with_digits(text: &str) -> String {
    let source = Source::new(text);
    let tokens = source.lex().into_vec();
    let word = |at: Option<usize>| {
        let token = at.and_then(|at| tokens.get(at))?;
        let span = token.span();
        (token.kind() == TokenKind::Atom).then(|| &text[span.start()..span.end()])
    };
    let mut mended = String::new();
    for (at, token) in tokens.iter().enumerate() {
        let span = token.span();
        let (before, after) = (word(at.checked_sub(1)), word(Some(at + 1)));
        let is_dot = token.kind() == TokenKind::Dot;
        let digit_first = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
        if is_dot
            && before.is_none_or(|sign| ["+", "-"].contains(&sign))
            && after.is_some_and(digit_first)
        {
            mended.push('0');
        }
        mended += &text[span.start()..span.end()];
        let number = |text: &str| digit_first(text.trim_start_matches(['+', '-']));
        if is_dot
            && before.is_some_and(number)
            && after.is_none_or(|text| text.starts_with(['e', 'E']))
        {
            mended.push('0');
        }
    }
    mended
}

/// What is wrong with a path of Windows in double quotes.
pub(super) const BACKSLASH: &str = "a backslash in double quotes begins an escape: write the path in single quotes ('C:\\data'), or \
     with two backslashes or a slash in place of each";

/// Whether a string was a path of Windows whose backslash was taken for an escape: a drive, then a control character.
pub(super) fn lost_backslash(word: &str) -> bool {
    let mut characters = word.chars();
    let drive = characters.next().is_some_and(|c| c.is_ascii_alphabetic());
    drive && characters.next() == Some(':') && characters.next().is_some_and(char::is_control)
}

/// What a parser of TOML says, and what to write instead.
pub(super) fn explained(error: &toml::de::Error, text: &str) -> String {
    let message = error.message().split_whitespace();
    let message = message.collect::<Vec<_>>().join(" ");
    let at = error.span().map_or(0, |span| span.start);
    let escapes = Source::new(text).lex().into_vec().into_iter().any(|token| {
        let (kind, span) = (token.kind(), token.span());
        let is_basic = matches!(kind, TokenKind::BasicString | TokenKind::MlBasicString);
        is_basic
            && (span.start()..=span.end()).contains(&at)
            && text[span.start()..span.end()].contains('\\')
    });
    match escapes {
        true => BACKSLASH.into(),
        false => mended(text, at).map_or(message, |mended| format!("write {mended}")),
    }
}

/// The line at a place as it was probably meant, where that is TOML: words in quotes, a list in brackets, an equals sign.
fn mended(text: &str, at: usize) -> Option<String> {
    let start = text.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
    let typed = text[start..].lines().next()?.trim();
    let line = &plain(typed);
    let (key, value) = line.split_once('=').or_else(|| line.split_once(':'))?;
    let (key, value) = (key.trim(), value.trim());
    let comment = value.find(" #").filter(|_| !value.contains(['"', '\'']));
    let value = value[..comment.unwrap_or(value.len())].trim_end();
    let value = match value.to_lowercase().as_str() {
        truth @ ("true" | "false") => truth.into(),
        _ if value.starts_with(['"', '\'', '{']) => value.into(),
        _ if value.contains('=') => return None,
        _ => {
            let list = items(value).ok()?;
            let is_list = value.starts_with('[') || list.len() > 1;
            let words: Vec<String> = list.into_iter().map(word).collect();
            match is_list {
                true => format!("[{}]", words.join(", ")),
                false => words.concat(),
            }
        }
    };
    let mended = format!("{key} = {value}");
    (mended != typed && mended.parse::<Table>().is_ok()).then_some(mended)
}

/// A line with plain quotes and spaces, where a word processor or a page has put others.
fn plain(line: &str) -> String {
    line.replace(['\u{201c}', '\u{201d}', '\u{201e}'], "\"")
        .replace(['\u{2018}', '\u{2019}', '\u{201a}'], "'")
        .replace(['\u{a0}', '\u{2007}', '\u{202f}'], " ")
}

/// What stands in a list as TOML has it: numbers and strings as they are, other words in quotes.
fn word(text: &str) -> String {
    match text.starts_with(['"', '\'', '[', '{']) || scalar(text).is_some() {
        true => text.into(),
        false if text.contains(['"', '\\']) => format!("'{text}'"),
        false => format!("\"{text}\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines as people write them who do not know TOML.
    #[test]
    fn what_was_probably_meant_is_told() {
        for (line, meant) in [
            ("mode = none", "mode = \"none\""),
            ("mode = none # so far", "mode = \"none\""),
            ("classes = 7,4,6", "classes = [7, 4, 6]"),
            ("classes = 7, 4, 6", "classes = [7, 4, 6]"),
            ("classes = 0-9", "classes = \"0-9\""),
            ("metrics = [noise]", "metrics = [\"noise\"]"),
            ("data = /home/me/data", "data = \"/home/me/data\""),
            (r"data = C:\data", r"data = 'C:\data'"),
            ("seed: 3", "seed = 3"),
            ("mode: none", "mode = \"none\""),
            ("job.seed = 100 ms", "job.seed = \"100 ms\""),
            ("held = True", "held = true"),
            ("mode = \u{201c}none\u{201d}", "mode = \"none\""),
            ("mode\u{a0}=\u{a0}\"none\"", "mode = \"none\""),
        ] {
            let text = format!("first = 1\n{line}\nlast = 2\n");
            let error = document(&text).unwrap_err();
            assert_eq!(explained(&error, &text), format!("write {meant}"), "{line}");
        }
        for line in ["mode = 'none", "mode", "a = b = c \"", "[table"] {
            let error = document(line).unwrap_err();
            assert!(!explained(&error, line).starts_with("write "), "{line}");
        }
    }
}
