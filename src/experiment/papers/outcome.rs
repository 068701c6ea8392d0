//! A published figure beside what was found.

use crate::statistics::Interval;
use serde::Serialize;
use std::fmt;

/// What was found of a published figure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// The published figure.
    pub paper: f64,
    pub direction: Direction,
    /// Mean over seeds; over the means of the splits where there are several. None where it cannot be computed,
    /// as a ratio to no spikes.
    pub mean: Option<f64>,
    /// Its 95% interval; none where there is none.
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// Whether the mean is as far as the published figure, or farther.
    pub reached: bool,
    /// None without a mean.
    pub verdict: Option<Verdict>,
}

/// How a claim bounds a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Direction {
    /// It is that much or more.
    #[serde(rename = "at least")]
    AtLeast,
    /// It is that little or less.
    #[serde(rename = "at most")]
    AtMost,
}

/// What the mean and its interval say of a published figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Verdict {
    /// The mean is as far, or farther.
    #[serde(rename = "reached")]
    Reached,
    /// The mean is not, but the figure lies within its 95% interval: these networks do not speak against it.
    #[serde(rename = "within the interval")]
    Within,
    /// Nor does it lie there.
    #[serde(rename = "not reached")]
    NotReached,
    /// The mean is not, and has no interval, as that of one network: nothing can be said.
    #[serde(rename = "no interval")]
    NoInterval,
}

impl Direction {
    /// Whether a figure is as far as the published one, or farther.
    fn is_reached(self, found: f64, published: f64) -> bool {
        match self {
            Self::AtLeast => found >= published,
            Self::AtMost => found <= published,
        }
    }
}

impl Outcome {
    pub fn new(paper: f64, direction: Direction, found: Option<Interval>) -> Self {
        let (low, high) = (found.and_then(|f| f.low), found.and_then(|f| f.high));
        let reached = found.is_some_and(|found| direction.is_reached(found.mean, paper));
        let verdict = match low.zip(high) {
            _ if reached => Verdict::Reached,
            Some((low, high)) if (low..=high).contains(&paper) => Verdict::Within,
            Some(_) => Verdict::NotReached,
            None => Verdict::NoInterval,
        };
        Self {
            paper,
            direction,
            mean: found.map(|found| found.mean),
            low,
            high,
            reached,
            verdict: found.map(|_| verdict),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reached => "reached",
            Self::Within => "within the interval",
            Self::NotReached => "not reached",
            Self::NoInterval => "no interval",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_reached_or_within_the_interval_or_not_reached() {
        let found = |mean, ends: Option<(f64, f64)>| {
            Some(Interval {
                mean,
                low: ends.map(|ends| ends.0),
                high: ends.map(|ends| ends.1),
            })
        };
        let verdict = |direction, found| Outcome::new(0.5, direction, found).verdict;
        use Direction::{AtLeast, AtMost};
        for (direction, mean, ends, expected) in [
            (AtLeast, 0.5, None, Verdict::Reached),
            (AtLeast, 0.6, Some((0.4, 0.7)), Verdict::Reached),
            (AtLeast, 0.45, Some((0.4, 0.5)), Verdict::Within),
            (AtLeast, 0.45, Some((0.4, 0.49)), Verdict::NotReached),
            (AtLeast, 0.45, None, Verdict::NoInterval),
            (AtMost, 0.45, None, Verdict::Reached),
            (AtMost, 0.55, Some((0.5, 0.6)), Verdict::Within),
            (AtMost, 0.55, Some((0.51, 0.6)), Verdict::NotReached),
        ] {
            assert_eq!(
                verdict(direction, found(mean, ends)),
                Some(expected),
                "{mean}"
            );
        }
        assert_eq!(verdict(AtLeast, None), None);
    }
}
