//! What the host does to images before they are shown, and to weights after they are read out.

use crate::backend::{BackendError, Session, Shift, Showing, shifted};
use crate::dataset::{DatasetError, LabelledImages};
use crate::front_end::OrientedEdges;
use crate::network::Network;
use crate::params::{FrontEnd, Input, Params};
use crate::trained::Replica;
use std::borrow::Cow;
use std::collections::HashMap;

/// Images as networks are shown them: what their inputs are given. What shows images wants this type, so that none is
/// prepared twice or not at all.
#[derive(Clone, Debug)]
pub struct ShownImages<'a> {
    images: &'a LabelledImages,
    /// An intensity for each input, image by image; all dark for those that are not to be shown.
    pixels: Cow<'a, [u8]>,
    preparation: Preparation,
}

/// Images as they are shown: what the front end makes of them, as it is or each scaled to the mean rate that the input
/// asks for, rounded to whole intensities and at most 255. An image without a lit pixel stays dark.
///
/// # Errors
/// When the images have another shape than the network takes.
pub fn as_shown<'a>(
    input: &Input,
    images: &'a LabelledImages,
) -> Result<ShownImages<'a>, DatasetError> {
    some_as_shown(input, images, 0..images.len() as u32)
}

/// The same of the images that will be shown: others may stay dark, which takes no time.
///
/// # Errors
/// As [`as_shown`].
pub fn some_as_shown<'a>(
    input: &Input,
    images: &'a LabelledImages,
    shown: impl IntoIterator<Item = u32>,
) -> Result<ShownImages<'a>, DatasetError> {
    images.check_shape(input.image())?;
    let preparation = Preparation::new(input);
    let pixels = match preparation.changes() {
        false => Cow::Borrowed(images.pixels()),
        true => Cow::Owned(preparation.all(images, shown)),
    };
    Ok(ShownImages {
        images,
        pixels,
        preparation,
    })
}

/// The same for bare pixels, image by image.
pub fn pixels_as_shown<'a>(input: &Input, pixels: &'a [u8]) -> Cow<'a, [u8]> {
    let preparation = Preparation::new(input);
    if !preparation.changes() {
        return Cow::Borrowed(pixels);
    }
    let images = pixels.chunks_exact(input.image().len());
    let mut shown = vec![0; images.len() * preparation.inputs];
    for (image, shown) in images.zip(shown.chunks_exact_mut(preparation.inputs)) {
        preparation.image(image, shown);
    }
    Cow::Owned(shown)
}

impl ShownImages<'_> {
    /// The images themselves.
    pub fn images(&self) -> &LabelledImages {
        self.images
    }

    /// What the inputs are given, an intensity each, image by image.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// What a session is given to train on. A front end is shown the image where it lies, so shifts come before it; then
    /// the plan is of images made for it.
    pub fn for_training<'p>(
        &'p self,
        plan: &'p [Vec<Showing>],
    ) -> (Cow<'p, [u8]>, Cow<'p, [Vec<Showing>]>) {
        let all_rest = |plan: &[Vec<Showing>]| {
            let mut showings = plan.iter().flatten();
            showings.all(|showing| showing.shift == Shift::default())
        };
        if self.preparation.edges.is_none() || all_rest(plan) {
            return (Cow::Borrowed(self.pixels()), Cow::Borrowed(plan));
        }
        let inputs = self.preparation.inputs;
        let (mut pixels, mut places) = (Vec::new(), HashMap::new());
        let mut shown = plan.to_vec();
        for showing in shown.iter_mut().flatten() {
            let next = places.len() as u32;
            let place = places.entry((showing.image, showing.shift));
            let place = *place.or_insert_with(|| {
                let at = pixels.len();
                pixels.resize(at + inputs, 0);
                self.one(*showing, &mut pixels[at..]);
                next
            });
            (showing.image, showing.shift) = (place, Shift::default());
        }
        (Cow::Owned(pixels), Cow::Owned(shown))
    }

    /// One image where it lies, as it is shown.
    fn one(&self, showing: Showing, shown: &mut [u8]) {
        let Showing { image, shift, .. } = showing;
        if shift == Shift::default() {
            let at = image as usize * shown.len();
            shown.copy_from_slice(&self.pixels[at..][..shown.len()]);
        } else {
            let (pixels, shape) = (self.images.pixels(), self.images.shape());
            let image = shifted(pixels, image, shape, shift);
            self.preparation.image(&image, shown);
        }
    }
}

/// How images are made what the inputs are given.
#[derive(Clone, Debug)]
struct Preparation {
    edges: Option<OrientedEdges>,
    inputs: usize,
    /// Sum of all intensities of an image, where it is set.
    sum: Option<f64>,
}

impl Preparation {
    fn new(input: &Input) -> Self {
        let inputs = input.shape().len();
        let sum = input.mean_rate_hz / input.full_rate_hz * 255.0 * inputs as f64;
        Self {
            edges: match input.front_end {
                FrontEnd::Pixels => None,
                FrontEnd::OrientedEdges => Some(OrientedEdges::new(input.image(), &input.edges)),
            },
            inputs,
            sum: (input.mean_rate_hz > 0.0).then_some(sum),
        }
    }

    /// Whether images are shown otherwise than they are.
    fn changes(&self) -> bool {
        self.edges.is_some() || self.sum.is_some()
    }

    /// The images in `wanted`, each in its place.
    fn all(&self, images: &LabelledImages, wanted: impl IntoIterator<Item = u32>) -> Vec<u8> {
        let mut shown = vec![0; images.len() * self.inputs];
        let mut is_done = vec![false; images.len()];
        for image in wanted {
            let image = image as usize;
            if !std::mem::replace(&mut is_done[image], true) {
                let place = image * self.inputs..(image + 1) * self.inputs;
                self.image(images.image(image), &mut shown[place]);
            }
        }
        shown
    }

    fn image(&self, image: &[u8], shown: &mut [u8]) {
        match &self.edges {
            Some(edges) => edges.encode(image, shown),
            None => shown.copy_from_slice(image),
        }
        if let Some(wanted) = self.sum {
            let sum: u32 = shown.iter().map(|&intensity| u32::from(intensity)).sum();
            if sum > 0 {
                let gain = wanted / f64::from(sum);
                for intensity in shown {
                    *intensity = (f64::from(*intensity) * gain).round().min(255.0) as u8;
                }
            }
        }
    }
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
        assert!(matches!(pixels_as_shown(&input, &pixels), Cow::Borrowed(_)));
        // 5 Hz of 63.75 Hz is a mean intensity of 20.
        input.mean_rate_hz = 5.0;
        let shown = pixels_as_shown(&input, &pixels);
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
