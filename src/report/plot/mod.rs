//! Plots as SVG that follow the light and dark theme of the page they stand in.
//!
//! Every plot is a plain struct with a method `svg`. Colours are CSS properties (`--ink`,
//! `--series-1`, ...) that [`Page`](super::Page) defines; series 1 to 8 are told apart by the
//! colour-blind too, and later ones are dashed. An empty plot is drawn as such; NaN is refused.

mod axis;
mod canvas;
mod chart;
mod error;
mod histogram;
mod lines;
mod matrix;
mod overlap;
mod raster;
mod style;

pub use axis::Axis;
pub use canvas::{FontScale, Svg};
pub use error::PlotError;
pub use histogram::{Counts, Histogram, binned, whole_bins};
pub use lines::{Lines, Series};
pub use matrix::Matrix;
pub use raster::{Band, MOST_SPIKES, Panel, Raster, Trace};
