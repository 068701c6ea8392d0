//! Where networks run: one trait, and a device behind each implementation.
//!
//! A *lane* is one running network state. In training every network is a lane of its own and time is
//! sequential; in testing the weights are frozen, every (network, image) pair is a lane, and each starts
//! from rest, so that its result depends on nothing but weights, image and seed. Results do not depend on
//! how lanes are spread over threads or chunks.

mod check;
#[cfg(feature = "gpu")]
pub mod choice;
pub mod cpu;
#[cfg(feature = "gpu")]
pub mod gpu;
mod kind;
#[cfg(all(feature = "gpu", not(target_family = "wasm")))]
pub mod open;
mod record;
mod shared;

use crate::dataset::ImageShape;
use crate::model::rng::Stream;
use crate::network::{Network, NetworkError};
use crate::params::ParamsError;
use check::{
    check_batches, check_clock, check_plan, check_recorded, check_test, check_watch, common_lanes,
};
pub use kind::DeviceKind;
pub use record::{Record, Variable, Watched};
use std::borrow::Cow;

/// A training image and the group of its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Showing {
    /// Index into the pixels.
    pub image: u32,
    pub group: u32,
    pub shift: Shift,
}

/// By how many pixels an image is shifted when it is shown; dark pixels fill the border. With a front end shifts come
/// before it, so a backend is given none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Shift {
    pub right: i8,
    pub down: i8,
}

/// What a presentation does to the weights, and which threshold holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Learning by the rule, where `group` is that of the image's class; pruning if it is continuous;
    /// the threshold of trainings, latched at the onset of the image if it is of that kind.
    Train { group: u32 },
    /// No learning, pruning at every input spike; the threshold as the last presentation left it.
    Window,
    /// Frozen weights and the testing threshold.
    Test,
}

/// Input spikes given from outside instead of drawn from an image.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Recorded<'a> {
    /// (step within the presentation, input), in any order. An input fires at most once a step.
    pub spikes: &'a [(u32, u16)],
    /// Steps of the whole presentation.
    pub steps: u32,
    pub phase: Phase,
    /// Neurons whose variables are recorded too.
    pub watch: &'a [u32],
}

impl<'a> Recorded<'a> {
    /// A presentation of so many steps, of which spikes alone are recorded.
    pub fn new(spikes: &'a [(u32, u16)], steps: u32, phase: Phase) -> Self {
        Self {
            spikes,
            steps,
            phase,
            watch: &[],
        }
    }

    /// The same with the variables of these neurons.
    #[must_use]
    pub fn watching(self, watch: &'a [u32]) -> Self {
        Self { watch, ..self }
    }
}

/// Frozen weights to test, with the network that they belong to.
#[derive(Clone, Copy, Debug)]
pub struct Frozen<'a> {
    pub network: &'a Network,
    /// Weights as read out; shape \[inputs, N\].
    pub weights: &'a [f32],
}

/// Images to show to frozen networks.
#[derive(Clone, Copy, Debug)]
pub struct TestImages<'a> {
    /// All images, an intensity for each input.
    pub pixels: &'a [u8],
    /// Those to show, by index.
    pub images: &'a [u32],
    /// By index, what the input spikes of each image are drawn by, beside seed and stream: images of the same key, shown in
    /// any order and company, evoke the same. Empty where that is the index itself.
    pub keys: &'a [u32],
    pub stream: Stream,
    /// How often they were shown before and evoked too few spikes: 0 unless [`crate::params::Input::least_spikes`] is
    /// set, and at most [`crate::params::RETRIES`].
    pub attempt: u32,
}

/// One image to show to a frozen network, as [`TestImages`] has it.
#[derive(Clone, Copy, Debug)]
pub struct TestImage<'a> {
    pub pixels: &'a [u8],
    pub image: u32,
    pub keys: &'a [u32],
    pub stream: Stream,
    pub attempt: u32,
}

impl<'a> TestImages<'a> {
    /// The image at a place among those shown.
    ///
    /// # Panics
    /// When there are fewer, as indexing a slice does.
    pub fn at(&self, place: usize) -> TestImage<'a> {
        TestImage {
            pixels: self.pixels,
            image: self.images[place],
            keys: self.keys,
            stream: self.stream,
            attempt: self.attempt,
        }
    }
}

