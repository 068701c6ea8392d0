//! The head of the TOML file that a run follows from: the version that wrote it and the data that the run was begun with.

use super::data::{Begun, Loaded};
use super::output::note;
use super::run::Kind;
use super::text::read_text;
use crate::dataset::Digests;
use crate::params::{VERSION_LINE, written_by};
use anyhow::{Context, anyhow, bail};
use std::path::{Path, PathBuf};

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// How the lines after that of the version name the data.
const TRAIN_LINE: &str = "# training images sha256 ";
const TEST_LINE: &str = "# test images sha256 ";
/// And how the next one names the folder that they were read from.
const FOLDER_LINE: &str = "# data folder ";

/// The head of a file of this version.
pub fn head(data: &Loaded) -> String {
    let Digests { train, test } = data.set.digests();
    let mut head = format!("{VERSION_LINE}{VERSION}\n{TRAIN_LINE}{train}\n{TEST_LINE}{test}\n");
    // A name that no comment can hold is left out: the folder is then looked for again.
    let folder = data.rooted();
    let named = folder
        .to_str()
        .filter(|name| !name.contains(char::is_control));
    if let Some(folder) = named {
        head += &format!("{FOLDER_LINE}{folder}\n");
    }
    head
}

/// The lines of the head of a file, without that which names the folder of the data: it may be another on each machine.
pub fn lines(text: &str) -> String {
    let head = text.lines().take_while(|line| line.starts_with('#'));
    let kept = head.filter(|line| !line.starts_with(FOLDER_LINE));
    kept.map(|line| format!("{line}\n")).collect()
}

/// The data that a run was begun with, as far as the text of its file tells.
pub fn begun(text: &str) -> Begun {
    let line = |start: &str| {
        let mut head = text.lines().take_while(|line| line.starts_with('#'));
        head.find_map(|line| line.strip_prefix(start))
            .map(String::from)
    };
    let digests = line(TRAIN_LINE).zip(line(TEST_LINE));
    Begun {
        digests: digests.map(|(train, test)| Digests { train, test }),
        folder: line(FOLDER_LINE).map(PathBuf::from),
    }
}

/// Refuses data that are not those which the run in a folder was begun with.
pub fn check_data(begun: &Begun, folder: &Path, data: &Loaded) -> anyhow::Result<()> {
    let Some(digests) = &begun.digests else {
        return Ok(());
    };
    digests.check(&data.set.digests()).map_err(|other| {
        anyhow!(
            "{} holds other {} images (SHA-256 {}) than the run in {} was begun with ({}): name the folder of the same \
             data with --data",
            data.folder.display(),
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
