//! The folder of one run; its files appear whole or not at all.

use super::RUNS;
use super::data::{Begun, Loaded};
use super::output::{note, out, out_json};
use super::own_files::{DRAWINGS, OwnFiles, RUN};
use super::run::Kind;
use anyhow::{Context, anyhow, bail, ensure};
use clap::Args;
use serde::Serialize;
use serde::de::DeserializeOwned;
use spikeprune::dataset::Digests;
use spikeprune::trained::{Metrics, Replica};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

pub const METRICS: &str = "metrics.csv";

/// How the first line of TOML files names the version that wrote them.
const VERSION_LINE: &str = "# spikeprune ";
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// How the lines after it name the data that the run was begun with.
const TRAIN_LINE: &str = "# training images sha256 ";
const TEST_LINE: &str = "# test images sha256 ";
/// And how the next one names the folder that they were read from.
const FOLDER_LINE: &str = "# data folder ";

/// The folder for pictures of the weights in the folder of a run.
pub const HEATMAPS: &str = "heatmaps";

/// Which folder results go to.
#[derive(Args)]
#[command(next_help_heading = "Device and output")]
pub struct FolderOptions {
    /// Run folder [default: a new one under runs/]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Replace the files of an earlier run in --out; files that it did not write, or that were changed since, are never
    /// replaced: the run is refused if it would have to
    #[arg(long)]
    overwrite: bool,
}

impl FolderOptions {
    /// The folder that was asked for, or a new one of that name under `runs/`, for files of these names.
    pub fn create(&self, name: &str, files: &[impl AsRef<str>]) -> anyhow::Result<RunFolder> {
        RunFolder::create(self.out.as_deref(), self.overwrite, name, files)
    }
}

/// A folder for results. No other run can write to it meanwhile.
pub struct RunFolder {
    own: OwnFiles,
    /// Whether there was no record of an earlier run.
    unrecorded: bool,
    metrics: Vec<Metrics>,
}

impl RunFolder {
    fn create(
        asked: Option<&Path>,
        overwrite: bool,
        name: &str,
        files: &[impl AsRef<str>],
    ) -> anyhow::Result<Self> {
        let path = match asked {
            Some(path) => path.to_path_buf(),
            None => unused(name),
        };
        fs::create_dir_all(&path)
            .with_context(|| format!("cannot make the folder {}", path.display()))?;
        let check_empty = || match overwrite {
            true => Ok(()),
            false => check_empty(&path),
        };
        check_empty()?;
        let mut own = OwnFiles::of(&path, RUN)?;
        // Another run may have come and gone.
        check_empty()?;
        // Before anything is removed, it must be certain that the run can take its place. Pictures go first: if other
        // files then cannot be removed, they can be drawn again.
        own.check(files)?;
        own.check(&marks_before(files))?;
        if let Some(mut pictures) = heatmaps(&path)? {
            pictures.remove_all()?;
        }
        own.remove_all()
            .with_context(|| format!("cannot remove the earlier run in {}", path.display()))?;
        Ok(Self {
            own,
            unrecorded: false,
            metrics: Vec::new(),
        })
    }

    /// The folder of an earlier run of a command, to go on in.
    pub fn reopen(path: &Path, kind: &Kind, quiet: bool) -> anyhow::Result<Self> {
        ensure!(
            path.is_dir(),
            "--resume {}: there is no such folder",
            path.display()
        );
        match RUNS.iter().find(|of| path.join(of.mark).exists()) {
            Some(found) if found.command == kind.command => check_version(path, kind, quiet)?,
            Some(Kind { command, .. }) => bail!(
                "{} is the folder of a run of `{command}`: go on with it by `spikeprune {command} --resume`",
                path.display()
            ),
            None => bail!(
                "--resume {}: is this the folder of such a run? it has none of {}",
                path.display(),
                RUNS.map(|kind| kind.mark).join(", ")
            ),
        }
        let own = OwnFiles::of(path, RUN)?;
        Ok(Self {
            unrecorded: own.is_unknown(),
            own,
            metrics: Vec::new(),
        })
    }

    /// Records files of a run as they are, if their folder has no record: it is of an older version or a copy.
    pub fn adopt_unrecorded(&mut self, files: &[impl AsRef<str>]) -> anyhow::Result<()> {
        match self.unrecorded {
            true => files
                .iter()
                .try_for_each(|name| self.own.adopt(name.as_ref())),
            false => Ok(()),
        }
    }

