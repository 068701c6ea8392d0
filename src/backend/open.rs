//! From what a user asks for to an open device.

use super::choice::DeviceChoice;
use super::cpu::Cpu;
use super::gpu::Gpu;
use super::gpu::adapter::{Adapter, adapters};
use super::{Backend, BackendError};

/// A device ready to run, with notes on how it was chosen.
pub struct Opened {
    pub backend: Box<dyn Backend>,
    /// Sentences without a full stop, none when all went as asked.
    pub notes: Vec<String>,
}

/// Opens what was chosen; `threads` are those of the native backend, 0 takes one for each core.
///
/// Only [`DeviceChoice::Auto`] falls back: to the next GPU, at last to the native backend.
/// [`DeviceChoice::Cpu`] does not look for GPUs, which takes tens of ms where a driver is installed.
///
/// # Errors
/// When what was asked for is not there, cannot be opened or computes wrongly, or threads are not given.
pub fn open_choice(choice: &DeviceChoice, threads: usize) -> Result<Opened, BackendError> {
    match choice {
        DeviceChoice::Cpu => native(threads, Vec::new()),
        DeviceChoice::Auto => best(&adapters(), threads),
        _ => {
            let adapters = adapters();
            let infos: Vec<_> = adapters.iter().map(|found| found.info.clone()).collect();
            match choice.among(&infos)? {
                Some(index) => Ok(Opened {
                    backend: Box::new(Gpu::open(&adapters[index])?),
                    notes: Vec::new(),
                }),
                None => native(threads, Vec::new()),
            }
        }
    }
}

/// Opens the native backend and every GPU that works; the others are notes.
///
/// # Errors
/// When threads are not given.
pub fn open_all(threads: usize) -> Result<Vec<Opened>, BackendError> {
    let mut opened = vec![native(threads, Vec::new())?];
    for adapter in adapters() {
        match Gpu::open(&adapter) {
            Ok(gpu) => opened.push(Opened {
                backend: Box::new(gpu),
                notes: Vec::new(),
            }),
            Err(error) => {
                let note = format!("{} is passed over: {error}", adapter.info);
                opened[0].notes.push(note);
            }
        }
    }
    Ok(opened)
}

/// The first GPU in hardware that works, or the native backend.
fn best(adapters: &[Adapter], threads: usize) -> Result<Opened, BackendError> {
    let mut notes = Vec::new();
    for adapter in adapters.iter().filter(|found| !found.info.is_software()) {
        match Gpu::open(adapter) {
            Ok(gpu) => {
                return Ok(Opened {
                    backend: Box::new(gpu),
                    notes,
                });
            }
            Err(error) => notes.push(format!("{} is passed over: {error}", adapter.info)),
        }
    }
    if let (true, Some(software)) = (notes.is_empty(), adapters.first()) {
        notes.push(format!(
            "running on the CPU, which is faster than a GPU in software: {}",
            software.info
        ));
    }
    native(threads, notes)
}

fn native(threads: usize, notes: Vec<String>) -> Result<Opened, BackendError> {
    Ok(Opened {
        backend: Box::new(Cpu::new(threads)?),
        notes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::gpu::adapter::tests::noop;
    use wgpu::DeviceType::{Cpu, DiscreteGpu, IntegratedGpu};

    /// An adapter that computes nothing, with so much memory for a workgroup.
    fn idle(device_type: wgpu::DeviceType, max_compute_workgroup_storage_size: u32) -> Adapter {
        let mut adapter = noop(wgpu::Limits {
            max_compute_workgroup_storage_size,
            ..wgpu::Limits::defaults()
        });
        adapter.info.device_type = device_type;
        adapter
    }

    #[test]
    fn gpus_that_do_not_work_are_passed_over_with_the_reason() {
        let adapters = [
            idle(DiscreteGpu, 8192),
            idle(IntegratedGpu, 16384),
            idle(Cpu, 16384),
        ];
        let opened = best(&adapters, 1).unwrap();
        assert_eq!(opened.backend.device(), "cpu");
        let [weak, wrong] = &opened.notes[..] else {
            panic!("{:?}", opened.notes);
        };
        assert!(
            weak.starts_with("gpu:0 ") && weak.contains("is too weak"),
            "{weak}"
        );
        assert!(wrong.contains("computes wrongly"), "{wrong}");
    }

    #[test]
    fn software_is_not_opened_and_gets_one_note() {
        let opened = best(&[idle(Cpu, 16384)], 1).unwrap();
        assert_eq!(opened.backend.device(), "cpu");
        assert_eq!(opened.notes.len(), 1, "{:?}", opened.notes);
        assert!(
            opened.notes[0].contains("GPU in software"),
            "{:?}",
            opened.notes
        );
    }

    #[test]
    fn a_machine_without_gpus_runs_on_the_cpu_and_says_nothing() {
        let opened = best(&[], 1).unwrap();
        assert_eq!(opened.backend.device(), "cpu");
        assert_eq!(opened.notes, [""; 0]);
    }
}
