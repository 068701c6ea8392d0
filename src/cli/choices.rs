//! Flags whose value is one of a few: the library names the values, here is what help says of them.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Arg, Command, Error};
use spikeprune::params::{PruningMode, Rule, Threshold, items};
use spikeprune::report::ColorMap;
use std::ffi::OsStr;
use std::fmt::Display;
use std::marker::PhantomData;

/// What a flag chooses from; a value is written as it displays.
pub trait Choice: Copy + Display + Send + Sync + 'static {
    /// All values, with their help.
    const ALL: &'static [(Self, &'static str)];
}

/// The values of a flag that takes a list in one argument. (A `Vec` would take one of several arguments from each.)
pub type List<T> = Vec<T>;

/// Reads one of the values of a type.
#[derive(Clone)]
pub struct Choices<T>(PhantomData<T>);

/// For `value_parser`.
pub fn choices<T: Choice>() -> Choices<T> {
    Choices(PhantomData)
}

/// Reads a list of them, as [`spikeprune::params::items`] has lists.
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

fn possible<T: Choice>() -> impl Iterator<Item = PossibleValue> {
    T::ALL
        .iter()
        .map(|(value, help)| PossibleValue::new(value.to_string()).help(*help))
}

impl<T: Choice> TypedValueParser for Choices<T> {
    type Value = T;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<T, Error> {
        let name = PossibleValuesParser::new(possible::<T>()).parse_ref(command, arg, value)?;
        let found = T::ALL.iter().find(|(value, _)| value.to_string() == name);
        // The name is one of those above.
        found
            .map(|(value, _)| *value)
            .ok_or_else(|| Error::new(clap::error::ErrorKind::InvalidValue).with_cmd(command))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(possible::<T>()))
    }
}

impl Choice for Threshold {
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::Live, "The adaptive threshold as it moves"),
        (
            Self::Latched,
            "The adaptive threshold as it stood when the image came on",
        ),
        (Self::Fixed, "The resting value of the threshold"),
        (
            Self::Homeostatic,
            "A threshold with memory: it rises at each spike of the training and falls from image to image, too slowly \
             to move within one; testing holds it as the training left it",
        ),
    ];
}

impl Choice for Rule {
    const ALL: &'static [(Self, &'static str)] = &[
        (
            Self::StdpAllLtd,
            "Supervised: the group of the image's class learns by STDP (eq. 3), all others by all-LTD (eq. 4)",
        ),
        (Self::Stdp, "Unsupervised: every group learns by STDP"),
        (
            Self::CountGated,
            "Supervised: steps in proportion to how far each group's spike count is from its target",
        ),
        (
            Self::Triplet,
            "Unsupervised: traces of the nearest spikes alone, and the step at an E spike in proportion to a slow trace \
             of the neuron's own last spike (Diehl & Cook's triplet rule)",
        ),
    ];
}

impl Choice for PruningMode {
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::None, "Never"),
        (
            Self::Continuous,
            "At every input spike of the training; a flush ends it",
        ),
        (Self::Final, "One exact flush at the end of the training"),
        (
            Self::FinalWindow,
            "At the end every input fires for a while with learning off; those that do are flushed",
        ),
    ];
}

impl Choice for ColorMap {
    const ALL: &'static [(Self, &'static str)] = &[
        (
            Self::BlueWhiteRed,
            "Blue at 0, white at half the range, red at the top (matplotlib's `bwr`)",
        ),
        (Self::Viridis, "The perceptually uniform `viridis`"),
        (Self::Gray, "From black to white, as images are stored"),
    ];
}
