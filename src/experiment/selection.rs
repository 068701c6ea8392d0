//! Which images of the data are trained on, validated with and tested.

use crate::backend::Showing;
use crate::dataset::{DatasetError, LabelledImages, count_of_class, first_of_class};
use crate::draws;
use crate::params::Params;

/// Images of one class, by index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassImages {
    pub class: u8,
    pub images: Vec<u32>,
}

/// The first `count` images of each class.
///
/// # Errors
/// When a class has fewer.
pub fn first_of_classes(
    images: &LabelledImages,
    classes: &[u8],
    count: usize,
) -> Result<Vec<ClassImages>, DatasetError> {
    let of_class = |&class: &u8| {
        Ok(ClassImages {
            class,
            images: first_of_class(images, class, 0, count)?,
        })
    };
    classes.iter().map(of_class).collect()
}

/// Training images of a job: the first of each class, in the order of the classes.
///
/// # Errors
/// When a class has fewer than the job asks for.
pub fn training(images: &LabelledImages, params: &Params) -> Result<Vec<Showing>, DatasetError> {
    let mut showings = Vec::new();
    let classes = first_of_classes(images, &params.job.classes, params.job.train_per_class)?;
    for (group, class) in classes.iter().enumerate() {
        showings.extend(class.images.iter().map(|&image| Showing {
            image,
            group: group as u32,
        }));
    }
    Ok(showings)
}

/// Validation images: those of each class that follow its training images, as many as there are up to the
/// number that the job asks for.
///
/// # Errors
/// When a class has no images at all.
pub fn validation(
    images: &LabelledImages,
    params: &Params,
) -> Result<Vec<ClassImages>, DatasetError> {
    let job = &params.job;
    let of_class = |&class: &u8| {
        let left = count_of_class(images, class).saturating_sub(job.train_per_class);
        let count = left.min(job.validation_per_class);
        Ok(ClassImages {
            class,
            images: first_of_class(images, class, job.train_per_class, count)?,
        })
    };
    job.classes.iter().map(of_class).collect()
}

/// Presentations `range` of one network: each epoch shows all training images in an order of its own.
pub fn presentations(
    training: &[Showing],
    seed: u64,
    range: std::ops::Range<usize>,
) -> Vec<Showing> {
    let epochs = range.start / training.len()..range.end.div_ceil(training.len());
    let mut shown = Vec::with_capacity(range.len());
    for epoch in epochs {
        let first = epoch * training.len();
        let order = draws::order(seed, epoch, training.len());
        let from = range.start.max(first) - first;
        let to = range.end.min(first + training.len()) - first;
        shown.extend(
            order[from..to]
                .iter()
                .map(|&position| training[position as usize]),
        );
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_of_presentations_join_to_the_whole() {
        let training: Vec<_> = (0..7)
            .map(|image| Showing {
                image,
                group: image % 2,
            })
            .collect();
        let whole = presentations(&training, 3, 0..21);
        let chunks = [0..5, 5..6, 6..16, 16..21].map(|range| presentations(&training, 3, range));
        assert_eq!(chunks.concat(), whole);
        let mut epoch: Vec<_> = whole[7..14].iter().map(|showing| showing.image).collect();
        assert_ne!(
            epoch,
            whole[..7]
                .iter()
                .map(|showing| showing.image)
                .collect::<Vec<_>>()
        );
        epoch.sort_unstable();
        assert_eq!(epoch, [0, 1, 2, 3, 4, 5, 6]);
    }
}
