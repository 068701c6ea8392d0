//! One image of a batch, in its slot of time.

use super::super::decays::Decays;
use super::super::lane::{Lane, NetworkOnCpu, Room};
use super::super::plastic::Summed;
use super::super::s1::S1;
use super::super::step::{self, Presentation};
use crate::backend::{BackendError, Showing, shifted};
use crate::model::batch::{Passed, Use, pass_slot};
use crate::model::poisson::{Draw, SpikeList};
use crate::model::prune::no_decay;
use crate::model::rng::Stream;
use crate::model::state::Inputs;
use crate::model::{Block, dropout, lif};

/// What runs one lane after another: its state, and the sums of what all its lanes change.
pub struct Worker {
    pub lane: Lane,
    pub inputs: Inputs<Vec<f32>, Vec<u32>>,
    /// How the weights of each input have decayed since the batch began.
    pub since: Vec<f32>,
    pub room: Room,
    /// Those of a neuron follow one another, one for each input.
    pub sums: Vec<i64>,
}

/// One image of a batch.
pub struct Slot {
    /// What it evokes in the inputs when it is shown for the first time.
    pub spikes: SpikeList,
    pub used: Vec<Use>,
    /// Where the inputs are when it comes on.
    pub passed: Vec<Passed>,
    /// Variables that outlast the image, as it leaves them.
    pub v_threshold_mv: Vec<Block>,
    pub rule_state_1: Vec<Block>,
    pub rule_state_2: Vec<Block>,
    pub last_spike_e: Vec<u32>,
    pub spikes_e: u64,
    pub ended: Result<(), BackendError>,
}

impl Slot {
    pub fn new(inputs: usize, lane: &Lane) -> Self {
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
pub struct Batch<'a> {
    pub network: &'a NetworkOnCpu,
    pub pixels: &'a [u8],
    pub showings: &'a [Showing],
    /// As the batch found them.
    pub at_rest: &'a Lane,
    pub step: f64,
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
    pub fn draw(&self, k: usize, slot: &mut Slot, decays: &mut Decays) {
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
    pub fn pass_slots(&self, slots: &mut [Slot]) -> Vec<Passed> {
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
    pub fn run(&self, k: usize, slot: &mut Slot, worker: &mut Worker) -> Result<(), BackendError> {
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
                let n = &mut worker.lane.neurons;
                lif::latch(&c.excitatory, &mut n.v_threshold_mv, &mut n.v_latched_mv);
            }
            self.present(k, &slot.spikes, worker);
            worker.lane.check(&network.network)?;
            slot.spikes_e += worker.lane.spikes();
            if worker.lane.spikes() >= params.model.input.least_spikes as u64 {
                break;
            }
        }
        self.end(k, slot, &worker.lane);
        Ok(())
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
            plastic: Summed {
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
        step::present_in_batch(c, &network.wiring, lane, s1, presentation);
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

impl Lane {
    /// Sets the clock of a lane at rest, whose I neurons may fire at once.
    pub fn begin_at(&mut self, clock: u32, refractory_i: u32) {
        self.clock = clock;
        let last = clock.wrapping_add(lif::long_ago(refractory_i));
        self.neurons.last_spike_i.fill(last);
    }
}
