//! How values are written: one syntax for flags, `--set`, the values of a search and the strings of a file.
//!
//! A number may leave out the digits before or after its point (`.5`, `5.`); a whole number may be written `1e4`. A list
//! has commas, spaces as one likes and, if one likes, brackets; a list of whole numbers may hold ranges (`1,3-5`). What
//! is nothing of this is a word, which needs no quotes.

use super::document::{BACKSLASH, document, explained, lost_backslash};
use std::fmt::Write;
use toml::{Table, Value};

/// A value that cannot be read: what is wrong with it, and what to write.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ValueError(pub(super) String);

fn wrong<T>(why: impl Into<String>) -> Result<T, ValueError> {
    Err(ValueError(why.into()))
}

/// Text in quotes on one line, as it was typed but for control characters.
pub fn quoted(text: &str) -> String {
    let quote = if text.contains('"') { '\'' } else { '"' };
    format!("{quote}{}{quote}", one_line(text))
}

/// Text with its control characters written as escapes.
pub fn one_line(text: &str) -> String {
    let mut line = String::new();
    for c in text.chars() {
        match c.is_control() {
            // Writing to a string cannot fail.
            true => drop(write!(line, "{}", c.escape_default())),
            false => line.push(c),
        }
    }
    line
}

/// A number or a truth value that stands by itself.
pub(super) fn scalar(text: &str) -> Option<Value> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "+-._".contains(c);
    if text.is_empty() || !text.chars().all(plain) {
        return None;
    }
    let of_toml = format!("v = {text}").parse::<Table>().ok();
    match of_toml.and_then(|mut table| table.remove("v")) {
        Some(value @ (Value::Integer(_) | Value::Float(_) | Value::Boolean(_))) => Some(value),
        _ => text.parse().ok().map(Value::Float),
    }
}

/// A number: `0.5`, `.5`, `5.`, `5`, `1e-3`.
///
/// # Errors
/// When it is none.
pub fn number(text: &str) -> Result<f64, ValueError> {
    let text = &unquoted(text)?;
    let text = text.trim();
    match scalar(text) {
        Some(Value::Float(number)) => Ok(number),
        Some(Value::Integer(number)) => Ok(number as f64),
        _ if text.matches(',').count() == 1 && scalar(&text.replace(',', ".")).is_some() => {
            let with_point = text.replace(',', ".");
            wrong(format!("write it with a point, {with_point}"))
        }
        _ => wrong("expected a number, such as 0.5"),
    }
}

/// The whole number that a number is.
pub(super) fn as_whole(number: f64) -> Option<u64> {
    const EXACT: f64 = (1_u64 << 53) as f64;
    (number.fract() == 0.0 && (0.0..=EXACT).contains(&number)).then_some(number as u64)
}

/// A whole number from 0 on: `5000`, `5_000`, `5e3`.
///
/// # Errors
/// When it is none, or too large for its type.
pub fn whole<T: TryFrom<u64>>(text: &str) -> Result<T, ValueError> {
    let text = &unquoted(text)?;
    let text = text.trim();
    let found = text.parse().ok().or_else(|| match scalar(text)? {
        Value::Integer(number) => u64::try_from(number).ok(),
        Value::Float(number) => as_whole(number),
        _ => None,
    });
    match found.map(T::try_from) {
        Some(Ok(number)) => Ok(number),
        Some(Err(_)) => wrong(format!("{text} is too large")),
        None => match text.bytes().all(|c| c.is_ascii_digit()) && !text.is_empty() {
            true => wrong(format!("{text} is too large")),
            false => wrong("expected a whole number from 0 on"),
        },
    }
}

/// Numbers that one range may stand for.
const LONGEST_RANGE: u64 = 65_536;

