//! Pictures and arrays of the incoming weights.

mod colorbar;
mod colormap;
mod error;
mod files;
mod heatmap;
mod layout;
mod text;
mod weights;

pub use colormap::ColorMap;
pub use error::HeatmapError;
pub use files::{write_npy, write_png};
pub use heatmap::{Sheet, TILE_SIDE, Tile, TileGroup};
pub use weights::WeightImages;
