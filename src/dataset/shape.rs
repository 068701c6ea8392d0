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
    /// That of the digits of MNIST: 28 rows and columns of grey.
    pub const MNIST: Self = Self::grey(28, 28);

    /// Rows and columns of one intensity a pixel.
    pub const fn grey(height: usize, width: usize) -> Self {
        Self {
            height,
            width,
            channels: 1,
        }
    }

    /// Of so many pixels in a row, whose shape is not told: a square, where one has so many.
    pub const fn of_pixels(pixels: usize) -> Self {
        let side = pixels.isqrt();
        match side * side == pixels {
            true => Self::grey(side, side),
            false => Self::grey(1, pixels),
        }
    }

    /// Of the images of an array whose first dimension is their number; none where it holds no images. Two dimensions are
    /// rows of pixels, of four the last are the channels, 1 or 3.
    pub fn of_array(dimensions: &[usize]) -> Option<Self> {
        let shape = match *dimensions {
            [_, pixels] => Self::of_pixels(pixels),
            [_, height, width] => Self::grey(height, width),
            [_, height, width, channels @ (1 | 3)] => Self {
                height,
                width,
                channels,
            },
            _ => return None,
        };
        (!shape.is_empty()).then_some(shape)
    }

    /// With rows and columns in each other's place.
    pub const fn transposed(self) -> Self {
        Self {
            height: self.width,
            width: self.height,
            channels: self.channels,
        }
    }

    /// Intensities of an image.
    pub const fn len(self) -> usize {
        self.height * self.width * self.channels
    }

    pub const fn is_empty(self) -> bool {
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