/// A list of whole numbers and ranges of them: `7,4,6`, `[7, 4, 6]`, `5-16`, `1,3-5`.
///
/// # Errors
/// When a piece is neither, or a range falls.
pub fn wholes<T: TryFrom<u64>>(text: &str) -> Result<Vec<T>, ValueError> {
    let mut list = Vec::new();
    for in_text in items(text)? {
        let item = unquoted(in_text)?;
        if item.len() < in_text.len() && item.contains(',') {
            // A list in quotes, as cmd.exe passes them on.
            list.extend(wholes(&item)?);
            continue;
        }
        let ends: Vec<&str> = item.split('-').map(str::trim).collect();
        let number = |text| {
            whole::<u64>(text).map_err(|_| {
                ValueError(format!(
                    "{} is neither a whole number nor a range such as 3-5",
                    quoted(&item)
                ))
            })
        };
        let (low, high) = match ends[..] {
            [one] => (number(one)?, number(one)?),
            [low, high] => (number(low)?, number(high)?),
            _ => {
                let list = ends.join(",");
                return wrong(format!(
                    "{item} is unclear: put commas between single numbers ({list}); a range has two ends, such as 3-5"
                ));
            }
        };
        if low > high {
            return wrong(format!(
                "{item} falls: a range goes from low to high ({high}-{low}); put commas between single numbers \
                 ({low},{high})"
            ));
        }
        if high - low >= LONGEST_RANGE {
            return wrong(format!("{item} has more than {LONGEST_RANGE} numbers"));
        }
        for number in low..=high {
            let number = T::try_from(number);
            list.push(number.map_err(|_| ValueError(format!("{item} is too large")))?);
        }
    }
    Ok(list)
}

/// The pieces of a list, with or without brackets around it. Commas in inner brackets and in quotes divide nothing.
///
/// # Errors
/// When a piece is missing, or brackets do not match.
pub fn items(text: &str) -> Result<Vec<&str>, ValueError> {
    let text = text.trim();
    let inner = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let (mut list, in_brackets) = match (pieces(text)?, inner.map(pieces)) {
        (one, Some(Ok(list))) if one.len() == 1 => (list, true),
        (list, _) => (list, false),
    };
    if in_brackets && list.last() == Some(&"") {
        // Nothing between the brackets, or after the last comma.
        list.pop();
    }
    match list.iter().position(|piece| piece.is_empty()) {
        None => Ok(list),
        Some(_) if list.len() == 1 => wrong("the list is empty"),
        Some(at) if at + 1 == list.len() => {
            wrong("the list ends with a comma; a list with spaces needs quotes around all of it")
        }
        Some(_) => wrong("the list has a comma with nothing before it"),
    }
}

