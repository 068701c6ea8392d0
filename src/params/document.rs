//! TOML as people write it: what is taken beside the letter of the standard, and what a refusal says.

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
        false => message,
    }
}
