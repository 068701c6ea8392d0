//! Classes that were not learned, told from those that were: the protocol of the field.

use super::{Arm, Kind};
use crate::experiment::test_sets::TestSet;
use crate::statistics::Detection;
use serde::Serialize;
use std::collections::BTreeMap;

/// What a network answers to known and to unknown classes.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct OpenSet {
    pub kind: Kind,
    pub method: String,
    pub classes: Vec<u8>,
    pub unknown: Vec<u8>,
    pub seed: u64,
    /// Of the test images of known classes.
    pub accuracy: f64,
    /// By each score that may tell an image to be known. Local rules: `total`, spikes of all neurons, `winner`, of the best
    /// group, and `margin`, its lead. Backpropagation: `winner`, the largest score, `margin`, its lead, and `probability`, its
    /// softmax. All: `distance`, `nearest` and `tail`, how like training images it is.
    pub scores: BTreeMap<&'static str, Told>,
    /// The same with noise in the place of unknown classes, by the name of the set.
    pub far: BTreeMap<String, BTreeMap<&'static str, Told>>,
}

/// How well known images are told from unknown ones by a score.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Told {
    #[serde(flatten)]
    pub detection: Detection,
    /// Area under the curve of the share of known images that are recognised and pass, over that of unknown ones that pass
    /// (Dhamija et al. 2018).
    pub oscr: f64,
}

/// Scores of images by their names, and which of the images were recognised.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    scores: BTreeMap<&'static str, Vec<f64>>,
    recognised: Vec<bool>,
}

impl Heard {
    /// Takes an image.
    pub fn add<const N: usize>(&mut self, scores: [(&'static str, f64); N], recognised: bool) {
        self.add_more(scores);
        self.recognised.push(recognised);
    }

    /// Takes more scores of the last image.
    pub fn add_more<const N: usize>(&mut self, scores: [(&'static str, f64); N]) {
        for (name, score) in scores {
            self.scores.entry(name).or_default().push(score);
        }
    }

    /// How well these images are told from others, by each score.
    fn told(&self, others: &Self) -> BTreeMap<&'static str, Told> {
        let told = self.scores.iter().filter_map(|(&name, scores)| {
            let others = others.scores.get(name)?;
            Some((name, Told::of(scores, &self.recognised, others)?))
        });
        told.collect()
    }
}

impl Told {
    /// None where a set is empty.
    fn of(known: &[f64], recognised: &[bool], unknown: &[f64]) -> Option<Self> {
        let right = known.iter().zip(recognised).filter(|(_, right)| **right);
        let right: Vec<f64> = right.map(|(score, _)| *score).collect();
        let share = right.len() as f64 / known.len() as f64;
        // Pairs of a recognised image and an unknown one below it, of all pairs.
        let above = Detection::of(&right, unknown).map_or(0.0, |found| found.auroc);
        Some(Self {
            detection: Detection::of(known, unknown).ok()?,
            oscr: share * above,
        })
    }
}

impl OpenSet {
    /// Of what each set evoked, known images first.
    pub(super) fn new(arm: &Arm, seed: u64, heard: &[(TestSet, Heard)]) -> Self {
        let none = Heard::default();
        let of = |wanted: TestSet| {
            let found = heard.iter().find(|(set, _)| *set == wanted);
            found.map_or(&none, |(_, heard)| heard)
        };
        let known = of(TestSet::Known);
        let far =
            [TestSet::Noise, TestSet::Pixelwise].map(|set| (set.to_string(), known.told(of(set))));
        let right = known.recognised.iter().filter(|right| **right).count();
        Self {
            kind: arm.kind,
            method: arm.method.clone(),
            classes: arm.params.model.network.classes.clone(),
            unknown: arm.unknown.clone(),
            seed,
            accuracy: right as f64 / known.recognised.len().max(1) as f64,
            scores: known.told(of(TestSet::Unknown)),
            far: far.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By the definition: over all thresholds, joined by straight lines.
    #[test]
    fn the_area_is_that_under_the_curve() {
        let known = [5.0, 4.0, 3.0, 3.0, 1.0];
        let recognised = [true, false, true, true, true];
        let unknown = [4.5, 3.0, 2.0, 0.0];
        let mut area = 0.0;
        let at = |threshold: f64| {
            let passes = |score: &f64| *score >= threshold;
            let right = known
                .iter()
                .zip(recognised)
                .filter(|(s, right)| passes(s) && *right);
            let others = unknown.iter().filter(|score| passes(score));
            (others.count() as f64 / 4.0, right.count() as f64 / 5.0)
        };
        let mut before = (0.0, 0.0);
        for threshold in [5.0, 4.5, 4.0, 3.0, 2.0, 1.0, 0.0] {
            let now = at(threshold);
            area += (now.0 - before.0) * (now.1 + before.1) / 2.0;
            before = now;
        }
        let found = Told::of(&known, &recognised, &unknown).unwrap();
        assert!((found.oscr - area).abs() < 1e-12, "{} {area}", found.oscr);
    }
}
