//! One network in training on the CPU, batch by batch: the images of a batch run side by side, each in a lane of its own.

mod slot;

use super::decays::Decays;
use super::lane::{Lane, NetworkOnCpu, Room};
use crate::backend::{BackendError, Showing, check_clock};
use crate::model::batch::{Passed, Use, merged};
use crate::model::prune::LINEAR;
use crate::model::{BLOCK, Block, lif, normalize};
use rayon::prelude::*;
use slot::{Batch, Slot, Worker};
use std::sync::{Mutex, PoisonError};

/// Rows of weights that are changed together: a cache line of the sums of each neuron.
const ROWS: usize = 8;

/// What batches need besides the network; nothing where images are learned from one by one.
#[derive(Default)]
pub struct BatchRoom {
    workers: Vec<Worker>,
    slots: Vec<Slot>,
}

/// Nothing of it outlasts a batch.
impl Clone for BatchRoom {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl NetworkOnCpu {
    /// Shows images, batch after batch; the last ends with them.
    pub fn train_batches(
        &mut self,
        pixels: &[u8],
        showings: &[Showing],
        workers: usize,
    ) -> Result<(), BackendError> {
        let mut rest = showings;
        while !rest.is_empty() {
            let images = (self.network.params).batch_images(self.network.state.presented);
            let (showings, next) = rest.split_at(images.min(rest.len()));
            let before = self.network.state.presented;
            self.train_batch(pixels, showings, workers)?;
            self.check_synapses(before);
            rest = next;
        }
        Ok(())
    }

    fn train_batch(
        &mut self,
        pixels: &[u8],
        showings: &[Showing],
        workers: usize,
    ) -> Result<(), BackendError> {
        let images = showings.len() as u32;
        let last = self
            .lane
            .clock
            .saturating_add((images - 1) * self.slot_steps());
        check_clock(&self.network, &self.steps, last)?;
        let mut room = std::mem::take(&mut self.batch);
        self.begin_batch(&mut room, showings.len(), workers);
        let at_rest = self.lane_at_rest();
        let batch = Batch {
            network: self,
            pixels,
            showings,
            at_rest: &at_rest,
            step: self.network.params.batch_step(self.network.state.presented),
        };
        let slots = &mut room.slots[..showings.len()];
        (slots.par_iter_mut().enumerate()).for_each_init(Decays::default, |decays, (k, slot)| {
            batch.draw(k, slot, decays)
        });
        let passed = batch.pass_slots(slots);
        let queue = Mutex::new(slots.iter_mut().enumerate());
        let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
        room.workers[..workers].par_iter_mut().for_each(|worker| {
            while let Some((k, slot)) = next() {
                slot.ended = batch.run(k, slot, worker);
            }
        });
        for slot in &mut room.slots[..showings.len()] {
            std::mem::replace(&mut slot.ended, Ok(()))?;
        }
        self.merge_weights(&mut room.workers, &passed);
        self.merge_neurons(&room.slots[..showings.len()]);
        let clock = self.lane.clock + images * self.slot_steps();
        self.lane = self.lane_at_rest();
        self.lane.begin_at(clock, self.steps.refractory_i);
        self.inputs.trace_pre.fill(0.0);
        self.inputs.last_input = passed.iter().map(|passed| passed.last_input).collect();
        self.network.state.presented += images;
        self.batch = room;
        Ok(())
    }

    /// Bytes that the network takes, and the lanes and sums of its batches.
    pub fn memory(&self, workers: usize) -> u64 {
        let (inputs, neurons) = (self.inputs.trace_pre.len(), self.lane.neurons.v_e_mv.len());
        let weights = size_of_val(&self.weights[..]);
        let wiring = self.wiring.bytes();
        let params = &self.network.params;
        if !params.learns_in_batches() {
            return (2 * weights + wiring) as u64;
        }
        let batch = params.model.learning.batch;
        // What a worker keeps of S1 are sums, and a mask where synapses drop out.
        let masks = usize::from(self.training.dropout.threshold > 0);
        let of_worker = weights / size_of::<f32>() * size_of::<i64>() + masks * weights;
        let of_input = size_of::<Use>() + size_of::<Passed>();
        let most_spikes = inputs * self.steps.stimulus as usize;
        // Expected spikes are some percent of those that there may be: an eighth is not passed.
        let of_slot = inputs * of_input + 4 * neurons * size_of::<Block>() + most_spikes / 8 * 14;
        (2 * weights + wiring + workers.min(batch) * of_worker + batch * of_slot) as u64
    }

    /// Steps of the slot of one image.
    fn slot_steps(&self) -> u32 {
        self.steps.stimulus + self.steps.rest
    }

