//! Oriented edges.

use crate::dataset::ImageShape;
use crate::params::Edges;
use std::f32::consts::PI;
use std::ops::Range;

/// The answers of oriented edges to images of one shape.
#[derive(Clone, Debug)]
pub struct OrientedEdges {
    image: ImageShape,
    /// Cells in rows and columns, and directions.
    pub(super) cells: ImageShape,
    /// Side of a cell.
    pub(super) size: usize,
    pub(super) rows: Vec<Windows>,
    pub(super) columns: Vec<Windows>,
    epsilon: f32,
    /// Intensity of an answer of 1, were it not cut.
    gain: f32,
}

/// The two cells along one axis whose windows hold a pixel, with the weights there: 0 for a cell that is not there.
pub(super) type Windows = [(usize, f32); 2];

/// By how much an image brightens at a pixel, to the right and downwards, in 255ths.
type Gradient = (i16, i16);

impl OrientedEdges {
    /// For images of a shape.
    pub fn new(image: ImageShape, edges: &Edges) -> Self {
        let cells = edges.cells(image);
        let axis = |pixels: usize, cells: usize| -> Vec<Windows> {
            let windows = |pixel| windows(pixel, edges.cell_size, cells);
            (0..pixels).map(windows).collect()
        };
        Self {
            image,
            cells,
            size: edges.cell_size,
            rows: axis(image.height, cells.height),
            columns: axis(image.width, cells.width),
            epsilon: edges.normalisation as f32,
            gain: (255.0 / edges.cut) as f32,
        }
    }

    /// The answers to one image, as intensities; shape \[row of cells, column of cells, direction\].
    ///
    /// # Panics
    /// When the image has another shape, or there is another number of answers.
    pub fn encode(&self, image: &[u8], answers: &mut [u8]) {
        assert_eq!(image.len(), self.image.len(), "an image of this shape");
        assert_eq!(answers.len(), self.cells.len(), "an answer of each cell");
        let mut sums = vec![0.0; answers.len()];
        self.sum(image, &mut sums);
        self.normalise(&sums, answers);
    }

    /// Adds the edges of an image up, by cell and direction.
    fn sum(&self, image: &[u8], sums: &mut [f32]) {
        let ImageShape {
            height,
            width,
            channels,
        } = self.image;
        let directions = self.cells.channels;
        // With a border of one dark pixel.
        let stride = (width + 2) * channels;
        let mut padded = vec![0u8; (height + 2) * stride];
        for (row, pixels) in image.chunks_exact(width * channels).enumerate() {
            padded[(row + 1) * stride + channels..][..pixels.len()].copy_from_slice(pixels);
        }
        for (row, cell_rows) in self.rows.iter().enumerate() {
            let [above, here, below] = [0, 1, 2].map(|by| &padded[(row + by) * stride..][..stride]);
            for (column, cell_columns) in self.columns.iter().enumerate() {
                let at = column * channels..(column + 1) * channels;
                let gradient = steepest(above, here, below, at);
                if gradient == (0, 0) {
                    continue;
                }
                let shares = shares(gradient, directions);
                for &(cell_row, of_row) in cell_rows {
                    for &(cell_column, of_column) in cell_columns {
                        let cell = (cell_row * self.cells.width + cell_column) * directions;
                        let window = of_row * of_column;
                        for (direction, share) in shares {
                            sums[cell + direction] += window * share;
                        }
                    }
                }
            }
        }
    }

    /// Divides the sums of each cell by what is around it.
    fn normalise(&self, sums: &[f32], answers: &mut [u8]) {
        let ImageShape {
            height,
            width,
            channels: directions,
        } = self.cells;
        let squares = |of_cell: &[f32]| of_cell.iter().map(|f| f * f).sum::<f32>();
        let energies: Vec<f32> = sums.chunks_exact(directions).map(squares).collect();
        let around = |at: usize, end: usize| at.saturating_sub(1)..(at + 2).min(end);
        for row in 0..height {
            for column in 0..width {
                let block = around(row, height)
                    .flat_map(|row| around(column, width).map(move |column| (row, column)));
                let energy: f32 = block
                    .map(|(row, column)| energies[row * width + column])
                    .sum();
                let factor = self.gain / (energy + self.epsilon).sqrt();
                let cell = (row * width + column) * directions;
                let answers = answers[cell..][..directions].iter_mut();
                for (answer, f) in answers.zip(&sums[cell..][..directions]) {
                    *answer = ((f * factor).min(255.0) + 0.5) as u8;
                }
            }
        }
    }
}

/// The cells whose windows hold a pixel.
fn windows(pixel: usize, size: usize, cells: usize) -> Windows {
    // In halves of a pixel, from one cell before the first: centres are 2 `size` apart.
    let from = 2 * pixel + 1 + size;
    let (after, rest) = (from / (2 * size), from % (2 * size));
    let weight = rest as f32 / (2 * size) as f32;
    let cell = |cell: Option<usize>, weight| match cell {
        Some(cell) if cell < cells => (cell, weight),
        _ => (0, 0.0),
    };
    [
        cell(after.checked_sub(1), 1.0 - weight),
        cell(Some(after), weight),
    ]
}

/// The gradient of the channel where it is largest; `at` are the channels of the pixel on the left, in rows with a
/// border.
fn steepest(above: &[u8], here: &[u8], below: &[u8], at: Range<usize>) -> Gradient {
    let channels = at.len();
    let rise = |from: u8, to: u8| i16::from(to) - i16::from(from);
    let mut steepest = (0, 0);
    let mut most = 0;
    for left in at {
        let middle = left + channels;
        let gx = rise(here[left], here[middle + channels]);
        let gy = rise(above[middle], below[middle]);
        let square = i32::from(gx) * i32::from(gx) + i32::from(gy) * i32::from(gy);
        if square > most {
            (steepest, most) = ((gx, gy), square);
        }
    }
    steepest
}

/// The two directions nearest to that of an edge, with the share of its strength that each is given.
fn shares((gx, gy): Gradient, directions: usize) -> [(usize, f32); 2] {
    let (gx, gy) = (f32::from(gx), f32::from(gy));
    let strength = (gx * gx + gy * gy).sqrt() / 255.0;
    let angle = libm::atan2f(gy, gx);
    let turn = if angle < 0.0 { angle + 2.0 * PI } else { angle } / (2.0 * PI);
    let place = turn * directions as f32;
    // A full turn, as rounding may make it of less, is none.
    let before = place as usize;
    let share = place - before as f32;
    [
        (before % directions, strength * (1.0 - share)),
        ((before + 1) % directions, strength * share),
    ]
}
