//! Whether attacks are what they should be: those that fail any of these say little of who is hard to fool.

use super::campaign::{
    DECISION, LINF, LONGER, LONGER_WHITE_BOX, QUERIED, SQUARE, WHITE_BOX, WHITE_BOX_OF_QUERIED,
    WORST,
};
use super::{Attacks, Norm, Outcomes};
use serde::{Deserialize, Serialize};

/// Differences of shares that chance may bring.
const CHANCE: f64 = 0.01;
const CHANCE_OF_QUERIED: f64 = 0.03;
/// What may be left at the strongest attack.
const LEFT: f64 = 0.05;

/// One check of the attacks on one network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    pub victim: String,
    pub check: String,
    pub passed: bool,
    /// What was found.
    pub found: String,
}

fn right(outcomes: &Outcomes) -> f64 {
    outcomes.shares()[0]
}

fn percent(share: f64) -> String {
    format!("{:.1}%", 100.0 * share)
}

/// All checks of all networks.
pub fn all(attacks: &Attacks) -> Vec<Check> {
    let victims = attacks.victims.iter();
    victims
        .flat_map(|of| of_victim(attacks, &of.victim))
        .collect()
}

fn of_victim(attacks: &Attacks, victim: &str) -> Vec<Check> {
    let check = |name: &str, passed: bool, found: String| Check {
        victim: victim.into(),
        check: name.into(),
        passed,
        found,
    };
    let of = |attack: &str, norm, strength| attacks.of(victim, attack, norm, strength).map(right);
    let mut checks = Vec::new();
    let ladder: Vec<f64> = (LINF.iter())
        .filter_map(|&strength| of(WORST, Norm::Linf, strength))
        .collect();
    let falls = ladder.windows(2).all(|pair| pair[1] <= pair[0] + CHANCE);
    let shares: Vec<String> = ladder.iter().map(|&share| percent(share)).collect();
    checks.push(check(
        "accuracy falls with strength",
        falls,
        shares.join(", "),
    ));
    if let Some(&left) = ladder.last() {
        checks.push(check(
            "about nothing is left at 0.5",
            left <= LEFT,
            percent(left),
        ));
    }
    let (norm, strength) = LONGER;
    if let (Some(once), Some(longer)) = (
        of(WHITE_BOX, norm, strength),
        of(LONGER_WHITE_BOX, norm, strength),
    ) {
        let found = format!(
            "{} with twice as many, {} without",
            percent(longer),
            percent(once)
        );
        checks.push(check(
            "more steps do not help",
            longer >= once - 2.0 * CHANCE,
            found,
        ));
    }
    for attack in [SQUARE, DECISION] {
        let pairs: Vec<(f64, f64)> = (QUERIED.iter())
            .filter_map(|&(norm, strength)| {
                let known = of(WHITE_BOX_OF_QUERIED, norm, strength)?;
                Some((known, of(attack, norm, strength)?))
            })
            .collect();
        let passed = pairs
            .iter()
            .all(|(known, blind)| *known <= blind + CHANCE_OF_QUERIED);
        let found = pairs
            .iter()
            .map(|&(known, blind)| format!("{} beside {}", percent(known), percent(blind)));
        let name = format!("gradients are at least as strong as queries ({attack})");
        checks.push(check(&name, passed, found.collect::<Vec<_>>().join(", ")));
    }
    checks
}
