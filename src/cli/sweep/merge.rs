//! The parts of a search that ran apart, and how they become one.

use super::table::{Kept, Row, TABLE, best, lines};
use super::{Found, KIND, SEARCH};
use crate::cli::device::DeviceOptions;
use crate::cli::head;
use crate::cli::own_files::Took;
use crate::cli::parts::{Part, in_order, in_turn};
use crate::cli::paths::path;
use crate::cli::run_folder::FolderOptions;
use crate::experiment::sweep::Search;
use crate::params::DataFolder;
use anyhow::Context;
use clap::Args;
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

/// What a part of a search has found.
struct Rows {
    search: Search,
    rows: Vec<Row>,
    took: Option<Took>,
}

/// A part of a search, as its folder has it.
fn part(path: &Path, quiet: bool) -> anyhow::Result<Part<Search, Rows>> {
    let Kept {
        folder,
        search,
        trials,
        rows,
    } = Kept::read(path, quiet).with_context(|| format!("--merge {}", path.display()))?;
    let mut of = Search {
        shard: None,
        ..search.clone()
    };
    // Each machine may have the data elsewhere.
    of.params.job.data = DataFolder::Auto;
    Ok(Part {
        folder: path.into(),
        head: head::lines(&folder.read_text(SEARCH)?),
        shard: search.shard,
        of,
        left: (rows.len() < trials.len())
            .then(|| format!("{} of {} networks", rows.len(), trials.len())),
        found: Rows {
            took: match rows.is_empty() {
                true => None,
                false => folder.took(TABLE)?,
            },
            search,
            rows,
        },
    })
}

pub fn run(
    merging: &MergeOptions,
    folder: &FolderOptions,
    device: &DeviceOptions,
) -> anyhow::Result<()> {
    let parts = merging.merge.iter().map(|path| part(path, device.quiet));
    let parts = in_order(parts.collect::<Result<_, _>>()?, &KIND)?;
    let of: Vec<_> = (parts.iter())
        .map(|part| part.folder.display().to_string())
        .collect();
    let head = parts[0].head.clone();
    let search = Search {
        shard: None,
        ..parts[0].found.search.clone()
    };
    let found = parts.into_iter().map(|part| part.found);
    let (took, rows): (Vec<_>, Vec<_>) = found.map(|found| (found.took, found.rows)).unzip();
    let rows = in_turn(rows);
    let seconds = took.iter().map(|took| took.map(|took| took.seconds)).sum();
    let took = Option::map(seconds, |seconds| Took {
        seconds,
        done: rows.len(),
    });
    let mut out = folder.create("sweep-merged", &[SEARCH, TABLE])?;
    let text = toml::to_string(&search).context("cannot write the search as TOML")?;
    out.write_text(SEARCH, &(head.clone() + &text))?;
    out.save(TABLE, &lines(Some(&search), &rows)?, took)?;
    out.settle()?;
    let found = Found {
        search: &search,
        rows: &rows,
        seconds,
    };
    found.note_unchanging(device.quiet);
    let mut document = found.document(("none", "none"), &head::begun(&head).digests, out.path());
    document["merged"] = of.into();
    out.tell(device.json, &document, &best(&search, &rows, seconds))
}
