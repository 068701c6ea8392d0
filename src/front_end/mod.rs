//! What lies between an image and the inputs: nothing, or a fixed stage of vision that answers to oriented edges.
//!
//! The stage does what the first cells of the visual cortex are modelled to do. *Simple cells* answer to an edge of one
//! direction at one place (Hubel & Wiesel, J. Physiol. 160, 1962); *complex cells* pool the answers of simple cells of
//! the same direction nearby, so that it matters less where exactly the edge lies (Riesenhuber & Poggio, Nat. Neurosci.
//! 2, 1999); cells nearby divide each other's answers, so that contrast matters less, too (Carandini & Heeger, Nat. Rev.
//! Neurosci. 13, 2012). Computer vision knows the same steps as *histograms of oriented gradients*, HOG (Dalal & Triggs,
//! CVPR 2005), with signed directions, shared by linear interpolation, in blocks of 3 x 3 cells around each cell.
//!
//! Nothing in it learns. [`crate::params::Edges`] has its parameters: D directions, cells of side c, the constant
//! epsilon of the normalisation, and the cut. For an image I in 0..1 with darkness around it:
//!
//! 1. gx = I(x + 1) - I(x - 1), gy = I(y + 1) - I(y - 1), y growing downwards; in colour those of the channel in which
//!    they are largest, of equal ones the first. An edge has the strength m = sqrt(gx² + gy²) and the direction in which
//!    the image brightens.
//! 2. m is shared between the two nearest of D directions, in proportion to how near they are. Direction d is
//!    360° d / D from the right, clockwise.
//! 3. f(k, l, d) is the sum of these over the image, weighted by triangular windows: the cells' centres are c apart, the
//!    first (c - 1) / 2 from the border, and the weight falls from 1 at the centre to 0 at a distance of c, in rows and
//!    in columns. There are as many cells as cover the image; windows end with the image.
//! 4. n = f / sqrt(sum of f² over all directions of the 3 x 3 cells around + epsilon); at the border there are fewer.
//! 5. The intensity of input \[row, column, direction\] is n / cut * 255, at most 255, rounded.
//!
//! This is computed once for an image on the host, by one piece of code whose floats see `+ - * /`, roots and `libm`
//! alone, in a fixed order: all platforms and devices are given the same bytes.

mod edges;
mod picture;

pub use edges::OrientedEdges;
pub use picture::{picture_bytes, pictures};
