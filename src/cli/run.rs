//! One frame runs every command that leaves a run folder: signals, resuming, device, data with their digests, progress,
//! saving, the document, pictures. A command says only what is its own, as a [`Job`].

use super::data::{Begun, DataOptions, Loaded};
use super::device::DeviceOptions;
use super::head;
use super::options::Asked;
use super::output::{is_broken_pipe, note, warn};
use super::own_files::Took;
use super::progress::Progress;
use super::run_folder::{FolderOptions, RunFolder};
use super::saving::{explain, resuming};
use super::signals::{Stop, stop_at_signals};
use super::{snapshots, train};
use crate::backend::Backend;
use crate::checkpoint::Checkpoint;
use crate::dataset::Dataset;
use crate::experiment::saving::{Every, Saving};
use crate::experiment::{Event, ExperimentError, Observer};
use crate::params::{Difference, Params, quoted};
use crate::trained::Trained;
use anyhow::ensure;
use serde::Serialize;
use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use toml::Table;

/// A command that leaves a run folder.
pub struct Kind {
    pub command: &'static str,
    /// The file that the whole run follows from, by which its folder is recognised. It begins with the version that wrote
    /// it and the digests of the data.
    pub mark: &'static str,
    /// Older versions whose runs this one goes on with.
    pub goes_on_from: &'static [&'static str],
}

/// What is to be run, made from flags or read from the folder of a run.
pub trait Job {
    fn params(&self) -> &Params;

    /// What a new folder is named after.
    fn name(&self) -> String;

    /// All files that the run may write.
    fn files(&self) -> Vec<String>;

    /// Those that it writes anew when it is gone on with: they must be as it left them.
    fn written_anew(&self) -> Vec<&str>;

    /// Flags of a resume that its folder does not keep, each with a space before it.
    fn flags(&self) -> String;

    /// Opens what it runs on.
    fn open(&self, device: &DeviceOptions) -> anyhow::Result<Box<dyn Backend>> {
        device.open()
    }

    /// Refuses data that hold too few images, before a folder is made, and prints notes on them.
    fn check(&self, data: &Dataset, quiet: bool) -> anyhow::Result<()>;

    /// Writes what the run follows from into a new folder.
    fn write(&self, folder: &mut RunFolder, data: &Loaded) -> anyhow::Result<()>;

    /// Whether nothing is left to do in a folder that is gone on with.
    fn has_ended(&self, folder: &RunFolder) -> bool;

    /// Runs to the end.
    fn run(self, frame: &mut Frame<'_>) -> anyhow::Result<()>;
}

/// The flags that all such commands share.
pub struct Flags<'a> {
    pub kind: &'static Kind,
    pub resume: Option<&'a Path>,
    pub data: &'a DataOptions,
    pub device: &'a DeviceOptions,
    pub folder: &'a FolderOptions,
    pub every: Every,
}

/// A run about to begin: signals are heeded and, if it is gone on with, its folder is open.
pub struct Start<'a> {
    flags: Flags<'a>,
    stop: Stop,
    folder: Option<RunFolder>,
    /// Where the parts of the run are, if it is made of parts, and the data that they were begun with.
    parts: Option<(PathBuf, Begun)>,
    /// Once they are read.
    data: OnceCell<Loaded>,
}

impl<'a> Start<'a> {
    pub fn new(flags: Flags<'a>) -> anyhow::Result<Self> {
        let stop = stop_at_signals()?;
        let reopen = |path| RunFolder::reopen(path, flags.kind, flags.device.quiet);
        let begun = flags.resume.or_else(|| flags.folder.begun());
        let folder = begun.map(reopen).transpose()?;
        Ok(Self {
            flags,
            stop,
            folder,
            parts: None,
            data: OnceCell::new(),
        })
    }

    /// A run that is made of parts, of which this is one, with the head of the file that it follows from.
    pub fn of_parts(mut self, folder: &Path, head: &str) -> Self {
        self.parts = Some((folder.into(), head::begun(head)));
        self
    }

