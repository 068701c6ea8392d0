//! What holds for every network: limits of the weights, and the same bits however a job is cut up. The same
//! properties on every backend.

#[path = "../support/gpu.rs"]
mod gpu;
#[path = "../support/jobs.rs"]
mod jobs;

mod on_the_cpu {
    include!("properties.rs");

    const CASES: u32 = 100;

    fn available() -> bool {
        true
    }

    fn backend(threads: usize) -> spikeprune::backend::cpu::Cpu {
        spikeprune::backend::cpu::Cpu::new(threads).unwrap()
    }
}

mod on_the_gpu {
    include!("properties.rs");

    /// Few: here a kernel is built for every number of neurons, and every dispatch has its price.
    const CASES: u32 = 8;

    fn available() -> bool {
        super::gpu::gpu().is_some()
    }

    /// Threads are the device's own affair.
    fn backend(_threads: usize) -> &'static spikeprune::backend::gpu::Gpu {
        super::gpu::gpu().unwrap()
    }
}
