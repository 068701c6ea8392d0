//! What is known of every parameter: what it means, in which unit, and which values it may have. All of it is read from
//! the types in which parameters are declared, so that checks, help and comments say the same.

use super::{Backprop, Job, Model, ParamsError};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::{Map, Value};
use std::fmt;
use std::sync::LazyLock;

/// One parameter.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Parameter {
    /// Its dotted key: `excitatory.tau_membrane_ms`.
    pub key: String,
    /// One or two sentences.
    pub meaning: String,
    /// `ms`, `mV` or `Hz`, as the key's ending says; none for a plain number or a word.
    pub unit: Option<&'static str>,
    pub allowed: Allowed,
}

/// Values that a parameter may have.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Allowed {
    pub numbers: Option<Numbers>,
    /// Words, with what each means where that is more than its name.
    pub words: Vec<(String, String)>,
}

/// Numbers between two bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Numbers {
    pub whole: bool,
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// Whether `low` itself is not among them.
    pub above_low: bool,
}

impl Numbers {
    fn contain(&self, value: f64) -> bool {
        let low = self.low.unwrap_or(f64::MIN);
        let reached = if self.above_low {
            value > low
        } else {
            value >= low
        };
        reached && value <= self.high.unwrap_or(f64::MAX)
    }
}

impl fmt::Display for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.low, self.high) {
            (Some(low), Some(high)) => write!(f, "in {low}..={high}"),
            (Some(low), None) if self.above_low => write!(f, "above {low}"),
            (Some(low), None) => write!(f, "at least {low}"),
            (None, Some(high)) => write!(f, "at most {high}"),
            (None, None) if self.whole => write!(f, "a whole number"),
            (None, None) => write!(f, "a number"),
        }
    }
}

/// Every parameter, the job first, by the names of tables and keys.
pub fn parameters() -> &'static [Parameter] {
    static ALL: LazyLock<Vec<Parameter>> = LazyLock::new(|| {
        let mut all = Vec::new();
        walk("job", &inlined::<Job>(), &mut all);
        walk("", &inlined::<Model>(), &mut all);
        walk("backprop", &inlined::<Backprop>(), &mut all);
        all
    });
    &ALL
}

/// The words that a parameter of this type chooses from, with what each means.
pub fn words<T: JsonSchema>() -> Vec<(String, String)> {
    allowed(&inlined::<T>()).words
}

/// Refuses numbers that are out of the range of their parameter.
///
/// # Errors
/// The first of them.
pub(super) fn check_ranges(prefix: &str, table: &impl Serialize) -> Result<(), ParamsError> {
    // JSON holds every whole number, but none that is not finite: it is null there.
    let values = serde_json::to_value(table).unwrap_or_default();
    for parameter in parameters() {
        let Some(path) = parameter.key.strip_prefix(prefix) else {
            continue;
        };
        let value = path
            .split('.')
            .try_fold(&values, |value, part| value.get(part));
        let (Some(numbers), Some(value)) = (parameter.allowed.numbers, value) else {
            continue;
        };
        let inside = match value {
            Value::Null => false,
            Value::Number(number) => number.as_f64().is_some_and(|value| numbers.contain(value)),
            _ => true,
        };
        if !inside {
            return Err(ParamsError::OutOfRange {
                key: &parameter.key,
                value: match value {
                    Value::Null => not_finite(path, table),
                    value => plain(value),
                },
                expected: match (parameter.unit, numbers.above_low) {
                    (Some(unit), true) => format!("{numbers} {unit}"),
                    _ => numbers.to_string(),
                },
            });
        }
    }
    Ok(())
}

/// A number as it is typed: 5 for 5.0.
fn plain(number: &Value) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => float.to_string(),
        _ => number.to_string(),
    }
}

fn not_finite(path: &str, table: &impl Serialize) -> String {
    let all = toml::Value::try_from(table).ok();
    let value = path
        .split('.')
        .try_fold(all.as_ref(), |value, part| Some(value?.get(part)));
    match value.flatten().and_then(toml::Value::as_float) {
        Some(float) => float.to_string(),
        None => "not a finite number".into(),
    }
}

fn inlined<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12()
        .with(|settings| settings.inline_subschemas = true)
        .into_generator()
        .into_root_schema_for::<T>()
}

/// All keys below a table, which may be one of several that exclude each other.
fn walk(path: &str, schema: &Schema, all: &mut Vec<Parameter>) {
    for (table, of_table) in tables(schema) {
        for (name, field) in table {
            let key = match path {
                "" => name.clone(),
                path => format!("{path}.{name}"),
            };
            let Ok(field) = Schema::try_from(field.clone()) else {
                continue;
            };
            if tables(&field).is_empty() {
                let meaning = text(field.get("description").or(of_table));
                let (unit, allowed) = (unit(&key), allowed(&field));
                all.push(Parameter {
                    key,
                    meaning,
                    unit,
                    allowed,
                });
            } else {
                walk(&key, &field, all);
            }
        }
    }
}

