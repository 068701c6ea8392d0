//! The folder of one run; its files appear whole or not at all.

use super::lock::{LOCK, Lock};
use anyhow::{Context, anyhow, bail, ensure};
use clap::Args;
use serde::Serialize;
use serde::de::DeserializeOwned;
use spikeprune::artefact::{self, UNFINISHED, write_whole};
use spikeprune::trained::Metrics;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

const METRICS: &str = "metrics.csv";

/// Files of a run of either command, beside its heatmaps.
const FILES: [&str; 12] = [
    "config.toml",
    METRICS,
    "checkpoint.safetensors",
    "summary.json",
    "reproduction.json",
    "report.html",
    "sets.png",
    "search.toml",
    "sweep.csv",
    "weights.png",
    "plan.toml",
    "training.safetensors",
];

/// How other files of a run begin and end, the number of neurons between.
const FILES_OF_SIZES: [(&str, &str); 2] = [("networks-", ".safetensors"), ("digits-", ".png")];

/// How the first line of TOML files names the version that wrote them.
const VERSION_LINE: &str = "# spikeprune ";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Which folder results go to.
#[derive(Args)]
#[command(next_help_heading = "Device and output")]
pub struct FolderOptions {
    /// Run folder [default: a new one under runs/]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Replace the files of an earlier run in --out
    #[arg(long)]
    overwrite: bool,
}

impl FolderOptions {
    /// The folder that was asked for, or a new one of that name under `runs/`.
    pub fn create(&self, name: &str) -> anyhow::Result<RunFolder> {
        RunFolder::create(self.out.as_deref(), self.overwrite, name)
    }
}

/// A folder that results go to, and that no other run writes to meanwhile.
pub struct RunFolder {
    path: PathBuf,
    metrics: Vec<Metrics>,
    _lock: Lock,
}

impl RunFolder {
    fn create(asked: Option<&Path>, overwrite: bool, name: &str) -> anyhow::Result<Self> {
        let path = match asked {
            Some(path) => path.to_path_buf(),
            None => unused(name),
        };
        fs::create_dir_all(&path)
            .with_context(|| format!("cannot make the folder {}", path.display()))?;
        let lock = Lock::take(&path)?;
        let files = fs::read_dir(&path)
            .with_context(|| format!("cannot read the folder {}", path.display()))?;
        let is_other = |file: &fs::DirEntry| file.file_name() != LOCK;
        if !overwrite && files.filter_map(Result::ok).any(|file| is_other(&file)) {
            bail!(
                "{} is not empty: choose another --out, or pass --overwrite",
                path.display()
            );
        }
        remove_unfinished(&path)?;
        remove_unfinished(&path.join("heatmaps"))?;
        remove_run(&path)
            .with_context(|| format!("cannot remove the earlier run in {}", path.display()))?;
        Ok(Self {
            path,
            metrics: Vec::new(),
            _lock: lock,
        })
    }

    /// The folder of an earlier run, to go on in.
    pub fn reopen(path: &Path) -> anyhow::Result<Self> {
        ensure!(
            path.is_dir(),
            "--resume {}: there is no such folder",
            path.display()
        );
        let lock = Lock::take(path)?;
        remove_unfinished(path)?;
        remove_unfinished(&path.join("heatmaps"))?;
        Ok(Self {
            path: path.to_path_buf(),
            metrics: Vec::new(),
            _lock: lock,
        })
    }

    /// The text of a file that a run leaves, of at most a size that none has.
    pub fn read_text(&self, name: &str) -> anyhow::Result<String> {
        let path = self.file(name);
        read_text(&path).with_context(|| {
            format!(
                "cannot read {}: is this the folder of such a run?",
                path.display()
            )
        })
    }

    /// Writes a TOML file with the version of the program, for [`RunFolder::read_toml`].
    pub fn write_toml(&self, name: &str, content: &impl Serialize) -> anyhow::Result<()> {
        let content =
            toml::to_string(content).with_context(|| format!("cannot write {name} as TOML"))?;
        self.write_text(name, &format!("{VERSION_LINE}{VERSION}\n{content}"))
    }

    /// A TOML file that a run leaves.
    pub fn read_toml<T: DeserializeOwned>(&self, name: &str) -> anyhow::Result<T> {
        let text = self.read_text(name)?;
        toml::from_str(&text).map_err(|error| {
            let path = self.file(name);
            let reason = error.message().trim().replace('\n', " ");
            let written = text.lines().next().and_then(|line| line.strip_prefix(VERSION_LINE));
            match written {
                Some(written) if written != VERSION => anyhow!(
                    "{} is of spikeprune {written}, this is {VERSION}, which cannot read it: {reason}",
                    path.display()
                ),
                _ => anyhow!("{} is damaged: {reason}", path.display()),
            }
        })
    }

    /// Removes a file if it is there.
    pub fn remove(&self, name: &str) -> anyhow::Result<()> {
        let path = self.file(name);
        artefact::remove(&path).with_context(|| format!("cannot remove {}", path.display()))
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    pub fn write_text(&self, name: &str, text: &str) -> anyhow::Result<()> {
        let path = self.file(name);
        write_whole(&path, |file| file.write_all(text.as_bytes()))
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// Makes metrics.csv hold the rows of each network so far, if there are any, and no others.
    /// A training that has begun without any keeps what is there: earlier versions saved none.
    pub fn set_metrics(&mut self, of_networks: &[Vec<Metrics>], begun: bool) -> anyhow::Result<()> {
        let rows = of_networks.first().map_or(0, Vec::len);
        let row = |row: usize| of_networks.iter().map(move |metrics| metrics[row].clone());
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

/// Removes what a run that was killed left of the file that it was writing.
fn remove_unfinished(folder: &Path) -> anyhow::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    let failed = || format!("cannot clear the folder {}", folder.display());
    for file in fs::read_dir(folder).with_context(failed)? {
        let file = file.with_context(failed)?;
        if file.file_name().to_string_lossy().starts_with(UNFINISHED) {
            fs::remove_file(file.path()).with_context(failed)?;
        }
    }
    Ok(())
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

/// Removes what an earlier run left, so that no file of it stands beside those of the new one. Other files
/// stay.
fn remove_run(folder: &Path) -> std::io::Result<()> {
    let mut files: Vec<PathBuf> = FILES.iter().map(|name| folder.join(name)).collect();
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let of_size = |(begin, end): &(&str, &str)| {
            let size = name
                .strip_prefix(begin)
                .and_then(|name| name.strip_suffix(end));
            size.is_some_and(|size| size.parse::<usize>().is_ok())
        };
        if FILES_OF_SIZES.iter().any(of_size) {
            files.push(path);
        }
    }
    let pictures = folder.join("heatmaps");
    if pictures.is_dir() {
        for file in fs::read_dir(&pictures)? {
            let path = file?.path();
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let of_class = name.starts_with("class-") && name.ends_with(".png");
            if of_class || name == "sheet.png" || name == "weights.npy" {
                files.push(path);
            }
        }
    }
    files.iter().try_for_each(|file| artefact::remove(file))
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
