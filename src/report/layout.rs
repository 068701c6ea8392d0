//! Where the parts of a sheet stand, in pixels.

use super::colorbar::Bar;
use super::geometry::{MAX_PIXELS, Rect};
use super::sheet::Sheet;
use super::text::Typeface;

/// Groups of up to this many tiles stand in one row.
const ROW: usize = 10;

/// Tile captions below this line height cannot be read.
const SMALLEST_TEXT: u64 = 10;

/// Where a group stands.
#[derive(Debug)]
pub(super) struct Block {
    /// The caption's top left corner.
    pub(super) caption: (u64, u64),
    /// The top left corner of the first tile's border.
    tiles: (u64, u64),
}

/// The measures that all blocks share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Metrics {
    /// The width of a tile's border.
    pub(super) border: u64,
    /// The height of a group caption's line.
    pub(super) caption: u64,
    /// The height of a tile caption's line, 0 when there are none.
    pub(super) tile_caption: u64,
    /// A tile's width and height with its border.
    width: u64,
    height: u64,
    /// Between tiles.
    gap: u64,
    /// Tiles in a row of a block.
    columns: usize,
    /// Blocks side by side.
    across: usize,
}

impl Metrics {
    fn new(sheet: &Sheet, scale: u64, typeface: &Typeface) -> Self {
        let largest = sheet.groups.iter().map(|g| g.tiles.len()).max();
        let largest = largest.unwrap_or(0);
        let columns = columns(largest);
        let across = blocks_across(sheet.groups.len(), columns, largest.div_ceil(columns));
        let border = 1 + scale / 12;
        let [height, width] = sheet.tile.map(|side| side as u64 * scale + 2 * border);
        let gap = (2 * scale).max(3);
        // Text keeps its share of the picture's width, since a page's width is given.
        let caption = ((across * columns) as u64 * (width + gap) / 42).max(15);
        let caption = (caption as f64 * sheet.font_scale.factor()).round() as u64;
        Self {
            border,
            caption,
            tile_caption: tile_caption(sheet, typeface, width, caption * 4 / 5),
            width,
            height,
            gap,
            columns,
            across,
        }
    }

    /// From a group's top to its first tile's border.
    fn header(&self) -> u64 {
        self.caption + self.caption / 4 + self.tile_caption
    }

    /// From a row of tiles to the next.
    fn row_height(&self) -> u64 {
        self.height + self.gap + self.tile_caption
    }

    /// The width of a block: that of its tiles or of the widest caption.
    fn block_width(&self, sheet: &Sheet, typeface: &Typeface) -> u64 {
        let tiles = self.columns as u64 * (self.width + self.gap) - self.gap;
        let captions = sheet.groups.iter().map(|g| &g.caption);
        captions.fold(tiles, |widest, caption| {
            widest.max(typeface.width(caption, self.caption))
        })
    }

    /// Places the groups, and returns the box around all tiles too.
    fn place_blocks(&self, sheet: &Sheet, typeface: &Typeface) -> (Vec<Block>, Rect) {
        let step = self.block_width(sheet, typeface) + 2 * self.caption;
        let top = self.caption * 3 / 4;
        let mut blocks = Vec::with_capacity(sheet.groups.len());
        let (mut y, mut bottom) = (top, top);
        for row in sheet.groups.chunks(self.across) {
            let tiles = y + self.header();
            blocks.extend((0..row.len() as u64).map(|index| {
                let x = self.caption + index * step;
                Block {
                    caption: (x, y),
                    tiles: (x, tiles),
                }
            }));
            let most = row.iter().map(|g| g.tiles.len()).max().unwrap_or(0);
            bottom = match most.div_ceil(self.columns) as u64 {
                0 => y + self.caption,
                rows => tiles + (rows - 1) * self.row_height() + self.height,
            };
            y = bottom + self.caption * 3 / 4;
        }
        let first = top + self.header();
        let tiles = Rect {
            x: self.caption,
            y: first,
            width: self.across as u64 * step - 2 * self.caption,
            height: bottom.saturating_sub(first),
        };
        (blocks, tiles)
    }
}

