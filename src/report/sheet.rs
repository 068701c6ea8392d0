//! What is drawn: tiles of weights, in groups, on a sheet.

use super::colormap::Shades;
use super::error::HeatmapError;
use super::plot::FontScale;
use std::borrow::Cow;

/// One neuron's incoming weights.
#[derive(Debug, Clone)]
pub struct Tile<'a> {
    /// Stands above the tile, when all tiles' captions fit their tiles' width.
    pub caption: String,
    /// A value for each of its pixels, row by row.
    pub values: Cow<'a, [f32]>,
}

/// Tiles that belong together, such as the neurons of one class.
#[derive(Debug, Clone)]
pub struct TileGroup<'a> {
    /// Stands above the group.
    pub caption: String,
    /// May be empty: then only the caption shows.
    pub tiles: Vec<Tile<'a>>,
}

/// A picture of groups of tiles with a colour bar.
#[derive(Debug, Clone)]
pub struct Sheet<'a> {
    /// In reading order.
    pub groups: Vec<TileGroup<'a>>,
    /// Rows and columns of a tile.
    pub tile: [usize; 2],
    pub shades: Shades,
    /// Screen pixels along each side of a tile's pixel, 1 to 32.
    pub scale: u32,
    /// How large text is beside the tiles.
    pub font_scale: FontScale,
    /// The label of the colour bar.
    pub quantity: String,
}

impl Sheet<'_> {
    pub(super) fn check(&self) -> Result<(), HeatmapError> {
        if !(1..=32).contains(&self.scale) {
            return Err(HeatmapError::Scale(self.scale));
        }
        let (low, high) = self.shades.range;
        if !(low.is_finite() && high.is_finite() && low < high) {
            return Err(HeatmapError::Range(low, high));
        }
        if self.groups.iter().all(|group| group.tiles.is_empty()) {
            return Err(HeatmapError::NoTiles);
        }
        for group in &self.groups {
            for tile in &group.tiles {
                tile.check(&group.caption, self.tile)?;
            }
        }
        Ok(())
    }
}

impl Tile<'_> {
    fn check(&self, group: &str, [rows, columns]: [usize; 2]) -> Result<(), HeatmapError> {
        let name = || format!("tile \"{}\" of group \"{group}\"", self.caption);
        if self.values.len() != rows * columns {
            return Err(HeatmapError::TileLength {
                tile: name(),
                rows,
                columns,
                found: self.values.len(),
            });
        }
        match self.values.iter().position(|value| value.is_nan()) {
            None => Ok(()),
            Some(index) => Err(HeatmapError::NotANumber {
                tile: name(),
                row: index / columns,
                column: index % columns,
            }),
        }
    }
}
