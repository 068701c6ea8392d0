//! Images of noise to test with, and noise on top of images.
//!
//! After Antonov & Sukhov, Krasnoyarsk 2024, and their notebooks (`dmitryanton68/use_it_or_lose_it`), which
//! test a trained network with images unlike any digit but of the same mean intensity. Images have pixels
//! of 8 bits, row by row, as those of a [`LabelledImages`].

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::blur::blur_axis;
use super::{ImageShape, LabelledImages};

/// Stream of a seed from which noise is drawn; `draws` uses the others.
const STREAM: u64 = 3;

/// How pixels of noise depend on each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoiseKind {
    /// Not at all: delta-correlated, every pixel uniform.
    Delta,
    /// Within an image: blurred with a Gaussian of standard deviation 2 pixels.
    Blurred,
    /// Within an image and from image to image: the Gaussian also runs along the stack, over 2 images.
    ///
    /// The notebooks do this by filtering the whole stack as one array of three axes. Each image resembles
    /// its neighbours, and all are a little flatter: at a mean of 33 the pixels of 1,500 images spread by
    /// 5.0 grey levels, those of [`Blurred`](Self::Blurred) ones by 5.7 and of [`Delta`](Self::Delta) ones
    /// by 19.
    BlurredStack,
}

/// Draws `count` images of noise of a shape, one behind another.
///
/// All kinds start from the same uniform pixels of `seed`, and are scaled to a mean of `mean_intensity`
/// grey levels, rounded to whole levels and clamped to 0..=255. The mean is that of the digits learnt
/// ([`mean_intensity`], about 33 for MNIST); nothing is clamped up to about 120, and far above the clamping
/// lowers the mean.
///
/// `Delta` is scaled by the mean of the distribution, 1/2, not by that of the draws, so that fewer images
/// are the first ones of more; the mean of 1,500 images is off by about 0.02 levels. Blurred noise is
/// first normalised to 0..1, by the least and greatest pixel of all images as in the notebooks, so that
/// each image depends on `count`.
pub fn noise_images(
    kind: NoiseKind,
    shape: ImageShape,
    count: usize,
    mean_intensity: f64,
    seed: u64,
) -> Vec<u8> {
    let mut noise = uniform(count * shape.len(), seed);
    if kind == NoiseKind::Delta {
        return noise
            .iter()
            .map(|value| quantised(value * 2.0 * mean_intensity))
            .collect();
    }
    if kind == NoiseKind::BlurredStack {
        blur_axis(&mut noise, count, shape.len());
    }
    blur_axis(&mut noise, shape.height, shape.width * shape.channels);
    blur_axis(&mut noise, shape.width, shape.channels);

    // The range cancels out when normalised noise is scaled to a mean: only the least pixel is needed.
    let least = noise.iter().copied().fold(f64::INFINITY, f64::min);
    let mean = noise.iter().map(|value| value - least).sum::<f64>() / noise.len() as f64;
    let scale = mean_intensity / mean;
    noise
        .iter()
        .map(|value| quantised((value - least) * scale))
        .collect()
}

/// Draws `count` images of noise of which each pixel is uniform from 0 to twice its own mean, in grey levels: on average they
/// look like the images that the means are of.
pub fn pixelwise_noise(means: &[f64], count: usize, seed: u64) -> Vec<u8> {
    let noise = uniform(count * means.len(), seed);
    let means = means.iter().cycle();
    let pixels = noise.iter().zip(means);
    pixels
        .map(|(value, mean)| quantised(value * 2.0 * mean))
        .collect()
}

/// The mean grey level of each pixel over the images of the given indices; 0 for no images.
///
/// # Panics
/// When an index is not below the number of images.
pub fn mean_image(images: &LabelledImages, indices: impl IntoIterator<Item = u32>) -> Vec<f64> {
    let (mut sums, mut count) = (vec![0u64; images.shape().len()], 0u64);
    for index in indices {
        let image = images.image(index as usize);
        (sums.iter_mut().zip(image)).for_each(|(sum, &pixel)| *sum += u64::from(pixel));
        count += 1;
    }
    let mean = |sum: u64| sum as f64 / count.max(1) as f64;
    sums.into_iter().map(mean).collect()
}

