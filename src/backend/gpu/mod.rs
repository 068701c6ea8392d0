//! The GPU backend: compute shaders through wgpu, on Vulkan, Metal or DX12.
//!
//! Networks live in the device's buffers for a whole session. One workgroup runs one lane, one dispatch
//! many steps; the host queues many images ahead and waits only to read counts.

pub mod adapter;
pub mod choice;
pub mod device;
mod engine;
pub mod error;
mod layout;
mod pipelines;
pub mod self_test;
mod session;
mod testing;

use super::*;
use crate::params::Steps;
use adapter::Adapter;
use device::OpenDevice;
use error::GpuError;
use pipelines::Pipelines;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// An open GPU that has passed its self-test.
pub struct Gpu {
    device: Arc<OpenDevice>,
    /// Kernels by number of neurons.
    pipelines: Mutex<HashMap<usize, Arc<Pipelines>>>,
}

impl Gpu {
    /// Opens an adapter and tests it.
    ///
    /// # Errors
    /// When it is too weak, cannot be opened or computes wrongly.
    pub fn open(adapter: &Adapter) -> Result<Self, GpuError> {
        let device = device::open(adapter)?;
        self_test::self_test(&device)?;
        Ok(Self {
            device: Arc::new(device),
            pipelines: Mutex::default(),
        })
    }

    fn pipelines(&self, neurons: usize) -> Result<Arc<Pipelines>, GpuError> {
        let mut known = self
            .pipelines
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(pipelines) = known.get(&neurons) {
            return Ok(pipelines.clone());
        }
        let built = Arc::new(Pipelines::new(&self.device, neurons)?);
        known.insert(neurons, built.clone());
        Ok(built)
    }

    fn engine(&self, neurons: usize) -> Result<engine::Engine, GpuError> {
        Ok(engine::Engine::new(
            self.device.clone(),
            self.pipelines(neurons)?,
        ))
    }
}

impl Backend for Gpu {
    fn device(&self) -> &str {
        &self.device.info.name
    }

    fn start(&self, networks: Vec<Network>) -> Result<Box<dyn Session + '_>, BackendError> {
        let Some(shape) = common_shape(networks.iter())? else {
            return Ok(Box::new(session::GpuSession::empty()));
        };
        let engine = self.engine(shape.neurons)?;
        Ok(Box::new(session::GpuSession::new(engine, networks, shape)?))
    }

    fn test(
        &self,
        networks: &[Frozen<'_>],
        images: TestImages<'_>,
    ) -> Result<Vec<SpikeCounts>, BackendError> {
        for &image in images.images {
            check_image(images.pixels, image)?;
        }
        let Some(shape) = common_shape(networks.iter().map(|frozen| frozen.network))? else {
            return Ok(Vec::new());
        };
        testing::test(self.engine(shape.neurons)?, networks, images, shape)
    }
}

/// What lanes of one dispatch have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shape {
    neurons: usize,
    steps: Steps,
}

/// Checks networks and that they can run side by side; none when there are none.
fn common_shape<'a>(
    networks: impl Iterator<Item = &'a Network>,
) -> Result<Option<Shape>, BackendError> {
    let mut common = None;
    for network in networks {
        network.check()?;
        let Steps {
            stimulus,
            rest,
            delay_s2_max,
            delay_s3_max,
            window,
            ..
        } = network.params.steps()?;
        // Refractory times may differ from lane to lane.
        let steps = Steps {
            stimulus,
            rest,
            delay_s2_max,
            delay_s3_max,
            window,
            refractory_e: 0,
            refractory_i: 0,
        };
        let shape = Shape {
            neurons: network.params.neurons(),
            steps,
        };
        if *common.get_or_insert(shape) != shape {
            return Err(BackendError::Mixed);
        }
    }
    Ok(common)
}

/// Images that tasks name, each uploaded once.
#[derive(Default)]
struct Uploads {
    slots: HashMap<u32, u32>,
    pixels: Vec<u8>,
}

impl Uploads {
    /// The place of an image among those uploaded.
    fn slot(&mut self, pixels: &[u8], image: u32) -> u32 {
        let next = self.slots.len() as u32;
        *self.slots.entry(image).or_insert_with(|| {
            self.pixels
                .extend_from_slice(&pixels[image as usize * INPUTS..][..INPUTS]);
            next
        })
    }

    /// Expected spikes of the brightest image at the rates of any network.
    fn most_spikes(&self, tables: &[crate::model::poisson::RateTable], steps: u32) -> f64 {
        let images = self.pixels.chunks_exact(INPUTS);
        let expected =
            images.flat_map(|image| tables.iter().map(|table| table.expected(image, steps)));
        expected.fold(0.0, f64::max)
    }
}
