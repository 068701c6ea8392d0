//! Parts of one piece of work that run apart, such as tasks of a cluster.

use super::value::{ValueError, whole};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// One of several parts, as `2/4`: of what is numbered from 0, every fourth from the second on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Shard {
    /// Which part, from 1.
    number: usize,
    /// How many there are.
    of: usize,
}

/// A part that there cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShardError {
    #[error("a part is written as 2/4: its number, from 1, and how many there are")]
    Form,
    #[error("{0}")]
    Number(String),
    #[error("there is no part {number} of {of}: they are numbered from 1 to {of}")]
    Outside { number: usize, of: usize },
}

impl From<ValueError> for ShardError {
    fn from(error: ValueError) -> Self {
        Self::Number(error.to_string())
    }
}

impl Default for Shard {
    fn default() -> Self {
        Self::WHOLE
    }
}

impl JsonSchema for Shard {
    fn schema_name() -> Cow<'static, str> {
        "Shard".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string"})
    }
}

impl Shard {
    /// All of it.
    pub const WHOLE: Self = Self { number: 1, of: 1 };
    /// Most parts.
    pub const MOST: usize = 100_000;

    /// Part `number`, from 1, of so many.
    ///
    /// # Errors
    /// When there is no such part.
    pub fn new(number: usize, of: usize) -> Result<Self, ShardError> {
        match (1..=of).contains(&number) && of <= Self::MOST {
            true => Ok(Self { number, of }),
            false => Err(ShardError::Outside { number, of }),
        }
    }

    pub fn number(self) -> usize {
        self.number
    }

    pub fn of(self) -> usize {
        self.of
    }

    /// Whether it holds what has this place, from 0, among all.
    pub fn holds(self, place: usize) -> bool {
        place % self.of == self.number - 1
    }
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        let (number, of) = text.split_once('/').ok_or(ShardError::Form)?;
        Self::new(whole(number)?, whole(of)?)
    }
}

impl TryFrom<String> for Shard {
    type Error = ShardError;

    fn try_from(text: String) -> Result<Self, ShardError> {
        text.parse()
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> Self {
        shard.to_string()
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_in_one_part() {
        for of in 1..=7 {
            for place in 0..30 {
                let shards = (1..=of).map(|number| Shard::new(number, of).unwrap());
                assert_eq!(shards.filter(|shard| shard.holds(place)).count(), 1);
            }
        }
    }

    #[test]
    fn parts_are_read_as_they_are_written() {
        let shard = Shard::new(2, 4).unwrap();
        assert_eq!(shard.to_string().parse(), Ok(shard));
        for wrong in ["0/4", "5/4", "2", "a/4", "2/0", "2/4/1", "", "1/100001"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
