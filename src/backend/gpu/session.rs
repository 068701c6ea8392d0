//! Networks in training on the GPU.

use super::batch::{Batch, Input, Through};
use super::engine::Engine;
use super::error::GpuError;
use super::layout::{FROZEN, LEARNING, PRUNING, Task, state_stride, unpack_rings, unpack_state};
use super::pipelines::Size;
use super::recording::{fields, records};
use super::resident::{ForBatches, Lanes, Networks, check_counts};
use super::turns::{Turns, lanes_that_fit};
use super::{Shape, most_spikes};
use crate::backend::{
    BackendError, Phase, Record, Recorded, Session, Showing, check_plan, check_recorded,
};
use crate::model::poisson::{RateTable, SpikeList};
use crate::model::regrow::{Regrow, acting};
use crate::model::rng::Stream;
use crate::network::Network;
use crate::params::{Params, PruningMode};

/// Networks in chunks that the device holds in one piece each.
#[derive(Default)]
pub struct GpuSession {
    chunks: Vec<Chunk>,
}

/// Networks side by side in the same buffers.
pub(super) struct Chunk {
    pub engine: Engine,
    pub shape: Shape,
    /// Parameters, seeds, clocks and counters; weights and state are on the device.
    pub hosts: Vec<Network>,
    /// Highest probability of a spike in a step, for each attempt and intensity, in any of the networks.
    pub probabilities: Vec<Vec<f64>>,
    pub networks: Networks,
    pub lanes: Lanes,
    /// Where the networks learn in batches.
    pub turns: Option<Turns>,
}

impl GpuSession {
    /// Takes a chunk of networks onto the device.
    pub fn add(
        &mut self,
        mut engine: Engine,
        hosts: Vec<Network>,
        shape: Shape,
    ) -> Result<(), BackendError> {
        let all: Vec<&Network> = hosts.iter().collect();
        let weights: Vec<&[f32]> = hosts.iter().map(|network| &network.weights[..]).collect();
        let attempts = hosts.iter().map(|host| host.params.model.attempts()).max();
        // Attempt after attempt, a table for each network.
        let of_attempt = |attempt| {
            hosts
                .iter()
                .map(move |host| RateTable::new(&host.params, attempt))
        };
        let tables: Vec<RateTable> = (0..attempts.unwrap_or(1)).flat_map(of_attempt).collect();
        let networks = engine.load(&all, &weights, &tables)?;
        let batch = hosts[0].params.model.learning.batch;
        let most = engine.largest_buffer;
        let width = lanes_that_fit(shape, hosts.len(), batch, most);
        let (turns, for_batches) = match batch {
            1 => (None, ForBatches::default()),
            _ => (
                Some(Turns::new(&mut engine, width)?),
                Turns::for_batches(width, hosts.len(), shape),
            ),
        };
        let lanes = engine.load_lanes(&all, for_batches)?;
        let probabilities = tables
            .chunks(hosts.len())
            .map(RateTable::envelope)
            .collect();
        self.chunks.push(Chunk {
            engine,
            shape,
            hosts,
            probabilities,
            networks,
            lanes,
            turns,
        });
        Ok(())
    }

    /// What `of_chunk` finds for each network, chunk after chunk.
    fn collect<T, E: Into<BackendError>>(
        &mut self,
        mut of_chunk: impl FnMut(&mut Chunk) -> Result<Vec<T>, E>,
    ) -> Result<Vec<T>, BackendError> {
        let mut all = Vec::new();
        for chunk in &mut self.chunks {
            all.extend(of_chunk(chunk).map_err(Into::into)?);
        }
        Ok(all)
    }

    fn params(&self) -> Vec<&Params> {
        self.chunks
            .iter()
            .flat_map(|chunk| chunk.hosts.iter().map(|host| &host.params))
            .collect()
    }
}

impl Session for GpuSession {
    fn train(&mut self, pixels: &[u8], plan: &[Vec<Showing>]) -> Result<(), BackendError> {
        let hosts: Vec<&Network> = self.chunks.iter().flat_map(|chunk| &chunk.hosts).collect();
        check_plan(hosts.into_iter(), pixels, plan)?;
        let mut rest = plan;
        for chunk in &mut self.chunks {
            let (plan, next) = rest.split_at(chunk.hosts.len());
            chunk.train(pixels, plan)?;
            rest = next;
        }
        Ok(())
    }

