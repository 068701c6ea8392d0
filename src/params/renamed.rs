//! Names that parameters had in earlier versions.

use super::{Architecture, Learning, Params, TrainImages, Vote, named_rules};
use toml::{Table, Value};

/// A key, or a key with a value, that was read as an earlier version wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renamed {
    pub old: &'static str,
    pub new: &'static str,
}

/// Names of parameters of the network until 0.2.0, and those since; each stays in its table.
const IN_PLACE: [Renamed; 5] = [
    Renamed {
        old: "lateral.w_s2",
        new: "lateral.w_e_to_i",
    },
    Renamed {
        old: "lateral.delay_s2_max_ms",
        new: "lateral.delay_e_to_i_max_ms",
    },
    Renamed {
        old: "lateral.w_s3_total",
        new: "lateral.w_i_to_e_total",
    },
    Renamed {
        old: "lateral.w_s3_growth",
        new: "lateral.w_i_to_e_growth",
    },
    Renamed {
        old: "lateral.delay_s3_max_ms",
        new: "lateral.delay_i_to_e_max_ms",
    },
];

/// Names of parameters of the job until 0.2.0, and those since. A 0 that meant something is a word, or a table, now.
const OF_JOB: [Renamed; 6] = [
    Renamed {
        old: "job.classes",
        new: "network.classes",
    },
    Renamed {
        old: "job.neurons_per_class",
        new: "network.groups.neurons_per_class",
    },
    Renamed {
        old: "job.neurons",
        new: "network.labels.neurons",
    },
    Renamed {
        old: "job.label_images",
        new: "network.labels.images",
    },
    Renamed {
        old: "job.train_per_class",
        new: "job.train.per_class",
    },
    Renamed {
        old: "job.train_images",
        new: "job.train.in_all",
    },
];

/// The rule of learning until 0.2.0, one of a few words, and the parameters that some rules had: formulas now, and
/// constants that they name.
pub(super) const RULE: Renamed = Renamed {
    old: "learning.rule",
    new: "learning.factor",
};
const OF_RULES: [Renamed; 4] = [
    Renamed {
        old: "learning.target_spikes",
        new: "learning.constants.target_spikes",
    },
    Renamed {
        old: "learning.target_floor",
        new: "learning.constants.target_floor",
    },
    Renamed {
        old: "learning.tolerance",
        new: "learning.constants.tolerance",
    },
    Renamed {
        old: "learning.tau_post_slow_ms",
        new: "learning.constants.tau_post_slow_ms",
    },
];

/// Numbers whose 0 is a word now, which their types read as that.
const ZEROS: [(&str, Renamed); 2] = [
    (
        "test_per_class",
        Renamed {
            old: "job.test_per_class = 0",
            new: "job.test_per_class = \"all\"",
        },
    ),
    (
        "metrics_every",
        Renamed {
            old: "job.metrics_every = 0",
            new: "job.metrics_every = \"end\"",
        },
    ),
];

/// What a key, or a setting of one (`KEY=VALUE`), is now, where an earlier version wrote it otherwise.
pub fn renamed(setting: &str) -> Option<Renamed> {
    let (key, value) = setting.split_once('=').unwrap_or((setting, ""));
    let same = |old: &str| match old.split_once(" = ") {
        Some((old, zero)) => (key.trim(), value.trim()) == (old, zero),
        None => key.trim() == old,
    };
    let zeros = ZEROS.into_iter().map(|(_, renamed)| renamed);
    IN_PLACE
        .into_iter()
        .chain(OF_JOB)
        .chain([RULE])
        .chain(OF_RULES)
        .chain(zeros)
        .find(|renamed| same(renamed.old))
}

/// Gives the keys of a set, or of a part of one to be laid over `base`, the names of now; says which had others.
pub fn rename(table: &mut Table, base: Option<&Params>) -> Vec<Renamed> {
    let mut found = in_place(table);
    if let Some(Value::Table(learning)) = table.get_mut("learning") {
        found.extend(rule(learning, base.map(|base| &base.model.learning)));
    }
    let Some(Value::Table(job)) = table.get_mut("job") else {
        return found;
    };
    for (key, renamed) in ZEROS {
        found.extend(job.get(key).is_some_and(is_zero).then_some(renamed));
    }
    let mut old = taken(job, OF_JOB, &mut found);
    if let Some(train) = train(&mut old, base) {
        job.insert("train".into(), train.into());
    }
    let network = network(&mut old, base);
    if !network.is_empty() {
        let slot = table
            .entry("network")
            .or_insert_with(|| Table::new().into());
        if let Value::Table(slot) = slot {
            slot.extend(network);
        }
    }
    found
}

