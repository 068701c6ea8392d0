//! The golden traces (tests/golden) as wasm, which Node calls. What differs is thrown.

#[path = "../golden/diehl_cook.rs"]
mod diehl_cook;
#[path = "../support/npz.rs"]
#[allow(dead_code, reason = "Node reads the files")]
mod npz;
#[path = "../golden/traces.rs"]
mod traces;

use npz::Npz;
use spikeprune::backend::cpu::Cpu;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, throw_str};

fn throw_panics() {
    std::panic::set_hook(Box::new(|panic| throw_str(&panic.to_string())));
}

/// A trace of the paper's network, a file beside `common`; says what was compared.
#[wasm_bindgen]
pub fn golden(common: Vec<u8>, name: &str, file: Vec<u8>) -> Result<String, JsError> {
    throw_panics();
    let cpu = Cpu::new(1)?;
    let common = Npz::of("common".into(), common);
    Ok(traces::run(&cpu, common, name, Npz::of(name.into(), file)))
}

/// That of Diehl & Cook's network.
#[wasm_bindgen]
pub fn golden_diehl_cook(file: Vec<u8>) -> Result<(), JsError> {
    throw_panics();
    diehl_cook::run(&Cpu::new(1)?, Npz::of("diehl_cook.npz".into(), file));
    Ok(())
}
