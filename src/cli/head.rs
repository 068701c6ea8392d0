//! The head of the TOML file that a run follows from: the version that wrote it and the data that the run was begun with.

use super::data::Loaded;
use super::output::note;
use super::run::Kind;
use super::text::read_text;
use anyhow::{Context, anyhow, bail};
use spikeprune::dataset::Digests;
use spikeprune::params::{VERSION_LINE, written_by};
use std::path::Path;

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// How the lines after that of the version name the data.
const TRAIN_LINE: &str = "# training images sha256 ";
const TEST_LINE: &str = "# test images sha256 ";

/// The head of a file of this version.
pub fn head(data: &Digests) -> String {
    let Digests { train, test } = data;
    format!("{VERSION_LINE}{VERSION}\n{TRAIN_LINE}{train}\n{TEST_LINE}{test}\n")
}

/// Refuses data that are not those which the run in a folder was begun with, as far as the text of its file tells.
pub fn check_data(text: &str, folder: &Path, data: &Loaded) -> anyhow::Result<()> {
    let found = data.set.digests();
    let line = |start: &str, unknown: &str| {
        let mut head = text.lines().take_while(|line| line.starts_with('#'));
        let digest = head.find_map(|line| line.strip_prefix(start));
        digest.unwrap_or(unknown).to_string()
    };
    let begun_with = Digests {
        train: line(TRAIN_LINE, &found.train),
        test: line(TEST_LINE, &found.test),
    };
    begun_with.check(&found).map_err(|other| {
        anyhow!(
            "{} holds other {} images (SHA-256 {}) than the run in {} was begun with ({}): name the folder of the same \
             data with --data",
            data.folder,
            other.part,
            other.found,
            folder.display(),
            other.expected
        )
    })
}

/// Refuses to go on with what another version has begun, where one result would be of two that do not count alike.
pub fn check_version(folder: &Path, kind: &Kind, quiet: bool) -> anyhow::Result<()> {
    let path = folder.join(kind.mark);
    let text = read_text(&path).with_context(|| format!("cannot read {}", path.display()))?;
    match written_by(&text) {
        Some(written) if kind.goes_on_from.contains(&written) => {
            let text = format!(
                "the run was begun by spikeprune {written}: accuracy that it measured while learning counts the first of \
                 tied classes as right; all that follows counts a tie as wrong"
            );
            note(&text, quiet);
            Ok(())
        }
        Some(written) if written != VERSION => bail!(
            "{} is of spikeprune {written}, this is {VERSION}: go on with that version, or begin the run anew",
            path.display()
        ),
        _ => Ok(()),
    }
}
