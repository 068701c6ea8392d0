//! From what a user asks for to an open device.

use super::choice::DeviceChoice;
use super::cpu::Cpu;
use super::gpu::adapter::{Adapter, AdapterInfo, adapters};
use super::gpu::error::GpuError;
use super::gpu::probe::Probe;
use super::gpu::self_test::Tested;
use super::gpu::{Gpu, surroundings};
use super::{Backend, BackendError};

/// Opens devices, and gathers what is to be said of how they were chosen.
///
/// ```
/// use spikeprune::backend::open::Opener;
///
/// let mut opener = Opener::default();
/// let backend = opener.open(&"auto".parse()?)?;
/// println!("on {}", backend.device());
/// opener.notes.iter().for_each(|note| eprintln!("note: {note}"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct Opener {
    /// Threads of the native backend; 0 takes one for each core.
    pub threads: usize,
    /// The program that looks for GPUs in a process of its own: a driver that crashes or hangs then ends that process.
    /// Without one drivers are loaded here, and may take this process down.
    pub probe: Option<Probe>,
    /// Sentences without a full stop on what did not go as expected, also if nothing could be opened: GPUs that do not
    /// work or are hidden.
    pub notes: Vec<String>,
    /// The same on what was opened but will hardly be wanted: a GPU in software that was not named.
    pub warnings: Vec<String>,
    /// The same on what went as documented but may be unexpected.
    pub remarks: Vec<String>,
}

/// A GPU that was found, and has been tested if that was in another process.
#[derive(Debug)]
pub struct Candidate {
    pub info: AdapterInfo,
    found: Found,
}

#[derive(Debug)]
enum Found {
    Here(Adapter),
    Elsewhere(Option<Result<Tested, GpuError>>),
}

impl Opener {
    /// Opens what was chosen.
    ///
    /// Only [`DeviceChoice::Auto`] falls back: to the next GPU, at last to the native backend.
    /// [`DeviceChoice::Cpu`] does not look for GPUs.
    ///
    /// # Errors
    /// When what was asked for is not there, cannot be opened or computes wrongly, or threads are not given.
    pub fn open(&mut self, choice: &DeviceChoice) -> Result<Box<dyn Backend>, BackendError> {
        match choice {
            DeviceChoice::Cpu => self.native(),
            DeviceChoice::Auto => match self.candidates(Some(choice)) {
                Ok(candidates) => self.best(&candidates),
                Err(error) => {
                    self.notes.push(format!("running on the CPU: {error}"));
                    self.native()
                }
            },
            _ => {
                let candidates = self.candidates(Some(choice))?;
                let infos: Vec<_> = candidates.iter().map(|found| found.info.clone()).collect();
                match choice.among(&infos)? {
                    Some(index) => self.named(choice, &candidates[index]),
                    None => self.native(),
                }
            }
        }
    }

    /// Opens the native backend and every GPU that works; the others are notes.
    ///
    /// # Errors
    /// When threads are not given.
    pub fn open_all(&mut self) -> Result<Vec<Box<dyn Backend>>, BackendError> {
        let mut opened = vec![self.native()?];
        match self.candidates(None) {
            Ok(candidates) => opened.extend(candidates.iter().filter_map(|gpu| self.try_open(gpu))),
            Err(error) => self.notes.push(format!("only the CPU runs: {error}")),
        }
        Ok(opened)
    }

    /// The GPUs of this machine, the best first. In another process those are tested that a choice may take, all
    /// without one.
    ///
    /// # Errors
    /// When their drivers cannot list them.
    pub fn candidates(
        &mut self,
        choice: Option<&DeviceChoice>,
    ) -> Result<Vec<Candidate>, GpuError> {
        surroundings::check_address_space()?;
        let candidates: Vec<_> = match &self.probe {
            None => adapters().into_iter().map(Candidate::here).collect(),
            Some(probe) => {
                let survey = probe.survey(choice)?;
                self.notes.extend(survey.notes);
                let gpus = survey.gpus.into_iter();
                gpus.map(|gpu| Candidate {
                    info: gpu.info,
                    found: Found::Elsewhere(gpu.test),
                })
                .collect()
            }
        };
        let infos = candidates.iter().map(|found| &found.info);
        self.notes.extend(surroundings::unreachable(infos));
        // A list of all says why it is short.
        if choice.is_none() {
            self.notes.extend(surroundings::hidden(candidates.len()));
        }
        Ok(candidates)
    }

    /// The first GPU in hardware that works, or the native backend.
    fn best(&mut self, candidates: &[Candidate]) -> Result<Box<dyn Backend>, BackendError> {
        let mut tried = candidates
            .iter()
            .filter(|found| !found.info.is_second_choice())
            .peekable();
        if let (None, Some(first)) = (tried.peek(), candidates.first()) {
            let info = &first.info;
            self.remarks.push(match info.is_software() {
                true => {
                    format!("running on the CPU, which is faster than a GPU in software: {info}")
                }
                false => format!("running on the CPU: {info} is taken only if it is asked for"),
            });
        }
        match tried.find_map(|found| self.try_open(found)) {
            Some(opened) => Ok(opened),
            None => self.native(),
        }
    }

