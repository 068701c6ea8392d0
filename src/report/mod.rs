//! Pictures and arrays of the incoming weights, plots and pages.
//!
//! Pictures: [`WeightImages`] and [`Sheet`]. Pages: [`Page`] holds text, tables, pictures and the
//! plots of [`plot`], all of which take plain numbers and know nothing of networks.

mod colorbar;
mod colormap;
mod error;
mod files;
mod geometry;
mod heatmap;
mod layout;
mod page;
pub mod plot;
mod sheet;
mod text;
mod ticks;
mod weights;

pub use colormap::{ColorMap, Shades};
pub use error::HeatmapError;
pub use files::{Values, encode_animation, encode_npy, encode_npz, encode_png};
pub use page::{Align, Block, Cell, Column, Mark, Page, PageError, Section};
pub use sheet::{Sheet, Tile, TileGroup};
pub use weights::{Moment, WeightImages};
