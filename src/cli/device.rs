//! Flags for the device and for what is printed; none of them changes a result.

use super::saving::quoted;
use anyhow::Context;
use clap::Args;
use spikeprune::backend::Backend;
use spikeprune::backend::choice::DeviceChoice;
use spikeprune::backend::open::open_choice;
use spikeprune::params::whole;
use std::io::{IsTerminal, Write, stderr};

#[derive(Args)]
#[command(next_help_heading = "Device and output")]
pub struct DeviceOptions {
    /// Where networks run: auto, cpu, gpu, gpu:N or part of a GPU's name
    ///
    /// auto takes a discrete GPU before an integrated one, passes over those that do not work, and takes the
    /// CPU before a GPU in software. cpu is the native backend. gpu is the best GPU, gpu:N the one that
    /// `devices` lists under that number, any other text the best one whose name contains it, in any case;
    /// if that one does not work, the run ends.
    #[arg(long, value_name = "DEVICE", default_value_t)]
    device: DeviceChoice,
    /// Threads of the CPU; 0 takes one for each core. Results do not depend on it
    #[arg(long, value_parser = whole::<usize>, value_name = "N", default_value_t = 0)]
    threads: usize,
    /// Print one JSON document instead of a table
    #[arg(long)]
    pub json: bool,
    /// Show no progress and no notes
    #[arg(long)]
    pub quiet: bool,
}

/// Threads that may be asked for: far more than any machine has, few enough to start.
const MAX_THREADS: usize = 1024;

impl DeviceOptions {
    /// The flag that names the device again, for a shell, with a space before it; empty for the default.
    pub fn flag(&self) -> String {
        let device = match &self.device {
            DeviceChoice::Auto => return String::new(),
            device => device.to_string(),
        };
        // A name that begins with a dash would pass for a flag.
        let between = if device.starts_with('-') { '=' } else { ' ' };
        format!(" --device{between}{}", quoted(device.as_ref()))
    }

    /// Opens the device; on a terminal a note says why if it is not the expected one.
    pub fn open(&self) -> anyhow::Result<Box<dyn Backend>> {
        check_threads(self.threads)?;
        let opened = open_choice(&self.device, self.threads)
            .with_context(|| format!("--device {}", self.device))?;
        tell(&opened.notes, self.quiet);
        Ok(opened.backend)
    }
}

/// Refuses more threads than any machine has.
pub fn check_threads(threads: usize) -> anyhow::Result<()> {
    anyhow::ensure!(
        threads <= MAX_THREADS,
        "--threads is {threads}: it must be at most {MAX_THREADS}"
    );
    Ok(())
}

/// Prints notes if stderr is a terminal.
pub fn tell(notes: &[String], quiet: bool) {
    if quiet || !stderr().is_terminal() {
        return;
    }
    for note in notes {
        // If the terminal is gone, the run goes on.
        let _ = writeln!(stderr(), "note: {note}");
    }
}
