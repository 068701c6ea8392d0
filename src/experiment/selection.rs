//! Which images of the data are trained on, validated with and tested.

use crate::backend::{Shift, Showing};
use crate::dataset::{
    DatasetError, LabelledImages, all_of_class, count_of_class, first_of_any, first_of_class,
};
use crate::draws;
use crate::params::{Params, PerClass, TrainImages};

/// Images of one class, by index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassImages {
    pub class: u8,
    pub images: Vec<u32>,
}

/// The images of all classes.
pub fn indices(classes: &[ClassImages]) -> impl Iterator<Item = u32> {
    classes
        .iter()
        .flat_map(|class| class.images.iter().copied())
}

/// Images of each class, as many as `count` says or as there are, the first of the file.
pub fn first_of_classes(
    images: &LabelledImages,
    classes: &[u8],
    count: PerClass,
) -> Vec<ClassImages> {
    let most = match count {
        PerClass::All => usize::MAX,
        PerClass::First(count) => count,
    };
    let of_class = |&class: &u8| ClassImages {
        class,
        images: all_of_class(images, class).take(most).collect(),
    };
    classes.iter().map(of_class).collect()
}

/// Just so many images of each class, the first of the file.
///
/// # Errors
/// When a class has fewer.
pub fn so_many_of_classes(
    images: &LabelledImages,
    classes: &[u8],
    count: usize,
) -> Result<Vec<ClassImages>, DatasetError> {
    let of_class = |&class: &u8| {
        let images = first_of_class(images, class, 0, count)?;
        Ok(ClassImages { class, images })
    };
    classes.iter().map(of_class).collect()
}

/// Training images of a job: the first of each class, in the order of the classes; or the first of all classes
/// together, as the file has them.
///
/// # Errors
/// When there are fewer than the job asks for, or they have another shape than the network takes.
pub fn training(images: &LabelledImages, params: &Params) -> Result<Vec<Showing>, DatasetError> {
    images.check_shape(params.model.image())?;
    let classes = &params.model.network.classes;
    let group_of = |label: u8| classes.iter().position(|&class| class == label);
    let chosen = match params.job.train {
        TrainImages::PerClass(count) => {
            indices(&so_many_of_classes(images, classes, count)?).collect()
        }
        TrainImages::InAll(count) => first_of_any(images, classes, 0, count)?,
    };
    let showing = |image: u32| {
        let group = group_of(images.label(image as usize))?;
        Some(Showing {
            image,
            group: group as u32,
            shift: Shift::default(),
        })
    };
    Ok(chosen.into_iter().filter_map(showing).collect())
}

/// Validation images: those that follow the training images, as many as there are up to the number that the job
/// asks for.
///
/// # Errors
/// When a class has no images at all.
pub fn validation(
    images: &LabelledImages,
    params: &Params,
) -> Result<Vec<ClassImages>, DatasetError> {
    let (classes, wanted) = (
        &params.model.network.classes,
        params.job.validation_per_class,
    );
    let skip = match params.job.train {
        TrainImages::PerClass(skip) => skip,
        TrainImages::InAll(skip) => {
            return following(images, classes, skip, wanted * classes.len());
        }
    };
    let of_class = |&class: &u8| {
        let left = count_of_class(images, class).saturating_sub(skip);
        Ok(ClassImages {
            class,
            images: first_of_class(images, class, skip, left.min(wanted))?,
        })
    };
    classes.iter().map(of_class).collect()
}

/// Whether two jobs have the same [`validation`] images, whatever the data.
pub fn same_validation(a: &Params, b: &Params) -> bool {
    let chosen = |params: &Params| (params.job.train, params.job.validation_per_class);
    a.model.network.classes == b.model.network.classes && chosen(a) == chosen(b)
}

/// Checks that the training leaves images of every class to validate with.
///
/// # Errors
/// When it leaves none.
pub fn check_some_left(images: &LabelledImages, params: &Params) -> Result<(), DatasetError> {
    let classes = &params.model.network.classes;
    match params.job.train {
        TrainImages::PerClass(skip) => classes
            .iter()
            .try_for_each(|&class| first_of_class(images, class, skip, 1).map(|_| ())),
        TrainImages::InAll(skip) => first_of_any(images, classes, skip, classes.len()).map(|_| ()),
    }
}

