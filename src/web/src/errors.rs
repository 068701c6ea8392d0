//! Errors, thrown with the library's own sentences.

use std::fmt::Display;
use wasm_bindgen::{JsError, throw_str};

/// An error to throw.
pub fn thrown(error: impl Display) -> JsError {
    JsError::new(&error.to_string())
}

/// Has a panic thrown with what it says, rather than as an unreachable instruction.
pub fn throw_panics() {
    std::panic::set_hook(Box::new(|panic| throw_str(&panic.to_string())));
}
