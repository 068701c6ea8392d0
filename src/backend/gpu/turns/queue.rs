//! What a turn and the lanes after it queue on the device.

use super::super::Uploads;
use super::super::error::GpuError;
use super::super::layout::{Dispatch, Task};
use super::super::session::Chunk;
use super::{Part, no_turns};
use crate::model::prune::FLUSHED;

impl Chunk {
    /// Nothing is under way in the networks themselves, whatever was presented to them.
    pub(super) fn clear_rings(&mut self) {
        let slots = u64::from(self.networks.slots_s2 + self.networks.slots_s3);
        let words = slots * (self.hosts.len() * self.shape.neurons) as u64;
        let mut encoder = self
            .engine
            .gpu
            .device
            .create_command_encoder(&Default::default());
        encoder.clear_buffer(&self.lanes.rings, 0, Some(4 * words));
        self.engine.submit(encoder);
    }

    /// A turn, then the lanes of its tasks: from rest where `lanes` says so, else on from where they are.
    pub(super) fn run_lanes(
        &mut self,
        part: &Part<'_>,
        tasks: &mut [Task],
        turn: Dispatch,
        lanes: Dispatch,
        scales: bool,
    ) -> Result<(), GpuError> {
        let mut uploads = Uploads::default();
        for (at, task) in tasks.iter_mut().enumerate() {
            let showing = part.showings[at / part.lanes()][at % part.lanes()];
            task.image = uploads.slot(part.pixels, showing.image, self.shape.image, showing.shift);
        }
        let pixels =
            (self.engine).filled("pixels", &bytemuck::pod_collect_to_vec(&uploads.pixels))?;
        let turns = self.turns.as_ref().ok_or_else(no_turns)?;
        let offset = u64::from(lanes.first_task) * size_of::<Task>() as u64;
        (self.engine).write_at(&turns.tasks, offset, bytemuck::cast_slice(tasks));
        self.engine.time(u64::from(lanes.steps), tasks.len());
        let at_once = self.engine.steps_at_once(self.shape.inputs(), tasks.len());
        let advance = (0..lanes.steps)
            .step_by(at_once as usize)
            .map(|first_step| {
                let steps = (lanes.steps - first_step).min(at_once as u32);
                Dispatch {
                    first_step,
                    steps,
                    from_rest: u32::from(first_step == 0) & lanes.from_rest,
                    latch: u32::from(first_step == 0) & lanes.latch,
                    ends: u32::from(first_step + steps == lanes.steps),
                    ..lanes
                }
            });
        let advance: Vec<Dispatch> = advance.collect();
        self.submit_turn(turn, scales, &pixels)?;
        self.submit_lanes(&advance, tasks.len())
    }

    /// Queues a turn, and, where asked to, the scaling of the weights after it.
    pub(super) fn submit_turn(
        &mut self,
        turn: Dispatch,
        scales: bool,
        pixels: &wgpu::Buffer,
    ) -> Result<(), GpuError> {
        let turns = self.turns.as_ref().ok_or_else(no_turns)?;
        let (networks, lanes, engine) = (&self.networks, &self.lanes, &mut self.engine);
        let uniform = engine.uniform(&[turn])?;
        let (gpu, pipelines) = (engine.gpu.clone(), engine.pipelines.clone());
        let kernels = pipelines.of_batches(&gpu)?;
        let kernel = &kernels.turn;
        let bound = kernel.bind(
            &engine.gpu.device,
            &uniform,
            &[
                &turns.tasks,
                &networks.constants,
                &networks.weights,
                &lanes.state,
                &lanes.totals,
                pixels,
                &networks.rates,
                &turns.spikes,
            ],
        );
        let mut encoder = engine
            .gpu
            .device
            .create_command_encoder(&Default::default());
        let of_neurons = (self.shape.neurons as u32).div_ceil(engine.pipelines.workgroup);
        let of_inputs = self.shape.inputs().div_ceil(FLUSHED) as u32;
        let y = turn.networks;
        let groups = [of_inputs + of_neurons + turn.draws, y];
        engine.pass(&mut encoder, kernel, &bound, 0, groups);
        if scales {
            let kernel = &kernels.scale;
            let storage = networks.storage(&turns.tasks, &networks.weights, lanes, &turns.spikes);
            let bound = kernel.bind(&engine.gpu.device, &uniform, &storage);
            engine.pass(&mut encoder, kernel, &bound, 0, [of_neurons, y]);
        }
        engine.count(|traffic| traffic.dispatches += 1 + u64::from(scales));
        engine.submit(encoder);
        engine.gpu.check()
    }

    /// Queues the steps of lanes.
    fn submit_lanes(&mut self, advance: &[Dispatch], lanes: usize) -> Result<(), GpuError> {
        let turns = self.turns.as_ref().ok_or_else(no_turns)?;
        let engine = &mut self.engine;
        let uniform = engine.uniform(advance)?;
        let pipelines = engine.pipelines.clone();
        let kernel = &pipelines.advance;
        let weights = &self.networks.weights;
        let storage = (self.networks).storage(&turns.tasks, weights, &self.lanes, &turns.spikes);
        let bound = kernel.bind(&engine.gpu.device, &uniform, &storage);
        for index in 0..advance.len() {
            let mut encoder = engine
                .gpu
                .device
                .create_command_encoder(&Default::default());
            engine.pass(&mut encoder, kernel, &bound, index, [lanes as u32, 1]);
            engine.count(|traffic| traffic.dispatches += 1);
            engine.submit(encoder);
        }
        engine.gpu.check()
    }
}
