//! The learning rule: formulas that are worked out at each E spike, and what they may name.

mod named;
mod quantity;

pub use named::{NamedRule, named_rules};
pub use quantity::{QUANTITIES, Quantity};

use super::{FormulaError, Learning, Model, ParamsError, one_line};
use crate::expression::{
    Expression, LARGEST, MAX_NODES, SMALLEST, SyntaxError, identifiers, is_name,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Variables of its own that a rule may have ([`Learning::state`]).
pub const MAX_STATE: usize = 2;

/// Steps after which a neuron's last spike counts as so long ago, and as what one that never fired has: 2^24, which f32
/// still holds exactly; 4.6 hours at a step of 1 ms.
pub const LONGEST_MEMORY: u32 = 1 << 24;

/// A variable that a rule keeps for each neuron.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StateVariable {
    /// Its value before the first spike, and the one that it decays to.
    #[serde(default)]
    pub start: f64,
    /// Whether it is kept from image to image; otherwise each image begins with its start.
    #[serde(default = "kept")]
    pub kept: bool,
    /// Time constant in ms with which it decays towards its start from one own spike to the next; none for no decay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tau_ms: Option<f64>,
    /// What an own spike makes of it: a formula, in which its name is its value so far.
    #[serde(default)]
    pub at_spike: String,
}

fn kept() -> bool {
    true
}

impl Learning {
    /// Another rule: one by its name, or a formula for the factor, with all else of the rule as it is. What constants
    /// already have values keep them.
    pub fn set_rule(&mut self, rule: &str) {
        let rule = rule.trim();
        let Some(named) = named_rules().iter().find(|named| named.name == rule) else {
            self.factor = rule.into();
            return;
        };
        let mut constants = named.constants.clone();
        for (name, value) in &mut constants {
            if let Some(own) = self.constants.get(name) {
                *value = *own;
            }
        }
        self.factor.clone_from(&named.factor);
        self.factor_pre.clone_from(&named.factor_pre);
        self.trace = named.trace;
        self.state.clone_from(&named.state);
        self.constants = constants;
    }

    /// This with another rule, as [`Learning::set_rule`] has it.
    pub fn with_rule(mut self, rule: &str) -> Self {
        self.set_rule(rule);
        self
    }

    /// The name of the rule, if it has one, else the formula of its factor.
    pub fn rule(&self) -> &str {
        let same = |named: &&NamedRule| {
            (&named.factor, &named.factor_pre, named.trace, &named.state)
                == (&self.factor, &self.factor_pre, self.trace, &self.state)
        };
        let named = named_rules().iter().find(same);
        named.map_or(&self.factor, |named| &named.name)
    }

    /// The formulas, with the dotted keys of the parameters that hold them.
    pub fn lines(&self) -> impl Iterator<Item = (String, &str)> {
        let factors = [("factor", &self.factor), ("factor_pre", &self.factor_pre)];
        let factors = factors.map(|(key, text)| (format!("learning.{key}"), text.as_str()));
        let state = self.state.iter();
        factors.into_iter().chain(state.map(|(name, variable)| {
            (
                format!("learning.state.{name}.at_spike"),
                variable.at_spike.as_str(),
            )
        }))
    }

    /// Whether any line names this.
    pub fn names(&self, name: &str) -> bool {
        let mut lines = self.lines();
        lines.any(|(_, text)| identifiers(text).any(|found| found == name))
    }

    fn names_any(&self, is: impl Fn(Quantity) -> bool) -> bool {
        QUANTITIES
            .iter()
            .any(|&(name, quantity, _)| is(quantity) && self.names(name))
    }

    /// Whether it needs to know which neurons belong to which class.
    pub fn is_supervised(&self) -> bool {
        self.names_any(Quantity::is_of_groups)
    }

    /// Whether it needs to know when a neuron fired last.
    pub fn remembers_spikes(&self) -> bool {
        self.names_any(Quantity::remembers)
            || self
                .state
                .values()
                .any(|variable| variable.tau_ms.is_some())
    }
}

