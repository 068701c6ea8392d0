//! The shape of images.

use std::fmt;

/// What one image is made of: rows, columns, and intensities of each pixel, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ImageShape {
    pub height: usize,
    pub width: usize,
    pub channels: usize,
}

impl ImageShape {
    /// Intensities of an image.
    pub fn len(self) -> usize {
        self.height * self.width * self.channels
    }

    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

impl fmt::Display for ImageShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            height,
            width,
            channels,
        } = self;
        match channels {
            1 => write!(f, "{height}x{width}"),
            _ => write!(f, "{height}x{width}x{channels}"),
        }
    }
}
