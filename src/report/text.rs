//! Text in pictures, in DejaVu Sans.

use ab_glyph::{Font, FontRef, GlyphId, PxScale, PxScaleFont, ScaleFont, point};
use image::{Rgb, RgbImage};

/// The way a line of text runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// Left to right.
    Right,
    /// Bottom to top, turned by a quarter.
    Up,
}

/// The typeface of all captions; a size is a line's height in pixels.
pub(super) struct Typeface(FontRef<'static>);

impl Typeface {
    pub(super) fn new() -> Self {
        let font = FontRef::try_from_slice(dejavu::sans::regular());
        Self(font.expect("the font is part of the program and is a valid one"))
    }

    /// The length of a line in whole pixels, rounded up.
    pub(super) fn width(&self, text: &str, size: u64) -> u64 {
        let (_, length) = self.place(text, size);
        length.ceil() as u64
    }

    /// The glyphs of a line, each with its pen position, and the line's length.
    fn place(&self, text: &str, size: u64) -> (Vec<(GlyphId, f32)>, f32) {
        let font = self.scaled(size);
        let mut pen = 0.0;
        let mut previous = None;
        let mut glyphs = Vec::new();
        for letter in text.chars() {
            let id = font.glyph_id(letter);
            if let Some(before) = previous {
                pen += font.kern(before, id);
            }
            glyphs.push((id, pen));
            pen += font.h_advance(id);
            previous = Some(id);
        }
        (glyphs, pen)
    }

    fn scaled(&self, size: u64) -> PxScaleFont<&FontRef<'static>> {
        self.0.as_scaled(PxScale::from(size as f32))
    }

    /// Draws a line. `(x, y)` is where it starts: its top left corner when it
    /// runs to the right, its bottom left corner when it runs up.
    pub(super) fn draw(
        &self,
        image: &mut RgbImage,
        text: &str,
        size: u64,
        (x, y): (u64, u64),
        direction: Direction,
        color: Rgb<u8>,
    ) {
        let font = self.scaled(size);
        // A whole baseline keeps the feet of letters sharp.
        let baseline = font.ascent().round();
        for (id, pen) in self.place(text, size).0 {
            let glyph = id.with_scale_and_position(font.scale(), point(pen, baseline));
            let Some(outline) = self.0.outline_glyph(glyph) else {
                continue;
            };
            let corner = outline.px_bounds().min;
            outline.draw(|column, row, coverage| {
                let along = corner.x as i64 + i64::from(column);
                let across = corner.y as i64 + i64::from(row);
                let (px, py) = match direction {
                    Direction::Right => (x as i64 + along, y as i64 + across),
                    Direction::Up => (x as i64 + across, y as i64 - 1 - along),
                };
                blend(image, px, py, color, coverage);
            });
        }
    }
}

/// Lays `color` over a pixel, and over none when it is outside the picture.
fn blend(image: &mut RgbImage, x: i64, y: i64, color: Rgb<u8>, coverage: f32) {
    let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else {
        return;
    };
    if let Some(pixel) = image.get_pixel_mut_checked(x, y) {
        let share = coverage.clamp(0.0, 1.0);
        for (under, over) in pixel.0.iter_mut().zip(color.0) {
            let mixed = f32::from(*under) * (1.0 - share) + f32::from(over) * share;
            *under = mixed.round() as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLACK: Rgb<u8> = Rgb([0, 0, 0]);

    /// The smallest box around what was drawn: left, top, right, bottom.
    fn ink(image: &RgbImage) -> (u32, u32, u32, u32) {
        let mut found = (u32::MAX, u32::MAX, 0, 0);
        for (x, y, pixel) in image.enumerate_pixels() {
            if pixel.0 != [255; 3] {
                let (left, top, right, bottom) = found;
                found = (left.min(x), top.min(y), right.max(x), bottom.max(y));
            }
        }
        found
    }

    fn drawn(direction: Direction, at: (u64, u64)) -> (u32, u32, u32, u32) {
        let mut image = RgbImage::from_pixel(100, 100, Rgb([255; 3]));
        Typeface::new().draw(&mut image, "weight", 16, at, direction, BLACK);
        ink(&image)
    }

    #[test]
    fn a_line_stays_within_its_measured_box() {
        let width = Typeface::new().width("weight", 16) as u32;
        let (left, top, right, bottom) = drawn(Direction::Right, (10, 20));
        assert!(left >= 10 && right <= 10 + width, "{left}..{right}");
        assert!(top >= 20 && bottom < 36, "{top}..{bottom}");

        let (left, top, right, bottom) = drawn(Direction::Up, (10, 90));
        assert!(left >= 10 && right < 26, "{left}..{right}");
        assert!(top >= 90 - width - 1 && bottom < 90, "{top}..{bottom}");
    }

    #[test]
    fn what_lies_outside_the_picture_is_cut_off() {
        drawn(Direction::Right, (95, 95));
        drawn(Direction::Up, (95, 5));
    }
}
