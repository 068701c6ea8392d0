//! What can go wrong with pictures and arrays.

use std::io;

use super::geometry::MAX_PIXELS;

/// Why a picture or array was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HeatmapError {
    /// The scale is out of bounds.
    #[error("scale {0} is not supported: use 1 to 32 pixels per weight")]
    Scale(u32),
    /// The range is empty, backwards or not finite.
    #[error("range {0}..{1} cannot be drawn: both ends must be finite, and the first the smaller")]
    Range(f32, f32),
    /// There is nothing to draw.
    #[error("the sheet has no tile to draw")]
    NoTiles,
    /// A tile does not have a value for each pixel.
    #[error("{tile} has {found} values, not {} ({rows} x {columns})", rows * columns)]
    TileLength {
        /// The tile and its group.
        tile: String,
        /// What tiles of the sheet have.
        rows: usize,
        columns: usize,
        /// How many values it has.
        found: usize,
    },
    /// A value is NaN.
    #[error("{tile} has a NaN at row {row}, column {column}")]
    NotANumber {
        /// The tile and its group.
        tile: String,
        /// The value's row.
        row: usize,
        /// The value's column.
        column: usize,
    },
    /// The picture would be too large.
    #[error(
        "the sheet would be {width} x {height} pixels at scale {scale}, but {} million pixels is the limit: {}",
        MAX_PIXELS / 1_000_000,
        advice(.fitting)
    )]
    TooLarge {
        /// Pixels across.
        width: u64,
        /// Pixels down.
        height: u64,
        /// The scale asked for.
        scale: u32,
        /// The largest scale that fits, if one does.
        fitting: Option<u32>,
    },
    /// An array's shape does not match its values.
    #[error("{values} values do not fill the shape {shape:?}")]
    NpyShape {
        /// The shape asked for.
        shape: Vec<u64>,
        /// How many values there are.
        values: usize,
    },
    /// The format takes no such picture, note or array.
    #[error("cannot encode it: {0}")]
    Encode(#[from] io::Error),
}

fn advice(fitting: &Option<u32>) -> String {
    match fitting {
        Some(scale) => format!("scale {scale} would fit"),
        None => "no scale would fit, draw fewer tiles per sheet".to_owned(),
    }
}
