//! Flags that say where a network runs and how much is told, none of which changes a result.

use clap::{Args, ValueEnum};
use spikeprune::backend::Backend;
use spikeprune::backend::cpu::Cpu;

#[derive(Clone, Copy, ValueEnum)]
enum Device {
    /// The best device there is.
    Auto,
    /// The native backend.
    Cpu,
}

#[derive(Args)]
#[command(next_help_heading = "Device and output")]
pub struct DeviceOptions {
    /// Where networks run
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    device: Device,
    /// Threads of the CPU; 0 takes one for each core. Results do not depend on it
    #[arg(long, value_name = "N", default_value_t = 0)]
    threads: usize,
    /// Print one JSON document instead of a table
    #[arg(long)]
    pub json: bool,
    /// Show no progress
    #[arg(long)]
    pub quiet: bool,
}

/// Threads that may be asked for: far more than any machine has, few enough to start.
const MAX_THREADS: usize = 1024;

impl DeviceOptions {
    pub fn open(&self) -> anyhow::Result<Box<dyn Backend>> {
        if self.threads > MAX_THREADS {
            anyhow::bail!(
                "--threads is {}: it must be at most {MAX_THREADS}",
                self.threads
            );
        }
        match self.device {
            Device::Auto | Device::Cpu => Ok(Box::new(Cpu::new(self.threads)?)),
        }
    }
}
