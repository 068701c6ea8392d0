//! `train --from`: parameters of a training that goes on from the networks of another one.

use super::options::{Asked, ParamOptions};
use super::paths::expanded;
use crate::experiment::fitting::ClassChoice;
use crate::experiment::transfer::Origin;
use anyhow::{Context, Error, ensure};
use std::path::Path;

impl ParamOptions {
    /// The parameters of a training that may go on from a checkpoint: that of the flag, or of the key `job.from`. They
    /// start from those of its networks.
    pub fn resolve_training(&self, from: Option<&Path>, quiet: bool) -> anyhow::Result<Asked> {
        let text = self.source.text()?;
        let plain = self.source.laid("paper", None, &text, true);
        let (path, sha256) = match (from, &plain) {
            (Some(path), _) => (path.to_path_buf(), ""),
            (None, Ok(plain)) if !plain.params.job.from.is_empty() => {
                let job = &plain.params.job;
                (
                    expanded(job.from.as_ref()).map_err(Error::msg)?,
                    &*job.from_sha256,
                )
            }
            _ => return self.complete(self.source.laid("paper", None, &text, quiet)?),
        };
        ensure!(
            self.source.preset.is_none(),
            "--preset and a checkpoint to go on from exclude each other: parameters start from those of its networks"
        );
        let origin = Origin::load(&path, sha256)?;
        let mut base = origin.params().clone();
        (base.job.from, base.job.from_sha256) = Default::default();
        let mut asked = self.source.laid("", Some(&base), &text, quiet)?;
        // From wherever the run is gone on with or repeated.
        let rooted = std::path::absolute(&path).context("cannot tell the working folder")?;
        let rooted = rooted
            .to_str()
            .context("the name of the checkpoint is not UTF-8")?;
        (asked.params.job.from, asked.params.job.from_sha256) =
            (rooted.into(), origin.sha256().into());
        if asked.classes == ClassChoice::OfPreset {
            asked.classes = ClassChoice::Learned;
        }
        self.complete(asked)
    }
}
