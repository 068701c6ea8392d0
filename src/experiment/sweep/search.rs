//! What is searched: axes of parameters, and the points and networks that follow from them.

#[cfg(test)]
mod tests;

use crate::draws;
use crate::params::{
    ConfigError, MAX_REPLICAS, Params, ParamsError, Shard, renamed, set_value, to_toml,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One dimension of a search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Axis {
    /// Dotted key of the parameter, as `--set` takes it.
    pub key: String,
    pub values: Values,
}

/// What a parameter is set to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Values {
    /// One of these, written as `--set` takes them.
    Listed(Vec<String>),
    /// A number drawn uniformly from low..high.
    Uniform(f64, f64),
    /// A number whose logarithm is drawn uniformly.
    LogUniform(f64, f64),
}

/// A search: everything that its rows follow from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Search {
    pub params: Params,
    pub axes: Vec<Axis>,
    /// Points drawn at random; none for the whole grid, whose axes must all be lists.
    pub random: Option<usize>,
    /// Networks of each point, with seeds `params.job.seed`, + 1, ...
    pub seeds: usize,
    /// The part of its networks that is trained; all where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
}

/// A search that cannot be run.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SearchError {
    #[error("the search has more than {most} networks: list fewer values, or draw some at random")]
    TooMany { most: usize },
    #[error("the search has {seeds} networks of each point: it must have 1 to {most}", most = MAX_REPLICAS)]
    Seeds { seeds: usize },
    #[error(
        "all networks of a search begin alike and learn the same data: {key} cannot be one of its parameters"
    )]
    Data { key: String },
    #[error(
        "{key} is no parameter by itself: name one as `params` prints it, such as learning.a_pre"
    )]
    NoKey { key: String },
    #[error("{key} is searched twice: give all its values in one list")]
    KeyTwice { key: String },
    #[error("{key} has the value {value} twice")]
    ValueTwice { key: String, value: String },
    #[error("{key} changes nothing here, as {why}: search another parameter")]
    Idle { key: String, why: &'static str },
    #[error(
        "the search has fewer networks than parts: part {shard} is left without any; choose fewer parts"
    )]
    EmptyShard { shard: Shard },
    #[error("{key} has no values")]
    NoValues { key: String },
    #[error("{key} is given as a range: a grid needs values; list them, or draw points at random")]
    Range { key: String },
    #[error(
        "the lists have {points} points in all, of which {count} cannot be drawn at random: take them all, as a grid, or \
         search a range"
    )]
    Few { count: usize, points: usize },
    #[error("{key} takes no fractions, which a range draws: list its values")]
    Whole { key: String },
    #[error("{key}: a range needs finite numbers, the first below the second{positive}")]
    Bounds { key: String, positive: &'static str },
    #[error(transparent)]
    Job(#[from] ParamsError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("point {point} ({settings}): {source}")]
    Params {
        point: usize,
        settings: String,
        source: ParamsError,
    },
}

/// Networks that a search may have.
pub const MOST_NETWORKS: usize = 100_000;

/// One setting of the axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// The values of the axes, in their order.
    pub values: Vec<String>,
    pub params: Params,
}

/// One network of a search.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Which point of the search, from 0.
    pub point: usize,
    /// The values of the axes, in their order.
    pub values: Vec<String>,
    pub replica: usize,
}

impl Values {
    fn check(&self, key: &str) -> Result<(), SearchError> {
        let (low, high, positive) = match *self {
            Self::Listed(ref values) if values.is_empty() => {
                let key = key.into();
                return Err(SearchError::NoValues { key });
            }
            Self::Listed(_) => return Ok(()),
            Self::Uniform(low, high) => (low, high, ""),
            Self::LogUniform(low, high) => (low, high, ", both above 0"),
        };
        let sound = low.is_finite() && high.is_finite() && low < high;
        if sound && (positive.is_empty() || low > 0.0) {
            return Ok(());
        }
        let key = key.into();
        Err(SearchError::Bounds { key, positive })
    }

    /// The value at a place in 0..1.
    fn at(&self, place: f64) -> String {
        match self {
            Self::Listed(values) => {
                let index = (place * values.len() as f64) as usize;
                values[index.min(values.len() - 1)].clone()
            }
            Self::Uniform(low, high) => (low + (high - low) * place).to_string(),
            Self::LogUniform(low, high) => {
                let (low, high) = (libm::log(*low), libm::log(*high));
                libm::exp(low + (high - low) * place).to_string()
            }
        }
    }
}