    /// Reads the data of a new run, and makes its parameters fit them.
    pub fn fit(&self, asked: &Asked) -> anyhow::Result<(Params, &Dataset)> {
        ensure!(
            asked.params.job.from.is_empty() || self.flags.kind.command == train::KIND.command,
            "job.from is {}: only `train` goes on from a checkpoint; leave it out",
            quoted(&asked.params.job.from)
        );
        ensure!(
            asked.params.job.snapshots_every == 0 || self.flags.kind.command == train::KIND.command,
            "job.snapshots_every is {}: only `train` keeps snapshots; leave it out",
            asked.params.job.snapshots_every
        );
        let loaded = self.flags.data.load(&asked.params, None)?;
        let data = &self.data.get_or_init(|| loaded).set;
        Ok((asked.fit(data, self.flags.device.quiet)?, data))
    }

    /// With --resume-or-start refuses flags that ask for another run than the one that was begun.
    pub fn check_same<T: Serialize>(
        &self,
        begun: &T,
        asked: impl FnOnce() -> anyhow::Result<T>,
    ) -> anyhow::Result<()> {
        let Some(folder) = self.flags.folder.begun() else {
            return Ok(());
        };
        let tables = [Table::try_from(begun)?, Table::try_from(asked()?)?];
        let differ = Difference::between(tables).into_iter();
        let value = |value: &Option<String>| value.clone().unwrap_or("absent".into());
        let differ: Vec<String> = differ
            .filter(|differ| !differ.key.ends_with("job.data"))
            .map(
                |Difference {
                     key,
                     values: [begun, asked],
                 }| {
                    format!(
                        "{key} is {} there and {} here",
                        value(&begun),
                        value(&asked)
                    )
                },
            )
            .collect();
        ensure!(
            differ.is_empty(),
            "the run in {} is another one than the flags ask for: {}; give the flags that it was begun with, or choose \
             another --out",
            folder.display(),
            differ.join(", ")
        );
        Ok(())
    }

    /// The folder of a run that is gone on with.
    pub fn folder(&self) -> Option<&RunFolder> {
        self.folder.as_ref()
    }

    pub fn run(self, job: impl Job) -> anyhow::Result<()> {
        let Self {
            flags,
            stop,
            folder,
            parts,
            data,
        } = self;
        let backend = job.open(flags.device)?;
        let begun = match &folder {
            Some(folder) => Some((folder.path().into(), folder.begun(flags.kind.mark)?)),
            None => parts,
        };
        let data = match data.into_inner() {
            Some(data) => data,
            None => {
                let begun = begun.as_ref().map(|(_, begun)| begun);
                flags.data.load(job.params(), begun)?
            }
        };
        if let Some((path, begun)) = &begun {
            head::check_data(begun, path, &data)?;
        }
        job.check(&data.set, flags.device.quiet)?;
        if let Some(folder) = &folder
            && flags.folder.begun().is_some()
            && job.has_ended(folder)
        {
            let text = format!("the run in {} has ended already", folder.path().display());
            note(&text, flags.device.quiet);
        }
        stop.begin();
        let mut folder = match folder {
            Some(mut folder) => {
                folder.adopt_unrecorded(&job.files())?;
                folder.check(&job.written_anew())?;
                folder
            }
            None => {
                let mut folder = flags.folder.create(&job.name(), &job.files())?;
                job.write(&mut folder, &data)?;
                folder
            }
        };
        let (command, path, device) = (flags.kind.command, folder.path(), flags.device);
        let found_again = folder.begun(flags.kind.mark)?.folder;
        let go_on = resuming(command, path, (&data, found_again), device) + &job.flags();
        folder.set_go_on(go_on);
        let mut frame = Frame {
            backend,
            progress: Progress::until(flags.device.quiet, stop.asked().clone()),
            data,
            folder,
            flags,
            stop,
        };
        let mark = frame.flags.kind.mark;
        let ran = job.run(&mut frame);
        ran.map_err(|error| explain(error, frame.folder.way_on(mark)))
    }
}

