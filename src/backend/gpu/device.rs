//! An open GPU, its faults kept as errors: left alone, wgpu panics at them.

use super::adapter::{Adapter, AdapterInfo, AdapterLimits};
use super::error::GpuError;
use super::wait::block_on;
#[cfg(target_family = "wasm")]
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// An open device. It keeps its first fault; nothing that it computed after that counts.
#[derive(Debug)]
pub struct OpenDevice {
    pub info: AdapterInfo,
    pub device: wgpu::Device,
    pub queue: wgpu::Queue,
    fault: Fault,
}

#[derive(Clone, Debug, Default)]
struct Fault(Arc<Mutex<Option<GpuError>>>);

impl Fault {
    fn record(&self, error: GpuError) {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slot.get_or_insert(error);
    }

    fn first(&self) -> Option<GpuError> {
        let slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slot.clone()
    }
}

/// Opens an adapter with the limits that WebGPU promises, and buffers as large as it allows.
///
/// # Errors
/// When the adapter offers less than WebGPU promises, or its driver refuses.
pub fn open(adapter: &Adapter) -> Result<OpenDevice, GpuError> {
    let info = adapter.info.clone();
    let promised = wgpu::Limits::defaults();
    if let Some((limit, required, actual)) = info.limits.shortfall(&(&promised).into()) {
        return Err(GpuError::Weak {
            adapter: info.name,
            limit,
            required,
            actual,
        });
    }
    let offered = adapter.inner.limits();
    let AdapterLimits {
        max_storage_buffer_binding_size,
        max_buffer_size,
        ..
    } = info.limits;
    let request = adapter.inner.request_device(&wgpu::DeviceDescriptor {
        label: Some("spikeprune"),
        // Limits that no kernel needs, as those of textures, may be lower.
        required_limits: wgpu::Limits {
            max_storage_buffer_binding_size,
            max_buffer_size,
            ..promised.or_worse_values_from(&offered)
        },
        ..Default::default()
    });
    let (device, queue) = block_on(request).map_err(|error| GpuError::Refused {
        adapter: info.name.clone(),
        reason: error.to_string(),
    })?;

    let fault = Fault::default();
    let slot = fault.clone();
    device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
        slot.record(error.into())
    }));
    let (slot, adapter) = (fault.clone(), info.name.clone());
    device.set_device_lost_callback(move |reason, message| {
        slot.record(GpuError::Lost {
            adapter: adapter.clone(),
            reason: format!("{message} ({reason:?})"),
        });
    });
    Ok(OpenDevice {
        info,
        device,
        queue,
        fault,
    })
}

impl OpenDevice {
    /// What went wrong first since the device was opened.
    pub fn fault(&self) -> Option<GpuError> {
        self.fault.first()
    }

    /// Fails with the first fault.
    ///
    /// # Errors
    /// When anything went wrong since the device was opened.
    pub fn check(&self) -> Result<(), GpuError> {
        self.fault().map_or(Ok(()), Err)
    }

    /// Runs `make`, which creates buffers or kernels, and returns an error if the device refuses them. The
    /// device stays usable after such an error.
    ///
    /// # Errors
    /// When memory runs out, or what is made is invalid.
    pub fn scoped<T>(&self, make: impl FnOnce(&wgpu::Device) -> T) -> Result<T, GpuError> {
        use wgpu::ErrorFilter::{Internal, OutOfMemory, Validation};
        let scopes =
            [Internal, OutOfMemory, Validation].map(|filter| self.device.push_error_scope(filter));
        let made = make(&self.device);
        // Scopes end in reverse order; the innermost error came first or is the only one.
        let errors = scopes
            .into_iter()
            .rev()
            .map(|scope| block_on(scope.pop()))
            .collect::<Vec<_>>();
        self.check()?;
        match errors.into_iter().flatten().next() {
            Some(error) => Err(error.into()),
            None => Ok(made),
        }
    }

    /// Waits until all that was submitted has run and `buffer` is mapped.
    ///
    /// # Errors
    /// When anything went wrong since the device was opened.
    #[cfg(target_family = "wasm")]
    fn map(&self, buffer: &wgpu::Buffer) -> Result<(), GpuError> {
        let is_mapped = Arc::new(AtomicBool::new(false));
        let told = is_mapped.clone();
        // If it fails, the range is not mapped.
        buffer.map_async(wgpu::MapMode::Read, .., move |_| {
            told.store(true, Ordering::Relaxed);
        });
        super::wait::until(|| is_mapped.load(Ordering::Relaxed) || self.fault().is_some());
        self.check()
    }

