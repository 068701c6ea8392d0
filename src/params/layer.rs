//! Parameters in layers: a preset, over it a TOML file, over that single settings.

use super::renamed::{Renamed, rename};
use super::{Params, ParamsError, VERSION_LINE};
use crate::presets;
use toml::{Table, Value};

/// A parameter file or setting that cannot be taken.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    #[error("{origin}: there is no preset {name:?}; there are: {known}")]
    UnknownPreset {
        origin: String,
        name: String,
        known: String,
    },
    #[error("{origin} is not valid TOML: {reason}")]
    Syntax { origin: String, reason: String },
    #[error("{origin}: there is no parameter {key:?}; `params` prints all of them{hint}")]
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
    let mut overlay: Table =
        toml_text
            .parse()
            .map_err(|error: toml::de::Error| ConfigError::Syntax {
                origin: origin.into(),
                reason: with_line(&error, toml_text),
            })?;
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
        known: presets::PRESETS.map(|(name, _)| name).join(", "),
    })?;
    let named = named.to_string();
    let renamed = rename(&mut overlay, Some(&base));
    let mut table = to_table(&base);
    merge(&mut table, overlay, "", origin)?;
    table.insert("preset".into(), Value::String(named));
    let params = from_table(table, origin)?;
    Ok(Layered { params, renamed })
}

/// Sets one parameter by its dotted key, the value written as in TOML: `excitatory.tau_membrane_ms=50`. The key may have
/// the name that an earlier version gave it ([`super::renamed()`]).
///
/// # Errors
/// As [`layered`].
pub fn apply_setting(params: &Params, setting: &str) -> Result<Params, ConfigError> {
    let origin = format!("--set {setting}");
    let Some((key, value)) = setting.split_once('=') else {
        let reason = "expected KEY=VALUE, such as excitatory.tau_membrane_ms=50".into();
        return Err(ConfigError::WrongType { origin, reason });
    };
    let (key, value) = (key.trim(), value.trim());
    if key == "preset" || setting.contains('\n') {
        let reason =
            "a setting is one parameter on one line; presets are chosen by --preset".into();
        return Err(ConfigError::WrongType { origin, reason });
    }
    // A bare word is taken as a string, so that pruning.mode=none needs no quotes.
    let mut overlay: Table = format!("{key} = {value}")
        .parse()
        .or_else(|_| format!("{key} = {value:?}").parse())
        .map_err(|error: toml::de::Error| ConfigError::Syntax {
            origin: origin.clone(),
            reason: flat(error.message()),
        })?;
    rename(&mut overlay, Some(params));
    let mut table = to_table(params);
    merge(&mut table, overlay, "", &origin)?;
    from_table(table, &origin)
}

fn from_table(table: Table, origin: &str) -> Result<Params, ConfigError> {
    table
        .try_into()
        .map_err(|error: toml::de::Error| ConfigError::WrongType {
            origin: origin.into(),
            reason: flat(&error.to_string()),
        })
}

/// Tables that hold one of several keys: where another one is given, it takes the place of the one that is there.
const CHOICES: [(&str, [&str; 2]); 2] = [
    ("network", ["groups", "labels"]),
    ("job.train", ["per_class", "in_all"]),
];

/// Makes room in the table at `path` for a key of the overlay that excludes the one that is there.
fn choose(base: &mut Table, overlay: &Table, path: &str) {
    for (_, keys) in CHOICES.iter().filter(|(table, _)| *table == path) {
        let given = keys.iter().find(|key| overlay.contains_key(**key));
        if let Some(given) = given.filter(|given| !base.contains_key(**given)) {
            base.retain(|key, _| !keys.contains(&key));
            base.insert((*given).into(), overlay[*given].clone());
        }
    }
}

/// Lays `overlay` over `base`, table by table; a key that the base lacks does not exist.
fn merge(base: &mut Table, overlay: Table, path: &str, origin: &str) -> Result<(), ConfigError> {
    choose(base, &overlay, path);
    for (key, value) in overlay {
        let full_key = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        let Some(slot) = base.get_mut(&key) else {
            let hint = nearest(&key, base)
                .map(|near| format!("; the nearest here is {near:?}"))
                .unwrap_or_default();
            return Err(ConfigError::UnknownKey {
                origin: origin.into(),
                key: full_key,
                hint,
            });
        };
        match (slot, value) {
            (Value::Table(inner), Value::Table(over)) => merge(inner, over, &full_key, origin)?,
            (Value::Table(_), other) => {
                let reason = format!("{full_key} is {other}: it must be a table");
                return Err(ConfigError::WrongType {
                    origin: origin.into(),
                    reason,
                });
            }
            (slot, value) => {
                let value = widen(slot, value);
                if !same_kind(slot, &value, &full_key) {
                    let reason = format!("{full_key} is {value}: it must be {}", kind(slot));
                    return Err(ConfigError::WrongType {
                        origin: origin.into(),
                        reason,
                    });
                }
                *slot = value;
            }
        }
    }
    Ok(())
}

/// `100` where a float is meant is `100.0`.
fn widen(slot: &Value, value: Value) -> Value {
    match (slot, value) {
        (Value::Float(_), Value::Integer(whole)) => Value::Float(whole as f64),
        (_, value) => value,
    }
}

/// Parameters that are a number or a word.
const NUMBERS_OR_WORDS: [&str; 3] = ["pruning.tau_ms", "job.test_per_class", "job.metrics_every"];

fn same_kind(slot: &Value, value: &Value, full_key: &str) -> bool {
    slot.same_type(value) || (NUMBERS_OR_WORDS.contains(&full_key) && !value.is_table())
}

/// What a parameter holds, for people.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Float(_) => "a number",
        Value::Integer(_) => "a whole number",
        Value::Array(_) => "a list",
        _ => "a word in quotes",
    }
}

fn nearest(key: &str, table: &Table) -> Option<String> {
    let shared = |other: &str| {
        other
            .chars()
            .zip(key.chars())
            .take_while(|(a, b)| a == b)
            .count()
    };
    let best = table.keys().max_by_key(|other| shared(other))?;
    (shared(best) >= 3).then(|| best.clone())
}

/// The message of a parse error and the line that it is about.
fn with_line(error: &toml::de::Error, text: &str) -> String {
    let line = error
        .span()
        .map(|span| 1 + text[..span.start.min(text.len())].matches('\n').count());
    let at = line
        .map(|line| format!(" (line {line})"))
        .unwrap_or_default();
    flat(error.message()) + &at
}

/// A message on one line.
fn flat(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}
