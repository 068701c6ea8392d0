//! One network in training on the CPU, batch by batch: the images of a batch run side by side, each in a lane of its own.

use super::decays::Decays;
use super::lane::{Lane, NetworkOnCpu, Room};
use super::step::{self, Plastic, Presentation, S1};
use crate::backend::{BackendError, Showing, check_clock, shifted};
use crate::model::batch::{Passed, Use, merged, pass_slot};
use crate::model::poisson::{Draw, SpikeList};
use crate::model::prune::{LINEAR, no_decay};
use crate::model::rng::Stream;
use crate::model::state::Inputs;
use crate::model::{BLOCK, Block, dropout, lif, normalize};
use rayon::prelude::*;
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

/// What runs one lane after another: its state, and the sums of what all its lanes change.
struct Worker {
    lane: Lane,
    inputs: Inputs<Vec<f32>, Vec<u32>>,
    /// How the weights of each input have decayed since the batch began.
    since: Vec<f32>,
    room: Room,
    /// Those of a neuron follow one another, one for each input.
    sums: Vec<i64>,
}

/// One image of a batch.
struct Slot {
    /// What it evokes in the inputs when it is shown for the first time.
    spikes: SpikeList,
    used: Vec<Use>,
    /// Where the inputs are when it comes on.
    passed: Vec<Passed>,
    /// Variables that outlast the image, as it leaves them.
    v_threshold_mv: Vec<Block>,
    rule_state_1: Vec<Block>,
    rule_state_2: Vec<Block>,
    last_spike_e: Vec<u32>,
    spikes_e: u64,
    ended: Result<(), BackendError>,
}

impl Slot {
    fn new(inputs: usize, lane: &Lane) -> Self {
        Self {
            spikes: SpikeList::default(),
            used: Vec::new(),
            passed: vec![Passed::default(); inputs],
            v_threshold_mv: lane.neurons.v_threshold_mv.clone(),
            rule_state_1: lane.neurons.rule_state_1.clone(),
            rule_state_2: lane.neurons.rule_state_2.clone(),
            last_spike_e: lane.neurons.last_spike_e.clone(),
            spikes_e: 0,
            ended: Ok(()),
        }
    }
}

/// What all lanes of a batch share.
struct Batch<'a> {
    network: &'a NetworkOnCpu,
    pixels: &'a [u8],
    showings: &'a [Showing],
    /// As the batch found them.
    at_rest: &'a Lane,
    step: f64,
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
            self.train_batch(pixels, showings, workers)?;
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
        let wiring = size_of_val(&self.wiring.delays_s3[..]);
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
        let of_slot = inputs * of_input + 4 * neurons * size_of::<Block>() + most_spikes / 8 * 10;
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
                        *w = merged(&c.batch, &c.stdp, linear, *w, passed.decay, sum);
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

impl Lane {
    /// Sets the clock of a lane at rest, whose I neurons may fire at once.
    fn begin_at(&mut self, clock: u32, refractory_i: u32) {
        self.clock = clock;
        let last = clock.wrapping_add(lif::long_ago(refractory_i));
        self.neurons.last_spike_i.fill(last);
    }
}

