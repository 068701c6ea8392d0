//! The folder of one run; its files appear whole or not at all.

use anyhow::{Context, bail};
use clap::Args;
use spikeprune::artefact::write_whole;
use spikeprune::experiment::train::Metrics;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Files of a run of either command, beside its heatmaps.
const FILES: [&str; 10] = [
    "config.toml",
    "metrics.csv",
    "checkpoint.safetensors",
    "summary.json",
    "reproduction.json",
    "report.html",
    "sets.png",
    "search.toml",
    "sweep.csv",
    "weights.png",
];

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

/// A folder that results go to.
pub struct RunFolder {
    path: PathBuf,
    metrics: Vec<Metrics>,
}

impl RunFolder {
    fn create(asked: Option<&Path>, overwrite: bool, name: &str) -> anyhow::Result<Self> {
        let path = match asked {
            Some(path) => path.to_path_buf(),
            None => unused(name),
        };
        fs::create_dir_all(&path)
            .with_context(|| format!("cannot make the folder {}", path.display()))?;
        let mut files = fs::read_dir(&path)
            .with_context(|| format!("cannot read the folder {}", path.display()))?;
        if !overwrite && files.next().is_some() {
            bail!(
                "{} is not empty: choose another --out, or pass --overwrite",
                path.display()
            );
        }
        remove_run(&path)
            .with_context(|| format!("cannot remove the earlier run in {}", path.display()))?;
        Ok(Self {
            path,
            metrics: Vec::new(),
        })
    }

    /// The folder of an earlier run, to go on in.
    pub fn reopen(path: &Path) -> Self {
        Self {
            path: path.to_path_buf(),
            metrics: Vec::new(),
        }
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

    /// Adds rows to metrics.csv.
    pub fn add_metrics(&mut self, rows: &[Metrics]) -> anyhow::Result<()> {
        self.metrics.extend_from_slice(rows);
        let mut csv = csv::Writer::from_writer(Vec::new());
        for row in &self.metrics {
            csv.serialize(row)?;
        }
        self.write_text("metrics.csv", &String::from_utf8(csv.into_inner()?)?)
    }
}

/// Removes what an earlier run left, so that no file of it stands beside those of the new one. Other files
/// stay.
fn remove_run(folder: &Path) -> std::io::Result<()> {
    let mut files: Vec<PathBuf> = FILES.iter().map(|name| folder.join(name)).collect();
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
    for file in files {
        match fs::remove_file(file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
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
