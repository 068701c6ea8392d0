//! Small random jobs for the tests of properties.

#[path = "formulas.rs"]
mod formulas;
mod learning;
pub mod params;
pub mod sizes;

use proptest::prelude::*;
use rand::rngs::ChaCha8Rng;
use rand::{Rng, RngExt, SeedableRng};
use sizes::Size;
use spikeprune::backend::cpu::Cpu;
use spikeprune::backend::{Backend, BackendError, Shift, Showing};
use spikeprune::experiment::prepare;
use spikeprune::network::Network;
use spikeprune::params::{FrontEnd, Lateral, Params, Pruning};
use spikeprune::presets;
use std::fmt;
use toml::{Table, Value};

/// Images of a random job.
pub const IMAGES: usize = 6;

/// A small network and images to train it on.
#[derive(Clone)]
pub struct Job {
    pub params: Params,
    pub images: Images,
}

/// Random images, by their seed: they print on one line.
#[derive(Clone, Copy, Debug)]
pub struct Images {
    seed: u64,
    /// Intensities below this are dark.
    dark: u8,
    /// Each image has a brightness of its own, down to darkness.
    uneven: bool,
}

/// Random input spikes of one presentation, by their seed.
#[derive(Clone, Copy, Debug)]
pub struct Recording {
    seed: u64,
    spikes: usize,
}

/// Steps of a [`Recording`].
pub const RECORDED_STEPS: u32 = 40;

impl Images {
    fn draw(self, image: usize) -> Vec<u8> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let mut pixels = vec![0; IMAGES * image];
        rng.fill_bytes(&mut pixels);
        for image in pixels.chunks_exact_mut(image) {
            let brightness: u32 = match self.uneven {
                true => [0, 20, 100, 255][rng.random_range(0..4)],
                false => 255,
            };
            for pixel in image {
                let lit = if *pixel < self.dark { 0 } else { *pixel };
                *pixel = (u32::from(lit) * brightness / 255) as u8;
            }
        }
        pixels
    }
}

impl Recording {
    /// (step, input) of every spike, in no order, some twice.
    pub fn draw(self, inputs: usize) -> Vec<(u32, u16)> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let mut spike = || {
            let step = rng.random_range(0..RECORDED_STEPS);
            (step, rng.random_range(0..inputs as u32) as u16)
        };
        (0..self.spikes).map(|_| spike()).collect()
    }
}

pub fn recording() -> impl Strategy<Value = Recording> {
    (any::<u64>(), 500..3_000usize).prop_map(|(seed, spikes)| Recording { seed, spikes })
}

/// A job whose network has a drawn size.
pub fn job(size: BoxedStrategy<Size>) -> impl Strategy<Value = Job> {
    let images = (any::<u64>(), 0..200u8, prop::bool::weighted(0.3));
    let images = images.prop_map(|(seed, dark, uneven)| Images { seed, dark, uneven });
    let drawn = (params::params(size), images).prop_map(|(params, images)| Job { params, images });
    drawn.prop_filter("its potentials leave the numbers", Job::is_finite)
}

/// A job, and another whose networks may run beside those of the first.
pub fn job_and_company(size: BoxedStrategy<Size>) -> impl Strategy<Value = (Job, Job)> {
    let both = (job(size.clone()), job(size)).prop_map(|(job, other)| {
        let company = other.beside(&job);
        (job, company)
    });
    both.prop_filter("its potentials leave the numbers", |(_, company)| {
        company.is_finite()
    })
}

impl Job {
    /// Whether its networks can be trained: Euler's method carries some that are drawn beyond all numbers, which is an error.
    fn is_finite(&self) -> bool {
        let replicas = 0..3;
        let networks = replicas
            .clone()
            .map(|replica| self.network(replica))
            .collect();
        let plan: Vec<_> = replicas.map(|replica| self.plan(replica)).collect();
        let cpu = Cpu::new(1).unwrap();
        let mut session = cpu.start(networks).unwrap();
        let trained = session.train(&self.pixels(), &plan);
        !matches!(trained, Err(BackendError::Diverged { .. }))
    }

