//! The folder of one run; its files appear whole or not at all.

mod options;
mod place;
mod training;

use super::RUNS;
use super::data::{Begun, Loaded};
use super::head;
use super::output::{out, out_json, warn};
use super::own_files::{New, OwnFiles, RUN, Took};
use super::paths::make_folder;
use super::run::Kind;
use super::saving;
use super::text::read_text;
use crate::params::{Difference, Params, layered};
use crate::trained::Metrics;
use anyhow::{Context, anyhow, bail, ensure};
pub use options::FolderOptions;
use place::{check_empty, heatmaps, marks_before, new_folder};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub const METRICS: &str = "metrics.csv";

/// The folder for pictures of the weights in the folder of a run.
pub const HEATMAPS: &str = "heatmaps";

/// A folder for results. No other run can write to it meanwhile.
pub struct RunFolder {
    own: OwnFiles,
    /// Whether there was no record of an earlier run.
    unrecorded: bool,
    /// Files of this run that wait for its first saving, where an earlier run has the folder until then.
    waiting: Option<BTreeMap<String, Vec<u8>>>,
    metrics: Vec<Metrics>,
    /// The command that goes on with the run.
    go_on: String,
}

impl RunFolder {
    fn create(
        asked: Option<&Path>,
        overwrite: bool,
        name: &str,
        files: &[impl AsRef<str>],
    ) -> anyhow::Result<Self> {
        let path = match asked {
            Some(path) => {
                make_folder(path)?;
                path.to_path_buf()
            }
            None => new_folder(name)?,
        };
        let check_empty = || match overwrite {
            true => Ok(()),
            false => check_empty(&path),
        };
        check_empty()?;
        let own = OwnFiles::of(&path, RUN)?;
        // Another run may have come and gone.
        check_empty()?;
        // Before anything is trained, it must be certain that the run can take the place of an earlier one.
        own.check(files)?;
        own.check(&marks_before(files))?;
        heatmaps(&path)?;
        Ok(Self {
            waiting: own.holds_any().then(BTreeMap::new),
            own,
            unrecorded: false,
            metrics: Vec::new(),
            go_on: String::new(),
        })
    }

