//! What can be wrong with a GPU.

use crate::backend::BackendError;

/// Why a GPU cannot be used, or can no longer be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GpuError {
    #[error("this machine has no GPU that Vulkan, Metal or DX12 can reach")]
    NoAdapter,
    /// Looking for GPUs ended the process that looked, or never ended.
    #[error("the drivers of this machine cannot list its GPUs: {0}")]
    Listing(String),
    /// The same of testing one.
    #[error("{adapter} cannot be used: {reason}")]
    Broken { adapter: String, reason: String },
    /// What another process found wrong.
    #[error("{0}")]
    Found(String),
    #[error("cannot look for GPUs by running {program}: {reason}")]
    Probe { program: String, reason: String },
    #[error(
        "no GPU is looked for: a limit on address space (ulimit -v) allows {} MiB, a GPU's driver needs {} and more",
        limit >> 20,
        needed >> 20
    )]
    Cramped { limit: u64, needed: u64 },
    #[error("there is no {asked} among the GPUs: {}", available.join(", "))]
    NotFound {
        asked: String,
        available: Vec<String>,
    },
    #[error("{adapter} is too weak: {limit} is {actual}, {required} is required")]
    Weak {
        adapter: String,
        /// Name of the WebGPU limit.
        limit: &'static str,
        required: u64,
        actual: u64,
    },
    #[error(
        "{what} would take {required} bytes, {adapter} holds {available} in one piece: use fewer neurons or replicas"
    )]
    TooLarge {
        adapter: String,
        what: String,
        required: u64,
        available: u64,
    },
    #[error("{adapter} cannot be opened: {reason}")]
    Refused { adapter: String, reason: String },
    #[error("{adapter} computes wrongly: {reason}")]
    SelfTest { adapter: String, reason: String },
    #[error("{adapter} was lost: {reason}")]
    Lost { adapter: String, reason: String },
    #[error("out of GPU memory: {0}")]
    OutOfMemory(String),
    /// A fault of this program, not of the machine.
    #[error("invalid use of the GPU: {0}")]
    Validation(String),
    #[error("the GPU's driver failed: {0}")]
    Driver(String),
}

impl From<GpuError> for BackendError {
    fn from(error: GpuError) -> Self {
        Self::Device(error.into())
    }
}

impl From<wgpu::Error> for GpuError {
    fn from(error: wgpu::Error) -> Self {
        match error {
            // Its own text says no more than that.
            wgpu::Error::OutOfMemory { source } => Self::OutOfMemory(chain(source.as_ref())),
            wgpu::Error::Validation { description, .. } => Self::Validation(description),
            wgpu::Error::Internal { description, .. } => Self::Driver(description),
        }
    }
}

/// An error with all of its causes.
fn chain(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
