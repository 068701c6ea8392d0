//! Learning rules that have names.

use super::StateVariable;
use crate::params::Trace;
use crate::params::learning::formula_of_one;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A rule that has a name.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct NamedRule {
    pub name: String,
    /// A sentence or two.
    pub meaning: String,
    pub factor: String,
    #[serde(default = "formula_of_one")]
    pub factor_pre: String,
    #[serde(default)]
    pub trace: Trace,
    #[serde(default)]
    pub constants: BTreeMap<String, f64>,
    #[serde(default)]
    pub state: BTreeMap<String, StateVariable>,
}

/// All rules that have names.
pub fn named_rules() -> &'static [NamedRule] {
    #[derive(Deserialize)]
    struct File {
        rule: Vec<NamedRule>,
    }
    static ALL: LazyLock<Vec<NamedRule>> = LazyLock::new(|| {
        let file: File =
            toml::from_str(include_str!("rules.toml")).expect("a file of this crate is read");
        file.rule
    });
    &ALL
}