/// The presentation that an image is in the draws of its input spikes.
fn presentation_of(keys: &[u32], image: u32) -> u32 {
    match keys {
        [] => image,
        keys => keys[image as usize],
    }
}

impl TestImage<'_> {
    /// The presentation that it is in the draws of its input spikes.
    pub fn presentation(&self) -> u32 {
        presentation_of(self.keys, self.image)
    }

    /// As a list of images, which is kept in `index`.
    fn alone<'a>(&'a self, index: &'a [u32; 1]) -> TestImages<'a> {
        TestImages {
            pixels: self.pixels,
            images: index,
            keys: self.keys,
            stream: self.stream,
            attempt: self.attempt,
        }
    }
}

/// E spikes during the stimulus; shape \[images, N\].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpikeCounts {
    pub neurons: usize,
    pub counts: Vec<u16>,
}

impl SpikeCounts {
    /// Spike counts of the neurons, image by image.
    pub fn images(&self) -> impl Iterator<Item = &[u16]> {
        self.counts.chunks_exact(self.neurons)
    }
}

/// What a backend cannot do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackendError {
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error("cannot start {threads} threads: {reason}")]
    Threads { threads: usize, reason: String },
    #[error("{what} {found} is outside the {available} there are")]
    OutOfBounds {
        what: &'static str,
        found: u64,
        available: u64,
    },
    #[error("{found} lists of images for {expected} networks")]
    PlanLength { expected: usize, found: usize },
    #[error("every network of a session must be shown the same number of images")]
    Uneven,
    #[error(
        "the networks of one session must have the same number of neurons, presentations, label images and images \
         between metrics, the same time step and times, the same input, and learn in the same batches"
    )]
    Mixed,
    #[error(
        "training would end after {end} images, within a batch: the next batch ends after {batch_end} \
         (Params::end_of_batch)"
    )]
    CutsBatch { end: usize, batch_end: usize },
    /// What the device itself reports, such as [`gpu::error::GpuError`].
    #[error(transparent)]
    Device(Box<dyn std::error::Error + Send + Sync>),
    #[error(
        "network with seed {seed}: its clock of 2^32 steps is full after {image} training images, as many were \
         shown again for too few spikes: lower job.epochs or input.least_spikes, or raise time.dt_ms"
    )]
    ClockFull { seed: u64, image: u32 },
    #[error(
        "network with seed {seed}: a potential of neuron {neuron} went beyond all numbers after some {images} training images: \
         lower time.dt_ms, or weights and rates"
    )]
    Diverged {
        seed: u64,
        neuron: usize,
        /// Training images that the network had been shown by then: those that were under way with this one may count.
        images: u32,
    },
}

impl From<ParamsError> for BackendError {
    fn from(error: ParamsError) -> Self {
        Self::Network(error.into())
    }
}

/// What was asked of a device since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    pub dispatches: u64,
    pub submits: u64,
    /// Times that the host waited for the device.
    pub waits: u64,
    pub bytes_up: u64,
    pub bytes_down: u64,
}

/// A device that runs networks.
pub trait Backend: Send + Sync {
    /// A short name, such as `cpu`.
    fn device(&self) -> &str;

    /// What it is made of.
    fn kind(&self) -> DeviceKind;

    /// How many networks a job should hold if there are many to train.
    fn networks_at_once(&self) -> usize;

    /// What the device was asked to do so far; none if the host itself computes.
    fn traffic(&self) -> Option<Traffic> {
        None
    }

    /// Takes networks onto the device, to train or to run on from image to image.
    ///
    /// # Errors
    /// When a network fails its [`Network::check`].
    fn start(&self, networks: Vec<Network>) -> Result<Box<dyn Session + '_>, BackendError>;

