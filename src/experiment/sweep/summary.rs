//! What a search says: its best points with intervals over seeds, and the effect of each parameter.

use super::{Search, Values};
use crate::experiment::operations::{self, Operations};
use crate::statistics::Interval;
use serde::Serialize;
use std::collections::BTreeMap;

/// Levels into which a parameter is cut that was drawn from a range.
const LEVELS: usize = 5;

/// A network of a search, as its table has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured<'a> {
    pub point: usize,
    /// The values of the axes, in their order.
    pub values: &'a [String],
    /// On validation images.
    pub accuracy: f64,
    pub zero_fraction: f64,
    pub operations: Operations,
}

/// Networks of one kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Group {
    pub networks: usize,
    /// Accuracy on validation images: mean and 95% interval; no interval of a single network, or of equal ones.
    #[serde(flatten)]
    pub accuracy: Interval,
    /// Mean share of weights at zero.
    pub zero_fraction: f64,
    /// Mean synaptic operations of the validation images.
    pub operations: Operations,
}

/// The networks of one point.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PointSummary {
    pub point: usize,
    pub values: Vec<String>,
    #[serde(flatten)]
    pub group: Group,
}

/// All networks with one value of a parameter, or with values from a part of its range.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Level {
    /// The value, or the ends of the part.
    pub value: String,
    /// Where it is drawn: the number that the value is, or the mean of those of the part.
    pub at: Option<f64>,
    #[serde(flatten)]
    pub group: Group,
}

/// What changes with one parameter, whatever the others are.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Effect {
    pub key: String,
    pub levels: Vec<Level>,
    /// How far the best mean of a level is above the worst.
    pub difference: f64,
    /// Whether values were drawn by their logarithm.
    #[serde(skip)]
    pub is_log: bool,
}

/// What a search says.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Summary {
    pub networks: usize,
    /// The best first.
    pub points: Vec<PointSummary>,
    /// The greatest first.
    pub effects: Vec<Effect>,
}