/// Gives the keys that stay in their table their names of now; where both are given, the one of now holds.
fn in_place(table: &mut Table) -> Vec<Renamed> {
    let mut found = Vec::new();
    for renamed in IN_PLACE {
        let (place, old) = renamed.old.split_once('.').unwrap_or_default();
        let (_, new) = renamed.new.split_once('.').unwrap_or_default();
        let Some(Value::Table(table)) = table.get_mut(place) else {
            continue;
        };
        if let Some(value) = table.remove(old) {
            table.entry(new).or_insert(value);
            found.push(renamed);
        }
    }
    found
}

/// Takes values by their old names out of a table, and notes which were there.
fn taken<const N: usize>(
    table: &mut Table,
    renamed: [Renamed; N],
    found: &mut Vec<Renamed>,
) -> Table {
    let mut old = Table::new();
    for renamed in renamed {
        let (_, name) = renamed.old.split_once('.').unwrap_or_default();
        if let Some(value) = table.remove(name) {
            old.insert(name.into(), value);
            found.push(renamed);
        }
    }
    old
}

/// Gives a rule its formulas, and its parameters their place among the constants.
fn rule(learning: &mut Table, base: Option<&Learning>) -> Vec<Renamed> {
    let mut found = Vec::new();
    let mut constants = taken(learning, OF_RULES, &mut found);
    let named = |name: &&str| named_rules().iter().any(|rule| rule.name == **name);
    if let Some(name) = learning.get("rule").and_then(Value::as_str).filter(named) {
        let rule = base.cloned().unwrap_or_default().with_rule(name);
        // Every set had the parameters of all rules.
        constants.retain(|name, _| rule.constants.contains_key(name));
        learning.remove("rule");
        let rule = Table::try_from(rule).unwrap_or_default().into_iter();
        let keys = ["factor", "factor_pre", "trace", "constants", "state"];
        learning.extend(rule.filter(|(key, _)| keys.contains(&key.as_str())));
        found.push(RULE);
    }
    if !constants.is_empty() {
        let own = learning
            .entry("constants")
            .or_insert_with(|| Table::new().into());
        if let Value::Table(own) = own {
            own.extend(constants);
        }
    }
    found
}

fn one(key: &str, value: Value) -> Table {
    Table::from_iter([(key.to_string(), value)])
}

fn is_zero(value: &Value) -> bool {
    value.as_integer() == Some(0)
}

/// Training images went by class where those of all classes together were 0.
fn train(old: &mut Table, base: Option<&Params>) -> Option<Table> {
    let (per_class, in_all) = (old.remove("train_per_class"), old.remove("train_images"));
    let by_class = |base: &Params| matches!(base.job.train, TrainImages::PerClass(_));
    match (in_all, per_class) {
        (Some(in_all), None) if is_zero(&in_all) && base.is_some_and(by_class) => None,
        (Some(in_all), Some(per_class)) if is_zero(&in_all) => Some(one("per_class", per_class)),
        (Some(in_all), _) => Some(one("in_all", in_all)),
        (None, per_class) => per_class.map(|per_class| one("per_class", per_class)),
    }
}

/// Networks voted by groups where they had no number of neurons and no images to label them.
fn network(old: &mut Table, base: Option<&Params>) -> Table {
    let base = base.map(|base| &base.model.network);
    let classes = old.remove("classes");
    let count = |value: &Value| value.as_array().map(Vec::len);
    let of_base = base.map(|network| network.classes.len());
    let of_classes = classes.as_ref().and_then(count).or(of_base);
    let votes = ["neurons_per_class", "neurons", "label_images"].map(|key| old.remove(key));
    let mut network = match votes.iter().any(Option::is_some) {
        true => vote(votes, base, of_classes.unwrap_or(0) as i64),
        false => Table::new(),
    };
    network.extend(classes.map(|classes| ("classes".into(), classes)));
    network
}

fn vote(
    [per_class, neurons, images]: [Option<Value>; 3],
    base: Option<&Architecture>,
    classes: i64,
) -> Table {
    // The neurons of a class beside a number of all neurons were 10 in all presets.
    let [base_per_class, base_neurons, base_images] = match base.map(|network| network.vote) {
        Some(Vote::Groups { neurons_per_class }) => [neurons_per_class, 0, 0],
        Some(Vote::Labels { neurons, images }) => [10, neurons, images],
        None => [10, 0, 0],
    }
    .map(|number| Value::from(number as i64));
    let groups_alone = neurons.is_none() && images.is_none();
    let per_class = per_class.unwrap_or(base_per_class);
    let none = || Value::from(0);
    let neurons = neurons.unwrap_or_else(|| if groups_alone { none() } else { base_neurons });
    let images = images.unwrap_or_else(|| if groups_alone { none() } else { base_images });
    if is_zero(&neurons) && is_zero(&images) {
        return one("groups", one("neurons_per_class", per_class).into());
    }
    let neurons = match per_class.as_integer() {
        Some(per_class) if is_zero(&neurons) => per_class.saturating_mul(classes).into(),
        _ => neurons,
    };
    let mut labels = one("neurons", neurons);
    labels.insert("images".into(), images);
    one("labels", labels.into())
}