impl Axis {
    /// Checks that it is one parameter, whose values fit and differ. `origin` names what was typed.
    ///
    /// # Errors
    /// The first fault.
    pub fn check(&self, params: &Params, origin: &str) -> Result<(), SearchError> {
        let Self { key, values } = self;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.".contains(c);
        if !key.contains('.') || !key.chars().all(plain) {
            return Err(SearchError::NoKey { key: key.clone() });
        }
        if ["job.data", "job.from", "job.from_sha256"].contains(&key.as_str()) {
            return Err(SearchError::Data { key: key.clone() });
        }
        values.check(key)?;
        let set = |value: &str| set_value(params, key, value, origin);
        let values = match values {
            Values::Listed(values) => values,
            Values::Uniform(low, _) | Values::LogUniform(low, _) => {
                set(&low.to_string())?;
                let key = key.clone();
                return set("0.5").map(drop).map_err(|_| SearchError::Whole { key });
            }
        };
        let mut seen = BTreeSet::new();
        for value in values {
            if !seen.insert(to_toml(&set(value)?)) {
                let (key, value) = (key.clone(), value.clone());
                return Err(SearchError::ValueTwice { key, value });
            }
        }
        Ok(())
    }
}

impl Search {
    /// All points of the search; the same search gives the same ones, and a random one with more points begins with
    /// the points of one with fewer.
    ///
    /// # Errors
    /// When an axis is no parameter, is there twice or acts nowhere, a value does not fit or is there twice, or there are
    /// too many points.
    pub fn points(&self) -> Result<Vec<Point>, SearchError> {
        let numbered = self.values()?.into_iter().enumerate();
        let points: Vec<Point> = numbered
            .map(|(point, values)| {
                let params = self.at(point, &values)?;
                Ok(Point { values, params })
            })
            .collect::<Result<_, SearchError>>()?;
        let params = || points.iter().map(|point| &point.params);
        (self.axes.iter()).try_for_each(|axis| check_acts(&axis.key, params()))?;
        Ok(points)
    }

    /// All networks of the search, or of its part, point after point.
    ///
    /// # Errors
    /// When an axis is no parameter, is there twice or does not act in a search, a value is there twice, or there are too
    /// many points. What values make of the parameters is left to [`Search::params_of`].
    pub fn trials(&self) -> Result<Vec<Trial>, SearchError> {
        for axis in &self.axes {
            let why = match axis.key.as_str() {
                "job.shard" => "a search has parts of its own, by --shard",
                "job.replicas" => "a search trains --seeds networks of each point",
                "job.metrics_every" => "a search measures networks at the end alone",
                "job.metrics" => "a search has its own measures",
                "job.test_per_class" => "a search measures on validation images",
                _ => continue,
            };
            let key = axis.key.clone();
            return Err(SearchError::Idle { key, why });
        }
        let points = self.values()?.into_iter().enumerate();
        let of_point = |(point, values): (usize, Vec<String>)| {
            (0..self.seeds).map(move |replica| Trial {
                point,
                values: values.clone(),
                replica,
            })
        };
        let all = points.flat_map(of_point).enumerate();
        let is_own = |place: usize| self.shard.is_none_or(|shard| shard.holds(place));
        let own: Vec<Trial> = all
            .filter_map(|(place, trial)| is_own(place).then_some(trial))
            .collect();
        match (self.shard, own.is_empty()) {
            (Some(shard), true) => Err(SearchError::EmptyShard { shard }),
            _ => Ok(own),
        }
    }

    /// Refuses a search whose parameters do not act, as far as its points are known here: those of `params`, one set for
    /// each point.
    ///
    /// # Errors
    /// When a parameter acts in no point of a search that is no part.
    pub fn check_acts(&self, params: &[Params]) -> Result<(), SearchError> {
        match self.shard {
            // A part has some of the points alone.
            Some(_) => Ok(()),
            None => (self.axes.iter()).try_for_each(|axis| check_acts(&axis.key, params.iter())),
        }
    }

    /// The parameters of a network of the search.
    ///
    /// # Errors
    /// When a value does not fit.
    pub fn params_of(&self, trial: &Trial) -> Result<Params, SearchError> {
        let mut params = self.at(trial.point, &trial.values)?;
        params.job.replicas = self.seeds;
        Ok(params)
    }

