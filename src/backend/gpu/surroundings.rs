//! What around this process decides whether a GPU can be reached: limits, containers.

use super::adapter::AdapterInfo;
use super::error::GpuError;
use crate::threads::address_space;
use std::path::Path;

/// Address space below which drivers are not even loaded. lavapipe (Mesa 25) crashes, hangs or fails below 0.8 GB, with
/// the data and threads of a training below 1.1 GB; how much it takes differs from run to run.
const LEAST_ADDRESS_SPACE: u64 = 2 << 30;

/// Refuses to load drivers where they would crash for want of address space.
///
/// # Errors
/// When there is too little.
pub fn check_address_space() -> Result<(), GpuError> {
    match address_space() {
        Some(limit) if limit < LEAST_ADDRESS_SPACE => Err(GpuError::Cramped {
            limit,
            needed: LEAST_ADDRESS_SPACE,
        }),
        _ => Ok(()),
    }
}

/// Makes this process fit for tests that may crash: they leave no core file, and find half of the address space of the
/// program that then uses the GPU, which has data and threads of its own.
pub(super) fn prepare_for_crashes() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let lower = |resource, to| {
            let mut limit = getrlimit(resource);
            limit.current = Some(to);
            // If this fails, the limit stays.
            let _ = setrlimit(resource, limit);
        };
        lower(Resource::Core, 0);
        if let Some(limit) = address_space() {
            lower(Resource::As, limit / 2);
        }
    }
}

/// A sentence on what may help where NVIDIA's card is visible and no GPU in hardware was found.
pub fn unreachable<'a>(mut found: impl Iterator<Item = &'a AdapterInfo>) -> Option<String> {
    let given = std::env::var("NVIDIA_VISIBLE_DEVICES").unwrap_or_default();
    let visible = Path::new("/dev/nvidiactl").exists() || !matches!(&*given, "" | "void" | "none");
    let missing = found.all(AdapterInfo::is_software);
    (visible && missing).then(|| {
        "an NVIDIA GPU is visible here, but not to Vulkan: install its loader (libvulkan1), and start a container with \
         NVIDIA_DRIVER_CAPABILITIES=graphics (or all)"
            .into()
    })
}

/// Variables by which a user tells Vulkan's loader which drivers to load.
const CHOOSING: [&str; 5] = [
    "VK_DRIVER_FILES",
    "VK_ICD_FILENAMES",
    "VK_ADD_DRIVER_FILES",
    "VK_LOADER_DRIVERS_SELECT",
    "VK_LOADER_DRIVERS_DISABLE",
];

/// A sentence on the variables that may hide GPUs, where none was found.
pub fn hidden(found: usize) -> Option<String> {
    let set = CHOOSING
        .into_iter()
        .filter(|name| std::env::var_os(name).is_some());
    let set: Vec<&str> = set.collect();
    (found == 0 && !set.is_empty()).then(|| {
        format!(
            "no GPU was found; which drivers Vulkan loads is set by {}",
            set.join(" and ")
        )
    })
}
