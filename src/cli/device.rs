//! Flags for the device and for what is printed; none of them changes a result.

use super::host;
use super::output::{keep_stdout, note, warn};
use super::saving::quoted;
use crate::backend::choice::DeviceChoice;
use crate::backend::cpu::Cpu;
use crate::backend::gpu::error::GpuError;
use crate::backend::gpu::probe::Probe;
use crate::backend::open::Opener;
use crate::backend::{Backend, BackendError, DeviceKind};
use crate::params::whole;
use anyhow::{Context, anyhow, ensure};
use clap::Args;
use std::env::var_os;
use std::time::Duration;

#[derive(Args)]
#[command(next_help_heading = "Device and output")]
pub struct DeviceOptions {
    /// Where networks run: auto, cpu, gpu, gpu:N, a PCI address or part of a GPU's name
    ///
    /// auto takes a discrete GPU before an integrated one, passes over those that do not work, and takes the
    /// CPU before a GPU in software. cpu is the native backend. gpu is the best GPU, gpu:N the one that
    /// `devices` lists under that number, 0000:01:00.0 the one at that PCI address, any other text the best one
    /// whose name contains it, in any case; if that one does not work, the run ends.
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

impl DeviceOptions {
    /// The flags that name the device and its threads again, for a shell, with a space before each; empty for the
    /// defaults.
    pub fn flags(&self) -> String {
        let device = match &self.device {
            DeviceChoice::Auto => String::new(),
            device => {
                let device = device.to_string();
                // A name that begins with a dash would pass for a flag.
                let between = if device.starts_with('-') { '=' } else { ' ' };
                format!(" --device{between}{}", quoted(device.as_ref()))
            }
        };
        match self.threads {
            0 => device,
            threads => format!("{device} --threads {threads}"),
        }
    }

    /// The CPU, for what runs there alone.
    pub fn open_cpu(&self) -> anyhow::Result<Box<dyn Backend>> {
        check_threads(self.threads)?;
        ensure!(
            matches!(self.device, DeviceChoice::Auto | DeviceChoice::Cpu),
            "--device is {}: networks of the table backprop run on the CPU alone; leave it out",
            self.device
        );
        open(&DeviceChoice::Cpu, self.threads, self.quiet)
    }

    /// How many threads there are to be; 0 for one on each core.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Opens the device, with notes if it is not the expected one.
    pub fn open(&self) -> anyhow::Result<Box<dyn Backend>> {
        check_threads(self.threads)?;
        open(&self.device, self.threads, self.quiet)
    }
}

/// Opens one device, and says what there is to say of it.
pub fn open(
    choice: &DeviceChoice,
    threads: usize,
    quiet: bool,
) -> anyhow::Result<Box<dyn Backend>> {
    let mut opener = match choice {
        // Without drivers there is nothing to look out for.
        DeviceChoice::Cpu => Opener {
            threads,
            ..Opener::default()
        },
        _ => opener(threads)?,
    };
    let opened = opener.open(choice);
    tell(&opener, quiet);
    let backend = opened
        .map_err(with_a_way_out)
        .with_context(|| format!("--device {choice}"))?;
    let by_order = matches!(
        choice,
        DeviceChoice::Auto | DeviceChoice::Gpu | DeviceChoice::GpuIndex(_)
    );
    let on_gpu = backend.kind() != DeviceKind::Cpu;
    if on_gpu && by_order && var_os("CUDA_VISIBLE_DEVICES").is_some() {
        note(NO_CUDA, quiet);
    }
    Ok(backend)
}

/// What opens devices: another process of this program looks for GPUs first. What drivers print in this one spoils no
/// result.
pub fn opener(threads: usize) -> anyhow::Result<Opener> {
    if host::stop().is_none() {
        keep_stdout();
    }
    const LIMIT: &str = "SPIKEPRUNE_PROBE_SECONDS";
    let limit = match std::env::var(LIMIT) {
        Ok(text) => {
            let seconds = text
                .parse()
                .ok()
                .filter(|seconds| (1..=86_400).contains(seconds));
            ensure!(
                seconds.is_some(),
                "{LIMIT} is {text:?}: it must be whole seconds in 1..=86400"
            );
            seconds.map(Duration::from_secs)
        }
        Err(_) => None,
    };
    // Where the system does not tell what runs, drivers are loaded here.
    let probe = host::probe().map(|probe| Probe {
        limit: limit.unwrap_or(probe.limit),
        ..probe
    });
    Ok(Opener {
        threads,
        probe,
        ..Opener::default()
    })
}

/// An error that tells what to do where GPUs cannot be reached at all.
fn with_a_way_out(error: BackendError) -> anyhow::Error {
    use GpuError::{Broken, Cramped, Listing, NoAdapter, Probe};
    let of_gpu = match &error {
        BackendError::Device(error) => error.downcast_ref(),
        _ => None,
    };
    match of_gpu {
        Some(Broken { .. } | Cramped { .. } | Listing(_) | NoAdapter | Probe { .. }) => {
            anyhow!("{error}; --device cpu needs no GPU")
        }
        _ => error.into(),
    }
}

/// CUDA's choice of GPUs is not heeded.
pub const NO_CUDA: &str = "CUDA_VISIBLE_DEVICES has no effect: GPUs are reached through Vulkan, Metal or DX12; --device \
                           gpu:N or a PCI address chooses";

/// Refuses more threads than any machine has.
pub fn check_threads(threads: usize) -> anyhow::Result<()> {
    let most = Cpu::MAX_THREADS;
    ensure!(
        threads <= most,
        "--threads is {threads}: it must be at most {most}"
    );
    Ok(())
}

/// Prints what there is to say of how a device was chosen. What went as documented is nothing that another program warns
/// of.
pub fn tell(opener: &Opener, quiet: bool) {
    let remarks = opener.remarks.iter().filter(|_| host::stop().is_none());
    for text in opener.notes.iter().chain(remarks) {
        note(text, quiet);
    }
    for text in opener.warnings.iter().filter(|_| !quiet) {
        warn(&anyhow!("{text}"));
    }
}
