//! Arrays of NumPy: files `.npz`, and `.npy` beside each other, whose names say what they hold (`x_train`, `y_test`,
//! `train_images`, `labels`).

use super::gzip::most_held;
use super::{Found, Images, Tree, path_name};
use crate::dataset::{DatasetError, ImageShape, Part, Reading};
use npyz::{DType, NpyFile, NpyHeader, Order, TypeChar};
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use zip::ZipArchive;

/// What an array is.
#[derive(Clone, Copy, PartialEq)]
struct Role {
    /// None where the name does not say.
    part: Option<Part>,
    labels: bool,
}

impl Role {
    /// By the name of an array; none of what is something else, such as `val_images`.
    fn new(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        let words: Vec<&str> = name.split(['_', '-', '.', ' ']).collect();
        let has = |some: &[&str]| some.iter().any(|word| words.contains(word));
        let labels = match (
            has(&["x", "images", "imgs", "image", "data"]),
            has(&["y", "labels", "label", "target", "targets"]),
        ) {
            (true, false) => false,
            (false, true) => true,
            _ => return None,
        };
        let part = match (has(&["train", "training"]), has(&["test", "testing"])) {
            (true, false) => Some(Part::Training),
            (false, true) => Some(Part::Test),
            _ if has(&["val", "valid", "validation"]) => return None,
            _ => None,
        };
        Some(Self { part, labels })
    }
}

/// An array that was found, by its name.
struct Named {
    /// Where it is: a file, or a file and its part.
    place: PathBuf,
    role: Role,
    bytes: Vec<u8>,
}

/// Reads an archive, or the arrays of a folder; none where there are none.
pub(super) fn read(
    tree: &Tree,
    path: &Path,
    reading: &Reading,
) -> Result<Option<Found>, DatasetError> {
    let files = tree.files(path);
    let mut arrays = Vec::new();
    let mut any = false;
    for file in &files {
        let name = path_name(file);
        if let Some(stem) = name.strip_suffix(".npy") {
            any = true;
            if let Some(role) = Role::new(stem) {
                let (mut bytes, unreadable) = (Vec::new(), DatasetError::unreadable(file));
                let open = tree.open(file);
                open.and_then(|mut open| open.read_to_end(&mut bytes))
                    .map_err(unreadable)?;
                add(&mut arrays, path, file.clone(), role, bytes)?;
            }
        } else if let Some(stem) = name.strip_suffix(".npz") {
            any = true;
            let open = tree.open(file).map_err(DatasetError::unreadable(file))?;
            add_archive(&mut arrays, path, (file, open), stem)?;
        }
    }
    if !any {
        return Ok(None);
    }
    let mut part = |part| {
        let mut take = |labels| {
            let role = Role { part, labels };
            let place = arrays.iter().position(|array: &Named| array.role == role)?;
            Some(arrays.swap_remove(place))
        };
        match (take(false), take(true)) {
            (Some(images), Some(labels)) => joined(images, labels)?.read_as(reading).map(Some),
            (None, None) => Ok(None),
            (Some(alone), None) | (None, Some(alone)) => {
                Err(DatasetError::ArrayAlone { path: alone.place })
            }
        }
    };
    let (train, test, all) = (
        part(Some(Part::Training))?,
        part(Some(Part::Test))?,
        part(None)?,
    );
    if train.is_none() && test.is_none() && all.is_none() {
        return Err(DatasetError::NoArrays { path: path.into() });
    }
    Ok(Some(Found {
        train: train.or(all),
        test,
        names: Vec::new(),
    }))
}

fn bad(path: &Path, why: impl Into<String>) -> DatasetError {
    DatasetError::BadArray {
        path: path.into(),
        why: why.into(),
    }
}

fn add(
    arrays: &mut Vec<Named>,
    path: &Path,
    place: PathBuf,
    role: Role,
    bytes: Vec<u8>,
) -> Result<(), DatasetError> {
    if let Some(other) = arrays.iter().find(|other| other.role == role) {
        return Err(DatasetError::SeveralSets {
            path: path.into(),
            sets: format!("{}, {}", other.place.display(), place.display()),
        });
    }
    arrays.push(Named { place, role, bytes });
    Ok(())
}

