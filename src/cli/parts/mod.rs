//! Runs that are divided into parts, each in a run folder of its own, and how the parts become one run again.

mod training;

use super::run::Kind;
use crate::params::{Shard, ShardError, ValueError, whole};
use anyhow::{bail, ensure};
use std::env;
use std::path::PathBuf;
pub use training::{Joined, join, trained};

/// Reads `2/4`, or `auto/4` in a job array.
pub fn shard(text: &str) -> Result<Shard, String> {
    let Some(of) = text.strip_prefix("auto/") else {
        return text.parse().map_err(|error: ShardError| error.to_string());
    };
    let of = whole(of).map_err(|error| error.to_string())?;
    let shard = Shard::new(task()? + 1, of);
    shard.map_err(|error| format!("{error}: has the job array other tasks than parts?"))
}

/// The place of this task in its job array, from 0.
fn task() -> Result<usize, String> {
    let number = |name: &str| -> Option<Result<usize, String>> {
        let text = env::var(name).ok()?;
        let number = whole(&text)
            .map_err(|ValueError { .. }| format!("{name} is {text:?}: it must be a number"));
        Some(number)
    };
    if let Some(id) = number("SLURM_ARRAY_TASK_ID") {
        let (id, first) = (
            id?,
            number("SLURM_ARRAY_TASK_MIN").transpose()?.unwrap_or(0),
        );
        return id.checked_sub(first).ok_or_else(|| {
            format!("SLURM_ARRAY_TASK_ID is {id}, below SLURM_ARRAY_TASK_MIN, which is {first}")
        });
    }
    number("JOB_COMPLETION_INDEX").unwrap_or_else(|| {
        Err(
            "auto needs a job array: neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set"
                .into(),
        )
    })
}

/// A part of a run, as its folder has it: `of` is what the whole run asks for, `found` what the part has found.
pub struct Part<W, F> {
    pub folder: PathBuf,
    /// The lines of the file that the run follows from before what it asks for: version and digests of the data.
    pub head: String,
    /// None where it is a whole run.
    pub shard: Option<Shard>,
    pub of: W,
    pub found: F,
    /// What it has done of what, where it has not come to its end.
    pub left: Option<String>,
}

/// The parts by their number: all of one run, which follows from the file `mark`, each there once and complete.
pub fn in_order<W: PartialEq, F>(
    mut parts: Vec<Part<W, F>>,
    kind: &Kind,
) -> anyhow::Result<Vec<Part<W, F>>> {
    let (mark, command) = (kind.mark, kind.command);
    for part in &parts {
        ensure!(
            part.shard.is_some(),
            "{} is a whole run of `{command}`, no part of one (--shard)",
            part.folder.display()
        );
    }
    parts.sort_by_key(|part| part.shard);
    let first = &parts[0];
    let of = first.shard.map_or(1, Shard::of);
    for pair in parts.windows(2) {
        let [before, part] = pair else { continue };
        let (folder, other) = (part.folder.display(), first.folder.display());
        ensure!(
            part.of == first.of && part.shard.map(Shard::of) == Some(of),
            "{folder} and {other} are parts of two runs: their files {mark} differ",
        );
        ensure!(
            part.head == first.head,
            "{folder} and {other} were trained by two versions, or on other data: the heads of their files {mark} differ",
        );
        if let Some(shard) = part.shard.filter(|_| part.shard == before.shard) {
            bail!(
                "part {shard} is there twice: {folder} and {}",
                before.folder.display()
            );
        }
    }
    check_whole(&parts, of)?;
    Ok(parts)
}

/// Refuses parts that are not all of `of`, or not done.
fn check_whole<W, F>(parts: &[Part<W, F>], of: usize) -> anyhow::Result<()> {
    let is_there = |&number: &usize| {
        parts
            .iter()
            .any(|part| part.shard.map(Shard::number) == Some(number))
    };
    let missing: Vec<String> = (1..=of)
        .filter(|number| !is_there(number))
        .map(|number| format!("{number}/{of}"))
        .collect();
    let unfinished: Vec<String> = parts
        .iter()
        .filter_map(|part| {
            Some(format!(
                "{} has {}",
                part.folder.display(),
                part.left.as_ref()?
            ))
        })
        .collect();
    let mut why = Vec::new();
    if !missing.is_empty() {
        why.push(format!("these parts are missing: {}", missing.join(", ")));
    }
    if !unfinished.is_empty() {
        why.push(format!(
            "these go on with --resume: {}",
            unfinished.join("; ")
        ));
    }
    ensure!(
        why.is_empty(),
        "the run is not complete: {}",
        why.join("; ")
    );
    Ok(())
}

/// What parts hold, in the order that it has in the whole: the first of each part in turn, then the second of each.
pub fn in_turn<T>(parts: impl IntoIterator<Item = Vec<T>>) -> Vec<T> {
    let mut parts: Vec<_> = parts.into_iter().map(Vec::into_iter).collect();
    let mut all = Vec::new();
    loop {
        let before = all.len();
        all.extend(parts.iter_mut().filter_map(Iterator::next));
        if all.len() == before {
            return all;
        }
    }
}