    /// A GPU, or none and a note.
    fn try_open(&mut self, candidate: &Candidate) -> Option<Box<dyn Backend>> {
        match candidate.open() {
            Ok(gpu) => Some(Box::new(gpu)),
            Err(error) => {
                let note = format!("{} is passed over: {error}", candidate.info);
                self.notes.push(note);
                None
            }
        }
    }

    /// The GPU that a choice means.
    fn named(
        &mut self,
        choice: &DeviceChoice,
        candidate: &Candidate,
    ) -> Result<Box<dyn Backend>, BackendError> {
        let gpu = candidate.open()?;
        if candidate.info.is_software() && !matches!(choice, DeviceChoice::NamePart(_)) {
            self.warnings.push(format!(
                "{choice} is a GPU in software, several times slower than the CPU itself (--device cpu): {}",
                candidate.info
            ));
        }
        Ok(Box::new(gpu))
    }

    fn native(&self) -> Result<Box<dyn Backend>, BackendError> {
        Ok(Box::new(Cpu::new(self.threads)?))
    }
}

impl Candidate {
    fn here(adapter: Adapter) -> Self {
        Self {
            info: adapter.info.clone(),
            found: Found::Here(adapter),
        }
    }

    /// Opens it in this process, and tests it unless that was done.
    ///
    /// # Errors
    /// When it cannot be opened or computes wrongly.
    pub fn open(&self) -> Result<Gpu, GpuError> {
        let tested = match &self.found {
            Found::Here(adapter) => return Gpu::open(adapter),
            Found::Elsewhere(test) => test.clone().transpose()?,
        };
        // Limits may depend on those of the process.
        let place = |info: &AdapterInfo| (info.index, info.name.clone(), info.pci.clone());
        let mut adapters = adapters().into_iter();
        let adapter = adapters.find(|adapter| place(&adapter.info) == place(&self.info));
        let adapter = adapter.ok_or_else(|| GpuError::Broken {
            adapter: self.info.name.clone(),
            reason: "another process finds it, this one does not".into(),
        })?;
        match tested {
            Some(tested) => Gpu::open_tested(&adapter, tested),
            None => Gpu::open(&adapter),
        }
    }

    /// What its self-test measured, in another process or now.
    ///
    /// # Errors
    /// When it cannot be opened or computes wrongly.
    pub fn tested(&self) -> Result<Tested, GpuError> {
        match &self.found {
            Found::Elsewhere(Some(test)) => test.clone(),
            _ => self.open().map(|gpu| gpu.tested()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::DeviceKind::{self, Discrete, Integrated, Software};
    use crate::backend::gpu::adapter::tests::noop;

    /// An adapter that computes nothing, with so much memory for a workgroup.
    fn idle(kind: DeviceKind, max_compute_workgroup_storage_size: u32) -> Candidate {
        let mut adapter = noop(wgpu::Limits {
            max_compute_workgroup_storage_size,
            ..wgpu::Limits::defaults()
        });
        adapter.info.kind = kind;
        Candidate::here(adapter)
    }

    /// What is opened of these, with the notes and remarks.
    fn best(candidates: &[Candidate]) -> (String, Opener) {
        let mut opener = Opener::default();
        let opened = opener.best(candidates).unwrap();
        (opened.device().into(), opener)
    }

    #[test]
    fn gpus_that_do_not_work_are_passed_over_with_the_reason() {
        let candidates = [
            idle(Discrete, 8192),
            idle(Integrated, 16384),
            idle(Software, 16384),
        ];
        let (device, opener) = best(&candidates);
        assert_eq!(device, "cpu");
        let [weak, wrong] = &opener.notes[..] else {
            panic!("{:?}", opener.notes);
        };
        assert!(
            weak.starts_with("gpu:0 ") && weak.contains("is too weak"),
            "{weak}"
        );
        assert!(wrong.contains("computes wrongly"), "{wrong}");
    }

    #[test]
    fn what_was_not_asked_for_is_not_opened_and_gets_one_remark() {
        let mut translated = idle(Discrete, 16384);
        translated.info.name = "Microsoft Direct3D12 (RTX 4090)".into();
        let cases = [
            (idle(Software, 16384), "GPU in software"),
            (translated, "only if it is asked for"),
        ];
        for (candidate, says) in cases {
            let (device, opener) = best(&[candidate]);
            assert_eq!(device, "cpu");
            assert_eq!(opener.notes, [""; 0]);
            assert_eq!(opener.remarks.len(), 1, "{:?}", opener.remarks);
            assert!(opener.remarks[0].contains(says), "{:?}", opener.remarks);
        }
    }

    #[test]
    fn a_machine_without_gpus_runs_on_the_cpu_and_says_nothing() {
        let (device, opener) = best(&[]);
        assert_eq!(device, "cpu");
        assert_eq!([opener.notes, opener.remarks].concat(), [""; 0]);
    }
}
