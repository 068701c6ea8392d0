//! Sizes and rectangles, in pixels.

use image::{Rgb, RgbImage};

/// The largest picture: 750 MB in memory.
pub(super) const MAX_PIXELS: u64 = 250_000_000;

/// The colour of borders and text.
pub(super) const INK: Rgb<u8> = Rgb([0x22, 0x22, 0x22]);

/// A rectangle of pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rect {
    pub(super) x: u64,
    pub(super) y: u64,
    pub(super) width: u64,
    pub(super) height: u64,
}

impl Rect {
    pub(super) fn right(self) -> u64 {
        self.x + self.width
    }

    pub(super) fn bottom(self) -> u64 {
        self.y + self.height
    }

    /// The same without a border of `by` pixels.
    pub(super) fn shrunk(self, by: u64) -> Self {
        Self {
            x: self.x + by,
            y: self.y + by,
            width: self.width - 2 * by,
            height: self.height - 2 * by,
        }
    }

    pub(super) fn fill(self, image: &mut RgbImage, color: Rgb<u8>) {
        for y in self.y..self.bottom() {
            for x in self.x..self.right() {
                image.put_pixel(x as u32, y as u32, color);
            }
        }
    }
}
