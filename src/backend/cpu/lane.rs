//! A network laid out for the CPU: blocks of neurons, rows of weights padded to whole blocks.

use super::batch::BatchRoom;
use super::decays::Decays;
use crate::backend::BackendError;
use crate::model::conductance::{COUNTS, Counts, DelayRing, NEVER};
use crate::model::poisson::RateTable;
use crate::model::rule::{Program, VALUES};
use crate::model::state::{Inputs, Neurons};
use crate::model::{BLOCK, Block, Constants, blocks, lif, stdp};
use crate::network::{Network, NetworkError, State};
use crate::params::Steps;

/// One running network state. Padding neurons rest: no weight and no delay leads to them.
#[derive(Clone)]
pub struct Lane {
    pub clock: u32,
    pub neurons: Neurons<Vec<Block>, Vec<u32>>,
    pub s2: DelayRing,
    pub s3: DelayRing,
    /// E spikes of the presentation, by neuron and by group.
    pub counts: Vec<u32>,
    pub group_spikes: Vec<u32>,
}

/// The fixed delays of S2 and S3, in steps.
#[derive(Clone)]
pub struct Wiring {
    pub delays_s2: Vec<u16>,
    pub delays_s3: DelaysS3,
}

/// Rows of whole [`Counts`], [`NEVER`] where there is no synapse.
#[derive(Clone)]
pub enum DelaysS3 {
    /// One for each I neuron.
    Drawn(Vec<Counts>),
    /// One for all, where there are no delays; it has the E neuron of each I neuron too.
    None(Vec<Counts>),
}

impl Wiring {
    pub fn new(network: &Network, steps: &Steps) -> Self {
        let neurons = network.params.model.neurons();
        let delays_s3 = if steps.delay_i_to_e_max == 0 {
            DelaysS3::None(Counts::rows(&network.delays_s3, neurons, NEVER))
        } else {
            let mut rows = Counts::rows(&network.delays_s3, neurons, NEVER);
            let of_neurons = rows.chunks_exact_mut(neurons.div_ceil(COUNTS));
            for (own, row) in of_neurons.enumerate() {
                row[own / COUNTS].0[own % COUNTS] = NEVER;
            }
            DelaysS3::Drawn(rows)
        };
        Self {
            delays_s2: network.delays_s2.clone(),
            delays_s3,
        }
    }

    /// Bytes of the delays of S3.
    pub fn bytes(&self) -> usize {
        let (DelaysS3::Drawn(rows) | DelaysS3::None(rows)) = &self.delays_s3;
        size_of_val(&rows[..])
    }
}

/// A network in training on the CPU. `network` keeps what does not run: parameters, seed, counters.
#[derive(Clone)]
pub struct NetworkOnCpu {
    pub network: Network,
    pub steps: Steps,
    /// As they are in training and in testing.
    pub training: Constants,
    pub testing: Constants,
    pub rule: Program,
    /// A table for each attempt at an image.
    pub rates: Vec<RateTable>,
    pub wiring: Wiring,
    pub lane: Lane,
    pub weights: Vec<Block>,
    pub inputs: Inputs<Vec<f32>, Vec<u32>>,
    /// Whether input spikes change weights by traces alone.
    pub by_traces: bool,
    pub room: Room,
    /// What is needed to learn in batches.
    pub batch: BatchRoom,
}

/// Room for what one presentation needs besides the state of its lane.
#[derive(Clone)]
pub struct Room {
    /// Synapses that take part in the presentation; unused without dropout.
    pub kept: Vec<Block>,
    /// Inputs that have a trace during the presentation.
    pub active: Vec<u16>,
    /// Presynaptic traces of all inputs at an E spike.
    pub trace_now: Vec<f32>,
    /// Values of the rule at an E spike.
    pub rule_values: [f32; VALUES],
    /// The decays at the input spikes of the presentation.
    pub decays: Decays,
}

impl Room {
    pub fn new(inputs: usize) -> Self {
        Self {
            kept: Vec::new(),
            active: Vec::new(),
            trace_now: vec![0.0; inputs],
            rule_values: [0.0; VALUES],
            decays: Decays::default(),
        }
    }
}

/// Plain values as blocks, the last one filled up with `padding`.
pub fn pad(values: &[f32], padding: f32) -> Vec<Block> {
    let mut padded = vec![Block::splat(padding); blocks(values.len())];
    for (block, values) in padded.iter_mut().zip(values.chunks(BLOCK)) {
        block.0[..values.len()].copy_from_slice(values);
    }
    padded
}

/// Blocks as plain values, without their padding.
pub fn unpad(padded: &[Block], len: usize) -> Vec<f32> {
    padded.iter().flat_map(|block| block.0).take(len).collect()
}

/// A matrix \[rows, neurons\] with every row in whole blocks.
pub fn pad_rows(values: &[f32], neurons: usize) -> Vec<Block> {
    values
        .chunks_exact(neurons)
        .flat_map(|row| pad(row, 0.0))
        .collect()
}

/// The inverse of [`pad_rows`].
pub fn unpad_rows(padded: &[Block], neurons: usize) -> Vec<f32> {
    padded
        .chunks_exact(blocks(neurons))
        .flat_map(|row| unpad(row, neurons))
        .collect()
}