impl Summary {
    /// Of the networks that are there.
    pub fn of(search: &Search, networks: &[Measured<'_>]) -> Self {
        let mut by_point: BTreeMap<usize, Vec<&Measured<'_>>> = BTreeMap::new();
        for network in networks {
            by_point.entry(network.point).or_default().push(network);
        }
        let of_point = |(point, networks): (usize, Vec<&Measured<'_>>)| {
            let values = networks.first()?.values.to_vec();
            let group = group(&networks)?;
            Some(PointSummary {
                point,
                values,
                group,
            })
        };
        let mut points: Vec<_> = by_point.into_iter().filter_map(of_point).collect();
        points.sort_by(|a, b| b.group.accuracy.mean.total_cmp(&a.group.accuracy.mean));
        let axes = search.axes.iter().enumerate();
        let mut effects: Vec<_> = axes
            .map(|(place, axis)| {
                let levels = match axis.values {
                    Values::Listed(_) => listed(place, networks),
                    Values::Uniform(..) | Values::LogUniform(..) => cut(place, networks),
                };
                let means = levels.iter().map(|level| level.group.accuracy.mean);
                let (low, high) = means.fold((f64::MAX, f64::MIN), |(low, high), mean| {
                    (low.min(mean), high.max(mean))
                });
                Effect {
                    key: axis.key.clone(),
                    levels,
                    difference: (high - low).max(0.0),
                    is_log: matches!(axis.values, Values::LogUniform(..)),
                }
            })
            .collect();
        effects.sort_by(|a, b| b.difference.total_cmp(&a.difference));
        Self {
            networks: networks.len(),
            points,
            effects,
        }
    }
}

fn group(networks: &[&Measured<'_>]) -> Option<Group> {
    let accuracies: Vec<f64> = networks.iter().map(|network| network.accuracy).collect();
    let zeros = networks.iter().map(|network| network.zero_fraction);
    let operations: Vec<_> = networks.iter().map(|network| network.operations).collect();
    Some(Group {
        networks: networks.len(),
        accuracy: Interval::of_shares(&accuracies).ok()?,
        zero_fraction: zeros.sum::<f64>() / networks.len() as f64,
        operations: operations::mean(&operations),
    })
}

/// A level for each value, in the order in which they are first met.
fn listed(place: usize, networks: &[Measured<'_>]) -> Vec<Level> {
    let mut values: Vec<&String> = Vec::new();
    for network in networks {
        if !values.contains(&&network.values[place]) {
            values.push(&network.values[place]);
        }
    }
    let level = |value: &String| {
        let own: Vec<_> = (networks.iter())
            .filter(|network| network.values[place] == *value)
            .collect();
        Some(Level {
            value: value.clone(),
            at: value.parse().ok().filter(|at: &f64| at.is_finite()),
            group: group(&own)?,
        })
    };
    values.into_iter().filter_map(level).collect()
}

/// Levels of about as many networks each, in the order of the values.
fn cut(place: usize, networks: &[Measured<'_>]) -> Vec<Level> {
    let number = |network: &Measured<'_>| network.values[place].parse::<f64>().ok();
    let mut sorted: Vec<(f64, &Measured<'_>)> = (networks.iter())
        .filter_map(|network| Some((number(network)?, network)))
        .collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let size = sorted.len().div_ceil(LEVELS).max(1);
    let level = |part: &[(f64, &Measured<'_>)]| {
        let own: Vec<_> = part.iter().map(|(_, network)| *network).collect();
        let sum: f64 = part.iter().map(|(value, _)| value).sum();
        Some(Level {
            value: format!("{:.4}..{:.4}", part.first()?.0, part.last()?.0),
            at: Some(sum / part.len() as f64),
            group: group(&own)?,
        })
    };
    sorted.chunks(size).filter_map(level).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::sweep::Axis;
    use crate::presets;

    #[test]
    fn effects_are_means_over_all_others() {
        let axis = |key: &str, values| Axis {
            key: key.into(),
            values,
        };
        let search = Search {
            params: presets::paper(),
            axes: vec![
                axis(
                    "pruning.mode",
                    Values::Listed(vec!["none".into(), "final".into()]),
                ),
                axis("learning.a_pre", Values::LogUniform(0.01, 0.1)),
            ],
            random: Some(10),
            seeds: 1,
            shard: None,
        };
        // Accuracy rises with the second parameter, and is 0.1 higher without pruning.
        let values: Vec<[String; 2]> = (0..10)
            .map(|i| {
                [
                    ["none", "final"][i % 2].into(),
                    format!("{}", 0.01 * (i + 1) as f64),
                ]
            })
            .collect();
        let networks: Vec<Measured<'_>> = (values.iter().enumerate())
            .map(|(point, values)| Measured {
                point,
                values,
                accuracy: 0.5 + 0.01 * point as f64 + 0.1 * ((point + 1) % 2) as f64,
                zero_fraction: 0.25,
                operations: Operations::new([point as f64, 1.0], [true; 2]),
            })
            .collect();
        let summary = Summary::of(&search, &networks);
        assert_eq!((summary.networks, summary.points.len()), (10, 10));
        assert_eq!(summary.points[0].point, 8);
        let [first, second] = &summary.effects[..] else {
            panic!("{summary:?}");
        };
        assert_eq!(
            [&*first.key, &*second.key],
            ["pruning.mode", "learning.a_pre"]
        );
        assert!((first.difference - 0.09).abs() < 1e-12, "{first:?}");
        assert_eq!(
            first
                .levels
                .iter()
                .map(|level| level.at)
                .collect::<Vec<_>>(),
            [None, None]
        );
        assert_eq!(second.levels.len(), LEVELS);
        assert!(second.levels.iter().all(|level| level.group.networks == 2));
        assert!((second.levels[0].at.unwrap() - 0.015).abs() < 1e-12);
        assert!((second.difference - 0.08).abs() < 1e-12, "{second:?}");
        // Of the networks 8 and 9.
        assert_eq!(second.levels[4].group.operations.input_per_image, 8.5);
    }
}
