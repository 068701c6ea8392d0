//! Sizes of random networks.

use proptest::prelude::*;
use proptest::sample::select;
use spikeprune::params::FrontEnd::{self, OrientedEdges, Pixels};

/// Numbers of neurons on both sides of the edges of a block, of a row of counts, and of two of them.
pub const EDGES: [usize; 12] = [1, 15, 16, 17, 31, 32, 33, 34, 63, 64, 65, 70];

/// Rows, columns and channels of images: MNIST's, few inputs, one, a part of a word of intensities, colour.
pub const IMAGE_SHAPES: [[usize; 3]; 5] = [[28, 28, 1], [8, 8, 1], [1, 1, 1], [7, 5, 1], [6, 9, 3]];

/// Neurons of a network, the shape of its images, and what lies between.
pub type Size = (usize, [usize; 3], FrontEnd);

/// Sizes for a device that builds kernels for each: several groups in a block, one neuron alone, a full block, several
/// blocks with a part of one, and more inputs than a GPU's workgroup memory has room for.
pub const FEW: [Size; 6] = [
    (6, [7, 5, 1], Pixels),
    (1, [8, 8, 1], Pixels),
    (16, [28, 28, 1], Pixels),
    (16, [28, 28, 1], OrientedEdges),
    (70, [6, 9, 3], Pixels),
    (4, [40, 40, 1], Pixels),
];

/// Many inputs: photographs in colour, and the most that a network has.
pub const WIDE: [Size; 2] = [(3, [64, 64, 3], Pixels), (2, [256, 256, 1], Pixels)];

/// Any number of neurons, often one of the edges; mostly MNIST's images.
pub fn any_size() -> BoxedStrategy<Size> {
    let neurons = prop_oneof![1..=70usize, select(&EDGES[..])];
    let shape = prop_oneof![Just(IMAGE_SHAPES[0]), select(&IMAGE_SHAPES[..])];
    let front_end = prop_oneof![3 => Just(Pixels), 1 => Just(OrientedEdges)];
    (neurons, shape, front_end).boxed()
}

pub fn few_sizes() -> BoxedStrategy<Size> {
    select(&FEW[..]).boxed()
}
