//! In which parameters two sets differ.

use super::Params;
use std::collections::BTreeMap;
use toml::{Table, Value};

/// A parameter that two sets have with other values.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Its dotted key.
    pub key: String,
    /// As TOML writes them; none where a set has no such parameter.
    pub values: [Option<String>; 2],
}

impl Params {
    /// All parameters in which two sets differ, in the order of their keys.
    pub fn differences(&self, other: &Self) -> Vec<Difference> {
        let tables = [self, other].map(|params| {
            let table = Table::try_from(params);
            table.expect("plain tables of numbers, strings and lists always serialise")
        });
        Difference::between(tables)
    }
}

impl Difference {
    /// All values in which two tables differ, in the order of their keys.
    pub fn between(tables: [Table; 2]) -> Vec<Self> {
        let [here, there] = tables.map(|table| {
            let mut leaves = BTreeMap::new();
            collect(&table, "", &mut leaves);
            leaves
        });
        let mut keys: Vec<&String> = here.keys().chain(there.keys()).collect();
        keys.sort();
        keys.dedup();
        let differ = keys
            .into_iter()
            .filter(|key| here.get(*key) != there.get(*key));
        differ
            .map(|key| Self {
                key: key.clone(),
                values: [here.get(key).cloned(), there.get(key).cloned()],
            })
            .collect()
    }
}

fn collect(table: &Table, path: &str, leaves: &mut BTreeMap<String, String>) {
    for (key, value) in table {
        let key = format!("{path}{key}");
        match value {
            Value::Table(inner) => collect(inner, &format!("{key}."), leaves),
            leaf => {
                leaves.insert(key, leaf.to_string());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::Vote;
    use crate::presets;

    #[test]
    fn what_differs_is_named_with_both_values() {
        let one = presets::paper();
        assert_eq!(one.differences(&one), []);
        let mut other = one.clone();
        other.job.seed = 7;
        other.model.network.classes = vec![1, 2];
        other.model.network.vote = Vote::Labels {
            neurons: 30,
            images: 50,
        };
        let found = one.differences(&other);
        let found: Vec<_> = found
            .iter()
            .map(|Difference { key, values }| {
                let [here, there] = values.each_ref().map(Option::as_deref);
                (key.as_str(), here, there)
            })
            .collect();
        let expected = [
            ("job.seed", Some("1"), Some("7")),
            ("network.classes", Some("[7, 4, 6]"), Some("[1, 2]")),
            ("network.groups.neurons_per_class", Some("10"), None),
            ("network.labels.images", None, Some("50")),
            ("network.labels.neurons", None, Some("30")),
        ];
        assert_eq!(found, expected);
    }
}
