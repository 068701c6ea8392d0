//! The parts of a search that ran apart, and how they become one.

use super::table::{Kept, Row, TABLE, best, lines};
use super::{Found, SEARCH};
use crate::cli::device::DeviceOptions;
use crate::cli::head;
use crate::cli::own_files::Took;
use crate::cli::paths::path;
use crate::cli::run_folder::FolderOptions;
use crate::experiment::sweep::{Search, Shard};
use crate::params::{ValueError, whole};
use anyhow::{Context, bail, ensure};
use clap::Args;
use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};

#[derive(Args)]
#[command(next_help_heading = "Search")]
pub struct MergeOptions {
    /// Make one search of the folders of all its parts, in --out; nothing is trained
    ///
    /// The parts must be of one search, on the same data, complete, and each there once; else it says what is missing.
    #[arg(long, value_parser = path(), value_name = "DIR", num_args = 1.., requires = "out",
        conflicts_with_all = ["SourceOptions", "JobOptions", "ModelOptions", "ReadingOptions", "SearchOptions", "resume"])]
    merge: Vec<PathBuf>,
}

impl MergeOptions {
    pub fn is_asked(&self) -> bool {
        !self.merge.is_empty()
    }
}

/// Reads `2/4`, or `auto/4` in a job array.
pub fn shard(text: &str) -> Result<Shard, String> {
    let Some(of) = text.strip_prefix("auto/") else {
        return text
            .parse()
            .map_err(|error: crate::experiment::sweep::ShardError| error.to_string());
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

/// One part of a search, as its folder has it.
struct Part {
    folder: PathBuf,
    /// The lines of its file before the search: version and digests of the data.
    head: String,
    search: Search,
    rows: Vec<Row>,
    networks: usize,
    took: Option<Took>,
}

impl Part {
    fn read(folder: &Path, quiet: bool) -> anyhow::Result<Self> {
        let kept = Kept::read(folder, quiet);
        let Kept {
            folder: run,
            search,
            trials,
            rows,
        } = kept.with_context(|| format!("--merge {}", folder.display()))?;
        let took = if rows.is_empty() {
            None
        } else {
            run.took(TABLE)?
        };
        Ok(Self {
            folder: folder.into(),
            head: head::lines(&run.read_text(SEARCH)?),
            networks: trials.len(),
            search,
            rows,
            took,
        })
    }

    fn shard(&self) -> anyhow::Result<Shard> {
        self.search.shard.with_context(|| {
            format!(
                "{} is a whole search, no part of one (--shard)",
                self.folder.display()
            )
        })
    }

    fn whole(&self) -> Search {
        Search {
            shard: None,
            ..self.search.clone()
        }
    }
}

pub fn run(
    merging: &MergeOptions,
    folder: &FolderOptions,
    device: &DeviceOptions,
) -> anyhow::Result<()> {
    let parts = merging
        .merge
        .iter()
        .map(|folder| Part::read(folder, device.quiet));
    let parts: Vec<Part> = parts.collect::<Result<_, _>>()?;
    let first = &parts[0];
    let by_number = checked(&parts)?;
    let search = first.whole();
    let trials = search.trials()?;
    let mut next: BTreeMap<Shard, _> = (by_number.iter())
        .map(|(&shard, part)| (shard, part.rows.iter()))
        .collect();
    let mut rows = Vec::with_capacity(trials.len());
    for place in 0..trials.len() {
        let of_place = next.iter_mut().find(|(shard, _)| shard.holds(place));
        let row = of_place.and_then(|(_, rows)| rows.next());
        rows.push(
            row.cloned()
                .context("the parts do not make up the search")?,
        );
    }
    let seconds = (parts.iter())
        .map(|part| part.took.map(|took| took.seconds))
        .sum::<Option<f64>>();
    let took = seconds.map(|seconds| Took {
        seconds,
        done: rows.len(),
    });
    let mut out = folder.create("sweep-merged", &[SEARCH, TABLE])?;
    let text = toml::to_string(&search).context("cannot write the search as TOML")?;
    out.write_text(SEARCH, &(first.head.clone() + &text))?;
    out.save(TABLE, &lines(Some(&search), &rows)?, took)?;
    out.settle()?;
    let found = Found {
        search: &search,
        rows: &rows,
        seconds,
    };
    found.note_unchanging(device.quiet);
    let of: Vec<_> = (parts.iter())
        .map(|part| part.folder.display().to_string())
        .collect();
    let mut document = found.document(
        ("none", "none"),
        &head::begun(&first.head).digests,
        out.path(),
    );
    document["merged"] = of.into();
    out.tell(device.json, &document, &best(&search, &rows, seconds))
}

/// The parts by their number: all of one search, each there once and complete.
fn checked(parts: &[Part]) -> anyhow::Result<BTreeMap<Shard, &Part>> {
    let first = &parts[0];
    let of = first.shard()?.of();
    let mut found: BTreeMap<Shard, &Part> = BTreeMap::new();
    for part in parts {
        let (shard, folder) = (part.shard()?, part.folder.display());
        ensure!(
            part.whole() == first.whole() && shard.of() == of,
            "{folder} and {} are parts of two searches: their files {SEARCH} differ",
            first.folder.display()
        );
        ensure!(
            part.head == first.head,
            "{folder} and {} were trained by two versions, or on other data: the heads of their files {SEARCH} differ",
            first.folder.display()
        );
        if let Some(other) = found.insert(shard, part) {
            bail!(
                "part {shard} is there twice: {folder} and {}",
                other.folder.display()
            );
        }
    }
    let missing: Vec<String> = (1..=of)
        .filter(|&number| !found.keys().any(|shard| shard.number() == number))
        .map(|number| format!("{number}/{of}"))
        .collect();
    let unfinished: Vec<String> = (found.values())
        .filter(|part| part.rows.len() < part.networks)
        .map(|part| {
            format!(
                "{} has {} of {} networks",
                part.folder.display(),
                part.rows.len(),
                part.networks
            )
        })
        .collect();
    ensure!(
        missing.is_empty() && unfinished.is_empty(),
        "the search is not complete: {}",
        [
            (!missing.is_empty())
                .then(|| format!("these parts are missing: {}", missing.join(", "))),
            (!unfinished.is_empty())
                .then(|| format!("these go on with --resume: {}", unfinished.join("; "))),
        ]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join("; ")
    );
    Ok(found)
}
