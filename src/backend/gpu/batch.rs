//! Presentations of all lanes, as dispatches.

use super::engine::Engine;
use super::error::GpuError;
use super::layout::{Dispatch, Task, state_stride};
use super::resident::{Lanes, Networks};
use crate::model::prune::FLUSHED;
use crate::params::REFERENCE_INPUTS;
use std::time::Duration;
use wgpu::BufferUsages;

/// Longest time that one dispatch, and one submission, should take: desktops end what blocks them for seconds.
const LONGEST: Duration = Duration::from_millis(100);
/// Steps of a dispatch of the first batch, before the device's speed is known.
const FIRST_STEPS: u64 = 32;
/// Least number of steps of a submission, in any number of dispatches.
const SUBMITTED_STEPS: u64 = 1024;
/// Steps of a recorded presentation between two readings.
const RECORDED_AT_ONCE: usize = 1000;

/// So many steps, or fewer where a step takes longer for all the inputs that there are.
fn of_inputs(steps: u64, inputs: usize) -> u64 {
    let share = (REFERENCE_INPUTS / inputs as f64).min(1.0);
    ((steps as f64 * share) as u64).max(1)
}

/// What is done to all weights at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Through {
    /// Eq. 5 up to now.
    Flush,
    /// Weak synapses go.
    Check,
}

/// Input of a batch of tasks.
#[derive(Clone, Copy)]
pub enum Input<'a> {
    /// Intensities of images, each beginning with a word of four, and the expected spikes of the brightest.
    Images { pixels: &'a [u8], most_spikes: f64 },
    /// Ready lists: `stride` words for each task.
    Lists { words: &'a [u32], stride: u32 },
}

/// Presentations of some lanes, one after another.
#[derive(Clone, Copy)]
pub struct Batch<'a> {
    /// `presentations` times one task for each of the lanes.
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

impl Batch<'_> {
    /// Lanes that run.
    fn width(&self) -> usize {
        self.tasks.len() / self.presentations.max(1)
    }
}

impl Engine {
    /// Words of the list of the spikes of one image: room for ten standard deviations more than are expected.
    pub fn list_words(stimulus: u32, inputs: usize, most_spikes: f64) -> u32 {
        let most = f64::from(stimulus) * inputs as f64;
        let room = (most_spikes + 10.0 * libm::sqrt(most_spikes) + 64.0).min(most);
        stimulus + 1 + room as u32
    }

    /// Words of one task in the spike lists.
    fn spikes_stride(stimulus: u32, inputs: usize, input: &Input<'_>) -> u32 {
        match input {
            Input::Lists { stride, .. } => *stride,
            Input::Images { most_spikes, .. } => Self::list_words(stimulus, inputs, *most_spikes),
        }
    }

    /// Bytes that one task takes in the buffer of the spike lists, or of the images if that is more.
    pub fn task_bytes(stimulus: u32, inputs: usize, most_spikes: f64) -> u64 {
        let input = Input::Images {
            pixels: &[],
            most_spikes,
        };
        let list = 4 * u64::from(Self::spikes_stride(stimulus, inputs, &input));
        list.max(inputs as u64)
    }

    /// Tasks whose input a training holds at once, `most_spikes` being expected of the brightest image; at least one.
    pub fn tasks_at_once(&self, stimulus: u32, inputs: usize, most_spikes: f64) -> usize {
        self.at_once(Self::task_bytes(stimulus, inputs, most_spikes))
    }

    /// The same for tasks of so many bytes.
    pub fn at_once(&self, task_bytes: u64) -> usize {
        (self.input_bytes / task_bytes).max(1) as usize
    }

    /// Runs a batch; lanes with one presentation each in turns, where their spike lists are too long to be held at once.
    ///
    /// # Errors
    /// As [`Engine::run`].
    pub fn run_in_turns(
        &mut self,
        networks: &Networks,
        lanes: &Lanes,
        batch: &Batch<'_>,
    ) -> Result<(), GpuError> {
        let at_once = match (batch.presentations, batch.input) {
            (1, Input::Images { most_spikes, .. }) => {
                self.tasks_at_once(batch.stimulus, networks.size.inputs, most_spikes)
            }
            _ => batch.tasks.len().max(1),
        };
        for tasks in batch.tasks.chunks(at_once) {
            self.run(networks, lanes, &Batch { tasks, ..*batch })?;
        }
        Ok(())
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
        let total = batch.presentations as u64 * u64::from(batch.steps);
        self.time(total, batch.width());
        let prepared = self.prepare(networks, lanes, batch)?;
        let at_once = self.steps_at_once(networks.size.inputs, batch.width());
        let plan = prepared.plan(batch, 0..total, at_once);
        let submitted = at_once.max(of_inputs(SUBMITTED_STEPS, networks.size.inputs));
        let per_submit = (submitted / at_once.min(batch.steps.into())).max(1);
        for dispatches in plan.chunks(per_submit as usize) {
            self.dispatch(&prepared, dispatches, batch.width())?;
        }
        self.gpu.check()
    }