/// The fields of a table, or of each of those that a value may be with what that alternative means.
fn tables(schema: &Schema) -> Vec<(&Map<String, Value>, Option<&Value>)> {
    let own = schema.get("properties").and_then(Value::as_object);
    let others = alternatives(schema).filter_map(|other| {
        let fields = other.get("properties").and_then(Value::as_object)?;
        Some((fields, other.get("description")))
    });
    own.map(|own| (own, None))
        .into_iter()
        .chain(others)
        .collect()
}

fn alternatives(schema: &Schema) -> impl Iterator<Item = &Value> {
    let lists = ["oneOf", "anyOf"].map(|of| schema.get(of).and_then(Value::as_array));
    lists.into_iter().flatten().flatten()
}

fn allowed(schema: &Schema) -> Allowed {
    let mut allowed = Allowed::default();
    collect(schema, &mut allowed);
    allowed
}

fn collect(schema: &Schema, allowed: &mut Allowed) {
    let is = |kind: &str| schema.get("type").and_then(Value::as_str) == Some(kind);
    if is("number") || is("integer") {
        let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
        let above = bound("exclusiveMinimum");
        allowed.numbers = Some(Numbers {
            whole: is("integer"),
            low: above.or(bound("minimum")),
            high: bound("maximum"),
            above_low: above.is_some(),
        });
    }
    if is("boolean") {
        let words = ["false", "true"].map(|word| (word.into(), String::new()));
        allowed.words.extend(words);
    }
    if let Some(word) = schema.get("const").and_then(Value::as_str) {
        let meaning = text(schema.get("description"));
        allowed.words.push((word.into(), meaning));
    }
    // Of a list the words that it may hold.
    if let Some(Ok(items)) = schema.get("items").cloned().map(Schema::try_from) {
        allowed.words.extend(self::allowed(&items).words);
    }
    for other in alternatives(schema) {
        if let Ok(other) = Schema::try_from(other.clone()) {
            collect(&other, allowed);
        }
    }
}

/// A comment of the source on one line.
fn text(description: Option<&Value>) -> String {
    let lines = description.and_then(Value::as_str).unwrap_or_default();
    lines.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn unit(key: &str) -> Option<&'static str> {
    let units = [("_ms", "ms"), ("_mv", "mV"), ("_hz", "Hz")];
    let of = |(ending, unit): (&str, &'static str)| key.ends_with(ending).then_some(unit);
    units.into_iter().find_map(of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::to_toml;
    use crate::presets;
    use std::collections::BTreeSet;

    /// Every key of every preset is described, and nothing else.
    #[test]
    fn every_parameter_is_described() {
        fn keys(path: &str, table: &toml::Table, all: &mut BTreeSet<String>) {
            for (name, value) in table {
                let key = format!("{path}{name}");
                match value {
                    toml::Value::Table(inner) if !OWN.contains(&key.as_str()) => {
                        keys(&format!("{key}."), inner, all)
                    }
                    _ => drop(all.insert(key)),
                }
            }
        }
        /// Tables whose keys are the user's own.
        const OWN: [&str; 2] = ["learning.constants", "learning.state"];
        let mut used = BTreeSet::new();
        for (name, _) in presets::all() {
            let params = presets::by_name(name).unwrap();
            keys("", &to_toml(&params).parse().unwrap(), &mut used);
        }
        used.remove("preset");
        let known: Vec<String> = parameters().iter().map(|p| p.key.clone()).collect();
        assert_eq!(used, known.iter().cloned().collect());
        assert_eq!(used.len(), known.len(), "none twice");
        for parameter in parameters() {
            let Parameter {
                key,
                meaning,
                allowed,
                ..
            } = parameter;
            assert!(meaning.len() > 5, "{key} is not described");
            let free = [
                "job.data",
                "job.from",
                "job.from_sha256",
                "job.reading.size",
                "job.shard",
                "network.names",
                "learning.factor",
                "learning.factor_pre",
                "learning.constants",
                "learning.state",
            ];
            let free = free.contains(&key.as_str());
            assert!(free || *allowed != Allowed::default(), "{key}");
            if let Some(numbers) = allowed.numbers {
                assert!(numbers.low.is_some(), "{key} has no lowest value");
            }
        }
    }

    #[test]
    fn numbers_out_of_range_are_refused_and_words_are_listed() {
        let refused = |change: fn(&mut Model)| {
            let mut model = presets::paper().model;
            change(&mut model);
            check_ranges("", &model).unwrap_err().to_string()
        };
        let zero = refused(|model| model.excitatory.tau_gi_ms = 0.0);
        assert_eq!(zero, "excitatory.tau_gi_ms is 0: it must be above 0 ms");
        let infinite = refused(|model| model.time.dt_ms = f64::INFINITY);
        assert!(infinite.contains("time.dt_ms is inf:"), "{infinite}");
        let below = refused(|model| model.learning.w_min = -2.5);
        assert!(below.contains("-2.5: it must be in -1..=0"), "{below}");
        let trace = parameters().iter().find(|p| p.key == "learning.trace");
        assert_eq!(trace.unwrap().allowed.words.len(), 2);
        let tau = parameters().iter().find(|p| p.key == "pruning.tau_ms");
        let Allowed { numbers, words } = &tau.unwrap().allowed;
        assert_eq!((numbers.is_some(), words.len()), (true, 2));
    }
}
