//! What the paper and its notebooks claim, beside what was found.

use super::{ArmName, NetworkResult, Reproduction, independent};
use crate::experiment::papers::outcome::{Direction, Outcome};
use crate::experiment::test_sets::TestSet;
use crate::params::PruningMode;
use crate::statistics::{Interval, StatisticsError};
use Direction::{AtLeast, AtMost};
use TestSet::{Blurred, Known, Noise, Unknown};
use serde::Serialize;

/// A published figure and its reproduction.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Claim {
    /// The regularised arm.
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

/// How a figure follows from a network with and one without regularisation.
type Figure = fn(with: &NetworkResult, without: &NetworkResult) -> Option<f64>;

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
        |w, wo| ratio(spikes(w, Noise)?, spikes(wo, Noise)?),
    ),
    (
        "spikes on blurred noise, with / without",
        BLURRED[1] / BLURRED[0],
        AtMost,
        AMOUNT,
        |w, wo| ratio(spikes(w, Blurred)?, spikes(wo, Blurred)?),
    ),
    (
        "spikes on known digits, with / without",
        KNOWN[1] / KNOWN[0],
        AtLeast,
        AMOUNT,
        |w, wo| ratio(spikes(w, Known)?, spikes(wo, Known)?),
    ),
    (
        "spikes on unknown digits, with / without",
        UNKNOWN[1] / UNKNOWN[0],
        AtMost,
        AMOUNT,
        |w, wo| ratio(spikes(w, Unknown)?, spikes(wo, Unknown)?),
    ),
    (
        "unknown / known digits, without",
        UNKNOWN[0] / KNOWN[0],
        AtMost,
        AMOUNT,
        |_, wo| ratio(spikes(wo, Unknown)?, spikes(wo, Known)?),
    ),
    (
        "unknown / known digits, with",
        UNKNOWN[1] / KNOWN[1],
        AtMost,
        AMOUNT,
        |w, _| ratio(spikes(w, Unknown)?, spikes(w, Known)?),
    ),
    (
        "noise / known digits, without",
        NOISE[0] / KNOWN[0],
        AtLeast,
        AMOUNT,
        |_, wo| ratio(spikes(wo, Noise)?, spikes(wo, Known)?),
    ),
    (
        "accuracy on known digits, with (ties to the first)",
        0.886,
        AtLeast,
        SHARE,
        |w, _| Some(w.accuracy_ties_to_first),
    ),
    (
        "silent noise images, with",
        1459.0 / 1500.0,
        AtLeast,
        SHARE,
        |w, _| silent(w, Noise),
    ),
    (
        "silent blurred images, with",
        1469.0 / 1500.0,
        AtLeast,
        SHARE,
        |w, _| silent(w, Blurred),
    ),
    (
        "silent unknown digits, with",
        310.0 / 1500.0,
        AtLeast,
        SHARE,
        |w, _| silent(w, Unknown),
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

/// Every claim for every regularised arm, against the arm without regularisation; none without that arm.
pub fn claims(found: &Reproduction) -> Vec<Claim> {
    let none = ArmName::Pruning(PruningMode::None);
    let mut claims = Vec::new();
    for arm in found.arm_names() {
        if arm == none || found.of_arm(&none).next().is_none() {
            continue;
        }
        for (claim, paper, direction, mean, figure) in CLAIMS {
            let values = values(found, &arm, &none, figure);
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
    let pairs = found.of_arm(arm).zip(found.of_arm(none));
    let values: Vec<_> = pairs
        .map(|(with, without)| Some((&with.split, figure(with, without)?)))
        .collect::<Option<_>>()?;
    Some(independent(values))
}