    /// Steps of one dispatch of so many lanes: all of an image where no desktop waits for the device.
    pub fn steps_at_once(&self, inputs: usize, lanes: usize) -> u64 {
        if self.gpu.info.is_software() {
            return u32::MAX.into();
        }
        match self.step_time {
            Some((step, timed)) => {
                let step = step.as_nanos().max(1) * lanes.div_ceil(timed.max(1)) as u128;
                (LONGEST.as_nanos() / step).max(1) as u64
            }
            None => of_inputs(FIRST_STEPS, inputs),
        }
    }

    /// Runs one presentation of a batch step by step; after each, `fields` of the state of its lanes are
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
        let n = networks.size.neurons as u64;
        let (lane_bytes, field_bytes) = (4 * state_stride(networks.size) as u64, 4 * n);
        let step_bytes = (batch.tasks.len() * fields.len()) as u64 * field_bytes;
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
                let groups = [batch.tasks.len() as u32, 1];
                self.pass(&mut encoder, kernel, &bound, index, groups);
                for task in batch.tasks {
                    for field in fields {
                        let from = u64::from(task.lane) * lane_bytes + field * field_bytes;
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

    /// Goes through all `weights` at the clocks of the tasks, one a network.
    ///
    /// # Errors
    /// When memory runs out or the device fails.
    pub fn go_through(
        &mut self,
        through: Through,
        (networks, lanes): (&Networks, &Lanes),
        tasks: &[Task],
        weights: &wgpu::Buffer,
    ) -> Result<(), GpuError> {
        let tasks = self.filled("tasks", bytemuck::cast_slice(tasks))?;
        let unused = self.empty("spikes", 1)?;
        let uniform = self.uniform(&[Dispatch::default()])?;
        let storage = networks.storage(&tasks, weights, lanes, &unused);
        let kernel = match through {
            Through::Flush => &self.pipelines.flush,
            Through::Check => self.pipelines.check(&self.gpu)?,
        };
        let bound = kernel.bind(&self.gpu.device, &uniform, &storage);
        let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
        self.pass(
            &mut encoder,
            kernel,
            &bound,
            0,
            [
                networks.size.inputs.div_ceil(FLUSHED) as u32,
                networks.count as u32,
            ],
        );
        self.count(|traffic| traffic.dispatches += 1);
        self.submit(encoder);
        self.gpu.check()
    }

    /// Uploads tasks and input, and draws the spikes if they are not given.
    fn prepare<'b>(
        &mut self,
        networks: &'b Networks,
        lanes: &'b Lanes,
        batch: &Batch<'_>,
    ) -> Result<Prepared<'b>, GpuError> {
        let stride = Self::spikes_stride(batch.stimulus, networks.size.inputs, &batch.input);
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
                share,
                ..prepared.base
            })
            .collect();
        let uniform = self.uniform(&dispatches)?;
        let networks = prepared.networks;
        let storage = [
            &prepared.tasks,
            &networks.constants,
            &pixels,
            batch.rates,
            &prepared.spikes,
        ];
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
        width: usize,
    ) -> Result<(), GpuError> {
        let uniform = self.uniform(dispatches)?;
        let kernel = &self.pipelines.advance;
        let bound = kernel.bind(&self.gpu.device, &uniform, &prepared.storage());
        let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
        for index in 0..dispatches.len() {
            self.pass(&mut encoder, kernel, &bound, index, [width as u32, 1]);
        }
        self.count(|traffic| traffic.dispatches += dispatches.len() as u64);
        self.submit(encoder);
        Ok(())
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
        let weights = &self.networks.weights;
        self.networks
            .storage(&self.tasks, weights, self.lanes, &self.spikes)
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
                first_task: (presentation * batch.width() as u64) as u32,
                first_step: first_step as u32,
                steps: steps as u32,
                from_rest: u32::from(batch.from_rest && first_step == 0),
                latch: u32::from(batch.latch && first_step == 0),
                ends: u32::from(first_step + steps == per_presentation),
                ..self.base
            });
            at += steps;
        }
        plan
    }
}
