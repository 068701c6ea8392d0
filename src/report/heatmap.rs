//! Drawing a sheet of incoming weights: one tile of pixels per neuron.

use super::colorbar;
use super::error::HeatmapError;
use super::geometry::{INK, Rect};
use super::layout::Layout;
use super::sheet::{Sheet, Tile};
use super::text::{Direction, Typeface};
use image::{Rgb, RgbImage};

pub(super) const PAPER: Rgb<u8> = Rgb([0xff; 3]);

impl Sheet<'_> {
    /// Draws the sheet.
    ///
    /// # Errors
    /// When the sheet has no tile, a tile has other values than its pixels or a NaN among
    /// them, the scale or the range cannot be used, or the picture would have
    /// more than 250 million pixels.
    pub fn render(&self) -> Result<RgbImage, HeatmapError> {
        self.check()?;
        let typeface = Typeface::new();
        let layout = self.fitting_layout(&typeface)?;
        let mut image = RgbImage::from_pixel(layout.width as u32, layout.height as u32, PAPER);
        for (group, block) in self.groups.iter().zip(&layout.blocks) {
            let (size, at) = (layout.metrics.caption, block.caption);
            typeface.draw(&mut image, &group.caption, size, at, Direction::Right, INK);
            for (index, tile) in group.tiles.iter().enumerate() {
                let frame = layout.tile(block, index);
                self.draw_tile(&mut image, tile, frame, &layout);
                if layout.metrics.tile_caption > 0 {
                    let at = layout.tile_caption_at(&typeface, frame, &tile.caption);
                    let size = layout.metrics.tile_caption;
                    typeface.draw(&mut image, &tile.caption, size, at, Direction::Right, INK);
                }
            }
        }
        colorbar::draw(&mut image, self, &layout.bar, &typeface);
        Ok(image)
    }

    fn fitting_layout(&self, typeface: &Typeface) -> Result<Layout, HeatmapError> {
        let layout = Layout::new(self, self.scale, typeface);
        if layout.fits() {
            return Ok(layout);
        }
        let mut smaller = (1..self.scale).rev();
        Err(HeatmapError::TooLarge {
            width: layout.width,
            height: layout.height,
            scale: self.scale,
            fitting: smaller.find(|&scale| Layout::new(self, scale, typeface).fits()),
        })
    }

    /// Draws a tile's border, `frame`, and its weights.
    fn draw_tile(&self, image: &mut RgbImage, tile: &Tile, frame: Rect, layout: &Layout) {
        frame.fill(image, INK);
        let inside = frame.shrunk(layout.metrics.border);
        let (side, columns) = (u64::from(self.scale), self.tile[1]);
        for (index, &value) in tile.values.iter().enumerate() {
            let (row, column) = (index / columns, index % columns);
            let weight = Rect {
                x: inside.x + column as u64 * side,
                y: inside.y + row as u64 * side,
                width: side,
                height: side,
            };
            weight.fill(image, self.color(value));
        }
    }

    fn color(&self, value: f32) -> Rgb<u8> {
        let (low, high) = self.shades.range;
        let (low, high) = (f64::from(low), f64::from(high));
        self.shades
            .colormap
            .color((f64::from(value) - low) / (high - low))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::plot::FontScale;
    use crate::report::{ColorMap, Shades, TileGroup};

    fn tile(values: Vec<f32>) -> Tile<'static> {
        Tile {
            caption: "neuron 12".to_owned(),
            values: values.into(),
        }
    }

    fn sheet(groups: &[usize], scale: u32) -> Sheet<'static> {
        let group = |&tiles: &usize| TileGroup {
            caption: "class 7".to_owned(),
            tiles: (0..tiles).map(|_| tile(vec![0.5; 20 * 28])).collect(),
        };
        Sheet {
            groups: groups.iter().map(group).collect(),
            tile: [20, 28],
            shades: Shades::of_weights(0.0, 1.0, Some(ColorMap::BlueWhiteRed)),
            scale,
            font_scale: FontScale::default(),
            quantity: "weight".to_owned(),
        }
    }

    fn refusal(sheet: &Sheet) -> String {
        sheet.render().unwrap_err().to_string()
    }

    #[test]
    fn every_weight_is_one_block_of_its_color_in_its_place() {
        let mut sheet = sheet(&[1, 12], 3);
        let values = (0..20 * 28).map(|i| i as f32 / 700.0 - 0.05);
        sheet.groups[1].tiles[11].values = values.collect();
        let image = sheet.render().unwrap();
        let layout = Layout::new(&sheet, 3, &Typeface::new());
        let frame = layout.tile(&layout.blocks[1], 11);
        assert_eq!((frame.width, frame.height), (28 * 3 + 2, 20 * 3 + 2));
        for y in 0..20 * 3 {
            for x in 0..28 * 3 {
                let value = f64::from((y / 3 * 28 + x / 3) as f32 / 700.0 - 0.05);
                let (px, py) = (frame.x as u32 + 1 + x, frame.y as u32 + 1 + y);
                let wanted = ColorMap::BlueWhiteRed.color(value);
                assert_eq!(*image.get_pixel(px, py), wanted, "at {x}, {y}");
            }
        }
        assert_eq!(*image.get_pixel(frame.x as u32, frame.y as u32), INK);
    }

    #[test]
    fn tiles_are_apart_and_margins_stay_white() {
        for (groups, scale) in [(&[1][..], 1), (&[3, 0, 13], 2), (&[2; 7], 5)] {
            let sheet = sheet(groups, scale);
            let layout = Layout::new(&sheet, scale, &Typeface::new());
            let mut covered = std::collections::HashSet::new();
            for (group, block) in sheet.groups.iter().zip(&layout.blocks) {
                for index in 0..group.tiles.len() {
                    let frame = layout.tile(block, index);
                    assert!(frame.right() < layout.bar.frame.x);
                    let corners = (frame.y..frame.bottom()).map(|y| (frame.x, y));
                    for (x, y) in corners {
                        assert!((x..frame.right()).all(|x| covered.insert((x, y))));
                    }
                }
            }
            let image = sheet.render().unwrap();
            let (width, height) = image.dimensions();
            for (x, y, pixel) in image.enumerate_pixels() {
                if x < 8 || y < 4 || x + 8 >= width || y + 4 >= height {
                    assert_eq!(*pixel, PAPER, "{groups:?} at {x}, {y}");
                }
            }
        }
    }

    #[test]
    fn text_grows_and_tiles_stay() {
        let plain = sheet(&[10], 4);
        let mut large = sheet(&[10], 4);
        large.font_scale = FontScale::new(2.0).unwrap();
        let layout = |sheet: &Sheet| Layout::new(sheet, 4, &Typeface::new());
        let (plain, large) = (layout(&plain), layout(&large));
        assert_eq!(large.metrics.caption, 2 * plain.metrics.caption);
        let side = |layout: &Layout| layout.tile(&layout.blocks[0], 9).width;
        assert_eq!(side(&large), side(&plain));
    }

    #[test]
    fn captions_of_tiles_go_when_they_cannot_fit() {
        let size = |scale| {
            let layout = Layout::new(&sheet(&[10], scale), scale, &Typeface::new());
            layout.metrics.tile_caption
        };
        assert_eq!(size(1), 0);
        assert!(size(4) > 10);
    }

    #[test]
    fn what_cannot_be_drawn_is_refused_with_its_values() {
        assert!(refusal(&sheet(&[1], 0)).contains("scale 0"));
        assert!(refusal(&sheet(&[1], 33)).contains("scale 33"));
        assert!(refusal(&sheet(&[0], 1)).contains("no tile"));
        let mut wrong = sheet(&[1], 1);
        wrong.shades.range = (1.0, 1.0);
        assert!(refusal(&wrong).contains("1..1"));
        wrong = sheet(&[2], 1);
        wrong.groups[0].tiles[1] = tile(vec![0.0; 559]);
        let message = refusal(&wrong);
        let name = "tile \"neuron 12\" of group \"class 7\"";
        assert!(
            message.contains(name) && message.contains("559 values, not 560 (20 x 28)"),
            "{message}"
        );
        let mut values = vec![0.0; 20 * 28];
        values[30] = f32::NAN;
        wrong.groups[0].tiles[1] = tile(values);
        let message = refusal(&wrong);
        assert!(message.contains(name), "{message}");
        assert!(message.contains("row 1, column 2"), "{message}");
    }

    #[test]
    fn a_sheet_too_large_names_the_scale_that_fits() {
        let mut large = sheet(&[400], 32);
        let message = refusal(&large);
        let fitting = message.rsplit_once("scale ").unwrap().1;
        let fitting = fitting.trim_end_matches(" would fit").parse().unwrap();
        let fits = |scale| Layout::new(&large, scale, &Typeface::new()).fits();
        assert!(fits(fitting) && !fits(fitting + 1), "{message}");
        large.scale = 2;
        large.groups[0].caption = "x".repeat(80_000);
        assert!(refusal(&large).contains("fewer tiles"));
    }
}
