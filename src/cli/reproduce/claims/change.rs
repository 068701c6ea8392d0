//! Networks that learn some digits, and then others.

use super::{comparators, local};
use crate::cli::run::Frame;
use crate::experiment::papers::claims::{
    Arm, ArmResult, Changed, Claims, ClaimsPlan, Kind, test_comparators, test_local,
};
use crate::trained::Trained;

/// The trainings of those that learn by a local rule: of the first digits, of the others from there, and of the others alone.
const TRAININGS: [(Kind, [&str; 3]); 2] = [
    (
        Kind::Pixels,
        [
            "change-before.safetensors",
            "change-after.safetensors",
            "change-anew.safetensors",
        ],
    ),
    (
        Kind::Regrowth,
        [
            "change-regrowth-before.safetensors",
            "change-regrowth-after.safetensors",
            "change-regrowth-anew.safetensors",
        ],
    ),
];

/// What a network is saved under that went on from another one.
pub fn file(arm: &Arm) -> String {
    format!("change-{}", super::file(arm))
}

/// All files.
pub fn files(plan: &ClaimsPlan) -> Vec<String> {
    let local = TRAININGS.iter().flat_map(|(_, names)| names);
    let [before, after] = plan.change_arms(Kind::Backprop);
    let anew = before.iter().chain(&after).map(super::file);
    let gone_on = after.iter().map(file);
    let backprop: Vec<String> = anew.chain(gone_on).collect();
    local.map(|name| name.to_string()).chain(backprop).collect()
}

/// Trains them all.
pub fn run(plan: &ClaimsPlan, found: &mut Claims, frame: &mut Frame<'_>) -> anyhow::Result<()> {
    for (kind, [before, after, anew]) in TRAININGS {
        let [first, then] = plan.change_arms(kind);
        let mut learned = Trained::default();
        let mut train = |arms: &[Arm], name, from: Option<&Trained>, learned: &mut Trained| {
            local(
                (arms, name),
                from,
                found,
                frame,
                |on, data, trained, tell| {
                    learned.clone_from(trained);
                    test_local(on, data, (plan, arms), trained, tell)
                },
            )
        };
        let of_before: Vec<ArmResult> = train(&first, before, None, &mut learned)?;
        let from = learned.clone();
        let of_after = train(&then, after, Some(&from), &mut learned)?;
        let of_anew = train(&then, anew, None, &mut learned)?;
        found
            .change
            .extend(Changed::all([of_before, of_after, of_anew]));
    }
    let [first, then] = plan.change_arms(Kind::Backprop);
    for (first, then) in first.iter().zip(&then) {
        let before = comparators(first, None, found, frame)?;
        let after = comparators(then, Some(&before), found, frame)?;
        let anew = comparators(then, None, found, frame)?;
        let data = &frame.data.set;
        let of = |arm, learners| test_comparators(data, (plan, arm), learners);
        let tested = [of(first, &before)?, of(then, &after)?, of(then, &anew)?];
        found.change.extend(Changed::all(tested));
    }
    Ok(())
}
