//! On what networks are trained and tested, how often they are measured, and where.

use super::shard::Shard;
use super::value::{as_whole, quoted, whole};
use crate::dataset::Reading;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smart_default::SmartDefault;
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// What is trained on what, and how often it is measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// The data set: a folder or file. With auto that of MNIST is looked for: in the folder that SPIKEPRUNE_DATA names, in the
    /// user's data folder, in ./data and beside the program.
    #[default(DataFolder::Auto)]
    pub data: DataFolder,
    /// How the images are read.
    #[serde(default)]
    pub reading: Reading,
    /// A checkpoint whose networks the training goes on from, with these parameters; empty where they are drawn.
    #[serde(default)]
    pub from: String,
    /// SHA-256 of that checkpoint, in hexadecimal: another one is refused; empty where any is taken.
    #[serde(default)]
    pub from_sha256: String,
    #[default(TrainImages::PerClass(5000))]
    pub train: TrainImages,
    /// Images of the test file that are tested.
    #[default(PerClass::First(500))]
    pub test_per_class: PerClass,
    /// Images of each class that follow the training images and are never trained on. So many times the classes
    /// follow, whatever their classes, where training images do not go by class.
    #[schemars(range(min = 0, max = 60_000))]
    #[default(100)]
    pub validation_per_class: usize,
    /// Passes over the training images, each in an order of its own.
    #[schemars(range(min = 1, max = 10_000))]
    #[default(1)]
    pub epochs: usize,
    /// Each training image is shown shifted by up to so many pixels in both directions, drawn for each showing.
    #[schemars(range(min = 0, max = 27))]
    #[default(0)]
    pub shift_max: usize,
    /// Seed of weights, delays, order of images and input spikes; replica r has seed + r.
    #[schemars(range(min = 0))]
    #[default(1)]
    pub seed: u64,
    /// Networks trained at once, alike but for their seed.
    #[schemars(range(min = 1, max = super::MAX_REPLICAS))]
    #[default(1)]
    pub replicas: usize,
    /// Which of them are trained here, I of N parts: with 2/4 the second, the sixth, and so on. 1/1 is all.
    #[serde(default)]
    #[default(Shard::WHOLE)]
    pub shard: Shard,
    /// Training images between two rows of the metrics, or the last row alone.
    #[default(MetricsEvery::Images(1000))]
    pub metrics_every: MetricsEvery,
    /// What the metrics hold beside accuracy and weights, a list.
    #[serde(default)]
    #[default(Vec::new())]
    pub metrics: Vec<Measure>,
    /// Training images between two snapshots of the networks, which a run of `train` keeps beside the one at their start; 0
    /// for none.
    #[serde(default)]
    #[schemars(range(min = 0, max = u32::MAX))]
    #[default(0)]
    pub snapshots_every: usize,
}

/// What the metrics may hold beside accuracy and weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Spikes an image and silent share of 100 images of noise, as bright as the training images.
    Noise,
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Noise => "noise",
        })
    }
}

/// Where the data are. In files a path, or `"auto"`; a folder of that name is written `./auto`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DataFolder {
    /// Wherever the program finds them.
    #[default]
    Auto,
    At(String),
}

const AUTO: &str = "auto";

impl FromStr for DataFolder {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "" => Err("expected a folder, or auto"),
            AUTO => Ok(Self::Auto),
            folder => Ok(Self::At(folder.into())),
        }
    }
}

impl fmt::Display for DataFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => AUTO,
            Self::At(folder) => folder,
        })
    }
}

impl Serialize for DataFolder {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DataFolder {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

impl JsonSchema for DataFolder {
    fn schema_name() -> Cow<'static, str> {
        "DataFolder".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string"})
    }
}

/// Which images of the training file are trained on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrainImages {
    /// Of each class the first so many.
    PerClass(#[schemars(range(min = 1, max = 60_000))] usize),
    /// Of all classes together the first so many, as the file has them.
    InAll(#[schemars(range(min = 1, max = 60_000))] usize),
}

impl TrainImages {
    /// Images of one pass over so many classes.
    pub fn of_pass(self, classes: usize) -> usize {
        match self {
            Self::PerClass(images) => images * classes,
            Self::InAll(images) => images,
        }
    }
}

/// How many images of each class: the first of the file, or all. In files a number, or `"all"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PerClass {
    All,
    First(usize),
}

/// How many training images lie between two rows of the metrics. In files a number, or `"end"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricsEvery {
    /// One row, at the end of the training.
    End,
    Images(usize),
}

/// Reads and writes a number of at least 1, or a word. A 0 is read as the word, as 0.2.0 wrote it.
macro_rules! number_or_word {
    ($name:ident, $number:ident, $other:ident, $word:literal, $most:expr) => {
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                let number = json_schema!({"type": "integer", "minimum": 1, "maximum": $most});
                json_schema!({"anyOf": [number, {"const": $word}]})
            }
        }

        impl From<usize> for $name {
            fn from(number: usize) -> Self {
                match number {
                    0 => Self::$other,
                    number => Self::$number(number),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    Self::$other => f.write_str($word),
                    Self::$number(number) => write!(f, "{number}"),
                }
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match text.trim() {
                    $word => Ok(Self::$other),
                    number => whole::<usize>(number)
                        .map(Self::from)
                        .map_err(|_| concat!("expected a whole number or ", $word).into()),
                }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    Self::$other => serializer.serialize_str($word),
                    Self::$number(number) => serializer.serialize_u64(*number as u64),
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer
                    .deserialize_any(NumberOrWord($word))
                    .map(|number| match number {
                        None => Self::$other,
                        Some(number) => Self::from(number),
                    })
            }
        }
    };
}
number_or_word!(PerClass, First, All, "all", 10_000);
number_or_word!(MetricsEvery, Images, End, "end", u32::MAX);

/// Reads a number, or this word, which is none.
struct NumberOrWord(&'static str);

impl Visitor<'_> for NumberOrWord {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from 1 on, or \"{}\"", self.0)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        let refused = |_| E::invalid_value(Unexpected::Unsigned(number), &self);
        usize::try_from(number).map(Some).map_err(refused)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        let refused = |_| E::invalid_value(Unexpected::Signed(number), &self);
        usize::try_from(number).map(Some).map_err(refused)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        match as_whole(number) {
            Some(number) => self.visit_u64(number),
            None => Err(E::invalid_value(Unexpected::Float(number), &self)),
        }
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Self::Value, E> {
        let shown = quoted(word);
        match word == self.0 {
            true => Ok(None),
            false => Err(E::invalid_value(Unexpected::Other(&shown), &self)),
        }
    }
}
