//! What became of the paper's claims.

use super::table::mean;
use crate::cli::reproduce::page::apart;
use crate::experiment::papers::antonov_sukhov::{ArmName, Claim, NetworkResult, Reproduction};
use crate::experiment::papers::outcome::{Direction, Verdict};
use crate::experiment::test_sets::TestSet;
use crate::params::PruningMode;

/// The columns of [`claim_rows`], and the verdict.
pub const CLAIM_COLUMNS: [&str; 6] = ["claim", "arm", "paper", "found", "95% interval", "verdict"];

/// A row a claim, and what was found of it.
pub fn claim_rows(found: &Reproduction) -> Vec<(Vec<String>, Option<Verdict>)> {
    let row = |Claim {
                   arm,
                   claim,
                   outcome,
               }: &Claim| {
        let numbers = [outcome.mean, outcome.low, outcome.high];
        let (paper, mut numbers) = apart(outcome.paper, numbers);
        let interval = match (numbers[1].take(), numbers[2].take()) {
            (Some(low), Some(high)) => format!("{low} to {high}"),
            _ => "-".into(),
        };
        let bound = match outcome.direction {
            Direction::AtLeast => ">=",
            Direction::AtMost => "<=",
        };
        let row = vec![
            claim.to_string(),
            arm.to_string(),
            format!("{bound} {paper}"),
            numbers[0].take().unwrap_or("-".into()),
            interval,
        ];
        (row, outcome.verdict)
    };
    found.summary.iter().map(row).collect()
}

/// What came of the paper's claims, in two sentences.
pub fn verdict(found: &Reproduction) -> String {
    let without = ArmName::Pruning(PruningMode::None);
    let names = found.arm_names();
    let arms: Vec<&ArmName> = names.iter().filter(|name| **name != without).collect();
    let Some(&first) = arms.first() else {
        return String::new();
    };
    let share = |name: &ArmName, of: fn(&NetworkResult) -> Option<f64>| {
        let shares = found.of_arm(name).filter_map(of);
        mean(shares).map_or("-".into(), |share| format!("{:.1}%", 100.0 * share))
    };
    let silent = |network: &NetworkResult| {
        let noise = network.sets.get(&TestSet::Noise)?;
        Some(noise.silent as f64 / noise.images.max(1) as f64)
    };
    let accuracy = |network: &NetworkResult| Some(network.accuracy);
    let counted: Vec<String> = arms
        .into_iter()
        .chain([&without])
        .map(|name| counted(found, name))
        .collect();
    format!(
        "With {first} pruning {} of the noise images evoke no spike ({} without) and {} of the known digits are \
         recognised ({} without). Published figures: {}.",
        share(first, silent),
        share(&without, silent),
        share(first, accuracy),
        share(&without, accuracy),
        counted.join("; ")
    )
}

/// How many of the claims about an arm are reached.
fn counted(found: &Reproduction, name: &ArmName) -> String {
    let claims = || found.summary.iter().filter(|claim| claim.arm == *name);
    let count = |verdict| {
        let of_verdict = claims().filter(|claim| claim.outcome.verdict == Some(verdict));
        of_verdict.count()
    };
    let who = match name {
        ArmName::Pruning(PruningMode::None) => "the network without regularisation".into(),
        name => name.to_string(),
    };
    let mut text = format!(
        "{who} reaches {} of {}",
        count(Verdict::Reached),
        claims().count()
    );
    if claims().any(|claim| claim.outcome.low.is_some()) {
        let (within, missed) = (count(Verdict::Within), count(Verdict::NotReached));
        text += &format!(", has {within} more within its interval and misses {missed}");
    }
    match count(Verdict::NoInterval) {
        0 => {}
        others => text += &format!(", and has no interval for {others}"),
    }
    text
}
