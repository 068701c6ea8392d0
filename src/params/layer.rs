//! Parameters in layers: a preset, over it a TOML file, over that single settings.

use super::document::{document, explained};
use super::merge::{CLASSES, forget_rule, is_number_or_word, merge, slot};
use super::renamed::{RULE, Renamed, rename, renamed};
use super::value::{ValueError, items, quoted, read, unquoted};
use super::{Params, ParamsError, VERSION_LINE};
use crate::presets;
use toml::{Table, Value};

/// A parameter file or setting that cannot be taken.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    #[error("{origin}: there is no preset {}; there are: {known}", quoted(.name))]
    UnknownPreset {
        origin: String,
        name: String,
        known: String,
    },
    #[error("{origin} is not valid TOML: {reason}")]
    Syntax { origin: String, reason: String },
    #[error("{origin}: there is no parameter {}; `params` prints all of them{hint}", quoted(.key))]
    UnknownKey {
        origin: String,
        key: String,
        hint: String,
    },
    #[error("{origin}: {reason}")]
    WrongType { origin: String, reason: String },
    #[error(
        "--preset is {flag}, and {origin} is laid over the preset {file}, whose parameters it may hold in full: leave out \
         --preset, or the line `preset` in the file"
    )]
    TwoPresets {
        origin: String,
        flag: String,
        file: String,
    },
    #[error(transparent)]
    Params(#[from] ParamsError),
}

/// The whole set as TOML, which [`layered`] reads back to the same values.
pub fn to_toml(params: &Params) -> String {
    let parameters = toml::to_string(params)
        .expect("plain tables of numbers, strings and lists always serialise");
    format!("{VERSION_LINE}{}\n{parameters}", env!("CARGO_PKG_VERSION"))
}

fn to_table(params: &Params) -> Table {
    Table::try_from(params).expect("plain tables of numbers, strings and lists always serialise")
}

/// A set of parameters, and what it was read from under other names.
#[derive(Clone, Debug, PartialEq)]
pub struct Layered {
    pub params: Params,
    /// Whether the text says which classes are learned.
    pub gives_classes: bool,
    /// Keys that the text has under the names of an earlier version.
    pub renamed: Vec<Renamed>,
}

/// A preset with a TOML text laid over it.
///
/// The preset is `preset`, or that of the `preset` key of the text, which may not name another; without either it is
/// `paper`. The text may hold any part of the parameters; `origin` names it in errors. The result is not yet validated
/// as a whole.
///
/// # Errors
/// An unknown preset, two presets, text that is not TOML, a key that does not exist or a value of the wrong type.
pub fn layered(
    preset: Option<&str>,
    toml_text: &str,
    origin: &str,
) -> Result<Layered, ConfigError> {
    layered_over("paper", preset, toml_text, origin)
}

/// The same with another preset than `paper` if neither names one.
///
/// # Errors
/// As [`layered`].
pub fn layered_over(
    default: &str,
    preset: Option<&str>,
    toml_text: &str,
    origin: &str,
) -> Result<Layered, ConfigError> {
    let mut overlay = read_text(toml_text, origin)?;
    let named = match (preset, overlay.get("preset")) {
        (Some(name), Some(Value::String(file))) if name != file => {
            return Err(ConfigError::TwoPresets {
                origin: origin.into(),
                flag: name.into(),
                file: file.clone(),
            });
        }
        (Some(name), _) => name,
        (None, Some(Value::String(name))) => &name.clone(),
        (None, Some(other)) => {
            let reason = format!("preset is {other}: it must be a name in quotes");
            return Err(ConfigError::WrongType {
                origin: origin.into(),
                reason,
            });
        }
        (None, None) => default,
    };
    let base = presets::by_name(named).ok_or_else(|| ConfigError::UnknownPreset {
        origin: if preset.is_some() { "--preset" } else { origin }.into(),
        name: named.into(),
        known: presets::all().map(|(name, _)| name).join(", "),
    })?;
    overlay.insert("preset".into(), Value::String(named.to_string()));
    laid_over(&base, overlay, origin)
}

/// Any set with a TOML text laid over it, which may name no other preset than that set started from.
///
/// # Errors
/// As [`layered`].
pub fn layered_onto(base: &Params, toml_text: &str, origin: &str) -> Result<Layered, ConfigError> {
    let overlay = read_text(toml_text, origin)?;
    match overlay.get("preset") {
        Some(named) if named.as_str() != Some(&base.preset) => Err(ConfigError::WrongType {
            origin: origin.into(),
            reason: format!(
                "preset is {named}: with a checkpoint to go on from, parameters start from its own, which are those of \
                 the preset {}; leave out the line",
                quoted(&base.preset)
            ),
        }),
        _ => laid_over(base, overlay, origin),
    }
}

