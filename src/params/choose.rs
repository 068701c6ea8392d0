//! Tables of a file that hold one of several keys.

use toml::{Table, Value};

/// Tables that hold one of several keys: where another one is given, it takes the place of the one that is there.
const CHOICES: [(&str, [&str; 2]); 2] = [
    ("network", ["groups", "labels"]),
    ("job.train", ["per_class", "in_all"]),
];

/// Makes room in the table at `path` for a key of the overlay that excludes the one that is there.
pub(super) fn choose(base: &mut Table, overlay: &Table, path: &str) {
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