/// What stands between the commas outside of brackets and quotes.
fn pieces(text: &str) -> Result<Vec<&str>, ValueError> {
    let (mut pieces, mut start, mut open) = (Vec::new(), 0, Vec::new());
    let (mut quote, mut before) = (None, ',');
    let mut characters = text.char_indices();
    while let Some((at, c)) = characters.next() {
        match (quote, c) {
            (Some('"'), '\\') => drop(characters.next()),
            (Some(end), c) if c == end => quote = None,
            (Some(_), _) => {}
            // A quote within a word is a part of it.
            (None, '"' | '\'') if "[{,=".contains(before) => quote = Some(c),
            (None, '[') => open.push(']'),
            (None, '{') => open.push('}'),
            (None, ']' | '}') if open.pop() != Some(c) => {
                return wrong("its brackets do not match");
            }
            (None, ',') if open.is_empty() => {
                pieces.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
        if !c.is_whitespace() {
            before = c;
        }
    }
    match (open.is_empty(), quote) {
        (true, None) => {
            pieces.push(text[start..].trim());
            Ok(pieces)
        }
        (false, None) => wrong("its brackets do not match"),
        (_, Some(_)) => wrong("a quote is not closed"),
    }
}

/// A value whose type is not known: a string in quotes, a list, a table, a number, else a word.
///
/// # Errors
/// When what begins as a string, a list or a table is none.
pub(super) fn read(text: &str) -> Result<Value, ValueError> {
    let text = text.trim();
    if text.starts_with('{') {
        return of_toml(text);
    }
    if text.starts_with('[') {
        let values = items(text)?.into_iter().map(read);
        return values.collect::<Result<_, _>>().map(Value::Array);
    }
    match scalar(text) {
        Some(value) => Ok(value),
        None => unquoted(text).map(Value::String),
    }
}

/// A word without the quotes around it, if there are any.
///
/// # Errors
/// When what is in quotes is no string.
pub fn unquoted(text: &str) -> Result<String, ValueError> {
    let text = text.trim();
    let in_quotes = |quote| text.len() >= 2 && text.starts_with(quote) && text.ends_with(quote);
    let is_list = pieces(text).is_ok_and(|pieces| pieces.len() > 1);
    match (in_quotes('"') || in_quotes('\'')) && !is_list {
        false => Ok(text.into()),
        true => match of_toml(text)? {
            Value::String(word) if lost_backslash(&word) => wrong(BACKSLASH),
            Value::String(word) => Ok(word),
            other => wrong(format!("expected one string, found {other}")),
        },
    }
}

/// A value as TOML has it.
fn of_toml(text: &str) -> Result<Value, ValueError> {
    let line = format!("v = {text}");
    let mut table = document(&line).map_err(|error| ValueError(explained(&error, &line)))?;
    match (table.remove("v"), table.is_empty()) {
        (Some(value), true) => Ok(value),
        _ => wrong("expected one value"),
    }
}

/// A value as a parameter holds it that holds `slot` now: a string is read as a number or a list where one is meant.
///
/// # Errors
/// When it cannot be read so.
pub(super) fn fit(slot: &Value, value: Value) -> Result<Value, ValueError> {
    let integer = |number: u64| i64::try_from(number).map(Value::Integer);
    Ok(match (slot, value) {
        (Value::Float(_), Value::Integer(whole)) => Value::Float(whole as f64),
        (Value::Float(_), Value::String(text)) => Value::Float(number(&text)?),
        (Value::Integer(_), Value::Float(number)) => match as_whole(number).map(integer) {
            Some(Ok(whole)) => whole,
            _ => Value::Float(number),
        },
        (Value::Integer(_), Value::String(text)) => {
            Value::Integer(whole::<u64>(&text).and_then(|number| {
                i64::try_from(number).map_err(|_| ValueError(format!("{text} is too large")))
            })?)
        }
        (Value::Boolean(_), Value::String(text)) => match text.trim() {
            "true" => Value::Boolean(true),
            "false" => Value::Boolean(false),
            _ => return wrong("expected true or false"),
        },
        (Value::Array(of), value) if !of.is_empty() && of.iter().all(Value::is_integer) => {
            whole_list(value)?
        }
        (Value::Array(_), Value::String(text)) => {
            let words = items(&text)?.into_iter().map(read);
            Value::Array(words.collect::<Result<_, _>>()?)
        }
        (_, value) => value,
    })
}

/// Classes as a parameter has them: labels, with ranges of them; names, if one of the list is none; or `all`.
///
/// # Errors
/// When it is no such list.
pub(super) fn classes(value: Value) -> Result<Value, ValueError> {
    let words: Vec<String> = match value {
        Value::String(text) if text.trim() == "all" => return Ok(Value::String("all".into())),
        Value::String(text) => {
            let words = items(&text)?.into_iter().map(unquoted);
            words.collect::<Result<_, _>>()?
        }
        Value::Integer(label) => vec![label.to_string()],
        Value::Array(list) => {
            let word = |one| match one {
                Value::String(name) => Ok(name),
                Value::Integer(label) => Ok(label.to_string()),
                other => wrong(format!("{other} is no whole number and no name")),
            };
            list.into_iter().map(word).collect::<Result<_, _>>()?
        }
        _ => return wrong("expected a list of labels, such as 7,4,6, or of names"),
    };
    let is_number = |word: &String| {
        let digits = word.strip_prefix('-').unwrap_or(word);
        digits.is_empty() || digits.starts_with(|first: char| first.is_ascii_digit())
    };
    let are_labels = words.iter().all(is_number);
    let words = Value::Array(words.into_iter().map(Value::String).collect());
    match are_labels {
        true => whole_list(words),
        false => Ok(words),
    }
}

/// Whether a text is a list of classes.
///
/// # Errors
/// Why it is none.
pub fn class_list(text: &str) -> Result<String, ValueError> {
    let list = classes(Value::String(text.into()))?;
    let labels = list
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_integer);
    match labels.max() {
        Some(label) if label > u8::MAX.into() => {
            wrong(format!("{label} is too large for a label: at most 255"))
        }
        _ => Ok(text.into()),
    }
}

/// A list of whole numbers from a list, a number or a string.
fn whole_list(value: Value) -> Result<Value, ValueError> {
    let list = match value {
        Value::Array(list) => list,
        one @ (Value::Integer(_) | Value::String(_)) => vec![one],
        other => return Ok(other),
    };
    let mut numbers = Vec::new();
    for value in list {
        let text = match value {
            Value::String(text) => text,
            number @ (Value::Integer(_) | Value::Float(_)) => number.to_string(),
            other => return wrong(format!("{other} is no whole number")),
        };
        let of_text = wholes::<u32>(&text)?.into_iter();
        numbers.extend(of_text.map(|number| Value::Integer(number.into())));
    }
    Ok(Value::Array(numbers))
}
