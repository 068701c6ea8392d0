//! The test sets (model of Antonov & Sukhov, section 4): noise, blurred noise, known and unknown digits, and
//! known digits with noise added.

use super::papers::antonov_sukhov::{HeldOut, Plan, Split};
use crate::backend::TestImages;
use crate::dataset::{Dataset, DatasetError, LabelledImages, PIXELS};
use crate::dataset::{NoiseKind, add_noise, mean_intensity, noise_images};
use crate::experiment::prepare::scaled;
use crate::experiment::selection::{self, ClassImages, first_of_classes};
use crate::model::rng::Stream;
use crate::params::PerClass;
use serde::Serialize;

/// Strengths of the noise that is added to known digits, relative to the noise sets.
pub const STRENGTHS: [f64; 5] = [0.5, 1.0, 1.5, 2.0, 3.0];

/// A test set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Set {
    /// Delta-correlated noise, uniform per pixel.
    Noise,
    /// The same blurred by a Gaussian of 2 pixels.
    Blurred,
    /// The same blurred along the stack of images too, as the authors' notebooks do.
    BlurredStack,
    /// Digits of the classes that were learned.
    Known,
    /// Digits of other classes.
    Unknown,
    /// Known digits with noise of a strength of [`STRENGTHS`].
    Noisy(usize),
}

impl Set {
    /// Sets of noise and digits, in the order of the paper's table.
    pub const PLAIN: [Self; 5] = [
        Self::Noise,
        Self::Blurred,
        Self::BlurredStack,
        Self::Known,
        Self::Unknown,
    ];

    /// All sets of a plan: without unknown digits where none are left.
    pub fn all(plan: &Plan) -> Vec<Self> {
        let unknown = plan.splits.iter().all(|split| !split.unknown.is_empty());
        Self::PLAIN
            .into_iter()
            .filter(|&set| unknown || set != Self::Unknown)
            .chain((0..STRENGTHS.len()).map(Self::Noisy))
            .collect()
    }

    /// The key in documents; none of noisy digits, which are listed by strength.
    pub fn key(self) -> Option<&'static str> {
        match self {
            Self::Noise => Some("noise"),
            Self::Blurred => Some("blurred"),
            Self::BlurredStack => Some("blurred_stack"),
            Self::Known => Some("known"),
            Self::Unknown => Some("unknown"),
            Self::Noisy(_) => None,
        }
    }
}

/// The test sets of one split, as they are shown.
pub struct TestSets<'a> {
    pub split: Split,
    /// All images of the file that digits are taken from.
    digits: &'a [u8],
    /// Draws of the input spikes of digits.
    stream: Stream,
    pub known: Vec<ClassImages>,
    /// Indices of all known and all unknown digits.
    known_images: Vec<u32>,
    unknown_images: Vec<u32>,
    /// Noise, blurred, blurred along the stack, then the noisy digits of each strength.
    artificial: Vec<u8>,
    /// Indices of each part of `artificial`.
    parts: Vec<Vec<u32>>,
}

fn join(classes: &[ClassImages]) -> Vec<u32> {
    classes
        .iter()
        .flat_map(|class| class.images.iter().copied())
        .collect()
}

impl<'a> TestSets<'a> {
    /// `shown`: the images of the file that is tested on, as they are shown.
    ///
    /// # Errors
    /// When the data hold too few images.
    pub fn new(
        data: &Dataset,
        shown: &'a LabelledImages,
        plan: &Plan,
        split: &Split,
    ) -> Result<Self, DatasetError> {
        let mut params = plan.params.clone();
        params.model.network.classes.clone_from(&split.classes);
        let count = params.job.test_per_class;
        let trained = selection::training(&data.train, &params)?;
        let file = plan.held_out.of(data);
        let (stream, known) = match plan.held_out {
            HeldOut::Test => (Stream::Test, first_of_classes(file, &split.classes, count)?),
            HeldOut::Validation => {
                // All of them are all that the training leaves.
                params.job.validation_per_class = match count {
                    PerClass::First(count) => count,
                    PerClass::All => file.len(),
                };
                (Stream::Validation, selection::validation(file, &params)?)
            }
        };
        let unknown = first_of_classes(file, &split.unknown, count)?;
        let (known_images, unknown_images) = (join(&known), join(&unknown));
        let mean = mean_intensity(&data.train, trained.iter().map(|showing| showing.image));
        let seed = params.job.seed;
        let kinds = [
            NoiseKind::Delta,
            NoiseKind::Blurred,
            NoiseKind::BlurredStack,
        ];
        let mut artificial = Vec::new();
        for kind in kinds {
            artificial.extend(noise_images(kind, plan.noise_images, mean, seed));
        }
        let clean: Vec<u8> = known_images
            .iter()
            .flat_map(|&image| file.image(image as usize).iter().copied())
            .collect();
        let noise = noise_images(NoiseKind::Delta, known_images.len(), mean, seed);
        for strength in STRENGTHS {
            artificial.extend(add_noise(&clean, &noise, strength));
        }
        Ok(Self {
            split: split.clone(),
            digits: shown.pixels(),
            stream,
            parts: part_indices(&[plan.noise_images; 3], known_images.len()),
            known,
            known_images,
            unknown_images,
            artificial: scaled(&params.model.input, &artificial).into_owned(),
        })
    }

    /// The images of one set.
    pub fn images(&self, set: Set) -> TestImages<'_> {
        let digits = |images| TestImages {
            pixels: self.digits,
            images,
            stream: self.stream,
            attempt: 0,
        };
        let part = |part: usize| TestImages {
            pixels: &self.artificial,
            images: &self.parts[part],
            stream: Stream::Artificial,
            attempt: 0,
        };
        match set {
            Set::Noise => part(0),
            Set::Blurred => part(1),
            Set::BlurredStack => part(2),
            Set::Known => digits(&self.known_images),
            Set::Unknown => digits(&self.unknown_images),
            Set::Noisy(strength) => part(3 + strength),
        }
    }

    /// Presentations of all sets to one network.
    pub fn presentations(&self) -> usize {
        let artificial: usize = self.parts.iter().map(Vec::len).sum();
        artificial + self.known_images.len() + self.unknown_images.len()
    }

    /// The pixels of some images of a set, from all over it.
    pub fn sample(&self, set: Set, count: usize) -> Vec<Vec<u8>> {
        let images = self.images(set);
        // Digits come class after class: a sample takes some of each.
        let every = (images.images.len() / count.max(1)).max(1);
        let chosen = images.images.iter().step_by(every).take(count);
        chosen
            .map(|&image| images.pixels[image as usize * PIXELS..][..PIXELS].to_vec())
            .collect()
    }
}

/// Indices of parts that stand one behind another: the noise sets, then noisy digits of each strength.
fn part_indices(noise: &[usize], digits: usize) -> Vec<Vec<u32>> {
    let lengths = noise.iter().copied();
    let lengths = lengths.chain(std::iter::repeat_n(digits, STRENGTHS.len()));
    let mut first = 0;
    lengths
        .map(|length| {
            let part = first..first + length as u32;
            first = part.end;
            part.collect()
        })
        .collect()
}
