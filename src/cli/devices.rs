//! `devices`: what networks can run on here, and how to name it.

use super::device::{NO_CUDA, opener};
use super::machine::Machine;
use super::output::{out, out_json};
use crate::backend::DeviceKind;
use crate::backend::gpu::adapter::AdapterLimits;
use crate::backend::gpu::error::GpuError;
use crate::backend::gpu::self_test::Tested;
use crate::backend::open::Candidate;
use clap::Args;
use serde::Serialize;
use std::env::var_os;
use std::fmt::Write;

/// List the CPU and the GPUs: how to name them for --device, their limits and whether they work
///
/// Each GPU is opened and tested, which takes some 0.1 s. What limits the machine, and variables of the environment that
/// have no effect here, are told too.
#[derive(Args)]
pub struct DevicesArgs {
    /// Print one JSON document instead of text
    #[arg(long)]
    json: bool,
}

pub fn run(args: &DevicesArgs) -> anyhow::Result<()> {
    let devices = Devices::find()?;
    if args.json {
        return out_json(&devices);
    }
    out(&devices.text())
}

/// The document of `devices --json`.
#[derive(Serialize)]
struct Devices {
    version: &'static str,
    cpu: CpuDevice,
    /// The best first, those in software last, as `auto` and `gpu` go through them.
    gpus: Vec<GpuDevice>,
    /// Sentences on GPUs that are hidden and on variables that have no effect.
    notes: Vec<String>,
}

/// The native backend.
#[derive(Serialize)]
struct CpuDevice {
    /// What `--device` calls it.
    device: &'static str,
    #[serde(flatten)]
    machine: Machine,
    /// Extensions that kernels are compiled for and this machine has; the first is used. Empty: the
    /// baseline of the architecture.
    instruction_sets: Vec<&'static str>,
}

#[derive(Serialize)]
struct GpuDevice {
    /// What `--device` calls it: `gpu:N`.
    device: String,
    name: String,
    /// `vulkan`, `metal` or `dx12`.
    backend: String,
    /// Its address on the PCI bus; null where the driver tells none.
    pci: Option<String>,
    /// Name and version.
    driver: String,
    #[serde(rename = "type")]
    kind: DeviceKind,
    limits: Limits,
    self_test: SelfTest,
}

/// What bounds a network and its kernels; sizes in bytes.
#[derive(Serialize)]
struct Limits {
    workgroup_memory_bytes: u32,
    workgroup_invocations: u32,
    storage_buffers: u32,
    largest_binding_bytes: u64,
    largest_buffer_bytes: u64,
}

/// Whether it can be opened and computes as the native backend does.
#[derive(Serialize)]
struct SelfTest {
    passed: bool,
    /// Whether a short training agreed with the CPU's to the bit; null unless passed.
    exact: Option<bool>,
    /// Whether `x * y + z` is rounded once, so that results differ from the CPU's in their last bits;
    /// null unless passed.
    contracts: Option<bool>,
    /// Whether numbers below 1.2e-38 become 0, which changes no result; null unless passed.
    flushes_subnormals: Option<bool>,
    /// Why it cannot be used; null if passed.
    reason: Option<String>,
}

impl Devices {
    fn find() -> anyhow::Result<Self> {
        let mut opener = opener(0)?;
        let found = opener.candidates(None);
        let mut notes = opener.notes;
        notes.extend(found.as_ref().err().map(GpuError::to_string));
        let without_effect = [
            ("CUDA_VISIBLE_DEVICES", NO_CUDA),
            (
                "RAYON_NUM_THREADS",
                "RAYON_NUM_THREADS has no effect: --threads sets the number of threads",
            ),
        ];
        let set = without_effect
            .iter()
            .filter(|(variable, _)| var_os(variable).is_some());
        notes.extend(set.map(|(_, note)| note.to_string()));
        if found.as_ref().is_ok_and(Vec::is_empty) {
            notes.insert(0, GpuError::NoAdapter.to_string());
        }
        Ok(Self {
            version: env!("CARGO_PKG_VERSION"),
            cpu: CpuDevice {
                device: "cpu",
                machine: Machine::this(),
                instruction_sets: instruction_sets(),
            },
            gpus: found.iter().flatten().map(GpuDevice::test).collect(),
            notes,
        })
    }

    /// A block for each device, with the values of all in one column.
    fn text(&self) -> String {
        let mut text = block(self.cpu.device, &self.cpu.rows());
        for gpu in &self.gpus {
            text += &("\n".to_owned() + &block(&gpu.device, &gpu.rows()));
        }
        for note in &self.notes {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "\n{note}");
        }
        text
    }
}