/// The arrays of an archive; the only one of a file is called like the file, as KMNIST has them.
fn add_archive(
    arrays: &mut Vec<Named>,
    path: &Path,
    (file, open): (&Path, impl Read + Seek),
    stem: &str,
) -> Result<(), DatasetError> {
    let mut archive = ZipArchive::new(open).map_err(|error| bad(file, error.to_string()))?;
    for index in 0..archive.len() {
        let mut entry = archive
            .by_index(index)
            .map_err(|error| bad(file, error.to_string()))?;
        let name = entry
            .name()
            .map_err(|error| bad(file, error.to_string()))?
            .into_owned();
        let array = name.strip_suffix(".npy").unwrap_or(&name);
        let called = if array == "arr_0" { stem } else { array };
        let Some(role) = Role::new(called) else {
            continue;
        };
        let most = most_held(entry.compressed_size());
        let mut bytes = Vec::new();
        let read = entry.by_ref().take(most).read_to_end(&mut bytes);
        read.map_err(|cause| bad(file, cause.to_string()))?;
        add(arrays, path, file.join(array), role, bytes)?;
    }
    Ok(())
}

/// An array, in C order.
struct Array {
    shape: Vec<usize>,
    values: Values,
}

/// What an array holds. Bytes, which most images are, stay bytes: as other numbers they would take eight times the room.
enum Values {
    Bytes(Vec<u8>),
    Whole(Vec<f64>),
    Floats(Vec<f64>),
}

impl Values {
    fn numbers(self) -> Vec<f64> {
        match self {
            Self::Bytes(bytes) => bytes.into_iter().map(f64::from).collect(),
            Self::Whole(numbers) | Self::Floats(numbers) => numbers,
        }
    }

    fn in_c_order(self, shape: &[usize]) -> Self {
        match self {
            Self::Bytes(values) => Self::Bytes(in_c_order(shape, &values)),
            Self::Whole(values) => Self::Whole(in_c_order(shape, &values)),
            Self::Floats(values) => Self::Floats(in_c_order(shape, &values)),
        }
    }
}

impl Array {
    fn read(named: &Named) -> Result<Self, DatasetError> {
        let wrong = |why: String| bad(&named.place, why);
        let mut rest = named.bytes.as_slice();
        let header = NpyHeader::from_reader(&mut rest).map_err(|error| wrong(error.to_string()))?;
        let held = rest.len();
        let npy = NpyFile::with_header(header, rest);
        let (dtype, order) = (npy.dtype(), npy.order());
        let shape: Option<Vec<usize>> = npy
            .shape()
            .iter()
            .map(|&side| side.try_into().ok())
            .collect();
        let shape = shape.ok_or_else(|| wrong("its shape is too large".into()))?;
        let DType::Plain(kind) = &dtype else {
            return Err(wrong("it holds records, not numbers".into()));
        };
        let (of, bytes) = (kind.type_char(), kind.num_bytes().unwrap_or(0));
        let items = shape
            .iter()
            .try_fold(1usize, |all, &side| all.checked_mul(side));
        let expected = items.and_then(|items| items.checked_mul(bytes));
        // What an array announces is compared with its bytes before anything is reserved.
        if expected.is_none_or(|expected| expected > held) {
            return Err(wrong(format!(
                "its header announces {shape:?}, which is more than it holds"
            )));
        }
        macro_rules! values {
            ($type:ty) => {{
                let values = npy.into_vec::<$type>();
                values.map_err(|error| wrong(error.to_string()))?
            }};
            ($type:ty, $of:path) => {{
                let values = values!($type).into_iter();
                $of(values.map(|value| value as f64).collect())
            }};
        }
        let values = match (of, bytes) {
            (TypeChar::Uint, 1) => Values::Bytes(values!(u8)),
            (TypeChar::Uint, 2) => values!(u16, Values::Whole),
            (TypeChar::Uint, 4) => values!(u32, Values::Whole),
            (TypeChar::Uint, 8) => values!(u64, Values::Whole),
            (TypeChar::Int, 1) => values!(i8, Values::Whole),
            (TypeChar::Int, 2) => values!(i16, Values::Whole),
            (TypeChar::Int, 4) => values!(i32, Values::Whole),
            (TypeChar::Int, 8) => values!(i64, Values::Whole),
            (TypeChar::Float, 4) => values!(f32, Values::Floats),
            (TypeChar::Float, 8) => values!(f64, Values::Floats),
            _ => {
                return Err(wrong(format!(
                    "it holds {}: expected whole numbers or floats",
                    dtype.descr()
                )));
            }
        };
        let values = match order {
            Order::C => values,
            Order::Fortran => values.in_c_order(&shape),
        };
        Ok(Self { shape, values })
    }
}

