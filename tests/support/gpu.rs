//! The GPU that tests run on: opened once, shared by all.

use spikeprune::backend::gpu::{Gpu, adapter};
use std::sync::LazyLock;

static GPU: LazyLock<Option<Gpu>> = LazyLock::new(|| {
    let adapters = adapter::adapters();
    let opened = adapters
        .first()
        .map(|adapter| Gpu::open(adapter).expect("the first adapter opens"));
    let required =
        std::env::var_os("SPIKEPRUNE_REQUIRE_GPU").is_some_and(|value| !value.is_empty());
    assert!(
        opened.is_some() || !required,
        "SPIKEPRUNE_REQUIRE_GPU is set, and there is no adapter"
    );
    opened
});

/// The GPU, or none, which is said, where the machine has no adapter.
pub fn gpu() -> Option<&'static Gpu> {
    if GPU.is_none() {
        println!("skipped: no GPU, nor one in software");
    }
    GPU.as_ref()
}
