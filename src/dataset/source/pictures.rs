//! Pictures in one folder for each class, whose names are the names of the classes.

use super::{Found, Images, Tree};
use crate::dataset::{Colour, DatasetError, ImageShape, Reading};
use image::{DynamicImage, ImageDecoder, ImageReader, RgbImage, Rgba};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::io::{self, BufRead, BufReader, Cursor, Seek};
use std::path::{Path, PathBuf};

/// Endings of the pictures that are read.
const ENDINGS: [&str; 5] = ["png", "jpg", "jpeg", "bmp", "gif"];
/// Folders of the two parts, where they are apart.
const PARTS: [[&str; 2]; 2] = [["train", "training"], ["test", "testing"]];
/// Most classes of a data set.
const MOST_CLASSES: usize = 256;

/// Reads the pictures below a folder; none if no folder below it holds any.
pub(super) fn read(
    tree: &Tree,
    path: &Path,
    reading: &Reading,
) -> Result<Option<Found>, DatasetError> {
    if !tree.is_dir(path) {
        return Ok(None);
    }
    let part = |names: [&str; 2]| {
        let found = names.iter().map(|name| path.join(name));
        found
            .map(|dir| classes(tree, &dir))
            .find(|classes| !classes.is_empty())
    };
    let [train, test] = PARTS.map(part);
    let parts = match (train, test) {
        (None, None) => [
            Some(classes(tree, path)).filter(|all| !all.is_empty()),
            None,
        ],
        apart => [apart.0, apart.1],
    };
    if parts.iter().all(Option::is_none) {
        return Ok(None);
    }
    let names = names(&parts);
    if names.len() > MOST_CLASSES {
        return Err(DatasetError::TooManyClasses {
            path: path.into(),
            classes: names.len(),
        });
    }
    let read = |part: Option<Vec<Class>>| {
        let images = |part: Vec<Class>| images(tree, &part, &names, reading);
        part.map(images).transpose()
    };
    let [train, test] = parts.map(read);
    Ok(Some(Found {
        train: train?,
        test: test?,
        names,
    }))
}

/// A class and its pictures.
struct Class {
    name: String,
    pictures: Vec<PathBuf>,
}

/// The folders of `dir` that hold pictures.
fn classes(tree: &Tree, dir: &Path) -> Vec<Class> {
    let class = |folder: PathBuf| {
        let name = folder.file_name()?.to_string_lossy().into_owned();
        let pictures: Vec<PathBuf> = tree
            .entries(&folder)
            .into_iter()
            .filter(|path| is_called_picture(path) && tree.is_file(path))
            .collect();
        (!pictures.is_empty() && !name.starts_with('.')).then_some(Class { name, pictures })
    };
    tree.entries(dir)
        .into_iter()
        .filter(|path| tree.is_dir(path))
        .filter_map(class)
        .collect()
}

/// Names of all classes: by number if all are numbers, else by letter.
fn names(parts: &[Option<Vec<Class>>; 2]) -> Vec<String> {
    let classes = parts.iter().flatten().flatten();
    let names: BTreeSet<&String> = classes.map(|class| &class.name).collect();
    let mut names: Vec<String> = names.into_iter().cloned().collect();
    if names.iter().all(|name| name.parse::<u64>().is_ok()) {
        names.sort_by_key(|name| name.parse::<u64>().unwrap_or(u64::MAX));
    }
    names
}

/// Whether a file is called like a picture, and is not hidden.
pub fn is_picture(path: &Path) -> bool {
    is_called_picture(path) && path.is_file()
}

