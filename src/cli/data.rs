//! The data set of a command: where it is read from, and what results say about it.

use super::options::set;
use super::paths::{expanded, place};
use super::reading::ReadingOptions;
use crate::dataset::{self, Dataset, Digests};
use crate::params::{DataFolder, Job, Params};
use anyhow::{anyhow, ensure};
use clap::Args;
use etcetera::base_strategy::{BaseStrategy, choose_native_strategy};
use serde::Serialize;
use std::env;
use std::path::{Path, PathBuf};

#[derive(Args)]
#[command(next_help_heading = "Job")]
pub struct DataOptions {
    /// Data set: a folder or file, or auto [paper: auto]. With --resume: where the data of the run are now
    ///
    /// auto looks for them in the folder that SPIKEPRUNE_DATA names, in the user's data folder
    /// (~/.local/share/spikeprune on Linux), in ./data and in the folder data beside the program.
    #[arg(long, value_parser = place(), value_name = "DIR")]
    data: Option<DataFolder>,
    #[command(flatten)]
    reading: ReadingOptions,
}

impl DataOptions {
    /// Puts what was given in its place.
    pub fn apply(&self, job: &mut Job) {
        set(&mut job.data, &self.data);
        self.reading.apply(&mut job.reading);
    }

    /// Reads the data that were given, else those that a run was begun with, else those of the parameters.
    pub fn load(&self, params: &Params, begun: Option<&Begun>) -> anyhow::Result<Loaded> {
        let wanted = begun.and_then(|begun| begun.digests.as_ref());
        match &self.data {
            Some(folder) => find(places(folder)?, &params.job, wanted),
            None => find_again(
                begun.and_then(|begun| begun.folder.clone()),
                &params.job,
                wanted,
            ),
        }
    }
}

/// The data that a run was begun with, as far as its folder tells.
#[derive(Default)]
pub struct Begun {
    pub digests: Option<Digests>,
    pub folder: Option<PathBuf>,
}

/// A data set with the folder that it came from, as it was given.
pub struct Loaded {
    pub set: Dataset,
    pub folder: PathBuf,
}

/// The data of a result: a table of its document.
#[derive(Serialize)]
pub struct DataUsed {
    /// The folder, from the root of the file system.
    pub folder: String,
    /// SHA-256 of labels and pixels of the training and the test images.
    #[serde(flatten)]
    pub digests: Digests,
}

/// A result with the data that it came from.
#[derive(Serialize)]
pub struct WithData<'a, T: Serialize> {
    #[serde(flatten)]
    pub found: &'a T,
    pub data: DataUsed,
}

impl Loaded {
    /// Reads the data of a job, or, where they are looked for, the first whose digests are these.
    pub fn of(job: &Job, wanted: Option<&Digests>) -> anyhow::Result<Self> {
        find(places(&job.data)?, job, wanted)
    }

    /// The same for data that were read from the folder before: where they are gone, they are looked for.
    pub fn again(job: &Job, wanted: Option<&Digests>) -> anyhow::Result<Self> {
        find_again(None, job, wanted)
    }

    /// The folder, from the root of the file system.
    pub fn rooted(&self) -> PathBuf {
        // This cannot fail for a folder that was just read.
        std::path::absolute(&self.folder).unwrap_or_else(|_| self.folder.clone())
    }

    pub fn used(&self) -> DataUsed {
        DataUsed {
            folder: self.rooted().display().to_string(),
            digests: self.set.digests(),
        }
    }

    pub fn with<'a, T: Serialize>(&self, found: &'a T) -> WithData<'a, T> {
        WithData {
            found,
            data: self.used(),
        }
    }
}

/// A folder in which data may be.
struct Place {
    path: PathBuf,
    by: Named,
}

/// What names a folder.
#[derive(Clone, Copy, PartialEq)]
enum Named {
    /// Nothing: it is passed over where it holds none.
    Nowhere,
    Parameter,
    Variable,
}

impl Place {
    fn unnamed(path: PathBuf) -> Self {
        let by = Named::Nowhere;
        Self { path, by }
    }
}

/// The variable that names a folder of data.
const VARIABLE: &str = "SPIKEPRUNE_DATA";

