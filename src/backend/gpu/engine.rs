//! Networks in the device's buffers, and the dispatches that advance them.

use super::Traffic;
use super::device::OpenDevice;
use super::error::GpuError;
use super::layout::{
    Constants, Dispatch, SILENT, Task, delays_stride, pack_delays, pack_rings, pack_state,
    state_stride,
};
use super::pipelines::{Kernel, Pipelines};
use crate::model;
use crate::model::poisson::RateTable;
use crate::network::Network;
use crate::params::INPUTS;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use wgpu::BufferUsages;

/// Longest time that one dispatch, and one submission, should take: desktops end what blocks them for seconds.
const LONGEST: Duration = Duration::from_millis(100);
/// Steps of the first dispatch on a device, whose speed is not known yet.
const FIRST_STEPS: u64 = 32;
/// Dispatches read their uniform at multiples of this.
const UNIFORM_ALIGN: usize = 256;
/// Steps of a recorded presentation between two readings.
const RECORDED_AT_ONCE: usize = 1000;

/// What frozen and learning networks have in common: constants, weights, delays and rates, for R networks.
pub struct Networks {
    pub neurons: usize,
    pub count: usize,
    pub slots_s2: u32,
    pub slots_s3: u32,
    constants: wgpu::Buffer,
    pub weights: wgpu::Buffer,
    delays: wgpu::Buffer,
    pub rates: wgpu::Buffer,
}

/// Running states, one a lane.
pub struct Lanes {
    pub count: usize,
    pub state: wgpu::Buffer,
    pub rings: wgpu::Buffer,
    pub counts: wgpu::Buffer,
}

/// Input of a batch of tasks.
pub enum Input<'a> {
    /// Intensities of images, [`INPUTS`] each, and the expected spikes of the brightest.
    Images { pixels: &'a [u8], most_spikes: f64 },
    /// Ready lists: `stride` words for each task.
    Lists { words: &'a [u32], stride: u32 },
}

/// Presentations of all lanes, one after another.
pub struct Batch<'a> {
    /// `presentations` times one task for each lane.
    pub tasks: &'a [Task],
    pub presentations: usize,
    pub input: Input<'a>,
    pub rates: &'a wgpu::Buffer,
    /// Steps with input, and all steps, of a presentation.
    pub stimulus: u32,
    pub steps: u32,
    pub s1: u32,
    pub from_rest: bool,
    pub latch: bool,
}

/// An open device that keeps count.
pub struct Engine {
    pub gpu: Arc<OpenDevice>,
    pub pipelines: Arc<Pipelines>,
    traffic: Arc<Mutex<Traffic>>,
    /// Measured time of one step of a full set of lanes, once it is known.
    step_time: Option<Duration>,
}

/// Two words for each of the 256 intensities of each network, after the logarithm.
fn rate_words<'a>(tables: impl IntoIterator<Item = &'a RateTable>) -> Vec<u32> {
    let mut words: Vec<u32> = Vec::new();
    for table in tables {
        if words.is_empty() {
            words.extend(table.log2_words());
        }
        let scales = table.scale_words();
        words.extend(
            scales
                .iter()
                .map(|scale| scale.map_or(0, |(mantissa, _)| mantissa)),
        );
        words.extend(
            scales
                .iter()
                .map(|scale| scale.map_or(SILENT, |(_, shift)| shift)),
        );
    }
    words
}

impl Engine {
    pub fn new(
        gpu: Arc<OpenDevice>,
        pipelines: Arc<Pipelines>,
        traffic: Arc<Mutex<Traffic>>,
    ) -> Self {
        Self {
            gpu,
            pipelines,
            traffic,
            step_time: None,
        }
    }