/// Adds `strength` times a noise image to each image, pixel by pixel, rounded and clamped at 255.
///
/// Both hold as many pixels; `strength` is finite and not negative, 0 gives the
/// images back.
///
/// # Panics
/// When there are not as many pixels of noise as of images.
pub fn add_noise(images: &[u8], noise: &[u8], strength: f64) -> Vec<u8> {
    assert_eq!(
        images.len(),
        noise.len(),
        "every image needs a noise image of its own"
    );
    images
        .iter()
        .zip(noise)
        .map(|(&pixel, &noise)| quantised(f64::from(pixel) + strength * f64::from(noise)))
        .collect()
}

/// The mean grey level, 0 to 255, over all pixels of the images of the given indices; 0 for no images.
///
/// # Panics
/// When an index is not below the number of images.
pub fn mean_intensity(images: &LabelledImages, indices: impl IntoIterator<Item = u32>) -> f64 {
    let (mut sum, mut pixels) = (0u64, 0u64);
    for index in indices {
        let image = images.image(index as usize);
        sum += image.iter().map(|&pixel| u64::from(pixel)).sum::<u64>();
        pixels += image.len() as u64;
    }
    sum as f64 / pixels.max(1) as f64
}

/// Pixels uniform in 0..1.
fn uniform(pixels: usize, seed: u64) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(STREAM);
    (0..pixels)
        .map(|_| f64::from(rng.random::<f32>()))
        .collect()
}

/// The nearest of the 256 grey levels.
fn quantised(level: f64) -> u8 {
    // The cast saturates at both ends.
    level.round() as u8
}

#[cfg(test)]
mod tests {
    use super::NoiseKind::{Blurred, BlurredStack, Delta};
    use super::*;

    const MEAN: f64 = 33.3;
    const SHAPE: ImageShape = ImageShape::MNIST;
    const PIXELS: usize = SHAPE.len();
    const SIDE: usize = SHAPE.width;

    fn noise_images(kind: NoiseKind, count: usize, mean: f64, seed: u64) -> Vec<u8> {
        super::noise_images(kind, SHAPE, count, mean, seed)
    }

    fn mean(pixels: &[u8]) -> f64 {
        pixels.iter().map(|&p| f64::from(p)).sum::<f64>() / pixels.len() as f64
    }

    /// Correlation of the pixels with those `distance` further on in the stack.
    fn correlation(pixels: &[u8], distance: usize) -> f64 {
        let mean = mean(pixels);
        let product = |a: u8, b: u8| (f64::from(a) - mean) * (f64::from(b) - mean);
        let pairs = || pixels.iter().zip(&pixels[distance..]);
        let both: f64 = pairs().map(|(&a, &b)| product(a, b)).sum();
        let one: f64 = pairs().map(|(&a, _)| product(a, a)).sum();
        both / one
    }

    #[test]
    fn pixelwise_noise_has_the_mean_of_each_pixel() {
        let images =
            LabelledImages::new(SHAPE, [vec![10; 784], vec![40; 784]].concat(), vec![1, 2]);
        let mut means = mean_image(&images.unwrap(), [0, 1]);
        assert!(means.iter().all(|&mean| mean == 25.0));
        means[5] = 100.0;
        means[6] = 0.0;
        let noise = pixelwise_noise(&means, 2_000, 3);
        let of = |pixel: usize| {
            let own: Vec<u8> = noise.iter().skip(pixel).step_by(784).copied().collect();
            mean(&own)
        };
        assert!((of(5) - 100.0).abs() < 4.0 && of(6) == 0.0 && (of(7) - 25.0).abs() < 1.0);
    }