    fn present(&mut self, recorded: &Recorded<'_>) -> Result<Vec<Record>, BackendError> {
        check_recorded(self.params().into_iter(), recorded)?;
        self.collect(|chunk| chunk.present(recorded))
    }

    fn read_out(&mut self) -> Result<Vec<Vec<f32>>, BackendError> {
        self.collect(Chunk::read_out)
    }

    fn memory(&self) -> u64 {
        self.chunks.iter().map(Chunk::memory).sum()
    }

    fn snapshot(&mut self) -> Result<Vec<Network>, BackendError> {
        self.collect(Chunk::snapshot)
    }
}

/// A presentation that goes on from the network's clock.
pub(super) fn task(network: usize, host: &Network, stream: Stream, presentation: u32) -> Task {
    Task {
        clock: host.state.clock,
        step_scale: host.params.step_scale(presentation) as f32,
        presented: host.params.share_done(presentation) as f32,
        ..Task::new(network, host.seed, stream, presentation)
    }
}

impl Chunk {
    /// Bytes of its buffers, with all the input that they may hold.
    fn memory(&self) -> u64 {
        let buffers = [
            &self.networks.weights,
            &self.lanes.state,
            &self.lanes.rings,
            &self.lanes.totals,
        ];
        let of_lanes: u64 = buffers.iter().map(|buffer| buffer.size()).sum();
        of_lanes + self.engine.input_bytes
    }

    fn present(&mut self, recorded: &Recorded<'_>) -> Result<Vec<Record>, BackendError> {
        self.settle()?;
        let list = SpikeList::from_pairs(recorded.steps, recorded.spikes).words();
        let (group, s1) = match recorded.phase {
            Phase::Train { group } => (group, LEARNING),
            Phase::Window => (0, PRUNING),
            Phase::Test => (0, FROZEN),
        };
        let tasks: Vec<Task> = self
            .hosts
            .iter()
            .enumerate()
            .map(|(index, host)| Task {
                group,
                ..task(index, host, Stream::Train, host.state.presented)
            })
            .collect();
        let (watch, mut all) = (recorded.watch, Vec::with_capacity(tasks.len()));
        for tasks in tasks.chunks(self.engine.at_once(4 * list.len() as u64)) {
            let words = list.repeat(tasks.len());
            let batch = Batch {
                tasks,
                presentations: 1,
                input: Input::Lists {
                    words: &words,
                    stride: list.len() as u32,
                },
                rates: &self.networks.rates,
                stimulus: recorded.steps,
                steps: recorded.steps,
                s1,
                from_rest: false,
                latch: recorded.phase != Phase::Window,
            };
            let (networks, lanes) = (&self.networks, &self.lanes);
            let words = (self.engine).run_recorded(networks, lanes, &batch, &fields(watch))?;
            let clocks: Vec<u32> = tasks.iter().map(|task| task.clock).collect();
            all.extend(records(&words, &clocks, self.shape.neurons, watch));
        }
        for host in &mut self.hosts {
            host.state.clock += recorded.steps;
        }
        self.collect_counts(matches!(recorded.phase, Phase::Train { .. }))?;
        Ok(all)
    }

    fn read_out(&mut self) -> Result<Vec<Vec<f32>>, BackendError> {
        self.settle()?;
        let any = |hosts: &[Network], mode: fn(PruningMode) -> bool| {
            hosts.iter().any(|h| mode(h.params.model.pruning.mode))
        };
        let flushes = |mode| matches!(mode, PruningMode::Continuous | PruningMode::Final);
        let plain = self.engine.read(&self.networks.weights)?;
        let flushed = if any(&self.hosts, flushes) {
            self.flushed()?
        } else {
            Vec::new()
        };
        let windowed = if any(&self.hosts, |mode| mode == PruningMode::FinalWindow) {
            self.windowed()?
        } else {
            Vec::new()
        };
        let size = self.shape.inputs() * self.shape.neurons;
        let of = |(index, host): (usize, &Network)| {
            let words = match host.params.model.pruning.mode {
                PruningMode::None => &plain,
                PruningMode::Continuous | PruningMode::Final => &flushed,
                PruningMode::FinalWindow => &windowed,
            };
            let c = Regrow::new(&host.params.model);
            words[index * size..(index + 1) * size]
                .iter()
                .map(|&bits| acting(&c, f32::from_bits(bits)))
                .collect()
        };
        Ok(self.hosts.iter().enumerate().map(of).collect())
    }