    /// What happens once, before the images.
    fn begin_batch(&mut self, room: &mut BatchRoom, images: usize, workers: usize) {
        let (c, inputs) = (&self.training, self.inputs.trace_pre.len());
        let n = &mut self.lane.neurons;
        lif::latch(&c.excitatory, &mut n.v_threshold_mv, &mut n.v_latched_mv);
        if c.normalize.w_total > 0.0 {
            normalize::normalize(c, &mut self.weights, n.v_e_mv.len());
        }
        if room.slots.len() < images {
            room.slots
                .resize_with(images, || Slot::new(inputs, &self.lane));
        }
        while room.workers.len() < workers {
            room.workers.push(Worker {
                lane: self.lane.clone(),
                inputs: self.inputs.clone(),
                since: vec![0.0; inputs],
                room: Room::new(inputs),
                sums: vec![0; self.weights.len() * BLOCK],
            });
        }
    }

    /// The state in which each image of a batch begins: at rest but for what outlasts an image.
    fn lane_at_rest(&self) -> Lane {
        let (c, home) = (&self.training, &self.lane.neurons);
        let thresholds_mv = vec![c.excitatory.v_threshold_mv; self.lane.size()];
        let mut lane = Lane::at_rest(c, &self.steps, &thresholds_mv);
        if self.network.params.remembers_thresholds() {
            lane.neurons.v_threshold_mv.clone_from(&home.v_threshold_mv);
        }
        lane.neurons.rule_state_1.clone_from(&home.rule_state_1);
        lane.neurons.rule_state_2.clone_from(&home.rule_state_2);
        lane.neurons.last_spike_e.clone_from(&home.last_spike_e);
        lane
    }

    /// Adds the sums of all workers to the weights, which have decayed as their inputs have been used.
    fn merge_weights(&mut self, workers: &mut [Worker], passed: &[Passed]) {
        let (c, blocks) = (&self.training, self.lane.neurons.v_e_mv.len());
        let linear = c.prune.decay == LINEAR;
        let inputs = passed.len();
        let Some((first, others)) = workers.split_first_mut() else {
            return;
        };
        for other in others {
            let of_neurons = first
                .sums
                .par_chunks_mut(inputs)
                .zip(other.sums.par_chunks_mut(inputs));
            of_neurons.for_each(|(sums, others)| {
                for (sum, other) in sums.iter_mut().zip(others) {
                    *sum += std::mem::take(other);
                }
            });
        }
        let sums = &first.sums;
        let rows = self.weights.par_chunks_mut(ROWS * blocks).enumerate();
        rows.for_each(|(part, weights)| {
            for b in 0..blocks {
                for (row, passed) in passed[part * ROWS..].iter().take(ROWS).enumerate() {
                    let (i, weights) = (part * ROWS + row, &mut weights[row * blocks + b]);
                    for (l, w) in weights.0.iter_mut().enumerate() {
                        let sum = sums[(b * BLOCK + l) * inputs + i];
                        *w = merged(c, linear, *w, passed.decay, sum);
                    }
                }
            }
        });
        first
            .sums
            .par_chunks_mut(inputs)
            .for_each(|sums| sums.fill(0));
    }

    /// Adds up, slot after slot, what outlasts the images.
    fn merge_neurons(&mut self, slots: &[Slot]) {
        let home = &mut self.lane.neurons;
        let found = home.clone();
        let add = |home: &mut [Block], found: &[Block], end: &[Block]| {
            for ((home, found), end) in home.iter_mut().zip(found).zip(end) {
                for l in 0..BLOCK {
                    home.0[l] += end.0[l] - found.0[l];
                }
            }
        };
        let c = &self.training.excitatory;
        if self.network.params.remembers_thresholds() {
            // The first image's time has passed when the batch began.
            for _ in 1..slots.len() {
                lif::latch(c, &mut home.v_threshold_mv, &mut home.v_latched_mv);
            }
            for slot in slots {
                add(
                    &mut home.v_threshold_mv,
                    &found.v_threshold_mv,
                    &slot.v_threshold_mv,
                );
            }
        }
        for slot in slots {
            add(
                &mut home.rule_state_1,
                &found.rule_state_1,
                &slot.rule_state_1,
            );
            add(
                &mut home.rule_state_2,
                &found.rule_state_2,
                &slot.rule_state_2,
            );
            let ends = slot.last_spike_e.iter().zip(&found.last_spike_e);
            for (home, (&end, &found)) in home.last_spike_e.iter_mut().zip(ends) {
                if end != found {
                    *home = end;
                }
            }
            self.network.state.spikes_e += slot.spikes_e;
        }
    }
}
