//! The native backend: lanes in parallel over threads, neurons in blocks that the compiler vectorises.

mod decays;
mod lane;
mod step;

use super::*;
use crate::model::poisson::{Draw, RateTable, SpikeList};
use crate::model::{Block, dropout, stdp};
use crate::params::{PruningMode, Threshold};
use lane::{Lane, NetworkOnCpu, Wiring};
use rayon::prelude::*;
use step::{Presentation, S1};

/// The CPU with a pool of threads of its own.
pub struct Cpu {
    pool: rayon::ThreadPool,
}

impl Cpu {
    /// `threads` of 0 takes one for each core.
    ///
    /// # Errors
    /// When the system does not give that many threads.
    pub fn new(threads: usize) -> Result<Self, BackendError> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .map_err(|error| BackendError::Threads {
                threads,
                reason: error.to_string(),
            })?;
        Ok(Self { pool })
    }
}

impl Backend for Cpu {
    fn device(&self) -> &str {
        "cpu"
    }

    fn networks_at_once(&self) -> usize {
        // Several for each thread, so that none waits long for the slowest of a round.
        4 * self.pool.current_num_threads()
    }

    fn start(&self, networks: Vec<Network>) -> Result<Box<dyn Session + '_>, BackendError> {
        let networks = networks
            .into_iter()
            .map(NetworkOnCpu::load)
            .collect::<Result<_, _>>()?;
        Ok(Box::new(CpuSession {
            pool: &self.pool,
            networks,
        }))
    }

    fn test(
        &self,
        networks: &[Frozen<'_>],
        images: TestImages<'_>,
    ) -> Result<Vec<SpikeCounts>, BackendError> {
        check_test(networks, images)?;
        let testers = networks
            .iter()
            .map(Tester::new)
            .collect::<Result<Vec<_>, _>>()?;
        self.pool.install(|| {
            Ok(testers
                .par_iter()
                .map(|tester| tester.run(images))
                .collect())
        })
    }
}

/// One network with frozen weights, shared by its lanes.
struct Tester {
    seed: u64,
    neurons: usize,
    constants: crate::model::Constants,
    rates: RateTable,
    live: bool,
    weights: Vec<Block>,
    wiring: Wiring,
    at_rest: Lane,
}

impl Tester {
    fn new(frozen: &Frozen<'_>) -> Result<Self, BackendError> {
        let network = frozen.network;
        let constants = crate::model::Constants::new(&network.params)?.for_test();
        let neurons = network.params.neurons();
        Ok(Self {
            seed: network.seed,
            neurons,
            constants,
            rates: RateTable::new(&network.params),
            live: network.params.excitatory.threshold_test == Threshold::Live,
            weights: lane::pad_rows(frozen.weights, neurons),
            wiring: Wiring::new(network),
            at_rest: Lane::at_rest(&constants, neurons),
        })
    }

    fn run(&self, images: TestImages<'_>) -> SpikeCounts {
        let mut counts = vec![0u16; images.images.len() * self.neurons];
        counts
            .par_chunks_mut(self.neurons)
            .zip(images.images)
            .for_each_init(
                || (self.at_rest.clone(), SpikeList::default()),
                |(lane, spikes), (counts, &image)| {
                    lane.clone_from(&self.at_rest);
                    let steps = self.constants.steps.stimulus;
                    let draw = Draw {
                        seed: self.seed,
                        stream: images.stream,
                        presentation: image,
                    };
                    self.rates
                        .draw(draw, image_of(images.pixels, image), steps, spikes);
                    let presentation = Presentation {
                        spikes,
                        steps,
                        live: self.live,
                        record: None,
                    };
                    let s1 = S1::Frozen {
                        weights: &self.weights,
                    };
                    step::present(&self.constants, &self.wiring, lane, s1, presentation);
                    for (count, &of_neuron) in counts.iter_mut().zip(&lane.counts) {
                        *count = of_neuron.min(u32::from(u16::MAX)) as u16;
                    }
                },
            );
        SpikeCounts {
            neurons: self.neurons,
            counts,
        }
    }
}

struct CpuSession<'a> {
    pool: &'a rayon::ThreadPool,
    networks: Vec<NetworkOnCpu>,
}

impl Session for CpuSession<'_> {
    fn train(&mut self, pixels: &[u8], plan: &[Vec<Showing>]) -> Result<(), BackendError> {
        check_plan(
            self.networks.iter().map(|network| &network.network.params),
            pixels,
            plan,
        )?;
        let networks = &mut self.networks;
        self.pool.install(|| {
            networks.par_iter_mut().zip(plan).try_for_each_init(
                SpikeList::default,
                |spikes, (network, showings)| {
                    showings
                        .iter()
                        .try_for_each(|&showing| network.train_image(pixels, showing, spikes))
                },
            )
        })
    }

    fn present(&mut self, recorded: &Recorded<'_>) -> Result<Vec<SpikeRecord>, BackendError> {
        check_recorded(
            self.networks.iter().map(|network| &network.network.params),
            recorded,
        )?;
        let spikes = SpikeList::from_pairs(recorded.steps, recorded.spikes);
        let present = |network: &mut NetworkOnCpu| {
            let mut record = SpikeRecord::default();
            network.present(&spikes, recorded.steps, recorded.phase, Some(&mut record));
            Ok(record)
        };
        self.networks.iter_mut().map(present).collect()
    }

    fn read_out(&mut self) -> Result<Vec<Vec<f32>>, BackendError> {
        let networks = &self.networks;
        self.pool
            .install(|| Ok(networks.par_iter().map(NetworkOnCpu::read_out).collect()))
    }

    fn snapshot(&mut self) -> Result<Vec<Network>, BackendError> {
        Ok(self.networks.iter().map(NetworkOnCpu::store).collect())
    }
}