    /// The folder of an earlier run of a command, to go on in.
    pub fn reopen(path: &Path, kind: &Kind, quiet: bool) -> anyhow::Result<Self> {
        ensure!(
            !path.is_file(),
            "--resume {}: this is a file; name the folder of the run that it is of",
            path.display()
        );
        ensure!(
            path.is_dir(),
            "--resume {}: there is no such folder",
            path.display()
        );
        match RUNS.iter().find(|of| path.join(of.mark).exists()) {
            Some(found) if found.command == kind.command => head::check_version(path, kind, quiet)?,
            Some(Kind { command, .. }) => bail!(
                "{} is the folder of a run of `{command}`: go on with it by `{} {command} --resume`",
                path.display(),
                saving::quoted(&saving::program())
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
            waiting: None,
            own,
            metrics: Vec::new(),
            go_on: String::new(),
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

    /// Whether the run has written this file, be it one that waits.
    pub fn has(&self, name: &str) -> bool {
        match &self.waiting {
            Some(waiting) => waiting.contains_key(name),
            None => self.file(name).exists(),
        }
    }

    /// The text of a file of a run. Far larger files are refused.
    pub fn read_text(&self, name: &str) -> anyhow::Result<String> {
        if let Some(bytes) = self.waiting.as_ref().and_then(|waiting| waiting.get(name)) {
            return Ok(String::from_utf8(bytes.clone())?);
        }
        let path = self.file(name);
        read_text(&path).with_context(|| {
            format!(
                "cannot read {}: is this the folder of such a run?",
                path.display()
            )
        })
    }

    /// Writes a TOML file with the version of the program and what the run is begun with, for
    /// [`RunFolder::read_toml`] and [`RunFolder::begun`].
    pub fn write_toml(
        &mut self,
        name: &str,
        content: &impl Serialize,
        data: &Loaded,
    ) -> anyhow::Result<()> {
        let content =
            toml::to_string(content).with_context(|| format!("cannot write {name} as TOML"))?;
        self.write_text(name, &(head::head(data) + &content))
    }

    /// The data that the run was begun with, as far as its file of that name tells.
    pub fn begun(&self, name: &str) -> anyhow::Result<Begun> {
        Ok(head::begun(&self.read_text(name)?))
    }

    /// The parameters in a file of the run.
    pub fn read_params(&self, name: &str) -> anyhow::Result<Params> {
        let origin = self.file(name).display().to_string();
        let params = layered(None, &self.read_text(name)?, &origin)?.params;
        params.validate().context(origin)?;
        Ok(params)
    }

    /// Refuses parameters of one file of the run that differ from those of another, in more than where the data are.
    pub fn check_params(
        &self,
        name: &str,
        params: &Params,
        (other_name, other): (&str, &Params),
    ) -> anyhow::Result<()> {
        let value = |value: &Option<String>| value.clone().unwrap_or("absent".into());
        let differ = params.differences(other).into_iter();
        let differ: Vec<_> = differ
            .filter(|differ| differ.key != "job.data")
            .map(
                |Difference {
                     key,
                     values: [one, other],
                 }| {
                    let (one, other) = (value(&one), value(&other));
                    format!("{key} is {one} in {name} and {other} in {other_name}")
                },
            )
            .collect();
        ensure!(
            differ.is_empty(),
            "{} and {other_name} beside it differ: {}; they are not of one run: put back what was changed, or begin a new \
             one",
            self.file(name).display(),
            differ.join(", ")
        );
        Ok(())
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
        match &mut self.waiting {
            Some(waiting) => {
                waiting.remove(name);
                Ok(())
            }
            None => self.own.remove(name),
        }
    }

    pub fn path(&self) -> &Path {
        self.own.folder()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.own.path(name)
    }

    /// The folder for pictures of the weights, which may not be a link.
    pub fn pictures(&self) -> anyhow::Result<PathBuf> {
        let path = self.file(HEATMAPS);
        ensure!(
            !path.is_symlink(),
            "{} is a link, which is not followed",
            path.display()
        );
        Ok(path)
    }

    /// Writes a file, which appears whole or not at all; as long as an earlier run has the folder, it waits.
    pub fn write(&mut self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        match &mut self.waiting {
            Some(waiting) => {
                waiting.insert(name.into(), bytes.into());
                Ok(())
            }
            None => self.own.write(name, bytes),
        }
    }

    /// Writes what the run can go on from, and how long it took to come there. The first such file takes the place of an
    /// earlier run.
    pub fn save(&mut self, name: &str, bytes: &[u8], took: Option<Took>) -> anyhow::Result<()> {
        self.write_over(Some(New { name, bytes, took }))?;
        self.is_saved();
        Ok(())
    }

    /// Adds lines to a file that the run has written.
    pub fn append(&mut self, name: &str, lines: &[u8], took: Option<Took>) -> anyhow::Result<()> {
        self.own.append(name, lines, took)?;
        self.is_saved();
        Ok(())
    }

    /// Cuts what a program that was killed left of its last lines.
    pub fn cut_torn_lines(&mut self, name: &str) -> anyhow::Result<()> {
        self.own.cut_torn_lines(name)
    }

    /// Whether the record of the run lists a file.
    pub fn lists(&self, name: &str) -> bool {
        self.own.lists(name)
    }

    /// Lets the files that wait take the place of an earlier run, which is done with.
    pub fn settle(&mut self) -> anyhow::Result<()> {
        self.write_over(None)
    }

    /// Writes the files that wait, and this one last: the checkpoint of the earlier run stays whole until it is replaced.
    fn write_over(&mut self, last: Option<New<'_>>) -> anyhow::Result<()> {
        match (&self.waiting, last) {
            (Some(waiting), last) => {
                let waiting = waiting.iter().map(|(name, bytes)| {
                    let took = None;
                    New { name, bytes, took }
                });
                let files: Vec<New<'_>> = waiting.chain(last).collect();
                self.own.write_over(&files)?;
                self.waiting = None;
            }
            (None, Some(New { name, bytes, took })) => self.own.write_timed(name, bytes, took)?,
            (None, None) => return Ok(()),
        }
        self.remove_pictures();
        Ok(())
    }

    /// Removes pictures of weights that are not those of the checkpoint any more.
    fn remove_pictures(&self) {
        let removed = heatmaps(self.path()).and_then(|pictures| match pictures {
            Some(mut pictures) => pictures.remove_all(),
            None => Ok(()),
        });
        if let Err(error) = removed {
            warn(&error.context("pictures of an earlier training are still there"));
        }
    }

    /// How long it took to come to a file as it is, if that is known.
    pub fn took(&self, name: &str) -> anyhow::Result<Option<Took>> {
        self.own.took(name)
    }

    /// Names the command that goes on with the run.
    pub fn set_go_on(&mut self, command: String) {
        self.go_on = command;
    }

    /// The command that goes on with a run that ended too early, or why there is none; the run follows from the file
    /// `mark`.
    pub fn way_on(&self, mark: &str) -> Result<&str, String> {
        let path = self.path().display();
        match (&self.waiting, self.file(mark).exists()) {
            (Some(_), _) => Err(format!(
                "it had saved nothing yet, and the earlier run in {path} is as it was"
            )),
            (None, true) => Ok(&self.go_on),
            (None, false) => Err(format!(
                "it cannot be gone on with, as {path} does not hold its {mark} any more"
            )),
        }
    }

    /// From now on errors say how to go on with the run.
    pub fn is_saved(&self) {
        saving::is_saved(&self.go_on);
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
}
