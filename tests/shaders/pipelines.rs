//! Shaders and the bindings that the crate gives them.

use super::*;
use spikeprune::backend::DeviceKind::{self, Discrete, Software};
use spikeprune::backend::gpu::adapter::Adapter;
use spikeprune::backend::gpu::device;
use spikeprune::backend::gpu::error::GpuError;
use spikeprune::backend::gpu::pipelines::Pipelines;
use spikeprune::backend::gpu::{Gpu, adapters_of};

/// A device that computes nothing, but checks as any other, within the limits that WebGPU promises.
fn noop(kind: DeviceKind) -> Adapter {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends: wgpu::Backends::NOOP,
        flags: wgpu::InstanceFlags::empty(),
        backend_options: wgpu::BackendOptions {
            noop: wgpu::NoopBackendOptions {
                limits: Some(wgpu::Limits::defaults()),
                ..wgpu::NoopBackendOptions::enabled()
            },
            ..Default::default()
        },
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    let mut adapter = adapters_of(&instance).remove(0);
    // wgpu 30.0.1 says Cpu, whatever its options ask for.
    adapter.info.kind = kind;
    adapter
}

#[test]
fn every_pipeline_can_be_created() {
    // Software gets workgroups of its own.
    for (kind, software) in [(Discrete, false), (Software, true)] {
        let adapter = noop(kind);
        let gpu = device::open(&adapter).unwrap();
        for n in NEURONS {
            let sizes = workgroups(n, software);
            assert!(!sizes.is_empty(), "{n}");
            for size in sizes {
                // Fails when an error scope holds anything.
                let kernels = Pipelines::new(
                    &gpu,
                    Size {
                        inputs: 784,
                        neurons: n,
                        delay_rows: n,
                    },
                    size,
                );
                let kernels = kernels.unwrap_or_else(|error| panic!("{n}, {size}: {error}"));
                assert_eq!(kernels.workgroup, size);
                let of_batches = kernels.of_batches(&gpu);
                assert!(of_batches.is_ok(), "{n}, {size}");
            }
        }
        assert_eq!(gpu.fault(), None);
        // The self-test's pipeline is valid; only its results are not.
        let error = Gpu::open(&adapter).err();
        assert!(
            matches!(error, Some(GpuError::SelfTest { .. })),
            "{error:?}"
        );
    }
}
