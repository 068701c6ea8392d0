//! The GPU backend: compute shaders through wgpu, on Vulkan, Metal or DX12, and in a browser on WebGPU.
//!
//! Networks live in the device's buffers for a whole session. One workgroup runs one lane, one dispatch
//! many steps; the host queues many images ahead and waits only to read counts. What does not fit a
//! buffer runs in chunks, with the same results.

pub mod adapter;
mod batch;
pub mod device;
mod engine;
pub mod error;
#[doc(hidden)]
pub mod layout;
#[doc(hidden)]
pub mod pipelines;
#[cfg(not(target_family = "wasm"))]
pub mod probe;
mod recording;
mod resident;
pub mod self_test;
mod session;
#[cfg(not(target_family = "wasm"))]
pub mod surroundings;
mod testing;
mod training;
mod tuning;
mod turns;
mod wait;

use super::*;
use crate::params::{Lanes as Shape, RETRIES};
use adapter::Adapter;
use device::OpenDevice;
use error::GpuError;
use pipelines::{Pipelines, Size};
use self_test::Tested;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The adapters of the given instance instead of the crate's own, for tests that compute nothing.
#[doc(hidden)]
pub fn adapters_of(instance: &wgpu::Instance) -> Vec<Adapter> {
    adapter::enumerate(instance)
}

/// An open GPU that has passed its self-test.
pub struct Gpu {
    device: Arc<OpenDevice>,
    /// Kernels by size of the network.
    pipelines: Mutex<HashMap<Size, Arc<Pipelines>>>,
    traffic: Arc<Mutex<Traffic>>,
    tested: Tested,
    /// Bytes that one buffer should take at most.
    largest_buffer: u64,
}

/// Bytes that a buffer takes at most by default: what WebGPU promises a binding.
const LARGEST_BUFFER: u64 = 128 << 20;

impl Gpu {
    /// Opens an adapter and tests it.
    ///
    /// # Errors
    /// When it is too weak, cannot be opened or computes wrongly.
    pub fn open(adapter: &Adapter) -> Result<Self, GpuError> {
        let device = device::open(adapter)?;
        let arithmetic = self_test::self_test(&device)?;
        let untested = Tested {
            arithmetic,
            exact: false,
        };
        let mut gpu = Self::of(device, untested);
        gpu.tested.exact = self_test::compare(&gpu)? && !arithmetic.contracts;
        Ok(gpu)
    }

    /// Opens the GPU that a browser gives, and tests it; one in software if that is asked for.
    ///
    /// # Errors
    /// When there is none, it is too weak, cannot be opened or computes wrongly.
    #[cfg(target_family = "wasm")]
    pub fn in_browser(software: bool) -> Result<Self, GpuError> {
        Self::open(&adapter::in_browser(software)?)
    }

    /// Opens an adapter that was tested before, as in another process.
    ///
    /// # Errors
    /// When it is too weak or cannot be opened.
    pub fn open_tested(adapter: &Adapter, tested: Tested) -> Result<Self, GpuError> {
        Ok(Self::of(device::open(adapter)?, tested))
    }

    fn of(device: OpenDevice, tested: Tested) -> Self {
        let largest_buffer = LARGEST_BUFFER.min(device.info.limits.max_storage_buffer_binding_size);
        Self {
            device: Arc::new(device),
            pipelines: Mutex::default(),
            traffic: Arc::default(),
            tested,
            largest_buffer,
        }
    }

    /// The same with buffers of at most so many bytes: for a device that others use too. Larger jobs run in
    /// more chunks; results do not depend on it.
    #[must_use]
    pub fn with_largest_buffer(mut self, bytes: u64) -> Self {
        self.largest_buffer = bytes.min(self.device.info.limits.max_storage_buffer_binding_size);
        self
    }

    /// Bytes that the device can bind in one piece.
    pub fn largest_binding(&self) -> u64 {
        self.device.info.limits.max_storage_buffer_binding_size
    }

    /// What its self-test measured.
    pub fn tested(&self) -> Tested {
        self.tested
    }

    /// Whether results equal the native backend's to the bit, as measured when the device was tested.
    pub fn is_exact(&self) -> bool {
        self.tested.exact && !cfg!(feature = "contracted")
    }

    fn pipelines(&self, size: Size) -> Result<Arc<Pipelines>, GpuError> {
        let mut known = self
            .pipelines
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(pipelines) = known.get(&size) {
            return Ok(pipelines.clone());
        }
        let built = tuning::fastest(self, size)?;
        known.insert(size, built.clone());
        Ok(built)
    }

