//! Networks that parts have trained, and the run that tests them as one.

use super::{Part, in_turn};
use crate::checkpoint::Checkpoint;
use crate::cli::head;
use crate::cli::own_files::Took;
use crate::cli::run::Kind;
use crate::cli::run_folder::RunFolder;
use crate::dataset::Digests;
use crate::params::{Params, Shard};
use crate::trained::{Replica, Trained};
use anyhow::Context;
use std::path::Path;

/// Networks of all parts, as those of one run.
pub struct Joined {
    /// The file that the run has them in.
    pub file: &'static str,
    pub params: Params,
    pub trained: Trained,
}

impl Joined {
    /// Writes them into the folder of the run, which goes on from there.
    pub fn write(&self, folder: &mut RunFolder, data: Digests) -> anyhow::Result<()> {
        let Trained {
            seconds, images, ..
        } = self.trained;
        let checkpoint = Checkpoint::of(&self.params, self.trained.clone(), data);
        let took = Took {
            seconds,
            done: images,
        };
        folder.save(self.file, &checkpoint.to_bytes()?, Some(took))
    }
}

/// A part that was run to its end, which it has with the file `result`; `read` reads what it is a part of and what it has
/// found from its folder.
pub fn trained<W, F>(
    path: &Path,
    (kind, result): (&'static Kind, &str),
    quiet: bool,
    read: impl FnOnce(&RunFolder) -> anyhow::Result<(Option<Shard>, W, F)>,
) -> anyhow::Result<Part<W, F>> {
    let read = || {
        let folder = RunFolder::reopen(path, kind, quiet)?;
        folder.check_unchanged(kind.mark)?;
        let (shard, of, found) = read(&folder)?;
        Ok(Part {
            folder: path.into(),
            head: head::lines(&folder.read_text(kind.mark)?),
            shard,
            of,
            found,
            left: (!folder.has(result)).then(|| format!("no {result} yet")),
        })
    };
    let part: anyhow::Result<_> = read();
    part.with_context(|| format!("--merge {}", path.display()))
}

/// Puts networks together in the order that they have in the whole run, whose parameters these are: of each part in turn
/// so many.
pub fn join(parts: Vec<Trained>, params: &Params, at_a_time: usize) -> Trained {
    let seconds = parts.iter().map(|part| part.seconds).sum();
    let images = parts.iter().map(|part| part.images).min().unwrap_or(0);
    let parts = parts.into_iter().map(|part| {
        let chunks = part.replicas.chunks(at_a_time.max(1));
        chunks.map(<[Replica]>::to_vec).collect::<Vec<_>>()
    });
    let mut replicas = in_turn(parts).concat();
    for replica in &mut replicas {
        replica.network.params.job.shard = Shard::WHOLE;
    }
    let all = Trained {
        replicas,
        seconds,
        images,
    };
    all.with_data(&params.job.data)
}
