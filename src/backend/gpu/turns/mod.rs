//! Learning in batches on the GPU: lanes of all networks and of the images of a batch in one dispatch, then a *turn*, which
//! merges what they have learned and draws the input spikes of the next lanes. Twin of src/backend/cpu/batch.

mod queue;

use super::engine::Engine;
use super::error::GpuError;
use super::layout::{BATCH, Dispatch, NO_LANE, Task, USE_WORDS, state_stride};
use super::pipelines::Size;
use super::resident::ForBatches;
use super::session::{Chunk, task};
use super::{Shape, image_of, most_spikes};
use crate::backend::{BackendError, Showing, check_clock};
use crate::model::poisson::stream_of_attempt;
use crate::model::rng::Stream;

/// Input of two runs of lanes: of those whose results are to be merged, and of those that run.
pub(super) struct Turns {
    /// Images of one network that run together at most, by their lanes.
    width: usize,
    /// The same by the room for their tasks and spikes.
    room: usize,
    tasks: wgpu::Buffer,
    spikes: wgpu::Buffer,
    /// Words of one task among the spikes.
    stride: u32,
    /// Whether the second half of the buffers is the next to be filled.
    second_half: bool,
    pending: Option<Dispatch>,
}

/// A part of a batch that runs together.
struct Part<'a> {
    pixels: &'a [u8],
    /// Those of each network.
    showings: Vec<&'a [Showing]>,
    /// Images of the batch, and its place in it.
    batch: usize,
    start: usize,
}

impl Part<'_> {
    /// Images of each network.
    fn lanes(&self) -> usize {
        self.showings[0].len()
    }
}

/// How many lanes of each of `networks` networks fit a buffer, of at most `most` lanes; at least one.
pub(super) fn lanes_that_fit(shape: Shape, networks: usize, most: usize, largest: u64) -> usize {
    let (size, steps) = (Size::of(&shape), shape.steps);
    let slots = steps.delay_e_to_i_max as usize + steps.delay_i_to_e_max as usize + 2;
    let words = state_stride(size).max(slots * size.neurons);
    // A network has two lanes in which nothing runs.
    let fit = (largest / (4 * words * networks) as u64).saturating_sub(2);
    (most as u64).min(fit).clamp(1, 65_535 / networks as u64) as usize
}

impl Turns {
    pub fn new(engine: &mut Engine, width: usize) -> Result<Self, GpuError> {
        Ok(Self {
            width,
            room: 0,
            tasks: engine.empty("tasks", 1)?,
            spikes: engine.empty("spikes", 1)?,
            stride: 0,
            second_half: false,
            pending: None,
        })
    }

    /// What lanes of so many networks need.
    pub fn for_batches(width: usize, networks: usize, shape: Shape) -> ForBatches {
        ForBatches {
            lanes: 1 + width,
            sums: 2 * networks * shape.inputs() * shape.neurons,
            counts: networks * width,
        }
    }
}

impl Chunk {
    /// Trains all networks of the chunk, batch after batch.
    pub fn train_in_batches(
        &mut self,
        pixels: &[u8],
        plan: &[Vec<Showing>],
    ) -> Result<(), BackendError> {
        let steps = self.shape.steps.stimulus + self.shape.steps.rest;
        if plan[0].is_empty() {
            return Ok(());
        }
        self.clear_rings();
        let mut done = 0;
        while done < plan[0].len() {
            let host = &self.hosts[0];
            let batch = host.params.batch_images(host.state.presented);
            for host in &self.hosts {
                let last = host.state.clock.saturating_add((batch as u32 - 1) * steps);
                check_clock(host, &host.params.model.steps()?, last)?;
            }
            let mut start = 0;
            while start < batch {
                let most = self.room_for(pixels, plan, done + start, batch - start)?;
                let range = done + start..done + batch.min(start + most);
                let part = Part {
                    pixels,
                    showings: plan.iter().map(|of| &of[range.clone()]).collect(),
                    batch,
                    start,
                };
                self.run_part(&part)?;
                start += part.lanes();
            }
            for host in &mut self.hosts {
                host.state.clock += batch as u32 * steps;
                host.state.presented += batch as u32;
            }
            done += batch;
        }
        self.collect_counts(true)
    }

    /// Images of each network, of the next `wanted` at most, whose spikes there is room for; makes room for one at least.
    fn room_for(
        &mut self,
        pixels: &[u8],
        plan: &[Vec<Showing>],
        done: usize,
        wanted: usize,
    ) -> Result<usize, GpuError> {
        let (shape, networks) = (self.shape, self.hosts.len());
        let images = plan.iter().flat_map(|of| &of[done..done + wanted]);
        let images = images.map(|showing| image_of(pixels, showing.image, shape.image));
        // The last attempt is the brightest.
        let probabilities = self.probabilities.last().map_or(&[][..], |last| last);
        let most = most_spikes(probabilities, images, shape.steps.stimulus);
        let uses = USE_WORDS * shape.inputs() as u32;
        let list = Engine::list_words(shape.steps.stimulus, shape.inputs(), most);
        let stride = list + uses;
        let turns = self.turns.as_ref().ok_or_else(no_turns)?;
        if turns.stride >= stride {
            return Ok(wanted.min(turns.room));
        }
        let fit = self.engine.at_once(8 * u64::from(stride) * networks as u64);
        let most = fit.min(turns.width);
        self.settle()?;
        let tasks = 2 * networks * most;
        let (words, of_task) = (tasks * stride as usize, size_of::<Task>() / 4);
        let (spikes, tasks) = (
            self.engine.empty("spikes", words)?,
            self.engine.empty("tasks", tasks * of_task)?,
        );
        let turns = self.turns.as_mut().ok_or_else(no_turns)?;
        (turns.stride, turns.room) = (stride, most);
        (turns.spikes, turns.tasks) = (spikes, tasks);
        Ok(wanted.min(most))
    }