    /// A copy of the weights with eq. 5 up to now.
    fn flushed(&mut self) -> Result<Vec<u32>, GpuError> {
        let (tasks, copy) = (self.tasks(), self.engine.copy(&self.networks.weights)?);
        let of = (&self.networks, &self.lanes);
        self.engine.go_through(Through::Flush, of, &tasks, &copy)?;
        self.engine.read(&copy)
    }

    /// Checks which synapses are absent.
    pub fn check_synapses(&mut self) -> Result<(), GpuError> {
        self.settle()?;
        let (tasks, of) = (self.tasks(), (&self.networks, &self.lanes));
        let weights = &self.networks.weights;
        self.engine.go_through(Through::Check, of, &tasks, weights)
    }

    /// A task for each network, at its clock.
    fn tasks(&self) -> Vec<Task> {
        let hosts = self.hosts.iter().enumerate();
        hosts
            .map(|(r, host)| task(r, host, Stream::Train, host.state.presented))
            .collect()
    }

    /// A copy of the weights after the last window of `final-window`, run by copies of the lanes.
    fn windowed(&mut self) -> Result<Vec<u32>, BackendError> {
        let tables: Vec<RateTable> = self
            .hosts
            .iter()
            .map(|host| RateTable::window(&host.params))
            .collect();
        let window = self.shape.steps.window;
        let tasks: Vec<Task> = self
            .hosts
            .iter()
            .enumerate()
            .map(|(r, host)| task(r, host, Stream::Window, host.state.presented))
            .collect();
        let lanes = Lanes {
            count: self.lanes.count,
            state: self.engine.copy(&self.lanes.state)?,
            rings: self.engine.copy(&self.lanes.rings)?,
            totals: self.engine.copy(&self.lanes.totals)?,
            count_words: self.lanes.count_words,
        };
        let rates = self.engine.rates(&tables)?;
        let dark = vec![0; self.shape.inputs().next_multiple_of(4)];
        let probabilities = RateTable::envelope(&tables);
        let most_spikes = most_spikes(
            &probabilities,
            std::iter::once(&dark[..self.shape.inputs()]),
            window,
        );
        let copy = self.engine.copy(&self.networks.weights)?;
        // No early return from here to the swap back.
        let kept = std::mem::replace(&mut self.networks.weights, copy);
        let batch = Batch {
            tasks: &tasks,
            presentations: 1,
            input: Input::Images {
                pixels: &dark,
                most_spikes,
            },
            rates: &rates,
            stimulus: window,
            steps: window,
            s1: PRUNING,
            from_rest: false,
            latch: false,
        };
        let ran = self.engine.run_in_turns(&self.networks, &lanes, &batch);
        let copy = std::mem::replace(&mut self.networks.weights, kept);
        ran?;
        let counts = self.engine.take_counts(&lanes)?;
        let counts = counts.chunks_exact(self.shape.neurons);
        // A chunk runs as one; of a network with another mode the window is no part.
        let has_window =
            |host: &Network| host.params.model.pruning.mode == PruningMode::FinalWindow;
        for (host, counts) in self.hosts.iter().zip(counts) {
            if has_window(host) {
                check_counts(host, counts)?;
            }
        }
        Ok(self.engine.read(&copy)?)
    }

    fn snapshot(&mut self) -> Result<Vec<Network>, GpuError> {
        self.settle()?;
        let size = Size::of(&self.shape);
        let (n, stride) = (size.inputs * size.neurons, state_stride(size));
        let weights = self.engine.read(&self.networks.weights)?;
        let slots = (self.networks.slots_s2 + self.networks.slots_s3) as usize;
        let (count, ring_words) = (self.hosts.len(), slots * size.neurons);
        let state = (self.engine).read_first(&self.lanes.state, count * stride)?;
        let rings = (self.engine).read_first(&self.lanes.rings, count * ring_words)?;
        for (index, host) in self.hosts.iter_mut().enumerate() {
            let floats = weights[index * n..(index + 1) * n].iter();
            host.weights = floats.map(|&bits| f32::from_bits(bits)).collect();
            unpack_state(&state[index * stride..(index + 1) * stride], host);
            unpack_rings(&rings[index * ring_words..(index + 1) * ring_words], host);
        }
        Ok(self.hosts.clone())
    }
}