impl Model {
    /// The formulas of the rule: those of the factor and of the postsynaptic trace, then those of its variables.
    ///
    /// # Errors
    /// The first place that makes no sense.
    pub fn formulas(&self) -> Result<Vec<Expression>, ParamsError> {
        self.learning.validate_own()?;
        let (mut formulas, mut nodes) = (Vec::new(), 0);
        for (key, text) in self.learning.lines() {
            let read = Expression::parse(text).and_then(|formula| {
                self.check_names(&formula)?;
                Ok(formula)
            });
            let formula = read.map_err(|error| {
                let (key, text) = (key.clone(), one_line(text));
                ParamsError::Formula(Box::new(FormulaError { key, text, error }))
            })?;
            nodes += formula.nodes().len();
            if nodes > MAX_NODES {
                return Err(ParamsError::LongRule { key, nodes });
            }
            formulas.push(formula);
        }
        Ok(formulas)
    }

    fn check_names(&self, expression: &Expression) -> Result<(), SyntaxError> {
        let learning = &self.learning;
        let wrong = |(name, at): (&str, usize), problem: String| {
            Err(SyntaxError {
                at,
                found: Some(format!("{name:?}")),
                problem,
            })
        };
        let own: Vec<&String> = learning
            .constants
            .keys()
            .chain(learning.state.keys())
            .collect();
        for part in expression.definitions() {
            if Quantity::by_name(part.0).is_some() || own.iter().any(|own| *own == part.0) {
                return wrong(
                    part,
                    "this name has a meaning already: call the part otherwise".into(),
                );
            }
        }
        for named in expression.names() {
            match Quantity::by_name(named.0) {
                Some(quantity) if quantity.is_of_groups() && self.network.votes_by_labels() => {
                    let problem = "there are no groups: neurons of this network are labelled after the training \
                                   (network.labels); choose a rule that names none, such as --rule stdp";
                    return wrong(named, problem.into());
                }
                Some(_) => {}
                None if own.iter().any(|own| *own == named.0) => {}
                None => return wrong(named, unknown(named.0, &own)),
            }
        }
        Ok(())
    }
}

/// What to say of a name that stands for nothing.
fn unknown(name: &str, own: &[&String]) -> String {
    if named_rules().iter().any(|rule| rule.name == name) {
        return format!("this is the name of a rule, which --rule {name} chooses");
    }
    let quantities = QUANTITIES.iter().map(|(known, ..)| *known);
    let known: Vec<&str> = quantities
        .chain(own.iter().map(|own| own.as_str()))
        .collect();
    let same = |(a, b): &(u8, u8)| a.eq_ignore_ascii_case(b);
    let shared = |other: &str| name.bytes().zip(other.bytes()).take_while(same).count();
    let near = known.iter().max_by_key(|known| shared(known));
    let near = near.filter(|near| shared(near) >= 3);
    let near = near
        .map(|near| format!("; the nearest is {near}"))
        .unwrap_or_default();
    format!(
        "there is no such name{near}. There are {}; a constant of your own is given by learning.constants.{name}",
        known.join(", ")
    )
}

impl Learning {
    /// Checks names and values of the user's own constants and variables.
    fn validate_own(&self) -> Result<(), ParamsError> {
        let of_constants = self
            .constants
            .iter()
            .map(|(name, value)| ("constants", name, *value));
        let of_state = self
            .state
            .iter()
            .map(|(name, variable)| ("state", name, variable.start));
        for (table, name, value) in of_constants.chain(of_state) {
            let key = format!("learning.{table}.{name}");
            let twice = table == "state" && self.constants.contains_key(name);
            if !is_name(name) || Quantity::by_name(name).is_some() || twice {
                let problem = "that is no name for a value of your own: letters, digits and _ make one that is not taken";
                return Err(ParamsError::OwnName { key, problem });
            }
            let magnitude = value.abs();
            if !(value == 0.0 || (SMALLEST..=LARGEST).contains(&magnitude)) {
                let key = if table == "state" {
                    key + ".start"
                } else {
                    key
                };
                return Err(ParamsError::OwnValue { key, value });
            }
        }
        if self.state.len() > MAX_STATE {
            let names: Vec<&str> = self.state.keys().map(String::as_str).collect();
            return Err(super::validate::out_of_range(
                "learning.state",
                names.join(", "),
                format!("at most {MAX_STATE} variables"),
            ));
        }
        for (name, variable) in &self.state {
            let tau_ms = variable.tau_ms.unwrap_or(1.0);
            if !(1e-3..=1e9).contains(&tau_ms) {
                return Err(super::validate::out_of_range(
                    "learning.state.*.tau_ms",
                    format!("{tau_ms} ({name})"),
                    "in 0.001..=1000000000 ms",
                ));
            }
        }
        Ok(())
    }
}
