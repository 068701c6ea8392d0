//! Flags whose value is one of a few: the library names the values, here is what help says of them.

use super::paths::bare;
use crate::dataset::Colour;
use crate::expression::is_name;
use crate::params::{FrontEnd, Measure, PruningMode, Threshold, items, named_rules, words};
use crate::report::ColorMap;
use anyhow::ensure;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Arg, Command, Error};
use serde::Deserialize;
use serde::de::value::{Error as ValueError, StrDeserializer};
use std::ffi::OsStr;
use std::marker::PhantomData;

/// What a flag chooses from; a value is written as it displays.
pub trait Choice: Clone + Send + Sync + 'static {
    /// All values by name, with their help.
    fn all() -> Vec<(String, String)>;
    fn by_name(name: &str) -> Option<Self>;
}

/// The values of a flag that takes a list in one argument. (A `Vec` would take one of several arguments from each.)
pub type List<T> = Vec<T>;

/// Refuses indices that do not exist, and one that is there twice: what they name would be shown, or counted, twice.
pub fn check_indices(
    (flag, what): (&str, &str),
    indices: &[u32],
    available: usize,
) -> anyhow::Result<()> {
    for (place, &index) in indices.iter().enumerate() {
        ensure!(
            (index as usize) < available,
            "{flag} names {what} {index}: there are {what}s 0 to {}",
            available.saturating_sub(1)
        );
        ensure!(
            !indices[..place].contains(&index),
            "{flag} names {what} {index} twice"
        );
    }
    Ok(())
}

/// Reads one of the values of a type.
#[derive(Clone)]
pub struct Choices<T>(PhantomData<T>);

/// For `value_parser`.
pub fn choices<T: Choice>() -> Choices<T> {
    Choices(PhantomData)
}

/// Reads a list of them, as [`crate::params::items`] has lists.
#[derive(Clone)]
pub struct ChoiceList<T>(Choices<T>);

/// For `value_parser`.
pub fn choice_list<T: Choice>() -> ChoiceList<T> {
    ChoiceList(choices())
}

impl<T: Choice> TypedValueParser for ChoiceList<T> {
    type Value = List<T>;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<List<T>, Error> {
        let split =
            |text: &str| items(text).map(|list| list.into_iter().map(String::from).collect());
        let list: List<String> = split.parse_ref(command, arg, value)?;
        let one = |item: &String| self.0.parse_ref(command, arg, item.as_ref());
        list.iter().map(one).collect()
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        self.0.possible_values()
    }
}

impl<T: Choice> ChoiceList<T> {
    /// The word `none` for the list without any.
    pub fn or_none(self) -> OrNone<T> {
        OrNone(self)
    }
}

/// Reads a list, or `none`.
#[derive(Clone)]
pub struct OrNone<T>(ChoiceList<T>);

const NONE: &str = "none";

impl<T: Choice> TypedValueParser for OrNone<T> {
    type Value = List<T>;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<List<T>, Error> {
        match value == NONE {
            true => Ok(Vec::new()),
            false => self.0.parse_ref(command, arg, value),
        }
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let none = PossibleValue::new(NONE).help("Nothing");
        Some(Box::new(possible::<T>().chain([none])))
    }
}

fn possible<T: Choice>() -> impl Iterator<Item = PossibleValue> {
    let all = T::all().into_iter();
    all.map(|(name, help)| PossibleValue::new(name).help(help.trim_end_matches('.').to_string()))
}

impl<T: Choice> TypedValueParser for Choices<T> {
    type Value = T;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<T, Error> {
        let bare = value.to_str().and_then(|text| bare(text).ok());
        let value = bare.as_ref().map_or(value, AsRef::as_ref);
        let name = PossibleValuesParser::new(possible::<T>()).parse_ref(command, arg, value)?;
        // The name is one of those above.
        T::by_name(&name)
            .ok_or_else(|| Error::new(clap::error::ErrorKind::InvalidValue).with_cmd(command))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(possible::<T>()))
    }
}

/// A learning rule: the name of one, or a formula.
#[derive(Clone)]
pub struct RuleText(pub String);

impl Choice for RuleText {
    fn all() -> Vec<(String, String)> {
        let rules = named_rules().iter();
        rules
            .map(|rule| (rule.name.clone(), rule.meaning.clone()))
            .collect()
    }

    fn by_name(name: &str) -> Option<Self> {
        Some(Self(name.into()))
    }
}

/// Reads a rule. Whether a formula is one shows once all that it may name is known.
#[derive(Clone)]
pub struct RuleParser;

impl TypedValueParser for RuleParser {
    type Value = RuleText;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<RuleText, Error> {
        let text = value.to_str().and_then(|text| bare(text).ok());
        match text {
            Some(text) if !text.trim().is_empty() && !is_name(&text) => Ok(RuleText(text)),
            _ => choices().parse_ref(command, arg, value),
        }
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(possible::<RuleText>()))
    }
}

/// Parameters whose type says what its words mean.
macro_rules! parameter {
    ($($name:ty),*) => {$(
        impl Choice for $name {
            fn all() -> Vec<(String, String)> {
                words::<Self>()
            }

            fn by_name(name: &str) -> Option<Self> {
                Self::deserialize(StrDeserializer::<ValueError>::new(name)).ok()
            }
        }
    )*};
}
parameter!(FrontEnd, Threshold, PruningMode, Measure, Colour);

const COLOR_MAPS: [(ColorMap, &str); 3] = [
    (
        ColorMap::BlueWhiteRed,
        "Blue at the bottom, white at half the range, red at the top (matplotlib's `bwr`)",
    ),
    (ColorMap::Viridis, "The perceptually uniform `viridis`"),
    (ColorMap::Gray, "From black to white, as images are stored"),
];

impl Choice for ColorMap {
    fn all() -> Vec<(String, String)> {
        let all = COLOR_MAPS.map(|(map, help)| (map.to_string(), help.to_string()));
        all.into()
    }

    fn by_name(name: &str) -> Option<Self> {
        let map = COLOR_MAPS
            .into_iter()
            .find(|(map, _)| map.to_string() == name);
        map.map(|(map, _)| map)
    }
}
