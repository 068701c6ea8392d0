//! From characters to words.

use super::{LARGEST, MAX_CHARACTERS, SMALLEST, SyntaxError};

/// What a word is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Token<'a> {
    Number(f64),
    Name(&'a str),
    /// A sign, an operator, a bracket or a comma.
    Symbol(&'a str),
    End,
}

/// A word and its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Word<'a> {
    pub token: Token<'a>,
    pub text: &'a str,
    /// Its first character, counted from 1.
    pub at: usize,
}

impl Word<'_> {
    /// What is wrong at this word.
    pub fn wrong<T>(self, problem: impl Into<String>) -> Result<T, SyntaxError> {
        Err(SyntaxError {
            at: self.at,
            found: (self.token != Token::End).then(|| format!("{:?}", self.text)),
            problem: problem.into(),
        })
    }
}

/// Symbols, those first that begin like others.
const SYMBOLS: [&str; 15] = [
    "<=", ">=", "==", "!=", "<", ">", "=", "+", "-", "*", "/", "(", ")", ",", ";",
];

/// What other languages write, and what is written here.
const ELSEWHERE: [(&str, &str); 7] = [
    ("**", "there are no powers: write x * x"),
    ("^", "there are no powers: write x * x"),
    ("&&", "write and"),
    ("||", "write or"),
    ("!", "write not"),
    ("?", "write if(c, a, b)"),
    ("%", "there is no remainder"),
];

fn begins_name(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

fn goes_on(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Whether a text is a name by its letters.
pub fn is_identifier(text: &str) -> bool {
    text.starts_with(begins_name) && text.chars().all(goes_on)
}

/// Everything in a text that looks like a name, whether it is a formula or not.
pub fn identifiers(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !goes_on(c))
        .filter(|word| is_identifier(word))
}

/// The length of the number with which a text begins, in bytes: digits, a point, an exponent.
fn number_len(text: &str) -> usize {
    let digits = |from: usize| {
        let count = text[from..].bytes().take_while(u8::is_ascii_digit).count();
        from + count
    };
    let mut end = digits(0);
    if text[end..].starts_with('.') {
        end = digits(end + 1);
    }
    if text[end..].starts_with(['e', 'E']) {
        let sign = usize::from(text[end + 1..].starts_with(['+', '-']));
        let exponent = digits(end + 1 + sign);
        if exponent > end + 1 + sign {
            end = exponent;
        }
    }
    end
}

/// The words of a formula, the end included.
///
/// # Errors
/// The first character that begins none, or a number that is too large or too small.
pub fn words(text: &str) -> Result<Vec<Word<'_>>, SyntaxError> {
    let (mut words, mut rest, mut at) = (Vec::new(), text, 1);
    loop {
        let blank = rest.len() - rest.trim_start().len();
        at += rest[..blank].chars().count();
        rest = &rest[blank..];
        let (token, len) = token(rest, at)?;
        let text = &rest[..len];
        words.push(Word { token, text, at });
        if token == Token::End {
            return Ok(words);
        }
        at += text.chars().count();
        rest = &rest[len..];
        if at > MAX_CHARACTERS {
            return wrong_at(
                rest,
                at,
                format!("a formula has at most {MAX_CHARACTERS} characters"),
            );
        }
    }
}

fn token(rest: &str, at: usize) -> Result<(Token<'_>, usize), SyntaxError> {
    let Some(first) = rest.chars().next() else {
        return Ok((Token::End, 0));
    };
    if first.is_ascii_digit()
        || (first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit()))
    {
        let len = number_len(rest);
        return Ok((Token::Number(number(&rest[..len], at)?), len));
    }
    if begins_name(first) {
        let len = rest.find(|c| !goes_on(c)).unwrap_or(rest.len());
        return Ok((Token::Name(&rest[..len]), len));
    }
    let known = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol));
    let elsewhere = ELSEWHERE
        .iter()
        .find(|(symbol, _)| rest.starts_with(symbol));
    match (known, elsewhere) {
        (Some(symbol), None) => Ok((Token::Symbol(&rest[..symbol.len()]), symbol.len())),
        (Some(symbol), _) if symbol.len() > 1 => {
            Ok((Token::Symbol(&rest[..symbol.len()]), symbol.len()))
        }
        (_, Some((symbol, instead))) => wrong_at(&rest[..symbol.len()], at, *instead),
        (_, None) => wrong_at(
            &rest[..first.len_utf8()],
            at,
            "expected a number, a name, one of + - * / < > = ( ) , ; or the end",
        ),
    }
}

fn wrong_at<T>(text: &str, at: usize, problem: impl Into<String>) -> Result<T, SyntaxError> {
    let end = text
        .char_indices()
        .nth(20)
        .map_or(text.len(), |(end, _)| end);
    let text = &text[..end];
    let token = Token::Symbol(text);
    Word { token, text, at }.wrong(problem)
}

fn number(text: &str, at: usize) -> Result<f64, SyntaxError> {
    let number: f64 = text.parse().unwrap_or(f64::INFINITY);
    match number {
        number if number > LARGEST => wrong_at(text, at, "numbers go up to 1e30"),
        number if number != 0.0 && number < SMALLEST => {
            wrong_at(text, at, "numbers below 1e-30 are 0: write 0")
        }
        number => Ok(number),
    }
}
