//! How one table of parameters is laid over another.

use super::ConfigError;
use super::document::{BACKSLASH, lost_backslash};
use super::parameters;
use super::value::{classes, fit, quoted, scalar};
use crate::expression::identifiers;
use toml::{Table, Value};

/// The value at a dotted key.
pub(super) fn slot<'a>(table: &'a Table, key: &str) -> Option<&'a Value> {
    let (first, rest) = match key.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (key, None),
    };
    match (table.get(first.trim())?, rest) {
        (Value::Table(inner), Some(rest)) => slot(inner, rest),
        (value, None) => Some(value),
        (_, Some(_)) => None,
    }
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
            base.insert((*given).into(), whole_numbers(&overlay[*given]));
        }
    }
}

/// What the tables above hold: whole numbers, in tables or not.
fn whole_numbers(value: &Value) -> Value {
    match value {
        Value::Table(table) => {
            let keys = table.iter();
            Value::Table(
                keys.map(|(key, value)| (key.clone(), whole_numbers(value)))
                    .collect(),
            )
        }
        _ => Value::Integer(0),
    }
}

/// The classes to learn, with their names.
pub(super) const CLASSES: &str = "network.classes";

/// Leaves out the names of classes that others take the place of.
fn forget_names(base: &mut Table, overlay: &Table) {
    let given = slot(overlay, CLASSES).is_some() && slot(overlay, "network.names").is_none();
    if let (true, Some(Value::Table(network))) = (given, base.get_mut("network")) {
        network.insert("names".into(), Value::Array(Vec::new()));
    }
}

/// Tables of the user's own values, which may gain keys.
const OWN: [&str; 2] = ["learning.constants", "learning.state"];

/// What a value of the user's own holds before it is given; none where the path is no place for one.
fn own_slot(path: &str, key: &str) -> Option<Value> {
    let of_state = path.strip_prefix(OWN[1]);
    match (path == OWN[0], of_state, key) {
        (true, ..) => Some(Value::Float(0.0)),
        (_, Some(""), _) => Some(Value::Table(Table::new())),
        (_, Some(_), "start" | "tau_ms") => Some(Value::Float(0.0)),
        (_, Some(_), "kept") => Some(Value::Boolean(true)),
        (_, Some(_), "at_spike") => Some(Value::String(String::new())),
        _ => None,
    }
}

/// Leaves out constants and variables of a rule that an overlay puts another one in place of: those that none of the new
/// formulas names.
pub(super) fn forget_rule(base: &mut Table, overlay: &Table) {
    let (Some(Value::Table(learning)), Some(Value::Table(overlay))) =
        (base.get_mut("learning"), overlay.get("learning"))
    else {
        return;
    };
    if !overlay.contains_key("factor") {
        return;
    }
    let mut lines: Vec<String> = Vec::new();
    for key in ["factor", "factor_pre"] {
        let line = overlay.get(key).or(learning.get(key));
        lines.extend(line.and_then(Value::as_str).map(String::from));
    }
    let none = Table::new();
    for key in ["state", "constants"] {
        let given = overlay.get(key).and_then(Value::as_table).unwrap_or(&none);
        let Some(Value::Table(own)) = learning.get_mut(key) else {
            continue;
        };
        own.retain(|name, _| {
            let mut named = lines.iter().flat_map(|line| identifiers(line));
            named.any(|found| found == name) || given.contains_key(name)
        });
        let variables = own.iter().chain(given);
        let at_spike = variables.filter_map(|(_, variable)| variable.get("at_spike")?.as_str());
        lines.extend(at_spike.map(String::from));
    }
}

/// Lays `overlay` over `base`, table by table; a key that the base lacks does not exist.
pub(super) fn merge(
    base: &mut Table,
    overlay: Table,
    path: &str,
    origin: &str,
) -> Result<(), ConfigError> {
    choose(base, &overlay, path);
    if path.is_empty() {
        forget_names(base, &overlay);
    }
    for (key, value) in overlay {
        let full_key = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        if let Some(empty) = own_slot(path, &key) {
            base.entry(&key).or_insert(empty);
        }
        let Some(slot) = base.get_mut(&key) else {
            let hint = match path.starts_with(OWN[1]) {
                true => "; a variable has at_spike, start, tau_ms and kept".into(),
                false => nearest(&key, base)
                    .map(|near| format!("; the nearest here is {}", quoted(&near)))
                    .unwrap_or_default(),
            };
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
                *slot =
                    fitted(slot, value, &full_key).map_err(|reason| ConfigError::WrongType {
                        origin: origin.into(),
                        reason: format!("{full_key} is {reason}"),
                    })?;
            }
        }
    }
    Ok(())
}

/// Whether a parameter is a number or a word.
pub(super) fn is_number_or_word(key: &str) -> bool {
    let allowed = parameters().iter().find(|known| known.key == key);
    allowed.is_some_and(|known| known.allowed.numbers.is_some() && !known.allowed.words.is_empty())
}

/// A value as its parameter takes it, or what it is and why it cannot be.
fn fitted(slot: &Value, value: Value, full_key: &str) -> Result<Value, String> {
    let shown = match &value {
        Value::String(text) => quoted(text),
        other => other.to_string(),
    };
    if is_number_or_word(full_key) && !value.is_table() {
        return Ok(match value {
            Value::String(text) => scalar(text.trim()).unwrap_or(Value::String(text)),
            other => other,
        });
    }
    if full_key == CLASSES {
        return classes(value).map_err(|why| format!("{shown}: {why}"));
    }
    match fit(slot, value) {
        Ok(Value::String(word)) if lost_backslash(&word) => Err(format!("{shown}: {BACKSLASH}")),
        Ok(value) if slot.same_type(&value) => Ok(value),
        Ok(_) => Err(format!("{shown}: it must be {}", kind(slot))),
        Err(why) if slot.is_array() => Err(format!("{shown}: {why}")),
        Err(_) => Err(format!("{shown}: it must be {}", kind(slot))),
    }
}

/// What a parameter holds, for people.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Float(_) => "a number",
        Value::Integer(_) => "a whole number",
        Value::Array(_) => "a list",
        Value::Boolean(_) => "true or false",
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