/// Images of the classes that follow the first `skip`, at most `wanted`, sorted by class.
fn following(
    images: &LabelledImages,
    classes: &[u8],
    skip: usize,
    wanted: usize,
) -> Result<Vec<ClassImages>, DatasetError> {
    let all: usize = classes
        .iter()
        .map(|&class| count_of_class(images, class))
        .sum();
    let count = wanted.min(all.saturating_sub(skip));
    let chosen = first_of_any(images, classes, skip, count)?;
    let of_class = |&class: &u8| ClassImages {
        class,
        images: chosen
            .iter()
            .copied()
            .filter(|&image| images.label(image as usize) == class)
            .collect(),
    };
    Ok(classes.iter().map(of_class).collect())
}

/// What one network is shown: each epoch shows all training images in an order of its own, each shifted by up to
/// `shift_max` pixels.
pub struct Schedule {
    training: Vec<Showing>,
    seed: u64,
    shift_max: u8,
    /// The epoch that is drawn, and its presentations.
    epoch: Option<usize>,
    shown: Vec<Showing>,
}

impl Schedule {
    /// `training`: the images of one epoch in any order, at least one.
    pub fn new(training: Vec<Showing>, seed: u64, shift_max: usize) -> Self {
        Self {
            training,
            seed,
            shift_max: shift_max.try_into().unwrap_or(u8::MAX),
            epoch: None,
            shown: Vec::new(),
        }
    }

    /// The presentations of a range, counted over all epochs.
    pub fn presentations(&mut self, range: std::ops::Range<usize>) -> Vec<Showing> {
        let length = self.training.len();
        let mut shown = Vec::with_capacity(range.len());
        for epoch in range.start / length..range.end.div_ceil(length) {
            let first = epoch * length;
            let from = range.start.max(first) - first;
            let to = range.end.min(first + length) - first;
            shown.extend_from_slice(&self.of_epoch(epoch)[from..to]);
        }
        shown
    }

    fn of_epoch(&mut self, epoch: usize) -> &[Showing] {
        if self.epoch != Some(epoch) {
            let order = draws::order(self.seed, epoch, self.training.len());
            let ordered = order
                .iter()
                .map(|&position| self.training[position as usize]);
            self.shown = ordered.collect();
            if self.shift_max > 0 {
                let shifts = draws::shifts(self.seed, epoch, self.shown.len(), self.shift_max);
                for (showing, (right, down)) in self.shown.iter_mut().zip(shifts) {
                    showing.shift = Shift { right, down };
                }
            }
            self.epoch = Some(epoch);
        }
        &self.shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::ImageShape;

    #[test]
    fn images_that_do_not_go_by_class_come_as_the_file_has_them() {
        let labels = vec![7, 1, 4, 7, 7, 4, 1, 7];
        let pixels = vec![0; labels.len() * 784];
        let images = LabelledImages::new(ImageShape::MNIST, pixels, labels).unwrap();
        let mut params = crate::presets::paper();
        params.model.network.classes = vec![4, 7];
        params.job.train = TrainImages::InAll(3);
        params.job.validation_per_class = 1;
        let shown = training(&images, &params).unwrap();
        let shown: Vec<_> = shown.iter().map(|s| (s.image, s.group)).collect();
        assert_eq!(shown, [(0, 1), (2, 0), (3, 1)]);
        let left = validation(&images, &params).unwrap();
        assert_eq!(
            (left[0].images.as_slice(), left[1].images.as_slice()),
            (&[5][..], &[4][..])
        );
        params.job.train = TrainImages::InAll(7);
        assert!(training(&images, &params).is_err());
    }

    #[test]
    fn chunks_of_presentations_join_to_the_whole() {
        let training: Vec<_> = (0..7)
            .map(|image| Showing {
                image,
                group: image % 2,
                shift: Shift::default(),
            })
            .collect();
        let schedule = || Schedule::new(training.clone(), 3, 2);
        let whole = schedule().presentations(0..21);
        let mut parts = schedule();
        let chunks = [0..5, 5..6, 6..16, 16..21].map(|range| parts.presentations(range));
        assert_eq!(chunks.concat(), whole);
        assert!(
            whole
                .iter()
                .all(|s| s.shift.right.abs() <= 2 && s.shift.down.abs() <= 2)
        );
        assert!(whole.iter().any(|s| s.shift.right != whole[0].shift.right));
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