    fn engine(&self, shape: Shape) -> Result<engine::Engine, GpuError> {
        Ok(engine::Engine::new(
            self.device.clone(),
            self.pipelines(Size::of(&shape))?,
            self.traffic.clone(),
            self.largest_buffer,
        ))
    }
}

impl Backend for Gpu {
    fn device(&self) -> &str {
        &self.device.info.name
    }

    fn kind(&self) -> DeviceKind {
        self.device.info.kind
    }

    fn networks_at_once(&self) -> usize {
        // A workgroup each: enough to fill a large device, few enough to see rows come.
        256
    }

    fn traffic(&self) -> Option<Traffic> {
        Some(*self.traffic.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn start(&self, networks: Vec<Network>) -> Result<Box<dyn Session + '_>, BackendError> {
        networks.iter().try_for_each(Network::check)?;
        check_batches(&networks)?;
        let Some(shape) = common_lanes(networks.iter())? else {
            return Ok(Box::new(session::GpuSession::default()));
        };
        let mut session = session::GpuSession::default();
        let mut rest = networks;
        while !rest.is_empty() {
            let batch = rest[0].params.model.learning.batch;
            let next = rest.split_off(rest.len().min(self.networks_that_fit(shape, batch)));
            session.add(self.engine(shape)?, rest, shape)?;
            rest = next;
        }
        Ok(Box::new(session))
    }

    fn test(
        &self,
        networks: &[Frozen<'_>],
        images: TestImages<'_>,
    ) -> Result<Vec<SpikeCounts>, BackendError> {
        check_test(networks, images)?;
        let Some(shape) = common_lanes(networks.iter().map(|frozen| frozen.network))? else {
            return Ok(Vec::new());
        };
        let mut counts = Vec::with_capacity(networks.len());
        for networks in networks.chunks(self.networks_that_fit(shape, 1)) {
            let engine = self.engine(shape)?;
            counts.extend(testing::test(
                engine,
                networks,
                images,
                shape,
                self.largest_buffer,
            )?);
        }
        Ok(counts)
    }

    fn record_test(
        &self,
        network: Frozen<'_>,
        image: TestImage<'_>,
        watch: &[u32],
    ) -> Result<Record, BackendError> {
        let index = [image.image];
        let images = image.alone(&index);
        check_test(&[network], images)?;
        check_watch(&network.network.params, watch)?;
        let Some(shape) = common_lanes(std::iter::once(network.network))? else {
            return Ok(Record::default());
        };
        testing::record(self.engine(shape)?, network, images, watch, shape)
    }
}

impl Gpu {
    /// How many networks that learn in batches of so many images fit buffers of weights, delays and states; at least one,
    /// whose batches then run in parts, or which may be refused.
    fn networks_that_fit(&self, shape: Shape, batch: usize) -> usize {
        let (n, size) = (shape.neurons, Size::of(&shape));
        let slots =
            shape.steps.delay_e_to_i_max as usize + shape.steps.delay_i_to_e_max as usize + 2;
        let (sums, lanes) = match batch {
            1 => (0, 1),
            batch => (2 * size.inputs * n + n + batch, batch + 2),
        };
        let words = [
            (size.inputs * n).max(sums),
            layout::fixed_stride(size),
            lanes * layout::state_stride(size),
            lanes * slots * n,
            2 * 256 * (RETRIES as usize + 1),
        ];
        let largest = words.into_iter().max().unwrap_or(1) as u64 * 4;
        let most = self.device.info.limits.max_compute_workgroups_per_dimension;
        (self.largest_buffer / largest).clamp(1, most.into()) as usize
    }
}

/// Images that tasks name, each uploaded once; each begins with a word of four intensities.
#[derive(Default)]
struct Uploads {
    slots: HashMap<(u32, Shift), u32>,
    pixels: Vec<u8>,
}

impl Uploads {
    /// The place of an image among those uploaded.
    fn slot(&mut self, pixels: &[u8], image: u32, shape: ImageShape, shift: Shift) -> u32 {
        let next = self.slots.len() as u32;
        *self.slots.entry((image, shift)).or_insert_with(|| {
            let shown = shifted(pixels, image, shape, shift);
            self.pixels.extend_from_slice(&shown);
            self.pixels.resize(self.pixels.len().next_multiple_of(4), 0);
            next
        })
    }
}

/// Expected spikes of the brightest image, the probability of a spike in a step given for each intensity.
fn most_spikes<'a>(
    probabilities: &[f64],
    images: impl Iterator<Item = &'a [u8]>,
    steps: u32,
) -> f64 {
    let expected = |image: &[u8]| {
        image
            .iter()
            .map(|&intensity| probabilities[usize::from(intensity)])
            .sum::<f64>()
    };
    images.map(expected).fold(0.0, f64::max) * f64::from(steps)
}
