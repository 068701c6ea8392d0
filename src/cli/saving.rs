//! How runs are saved on their way, stopped by a signal and continued.

use super::device::DeviceOptions;
use super::run_folder::RunFolder;
use clap::Args;
use spikeprune::experiment::ExperimentError;
use spikeprune::experiment::train::Every;
use spikeprune::params::whole;
use std::fmt;

/// Time between two checkpoints where no number of images is given.
const SECONDS: f64 = 20.0;

#[derive(Args)]
#[command(next_help_heading = "Device and output")]
pub struct SavingOptions {
    /// Save the training after each N images, to go on from if the run is stopped [default: every 20 s]
    #[arg(long, value_parser = whole::<usize>, value_name = "N")]
    checkpoint_every: Option<usize>,
}

impl SavingOptions {
    /// When to save.
    pub fn every(&self) -> anyhow::Result<Every> {
        anyhow::ensure!(
            self.checkpoint_every != Some(0),
            "--checkpoint-every is 0: it must be at least 1"
        );
        Ok(match self.checkpoint_every {
            Some(images) => Every::Images(images),
            None => Every::Seconds(SECONDS),
        })
    }
}

/// A signal came while networks were tested.
#[derive(Debug)]
pub struct StoppedInTests;

impl fmt::Display for StoppedInTests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stopped after the training")
    }
}

impl std::error::Error for StoppedInTests {}

/// A run that a signal ended.
#[derive(Debug)]
pub struct Stopped {
    what: String,
    command: String,
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, command } = self;
        write!(f, "{what}; go on with: spikeprune {command}")
    }
}

impl std::error::Error for Stopped {}

/// Says how to go on with a run that was stopped, on the same device; other errors stay as they are.
pub fn explain(
    error: ExperimentError,
    command: &str,
    folder: &RunFolder,
    device: &DeviceOptions,
) -> anyhow::Error {
    let by_signal = match &error {
        ExperimentError::Stopped { .. } => true,
        ExperimentError::Observer(cause) => cause.is::<StoppedInTests>(),
        _ => false,
    };
    if !by_signal {
        return error.into();
    }
    Stopped {
        what: error.to_string(),
        command: format!(
            "{command} --resume {}{}",
            folder.path().display(),
            device.flag()
        ),
    }
    .into()
}
