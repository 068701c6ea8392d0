//! Formulas as people write them, in one line: `if(target, 1, -0.5) * exp_neg(since_last / 40)`.
//!
//! | | |
//! | --- | --- |
//! | numbers | `1`, `0.5`, `.5`, `1e-3` |
//! | names | letters, digits and `_`; what they stand for is not known here |
//! | arithmetic | `+ - * /`, a minus before a value, brackets |
//! | comparisons | `< <= > >= == !=`, each 1 or 0 |
//! | logic | `and`, `or`, `not`: what is not 0 is true; the result is 1 or 0 |
//! | functions | `if(c, a, b)`, `min(a, b)`, `max(a, b)`, `clip(x, low, high)`, `abs(x)`, `exp_neg(x)`, which is exp(-x), and 1 for x < 0 |
//! | parts with names | `share = own_spikes / 10; max(1 - share, -1)`: the formula stands last |
//!
//! `*` and `/` bind closer than `+` and `-`, these closer than comparisons, then `not`, `and` and `or`. What is parsed has
//! few operations: all others are written by them.

mod lexer;
mod parser;

pub use lexer::identifiers;
pub use parser::is_name;

use std::fmt;

/// Numbers, names and operations that one formula may have, counted as [`Expression::nodes`] has them.
pub const MAX_NODES: usize = 96;
/// Characters that one formula may have.
pub const MAX_CHARACTERS: usize = 2_000;
/// How deep brackets, functions and signs may stand in each other.
pub const MAX_DEPTH: usize = 32;
/// Magnitudes beyond these are none: results above the one are that, those below the other are 0.
pub const LARGEST: f64 = 1e30;
pub const SMALLEST: f64 = 1e-30;

/// An operation on one, two or three values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Add,
    Subtract,
    Multiply,
    Divide,
    /// 1 where the first is below the second, else 0.
    Less,
    LessOrEqual,
    Equal,
    /// The second where the first is not 0, else the third.
    Choose,
    Min,
    Max,
    /// exp(-x); 1 for x < 0.
    ExpNeg,
}

/// A value in a formula; others name it by its place in [`Expression::nodes`].
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    Number(f64),
    /// A name that the formula does not define, and the place of its first character.
    Name {
        name: String,
        at: usize,
    },
    /// An operation on nodes before this one; places that it does not need are 0.
    Apply(Operation, [usize; 3]),
}

/// A formula that can be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    nodes: Vec<Node>,
    result: usize,
    definitions: Vec<(String, usize)>,
}

impl Expression {
    /// Reads a formula.
    ///
    /// # Errors
    /// The first place where it is none, with what was expected there.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        parser::parse(text)
    }

    /// Values in an order in which each can be worked out.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The node whose value is that of the formula.
    pub fn result(&self) -> usize {
        self.result
    }

    /// Names that stand for parts of the formula, and where each is defined.
    pub fn definitions(&self) -> impl Iterator<Item = (&str, usize)> {
        self.definitions
            .iter()
            .map(|(name, at)| (name.as_str(), *at))
    }

    /// Names that the formula does not define, and their places.
    pub fn names(&self) -> impl Iterator<Item = (&str, usize)> {
        self.nodes.iter().filter_map(|node| match node {
            Node::Name { name, at } => Some((name.as_str(), *at)),
            Node::Number(_) | Node::Apply(..) => None,
        })
    }
}

/// A place where a formula cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Its first character, counted from 1.
    pub at: usize,
    /// What stands there, in quotes; none at the end.
    pub found: Option<String>,
    /// What is wrong, or what was expected.
    pub problem: String,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, found, problem } = self;
        match found {
            Some(found) => write!(f, "at character {at}, {found}: {problem}"),
            None => write!(f, "at its end, character {at}: {problem}"),
        }
    }
}

