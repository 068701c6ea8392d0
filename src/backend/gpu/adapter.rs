//! The GPUs of this machine.

#[cfg(target_family = "wasm")]
use super::error::GpuError;
use super::wait::block_on;
use crate::backend::DeviceKind;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fmt;
use wgpu::{Backend, Backends, DeviceType};

/// What is known of an adapter before it is opened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdapterInfo {
    /// Its place in the list: N of `gpu:N`.
    pub index: usize,
    pub name: String,
    /// `vulkan`, `metal` or `dx12`.
    pub backend: String,
    /// Where the card sits, as `lspci -D` has it; none where the driver does not tell.
    pub pci: Option<String>,
    /// Name and version of the driver.
    pub driver: String,
    pub kind: DeviceKind,
    pub limits: AdapterLimits,
}

/// The limits that bound a network and its kernels; sizes in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdapterLimits {
    pub max_compute_workgroup_storage_size: u32,
    pub max_compute_invocations_per_workgroup: u32,
    pub max_compute_workgroups_per_dimension: u32,
    pub max_storage_buffers_per_shader_stage: u32,
    pub max_storage_buffer_binding_size: u64,
    pub max_buffer_size: u64,
}

impl From<&wgpu::Limits> for AdapterLimits {
    fn from(limits: &wgpu::Limits) -> Self {
        Self {
            max_compute_workgroup_storage_size: limits.max_compute_workgroup_storage_size,
            max_compute_invocations_per_workgroup: limits.max_compute_invocations_per_workgroup,
            max_compute_workgroups_per_dimension: limits.max_compute_workgroups_per_dimension,
            max_storage_buffers_per_shader_stage: limits.max_storage_buffers_per_shader_stage,
            max_storage_buffer_binding_size: limits.max_storage_buffer_binding_size,
            max_buffer_size: limits.max_buffer_size,
        }
    }
}

impl AdapterLimits {
    /// The first limit that is below `required`: its name, what is required and what there is.
    pub fn shortfall(&self, required: &Self) -> Option<(&'static str, u64, u64)> {
        self.named()
            .into_iter()
            .zip(required.named())
            .find(|((_, actual), (_, required))| actual < required)
            .map(|((name, actual), (_, required))| (name, required, actual))
    }

    fn named(&self) -> [(&'static str, u64); 6] {
        [
            (
                "max_compute_workgroup_storage_size",
                self.max_compute_workgroup_storage_size.into(),
            ),
            (
                "max_compute_invocations_per_workgroup",
                self.max_compute_invocations_per_workgroup.into(),
            ),
            (
                "max_compute_workgroups_per_dimension",
                self.max_compute_workgroups_per_dimension.into(),
            ),
            (
                "max_storage_buffers_per_shader_stage",
                self.max_storage_buffers_per_shader_stage.into(),
            ),
            (
                "max_storage_buffer_binding_size",
                self.max_storage_buffer_binding_size,
            ),
            ("max_buffer_size", self.max_buffer_size),
        ]
    }
}

impl AdapterInfo {
    /// Whether it only pretends to be a GPU (lavapipe, WARP).
    pub fn is_software(&self) -> bool {
        self.kind == DeviceKind::Software
    }

    /// Whether it is taken only if it is asked for: one in software, or WSL2's translation of Vulkan to DX12, which
    /// calls itself fit for testing only.
    pub fn is_second_choice(&self) -> bool {
        self.is_software() || is_translated(&self.name)
    }
}

impl fmt::Display for AdapterInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (index, name, backend) = (self.index, &self.name, &self.backend);
        match &self.pci {
            Some(address) => write!(f, "gpu:{index} {name} ({backend}, {address})"),
            None => write!(f, "gpu:{index} {name} ({backend})"),
        }
    }
}

/// An adapter that can be opened.
#[derive(Debug)]
pub struct Adapter {
    pub info: AdapterInfo,
    pub(crate) inner: wgpu::Adapter,
}

/// The GPU that a browser gives.
///
/// # Errors
/// When it gives none.
#[cfg(target_family = "wasm")]
pub fn in_browser(software: bool) -> Result<Adapter, GpuError> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends: Backends::BROWSER_WEBGPU,
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    let asked = instance.request_adapter(&wgpu::RequestAdapterOptions {
        power_preference: wgpu::PowerPreference::HighPerformance,
        force_fallback_adapter: software,
        ..Default::default()
    });
    let inner = block_on(asked).map_err(|_| GpuError::NoAdapter)?;
    let mut info = inner.get_info();
    if info.name.is_empty() {
        // Browsers keep it to themselves.
        info.name = "WebGPU".into();
    }
    Ok(described(0, info, inner))
}