    /// Refuses to go on if one of these files exists and does not belong to this program.
    pub fn check(&self, names: &[&str]) -> anyhow::Result<()> {
        self.own.check(names)
    }

    /// Records a file from which the run goes on as it is, whoever wrote it.
    pub fn adopt(&mut self, name: &str) -> anyhow::Result<()> {
        self.own.adopt(name)
    }

    /// Refuses a file that was changed since this program wrote it, as far as the record tells.
    pub fn check_unchanged(&self, name: &str) -> anyhow::Result<()> {
        self.own.check_unchanged(name)
    }

    /// The text of a file of a run. Far larger files are refused.
    pub fn read_text(&self, name: &str) -> anyhow::Result<String> {
        let path = self.file(name);
        read_text(&path).with_context(|| {
            format!(
                "cannot read {}: is this the folder of such a run?",
                path.display()
            )
        })
    }

    /// Writes a TOML file with the version of the program and what the run is begun with, for
    /// [`RunFolder::read_toml`] and [`RunFolder::check_data`].
    pub fn write_toml(
        &mut self,
        name: &str,
        content: &impl Serialize,
        data: &Loaded,
    ) -> anyhow::Result<()> {
        let content =
            toml::to_string(content).with_context(|| format!("cannot write {name} as TOML"))?;
        let Digests { train, test } = data.set.digests();
        let mut head = format!("{VERSION_LINE}{VERSION}\n{TRAIN_LINE}{train}\n{TEST_LINE}{test}\n");
        // A name that no comment can hold is left out: the folder is then looked for again.
        let folder = data.rooted();
        if let Some(folder) = folder
            .to_str()
            .filter(|name| !name.contains(char::is_control))
        {
            head += &format!("{FOLDER_LINE}{folder}\n");
        }
        self.write_text(name, &(head + &content))
    }

    /// The data that the run was begun with, as far as its file of that name tells.
    pub fn begun(&self, name: &str) -> anyhow::Result<Begun> {
        let text = self.read_text(name)?;
        let line = |start: &str| {
            let mut head = text.lines().take_while(|line| line.starts_with('#'));
            head.find_map(|line| line.strip_prefix(start))
                .map(String::from)
        };
        let digests = line(TRAIN_LINE).zip(line(TEST_LINE));
        Ok(Begun {
            digests: digests.map(|(train, test)| Digests { train, test }),
            folder: line(FOLDER_LINE).map(PathBuf::from),
        })
    }

    /// Refuses data that are not those which the run was begun with.
    pub fn check_data(&self, begun: &Begun, data: &Loaded) -> anyhow::Result<()> {
        let Some(digests) = &begun.digests else {
            return Ok(());
        };
        digests.check(&data.set.digests()).map_err(|other| {
            anyhow!(
                "{} holds other {} images (SHA-256 {}) than the run in {} was begun with ({}): name the folder of the \
                 same data with --data",
                data.folder.display(),
                other.part,
                other.found,
                self.path().display(),
                other.expected
            )
        })
    }

    /// A TOML file that a run leaves.
    pub fn read_toml<T: DeserializeOwned>(&self, name: &str) -> anyhow::Result<T> {
        toml::from_str(&self.read_text(name)?).map_err(|error| self.damaged(name, &error))
    }

    /// That a TOML file of the run does not say what it should.
    pub fn damaged(&self, name: &str, error: &toml::de::Error) -> anyhow::Error {
        let (path, reason) = (self.file(name), error.message().trim().replace('\n', " "));
        anyhow!("{} is damaged: {reason}", path.display())
    }

    /// Removes a file that this program has written, if it is there.
    pub fn remove(&mut self, name: &str) -> anyhow::Result<()> {
        self.own.remove(name)
    }

    pub fn path(&self) -> &Path {
        self.own.folder()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.own.path(name)
    }

    /// Writes a file, which appears whole or not at all.
    pub fn write(&mut self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        self.own.write(name, bytes)
    }

    pub fn write_text(&mut self, name: &str, text: &str) -> anyhow::Result<()> {
        self.write(name, text.as_bytes())
    }