    /// The seed of a network of the search.
    pub fn seed_of(&self, trial: &Trial) -> Option<u64> {
        let place = self.axes.iter().position(|axis| axis.key == "job.seed");
        let first = match place {
            Some(place) => trial.values[place].parse().ok()?,
            None => self.params.job.seed,
        };
        first.checked_add(trial.replica as u64)
    }

    /// The values of all points; checks the axes, and not what the values make of the parameters.
    fn values(&self) -> Result<Vec<Vec<String>>, SearchError> {
        // Only parameters that make sense can be written and laid over.
        self.params.validate()?;
        let seeds = self.seeds;
        if !(1..=MAX_REPLICAS).contains(&seeds) {
            return Err(SearchError::Seeds { seeds });
        }
        for (index, axis) in self.axes.iter().enumerate() {
            axis.check(&self.params, &axis.key)?;
            if self.axes[..index].iter().any(|other| other.key == axis.key) {
                let key = axis.key.clone();
                return Err(SearchError::KeyTwice { key });
            }
        }
        let many = |points: usize| points.saturating_mul(seeds) > MOST_NETWORKS;
        if self.random.is_some_and(many) {
            let most = MOST_NETWORKS;
            return Err(SearchError::TooMany { most });
        }
        match self.random {
            Some(count) => self.random(count),
            None => self.grid(),
        }
    }

    /// The parameters of a point.
    fn at(&self, point: usize, values: &[String]) -> Result<Params, SearchError> {
        let mut params = self.params.clone();
        for (axis, value) in self.axes.iter().zip(values) {
            params = set_value(&params, &axis.key, value, &format!("{}={value}", axis.key))?;
        }
        params.validate().map_err(|source| SearchError::Params {
            point,
            settings: self.settings(values),
            source,
        })?;
        Ok(params)
    }

    /// The values of a point with their keys.
    pub fn settings(&self, values: &[String]) -> String {
        let pairs = self.axes.iter().zip(values);
        let pairs: Vec<String> = pairs
            .map(|(axis, value)| format!("{}={value}", axis.key))
            .collect();
        pairs.join(", ")
    }

    /// So many points, each once.
    fn random(&self, count: usize) -> Result<Vec<Vec<String>>, SearchError> {
        let sizes = self.axes.iter().map(|axis| match &axis.values {
            Values::Listed(values) => Some(values.len()),
            Values::Uniform(..) | Values::LogUniform(..) => None,
        });
        let sizes: Option<Vec<usize>> = sizes.collect();
        let points = sizes.map(|sizes| sizes.into_iter().fold(1, usize::saturating_mul));
        if let Some(points) = points.filter(|&points| count >= points) {
            return Err(SearchError::Few { count, points });
        }
        let mut seen = BTreeSet::new();
        let drawn = (0..).map(|place| self.drawn(place));
        let new = drawn.filter(|values| seen.insert(values.clone()));
        Ok(new.take(count).collect())
    }

    fn drawn(&self, point: usize) -> Vec<String> {
        let places = draws::places(self.params.job.seed, point, self.axes.len());
        let axes = self.axes.iter().zip(places);
        axes.map(|(axis, place)| axis.values.at(place)).collect()
    }

    /// All combinations, the last axis running fastest.
    fn grid(&self) -> Result<Vec<Vec<String>>, SearchError> {
        let mut points: Vec<Vec<String>> = vec![Vec::new()];
        for axis in &self.axes {
            let Values::Listed(values) = &axis.values else {
                let key = axis.key.clone();
                return Err(SearchError::Range { key });
            };
            if points.len() * values.len() * self.seeds > MOST_NETWORKS {
                let most = MOST_NETWORKS;
                return Err(SearchError::TooMany { most });
            }
            let extend = |point: &Vec<String>| {
                let point = point.clone();
                values
                    .iter()
                    .map(move |value| [point.clone(), vec![value.clone()]].concat())
            };
            points = points.iter().flat_map(extend).collect();
        }
        Ok(points)
    }
}

/// Refuses a parameter that acts in no point.
fn check_acts<'a>(key: &str, points: impl Iterator<Item = &'a Params>) -> Result<(), SearchError> {
    let now = renamed(key).map_or(key, |renamed| renamed.new);
    let mut why = points.map(|params| params.model.idle(now));
    match why.next().flatten() {
        Some(first) if why.all(|why| why.is_some()) => Err(SearchError::Idle {
            key: key.into(),
            why: first,
        }),
        _ => Ok(()),
    }
}
