//! What the paper and its notebooks claim, beside what was found.

use super::{ArmName, NetworkResult, Reproduction, independent};
use crate::experiment::papers::outcome::{Direction, Outcome};
use crate::experiment::test_sets::TestSet;
use crate::params::PruningMode;
use crate::statistics::{Interval, StatisticsError};
use Direction::{AtLeast, AtMost};
use Figure::{With, Without};
use TestSet::{Blurred, Known, Noise, Unknown};
use serde::Serialize;

/// A published figure and its reproduction.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Claim {
    /// The regularised arm; the one without regularisation where the claim is about that alone.
    pub arm: ArmName,
    pub claim: &'static str,
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// Spikes on each set without and with regularisation, from the table of Antonov & Sukhov 2024. Its unit is not
/// stated; it is near a 44th of the spikes on 1,500 images in the notebooks.
pub const PUBLISHED: [(TestSet, [f64; 2]); 4] = [
    (TestSet::Noise, NOISE),
    (TestSet::Blurred, BLURRED),
    (TestSet::Known, KNOWN),
    (TestSet::Unknown, UNKNOWN),
];
const NOISE: [f64; 2] = [3162.0, 1.0];
const BLURRED: [f64; 2] = [3265.0, 1.0];
const KNOWN: [f64; 2] = [416.0, 344.0];
const UNKNOWN: [f64; 2] = [346.0, 240.0];

/// How a figure follows from the networks that it is about.
#[derive(Clone, Copy)]
enum Figure {
    /// From one with regularisation, and the same one without.
    With(fn(with: &NetworkResult, without: &NetworkResult) -> Option<f64>),
    /// From one without, whatever others there are.
    Without(fn(&NetworkResult) -> Option<f64>),
}

/// How the mean of a figure gets its interval: as an amount or as a share.
type Mean = fn(&[f64]) -> Result<Interval, StatisticsError>;
const AMOUNT: Mean = Interval::of_amounts;
const SHARE: Mean = Interval::of_shares;

/// The claims: text, published figure, which side of it is claimed, what it is, and how it is measured. Ratios are
/// those of [`PUBLISHED`]; accuracy and silent images come from the notebooks' outputs, where the first of
/// equals wins.
const CLAIMS: [(&str, f64, Direction, Mean, Figure); 11] = [
    (
        "spikes on noise, with / without",
        NOISE[1] / NOISE[0],
        AtMost,
        AMOUNT,
        With(|w, wo| ratio(spikes(w, Noise)?, spikes(wo, Noise)?)),
    ),
    (
        "spikes on blurred noise, with / without",
        BLURRED[1] / BLURRED[0],
        AtMost,
        AMOUNT,
        With(|w, wo| ratio(spikes(w, Blurred)?, spikes(wo, Blurred)?)),
    ),
    (
        "spikes on known digits, with / without",
        KNOWN[1] / KNOWN[0],
        AtLeast,
        AMOUNT,
        With(|w, wo| ratio(spikes(w, Known)?, spikes(wo, Known)?)),
    ),
    (
        "spikes on unknown digits, with / without",
        UNKNOWN[1] / UNKNOWN[0],
        AtMost,
        AMOUNT,
        With(|w, wo| ratio(spikes(w, Unknown)?, spikes(wo, Unknown)?)),
    ),
    (
        "unknown / known digits, without",
        UNKNOWN[0] / KNOWN[0],
        AtMost,
        AMOUNT,
        Without(|wo| ratio(spikes(wo, Unknown)?, spikes(wo, Known)?)),
    ),
    (
        "unknown / known digits, with",
        UNKNOWN[1] / KNOWN[1],
        AtMost,
        AMOUNT,
        With(|w, _| ratio(spikes(w, Unknown)?, spikes(w, Known)?)),
    ),
    (
        "noise / known digits, without",
        NOISE[0] / KNOWN[0],
        AtLeast,
        AMOUNT,
        Without(|wo| ratio(spikes(wo, Noise)?, spikes(wo, Known)?)),
    ),
    (
        "accuracy on known digits, with (ties to the first)",
        0.886,
        AtLeast,
        SHARE,
        With(|w, _| Some(w.accuracy_ties_to_first)),
    ),
    (
        "silent noise images, with",
        1459.0 / 1500.0,
        AtLeast,
        SHARE,
        With(|w, _| silent(w, Noise)),
    ),
    (
        "silent blurred images, with",
        1469.0 / 1500.0,
        AtLeast,
        SHARE,
        With(|w, _| silent(w, Blurred)),
    ),
    (
        "silent unknown digits, with",
        310.0 / 1500.0,
        AtLeast,
        SHARE,
        With(|w, _| silent(w, Unknown)),
    ),
];

/// Spikes an image: sets may differ in size.
fn spikes(network: &NetworkResult, set: TestSet) -> Option<f64> {
    network.sets.get(&set).map(|set| set.spikes_per_image)
}

fn silent(network: &NetworkResult, set: TestSet) -> Option<f64> {
    let set = network.sets.get(&set)?;
    ratio(set.silent as f64, set.images as f64)
}

fn ratio(a: f64, b: f64) -> Option<f64> {
    (b > 0.0).then(|| a / b)
}

/// Every claim for every regularised arm, against the arm without regularisation, and what is claimed of that alone;
/// none without that arm, or where there is no other.
pub fn claims(found: &Reproduction) -> Vec<Claim> {
    let none = ArmName::Pruning(PruningMode::None);
    let names = found.arm_names();
    if !names.contains(&none) || names.len() == 1 {
        return Vec::new();
    }
    let mut claims = Vec::new();
    for arm in &names {
        let of_arm = |(.., figure): &(_, _, _, _, Figure)| match figure {
            With(_) => *arm != none,
            Without(_) => *arm == none,
        };
        for (claim, paper, direction, mean, figure) in CLAIMS.into_iter().filter(of_arm) {
            let values = values(found, arm, &none, figure);
            let interval = values.and_then(|values| mean(&values).ok());
            claims.push(Claim {
                arm: arm.clone(),
                claim,
                outcome: Outcome::new(paper, direction, interval),
            });
        }
    }
    claims
}

/// The independent values of a figure; none where one cannot be computed.
fn values(found: &Reproduction, arm: &ArmName, none: &ArmName, figure: Figure) -> Option<Vec<f64>> {
    let of_pair = |with: &NetworkResult, without: &NetworkResult| match figure {
        With(figure) => figure(with, without),
        Without(figure) => figure(without),
    };
    let pairs = found.of_arm(arm).zip(found.of_arm(none));
    let values: Vec<_> = pairs
        .map(|(with, without)| Some((&with.split, of_pair(with, without)?)))
        .collect::<Option<_>>()?;
    Some(independent(values))
}