    /// Shows the images to every network, each image from rest; a result for each network in turn.
    ///
    /// # Errors
    /// When an image index is outside the pixels, arrays do not fit, or potentials go beyond all numbers.
    fn test(
        &self,
        networks: &[Frozen<'_>],
        images: TestImages<'_>,
    ) -> Result<Vec<SpikeCounts>, BackendError>;

    /// The same for one image and one network, with all its spikes and the variables of the neurons in `watch`.
    ///
    /// # Errors
    /// As [`Backend::test`], and when a neuron to watch does not exist.
    fn record_test(
        &self,
        network: Frozen<'_>,
        image: TestImage<'_>,
        watch: &[u32],
    ) -> Result<Record, BackendError>;
}

/// Networks that live on a device between calls.
pub trait Session {
    /// Trains network r on the images of `plan[r]`, in their order; all lists have the same length, and end where a batch
    /// does ([`crate::params::Params::end_of_batch`]).
    ///
    /// `pixels` holds images, an intensity for each input.
    ///
    /// # Errors
    /// When an index is out of bounds, or potentials go beyond all numbers.
    fn train(&mut self, pixels: &[u8], plan: &[Vec<Showing>]) -> Result<(), BackendError>;

    /// Shows every network the same recorded input, its state running on, and records all spikes and what it watches.
    ///
    /// # Errors
    /// When an input, a group or a neuron to watch does not exist, or potentials go beyond all numbers.
    fn present(&mut self, recorded: &Recorded<'_>) -> Result<Vec<Record>, BackendError>;

    /// The weights that a read-out sees now: a copy, pruned as its mode ends a training. The networks
    /// themselves stay as they are.
    ///
    /// # Errors
    /// When potentials go beyond all numbers in the last window, or the device fails.
    fn read_out(&mut self) -> Result<Vec<Vec<f32>>, BackendError>;

    /// Bytes that the networks and their training take at most, where they run.
    fn memory(&self) -> u64;

    /// The networks as they are now.
    ///
    /// # Errors
    /// When the device fails.
    fn snapshot(&mut self) -> Result<Vec<Network>, BackendError>;
}

/// The intensities of one image.
fn image_of(pixels: &[u8], image: u32, shape: ImageShape) -> &[u8] {
    &pixels[image as usize * shape.len()..][..shape.len()]
}

/// The intensities of one image as it is shown.
pub(crate) fn shifted(pixels: &[u8], image: u32, shape: ImageShape, shift: Shift) -> Cow<'_, [u8]> {
    let image = image_of(pixels, image, shape);
    if shift == Shift::default() {
        return Cow::Borrowed(image);
    }
    let ImageShape {
        height,
        width,
        channels,
    } = shape;
    let from = |to: usize, by: i8, side: usize| {
        to.checked_add_signed(-isize::from(by))
            .filter(|&at| at < side)
    };
    let intensity = |at: usize| {
        let (pixel, channel) = (at / channels, at % channels);
        let row = from(pixel / width, shift.down, height)?;
        let column = from(pixel % width, shift.right, width)?;
        Some(image[(row * width + column) * channels + channel])
    };
    Cow::Owned(
        (0..image.len())
            .map(|at| intensity(at).unwrap_or(0))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_shift_and_darkness_comes_in() {
        // Ten rows of 28 columns in two colours; the second image has a blue pixel in row 3, column 27 and a red one in
        // row 5, column 6.
        let shape = ImageShape {
            height: 10,
            width: 28,
            channels: 2,
        };
        let mut pixels = vec![0; 2 * shape.len()];
        pixels[shape.len() + (3 * 28 + 27) * 2 + 1] = 9;
        pixels[shape.len() + (5 * 28 + 6) * 2] = 7;
        let lit = |right, down| {
            let shown = shifted(&pixels, 1, shape, Shift { right, down });
            let lit = shown.iter().enumerate().filter(|(_, pixel)| **pixel > 0);
            lit.map(|(at, &pixel)| (at / 56, at / 2 % 28, pixel))
                .collect::<Vec<_>>()
        };
        assert_eq!(lit(0, 0), [(3, 27, 9), (5, 6, 7)]);
        assert_eq!(lit(-2, 1), [(4, 25, 9), (6, 4, 7)]);
        assert_eq!(
            lit(1, -3),
            [(2, 7, 7)],
            "one left at the right, none came in"
        );
    }
}
