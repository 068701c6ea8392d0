//! Which images of a source are trained on and which are tested, and in which order, where the source does not say so.

use crate::dataset::LabelledImages;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;

/// Stream of a seed from which the images to test are drawn; the host's other draws use other ones.
const SPLIT: u64 = 1 << 34;
/// Stream from which the order of sorted images is drawn.
const MIXED: u64 = SPLIT + 1;

fn shuffle(positions: &mut [u32], seed: u64, stream: u64) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    positions.shuffle(&mut rng);
}

/// The images to train with and those to test with: a share of each class, rounded, but never all of a class.
pub(super) fn split(
    all: &LabelledImages,
    test_share: f64,
    seed: u64,
) -> (LabelledImages, LabelledImages) {
    let mut order: Vec<u32> = (0..all.len() as u32).collect();
    shuffle(&mut order, seed, SPLIT);
    let mut left = [0usize; 256];
    for &label in all.labels() {
        left[usize::from(label)] += 1;
    }
    for count in &mut left {
        let tested = (*count as f64 * test_share).round() as usize;
        *count = tested.min(count.saturating_sub(1));
    }
    let (test, train): (Vec<u32>, Vec<u32>) = order.into_iter().partition(|&image| {
        let left = &mut left[usize::from(all.label(image as usize))];
        let tested = *left > 0;
        *left = left.saturating_sub(1);
        tested
    });
    (chosen(all, &train), chosen(all, &test))
}

/// The images in an order of their own if they are sorted by label: the first of them would be of one class. The order
/// is always the same.
pub(super) fn mixed(images: LabelledImages) -> LabelledImages {
    let (labels, mut order) = (
        images.labels(),
        (0..images.len() as u32).collect::<Vec<_>>(),
    );
    if !labels.is_sorted() || labels.first() == labels.last() {
        return images;
    }
    shuffle(&mut order, 0, MIXED);
    chosen(&images, &order)
}

fn chosen(all: &LabelledImages, order: &[u32]) -> LabelledImages {
    let mut pixels = Vec::with_capacity(order.len() * all.shape().len());
    let mut labels = Vec::with_capacity(order.len());
    for &image in order {
        pixels.extend_from_slice(all.image(image as usize));
        labels.push(all.label(image as usize));
    }
    LabelledImages::new(all.shape(), pixels, labels).expect("as many pixels as the labels need")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::ImageShape;

    fn images(labels: &[u8]) -> LabelledImages {
        let pixels = (0..labels.len()).map(|image| image as u8).collect();
        LabelledImages::new(ImageShape::grey(1, 1), pixels, labels.to_vec()).unwrap()
    }

    #[test]
    fn a_share_of_each_class_is_tested_and_every_image_is_in_one_part() {
        let labels: Vec<u8> = [vec![0; 50], vec![3; 20], vec![9; 1]].concat();
        let all = images(&labels);
        let (train, test) = split(&all, 0.2, 7);
        let count =
            |part: &LabelledImages, class| part.labels().iter().filter(|&&l| l == class).count();
        assert_eq!([0, 3, 9].map(|class| count(&test, class)), [10, 4, 0]);
        let mut both = [train.pixels(), test.pixels()].concat();
        both.sort_unstable();
        assert_eq!(both, all.pixels());
        // Drawn by the seed, and no part is sorted by class.
        assert_eq!(split(&all, 0.2, 7), (train.clone(), test));
        assert_ne!(split(&all, 0.2, 8).0, train);
        assert!(!train.labels().is_sorted());
        assert_eq!(split(&all, 0.0, 7).1.len(), 0);
    }

    #[test]
    fn only_sorted_images_are_mixed() {
        let sorted = images(&[0, 0, 0, 1, 1, 1, 2, 2]);
        assert!(!mixed(sorted).labels().is_sorted());
        for labels in [&[0, 1, 0, 2][..], &[4, 4, 4], &[]] {
            let as_they_are = images(labels);
            assert_eq!(mixed(as_they_are.clone()), as_they_are);
        }
    }
}