/// The places that a parameter means, the first first.
fn places(folder: &DataFolder) -> anyhow::Result<Vec<Place>> {
    let named = |what: &str, path: &Path, by: Named| match expanded(path) {
        Ok(path) => Ok(Place { path, by }),
        Err(why) => Err(anyhow!("{what} is {}: {why}", path.display())),
    };
    if let DataFolder::At(folder) = folder {
        return Ok(vec![named("job.data", folder.as_ref(), Named::Parameter)?]);
    }
    let variable = env::var_os(VARIABLE).filter(|value| !value.is_empty());
    let of_variable = variable.map(|path| named(VARIABLE, path.as_ref(), Named::Variable));
    let of_variable = of_variable.transpose()?;
    let strategy = choose_native_strategy().ok();
    let of_user = strategy.map(|strategy| strategy.data_dir().join("spikeprune"));
    let program = env::current_exe().ok();
    let beside = program.and_then(|program| Some(program.parent()?.join("data")));
    let others = [of_user, Some("data".into()), beside];
    let others = others.into_iter().flatten().map(Place::unnamed);
    Ok(of_variable.into_iter().chain(others).collect())
}

/// Reads data that were in a folder before, perhaps in `first`. Where the folder that was named is gone, and it is known
/// which data are wanted, they may have moved.
fn find_again(
    first: Option<PathBuf>,
    job: &Job,
    wanted: Option<&Digests>,
) -> anyhow::Result<Loaded> {
    let first = first.map(Place::unnamed).into_iter();
    let mut named = places(&job.data)?;
    let (DataFolder::At(gone), Some(digests), false) = (
        &job.data,
        wanted,
        named.iter().any(|place| place.path.exists()),
    ) else {
        return find(first.chain(named), job, wanted);
    };
    named.iter_mut().for_each(|place| place.by = Named::Nowhere);
    let usual = places(&DataFolder::Auto)?;
    let found = find(first.chain(named).chain(usual), job, wanted)?;
    ensure!(
        digests.check(&found.set.digests()).is_ok(),
        "the data of the training are gone from {gone}, and {} holds others: name the folder of the same data with --data",
        found.folder.display()
    );
    Ok(found)
}

/// Reads the data in the first place that holds any; if it is known which are wanted, in the first that holds those.
fn find(
    places: impl IntoIterator<Item = Place>,
    job: &Job,
    wanted: Option<&Digests>,
) -> anyhow::Result<Loaded> {
    let (mut others, mut empty) = (None, Vec::new());
    for Place { path, by } in places {
        if by == Named::Nowhere && !dataset::holds_any(&path) {
            empty.push(path);
            continue;
        }
        let set = dataset::load_as(&path, &job.reading, job.seed).map_err(|error| match by {
            Named::Variable => anyhow::Error::new(error).context(VARIABLE),
            _ if has_control(&path) => anyhow!("{error}; {LOST_BACKSLASH}"),
            _ => error.into(),
        })?;
        let folder = path;
        let loaded = Loaded { set, folder };
        if wanted.is_none_or(|wanted| wanted.check(&loaded.set.digests()).is_ok()) {
            return Ok(loaded);
        }
        others.get_or_insert(loaded);
    }
    others.ok_or_else(|| nowhere(&empty))
}

const LOST_BACKSLASH: &str = "the path holds a control character: in double quotes TOML takes a backslash for the \
     beginning of an escape, so write a path of Windows in single quotes";

fn has_control(path: &Path) -> bool {
    path.to_string_lossy().contains(char::is_control)
}

/// The home of MNIST does not give it away any more; this is where PyTorch has it from.
const MNIST: &str = "https://ossci-datasets.s3.amazonaws.com/mnist/";

fn nowhere(places: &[PathBuf]) -> anyhow::Error {
    let shown = places.iter().map(|place| place.display().to_string());
    let shown: Vec<String> = shown.collect();
    anyhow!(
        "there are no data in {}: get the four files of MNIST (train-images-idx3-ubyte.gz and so on) from {MNIST} and put \
         them into one of these folders, or name their folder with --data DIR or in {VARIABLE}",
        shown.join(", ")
    )
}