    /// Runs a part of a batch; its results are merged in the next turn.
    fn run_part(&mut self, part: &Part<'_>) -> Result<(), BackendError> {
        let begun = self.turns.as_ref().ok_or_else(no_turns)?;
        let half = self.hosts.len() * begun.room;
        let first_task = if begun.second_half { half } else { 0 };
        let mut tasks = Vec::with_capacity(self.hosts.len() * part.lanes());
        for network in 0..self.hosts.len() {
            tasks.extend((0..part.lanes()).map(|place| self.lane_task(part, network, place, 0)));
        }
        let base = Dispatch {
            first_task: first_task as u32,
            lanes: part.lanes() as u32,
            batch: part.batch as u32,
            begins: u32::from(part.start == 0),
            ends: u32::from(part.start + part.lanes() == part.batch),
            from_rest: 1,
            latch: 1,
            ..self.dispatch()
        };
        let pending = self.turns.as_mut().and_then(|turns| turns.pending.take());
        let turn = Dispatch {
            next_task: base.first_task,
            draws: base.lanes,
            ..pending.unwrap_or(Dispatch { lanes: 0, ..base })
        };
        let scales = base.begins == 1
            && self
                .hosts
                .iter()
                .any(|host| host.params.model.learning.w_total > 0.0);
        self.run_lanes(part, &mut tasks, turn, base, scales)?;
        let turns = self.turns.as_mut().ok_or_else(no_turns)?;
        turns.pending = Some(base);
        turns.second_half = !turns.second_half;
        if self.probabilities.len() > 1 {
            self.show_again(part, &mut tasks, base)?;
        }
        Ok(())
    }

    /// What all dispatches of batches share.
    fn dispatch(&self) -> Dispatch {
        let steps = self.shape.steps;
        Dispatch {
            steps: steps.stimulus + steps.rest,
            stimulus: steps.stimulus,
            s1: BATCH,
            slots_s2: self.networks.slots_s2,
            slots_s3: self.networks.slots_s3,
            spikes_stride: self.turns.as_ref().map_or(0, |turns| turns.stride),
            share: (steps.stimulus + 1).div_ceil(self.engine.pipelines.workgroup),
            networks: self.hosts.len() as u32,
            sums: self.lanes.count_words as u32,
            uses: USE_WORDS * self.shape.inputs() as u32,
            ..Dispatch::default()
        }
    }

    /// The task of an image; its image has yet to be uploaded.
    fn lane_task(&self, part: &Part<'_>, network: usize, place: usize, attempt: u32) -> Task {
        let (host, networks) = (&self.hosts[network], self.hosts.len());
        let ahead = (part.start + place) as u32;
        let presentation = host.state.presented + ahead;
        let steps = self.shape.steps.stimulus + self.shape.steps.rest;
        let slot = host.state.clock + ahead * steps;
        let step =
            host.params.step_scale(presentation) * host.params.batch_step(host.state.presented);
        Task {
            lane: (2 * networks + network * part.lanes() + place) as u32,
            rates: attempt * networks as u32 + network as u32,
            stream: stream_of_attempt(Stream::Train, attempt),
            clock: slot.wrapping_add(attempt * steps),
            group: part.showings[network][place].group,
            step_scale: step as f32,
            place: place as u32,
            slot,
            ..task(network, host, Stream::Train, presentation)
        }
    }

    /// Shows images again, brighter, as long as they evoke too few spikes. The host must know the answers before it goes on.
    fn show_again(
        &mut self,
        part: &Part<'_>,
        tasks: &mut [Task],
        base: Dispatch,
    ) -> Result<(), BackendError> {
        // The answers to the last attempt change nothing, but must not be taken for those of the next images.
        for attempt in 1..=self.probabilities.len() as u32 {
            let answers = self.answers(true)?;
            let mut again = false;
            for network in 0..self.hosts.len() {
                let least = self.hosts[network].params.model.input.least_spikes as u32;
                for place in 0..part.lanes() {
                    let at = network * part.lanes() + place;
                    if tasks[at].lane == NO_LANE {
                        continue;
                    }
                    if answers[at] < least && attempt < self.hosts[network].params.model.attempts()
                    {
                        tasks[at] = self.lane_task(part, network, place, attempt);
                        again = true;
                    } else {
                        tasks[at].lane = NO_LANE;
                    }
                }
            }
            if !again {
                break;
            }
            let turn = Dispatch {
                lanes: 0,
                batch: 0,
                next_task: base.first_task,
                draws: base.lanes,
                ..base
            };
            let lanes = Dispatch {
                from_rest: 0,
                ..base
            };
            self.run_lanes(part, tasks, turn, lanes, false)?;
        }
        Ok(())
    }

    /// Merges what has run, so that weights and states are those after the last batch.
    pub fn settle(&mut self) -> Result<(), GpuError> {
        let pending = self.turns.as_mut().and_then(|turns| turns.pending.take());
        let Some(pending) = pending else {
            return Ok(());
        };
        // Nothing is drawn.
        let no_pixels = self.engine.empty("pixels", 1)?;
        self.submit_turn(pending, false, &no_pixels)
    }
}

/// A chunk that does not learn in batches is never asked to.
fn no_turns() -> GpuError {
    GpuError::Validation("these networks do not learn in batches".into())
}