/// Where everything stands. Blocks fill a grid row by row, and tiles a block.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) width: u64,
    pub(super) height: u64,
    pub(super) metrics: Metrics,
    pub(super) blocks: Vec<Block>,
    pub(super) bar: Bar,
}

impl Layout {
    /// Lays out `sheet` at `scale`, which need not be its own.
    pub(super) fn new(sheet: &Sheet, scale: u32, typeface: &Typeface) -> Self {
        let metrics = Metrics::new(sheet, u64::from(scale), typeface);
        let (blocks, tiles) = metrics.place_blocks(sheet, typeface);
        let bar = Bar::new(sheet, tiles, metrics.caption, typeface);
        Self {
            width: bar.right + metrics.caption,
            height: tiles.bottom().max(bar.frame.bottom()) + metrics.caption,
            metrics,
            blocks,
            bar,
        }
    }

    /// The border box of a group's tile.
    pub(super) fn tile(&self, block: &Block, index: usize) -> Rect {
        let Metrics {
            width,
            height,
            gap,
            columns,
            ..
        } = self.metrics;
        let (row, column) = ((index / columns) as u64, (index % columns) as u64);
        Rect {
            x: block.tiles.0 + column * (width + gap),
            y: block.tiles.1 + row * self.metrics.row_height(),
            width,
            height,
        }
    }

    /// The top left corner of a tile's caption, centred above the tile.
    pub(super) fn tile_caption_at(&self, face: &Typeface, tile: Rect, text: &str) -> (u64, u64) {
        let size = self.metrics.tile_caption;
        let room = tile.width.saturating_sub(face.width(text, size));
        (tile.x + room / 2, tile.y - size)
    }

    pub(super) fn fits(&self) -> bool {
        self.width.saturating_mul(self.height) <= MAX_PIXELS
    }
}

/// Tiles in a row, for groups of up to `tiles`: about as many as rows, but not
/// fewer than ten.
fn columns(tiles: usize) -> usize {
    let square = (1..).find(|n| n * n >= tiles).unwrap_or(tiles);
    square.max(ROW).min(tiles.max(1))
}

/// Groups side by side: the fewest that keep the sheet from getting much higher
/// than wide.
fn blocks_across(groups: usize, columns: usize, rows: usize) -> usize {
    let high = |across: usize| groups.div_ceil(across) * rows;
    let wide = |across: usize| across * columns;
    (1..groups)
        .find(|&across| 2 * high(across) <= 3 * wide(across))
        .unwrap_or(groups)
}

/// The line height of tile captions: `usual`, or less to fit the widest to a
/// tile, or 0 when it would be too small to read or there is no text.
fn tile_caption(sheet: &Sheet, typeface: &Typeface, width: u64, usual: u64) -> u64 {
    const TRIAL: u64 = 100;
    // Less than the tile, lest neighbours' captions read as one line.
    let room = width * 15 / 16;
    let tiles = sheet.groups.iter().flat_map(|group| &group.tiles);
    let widest = tiles.map(|tile| typeface.width(&tile.caption, TRIAL)).max();
    match widest {
        None | Some(0) => 0,
        Some(widest) => match usual.min(room * TRIAL / widest) {
            ..SMALLEST_TEXT => 0,
            size => size,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn up_to_ten_tiles_stand_in_a_row_and_more_in_a_block() {
        let wanted = [(1, 1), (7, 7), (10, 10), (11, 10), (100, 10), (101, 11)];
        for (tiles, across) in wanted.into_iter().chain([(400, 20), (640, 26)]) {
            assert_eq!(columns(tiles), across, "{tiles} tiles");
        }
    }

    #[test]
    fn groups_stand_side_by_side_when_the_sheet_would_be_a_tower() {
        assert_eq!(blocks_across(1, 10, 1), 1);
        assert_eq!(blocks_across(10, 10, 1), 1);
        assert_eq!(blocks_across(10, 1, 1), 3);
        assert_eq!(blocks_across(10, 26, 25), 3);
        assert_eq!(blocks_across(2, 20, 20), 2);
    }
}
