//! `devices`: what networks can run on here, and how to name it.

use super::output::{out, out_json};
use clap::Args;
use serde::Serialize;
use spikeprune::backend::gpu::Gpu;
use spikeprune::backend::gpu::adapter::{Adapter, AdapterLimits, adapters};
use spikeprune::backend::gpu::error::GpuError;
use std::fmt::Write;

/// List the CPU and the GPUs: how to name them for --device, their limits and whether they work
///
/// Each GPU is opened and tested, which takes some 0.1 s.
#[derive(Args)]
pub struct DevicesArgs {
    /// Print one JSON document instead of text
    #[arg(long)]
    json: bool,
}

pub fn run(args: &DevicesArgs) -> anyhow::Result<()> {
    let devices = Devices::find();
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
}

/// The native backend.
#[derive(Serialize)]
struct CpuDevice {
    /// What `--device` calls it.
    device: &'static str,
    /// Threads that `--threads 0` takes.
    threads: usize,
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
    /// Name and version.
    driver: String,
    /// `discrete`, `integrated`, `virtual`, `software` or `other`.
    #[serde(rename = "type")]
    kind: &'static str,
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
    fn find() -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            cpu: CpuDevice {
                device: "cpu",
                threads: std::thread::available_parallelism().map_or(1, usize::from),
                instruction_sets: instruction_sets(),
            },
            gpus: adapters().iter().map(GpuDevice::test).collect(),
        }
    }

    /// A block for each device, with the values of all in one column.
    fn text(&self) -> String {
        let mut text = block(self.cpu.device, &self.cpu.rows());
        for gpu in &self.gpus {
            text += &("\n".to_owned() + &block(&gpu.device, &gpu.rows()));
        }
        if self.gpus.is_empty() {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "\n{}", GpuError::NoAdapter);
        }
        text
    }
}

impl CpuDevice {
    fn rows(&self) -> Vec<(&'static str, String)> {
        let used = self.instruction_sets.first();
        vec![
            ("threads", self.threads.to_string()),
            ("instructions", used.unwrap_or(&"baseline").to_string()),
        ]
    }
}

impl GpuDevice {
    fn test(adapter: &Adapter) -> Self {
        let info = &adapter.info;
        Self {
            device: format!("gpu:{}", info.index),
            name: info.name.clone(),
            backend: info.backend.to_string(),
            driver: info.driver.clone(),
            kind: kind(info.device_type),
            limits: info.limits.into(),
            self_test: Gpu::open(adapter).into(),
        }
    }

    fn rows(&self) -> Vec<(&'static str, String)> {
        let limits = &self.limits;
        vec![
            ("name", self.name.clone()),
            ("backend", self.backend.clone()),
            ("driver", self.driver.clone()),
            ("type", self.kind.into()),
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

impl From<Result<Gpu, GpuError>> for SelfTest {
    fn from(opened: Result<Gpu, GpuError>) -> Self {
        let arithmetic = opened.as_ref().ok().map(Gpu::arithmetic);
        Self {
            passed: opened.is_ok(),
            exact: opened.as_ref().ok().map(Gpu::is_exact),
            contracts: arithmetic.map(|found| found.contracts),
            flushes_subnormals: arithmetic.map(|found| found.flushes_subnormals),
            reason: opened.err().map(|error| error.to_string()),
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

fn kind(device_type: wgpu::DeviceType) -> &'static str {
    match device_type {
        wgpu::DeviceType::DiscreteGpu => "discrete",
        wgpu::DeviceType::IntegratedGpu => "integrated",
        wgpu::DeviceType::VirtualGpu => "virtual",
        wgpu::DeviceType::Cpu => "software",
        wgpu::DeviceType::Other => "other",
    }
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
