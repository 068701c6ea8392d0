//! How images are read: what is done to them, whatever their source, before anything else sees them.

use super::{DatasetError, ImageShape};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smart_default::SmartDefault;
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// How images and labels are read.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(default, deny_unknown_fields)]
pub struct Reading {
    /// Height and width to which images are scaled, as 28x28, or as-is.
    #[default(Size::AsIs)]
    pub size: Size,
    /// What is taken of pictures that are read from a folder.
    #[default(Colour::Grey)]
    pub colour: Colour,
    /// Whether rows and columns change places, as EMNIST needs it.
    #[default(false)]
    pub transpose: bool,
    /// Whether dark is light: for dark strokes on light paper.
    #[default(false)]
    pub invert: bool,
    /// The lowest label of the files, which becomes label 0.
    #[schemars(range(min = 0, max = 255))]
    #[default(0)]
    pub labels_from: u32,
    /// Share of the images of each class that are tested, drawn by the seed of the job, where the data have no part of
    /// their own to test with.
    #[schemars(range(min = 0, max = 0.9))]
    #[default(0.2)]
    pub test_share: f64,
}

/// What is taken of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Colour {
    /// Its brightness.
    Grey,
    /// Red, green and blue.
    Rgb,
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Grey => "grey",
            Self::Rgb => "rgb",
        })
    }
}

/// How large images are made. In files `"28x28"`, height first, or `"as-is"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    AsIs,
    To { height: usize, width: usize },
}

const AS_IS: &str = "as-is";
/// Most rows, and columns, of an image.
const MOST: usize = 65_536;

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == AS_IS {
            return Ok(Self::AsIs);
        }
        let sides = text.split_once(['x', 'X', '\u{d7}']);
        let side = |text: &str| {
            text.trim()
                .parse()
                .ok()
                .filter(|side| (1..=MOST).contains(side))
        };
        match sides.map(|(height, width)| (side(height), side(width))) {
            Some((Some(height), Some(width))) => Ok(Self::To { height, width }),
            _ => Err(format!(
                "expected HEIGHTxWIDTH, such as 28x28, each in 1..={MOST}, or {AS_IS}"
            )),
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AsIs => f.write_str(AS_IS),
            Self::To { height, width } => write!(f, "{height}x{width}"),
        }
    }
}

impl Serialize for Size {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map_err(|why| D::Error::custom(format!("\"{text}\": {why}")))
    }
}

impl JsonSchema for Size {
    fn schema_name() -> Cow<'static, str> {
        "Size".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string"})
    }
}

impl Reading {
    /// A stack of images as they are to be: rows and columns changed places, scaled, inverted.
    ///
    /// # Errors
    /// When they cannot be scaled.
    pub(super) fn apply(
        &self,
        shape: ImageShape,
        pixels: Vec<u8>,
    ) -> Result<(ImageShape, Vec<u8>), DatasetError> {
        let (shape, pixels) = match self.transpose {
            true => transposed(shape, &pixels),
            false => (shape, pixels),
        };
        let (shape, mut pixels) = match self.size {
            Size::To { height, width } if (height, width) != (shape.height, shape.width) => {
                let wanted = ImageShape {
                    height,
                    width,
                    ..shape
                };
                (wanted, scaled(shape, &pixels, wanted)?)
            }
            _ => (shape, pixels),
        };
        if self.invert {
            pixels
                .iter_mut()
                .for_each(|value| *value = u8::MAX - *value);
        }
        Ok((shape, pixels))
    }
}

fn transposed(shape: ImageShape, pixels: &[u8]) -> (ImageShape, Vec<u8>) {
    let ImageShape {
        height,
        width,
        channels,
    } = shape;
    let mut turned = Vec::with_capacity(pixels.len());
    for image in pixels.chunks_exact(shape.len()) {
        for column in 0..width {
            for row in 0..height {
                let at = (row * width + column) * channels;
                turned.extend_from_slice(&image[at..at + channels]);
            }
        }
    }
    (shape.transposed(), turned)
}

/// Each image at another size, by a triangular filter as wide as the new pixels.
#[cfg(feature = "sources")]
fn scaled(shape: ImageShape, pixels: &[u8], wanted: ImageShape) -> Result<Vec<u8>, DatasetError> {
    use image::imageops::{FilterType, resize};
    use image::{ImageBuffer, Luma, Pixel, Rgb};

    fn resized<P: Pixel<Subpixel = u8> + 'static>(
        image: &[u8],
        from: (u32, u32),
        to: (u32, u32),
    ) -> Option<Vec<u8>> {
        let image = ImageBuffer::<P, &[u8]>::from_raw(from.1, from.0, image)?;
        Some(resize(&image, to.1, to.0, FilterType::Triangle).into_raw())
    }
    let sides =
        |shape: ImageShape| Some((shape.height.try_into().ok()?, shape.width.try_into().ok()?));
    let refused = || DatasetError::Scaling {
        from: shape,
        to: wanted,
    };
    let (from, to) = (
        sides(shape).ok_or_else(refused)?,
        sides(wanted).ok_or_else(refused)?,
    );
    let mut all = Vec::with_capacity(pixels.len() / shape.len() * wanted.len());
    for image in pixels.chunks_exact(shape.len()) {
        let scaled = match shape.channels {
            1 => resized::<Luma<u8>>(image, from, to),
            3 => resized::<Rgb<u8>>(image, from, to),
            _ => None,
        };
        all.extend(scaled.ok_or_else(refused)?);
    }
    Ok(all)
}

#[cfg(not(feature = "sources"))]
fn scaled(_: ImageShape, _: &[u8], _: ImageShape) -> Result<Vec<u8>, DatasetError> {
    Err(DatasetError::WithoutSources {
        what: "scaling images",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_columns_change_places_and_dark_becomes_light() {
        let reading = Reading {
            transpose: true,
            invert: true,
            ..Reading::default()
        };
        let colour = ImageShape {
            height: 1,
            width: 2,
            channels: 3,
        };
        let (shape, pixels) = reading.apply(colour, (0..12).collect()).unwrap();
        assert_eq!(shape.to_string(), "2x1x3");
        // One row or one column: the pixels stay in their order.
        let inverted: Vec<u8> = (0..12).map(|value| 255 - value).collect();
        assert_eq!(pixels, inverted);
        let (shape, pixels) = reading
            .apply(ImageShape::grey(2, 3), (0..6).collect())
            .unwrap();
        assert_eq!(shape, ImageShape::grey(3, 2));
        assert_eq!(pixels, [255, 252, 254, 251, 253, 250]);
    }

    #[cfg(feature = "sources")]
    #[test]
    fn images_are_scaled_one_by_one() {
        let reading = Reading {
            size: "2x1".parse().unwrap(),
            ..Reading::default()
        };
        let two = [[200; 16], [40; 16]].concat();
        let (shape, pixels) = reading.apply(ImageShape::grey(4, 4), two).unwrap();
        assert_eq!(
            (shape, pixels),
            (ImageShape::grey(2, 1), vec![200, 200, 40, 40])
        );
    }

    #[test]
    fn sizes_are_read_as_they_are_written() {
        for text in ["as-is", "28x28", "8x16"] {
            assert_eq!(text.parse::<Size>().unwrap().to_string(), text);
        }
        for text in ["", "28", "0x3", "28x", "3x70000", "axb"] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
    }
}
