//! What several tests share.

pub mod npz;
