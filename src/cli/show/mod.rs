//! `show`: the page that trains networks while one watches, as one file that a browser opens.

mod elements;

use super::data::{DataOptions, Loaded};
use super::output::{out, warn_unless_flushed};
use super::paths::{path, target};
use super::train::CHECKPOINT;
use super::{eval, snapshots};
use crate::artefact::{sha256, write_new, write_whole};
use crate::backprop::is_one;
use crate::checkpoint::Checkpoint;
use crate::front_end::picture_bytes;
use crate::params::{Params, Shard};
use anyhow::{Context, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use elements::{element, of_data, packed};
use serde::Serialize;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Write a page, one file, in which networks learn while you watch and answer what you draw; any browser opens it
///
/// Without a run the page trains networks itself, on the test images and as many of the training images as fit. Of a run it
/// shows how its network came about and lets you draw for it. Nothing of it needs a server, and nothing leaves the browser.
#[derive(Args)]
pub struct ShowArgs {
    /// A run folder of `train`, or a checkpoint.safetensors [default: none]
    #[arg(value_parser = path())]
    run: Option<PathBuf>,
    /// The page; a page that was written before and not changed is replaced [default: spikeprune.html, or that beside the
    /// checkpoint]
    #[arg(long, value_parser = target(), value_name = "FILE.html", help_heading = "Device and output")]
    out: Option<PathBuf>,
    #[command(flatten)]
    data: DataOptions,
}

const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/web/page.html"));
/// Where the page takes its data.
const PLACE: &str = "<!--spikeprune:data-->";
/// The last line of a page is its SHA-256 up to here, between these.
const DIGEST: [&str; 2] = ["\n<!-- sha256 ", " -->\n"];
const NAME: &str = "spikeprune.html";

/// Bytes of the weights as they changed that a page takes at most.
const MOST_SNAPSHOT_BYTES: usize = 16 << 20;

/// What the page is told of a run.
#[derive(Serialize)]
struct Run {
    name: String,
    metrics: Vec<Row>,
    snapshots: Vec<Snapshot>,
}

#[derive(Serialize)]
struct Row {
    images: usize,
    validation_accuracy: Option<f64>,
    zero_fraction: f64,
}

#[derive(Serialize)]
struct Snapshot {
    images: usize,
    /// Base64 of what [`picture_bytes`] gives.
    weights: String,
}

pub fn run(args: &ShowArgs) -> anyhow::Result<()> {
    let checkpoint = args.checkpoint()?;
    let beside = checkpoint.as_ref().map(|path| path.with_file_name(NAME));
    let file = args.out.clone().or(beside).unwrap_or_else(|| NAME.into());
    let is_ours = check(&file)?;
    let elements = match &checkpoint {
        Some(path) => args.of_run(path)?,
        None => {
            let mut job = Params::default().job;
            args.data.apply(&mut job);
            of_data(&Loaded::of(&job, None)?.set)?
        }
    };
    let mut page = PAGE.replacen(PLACE, &elements, 1);
    let digest = sha256(page.as_bytes())?;
    page += &[DIGEST[0], &digest, DIGEST[1]].concat();
    let write = |file: &mut std::io::BufWriter<&fs::File>| file.write_all(page.as_bytes());
    let written = match is_ours {
        true => write_whole(&file, write),
        false => write_new(&file, write),
    };
    let written = written.with_context(|| format!("cannot write {}", file.display()))?;
    warn_unless_flushed(&file, &written);
    out(&format!(
        "written to {}: open it in a browser\n",
        file.display()
    ))
}

/// The first of the networks, alone.
fn first(mut checkpoint: Checkpoint) -> Checkpoint {
    checkpoint.replicas.truncate(1);
    let job = &mut checkpoint.params.job;
    job.seed = checkpoint.replicas[0].network.seed;
    (job.replicas, job.shard) = (1, Shard::WHOLE);
    checkpoint.replicas[0].network.params = checkpoint.params.clone();
    checkpoint
}

/// Whether a file is there that may be replaced: a page as this program wrote it.
fn check(file: &Path) -> anyhow::Result<bool> {
    let folder = file.parent().filter(|folder| *folder != Path::new(""));
    ensure!(
        folder.is_none_or(Path::is_dir),
        "--out {}: there is no folder of that name to write into",
        file.display()
    );
    if fs::symlink_metadata(file).is_err() {
        return Ok(false);
    }
    let text = fs::read_to_string(file).unwrap_or_default();
    let parts = text
        .strip_suffix(DIGEST[1])
        .and_then(|text| text.rsplit_once(DIGEST[0]));
    ensure!(
        parts.is_some_and(|(page, found)| sha256(page.as_bytes()).is_ok_and(|own| own == found)),
        "{} is there already and is no page as this program writes it: name another file with --out, or remove it",
        file.display()
    );
    Ok(true)
}

impl ShowArgs {
    fn checkpoint(&self) -> anyhow::Result<Option<PathBuf>> {
        let Some(path) = &self.run else {
            return Ok(None);
        };
        if !path.is_dir() {
            return Ok(Some(path.clone()));
        }
        let found = path.join(CHECKPOINT);
        ensure!(
            found.exists(),
            "{} has no {CHECKPOINT}: name the folder of a run of `train` that has saved something, or a checkpoint",
            path.display()
        );
        Ok(Some(found))
    }

    fn of_run(&self, path: &Path) -> anyhow::Result<String> {
        if is_one(path) {
            bail!(
                "{} holds networks that backpropagation trains: the page shows those of local rules",
                path.display()
            );
        }
        let checkpoint = eval::load(path)?;
        let mut params = checkpoint.params.clone();
        self.data.apply(&mut params.job);
        let loaded = Loaded::again(&params.job, checkpoint.data.as_ref())?;
        let run = Run::of(path, &checkpoint)?;
        Ok([
            of_data(&loaded.set)?,
            element("checkpoint", &packed(&first(checkpoint).to_bytes()?)?),
            // What ends a script ends it in a string as well.
            format!(
                "<script type=\"application/json\" id=\"run\">{}</script>\n",
                serde_json::to_string(&run)?.replace('<', "\\u003c")
            ),
        ]
        .concat())
    }
}

impl Run {
    fn of(path: &Path, checkpoint: &Checkpoint) -> anyhow::Result<Self> {
        let rooted = std::path::absolute(path).unwrap_or_else(|_| path.into());
        let name = rooted.parent().and_then(Path::file_name);
        let row = |row: &crate::trained::Metrics| Row {
            images: row.images,
            validation_accuracy: row.validation_accuracy,
            zero_fraction: row.zero_fraction,
        };
        let snapshot = |images: usize, then: &Checkpoint| Snapshot {
            images,
            weights: STANDARD.encode(picture_bytes(&then.params.model, &then.replicas[0].weights)),
        };
        let model = &checkpoint.params.model;
        let most =
            MOST_SNAPSHOT_BYTES / (model.image().height * model.image().width * model.neurons());
        Ok(Self {
            name: name.map_or(String::new(), |name| name.to_string_lossy().into()),
            metrics: checkpoint.replicas[0].metrics.iter().map(row).collect(),
            snapshots: snapshots::beside(path, checkpoint, most, snapshot)?,
        })
    }
}