    /// Keeps count of what is asked of the device.
    fn count(&self, add: impl FnOnce(&mut Traffic)) {
        add(&mut self.traffic.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// A storage buffer of `words` words, all 0.
    pub fn empty(&self, label: &str, words: usize) -> Result<wgpu::Buffer, GpuError> {
        self.buffer(label, words as u64 * 4, BufferUsages::STORAGE)
    }

    fn buffer(
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

    fn write(&mut self, buffer: &wgpu::Buffer, bytes: &[u8]) {
        self.count(|traffic| traffic.bytes_up += bytes.len() as u64);
        self.gpu.queue.write_buffer(buffer, 0, bytes);
    }

    /// A buffer of rates, a table for each network.
    pub fn rates(&mut self, tables: &[RateTable]) -> Result<wgpu::Buffer, GpuError> {
        self.filled("rates", &rate_words(tables))
    }

    /// Takes networks onto the device, with these weights instead of their own where given.
    pub fn load(
        &mut self,
        networks: &[&Network],
        weights: &[&[f32]],
    ) -> Result<Networks, GpuError> {
        let params = &networks[0].params;
        let n = params.neurons();
        let (mut constants, mut delays, mut rates) = (Vec::new(), Vec::new(), Vec::new());
        let mut slots = (0, 0);
        for network in networks {
            let c = model::Constants::new(&network.params)
                .map_err(|error| GpuError::Validation(error.to_string()))?;
            slots = (c.steps.delay_s2_max + 1, c.steps.delay_s3_max + 1);
            constants.push(Constants::new(&c, &network.params));
            pack_delays(network, &mut delays);
            rates.push(RateTable::new(&network.params));
        }
        debug_assert_eq!(delays.len(), networks.len() * delays_stride(n));
        let all: Vec<u32> = weights
            .iter()
            .flat_map(|weights| weights.iter().map(|w| w.to_bits()))
            .collect();
        Ok(Networks {
            neurons: n,
            count: networks.len(),
            slots_s2: slots.0,
            slots_s3: slots.1,
            constants: self.filled("constants", bytemuck::cast_slice(&constants))?,
            weights: self.filled("weights", &all)?,
            delays: self.filled("delays", &delays)?,
            rates: self.rates(&rates)?,
        })
    }

    /// Lanes in the states of their networks.
    pub fn load_lanes(&mut self, networks: &[&Network]) -> Result<Lanes, GpuError> {
        let (mut state, mut rings) = (Vec::new(), Vec::new());
        for network in networks {
            pack_state(network, &mut state);
            pack_rings(network, &mut rings);
        }
        let n = networks[0].params.neurons();
        Ok(Lanes {
            count: networks.len(),
            state: self.filled("state", &state)?,
            rings: self.filled("rings", &rings)?,
            counts: self.empty("counts", networks.len() * n)?,
        })
    }

    /// Lanes for images that start from rest.
    pub fn lanes_at_rest(&mut self, networks: &Networks, count: usize) -> Result<Lanes, GpuError> {
        let (n, slots) = (networks.neurons, networks.slots_s2 + networks.slots_s3);
        Ok(Lanes {
            count,
            state: self.empty("state", count * state_stride(n))?,
            rings: self.empty("rings", count * n * slots as usize)?,
            counts: self.empty("counts", count * n)?,
        })
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

    fn wait(&mut self) -> Result<(), GpuError> {
        self.count(|traffic| traffic.waits += 1);
        self.gpu.wait()
    }

    /// All words of a buffer, after all that was submitted.
    pub fn read(&mut self, buffer: &wgpu::Buffer) -> Result<Vec<u32>, GpuError> {
        self.count(|traffic| traffic.waits += 1);
        self.count(|traffic| traffic.submits += 1);
        self.count(|traffic| traffic.bytes_down += buffer.size());
        Ok(bytemuck::pod_collect_to_vec(
            &self.gpu.read(buffer, buffer.size())?,
        ))
    }

    /// The E spikes of each lane's neurons since the last reading.
    pub fn take_counts(&mut self, lanes: &Lanes) -> Result<Vec<u32>, GpuError> {
        let counts = self.read(&lanes.counts)?;
        let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
        encoder.clear_buffer(&lanes.counts, 0, None);
        self.submit(encoder);
        Ok(counts)
    }

    /// Words of one task in the spike lists: room for ten standard deviations more than are expected.
    fn spikes_stride(stimulus: u32, input: &Input<'_>) -> u32 {
        match input {
            Input::Lists { stride, .. } => *stride,
            Input::Images { most_spikes, .. } => {
                let most = f64::from(stimulus) * INPUTS as f64;
                let room = (most_spikes + 10.0 * libm::sqrt(*most_spikes) + 64.0).min(most);
                stimulus + 1 + room as u32
            }
        }
    }

    /// Bytes of spike lists that one task takes.
    pub fn task_bytes(stimulus: u32, most_spikes: f64) -> u64 {
        4 * u64::from(Self::spikes_stride(
            stimulus,
            &Input::Images {
                pixels: &[],
                most_spikes,
            },
        ))
    }

    /// Runs a batch. The work is queued when this returns; reading waits for it.
    ///
    /// # Errors
    /// When memory runs out or the device fails.
    pub fn run(
        &mut self,
        networks: &Networks,
        lanes: &Lanes,
        batch: &Batch<'_>,
    ) -> Result<(), GpuError> {
        let prepared = self.prepare(networks, lanes, batch)?;
        let total = batch.presentations as u64 * u64::from(batch.steps);
        let mut first = 0;
        if self.step_time.is_none() {
            // The first dispatch may still build the kernel; the second tells the speed.
            for _ in 0..2 {
                let next = total.min(first + FIRST_STEPS);
                let start = Instant::now();
                self.dispatch(&prepared, &prepared.plan(batch, first..next, FIRST_STEPS))?;
                self.wait()?;
                let steps = u32::try_from(next - first).unwrap_or(u32::MAX).max(1);
                self.step_time = Some(start.elapsed() / steps);
                first = next;
            }
        }
        let at_once = self.steps_at_once();
        let plan = prepared.plan(batch, first..total, at_once);
        let per_submit = (at_once / u64::from(batch.steps)).max(1) as usize;
        for dispatches in plan.chunks(per_submit) {
            self.dispatch(&prepared, dispatches)?;
        }
        self.gpu.check()
    }

    /// Runs one presentation of a batch step by step; after each, `fields` of the state of all lanes are
    /// copied. Returns them, step after step.
    ///
    /// # Errors
    /// When memory runs out or the device fails.
    pub fn run_recorded(
        &mut self,
        networks: &Networks,
        lanes: &Lanes,
        batch: &Batch<'_>,
        fields: &[u64],
    ) -> Result<Vec<u32>, GpuError> {
        let prepared = self.prepare(networks, lanes, batch)?;
        let n = networks.neurons as u64;
        let (lane_bytes, field_bytes) = (4 * state_stride(networks.neurons) as u64, 4 * n);
        let step_bytes = lanes.count as u64 * fields.len() as u64 * field_bytes;
        let mut record = Vec::new();
        for first in (0..u64::from(batch.steps)).step_by(RECORDED_AT_ONCE) {
            let last = (first + RECORDED_AT_ONCE as u64).min(batch.steps.into());
            let copies =
                self.buffer("record", (last - first) * step_bytes, BufferUsages::STORAGE)?;
            let plan = prepared.plan(batch, first..last, 1);
            let uniform = self.uniform(&plan)?;
            let kernel = &self.pipelines.advance;
            let bound = kernel.bind(&self.gpu.device, &uniform, &prepared.storage());
            let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
            let mut to = 0;
            for index in 0..plan.len() {
                self.pass(&mut encoder, kernel, &bound, index, [lanes.count as u32, 1]);
                for lane in 0..lanes.count as u64 {
                    for field in fields {
                        let from = lane * lane_bytes + field * field_bytes;
                        encoder.copy_buffer_to_buffer(&lanes.state, from, &copies, to, field_bytes);
                        to += field_bytes;
                    }
                }
            }
            self.count(|traffic| traffic.dispatches += plan.len() as u64);
            self.submit(encoder);
            record.extend(self.read(&copies)?);
        }
        Ok(record)
    }

    /// Applies eq. 5 to `weights` up to the clocks of the tasks, one a network.
    ///
    /// # Errors
    /// When memory runs out or the device fails.
    pub fn flush(
        &mut self,
        networks: &Networks,
        lanes: &Lanes,
        tasks: &[Task],
        weights: &wgpu::Buffer,
    ) -> Result<(), GpuError> {
        let tasks = self.filled("tasks", bytemuck::cast_slice(tasks))?;
        let unused = self.empty("spikes", 1)?;
        let uniform = self.uniform(&[Dispatch::default()])?;
        let storage = [
            &tasks,
            &networks.constants,
            weights,
            &lanes.state,
            &lanes.rings,
            &networks.delays,
            &unused,
            &lanes.counts,
        ];
        let kernel = &self.pipelines.flush;
        let bound = kernel.bind(&self.gpu.device, &uniform, &storage);
        let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
        self.pass(
            &mut encoder,
            kernel,
            &bound,
            0,
            [INPUTS as u32, networks.count as u32],
        );
        self.count(|traffic| traffic.dispatches += 1);
        self.submit(encoder);
        self.gpu.check()
    }

    /// Steps of all lanes that fit the longest time of a dispatch.
    fn steps_at_once(&self) -> u64 {
        let step = self
            .step_time
            .unwrap_or(LONGEST)
            .max(Duration::from_nanos(1));
        ((LONGEST.as_nanos() / step.as_nanos()) as u64).max(1)
    }

    /// Uploads tasks and input, and draws the spikes if they are not given.
    fn prepare<'b>(
        &mut self,
        networks: &'b Networks,
        lanes: &'b Lanes,
        batch: &Batch<'_>,
    ) -> Result<Prepared<'b>, GpuError> {
        let stride = Self::spikes_stride(batch.stimulus, &batch.input);
        let tasks = self.filled("tasks", bytemuck::cast_slice(batch.tasks))?;
        let spikes = match &batch.input {
            Input::Lists { words, .. } => self.filled("spikes", words)?,
            Input::Images { .. } => self.empty("spikes", batch.tasks.len() * stride as usize)?,
        };
        let base = Dispatch {
            stimulus: batch.stimulus,
            s1: batch.s1,
            slots_s2: networks.slots_s2,
            slots_s3: networks.slots_s3,
            spikes_stride: stride,
            ..Dispatch::default()
        };
        let prepared = Prepared {
            networks,
            lanes,
            tasks,
            spikes,
            base,
        };
        if let Input::Images { pixels, .. } = batch.input {
            self.draw(batch, pixels, &prepared)?;
        }
        Ok(prepared)
    }

    /// Draws the spikes of all tasks.
    fn draw(
        &mut self,
        batch: &Batch<'_>,
        pixels: &[u8],
        prepared: &Prepared<'_>,
    ) -> Result<(), GpuError> {
        let pixels = self.filled("pixels", &bytemuck::pod_collect_to_vec(pixels))?;
        let share = (batch.stimulus + 1).div_ceil(self.pipelines.workgroup);
        // A dispatch has at most so many workgroups in one dimension.
        let at_once = self.gpu.info.limits.max_compute_workgroups_per_dimension as usize;
        let starts: Vec<usize> = (0..batch.tasks.len()).step_by(at_once).collect();
        let dispatches: Vec<_> = starts
            .iter()
            .map(|&first| Dispatch {
                first_task: first as u32,
                steps: share,
                ..prepared.base
            })
            .collect();
        let uniform = self.uniform(&dispatches)?;
        let storage = [&prepared.tasks, &pixels, batch.rates, &prepared.spikes];
        let kernel = &self.pipelines.poisson;
        let bound = kernel.bind(&self.gpu.device, &uniform, &storage);
        let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
        for (index, &first) in starts.iter().enumerate() {
            let groups = (batch.tasks.len() - first).min(at_once) as u32;
            self.pass(&mut encoder, kernel, &bound, index, [groups, 1]);
        }
        self.count(|traffic| traffic.dispatches += starts.len() as u64);
        self.submit(encoder);
        Ok(())
    }

    /// Queues dispatches of the advancing kernel in one submission.
    fn dispatch(
        &mut self,
        prepared: &Prepared<'_>,
        dispatches: &[Dispatch],
    ) -> Result<(), GpuError> {
        let uniform = self.uniform(dispatches)?;
        let kernel = &self.pipelines.advance;
        let bound = kernel.bind(&self.gpu.device, &uniform, &prepared.storage());
        let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
        for index in 0..dispatches.len() {
            self.pass(
                &mut encoder,
                kernel,
                &bound,
                index,
                [prepared.lanes.count as u32, 1],
            );
        }
        self.count(|traffic| traffic.dispatches += dispatches.len() as u64);
        self.submit(encoder);
        Ok(())
    }

    /// Dispatches as a uniform buffer, each where a dynamic offset may point.
    fn uniform(&mut self, dispatches: &[Dispatch]) -> Result<wgpu::Buffer, GpuError> {
        let mut bytes = vec![0; dispatches.len().max(1) * UNIFORM_ALIGN];
        for (slot, dispatch) in bytes.chunks_exact_mut(UNIFORM_ALIGN).zip(dispatches) {
            slot[..size_of::<Dispatch>()].copy_from_slice(bytemuck::bytes_of(dispatch));
        }
        let buffer = self.buffer("dispatches", bytes.len() as u64, BufferUsages::UNIFORM)?;
        self.write(&buffer, &bytes);
        Ok(buffer)
    }

    fn pass(
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

/// A batch whose input is on the device.
struct Prepared<'a> {
    networks: &'a Networks,
    lanes: &'a Lanes,
    tasks: wgpu::Buffer,
    spikes: wgpu::Buffer,
    /// What all dispatches of the batch share.
    base: Dispatch,
}

impl Prepared<'_> {
    fn storage(&self) -> [&wgpu::Buffer; 8] {
        let (networks, lanes) = (self.networks, self.lanes);
        [
            &self.tasks,
            &networks.constants,
            &networks.weights,
            &lanes.state,
            &lanes.rings,
            &networks.delays,
            &self.spikes,
            &lanes.counts,
        ]
    }

    /// Dispatches for a range of the steps of a batch, counted over its presentations, each of at most
    /// `at_once` steps of one presentation.
    fn plan(&self, batch: &Batch<'_>, range: std::ops::Range<u64>, at_once: u64) -> Vec<Dispatch> {
        let per_presentation = u64::from(batch.steps);
        let mut plan = Vec::new();
        let mut at = range.start;
        while at < range.end {
            let (presentation, first_step) = (at / per_presentation, at % per_presentation);
            let steps = at_once
                .min(per_presentation - first_step)
                .min(range.end - at);
            plan.push(Dispatch {
                first_task: (presentation * self.lanes.count as u64) as u32,
                first_step: first_step as u32,
                steps: steps as u32,
                from_rest: u32::from(batch.from_rest && first_step == 0),
                latch: u32::from(batch.latch && first_step == 0),
                ..self.base
            });
            at += steps;
        }
        plan
    }
}
