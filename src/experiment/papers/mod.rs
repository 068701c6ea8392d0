//! The experiments of papers, side by side, and what their plans have in common.

pub mod antonov_sukhov;
pub mod claims;
pub mod diehl_cook;
pub mod outcome;
pub mod plan;
