//! Statistics of results: intervals over seeds, spread over laps, and detection by a score.
//!
//! Plain functions on slices of numbers. None panics, and none gives a number where there is none: what
//! cannot be computed is a [`StatisticsError`].

mod detection;
mod interval;
mod spread;

pub use detection::{Detection, RocPoint, roc_curve};
pub use interval::Interval;
pub use spread::Spread;

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StatisticsError {
    /// Nothing to compute from.
    #[error("expected at least one of the {what}, found none")]
    Empty {
        /// What is missing, in the plural.
        what: &'static str,
    },

    /// A value is NaN or infinite.
    #[error("{what}: expected finite numbers, found {value} as number {index}")]
    NotFinite {
        /// What the value is one of, in the plural.
        what: &'static str,
        /// Which one, counted from 0.
        index: usize,
        /// NaN or an infinity.
        value: f64,
    },

    /// A value is none of its quantity.
    #[error("value {index} is {value}: it must be in {range}")]
    OutOfRange {
        /// Which one, counted from 0.
        index: usize,
        value: f64,
        range: &'static str,
    },
}

/// Refuses an empty slice and one that holds NaN or infinities.
fn check(what: &'static str, values: &[f64]) -> Result<(), StatisticsError> {
    if values.is_empty() {
        return Err(StatisticsError::Empty { what });
    }
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(index) => Err(StatisticsError::NotFinite {
            what,
            index,
            value: values[index],
        }),
    }
}