    /// The same.
    #[cfg(not(target_family = "wasm"))]
    fn map(&self, buffer: &wgpu::Buffer) -> Result<(), GpuError> {
        // A failure also shows in `wait`, or in a range that is not mapped.
        buffer.map_async(wgpu::MapMode::Read, .., |_| ());
        self.wait()
    }

    /// Waits until all that was submitted has run.
    ///
    /// # Errors
    /// When anything went wrong since the device was opened.
    #[cfg(not(target_family = "wasm"))]
    pub fn wait(&self) -> Result<(), GpuError> {
        use std::panic::{AssertUnwindSafe, catch_unwind};
        // wgpu 30 panics when the device is lost during the wait.
        let waited = catch_unwind(AssertUnwindSafe(|| {
            self.device.poll(wgpu::PollType::wait_indefinitely())
        }));
        self.check()?;
        let reason = match waited {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "the wait for its work was broken off".to_owned(),
        };
        let error = GpuError::Lost {
            adapter: self.info.name.clone(),
            reason,
        };
        self.fault.record(error.clone());
        Err(error)
    }

    /// The first `size` bytes of a buffer, after all that was submitted.
    ///
    /// # Errors
    /// When memory runs out, or anything went wrong since the device was opened.
    pub fn read(&self, buffer: &wgpu::Buffer, size: u64) -> Result<Vec<u8>, GpuError> {
        let staging = self.scoped(|device| {
            device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("read back"),
                size,
                usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
                mapped_at_creation: false,
            })
        })?;
        let mut encoder = self.device.create_command_encoder(&Default::default());
        encoder.copy_buffer_to_buffer(buffer, 0, &staging, 0, size);
        self.queue.submit([encoder.finish()]);
        self.map(&staging)?;
        let view = staging
            .get_mapped_range(..)
            .map_err(|error| GpuError::Driver(error.to_string()))?;
        Ok(view.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::gpu::adapter::tests::noop;

    fn buffer(device: &wgpu::Device, size: u64) -> wgpu::Buffer {
        device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size,
            usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC,
            mapped_at_creation: false,
        })
    }

    #[test]
    fn a_weak_adapter_gets_a_sentence() {
        let adapter = noop(wgpu::Limits {
            max_compute_workgroup_storage_size: 8192,
            ..wgpu::Limits::defaults()
        });
        let error = open(&adapter).unwrap_err();
        assert!(
            matches!(
                &error,
                GpuError::Weak {
                    required: 16384,
                    actual: 8192,
                    ..
                }
            ),
            "{error}"
        );
    }

    #[test]
    fn buffers_may_be_as_large_as_the_adapter_allows() {
        let adapter = noop(wgpu::Limits {
            max_buffer_size: 1 << 33,
            max_storage_buffer_binding_size: 1 << 33,
            max_texture_dimension_2d: 16,
            ..wgpu::Limits::defaults()
        });
        let limits = open(&adapter).unwrap().device.limits();
        assert_eq!(limits.max_buffer_size, 1 << 33);
        assert_eq!(limits.max_storage_buffer_binding_size, 1 << 33);
        assert_eq!(limits.max_compute_invocations_per_workgroup, 256);
    }

    #[test]
    fn errors_are_kept_and_typed() {
        let gpu = open(&noop(wgpu::Limits::defaults())).unwrap();
        let too_large = gpu.info.limits.max_buffer_size + 4;
        let error = gpu.scoped(|device| buffer(device, too_large)).unwrap_err();
        assert!(matches!(error, GpuError::Validation(_)), "{error}");
        assert_eq!(gpu.fault(), None, "a scope's errors are its own");

        buffer(&gpu.device, too_large);
        let first = gpu
            .fault()
            .expect("an error outside of any scope is a fault");
        assert!(matches!(first, GpuError::Validation(_)), "{first}");
        gpu.device.destroy();
        assert_eq!(gpu.wait(), Err(first), "the first fault stays");
    }

    #[test]
    fn a_lost_device_is_an_error_of_every_later_call() {
        let gpu = open(&noop(wgpu::Limits::defaults())).unwrap();
        let data = gpu.scoped(|device| buffer(device, 64)).unwrap();
        assert_eq!(gpu.read(&data, 64).unwrap(), vec![0; 64]);
        gpu.device.destroy();
        let error = gpu.wait().unwrap_err();
        assert!(matches!(error, GpuError::Lost { .. }), "{error}");
        assert_eq!(gpu.read(&data, 64), Err(error));
    }
}
