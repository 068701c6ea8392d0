//! The devices under test, and how a property is tried on one.

use crate::gpu::gpu;
use crate::jobs::sizes::{Size, any_size, few_sizes};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestCaseResult, TestError, TestRunner};
use spikeprune::backend::Backend;
use spikeprune::backend::cpu::Cpu;
use spikeprune::backend::gpu::Gpu;
use std::fmt::Debug;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::ops::Deref;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Device {
    Cpu,
    Gpu,
}

/// A device that is open.
pub enum Opened {
    Cpu(Cpu),
    Gpu(&'static Gpu),
}

impl Deref for Opened {
    type Target = dyn Backend;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Cpu(cpu) => cpu,
            Self::Gpu(gpu) => *gpu,
        }
    }
}

impl Device {
    /// Threads are a GPU's own affair.
    pub fn open(self, threads: usize) -> Opened {
        match self {
            Self::Cpu => Opened::Cpu(Cpu::new(threads).unwrap()),
            Self::Gpu => Opened::Gpu(gpu().expect("tests of the GPU run where there is one")),
        }
    }

    /// Sizes of networks. Few on a GPU, which needs a kernel for each.
    pub fn sizes(self) -> BoxedStrategy<Size> {
        match self {
            Self::Cpu => any_size(),
            Self::Gpu => few_sizes(),
        }
    }

    /// Cases of each property. Few on a GPU, where every dispatch has its price.
    fn cases(self) -> u32 {
        match self {
            Self::Cpu => 100,
            Self::Gpu => 8,
        }
    }

    /// Tries a property on what is drawn, and prints the smallest case that it found to fail.
    pub fn check<S>(self, drawn: &S, property: impl Fn(S::Value) -> TestCaseResult)
    where
        S: Strategy<Value: Debug>,
    {
        check(self.cases(), drawn, property);
    }
}

/// Tries a property on so many cases.
pub fn check<S>(cases: u32, drawn: &S, property: impl Fn(S::Value) -> TestCaseResult)
where
    S: Strategy<Value: Debug>,
{
    let mut config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    // What the environment asks for stays.
    let is_set = |name: &str| std::env::var_os(name).is_some();
    if !is_set("PROPTEST_CASES") {
        config.cases = cases;
    }
    if !is_set("PROPTEST_MAX_SHRINK_ITERS") {
        config.max_shrink_iters = 2_000;
    }
    if !is_set("PROPTEST_MAX_SHRINK_TIME") {
        config.max_shrink_time = 60_000;
    }
    let seed = match config.rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => RandomState::new().build_hasher().finish(),
    };
    config.rng_seed = RngSeed::Fixed(seed);
    match TestRunner::new(config).run(drawn, property) {
        Ok(()) => {}
        Err(TestError::Fail(reason, smallest)) => {
            panic!(
                "{reason}\nPROPTEST_RNG_SEED={seed} draws this again; smallest case:\n{smallest:?}"
            )
        }
        Err(TestError::Abort(reason)) => panic!("{reason}\nPROPTEST_RNG_SEED={seed}"),
    }
}
