//! Pictures and arrays as the bytes of files.

use super::error::HeatmapError;
use super::heatmap::PAPER;
use image::RgbImage;
use npyz::WriterBuilder;
use std::io::{self, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A picture as PNG, with `text` as its key and value notes. A note is a `tEXt` chunk, or an `iTXt` chunk when it has
/// characters outside Latin-1.
///
/// # Errors
/// When PNG allows no such key (1 to 79 Latin-1 characters).
pub fn encode_png(image: &RgbImage, text: &[(&str, &str)]) -> Result<Vec<u8>, HeatmapError> {
    encode(image.dimensions(), None, text, |writer| {
        writer.write_image_data(image.as_raw()).map_err(refused)
    })
}

/// Pictures as an animated PNG of this size, which begins anew when it ends: `frame` gives each of `count` when it is
/// needed, which is cut to the size or stands on white. Each is shown for `milliseconds`, the last ten times as long. Notes as
/// in [`encode_png`].
///
/// # Errors
/// As [`encode_png`], when there is no picture, and those of `frame`.
pub fn encode_animation(
    size: (u32, u32),
    (count, milliseconds): (u32, u16),
    text: &[(&str, &str)],
    frame: impl Fn(u32) -> Result<RgbImage, HeatmapError>,
) -> Result<Vec<u8>, HeatmapError> {
    encode(size, Some((count, milliseconds)), text, |writer| {
        for place in 0..count {
            if place + 1 == count {
                let longer = milliseconds.saturating_mul(10);
                writer.set_frame_delay(longer, 1000).map_err(refused)?;
            }
            let mut canvas = RgbImage::from_pixel(size.0, size.1, PAPER);
            image::imageops::replace(&mut canvas, &frame(place)?, 0, 0);
            let written = writer.write_image_data(canvas.as_raw());
            written.map_err(refused)?;
        }
        Ok(())
    })
}

/// A PNG whose pictures are written by `fill`; animated if it is told of how many, and for how many milliseconds each.
fn encode(
    (width, height): (u32, u32),
    animated: Option<(u32, u16)>,
    text: &[(&str, &str)],
    fill: impl FnOnce(&mut png::Writer<&mut Vec<u8>>) -> Result<(), HeatmapError>,
) -> Result<Vec<u8>, HeatmapError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    if let Some((count, milliseconds)) = animated {
        encoder.set_animated(count, 0).map_err(refused)?;
        let timed = encoder.set_frame_delay(milliseconds, 1000);
        timed.map_err(refused)?;
    }
    for &(key, value) in text {
        let (key, value) = (key.to_owned(), value.to_owned());
        let added = match value.chars().all(|c| u32::from(c) <= 0xff) {
            true => encoder.add_text_chunk(key, value),
            false => encoder.add_itxt_chunk(key, value),
        };
        added.map_err(refused)?;
    }
    let mut writer = encoder.write_header().map_err(refused)?;
    fill(&mut writer)?;
    writer.finish().map_err(refused)?;
    Ok(bytes)
}

fn refused(error: png::EncodingError) -> HeatmapError {
    HeatmapError::Encode(error.into())
}

/// Values as a NumPy array of `f32` in C order.
///
/// # Errors
/// When `shape` does not hold just as many values.
pub fn encode_npy(shape: &[u64], values: &[f32]) -> Result<Vec<u8>, HeatmapError> {
    array(shape, values)
}

fn array<T: npyz::AutoSerialize + Copy>(
    shape: &[u64],
    values: &[T],
) -> Result<Vec<u8>, HeatmapError> {
    let held = shape.iter().try_fold(1_u64, |all, &n| all.checked_mul(n));
    if held != Some(values.len() as u64) {
        return Err(HeatmapError::NpyShape {
            shape: shape.to_owned(),
            values: values.len(),
        });
    }
    let mut bytes = Vec::new();
    let mut writer = npyz::WriteOptions::new()
        .default_dtype()
        .shape(shape)
        .writer(&mut bytes)
        .begin_nd()?;
    writer.extend(values.iter().copied())?;
    writer.finish()?;
    Ok(bytes)
}

/// Values of an array in an archive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Values<'a> {
    F32(&'a [f32]),
    F64(&'a [f64]),
    U32(&'a [u32]),
    U8(&'a [u8]),
}

/// Arrays in C order, each with name and shape, as an archive that `numpy.load` reads (.npz). The same arrays give the
/// same bytes.
///
/// # Errors
/// When a shape does not hold just as many values.
pub fn encode_npz(arrays: &[(&str, Vec<u64>, Values<'_>)]) -> Result<Vec<u8>, HeatmapError> {
    let mut archive = ZipWriter::new(io::Cursor::new(Vec::new()));
    // No time of writing.
    let options = SimpleFileOptions::default().last_modified_time(zip::DateTime::default());
    for (name, shape, values) in arrays {
        let bytes = match *values {
            Values::F32(values) => array(shape, values),
            Values::F64(values) => array(shape, values),
            Values::U32(values) => array(shape, values),
            Values::U8(values) => array(shape, values),
        }?;
        let name = npyz::npz::file_name_from_array_name(name);
        archive.start_file(name, options).map_err(io::Error::from)?;
        archive.write_all(&bytes)?;
    }
    Ok(archive.finish().map_err(io::Error::from)?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;
    use std::io::Cursor;

    #[test]
    fn a_png_keeps_its_pixels_and_notes() {
        let image = RgbImage::from_fn(5, 3, |x, y| Rgb([x as u8, y as u8, 7]));
        let notes = [("Software", "spikeprune é"), ("Note", "θ ≥ 0")];
        let bytes = encode_png(&image, &notes).unwrap();

        let mut reader = png::Decoder::new(Cursor::new(bytes)).read_info().unwrap();
        let mut pixels = vec![0; 5 * 3 * 3];
        reader.next_frame(&mut pixels).unwrap();
        assert_eq!(&pixels, image.as_raw());
        let latin = &reader.info().uncompressed_latin1_text[0];
        assert_eq!((&*latin.keyword, &*latin.text), notes[0]);
        let unicode = &reader.info().utf8_text[0];
        assert_eq!(unicode.keyword, "Note");
        assert_eq!(unicode.get_text().unwrap(), "θ ≥ 0");
    }

    #[test]
    fn an_array_keeps_its_shape_and_values() {
        let values = [0.0, 1.5, -2.0, f32::MIN_POSITIVE, 4.0, 5.0];
        let bytes = encode_npy(&[2, 3], &values).unwrap();
        let npy = npyz::NpyFile::new(&bytes[..]).unwrap();
        assert_eq!(npy.shape(), [2, 3]);
        assert_eq!(npy.order(), npyz::Order::C);
        assert_eq!(npy.into_vec::<f32>().unwrap(), values);
    }

    #[test]
    fn what_the_formats_do_not_take_is_refused() {
        for shape in [&[2, 2][..], &[u64::MAX, 2]] {
            let message = encode_npy(shape, &[0.0; 3]).unwrap_err().to_string();
            assert!(message.contains("3 values"), "{message}");
        }
        let too_long = "k".repeat(80);
        assert!(encode_png(&RgbImage::new(2, 2), &[(&too_long, "v")]).is_err());
    }
}
