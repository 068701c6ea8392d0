//! What trained networks are tested on beside the digits of a test file: noise, blurred noise, known and unknown digits,
//! and known digits with noise added (model of Antonov & Sukhov, section 4). Any experiment can name any of these sets.
//!
//! A new set is a variant of [`TestSet`] with its key, its words and its pixels, all of them here.

use super::prepare::{ShownImages, pixels_as_shown};
use super::selection::{self, ClassImages, first_of_classes, indices};
use crate::backend::TestImages;
use crate::dataset::{Dataset, DatasetError, ImageShape, LabelledImages};
use crate::dataset::{
    NoiseKind, add_noise, mean_image, mean_intensity, noise_images, pixelwise_noise,
};
use crate::model::rng::Stream;
use crate::params::{Input, Params, PerClass};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;

/// Strengths of the noise that is added to known digits, in per cent of the noise set, where an experiment goes through
/// several.
pub const STRENGTHS: [u32; 5] = [50, 100, 150, 200, 300];

/// A test set. Sets are ordered by their keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TestSet {
    /// Noise blurred by a Gaussian of 2 pixels.
    Blurred,
    /// The same blurred along the stack of images too, as the authors' notebooks do.
    BlurredStack,
    /// Digits of the classes that were learned.
    Known,
    /// Delta-correlated noise, uniform per pixel.
    Noise,
    /// Known digits with noise, so many per cent as strong as that of [`TestSet::Noise`].
    Noisy { percent: u32 },
    /// Noise of which each pixel is as bright as it is in the training images on average.
    Pixelwise,
    /// Digits of other classes.
    Unknown,
}

impl TestSet {
    /// Sets of noise and digits, in the order of the table of Antonov & Sukhov.
    pub const PLAIN: [Self; 5] = [
        Self::Noise,
        Self::Blurred,
        Self::BlurredStack,
        Self::Known,
        Self::Unknown,
    ];

    /// Strength of the noise added, relative to the noise set; 0 where none is.
    pub fn strength(self) -> f64 {
        match self {
            Self::Noisy { percent } => f64::from(percent) / 100.0,
            _ => 0.0,
        }
    }

    /// What the set holds, for people.
    pub fn describe(self) -> String {
        match self {
            Self::Noise => "noise, uniform per pixel".into(),
            Self::Blurred => "noise blurred by a Gaussian of 2 pixels".into(),
            Self::BlurredStack => "noise blurred along the stack of images too".into(),
            Self::Known => "known digits".into(),
            Self::Pixelwise => "noise, each pixel as bright as in the training images".into(),
            Self::Unknown => "unknown digits".into(),
            Self::Noisy { .. } => {
                format!("known digits with noise of strength {}", self.strength())
            }
        }
    }
}

impl fmt::Display for TestSet {
    /// The key in documents.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Noise => f.write_str("noise"),
            Self::Blurred => f.write_str("blurred"),
            Self::BlurredStack => f.write_str("blurred_stack"),
            Self::Known => f.write_str("known"),
            Self::Pixelwise => f.write_str("pixelwise"),
            Self::Unknown => f.write_str("unknown"),
            Self::Noisy { percent } => write!(f, "noisy_{percent}"),
        }
    }
}

impl Serialize for TestSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Which images digits are taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeldOut {
    /// Those of the test file: for figures that are reported.
    Test,
    /// Those of the training file that nothing is trained on: for choosing settings.
    Validation,
}

impl HeldOut {
    /// The file that holds them.
    pub fn of(self, data: &Dataset) -> &LabelledImages {
        match self {
            Self::Test => &data.test,
            Self::Validation => &data.train,
        }
    }
}

impl fmt::Display for HeldOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Test => "test",
            Self::Validation => "validation",
        })
    }
}

/// What test sets are made from.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    pub data: &'a Dataset,
    /// Of the networks that are tested: their classes are the known ones, their seed is that of the noise, which is as
    /// bright as their training images.
    pub params: &'a Params,
    /// Labels of the unknown digits.
    pub unknown: &'a [u8],
    pub held_out: HeldOut,
    /// Images of each set of noise.
    pub noise_images: usize,
}

/// Test sets, as they are shown.
pub struct TestSets<'a> {
    /// Shape of the images.
    shape: ImageShape,
    /// All images of the file that digits are taken from.
    digits: &'a ShownImages<'a>,
    /// Draws of the input spikes of digits.
    stream: Stream,
    /// Known digits, class by class.
    pub known: Vec<ClassImages>,
    /// The sets of pixels made for the test, one behind another, and as they are shown.
    made: Vec<u8>,
    artificial: Vec<u8>,
    /// Each set with the indices of its images: of the file, or of `artificial`.
    sets: Vec<(TestSet, Vec<u32>)>,
}