/// The GPUs of this machine, each once, the best first and those in software last.
pub fn adapters() -> Vec<Adapter> {
    enumerate(&wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends: Backends::VULKAN | Backends::METAL | Backends::DX12,
        // The default checks indirect dispatches, which are not used here, and bounds buffers by 4 GiB
        // for it. WGPU_VALIDATION=1 turns the driver's own checks on. Drivers that do not claim to conform (WSL2's)
        // are judged by the self-test.
        flags: wgpu::InstanceFlags::ALLOW_UNDERLYING_NONCOMPLIANT_ADAPTER.with_env(),
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    }))
}

pub(crate) fn enumerate(instance: &wgpu::Instance) -> Vec<Adapter> {
    let found = block_on(instance.enumerate_adapters(Backends::all()))
        .into_iter()
        .filter(|adapter| {
            let capabilities = adapter.get_downlevel_capabilities();
            capabilities
                .flags
                .contains(wgpu::DownlevelFlags::COMPUTE_SHADERS)
        })
        .map(|adapter| (adapter.get_info(), adapter))
        .collect();
    ordered(found)
        .into_iter()
        .enumerate()
        .map(|(index, (info, inner))| described(index, info, inner))
        .collect()
}

fn described(index: usize, info: wgpu::AdapterInfo, inner: wgpu::Adapter) -> Adapter {
    Adapter {
        info: AdapterInfo {
            index,
            pci: pci(&info),
            name: info.name,
            backend: info.backend.to_string(),
            driver: format!("{} {}", info.driver, info.driver_info)
                .trim()
                .to_owned(),
            kind: kind(info.device_type),
            limits: (&inner.limits()).into(),
        },
        inner,
    }
}

/// Where a card sits. Of DX12 wgpu asks for the address by the card's model, so it says the same of two of them.
fn pci(info: &wgpu::AdapterInfo) -> Option<String> {
    let told = info.backend == Backend::Vulkan && !info.device_pci_bus_id.is_empty();
    told.then(|| info.device_pci_bus_id.clone())
}

fn kind(device_type: DeviceType) -> DeviceKind {
    match device_type {
        DeviceType::DiscreteGpu => DeviceKind::Discrete,
        DeviceType::IntegratedGpu => DeviceKind::Integrated,
        DeviceType::VirtualGpu => DeviceKind::Virtual,
        DeviceType::Other => DeviceKind::Other,
        DeviceType::Cpu => DeviceKind::Software,
    }
}

/// Whether the driver is Mesa's dzn, which runs Vulkan on DX12.
fn is_translated(name: &str) -> bool {
    name.starts_with("Microsoft Direct3D12")
}

/// Drops GPUs that are listed twice, and puts the best first.
///
/// Not every API tells bus addresses, so a card that two APIs show is recognised by its vendor and device number, and
/// stays with the better one. An API that shows one card of a model shows all of them, so a second card of the same
/// model is not lost.
fn ordered<T>(mut found: Vec<(wgpu::AdapterInfo, T)>) -> Vec<(wgpu::AdapterInfo, T)> {
    let seen: Vec<_> = found
        .iter()
        .map(|(info, _)| (info.vendor, info.device, api_rank(info.backend)))
        .collect();
    found.retain(|(info, _)| {
        !seen.iter().any(|&(vendor, device, rank)| {
            (vendor, device) == (info.vendor, info.device) && rank < api_rank(info.backend)
        })
    });
    let mut cards = HashSet::new();
    found.retain(|(info, _)| info.backend != Backend::Vulkan || cards.insert(card(info)));
    found.sort_by_key(|(info, _)| rank(info));
    found
}

/// What tells cards of Vulkan apart, whose loader lists one again for each manifest that leads to it: the bus address, or
/// else name and driver.
fn card(info: &wgpu::AdapterInfo) -> [String; 3] {
    match pci(info) {
        Some(address) => [address, String::new(), String::new()],
        None => [&info.name, &info.driver, &info.driver_info].map(Clone::clone),
    }
}

/// Lower is better; DX12's compiler is the slowest and refuses the most.
fn api_rank(backend: Backend) -> u32 {
    match backend {
        Backend::Metal => 0,
        Backend::Vulkan => 1,
        Backend::Dx12 => 2,
        Backend::Gl | Backend::BrowserWebGpu | Backend::Noop => 3,
    }
}

