//! Choosing images of one class.

use super::{DatasetError, LabelledImages};

/// Images of any of the classes, as the file has them, `count` of them after the first `skip`.
///
/// # Errors
/// When there are fewer.
pub fn first_of_any(
    images: &LabelledImages,
    classes: &[u8],
    skip: usize,
    count: usize,
) -> Result<Vec<u32>, DatasetError> {
    let all: Vec<u32> = (0..)
        .zip(images.labels())
        .filter(|(_, label)| classes.contains(label))
        .map(|(index, _)| index)
        .collect();
    let wanted = skip.saturating_add(count);
    match all.get(skip..wanted) {
        Some(chosen) => Ok(chosen.to_vec()),
        None => Err(DatasetError::TooFewInAll {
            skip,
            count,
            available: all.len(),
        }),
    }
}

/// Indices of all images of `class`, in the order of the file.
pub fn all_of_class(images: &LabelledImages, class: u8) -> impl Iterator<Item = u32> {
    (0..)
        .zip(images.labels())
        .filter(move |&(_, &label)| label == class)
        .map(|(index, _)| index)
}

/// Number of images whose label is `class`.
pub fn count_of_class(images: &LabelledImages, class: u8) -> usize {
    all_of_class(images, class).count()
}

/// Indices of `count` images of `class`, after the first `skip` of them, in
/// the order of the file.
///
/// # Errors
/// [`DatasetError::TooFew`] when the class has fewer than `skip + count` images.
pub fn first_of_class(
    images: &LabelledImages,
    class: u8,
    skip: usize,
    count: usize,
) -> Result<Vec<u32>, DatasetError> {
    let chosen = all_of_class(images, class).skip(skip).take(count);
    let chosen: Vec<u32> = chosen.collect();
    if chosen.len() < count {
        return Err(DatasetError::TooFew {
            class,
            skip,
            count,
            available: count_of_class(images, class),
        });
    }
    Ok(chosen)
}
