//! Pictures and arrays of the incoming weights.

mod colorbar;
mod colormap;
mod error;
mod files;
mod geometry;
mod heatmap;
mod layout;
mod sheet;
mod text;
mod weights;

pub use colormap::ColorMap;
pub use error::HeatmapError;
pub use files::{write_npy, write_png};
pub use geometry::TILE_SIDE;
pub use sheet::{Sheet, Tile, TileGroup};
pub use weights::WeightImages;
