//! The GPU that tests run on: opened once, shared by all.

use spikeprune::backend::gpu::{Gpu, adapter};
use std::io::Write;
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
    if opened.is_none() {
        // Past the capture of the test runner, so that its report shows it.
        let _ = writeln!(
            std::io::stderr(),
            "skipped: all GPU tests here, for want of an adapter"
        );
    }
    opened
});

/// The GPU, or none where the machine has no adapter, which is said once.
pub fn gpu() -> Option<&'static Gpu> {
    GPU.as_ref()
}
