//! A network laid out for the CPU: blocks of neurons, rows of weights padded to whole blocks.

use super::decays::Decays;
use crate::backend::Variable;
use crate::model::conductance::{COUNTS, Counts, DelayRing, NEVER};
use crate::model::lif::long_ago;
use crate::model::poisson::RateTable;
use crate::model::{BLOCK, Block, Constants, blocks};
use crate::network::{Network, NetworkError, State};
use crate::params::{INPUTS, Params, Steps};

/// One running network state. Padding neurons rest: no weight and no delay leads to them.
#[derive(Clone)]
pub struct Lane {
    pub clock: u32,
    pub neurons: usize,
    pub v_e: Vec<Block>,
    pub vt: Vec<Block>,
    pub latched: Vec<Block>,
    pub ge_e: Vec<Block>,
    pub gi_e: Vec<Block>,
    pub apost: Vec<Block>,
    pub last_spike_e: Vec<u32>,
    pub v_i: Vec<Block>,
    pub ge_i: Vec<Block>,
    pub last_spike_i: Vec<u32>,
    pub s2: DelayRing,
    pub s3: DelayRing,
    /// E spikes of the presentation, by neuron and by group.
    pub counts: Vec<u32>,
    pub group_spikes: Vec<u32>,
}

/// Threshold that padding neurons begin with: out of reach, although they never get a spike anyway.
const PADDING_MV: f32 = 1e9;

/// The fixed delays of S2 and S3, in steps. S3 comes in rows of whole [`Counts`], [`NEVER`] where there is no synapse.
#[derive(Clone)]
pub struct Wiring {
    pub delays_s2: Vec<u16>,
    pub delays_s3: Vec<Counts>,
}

impl Wiring {
    pub fn new(network: &Network) -> Self {
        let neurons = network.params.model.neurons();
        let mut delays_s3 = Counts::rows(&network.delays_s3, neurons, NEVER);
        for (own, row) in delays_s3
            .chunks_exact_mut(neurons.div_ceil(COUNTS))
            .enumerate()
        {
            row[own / COUNTS].0[own % COUNTS] = NEVER;
        }
        Self {
            delays_s2: network.delays_s2.clone(),
            delays_s3,
        }
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
    /// A table for each attempt at an image.
    pub rates: Vec<RateTable>,
    pub wiring: Wiring,
    pub lane: Lane,
    pub weights: Vec<Block>,
    pub apre: Vec<f32>,
    pub last_input: Vec<u32>,
    /// Synapses that take part in the presentation; unused without dropout.
    pub kept: Vec<Block>,
    /// Inputs that have a trace during the presentation.
    pub active: Vec<u16>,
    /// The decays at the input spikes of the presentation.
    pub decays: Decays,
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

impl Lane {
    /// The state in which a test image begins: potentials at rest, the thresholds given, all else 0.
    pub fn at_rest(c: &Constants, steps: &Steps, thresholds_mv: &[f32]) -> Self {
        let neurons = thresholds_mv.len();
        let n = blocks(neurons);
        let zero = || vec![Block::splat(0.0); n];
        Self {
            clock: 0,
            neurons,
            v_e: vec![Block::splat(c.excitatory.v_rest_mv); n],
            vt: pad(thresholds_mv, PADDING_MV),
            latched: pad(thresholds_mv, PADDING_MV),
            ge_e: zero(),
            gi_e: zero(),
            apost: zero(),
            last_spike_e: vec![long_ago(c.excitatory.refractory); neurons],
            v_i: vec![Block::splat(c.inhibitory.v_rest_mv); n],
            ge_i: zero(),
            last_spike_i: vec![long_ago(c.inhibitory.refractory); neurons],
            s2: DelayRing::new(steps.delay_s2_max, neurons),
            s3: DelayRing::new(steps.delay_s3_max, neurons),
            counts: vec![0; neurons],
            group_spikes: vec![0; neurons.div_ceil(c.gate.group_size as usize)],
        }
    }

    /// A variable of all neurons.
    pub fn variable(&self, variable: Variable) -> &[Block] {
        match variable {
            Variable::PotentialE => &self.v_e,
            Variable::Threshold => &self.vt,
            Variable::Latched => &self.latched,
            Variable::ExcitationE => &self.ge_e,
            Variable::InhibitionE => &self.gi_e,
            Variable::TracePost => &self.apost,
            Variable::PotentialI => &self.v_i,
            Variable::ExcitationI => &self.ge_i,
        }
    }

    /// E spikes of the presentation.
    pub fn spikes(&self) -> u64 {
        self.counts.iter().map(|&count| u64::from(count)).sum()
    }

    fn load(params: &Params, state: &State, c: &Constants) -> Self {
        let neurons = params.model.neurons();
        Self {
            clock: state.clock,
            neurons,
            v_e: pad(&state.v_e_mv, c.excitatory.v_rest_mv),
            vt: pad(&state.v_threshold_mv, PADDING_MV),
            latched: pad(&state.v_latched_mv, PADDING_MV),
            ge_e: pad(&state.ge_e, 0.0),
            gi_e: pad(&state.gi_e, 0.0),
            apost: pad(&state.trace_post, 0.0),
            last_spike_e: state.last_spike_e.clone(),
            v_i: pad(&state.v_i_mv, c.inhibitory.v_rest_mv),
            ge_i: pad(&state.ge_i, 0.0),
            last_spike_i: state.last_spike_i.clone(),
            s2: load_ring(&state.arrivals_s2, neurons),
            s3: load_ring(&state.arrivals_s3, neurons),
            counts: vec![0; neurons],
            group_spikes: vec![0; neurons.div_ceil(c.gate.group_size as usize)],
        }
    }
}

impl NetworkOnCpu {
    pub fn load(mut network: Network) -> Result<Self, NetworkError> {
        network.check()?;
        let training = Constants::training(&network.params)?;
        let state = &mut network.state;
        Ok(Self {
            steps: network.params.model.steps()?,
            training,
            testing: Constants::testing(&network.params)?,
            rates: RateTable::of_attempts(&network.params),
            lane: Lane::load(&network.params, state, &training),
            weights: pad_rows(&network.weights, network.params.model.neurons()),
            apre: std::mem::take(&mut state.trace_pre),
            last_input: std::mem::take(&mut state.last_input),
            kept: Vec::new(),
            active: Vec::new(),
            decays: Decays::default(),
            wiring: Wiring::new(&network),
            network,
        })
    }

    pub fn store(&self) -> Network {
        let (lane, n) = (&self.lane, self.lane.neurons);
        debug_assert_eq!(self.apre.len(), INPUTS);
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
                v_e_mv: unpad(&lane.v_e, n),
                v_threshold_mv: unpad(&lane.vt, n),
                v_latched_mv: unpad(&lane.latched, n),
                ge_e: unpad(&lane.ge_e, n),
                gi_e: unpad(&lane.gi_e, n),
                trace_post: unpad(&lane.apost, n),
                last_spike_e: lane.last_spike_e.clone(),
                v_i_mv: unpad(&lane.v_i, n),
                ge_i: unpad(&lane.ge_i, n),
                last_spike_i: lane.last_spike_i.clone(),
                trace_pre: self.apre.clone(),
                last_input: self.last_input.clone(),
                arrivals_s2: store_ring(&lane.s2, self.steps.delay_s2_max, n),
                arrivals_s3: store_ring(&lane.s3, self.steps.delay_s3_max, n),
            },
        }
    }
}