    /// This job with the sizes, times and input of another, without which a device does not run the two side by side.
    fn beside(self, other: &Job) -> Job {
        let (model, others) = (self.params.model, &other.params.model);
        let mut params = other.params.clone();
        params.job.seed = self.params.job.seed;
        params.model.excitatory = model.excitatory;
        params.model.inhibitory = model.inhibitory;
        params.model.lateral = Lateral {
            delay_e_to_i_max_ms: others.lateral.delay_e_to_i_max_ms,
            delay_i_to_e_max_ms: others.lateral.delay_i_to_e_max_ms,
            ..model.lateral
        };
        params.model.pruning = Pruning {
            window_ms: others.pruning.window_ms,
            regrow_above: others.pruning.regrow_above,
            check_images: others.pruning.check_images,
            ..model.pruning
        };
        params.model.learning = model.learning;
        if others.regrows() {
            let pruning = &mut params.model.pruning;
            (pruning.mode, pruning.remove_below) =
                (others.pruning.mode, others.pruning.remove_below);
            params.model.learning.w_total = 0.0;
        }
        params.model.learning.batch = others.learning.batch;
        params.model.learning.batch_growth_images = others.learning.batch_growth_images;
        // A rule that names groups cannot learn where there are none.
        if params.validate().is_err() {
            let rule = others.learning.clone();
            let learning = &mut params.model.learning;
            (learning.factor, learning.factor_pre) = (rule.factor, rule.factor_pre);
            (learning.trace, learning.constants, learning.state) =
                (rule.trace, rule.constants, rule.state);
        }
        Job {
            params,
            images: other.images,
        }
    }

    /// The images as they are shown.
    pub fn pixels(&self) -> Vec<u8> {
        let model = &self.params.model;
        let drawn = self.images.draw(model.image().len());
        prepare::pixels_as_shown(&model.input, &drawn).into_owned()
    }

    /// Every image once, or more often where a batch ends later, in an order and, where nothing lies before the inputs, with shifts that differ from replica to
    /// replica.
    pub fn plan(&self, replica: usize) -> Vec<Showing> {
        let groups = self.params.model.network.classes.len();
        let most = match self.params.model.input.front_end {
            FrontEnd::Pixels => self.params.job.shift_max,
            FrontEnd::OrientedEdges => 0,
        };
        let shift = |place: usize| (place % (2 * most + 1)) as i8 - most as i8;
        let showing = |position: usize| Showing {
            image: ((position + replica) % IMAGES) as u32,
            group: ((position * (replica + 1)) % groups) as u32,
            shift: Shift {
                right: shift(5 * position + replica),
                down: shift(7 * position + 2 * replica),
            },
        };
        (0..self.whole_batches(IMAGES)).map(showing).collect()
    }

    /// The end of the batch in which so many images end.
    pub fn whole_batches(&self, images: usize) -> usize {
        self.params.end_of_batch(0, images)
    }

    pub fn network(&self, replica: usize) -> Network {
        Network::new(&self.params, replica).unwrap()
    }
}

/// What differs from the preset `paper`, each table of a parameter file on one line.
impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = |params: &Params| Table::try_from(params).map_err(|_| fmt::Error);
        let (ours, paper) = (table(&self.params)?, table(&presets::paper())?);
        writeln!(f, "{:?}", self.images)?;
        for (name, values) in &ours {
            let (Value::Table(values), Some(Value::Table(paper))) = (values, paper.get(name))
            else {
                continue;
            };
            let differing = values
                .iter()
                .filter(|&(key, value)| paper.get(key) != Some(value));
            let differing: Vec<String> = differing
                .map(|(key, value)| format!("{key} = {value}"))
                .collect();
            writeln!(f, "[{name}] {}", differing.join(", "))?;
        }
        Ok(())
    }
}