impl Batch<'_> {
    fn presentation(&self, k: usize) -> u32 {
        self.network.network.state.presented + k as u32
    }

    /// Clock at the start of the slot of an image.
    fn clock(&self, k: usize) -> u32 {
        self.network.lane.clock + k as u32 * self.network.slot_steps()
    }

    /// Draws what an image evokes in the inputs when it is shown for the `attempt`-th time again.
    fn spikes(&self, k: usize, attempt: usize, spikes: &mut SpikeList) {
        let (network, showing) = (self.network, self.showings[k]);
        let shape = network.network.params.model.input.shape();
        let image = shifted(self.pixels, showing.image, shape, showing.shift);
        let draw = Draw {
            seed: network.network.seed,
            stream: Stream::Train,
            presentation: self.presentation(k),
            attempt: attempt as u32,
        };
        network.rates[attempt].draw(draw, &image, network.steps.stimulus, spikes);
    }

    /// Draws the input spikes of an image, and notes when each input is used.
    fn draw(&self, k: usize, slot: &mut Slot, decays: &mut Decays) {
        self.spikes(k, 0, &mut slot.spikes);
        let c = &self.network.training;
        if c.prune.continuous == 1 {
            let last_input = &self.network.inputs.last_input;
            decays.compute(c, &slot.spikes, self.clock(k), last_input);
        }
        slot.used.clear();
        slot.used.resize(slot.passed.len(), Use::none(&c.prune));
        let mut since_last = decays.prune.iter();
        for step in 0..slot.spikes.steps() {
            for &input in slot.spikes.at(step) {
                // Where it is the first one, its decay is another: other images come before.
                let decay = since_last.next().copied().unwrap_or_default();
                slot.used[usize::from(input)].note(&c.prune, step, decay);
            }
        }
    }

    /// Takes down where the inputs are when each image comes on; returns where the batch leaves them. When inputs fire
    /// depends on no network, nor on images that are shown again.
    fn pass_slots(&self, slots: &mut [Slot]) -> Vec<Passed> {
        let c = &self.network.training.prune;
        let begin = |&last_input: &u32| Passed {
            last_input,
            decay: no_decay(c),
        };
        let mut passed: Vec<Passed> = self.network.inputs.last_input.iter().map(begin).collect();
        for (k, slot) in slots.iter_mut().enumerate() {
            slot.passed.copy_from_slice(&passed);
            let clock = self.clock(k);
            for (passed, &used) in passed.iter_mut().zip(&slot.used) {
                *passed = pass_slot(c, *passed, used, clock);
            }
        }
        passed
    }

    /// Shows an image from rest, again and brighter as long as it evokes too few spikes.
    fn run(&self, k: usize, slot: &mut Slot, worker: &mut Worker) -> Result<(), BackendError> {
        let (network, params) = (self.network, &self.network.network.params);
        let (lane, inputs) = (&mut worker.lane, &mut worker.inputs);
        lane.clone_from(self.at_rest);
        lane.begin_at(self.clock(k), network.steps.refractory_i);
        let starts = inputs.last_input.iter_mut().zip(&mut worker.since);
        for ((last_input, since), passed) in starts.zip(&slot.passed) {
            (*last_input, *since) = (passed.last_input, passed.decay);
        }
        inputs.trace_pre.fill(0.0);
        let c = &network.training;
        if c.dropout.threshold > 0 {
            let (seed, size) = (network.network.seed, [slot.passed.len(), lane.size()]);
            dropout::fill(
                &c.dropout,
                seed,
                self.presentation(k),
                size,
                &mut worker.room.kept,
            );
        }
        slot.spikes_e = 0;
        for attempt in 0..network.rates.len() {
            if attempt > 0 {
                self.spikes(k, attempt, &mut slot.spikes);
            }
            self.present(k, &slot.spikes, worker);
            slot.spikes_e += worker.lane.spikes();
            if worker.lane.spikes() >= params.model.input.least_spikes as u64 {
                break;
            }
        }
        self.end(k, slot, &worker.lane);
        network.check_finite(&worker.lane)
    }

    fn present(&self, k: usize, spikes: &SpikeList, worker: &mut Worker) {
        let (network, presentation) = (self.network, self.presentation(k));
        let (c, params) = (&network.training, &network.network.params);
        let Worker {
            lane,
            inputs,
            since,
            room,
            sums,
        } = worker;
        with_traces(spikes, &inputs.trace_pre, &mut room.active);
        let s1 = S1::Learning {
            plastic: Plastic::Sums {
                weights: &network.weights,
                sums,
                since,
            },
            last_input: &mut inputs.last_input,
            decays: &mut room.decays,
            trace_pre: &mut inputs.trace_pre,
            trace_now: &mut room.trace_now,
            active: &room.active,
            group: self.showings[k].group,
            step_scale: (params.step_scale(presentation) * self.step) as f32,
            presented: params.share_done(presentation) as f32,
            rule: &network.rule,
            rule_values: &mut room.rule_values,
            kept: (c.dropout.threshold > 0).then_some(&room.kept[..]),
        };
        let presentation = Presentation {
            spikes,
            steps: network.slot_steps(),
            recorder: None,
        };
        step::present(c, &network.wiring, lane, s1, presentation);
    }

    /// Takes down what outlasts an image. A spike after the slot, where an image was shown again, counts as one at its end.
    fn end(&self, k: usize, slot: &mut Slot, lane: &Lane) {
        let (clock, steps) = (self.clock(k), self.network.slot_steps());
        let n = &lane.neurons;
        slot.v_threshold_mv.clone_from(&n.v_threshold_mv);
        slot.rule_state_1.clone_from(&n.rule_state_1);
        slot.rule_state_2.clone_from(&n.rule_state_2);
        let found = &self.at_rest.neurons.last_spike_e;
        for (end, (&last, &found)) in slot
            .last_spike_e
            .iter_mut()
            .zip(n.last_spike_e.iter().zip(found))
        {
            *end = if last == found {
                found
            } else {
                clock + (last - clock).min(steps - 1)
            };
        }
    }
}

/// Lists the inputs that may have a trace at some time of the presentation.
fn with_traces(spikes: &SpikeList, trace_pre: &[f32], active: &mut Vec<u16>) {
    let mut has_trace: Vec<bool> = trace_pre.iter().map(|&trace| trace != 0.0).collect();
    for &input in spikes.inputs() {
        has_trace[usize::from(input)] = true;
    }
    active.clear();
    active.extend(
        (0..has_trace.len())
            .filter(|&input| has_trace[input])
            .map(|input| input as u16),
    );
}
