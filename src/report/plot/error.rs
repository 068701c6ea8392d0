//! What can go wrong with plots.

use plotters::drawing::DrawingAreaErrorKind;
use std::io;

/// Why a plot was not drawn.
#[derive(Debug, thiserror::Error)]
pub enum PlotError {
    /// A value is NaN, infinite or beyond 1e100.
    #[error("{place} is {value}, which cannot be drawn")]
    Value {
        /// The series and the point.
        place: String,
        /// The value.
        value: f64,
    },
    /// A value has no logarithm.
    #[error("{place} is {value}, which has no place on a logarithmic axis")]
    NotPositive {
        /// The series and the point.
        place: String,
        /// The value.
        value: f64,
    },
    /// A fixed range is empty or backwards.
    #[error("the range {0}..{1} cannot be drawn: the first end must be the smaller")]
    Range(f64, f64),
    /// A list has not as many entries as what it belongs to.
    #[error("{what} has {found} entries, not {expected}")]
    Length {
        /// The list.
        what: String,
        /// How many entries it has.
        found: usize,
        /// How many it must have.
        expected: usize,
    },
    /// The edges of bins do not rise.
    #[error("the edges of the bins must rise, and there must be at least two")]
    Edges,
    /// A spike belongs to no row of its panel.
    #[error("panel \"{panel}\" has a spike in row {row}, but only {rows} rows")]
    Row {
        /// The panel's title.
        panel: String,
        /// The spike's row.
        row: u32,
        /// How many rows there are.
        rows: u32,
    },
    /// The plot would be too large for a page.
    #[error("{what}: {found} are too many for one plot, {limit} is the limit")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many may be drawn.
        limit: usize,
    },
    /// The drawing library failed.
    #[error("the plot could not be drawn: {0}")]
    Drawing(#[from] DrawingAreaErrorKind<io::Error>),
}

/// Refuses what cannot be drawn; `place` says where the value stands.
pub(super) fn drawable(value: f64, place: impl FnOnce() -> String) -> Result<(), PlotError> {
    if value.abs() <= 1e100 {
        return Ok(());
    }
    let place = place();
    Err(PlotError::Value { place, value })
}