/// Arrivals \[delay, neuron\] counted from now, as a ring.
fn load_ring(arrivals: &[u16], neurons: usize) -> DelayRing {
    let slots = arrivals.len() / neurons;
    let mut ring = DelayRing::new(slots as u32 - 1, neurons);
    for (delay, row) in (0u16..).zip(arrivals.chunks_exact(neurons)) {
        for (target, &count) in row.iter().enumerate().filter(|&(_, &count)| count > 0) {
            ring.send(delay, target, count);
        }
    }
    ring
}

fn store_ring(ring: &DelayRing, delay_max: u32, neurons: usize) -> Vec<u16> {
    (0..=delay_max as u16)
        .flat_map(|delay| (0..neurons).map(move |target| (delay, target)))
        .map(|(delay, target)| ring.due(delay, target))
        .collect()
}

/// Threshold of padding neurons, out of reach: none of them is ever looked at as one that may fire.
const PADDING_MV: f32 = 1e9;

impl Lane {
    /// The state in which a test image begins: potentials at rest, the thresholds given, all else 0.
    pub fn at_rest(c: &Constants, steps: &Steps, thresholds_mv: &[f32]) -> Self {
        let size = thresholds_mv.len();
        let rest = Neurons::at_rest(c);
        let thresholds = pad(thresholds_mv, PADDING_MV);
        let neurons = rest.map(
            |&value| vec![Block::splat(value); blocks(size)],
            |&value| vec![value; size],
        );
        Self {
            clock: 0,
            neurons: Neurons {
                v_threshold_mv: thresholds.clone(),
                v_latched_mv: thresholds,
                ..neurons
            },
            s2: DelayRing::new(steps.delay_e_to_i_max, size),
            s3: DelayRing::new(steps.delay_i_to_e_max, size),
            counts: vec![0; size],
            group_spikes: vec![0; size.div_ceil(c.groups.group_size as usize)],
        }
    }

    /// Its neurons.
    pub fn size(&self) -> usize {
        self.counts.len()
    }

    /// E spikes of the presentation.
    pub fn spikes(&self) -> u64 {
        self.counts.iter().map(|&count| u64::from(count)).sum()
    }

    /// Refuses potentials that are none any more.
    pub fn check(&self, network: &Network) -> Result<(), BackendError> {
        let diverged = |potentials: &[Block]| {
            let mut all = potentials.iter().flat_map(|block| block.0);
            all.position(|v| !lif::is_potential(v))
        };
        let of_i = || diverged(&self.neurons.v_i_mv);
        match diverged(&self.neurons.v_e_mv).or_else(of_i) {
            None => Ok(()),
            Some(neuron) => Err(BackendError::Diverged {
                seed: network.seed,
                neuron,
                images: network.state.presented,
            }),
        }
    }

    fn load(size: usize, state: &State, c: &Constants) -> Self {
        let padding = Neurons {
            v_threshold_mv: PADDING_MV,
            v_latched_mv: PADDING_MV,
            ..Neurons::at_rest(c)
        };
        Self {
            clock: state.clock,
            neurons: state.neurons.zip(
                &padding,
                |values, &padding| pad(values, padding),
                |values, _| values.clone(),
            ),
            s2: load_ring(&state.arrivals_s2, size),
            s3: load_ring(&state.arrivals_s3, size),
            counts: vec![0; size],
            group_spikes: vec![0; size.div_ceil(c.groups.group_size as usize)],
        }
    }
}

impl NetworkOnCpu {
    pub fn load(network: Network) -> Result<Self, NetworkError> {
        network.check()?;
        let (state, n) = (&network.state, network.params.model.neurons());
        let steps = network.params.model.steps()?;
        let training = Constants::training(&network.params)?;
        let (lane, weights) = (
            Lane::load(n, state, &training),
            pad_rows(&network.weights, n),
        );
        Ok(Self {
            by_traces: stdp::only_traces_change_weights(&training, &weights),
            training,
            testing: Constants::testing(&network.params)?,
            rule: Program::new(&network.params.model)?,
            rates: RateTable::of_attempts(&network.params),
            lane,
            weights,
            inputs: state.inputs.clone(),
            room: Room::new(network.params.model.inputs()),
            batch: BatchRoom::default(),
            wiring: Wiring::new(&network, &steps),
            steps,
            network,
        })
    }

    pub fn store(&self) -> Network {
        let (lane, n) = (&self.lane, self.lane.size());
        Network {
            params: self.network.params.clone(),
            seed: self.network.seed,
            weights: unpad_rows(&self.weights, n),
            delays_s2: self.network.delays_s2.clone(),
            delays_s3: self.network.delays_s3.clone(),
            state: State {
                clock: lane.clock,
                presented: self.network.state.presented,
                spikes_e: self.network.state.spikes_e,
                neurons: lane.neurons.map(|padded| unpad(padded, n), Vec::clone),
                inputs: self.inputs.clone(),
                arrivals_s2: store_ring(&lane.s2, self.steps.delay_e_to_i_max, n),
                arrivals_s3: store_ring(&lane.s3, self.steps.delay_i_to_e_max, n),
            },
        }
    }
}
