//! An open device that keeps count: buffers, uploads, passes, read-back.

use super::device::OpenDevice;
use super::error::GpuError;
use super::layout::Dispatch;
use super::pipelines::{Kernel, Pipelines};
use crate::backend::Traffic;
use std::sync::{Arc, Mutex, PoisonError};
use web_time::{Duration, Instant};
use wgpu::BufferUsages;

/// Dispatches read their uniform at multiples of this.
const UNIFORM_ALIGN: usize = 256;

/// Bytes of input that a training holds at once, if a buffer may be so large.
const INPUT_BYTES: u64 = 64 << 20;

/// An open device that keeps count.
pub struct Engine {
    pub gpu: Arc<OpenDevice>,
    pub pipelines: Arc<Pipelines>,
    traffic: Arc<Mutex<Traffic>>,
    /// Bytes of spike lists, or of images, that a training holds at once.
    pub input_bytes: u64,
    /// Bytes that one buffer should take at most.
    pub largest_buffer: u64,
    /// Measured time of one step of so many lanes, once it is known.
    pub step_time: Option<(Duration, usize)>,
    /// When the first batch was begun, its steps and lanes, until it is read.
    timed: Option<(Instant, u64, usize)>,
}

impl Engine {
    pub fn new(
        gpu: Arc<OpenDevice>,
        pipelines: Arc<Pipelines>,
        traffic: Arc<Mutex<Traffic>>,
        largest_buffer: u64,
    ) -> Self {
        Self {
            gpu,
            pipelines,
            traffic,
            input_bytes: INPUT_BYTES.min(largest_buffer),
            largest_buffer,
            step_time: None,
            timed: None,
        }
    }

    /// Keeps count of what is asked of the device.
    pub fn count(&self, add: impl FnOnce(&mut Traffic)) {
        add(&mut self.traffic.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// A storage buffer of `words` words, all 0.
    pub fn empty(&self, label: &str, words: usize) -> Result<wgpu::Buffer, GpuError> {
        self.buffer(label, words as u64 * 4, BufferUsages::STORAGE)
    }

    pub fn buffer(
        &self,
        label: &str,
        size: u64,
        usage: BufferUsages,
    ) -> Result<wgpu::Buffer, GpuError> {
        let limits = self.gpu.info.limits;
        let most = limits
            .max_storage_buffer_binding_size
            .min(limits.max_buffer_size);
        if size > most {
            return Err(GpuError::TooLarge {
                adapter: self.gpu.info.name.clone(),
                what: label.into(),
                required: size,
                available: most,
            });
        }
        self.gpu.scoped(|device| {
            device.create_buffer(&wgpu::BufferDescriptor {
                label: Some(label),
                size: size.max(4),
                usage: usage | BufferUsages::COPY_SRC | BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        })
    }

    /// A storage buffer that holds `words`.
    pub fn filled(&mut self, label: &str, words: &[u32]) -> Result<wgpu::Buffer, GpuError> {
        let buffer = self.empty(label, words.len())?;
        self.write(&buffer, bytemuck::cast_slice(words));
        Ok(buffer)
    }

    pub fn write(&mut self, buffer: &wgpu::Buffer, bytes: &[u8]) {
        self.write_at(buffer, 0, bytes);
    }

    /// Writes to a buffer from byte `offset` on.
    pub fn write_at(&mut self, buffer: &wgpu::Buffer, offset: u64, bytes: &[u8]) {
        self.count(|traffic| traffic.bytes_up += bytes.len() as u64);
        self.gpu.queue.write_buffer(buffer, offset, bytes);
    }

    /// A copy of a buffer.
    pub fn copy(&mut self, buffer: &wgpu::Buffer) -> Result<wgpu::Buffer, GpuError> {
        let copy = self.buffer("copy", buffer.size(), BufferUsages::STORAGE)?;
        let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
        encoder.copy_buffer_to_buffer(buffer, 0, &copy, 0, buffer.size());
        self.submit(encoder);
        Ok(copy)
    }

    pub fn submit(&mut self, encoder: wgpu::CommandEncoder) {
        self.count(|traffic| traffic.submits += 1);
        self.gpu.queue.submit([encoder.finish()]);
    }

    /// Begins to time the first steps of so many lanes, or adds to them. The time ends when the results are read, so that
    /// the host never waits just to measure.
    pub fn time(&mut self, steps: u64, lanes: usize) {
        if self.step_time.is_none() {
            let (_, timed, _) = self.timed.get_or_insert((Instant::now(), 0, lanes));
            *timed += steps;
        }
    }

    /// All words of a buffer, after all that was submitted.
    pub fn read(&mut self, buffer: &wgpu::Buffer) -> Result<Vec<u32>, GpuError> {
        self.read_first(buffer, buffer.size() as usize / 4)
    }

    /// The first words of a buffer, after all that was submitted.
    pub fn read_first(
        &mut self,
        buffer: &wgpu::Buffer,
        words: usize,
    ) -> Result<Vec<u32>, GpuError> {
        let size = 4 * words as u64;
        self.count(|traffic| traffic.waits += 1);
        self.count(|traffic| traffic.submits += 1);
        self.count(|traffic| traffic.bytes_down += size);
        let bytes = self.gpu.read(buffer, size)?;
        if let Some((begun, steps, lanes)) = self.timed.take() {
            let steps = u32::try_from(steps).unwrap_or(u32::MAX).max(1);
            self.step_time = Some((begun.elapsed() / steps, lanes));
        }
        Ok(bytemuck::pod_collect_to_vec(&bytes))
    }

    /// Dispatches as a uniform buffer, each where a dynamic offset may point.
    pub fn uniform(&mut self, dispatches: &[Dispatch]) -> Result<wgpu::Buffer, GpuError> {
        let mut bytes = vec![0; dispatches.len().max(1) * UNIFORM_ALIGN];
        for (slot, dispatch) in bytes.chunks_exact_mut(UNIFORM_ALIGN).zip(dispatches) {
            slot[..size_of::<Dispatch>()].copy_from_slice(bytemuck::bytes_of(dispatch));
        }
        let buffer = self.buffer("dispatches", bytes.len() as u64, BufferUsages::UNIFORM)?;
        self.write(&buffer, &bytes);
        Ok(buffer)
    }

    pub fn pass(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        kernel: &Kernel,
        bound: &wgpu::BindGroup,
        index: usize,
        [x, y]: [u32; 2],
    ) {
        let mut pass = encoder.begin_compute_pass(&Default::default());
        pass.set_pipeline(&kernel.pipeline);
        pass.set_bind_group(0, bound, &[(index * UNIFORM_ALIGN) as u32]);
        pass.dispatch_workgroups(x, y, 1);
    }
}
