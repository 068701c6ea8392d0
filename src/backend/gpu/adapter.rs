//! The GPUs of this machine.

use std::fmt;
use wgpu::{Backend, Backends, DeviceType};

/// What is known of an adapter before it is opened.
#[derive(Clone, Debug, PartialEq)]
pub struct AdapterInfo {
    /// Its place in the list: N of `gpu:N`.
    pub index: usize,
    pub name: String,
    pub backend: Backend,
    /// Name and version of the driver.
    pub driver: String,
    pub device_type: DeviceType,
    pub limits: AdapterLimits,
}

/// The limits that bound a network and its kernels; sizes in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
        self.device_type == DeviceType::Cpu
    }
}

impl fmt::Display for AdapterInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "gpu:{} {} ({})", self.index, self.name, self.backend)
    }
}

/// An adapter that can be opened.
#[derive(Debug)]
pub struct Adapter {
    pub info: AdapterInfo,
    pub(crate) inner: wgpu::Adapter,
}

/// The GPUs of this machine, each once, the best first and those in software last.
pub fn adapters() -> Vec<Adapter> {
    enumerate(&wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends: Backends::VULKAN | Backends::METAL | Backends::DX12,
        // The default checks indirect dispatches, which are not used here, and bounds buffers by 4 GiB
        // for it. WGPU_VALIDATION=1 turns the driver's own checks on.
        flags: wgpu::InstanceFlags::empty().with_env(),
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    }))
}

pub(crate) fn enumerate(instance: &wgpu::Instance) -> Vec<Adapter> {
    let found = pollster::block_on(instance.enumerate_adapters(Backends::all()))
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
        .map(|(index, (info, inner))| Adapter {
            info: AdapterInfo {
                index,
                name: info.name,
                backend: info.backend,
                driver: format!("{} {}", info.driver, info.driver_info)
                    .trim()
                    .to_owned(),
                device_type: info.device_type,
                limits: (&inner.limits()).into(),
            },
            inner,
        })
        .collect()
}

/// Drops GPUs that a better API shows too, and puts the best first.
///
/// Not every API tells bus addresses, so a card is recognised by its vendor and device number. An API that
/// shows one card of a model shows all of them, so a second card of the same model is not lost.
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
    found.sort_by_key(|(info, _)| type_rank(info.device_type));
    found
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

fn type_rank(device_type: DeviceType) -> u32 {
    match device_type {
        DeviceType::DiscreteGpu => 0,
        DeviceType::IntegratedGpu => 1,
        DeviceType::VirtualGpu | DeviceType::Other => 2,
        DeviceType::Cpu => 3,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub fn info(index: usize, name: &str, device_type: DeviceType) -> AdapterInfo {
        AdapterInfo {
            index,
            name: name.into(),
            backend: Backend::Vulkan,
            driver: String::new(),
            device_type,
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

    fn raw(
        model: u32,
        device_type: DeviceType,
        backend: Backend,
        tag: &str,
    ) -> (wgpu::AdapterInfo, &str) {
        let info = wgpu::AdapterInfo {
            device: model,
            ..wgpu::AdapterInfo::new(device_type, backend)
        };
        (info, tag)
    }

    #[test]
    fn every_card_is_listed_once_and_software_last() {
        use DeviceType::{Cpu, DiscreteGpu, IntegratedGpu, VirtualGpu};
        let listed = ordered(vec![
            raw(9, Cpu, Backend::Vulkan, "lavapipe"),
            raw(3, VirtualGpu, Backend::Vulkan, "virtio"),
            raw(2, IntegratedGpu, Backend::Vulkan, "iris"),
            raw(1, DiscreteGpu, Backend::Vulkan, "first card"),
            raw(1, DiscreteGpu, Backend::Vulkan, "second card"),
            raw(1, DiscreteGpu, Backend::Dx12, "first card again"),
            raw(1, DiscreteGpu, Backend::Dx12, "second card again"),
            raw(8, Cpu, Backend::Dx12, "WARP"),
        ]);
        let tags: Vec<&str> = listed.iter().map(|(_, tag)| *tag).collect();
        assert_eq!(
            tags,
            [
                "first card",
                "second card",
                "iris",
                "virtio",
                "lavapipe",
                "WARP"
            ]
        );
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
