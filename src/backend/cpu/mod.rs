//! The native backend: lanes in parallel over threads, neurons in blocks that the compiler vectorises.

mod batch;
mod decays;
mod lane;
mod plastic;
mod quiet;
mod recorder;
mod s1;
mod step;
mod testing;
mod training;

use super::*;
use crate::model::poisson::SpikeList;
use crate::threads::Pool;
use lane::NetworkOnCpu;
use rayon::prelude::*;
use recorder::Recorder;
use testing::Tester;

/// The CPU with a pool of threads of its own.
pub struct Cpu {
    pool: Pool,
}

impl Cpu {
    /// Most threads that may be asked for: far more than any machine has, few enough to start.
    pub const MAX_THREADS: usize = 1024;

    /// `threads` of 0 takes one for each core that this process may use, whatever RAYON_NUM_THREADS says.
    ///
    /// # Errors
    /// When there are more than [`Self::MAX_THREADS`], or the system does not give that many.
    pub fn new(threads: usize) -> Result<Self, BackendError> {
        let threads = match threads {
            0 => std::thread::available_parallelism().map_or(1, Into::into),
            threads => threads,
        };
        if threads > Self::MAX_THREADS {
            return Err(BackendError::Threads {
                threads,
                reason: format!("there can be at most {}", Self::MAX_THREADS),
            });
        }
        let failed = |reason: String| BackendError::Threads { threads, reason };
        Ok(Self {
            pool: Pool::new(threads).map_err(failed)?,
        })
    }
}

impl Backend for Cpu {
    fn device(&self) -> &str {
        "cpu"
    }

    fn kind(&self) -> DeviceKind {
        DeviceKind::Cpu
    }

    fn networks_at_once(&self) -> usize {
        // Several for each thread, so that none waits long for the slowest of a round.
        4 * self.pool.threads()
    }

    fn start(&self, networks: Vec<Network>) -> Result<Box<dyn Session + '_>, BackendError> {
        common_lanes(networks.iter())?;
        check_batches(&networks)?;
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
        common_lanes(networks.iter().map(|frozen| frozen.network))?;
        let testers = networks
            .iter()
            .map(|frozen| Tester::new(frozen, images.attempt))
            .collect::<Result<Vec<_>, _>>()?;
        let run = |tester: &Tester| tester.run(images);
        self.pool.install(|| testers.par_iter().map(run).collect())
    }

    fn record_test(
        &self,
        network: Frozen<'_>,
        image: TestImage<'_>,
        watch: &[u32],
    ) -> Result<Record, BackendError> {
        check_test(&[network], image.alone(&[image.image]))?;
        check_watch(&network.network.params, watch)?;
        Tester::new(&network, image.attempt)?.record(image, watch)
    }
}

struct CpuSession<'a> {
    pool: &'a Pool,
    networks: Vec<NetworkOnCpu>,
}

impl CpuSession<'_> {
    /// Threads that share the lanes of one network's batches: those that no network of its own keeps busy.
    fn workers(&self) -> usize {
        let networks = self.networks.len().max(1);
        self.pool.threads().div_ceil(networks)
    }
}

impl Session for CpuSession<'_> {
    fn train(&mut self, pixels: &[u8], plan: &[Vec<Showing>]) -> Result<(), BackendError> {
        check_plan(
            self.networks.iter().map(|network| &network.network),
            pixels,
            plan,
        )?;
        let (workers, networks) = (self.workers(), &mut self.networks);
        self.pool.install(|| {
            networks.par_iter_mut().zip(plan).try_for_each_init(
                SpikeList::default,
                |spikes, (network, showings)| {
                    if network.network.params.learns_in_batches() {
                        return network.train_batches(pixels, showings, workers);
                    }
                    showings
                        .iter()
                        .try_for_each(|&showing| network.train_image(pixels, showing, spikes))
                },
            )
        })
    }

    fn present(&mut self, recorded: &Recorded<'_>) -> Result<Vec<Record>, BackendError> {
        check_recorded(
            self.networks.iter().map(|network| &network.network.params),
            recorded,
        )?;
        let spikes = SpikeList::from_pairs(recorded.steps, recorded.spikes);
        let present = |network: &mut NetworkOnCpu| {
            let mut recorder = Recorder::new(recorded.watch);
            network.present(&spikes, recorded.steps, recorded.phase, Some(&mut recorder))?;
            Ok(recorder.record)
        };
        self.networks.iter_mut().map(present).collect()
    }

    fn read_out(&mut self) -> Result<Vec<Vec<f32>>, BackendError> {
        let networks = &self.networks;
        self.pool
            .install(|| networks.par_iter().map(NetworkOnCpu::read_out).collect())
    }

    fn memory(&self) -> u64 {
        let workers = self.workers();
        let bytes = |network: &NetworkOnCpu| network.memory(workers);
        self.networks.iter().map(bytes).sum()
    }

    fn snapshot(&mut self) -> Result<Vec<Network>, BackendError> {
        Ok(self.networks.iter().map(NetworkOnCpu::store).collect())
    }
}