/// A run under way.
pub struct Frame<'a> {
    pub backend: Box<dyn Backend>,
    pub data: Loaded,
    pub folder: RunFolder,
    pub progress: Progress,
    pub stop: Stop,
    flags: Flags<'a>,
}

/// What is kept of trainings while they last.
pub struct Kept<'a> {
    /// Of the job, as the checkpoint has them.
    pub params: &'a Params,
    pub checkpoint: &'a str,
    /// Whether the rows of metrics go to metrics.csv.
    pub rows: bool,
}

impl Frame<'_> {
    pub fn quiet(&self) -> bool {
        self.flags.device.quiet
    }

    /// The file that the run follows from.
    pub fn mark(&self) -> &'static str {
        self.flags.kind.mark
    }

    /// Threads that were asked for; 0 for one on each core.
    pub fn threads(&self) -> usize {
        self.flags.device.threads()
    }

    /// When a training is saved, and how it is stopped.
    pub fn saving(&self) -> (Every, Arc<AtomicBool>) {
        (self.flags.every, self.stop.asked().clone())
    }

    /// A training to go on with, where one was saved; it must be of the parameters that the job has.
    pub fn saved(&self, name: &str, params: &Params) -> anyhow::Result<Option<Trained>> {
        if !self.folder.has(name) {
            return Ok(None);
        }
        let path = self.folder.file(name);
        let saved = Checkpoint::load(&path)?;
        self.folder
            .check_params(name, &saved.params, (self.flags.kind.mark, params))?;
        saved.check_data(&path, &self.data.set, &self.data.folder)?;
        self.folder.check(&[name])?;
        self.folder.is_saved();
        self.folder.timed(name, saved).map(Some)
    }

    /// Runs an experiment: shows its progress and saves its trainings.
    pub fn experiment<T>(
        &mut self,
        kept: &Kept<'_>,
        run: impl FnOnce(
            &dyn Backend,
            &Dataset,
            Saving<'_>,
            &mut Observer<'_>,
        ) -> Result<T, ExperimentError>,
    ) -> anyhow::Result<T> {
        let digests = self.data.set.digests();
        let (folder, progress) = (&mut self.folder, &mut self.progress);
        let saving = Saving {
            every: self.flags.every,
            stop: self.stop.asked(),
        };
        let save = |folder: &mut RunFolder, name: &str, trained: Trained| {
            let (seconds, done) = (trained.seconds, trained.images);
            let checkpoint = Checkpoint::of(kept.params, trained, digests.clone());
            let took = Took { seconds, done };
            folder.save(name, &checkpoint.to_bytes()?, Some(took))
        };
        let mut observe = |event: Event<'_>| {
            progress.observe(&event)?;
            match event {
                Event::Save(trained) => save(folder, kept.checkpoint, trained).map_err(Into::into),
                Event::Snapshot(trained) => {
                    let shown = trained.presented();
                    save(folder, &snapshots::file(shown), trained).map_err(Into::into)
                }
                Event::Measured(rows) if kept.rows => folder.add_metrics(rows).map_err(Into::into),
                _ => Ok(()),
            }
        };
        let found = run(self.backend.as_ref(), &self.data.set, saving, &mut observe)?;
        Ok(found)
    }

    /// Writes the document of the result, prints it or its table, and then does what comes last, such as drawing, which
    /// is told whether the result was printed or nobody wants it: if that fails, no result is lost.
    pub fn end(
        &mut self,
        file: Option<&str>,
        document: &impl Serialize,
        table: &str,
        last: impl FnOnce(&mut RunFolder, bool) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        self.progress.finish();
        self.folder.settle()?;
        if let Some(file) = file {
            self.folder.write_json(file, document)?;
        }
        let told = self.folder.tell(self.flags.device.json, document, table);
        let is_told = told.as_ref().map_or_else(is_broken_pipe, |()| true);
        if let Err(error) = last(&mut self.folder, is_told) {
            warn(&error);
        }
        told
    }
}
