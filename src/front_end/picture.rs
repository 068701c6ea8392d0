//! What weights prefer to see, as pictures.

use super::OrientedEdges;
use crate::params::{FrontEnd, Input, Model};
use std::borrow::Cow;

/// Where the bright side of an edge is drawn, and how broad, in sides of a cell: as far apart as the two sides of a
/// stroke whose edges share a cell.
const BESIDE: f32 = 0.375;
const BREADTH: f32 = 0.2;

/// Pictures of the incoming weights of each neuron, one value a pixel; shape \[rows, columns, neurons\]. `weights` have
/// the shape \[inputs, neurons\].
///
/// A grey pixel's value is its weight, a coloured one's the mean over its channels. Where inputs are edges, a line lies
/// along the bright side of each edge, and a pixel is the mean weight of the lines there, the nearest counting most: so
/// a stroke shows between its two edges, and values have the range of the weights.
pub fn pictures<'a>(input: &Input, weights: &'a [f32]) -> Cow<'a, [f32]> {
    match (input.front_end, input.channels) {
        (FrontEnd::Pixels, 1) => Cow::Borrowed(weights),
        (FrontEnd::Pixels, channels) => {
            let neurons = weights.len() / input.shape().len();
            let pixels = weights.chunks_exact(channels * neurons);
            Cow::Owned(pixels.flat_map(|pixel| mean(pixel, neurons)).collect())
        }
        (FrontEnd::OrientedEdges, _) => {
            let edges = OrientedEdges::new(input.image(), &input.edges);
            Cow::Owned(edges.pictures(weights))
        }
    }
}

/// The same as bytes, shape \[neurons, rows, columns\]: 255 is the largest weight that there may be; 0 the smallest, or,
/// where weights may have both signs, as far below 0 as the largest is above.
pub fn picture_bytes(model: &Model, weights: &[f32]) -> Vec<u8> {
    let (low, high) = (model.w_min() as f32, model.gmax() as f32);
    let (low, high) = match low < 0.0 {
        true => (-high.max(-low), high.max(-low)),
        false => (low, high),
    };
    let (pictures, neurons) = (pictures(&model.input, weights), model.neurons());
    let byte = |value: &f32| ((value - low) / (high - low) * 255.0).round() as u8;
    let of_neuron = |neuron| pictures.iter().skip(neuron).step_by(neurons).map(byte);
    (0..neurons).flat_map(of_neuron).collect()
}

/// The mean over the channels of a pixel, for each neuron.
fn mean(pixel: &[f32], neurons: usize) -> impl Iterator<Item = f32> {
    let channels = (pixel.len() / neurons) as f32;
    (0..neurons).map(move |neuron| {
        let weights = pixel.iter().skip(neuron).step_by(neurons);
        weights.sum::<f32>() / channels
    })
}

impl OrientedEdges {
    fn pictures(&self, weights: &[f32]) -> Vec<f32> {
        let directions = self.cells.channels;
        let neurons = weights.len() / self.cells.len();
        let mut pictures = vec![0.0; self.rows.len() * self.columns.len() * neurons];
        let mut pixels = pictures.chunks_exact_mut(neurons);
        for (row, cell_rows) in self.rows.iter().enumerate() {
            for (column, cell_columns) in self.columns.iter().enumerate() {
                let pixel = pixels.next().unwrap_or_default();
                let mut total = 0.0;
                for &(cell_row, of_row) in cell_rows {
                    for &(cell_column, of_column) in cell_columns {
                        let cell = (cell_row * self.cells.width + cell_column) * directions;
                        let away = [self.offset(column, cell_column), self.offset(row, cell_row)];
                        for direction in 0..directions {
                            let share = of_row * of_column * line(away, direction, directions);
                            let weights = &weights[(cell + direction) * neurons..][..neurons];
                            for (value, weight) in pixel.iter_mut().zip(weights) {
                                *value += share * weight;
                            }
                            total += share;
                        }
                    }
                }
                for value in pixel {
                    *value /= total;
                }
            }
        }
        pictures
    }

    /// From the centre of a cell to a pixel along one axis, in sides of a cell.
    fn offset(&self, pixel: usize, cell: usize) -> f32 {
        let size = self.size as f32;
        (pixel as f32 + 0.5) / size - (cell as f32 + 0.5)
    }
}

/// How much of the line along the bright side of an edge through a cell's centre is drawn at a point (x, y) beside it.
fn line([x, y]: [f32; 2], direction: usize, directions: usize) -> f32 {
    let angle = std::f32::consts::TAU * direction as f32 / directions as f32;
    let across = x * libm::cosf(angle) + y * libm::sinf(angle);
    let off = (across - BESIDE) / BREADTH;
    libm::expf(-0.5 * off * off)
}
