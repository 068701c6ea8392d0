//! What the host does to images before they are shown, and to weights after they are read out.

use crate::backend::{BackendError, Session};
use crate::dataset::{DatasetError, LabelledImages};
use crate::network::Network;
use crate::params::{Input, Params};
use crate::trained::Replica;
use std::borrow::Cow;
use std::ops::Deref;

/// Images as networks are shown them. What shows images wants this type, so that none is scaled twice or not at all.
#[derive(Clone, Debug)]
pub struct ShownImages<'a>(Cow<'a, LabelledImages>);

impl Deref for ShownImages<'_> {
    type Target = LabelledImages;

    fn deref(&self) -> &LabelledImages {
        &self.0
    }
}

/// Images as they are shown: as they are, or each scaled to the mean rate that the input asks for, rounded to
/// whole intensities and at most 255. An image without a lit pixel stays dark.
///
/// # Errors
/// When the images have another shape than the network takes.
pub fn as_shown<'a>(
    input: &Input,
    images: &'a LabelledImages,
) -> Result<ShownImages<'a>, DatasetError> {
    images.check_shape(input.image())?;
    Ok(ShownImages(match scaled(input, images.pixels()) {
        Cow::Borrowed(_) => Cow::Borrowed(images),
        Cow::Owned(pixels) => Cow::Owned(images.with_pixels(pixels)),
    }))
}

/// The same for bare pixels.
pub fn scaled<'a>(input: &Input, pixels: &'a [u8]) -> Cow<'a, [u8]> {
    if input.mean_rate_hz == 0.0 {
        return Cow::Borrowed(pixels);
    }
    let inputs = input.image().len();
    let sum_wanted = input.mean_rate_hz / input.full_rate_hz * 255.0 * inputs as f64;
    let mut shown = pixels.to_vec();
    for image in shown.chunks_exact_mut(inputs) {
        let sum: u32 = image.iter().map(|&intensity| u32::from(intensity)).sum();
        if sum > 0 {
            let gain = sum_wanted / f64::from(sum);
            for intensity in image {
                *intensity = (f64::from(*intensity) * gain).round().min(255.0) as u8;
            }
        }
    }
    Cow::Owned(shown)
}

/// A copy of every network of a session with its weights as a test uses them: read out, after dropout scaled by the
/// share of synapses that took part, and without those too weak to be kept.
///
/// # Errors
/// When the device fails.
pub fn read_out(session: &mut dyn Session) -> Result<Vec<Replica>, BackendError> {
    let (networks, weights) = (session.snapshot()?, session.read_out()?);
    let of_network = |(network, mut weights): (Network, Vec<f32>)| {
        finish(&network.params, &mut weights);
        Replica::read_out(network, weights)
    };
    Ok(networks.into_iter().zip(weights).map(of_network).collect())
}

fn finish(params: &Params, weights: &mut [f32]) {
    let taking_part = (1.0 - params.model.learning.dropout) as f32;
    let weakest = (params.model.pruning.remove_below * params.model.gmax()) as f32;
    for w in weights {
        *w *= taking_part;
        if w.abs() < weakest {
            *w = 0.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets;

    #[test]
    fn images_are_scaled_to_the_mean_rate() {
        let mut input = presets::paper().model.input;
        let mut pixels = vec![0u8; 3 * 784];
        pixels[..200].fill(100);
        pixels[784..784 + 400].fill(200);
        assert!(matches!(scaled(&input, &pixels), Cow::Borrowed(_)));
        // 5 Hz of 63.75 Hz is a mean intensity of 20.
        input.mean_rate_hz = 5.0;
        let shown = scaled(&input, &pixels);
        for image in shown.chunks_exact(784).take(2) {
            let mean = image.iter().map(|&p| f64::from(p)).sum::<f64>() / 784.0;
            assert!((mean - 20.0).abs() < 0.3, "{mean}");
        }
        assert!(shown[2 * 784..].iter().all(|&p| p == 0));
    }

    #[test]
    fn dropout_scales_weights_and_weak_ones_go() {
        let mut params = presets::paper();
        params.model.learning.dropout = 0.5;
        params.model.pruning.remove_below = 0.1;
        let mut weights = [0.05, -0.02, 0.008];
        finish(&params, &mut weights);
        assert_eq!(weights, [0.025, -0.01, 0.0]);
    }
}
