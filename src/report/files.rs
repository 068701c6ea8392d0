//! Pictures and arrays as files.

use super::error::HeatmapError;
use crate::artefact::write_whole;
use image::RgbImage;
use npyz::WriterBuilder;
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;

/// Writes a picture as PNG, with `text` as its key and value notes. A note is a
/// `tEXt` chunk, or an `iTXt` chunk when it has characters outside Latin-1.
///
/// # Errors
/// When the file cannot be written, or PNG allows no such key (1 to 79 Latin-1
/// characters).
pub fn write_png(path: &Path, image: &RgbImage, text: &[(&str, &str)]) -> Result<(), HeatmapError> {
    write(path, |file| {
        let mut encoder = png::Encoder::new(file, image.width(), image.height());
        encoder.set_color(png::ColorType::Rgb);
        for &(key, value) in text {
            let (key, value) = (key.to_owned(), value.to_owned());
            if value.chars().all(|c| u32::from(c) <= 0xff) {
                encoder.add_text_chunk(key, value)?;
            } else {
                encoder.add_itxt_chunk(key, value)?;
            }
        }
        let mut writer = encoder.write_header()?;
        writer.write_image_data(image.as_raw())?;
        Ok(writer.finish()?)
    })
}

/// Writes values as a NumPy array of `f32` in C order.
///
/// # Errors
/// When `shape` does not hold just as many values, or the file cannot be written.
pub fn write_npy(path: &Path, shape: &[u64], values: &[f32]) -> Result<(), HeatmapError> {
    let held = shape.iter().try_fold(1_u64, |all, &n| all.checked_mul(n));
    if held != Some(values.len() as u64) {
        return Err(HeatmapError::NpyShape {
            path: path.to_owned(),
            shape: shape.to_owned(),
            values: values.len(),
        });
    }
    write(path, |file| {
        let mut writer = npyz::WriteOptions::new()
            .default_dtype()
            .shape(shape)
            .writer(file)
            .begin_nd()?;
        writer.extend(values)?;
        writer.finish()
    })
}

fn write(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>,
) -> Result<(), HeatmapError> {
    write_whole(path, fill).map_err(|source| HeatmapError::Write {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::BufReader;

    use image::Rgb;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    fn reader(path: &Path) -> png::Reader<BufReader<File>> {
        let file = BufReader::new(File::open(path).unwrap());
        png::Decoder::new(file).read_info().unwrap()
    }

    #[test]
    fn a_png_keeps_its_pixels_and_notes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        let image = RgbImage::from_fn(5, 3, |x, y| Rgb([x as u8, y as u8, 7]));
        let notes = [("Software", "spikeprune é"), ("Note", "θ ≥ 0")];
        write_png(&path, &image, &notes).unwrap();

        let mut reader = reader(&path);
        let mut pixels = vec![0; 5 * 3 * 3];
        reader.next_frame(&mut pixels).unwrap();
        assert_eq!(&pixels, image.as_raw());
        let latin = &reader.info().uncompressed_latin1_text[0];
        assert_eq!((&*latin.keyword, &*latin.text), notes[0]);
        let unicode = &reader.info().utf8_text[0];
        assert_eq!(unicode.keyword, "Note");
        assert_eq!(unicode.get_text().unwrap(), "θ ≥ 0");
        assert_eq!(names(folder.path()), ["a.png"]);
    }

    #[test]
    fn an_npy_file_keeps_its_shape_and_values() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        let values = [0.0, 1.5, -2.0, f32::MIN_POSITIVE, 4.0, 5.0];
        write_npy(&path, &[2, 3], &values).unwrap();
        let npy = npyz::NpyFile::new(File::open(&path).unwrap()).unwrap();
        assert_eq!(npy.shape(), [2, 3]);
        assert_eq!(npy.order(), npyz::Order::C);
        assert_eq!(npy.into_vec::<f32>().unwrap(), values);
    }

    #[test]
    fn a_wrong_shape_is_refused_with_both_sizes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        for shape in [&[2, 2][..], &[u64::MAX, 2]] {
            let message = write_npy(&path, shape, &[0.0; 3]).unwrap_err().to_string();
            assert!(message.contains("3 values"), "{message}");
        }
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn a_failure_leaves_the_old_file_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        fs::write(&path, "old").unwrap();
        let too_long = "k".repeat(80);
        let error = write_png(&path, &RgbImage::new(2, 2), &[(&too_long, "v")]).unwrap_err();
        assert!(error.to_string().contains("a.png"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(names(folder.path()), ["a.png"]);
    }

    #[test]
    fn a_file_cannot_replace_a_folder_or_lie_in_none() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("taken");
        fs::create_dir(&taken).unwrap();
        assert!(write_png(&taken, &RgbImage::new(2, 2), &[]).is_err());
        assert_eq!(names(folder.path()), ["taken"]);
        let missing = folder.path().join("missing").join("a.npy");
        let error = write_npy(&missing, &[1], &[0.0]).unwrap_err();
        assert!(error.to_string().contains("missing"), "{error}");
    }
}