impl std::error::Error for SyntaxError {}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value of a formula in f64, names being their length.
    fn value(text: &str) -> f64 {
        let expression = Expression::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let mut values: Vec<f64> = Vec::new();
        for node in expression.nodes() {
            values.push(match *node {
                Node::Number(number) => number,
                Node::Name { ref name, .. } => name.len() as f64,
                Node::Apply(operation, nodes) => {
                    let [a, b, c] = nodes.map(|node| values[node]);
                    let truth = |is: bool| f64::from(u8::from(is));
                    match operation {
                        Operation::Add => a + b,
                        Operation::Subtract => a - b,
                        Operation::Multiply => a * b,
                        Operation::Divide => a / b,
                        Operation::Less => truth(a < b),
                        Operation::LessOrEqual => truth(a <= b),
                        Operation::Equal => truth(a == b),
                        Operation::Choose if a != 0.0 => b,
                        Operation::Choose => c,
                        Operation::Min => a.min(b),
                        Operation::Max => a.max(b),
                        Operation::ExpNeg => libm::exp(-a.max(0.0)),
                    }
                }
            });
        }
        values[expression.result()]
    }

    #[test]
    fn formulas_bind_as_they_are_read() {
        for (text, expected) in [
            ("1 + 2 * 3", 7.0),
            ("(1 + 2) * 3", 9.0),
            ("8 / 4 / 2", 1.0),
            ("8 - 4 - 2", 2.0),
            ("-2 - -3", 1.0),
            ("-abc * 2", -6.0),
            ("--abc", 3.0),
            ("2 * -abc", -6.0),
            ("1 < 2", 1.0),
            ("2 >= 2", 1.0),
            ("3 > 4", 0.0),
            ("1 != 1", 0.0),
            ("1 + 1 == 2", 1.0),
            ("not 3", 0.0),
            ("not 1 == 2", 1.0),
            ("not not 5", 1.0),
            ("1 and 0 or 7", 1.0),
            ("2 and 3", 1.0),
            ("0 or not 1 and 1", 0.0),
            ("if(0, 1, 2)", 2.0),
            ("if(-0.5, 1, 2)", 1.0),
            ("clip(5, -1, 1)", 1.0),
            ("clip(-5, -1, 1)", -1.0),
            ("min(2, max(1, 3))", 2.0),
            ("abs(1 - 4)", 3.0),
            ("exp_neg(-2)", 1.0),
            (".5 + 5. + 1e2 + 1E-1", 105.6),
            ("x = 1; -x + x + x", 1.0),
            ("x = a_b1 + 1;\n y = x * x;\n y - x", 20.0),
        ] {
            assert_eq!(value(text), expected, "{text}");
        }
    }

    /// Each says where it is wrong, and what stands there.
    #[test]
    fn what_is_no_formula_is_refused_with_its_place() {
        for (text, expected) in [
            (
                "",
                "at its end, character 1: expected a number, a name, a function, a minus or \"(\"",
            ),
            ("1 +", "at its end, character 4: expected a number"),
            ("1 + )", "at character 5, \")\": expected a number"),
            (
                "(1 + 2",
                "at its end, character 7: expected an operator or \")\"",
            ),
            (
                "1 2",
                "at character 3, \"2\": expected an operator, such as * or <, or the end",
            ),
            ("1 + 2)", "at character 6, \")\": nothing is open"),
            (
                "a = 1",
                "at its end, character 6: expected an operator or \";\"",
            ),
            (
                "a = 1; a = 2; a",
                "at character 8, \"a\": there is a part of this name",
            ),
            ("if = 1; 2", "at character 1, \"if\": this name is taken"),
            ("1; 2", "at character 2, \";\": only a part with a name"),
            ("1 = 2", "at character 3, \"=\": write == to compare"),
            ("1 < 2 < 3", "at character 7, \"<\": two comparisons"),
            (
                "min(1)",
                "at character 6, \")\": expected an operator, or, as min takes 2 values, \",\"",
            ),
            ("min(1, 2, 3)", "at character 9, \",\": min takes 2 values"),
            ("abs(1, 2)", "at character 6, \",\": abs takes one value"),
            (
                "abs",
                "at its end, character 4: expected \"(\" after the function abs",
            ),
            (
                "exp(1)",
                "at character 1, \"exp\": there is no function of this name; there are if, min",
            ),
            ("2 ** 3", "at character 3, \"**\": there are no powers"),
            ("2 ^ 3", "at character 3, \"^\": there are no powers"),
            ("a && b", "at character 3, \"&&\": write and"),
            ("!a", "at character 1, \"!\": write not"),
            ("a ? 1 : 2", "at character 3, \"?\": write if(c, a, b)"),
            (
                "1 + \u{3b1}",
                "at character 5, \"\u{3b1}\": expected a number, a name, one of",
            ),
            (
                "\u{a0}1 + \u{2212}2",
                "at character 6, \"\u{2212}\": expected",
            ),
            ("1e39", "at character 1, \"1e39\": numbers go up to 1e30"),
            (
                "2 * 1e-46",
                "at character 5, \"1e-46\": numbers below 1e-30 are 0",
            ),
            ("1e999", "at character 1, \"1e999\": numbers go up to 1e30"),
            ("1.2.3", "at character 4, \".3\": expected an operator"),
            ("and", "at character 1, \"and\": expected a number"),
            ("1 * not 2", "at character 5, \"not\": expected a number"),
        ] {
            let error = Expression::parse(text).expect_err(text).to_string();
            assert!(error.starts_with(expected), "{text}: {error}");
        }
    }

    #[test]
    fn length_and_depth_have_an_end() {
        let refused = |text: String| Expression::parse(&text).unwrap_err().problem;
        let deep = |levels: usize| "(".repeat(levels) + "1" + &")".repeat(levels);
        assert!(Expression::parse(&deep(MAX_DEPTH)).is_ok());
        assert!(refused(deep(MAX_DEPTH + 1)).contains("32 deep"));
        assert!(refused("-".repeat(100_000) + "a").contains("characters"));
        assert!(refused("-".repeat(1_000) + "a").contains("32 deep"));
        assert!(refused("not ".repeat(400) + "a").contains("32 deep"));
        assert!(Expression::parse(&("1".to_string() + &"+1".repeat(47))).is_ok());
        assert!(refused("1".to_string() + &"+1".repeat(48)).contains("at most 96"));
        assert!(refused(" ".repeat(3_000) + "1").contains("2000 characters"));
    }
}