fn read_text(toml_text: &str, origin: &str) -> Result<Table, ConfigError> {
    document(toml_text).map_err(|error| ConfigError::Syntax {
        origin: origin.into(),
        reason: with_line(&error, toml_text),
    })
}

fn laid_over(base: &Params, mut overlay: Table, origin: &str) -> Result<Layered, ConfigError> {
    let renamed = rename(&mut overlay, Some(base));
    let mut table = to_table(base);
    let gives_classes = slot(&overlay, CLASSES).is_some();
    forget_rule(&mut table, &overlay);
    merge(&mut table, overlay, "", origin)?;
    let params = from_table(table, origin)?;
    Ok(Layered {
        params,
        gives_classes,
        renamed,
    })
}

/// Sets one parameter by its dotted key, as `--set` does: `excitatory.tau_membrane_ms=50`. The key may have the name that
/// an earlier version gave it ([`super::renamed()`]).
///
/// # Errors
/// As [`layered`].
pub fn apply_setting(params: &Params, setting: &str) -> Result<Params, ConfigError> {
    let origin = format!("--set {setting}");
    let Some((key, value)) = setting.split_once('=') else {
        let reason = "expected KEY=VALUE, such as excitatory.tau_membrane_ms=50".into();
        return Err(ConfigError::WrongType { origin, reason });
    };
    set_value(params, key, value, &origin)
}

/// Sets one parameter by its dotted key; the value is written as [`super::items`] and its neighbours say. `origin` names
/// what was typed.
///
/// # Errors
/// As [`layered`].
pub fn set_value(
    params: &Params,
    key: &str,
    value: &str,
    origin: &str,
) -> Result<Params, ConfigError> {
    let key = key.trim();
    let wrong = |reason: String| ConfigError::WrongType {
        origin: origin.into(),
        reason,
    };
    if key == "preset" || key.contains('\n') {
        return Err(wrong(
            "a setting is one parameter; presets are chosen by --preset".into(),
        ));
    }
    let mut table = to_table(params);
    // A word is taken as it was typed, also where it looks like a number.
    let value = match slot(&table, key) {
        Some(Value::String(_)) if !is_number_or_word(key) && key != CLASSES => {
            unquoted(value).map(Value::String)
        }
        None if key.ends_with(".at_spike") => unquoted(value).map(Value::String),
        _ => read(value),
    };
    let value = value.map_err(|ValueError(why)| wrong(why))?;
    let overlay: Result<Table, _> = format!("{key} = 0").parse();
    let mut overlay = overlay.map_err(|_| ConfigError::UnknownKey {
        origin: origin.into(),
        key: key.into(),
        hint: String::new(),
    })?;
    put(&mut overlay, value);
    if rename(&mut overlay, Some(params)).contains(&RULE) {
        forget_rule(&mut table, &overlay);
    }
    merge(&mut table, overlay, "", origin)?;
    from_table(table, origin)
}

/// The values of a grid, written as a list. If the parameter is a list itself, each value has brackets of its own.
///
/// # Errors
/// When it is not such a list.
pub fn grid_values(
    params: &Params,
    key: &str,
    text: &str,
    origin: &str,
) -> Result<Vec<String>, ConfigError> {
    let wrong = |reason: String| ConfigError::WrongType {
        origin: origin.into(),
        reason,
    };
    let values = items(text).map_err(|ValueError(why)| wrong(why))?;
    let now = renamed(key).map_or(key, |renamed| renamed.new);
    if let Some(Value::Array(_)) = slot(&to_table(params), now) {
        if text.trim().starts_with('[') && !values.iter().any(|value| value.starts_with('[')) {
            return Ok(vec![text.trim().into()]);
        }
        if !values.iter().all(|value| value.starts_with('[')) {
            let reason = format!(
                "{key} holds a list: put each of its values in brackets, such as {key}=[7,4,6],[0,1,8]"
            );
            return Err(wrong(reason));
        }
    }
    Ok(values.into_iter().map(String::from).collect())
}

/// Puts a value in place of the only one in tables of one key.
fn put(table: &mut Table, value: Value) {
    match table.iter_mut().next() {
        Some((_, Value::Table(inner))) => put(inner, value),
        Some((_, leaf)) => *leaf = value,
        None => {}
    }
}

fn from_table(table: Table, origin: &str) -> Result<Params, ConfigError> {
    table
        .try_into()
        .map_err(|error: toml::de::Error| ConfigError::WrongType {
            origin: origin.into(),
            reason: flat(&error.to_string()),
        })
}

/// The message of a parse error and the line that it is about.
fn with_line(error: &toml::de::Error, text: &str) -> String {
    let line = error
        .span()
        .map(|span| 1 + text[..span.start.min(text.len())].matches('\n').count());
    let at = line
        .map(|line| format!(" (line {line})"))
        .unwrap_or_default();
    explained(error, text) + &at
}

/// A message on one line.
fn flat(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}