impl CpuDevice {
    fn rows(&self) -> Vec<(&'static str, String)> {
        let used = self.instruction_sets.first();
        let mut rows = self.machine.rows(size);
        rows.push(("instructions", used.unwrap_or(&"baseline").to_string()));
        rows
    }
}

impl GpuDevice {
    fn test(candidate: &Candidate) -> Self {
        let info = &candidate.info;
        Self {
            device: format!("gpu:{}", info.index),
            name: info.name.clone(),
            backend: info.backend.clone(),
            pci: info.pci.clone(),
            driver: info.driver.clone(),
            kind: info.kind,
            limits: info.limits.into(),
            self_test: candidate.tested().into(),
        }
    }

    fn rows(&self) -> Vec<(&'static str, String)> {
        let limits = &self.limits;
        let pci = self.pci.clone();
        vec![
            ("name", self.name.clone()),
            ("backend", self.backend.clone()),
            ("PCI address", pci.unwrap_or_else(|| "not told".into())),
            ("driver", self.driver.clone()),
            ("type", self.kind.to_string()),
            (
                "workgroup",
                format!(
                    "{} of memory, {} invocations",
                    size(limits.workgroup_memory_bytes.into()),
                    limits.workgroup_invocations
                ),
            ),
            (
                "storage",
                format!(
                    "{} buffers, largest binding {}, largest buffer {}",
                    limits.storage_buffers,
                    size(limits.largest_binding_bytes),
                    size(limits.largest_buffer_bytes)
                ),
            ),
            ("self-test", self.self_test.text()),
        ]
    }
}

impl From<AdapterLimits> for Limits {
    fn from(limits: AdapterLimits) -> Self {
        Self {
            workgroup_memory_bytes: limits.max_compute_workgroup_storage_size,
            workgroup_invocations: limits.max_compute_invocations_per_workgroup,
            storage_buffers: limits.max_storage_buffers_per_shader_stage,
            largest_binding_bytes: limits.max_storage_buffer_binding_size,
            largest_buffer_bytes: limits.max_buffer_size,
        }
    }
}

impl From<Result<Tested, GpuError>> for SelfTest {
    fn from(test: Result<Tested, GpuError>) -> Self {
        let tested = test.as_ref().ok();
        Self {
            passed: tested.is_some(),
            exact: tested.map(|tested| tested.exact),
            contracts: tested.map(|tested| tested.arithmetic.contracts),
            flushes_subnormals: tested.map(|tested| tested.arithmetic.flushes_subnormals),
            reason: test.err().map(|error| error.to_string()),
        }
    }
}

impl SelfTest {
    fn text(&self) -> String {
        match &self.reason {
            Some(reason) => format!("failed: {reason}"),
            None if self.contracts == Some(true) => "passed; contracts multiply-adds".into(),
            None if self.exact == Some(false) => "passed; rounds differently from the CPU".into(),
            None => "passed; equal to the CPU to the bit".into(),
        }
    }
}

/// Keep in sync with the targets of `present` in src/backend/cpu/step.rs, the best first.
#[cfg(target_arch = "x86_64")]
fn instruction_sets() -> Vec<&'static str> {
    let avx512 = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl");
    let sets = [
        (avx512, "avx512f+avx512bw+avx512dq+avx512vl"),
        (is_x86_feature_detected!("avx2"), "avx2"),
    ];
    let here = sets.iter().filter(|(here, _)| *here);
    here.map(|&(_, name)| name).collect()
}

/// Other architectures have no special targets.
#[cfg(not(target_arch = "x86_64"))]
fn instruction_sets() -> Vec<&'static str> {
    Vec::new()
}

fn block(device: &str, rows: &[(&str, String)]) -> String {
    let mut text = format!("{device}\n");
    for (label, value) in rows {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {label:<14}{value}");
    }
    text
}

/// Bytes in the largest binary unit that they fill, with one decimal unless it is a whole number.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let unit = bytes.max(1).ilog2() as usize / 10;
    let value = format!("{:.1}", bytes as f64 / f64::exp2(10.0 * unit as f64));
    format!("{} {}", value.trim_end_matches(".0"), UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_readable() {
        let cases = [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1 KiB"),
            (49152, "48 KiB"),
            (1536, "1.5 KiB"),
            (128 << 20, "128 MiB"),
            ((1 << 31) - 1, "2 GiB"),
            (u64::MAX, "16 EiB"),
        ];
        for (bytes, shown) in cases {
            assert_eq!(size(bytes), shown);
        }
    }

    #[test]
    fn a_failure_is_shown_with_its_reason() {
        let test = SelfTest::from(Err(GpuError::Driver("it hung".into())));
        assert!(!test.passed && test.contracts.is_none());
        assert_eq!(test.text(), "failed: the GPU's driver failed: it hung");
    }
}