fn is_called_picture(path: &Path) -> bool {
    let hidden = path
        .file_name()
        .is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
    let ending = path
        .extension()
        .map(|ending| ending.to_string_lossy().to_lowercase());
    !hidden && ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

fn images(
    tree: &Tree,
    classes: &[Class],
    names: &[String],
    reading: &Reading,
) -> Result<Images, DatasetError> {
    let label = |class: &Class| names.iter().position(|name| *name == class.name);
    let pictures: Vec<(&Path, i64)> = classes
        .iter()
        .flat_map(|class| {
            let label = label(class).map_or(-1, |label| label as i64);
            class
                .pictures
                .iter()
                .map(move |path| (path.as_path(), label))
        })
        .collect();
    let read: Vec<_> = pictures
        .par_iter()
        .map(|(path, _)| picture_of(tree, path, reading))
        .collect();
    let mut all: Option<Images> = None;
    for ((path, label), read) in pictures.iter().zip(read) {
        let Picture { shape, pixels, .. } = read?;
        let all = all.get_or_insert_with(|| Images {
            shape,
            pixels: Vec::new(),
            labels: Vec::new(),
        });
        if shape != all.shape {
            return Err(DatasetError::PicturesDiffer {
                first: pictures[0].0.into(),
                shape: all.shape,
                other: path.to_path_buf(),
                found: shape,
            });
        }
        all.pixels.extend_from_slice(&pixels);
        all.labels.push(*label);
    }
    all.ok_or_else(|| DatasetError::NoImages {
        path: PathBuf::new(),
    })
}

/// A picture as it was read.
pub struct Picture {
    /// Its shape before it was scaled.
    pub found: ImageShape,
    pub shape: ImageShape,
    /// Row by row, the channels of a pixel together.
    pub pixels: Vec<u8>,
}

/// One picture, from a file.
///
/// # Errors
/// When it cannot be read, or is none.
pub fn picture(path: &Path, reading: &Reading) -> Result<Picture, DatasetError> {
    picture_of(&Tree::Disk, path, reading)
}

fn picture_of(tree: &Tree, path: &Path, reading: &Reading) -> Result<Picture, DatasetError> {
    let file = tree.open(path).map_err(DatasetError::unreadable(path))?;
    decoded(BufReader::new(file), path, reading)
}

/// One picture from its bytes; `path` names it in errors.
///
/// # Errors
/// When it is none.
pub fn picture_of_bytes(
    bytes: &[u8],
    path: &Path,
    reading: &Reading,
) -> Result<Picture, DatasetError> {
    decoded(Cursor::new(bytes), path, reading)
}

fn decoded(
    bytes: impl BufRead + Seek,
    path: &Path,
    reading: &Reading,
) -> Result<Picture, DatasetError> {
    let upright = || -> Result<DynamicImage, image::ImageError> {
        let mut decoder = ImageReader::new(bytes)
            .with_guessed_format()?
            .into_decoder()?;
        // As a camera was held.
        let orientation = decoder.orientation()?;
        let mut image = DynamicImage::from_decoder(decoder)?;
        image.apply_orientation(orientation);
        Ok(image)
    };
    let image = upright().map_err(|cause| DatasetError::BadPicture {
        path: path.into(),
        cause: io::Error::other(cause),
    })?;
    let image = match image.has_alpha() {
        true => over_black(&image),
        false => image,
    };
    let (height, width) = (image.height() as usize, image.width() as usize);
    let (channels, pixels) = match reading.colour {
        Colour::Grey => (1, image.into_luma8().into_raw()),
        Colour::Rgb => (3, image.into_rgb8().into_raw()),
    };
    let decoded = ImageShape {
        height,
        width,
        channels,
    };
    let (shape, pixels) = reading.apply(decoded, pixels)?;
    Ok(Picture {
        found: match reading.transpose {
            true => decoded.transposed(),
            false => decoded,
        },
        shape,
        pixels,
    })
}

/// A picture that lets through what is behind it, laid over black.
fn over_black(image: &DynamicImage) -> DynamicImage {
    let image = image.to_rgba8();
    let mut opaque = RgbImage::new(image.width(), image.height());
    for (pixel, Rgba([red, green, blue, alpha])) in opaque.pixels_mut().zip(image.pixels()) {
        let dimmed = |value: &u8| ((u32::from(*value) * u32::from(*alpha) + 127) / 255) as u8;
        pixel.0 = [red, green, blue].map(dimmed);
    }
    opaque.into()
}