    /// Writes the document of a result as JSON.
    pub fn write_json(&mut self, name: &str, document: &impl Serialize) -> anyhow::Result<()> {
        let json = serde_json::to_string_pretty(document)
            .with_context(|| format!("cannot write {name} as JSON"))?;
        self.write_text(name, &(json + "\n"))
    }

    /// Prints a result: its document, or its table with the place where all of it is.
    pub fn tell(
        &self,
        as_json: bool,
        document: &impl Serialize,
        table: &str,
    ) -> anyhow::Result<()> {
        match as_json {
            true => out_json(document),
            false => out(&format!("{table}\nwritten to {}\n", self.path().display())),
        }
    }

    /// Writes the rows of each network so far, and no others, into metrics.csv. If a training that has begun has no
    /// rows the file stays as it is: earlier versions did not save rows.
    pub fn set_metrics(&mut self, replicas: &[Replica], begun: bool) -> anyhow::Result<()> {
        let rows = (replicas.first()).map_or(0, |replica| replica.metrics.len());
        let row = |row: usize| {
            let of_all = replicas.iter();
            of_all.map(move |replica| replica.metrics[row].clone())
        };
        self.metrics = (0..rows).flat_map(row).collect();
        match rows {
            0 if begun => Ok(()),
            0 => self.remove(METRICS),
            _ => self.add_metrics(&[]),
        }
    }

    /// Adds rows to metrics.csv.
    pub fn add_metrics(&mut self, rows: &[Metrics]) -> anyhow::Result<()> {
        self.metrics.extend_from_slice(rows);
        let mut csv = csv::Writer::from_writer(Vec::new());
        for row in &self.metrics {
            csv.serialize(row)?;
        }
        self.write_text(METRICS, &String::from_utf8(csv.into_inner()?)?)
    }
}

/// Refuses to go on with what another version has begun, where one result would be of two that do not count alike.
fn check_version(folder: &Path, kind: &Kind, quiet: bool) -> anyhow::Result<()> {
    let path = folder.join(kind.mark);
    let text = read_text(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let written = text
        .lines()
        .next()
        .and_then(|line| line.strip_prefix(VERSION_LINE));
    match written {
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

/// Refuses a folder that holds anything but a record.
fn check_empty(folder: &Path) -> anyhow::Result<()> {
    let failed = || format!("cannot read the folder {}", folder.display());
    for entry in fs::read_dir(folder).with_context(failed)? {
        ensure!(
            entry.with_context(failed)?.file_name() == RUN,
            "{} is not empty: choose another --out, or pass --overwrite",
            folder.display()
        );
    }
    Ok(())
}

/// Files by which the folder would pass for that of another command if they stayed beside these.
fn marks_before(files: &[impl AsRef<str>]) -> Vec<&'static str> {
    let is_own = |mark: &str| files.iter().any(|file| file.as_ref() == mark);
    let others = RUNS.iter().map(|kind| kind.mark);
    others.take_while(|mark| !is_own(mark)).collect()
}

/// The pictures in the folder of a run, where there are any. A link is not followed: what it leads to is not the run's.
fn heatmaps(folder: &Path) -> anyhow::Result<Option<OwnFiles>> {
    let path = folder.join(HEATMAPS);
    match fs::symlink_metadata(&path) {
        Ok(found) if found.is_dir() => OwnFiles::of(&path, DRAWINGS).map(Some),
        _ => Ok(None),
    }
}

/// The text of a small file, or of a pipe.
pub fn read_text(path: &Path) -> io::Result<String> {
    const LARGEST_BYTES: u64 = 64 << 20;
    let mut text = String::new();
    File::open(path)?
        .take(LARGEST_BYTES + 1)
        .read_to_string(&mut text)?;
    if text.len() as u64 > LARGEST_BYTES {
        return Err(io::Error::other("it is longer than any such file"));
    }
    Ok(text)
}

/// `runs/<name>`, with a number behind it when that is taken.
fn unused(name: &str) -> PathBuf {
    let numbered = |number: u32| match number {
        1 => Path::new("runs").join(name),
        _ => Path::new("runs").join(format!("{name}-{number}")),
    };
    (1..u32::MAX)
        .map(numbered)
        .find(|path| !path.exists())
        .unwrap_or_else(|| numbered(u32::MAX))
}
