//! What a device is made of.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What computes: the native backend, or a GPU of some kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceKind {
    /// The native backend.
    Cpu,
    Discrete,
    Integrated,
    Virtual,
    /// A GPU that does not say what it is.
    Other,
    /// What only pretends to be a GPU (lavapipe, WARP).
    Software,
}

impl fmt::Display for DeviceKind {
    /// As in documents.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}