impl<'a> TestSets<'a> {
    /// `shown`: the images of the file that digits are taken from, as they are shown. The input spikes of noise depend
    /// on its place among the images of noise of the sets before it: sets that are added behind change none.
    ///
    /// # Errors
    /// When the data hold too few images.
    pub fn new(
        source: Source<'_>,
        shown: &'a ShownImages<'_>,
        sets: &[TestSet],
    ) -> Result<Self, DatasetError> {
        let file = source.held_out.of(source.data);
        let known = known(source, file)?;
        let unknown = first_of_classes(file, source.unknown, source.params.job.test_per_class);
        let mut built = Self {
            shape: shown.images().shape(),
            digits: shown,
            stream: match source.held_out {
                HeldOut::Test => Stream::Test,
                HeldOut::Validation => Stream::Validation,
            },
            known,
            made: Vec::new(),
            artificial: Vec::new(),
            sets: Vec::with_capacity(sets.len()),
        };
        let noise = Noise::of(&source.data.train, source.params)?;
        let known_images = indices(&built.known).collect::<Vec<_>>();
        for &set in sets {
            let pixels = match set {
                TestSet::Known => Err(known_images.clone()),
                TestSet::Unknown => Err(indices(&unknown).collect()),
                TestSet::Noise => Ok(noise.images(NoiseKind::Delta, source.noise_images)),
                TestSet::Blurred => Ok(noise.images(NoiseKind::Blurred, source.noise_images)),
                TestSet::Pixelwise => {
                    let (means, seed) = (noise.mean_image(), source.params.job.seed);
                    Ok(pixelwise_noise(&means, source.noise_images, seed))
                }
                TestSet::BlurredStack => {
                    Ok(noise.images(NoiseKind::BlurredStack, source.noise_images))
                }
                TestSet::Noisy { .. } => {
                    let digits = known_images.iter();
                    let digits: Vec<u8> = digits
                        .flat_map(|&image| file.image(image as usize))
                        .copied()
                        .collect();
                    let noise = noise.images(NoiseKind::Delta, known_images.len());
                    Ok(add_noise(&digits, &noise, set.strength()))
                }
            };
            let images = match pixels {
                Err(of_file) => of_file,
                Ok(pixels) => built.add(&source.params.model.input, &pixels),
            };
            built.sets.push((set, images));
        }
        Ok(built)
    }

    /// Adds images that are made; their indices.
    fn add(&mut self, input: &Input, pixels: &[u8]) -> Vec<u32> {
        let images = |pixels: &[u8]| (pixels.len() / self.shape.len()) as u32;
        let (first, count) = (images(&self.made), images(pixels));
        self.made.extend_from_slice(pixels);
        self.artificial.extend(&*pixels_as_shown(input, pixels));
        (first..first + count).collect()
    }

    /// Each set with its images, in the order in which they were asked for.
    pub fn all(&self) -> impl Iterator<Item = (TestSet, TestImages<'_>)> {
        self.sets.iter().map(|(set, images)| {
            let (pixels, stream) = match set {
                TestSet::Known | TestSet::Unknown => (self.digits.pixels(), self.stream),
                _ => (self.artificial.as_slice(), Stream::Artificial),
            };
            let images = TestImages {
                pixels,
                images,
                keys: &[],
                stream,
                attempt: 0,
            };
            (*set, images)
        })
    }

    /// The images of one set; none of a set that was not asked for.
    pub fn images(&self, set: TestSet) -> Option<TestImages<'_>> {
        let found = self.all().find(|(found, _)| *found == set);
        found.map(|(_, images)| images)
    }

    /// The label of each known image, in the order in which they are shown.
    pub fn known_labels(&self) -> Vec<u8> {
        let known = self.known.iter();
        known
            .flat_map(|class| vec![class.class; class.images.len()])
            .collect()
    }

    /// Presentations of all sets to one network.
    pub fn presentations(&self) -> usize {
        self.sets.iter().map(|(_, images)| images.len()).sum()
    }

    /// The pixels of some images of each set, from all over it.
    pub fn samples(&self, count: usize) -> Vec<(TestSet, Vec<Vec<u8>>)> {
        let sample = |(set, images): &(TestSet, Vec<u32>)| {
            let pixels = match set {
                TestSet::Known | TestSet::Unknown => self.digits.images().pixels(),
                _ => &self.made,
            };
            // Digits come class after class: a sample takes some of each.
            let every = (images.len() / count.max(1)).max(1);
            let chosen = images.iter().step_by(every).take(count);
            let len = self.shape.len();
            let image = |&image: &u32| pixels[image as usize * len..][..len].to_vec();
            (*set, chosen.map(image).collect())
        };
        self.sets.iter().map(sample).collect()
    }
}

/// Noise as bright as what was learned.
struct Noise<'a> {
    train: &'a LabelledImages,
    /// Of the training.
    images: Vec<u32>,
    mean_intensity: f64,
    seed: u64,
}

/// Images of the set of noise of a job's networks, as they are shown; the first of more.
///
/// # Errors
/// When the training file holds too few images for the job.
pub fn noise_as_shown(
    train: &LabelledImages,
    params: &Params,
    count: usize,
) -> Result<Vec<u8>, DatasetError> {
    let noise = Noise::of(train, params)?.images(NoiseKind::Delta, count);
    Ok(pixels_as_shown(&params.model.input, &noise).into_owned())
}

impl<'a> Noise<'a> {
    fn of(train: &'a LabelledImages, params: &Params) -> Result<Self, DatasetError> {
        let trained = selection::training(train, params)?;
        let images: Vec<u32> = trained.iter().map(|showing| showing.image).collect();
        Ok(Self {
            mean_intensity: mean_intensity(train, images.iter().copied()),
            train,
            images,
            seed: params.job.seed,
        })
    }

    fn mean_image(&self) -> Vec<f64> {
        mean_image(self.train, self.images.iter().copied())
    }

    fn images(&self, kind: NoiseKind, count: usize) -> Vec<u8> {
        noise_images(
            kind,
            self.train.shape(),
            count,
            self.mean_intensity,
            self.seed,
        )
    }
}

/// Known digits: of the test file, or those that the training leaves.
fn known(source: Source<'_>, file: &LabelledImages) -> Result<Vec<ClassImages>, DatasetError> {
    let (params, count) = (source.params, source.params.job.test_per_class);
    match source.held_out {
        HeldOut::Test => Ok(first_of_classes(file, &params.model.network.classes, count)),
        HeldOut::Validation => {
            let mut params = params.clone();
            params.job.validation_per_class = match count {
                PerClass::First(count) => count,
                PerClass::All => file.len(),
            };
            selection::validation(file, &params)
        }
    }
}