fn rank(info: &wgpu::AdapterInfo) -> u32 {
    match info.device_type {
        DeviceType::Cpu => 4,
        _ if is_translated(&info.name) => 3,
        DeviceType::DiscreteGpu => 0,
        DeviceType::IntegratedGpu => 1,
        DeviceType::VirtualGpu | DeviceType::Other => 2,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub fn info(index: usize, name: &str, kind: DeviceKind) -> AdapterInfo {
        AdapterInfo {
            index,
            name: name.into(),
            backend: "vulkan".into(),
            pci: None,
            driver: String::new(),
            kind,
            limits: (&wgpu::Limits::defaults()).into(),
        }
    }

    /// The adapter of wgpu that computes nothing.
    pub fn noop(limits: wgpu::Limits) -> Adapter {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
            backends: Backends::NOOP,
            flags: wgpu::InstanceFlags::empty(),
            backend_options: wgpu::BackendOptions {
                noop: wgpu::NoopBackendOptions {
                    limits: Some(limits),
                    ..wgpu::NoopBackendOptions::enabled()
                },
                ..Default::default()
            },
            ..wgpu::InstanceDescriptor::new_without_display_handle()
        });
        enumerate(&instance).remove(0)
    }

    /// An adapter as wgpu tells of it: the number of its model, its place on the bus, its name.
    fn raw<'a>(
        model: u32,
        device_type: DeviceType,
        backend: Backend,
        address: &str,
        name: &'a str,
    ) -> (wgpu::AdapterInfo, &'a str) {
        let info = wgpu::AdapterInfo {
            name: name.into(),
            device: model,
            device_pci_bus_id: address.into(),
            ..wgpu::AdapterInfo::new(device_type, backend)
        };
        (info, name)
    }

    fn names(found: Vec<(wgpu::AdapterInfo, &str)>) -> Vec<&str> {
        let listed = ordered(found).into_iter();
        listed.map(|(_, name)| name).collect()
    }

    #[test]
    fn every_card_is_listed_once_and_software_last() {
        use Backend::{Dx12, Vulkan};
        use DeviceType::{Cpu, DiscreteGpu, IntegratedGpu, VirtualGpu};
        let listed = names(vec![
            raw(9, Cpu, Vulkan, "", "lavapipe"),
            raw(7, DiscreteGpu, Vulkan, "", "Microsoft Direct3D12 (RTX)"),
            raw(3, VirtualGpu, Vulkan, "", "virtio"),
            raw(2, IntegratedGpu, Vulkan, "0000:00:02.0", "iris"),
            raw(1, DiscreteGpu, Vulkan, "0000:01:00.0", "first card"),
            raw(1, DiscreteGpu, Vulkan, "0000:02:00.0", "second card"),
            raw(1, DiscreteGpu, Dx12, "", "first card again"),
            raw(1, DiscreteGpu, Dx12, "", "second card again"),
            raw(8, Cpu, Dx12, "", "WARP"),
        ]);
        let wanted = [
            "first card",
            "second card",
            "iris",
            "virtio",
            "Microsoft Direct3D12 (RTX)",
            "lavapipe",
            "WARP",
        ];
        assert_eq!(listed, wanted);
    }

    /// By another manifest, or by another driver for the same card.
    #[test]
    fn a_card_that_vulkan_lists_twice_counts_once() {
        use Backend::{Dx12, Vulkan};
        use DeviceType::{Cpu, DiscreteGpu};
        let listed = names(vec![
            raw(1, DiscreteGpu, Vulkan, "0000:01:00.0", "RX 7900 (RADV)"),
            raw(1, DiscreteGpu, Vulkan, "0000:01:00.0", "RX 7900"),
            raw(1, DiscreteGpu, Vulkan, "0000:02:00.0", "RX 7900 (RADV)"),
            raw(9, Cpu, Vulkan, "", "lavapipe"),
            raw(9, Cpu, Vulkan, "", "lavapipe"),
            // Of these nothing tells one from the other, but DX12 lists no card twice.
            raw(5, DiscreteGpu, Dx12, "0000:03:00.0", "RTX"),
            raw(5, DiscreteGpu, Dx12, "0000:03:00.0", "RTX"),
        ]);
        let wanted = ["RX 7900 (RADV)", "RX 7900 (RADV)", "RTX", "RTX", "lavapipe"];
        assert_eq!(listed, wanted);
    }

    #[test]
    fn a_shortfall_names_its_limit() {
        let required = AdapterLimits::from(&wgpu::Limits::defaults());
        assert_eq!(required.shortfall(&required), None);
        let weak = AdapterLimits {
            max_compute_workgroup_storage_size: 8192,
            ..required
        };
        assert_eq!(
            weak.shortfall(&required),
            Some(("max_compute_workgroup_storage_size", 16384, 8192))
        );
    }
}
