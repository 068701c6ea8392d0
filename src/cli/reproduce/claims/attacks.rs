//! Attacks, of which each part is saved when it is done.

use super::{ATTACKED, comparators, local};
use crate::cli::run::Frame;
use crate::experiment::ExperimentError;
use crate::experiment::papers::claims::attacks::{self, Attacks, Victim};
use crate::experiment::papers::claims::{Claims, ClaimsPlan, Kind};
use crate::trained::{Replica, Trained};
use anyhow::Context;

/// What was found of one seed, by its place.
pub fn file(seed: usize) -> String {
    format!("attacks-{}.json", seed + 1)
}

/// Trains what is attacked, and attacks it.
pub fn run(plan: &ClaimsPlan, found: &mut Claims, frame: &mut Frame<'_>) -> anyhow::Result<()> {
    let arms = plan.attack_arms(Kind::Pixels);
    let Some(arm) = arms.first() else {
        return Ok(());
    };
    let locals = local(
        (&arms, ATTACKED),
        None,
        found,
        frame,
        |backend, data, trained, tell| {
            (0..plan.seeds)
                .map(|seed| {
                    let of_seed = of_seed(trained, plan.seeds, seed);
                    attacks::local(backend, data, (&arms, &of_seed), tell)
                })
                .collect()
        },
    )?;
    let mut others: Vec<Vec<Victim>> = Vec::new();
    for arm in plan.attack_arms(Kind::Backprop) {
        let learners = comparators(&arm, None, found, frame)?;
        others.push(attacks::of_backprop(&arm, &learners));
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(frame.threads())
        .build()
        .context("threads cannot be started")?;
    for (seed, mut victims) in locals.into_iter().enumerate() {
        victims.extend(others.iter_mut().map(|of_arm| of_arm.remove(0)));
        let name = file(seed);
        let begun = begun(frame, &name)?;
        let Frame {
            backend,
            data,
            folder,
            progress,
            ..
        } = frame;
        let mut save = |found: &Attacks| {
            let bytes = serde_json::to_vec(found)
                .map_err(|error| ExperimentError::Observer(error.into()))?;
            let saved = folder.save(&name, &bytes, None);
            saved.map_err(|error| ExperimentError::Observer(error.into()))
        };
        let what = (plan, arm, victims.as_slice());
        found.attacks.push(attacks::attack(
            (backend.as_ref(), &pool),
            &data.set,
            what,
            begun,
            &mut save,
            &mut |event| progress.observe(&event),
        )?);
    }
    Ok(())
}

/// The networks of one seed, arm after arm.
fn of_seed(trained: &Trained, seeds: usize, seed: usize) -> Vec<&Replica> {
    trained.replicas.iter().skip(seed).step_by(seeds).collect()
}

/// What an earlier run of this folder found.
fn begun(frame: &Frame<'_>, name: &str) -> anyhow::Result<Option<Attacks>> {
    if !frame.folder.has(name) {
        return Ok(None);
    }
    frame.folder.check(&[name])?;
    let text = frame.folder.read_text(name)?;
    let found = serde_json::from_str(&text).with_context(|| {
        format!(
            "{} is damaged: remove it, and it is made anew",
            frame.folder.file(name).display()
        )
    })?;
    frame.folder.is_saved();
    Ok(Some(found))
}