/// Values whose first index runs fastest, so that the last one does.
fn in_c_order<T: Copy>(shape: &[usize], values: &[T]) -> Vec<T> {
    let strides = shape.iter().scan(1, |stride, &side| {
        let this = *stride;
        *stride *= side;
        Some(this)
    });
    let strides: Vec<usize> = strides.collect();
    let place = |at: usize| {
        let mut rest = at;
        let sides = shape.iter().zip(&strides).rev();
        sides.fold(0, |place, (side, stride)| {
            let index = rest % side;
            rest /= side;
            place + index * stride
        })
    };
    (0..values.len()).map(|at| values[place(at)]).collect()
}

fn joined(images: Named, labels: Named) -> Result<Images, DatasetError> {
    let of_labels = Array::read(&labels)?;
    let of_images = Array::read(&images)?;
    let wrong = |why: String| bad(&images.place, why);
    let number = |value: &f64| (value.fract() == 0.0 && value.abs() < 1e9).then_some(*value as i64);
    let is_list = matches!(of_labels.shape.as_slice(), [_] | [_, 1]);
    let numbers: Option<Vec<i64>> = of_labels.values.numbers().iter().map(number).collect();
    let numbers = numbers.filter(|_| is_list).ok_or_else(|| {
        bad(
            &labels.place,
            format!(
                "it has the shape {:?}: expected one whole number for each image",
                of_labels.shape
            ),
        )
    })?;
    let (shape, first) = shape(&of_images.shape).ok_or_else(|| {
        wrong(format!(
            "it has the shape {:?}: expected images, rows and columns",
            of_images.shape
        ))
    })?;
    if of_images.shape[0] != numbers.len() {
        return Err(DatasetError::Counts {
            path: labels.place,
            labels: numbers.len(),
            images: of_images.shape[0],
        });
    }
    let pixels = intensities(of_images.values).ok_or_else(|| {
        wrong("it holds values that are no intensities: expected whole numbers in 0..=255, or floats in 0..=1".into())
    })?;
    let pixels = match first {
        true => channels_last(shape, &pixels),
        false => pixels,
    };
    Ok(Images {
        shape,
        pixels,
        labels: numbers,
    })
}

/// The shape of one image, and whether its channels come first.
fn shape(array: &[usize]) -> Option<(ImageShape, bool)> {
    let last = ImageShape::of_array(array).map(|shape| (shape, false));
    last.or_else(|| match *array {
        [images, channels, height, width] => {
            let last = ImageShape::of_array(&[images, height, width, channels]);
            last.map(|shape| (shape, true))
        }
        _ => None,
    })
}

/// Floats up to 1 are shares of full intensity; other values must be whole ones.
fn intensities(values: Values) -> Option<Vec<u8>> {
    let (numbers, floats) = match values {
        Values::Bytes(bytes) => return Some(bytes),
        Values::Whole(numbers) => (numbers, false),
        Values::Floats(numbers) => (numbers, true),
    };
    let shares = floats && numbers.iter().all(|value| (0.0..=1.0).contains(value));
    let intensity = |&value: &f64| match shares {
        true => Some((value * 255.0).round() as u8),
        false => ((0.0..=255.0).contains(&value) && value.fract() == 0.0).then_some(value as u8),
    };
    numbers.iter().map(intensity).collect()
}

fn channels_last(shape: ImageShape, pixels: &[u8]) -> Vec<u8> {
    let area = shape.height * shape.width;
    let mut turned = Vec::with_capacity(pixels.len());
    for image in pixels.chunks_exact(shape.len()) {
        for at in 0..area {
            turned.extend((0..shape.channels).map(|channel| image[channel * area + at]));
        }
    }
    turned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_arrays_are() {
        let role = |name| Role::new(name).map(|role| (role.part, role.labels));
        let (train, test) = (Some(Part::Training), Some(Part::Test));
        assert_eq!(role("X_train"), Some((train, false)));
        assert_eq!(role("y_test"), Some((test, true)));
        assert_eq!(role("train_labels"), Some((train, true)));
        assert_eq!(role("kmnist-test-imgs"), Some((test, false)));
        assert_eq!(role("images"), Some((None, false)));
        assert_eq!(role("target"), Some((None, true)));
        for other in ["val_images", "arr_0", "x_labels", "weights"] {
            assert!(role(other).is_none(), "{other}");
        }
    }

    #[test]
    fn arrays_of_fortran_are_turned() {
        // [[0, 1, 2], [3, 4, 5]] by columns.
        assert_eq!(
            in_c_order(&[2, 3], &[0.0, 3.0, 1.0, 4.0, 2.0, 5.0]),
            [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
        );
    }
}
