//! The Python module `spikeprune._native`: those parts of the library over which the package `spikeprune` is written in
//! Python. Arrays come in the form that the library wants; all else (names, defaults, classes) is the package's.
//!
//! Nothing here holds the interpreter while networks run: `patience` has them run on a thread of their own.

mod commands;
mod data;
mod devices;
mod errors;
mod networks;
mod parameters;
mod patience;
mod presentations;
mod training;

use pyo3::pymodule;

#[pymodule]
mod _native {
    #[pymodule_export]
    use super::commands::{call, main};
    #[pymodule_export]
    use super::data::{intensities, load};
    #[pymodule_export]
    use super::networks::{Networks, unpickled};
    #[pymodule_export]
    use super::parameters::{companions, explain, fitted, presets, resolve};
    #[pymodule_export]
    use super::training::train;
    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");
}