/// Lists the inputs that may have a trace at some time of the presentation: others learn nothing at E spikes.
fn find_active(
    c: &stdp::Constants,
    now: u32,
    spikes: &SpikeList,
    last_input: &[u32],
    active: &mut Vec<u16>,
) {
    let is_gone = |&last: &u32| stdp::is_gone(c, now.wrapping_sub(last));
    let mut is_active: Vec<bool> = last_input.iter().map(|last| !is_gone(last)).collect();
    for &input in spikes.inputs() {
        is_active[usize::from(input)] = true;
    }
    active.clear();
    active.extend((0..INPUTS as u16).filter(|&input| is_active[usize::from(input)]));
}

impl NetworkOnCpu {
    fn train_image(
        &mut self,
        pixels: &[u8],
        showing: Showing,
        spikes: &mut SpikeList,
    ) -> Result<(), BackendError> {
        let steps = self.constants.steps;
        let presentation = self.network.state.presented;
        let draw = Draw {
            seed: self.network.seed,
            stream: Stream::Train,
            presentation,
        };
        let image = shifted(pixels, showing.image, showing.shift);
        self.rates.draw(draw, &image, steps.stimulus, spikes);
        self.present(
            spikes,
            steps.stimulus + steps.rest,
            Phase::Train {
                group: showing.group,
            },
            None,
        );
        self.network.state.presented += 1;
        self.check_finite()
    }

    /// Potentials carry any number that stopped being finite, whatever it began in.
    fn check_finite(&self) -> Result<(), BackendError> {
        let (seed, image) = (self.network.seed, self.network.state.presented);
        for (what, values) in [
            ("the potential", &self.lane.v_e),
            ("the inhibitory potential", &self.lane.v_i),
        ] {
            let values = values.iter().flat_map(|block| block.0);
            if let Some((neuron, value)) = values.enumerate().find(|(_, value)| !value.is_finite())
            {
                return Err(BackendError::Diverged {
                    seed,
                    what,
                    neuron,
                    value,
                    image,
                });
            }
        }
        Ok(())
    }

    /// Runs one presentation on from the present state.
    fn present(
        &mut self,
        spikes: &SpikeList,
        steps: u32,
        phase: Phase,
        record: Option<&mut SpikeRecord>,
    ) {
        let params = &self.network.params;
        let threshold = match phase {
            Phase::Test => params.excitatory.threshold_test,
            Phase::Train { .. } | Phase::Window => params.excitatory.threshold_train,
        };
        let constants = match phase {
            Phase::Test => self.constants.for_test(),
            Phase::Train { .. } | Phase::Window => self.constants,
        };
        if phase != Phase::Window {
            let resting_mv = constants.excitatory.v_threshold_mv;
            crate::model::lif::latch(threshold, resting_mv, &self.lane.vt, &mut self.lane.latched);
        }
        let s1 = match phase {
            Phase::Test => S1::Frozen {
                weights: &self.weights,
            },
            Phase::Window => S1::Pruning {
                weights: &mut self.weights,
                last_input: &mut self.last_input,
                decays: &mut self.decays,
            },
            Phase::Train { group } => {
                let presented = self.network.state.presented;
                let (seed, dropout) = (self.network.seed, self.constants.dropout);
                if dropout > 0 {
                    let neurons = self.lane.neurons;
                    dropout::fill(dropout, seed, presented, neurons, &mut self.kept);
                }
                let stdp = &self.constants.stdp;
                let (now, last) = (self.lane.clock, &self.last_input);
                find_active(stdp, now, spikes, last, &mut self.active);
                S1::Learning {
                    weights: &mut self.weights,
                    last_input: &mut self.last_input,
                    decays: &mut self.decays,
                    apre: &mut self.apre,
                    active: &self.active,
                    group,
                    step_scale: params.step_scale(presented) as f32,
                    pruning: params.pruning.mode == PruningMode::Continuous,
                    kept: (dropout > 0).then_some(&self.kept[..]),
                }
            }
        };
        let live = threshold == Threshold::Live;
        let presentation = Presentation {
            spikes,
            steps,
            live,
            record,
        };
        step::present(&constants, &self.wiring, &mut self.lane, s1, presentation);
        if matches!(phase, Phase::Train { .. }) {
            self.network.state.spikes_e += self
                .lane
                .counts
                .iter()
                .map(|&count| u64::from(count))
                .sum::<u64>();
        }
    }

    /// The weights as the pruning mode ends a training, from a copy.
    fn read_out(&self) -> Vec<f32> {
        let mut end = self.clone();
        match self.network.params.pruning.mode {
            PruningMode::None => {}
            PruningMode::Continuous | PruningMode::Final => {
                let now = end.lane.clock;
                crate::model::prune::flush(
                    &self.constants.prune,
                    now,
                    &end.last_input,
                    &mut end.weights,
                );
            }
            PruningMode::FinalWindow => {
                let mut spikes = SpikeList::default();
                let (seed, presentation) = (self.network.seed, self.network.state.presented);
                let draw = Draw {
                    seed,
                    stream: Stream::Window,
                    presentation,
                };
                let steps = self.constants.steps.window;
                RateTable::window(&self.network.params).draw(
                    draw,
                    &[0; INPUTS],
                    steps,
                    &mut spikes,
                );
                end.present(&spikes, steps, Phase::Window, None);
            }
        }
        lane::unpad_rows(&end.weights, self.network.params.neurons())
    }
}