    /// These draws are part of every result: a new release of `rand` must not change them unseen.
    #[test]
    fn noise_of_a_seed_stays_the_same() {
        let first = |kind| noise_images(kind, 3, MEAN, 1)[..8].to_vec();
        assert_eq!(first(Delta), [9, 38, 1, 45, 48, 13, 39, 26]);
        assert_eq!(first(Blurred), [18, 19, 21, 23, 27, 30, 31, 29]);
        assert_eq!(first(BlurredStack), [66, 62, 55, 44, 33, 22, 13, 7]);
    }

    #[test]
    fn means_are_as_asked() {
        for kind in [Delta, Blurred, BlurredStack] {
            for asked in [0.0, 8.0, MEAN, 100.0] {
                let found = mean(&noise_images(kind, 100, asked, 7));
                assert!((found - asked).abs() < 0.5, "{kind:?}: {found} for {asked}");
            }
        }
    }

    #[test]
    fn the_range_begins_at_zero() {
        for kind in [Blurred, BlurredStack] {
            assert_eq!(noise_images(kind, 20, MEAN, 2).iter().min(), Some(&0));
        }
    }

    #[test]
    fn fewer_delta_images_are_the_first_of_more() {
        let more = noise_images(Delta, 5, MEAN, 3);
        assert_eq!(noise_images(Delta, 2, MEAN, 3), more[..2 * PIXELS]);
    }

    #[test]
    fn neighbours_correlate_as_the_kind_says() {
        let of = |kind| noise_images(kind, 200, MEAN, 4);
        let [delta, blurred, stack] = [Delta, Blurred, BlurredStack].map(of);
        let image = PIXELS;
        assert!(correlation(&delta, 1).abs() < 0.02 && correlation(&delta, SIDE).abs() < 0.02);
        // A Gaussian on white noise leaves exp(-d^2 / (4 sigma^2)) = 0.94 at distance 1, less at row ends.
        assert!(correlation(&blurred, 1) > 0.85 && correlation(&blurred, SIDE) > 0.85);
        assert!(correlation(&blurred, image).abs() < 0.1);
        assert!(correlation(&stack, 1) > 0.85 && correlation(&stack, image) > 0.85);
    }

    #[test]
    fn no_image_and_one_image_work() {
        for kind in [Delta, Blurred, BlurredStack] {
            assert!(noise_images(kind, 0, MEAN, 5).is_empty());
            assert_eq!(noise_images(kind, 1, MEAN, 5).len(), PIXELS);
        }
        // Mirrored along a stack of one, an image is its own neighbour.
        assert_eq!(
            noise_images(BlurredStack, 1, MEAN, 5),
            noise_images(Blurred, 1, MEAN, 5)
        );
    }

    #[test]
    fn noise_is_added_rounded_and_clamped() {
        let image = [0, 10, 200, 255];
        let noise = [3, 5, 100, 1];
        assert_eq!(add_noise(&image, &noise, 0.0), image);
        assert_eq!(add_noise(&image, &noise, 0.5), [2, 13, 250, 255]);
        assert_eq!(add_noise(&image, &noise, 1.0), [3, 15, 255, 255]);
    }

    #[test]
    fn mean_intensity_is_of_the_chosen_images() {
        let pixels = [[10; PIXELS], [20; PIXELS], [60; PIXELS]].concat();
        let images = LabelledImages::new(SHAPE, pixels, vec![0; 3]).unwrap();
        assert_eq!(mean_intensity(&images, [0, 2]), 35.0);
        assert_eq!(mean_intensity(&images, []), 0.0);
    }

    /// Colours are blurred each for itself, and rows and columns by their own lengths.
    #[test]
    fn images_of_any_shape_are_blurred_along_their_sides() {
        let shape = ImageShape {
            height: 5,
            width: 40,
            channels: 3,
        };
        let images = super::noise_images(Blurred, shape, 200, MEAN, 4);
        assert_eq!(images.len(), 200 * 600);
        assert!((mean(&images) - MEAN).abs() < 0.5);
        // Of five rows the last is followed by the first of another image.
        assert!(correlation(&images, 3) > 0.85 && correlation(&images, 120) > 0.6);
        assert!(correlation(&images, 1).abs() < 0.1);
    }
}
