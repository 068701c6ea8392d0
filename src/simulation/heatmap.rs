//! What networks have learned, as pictures.

use super::{Simulation, SimulationError};
use crate::artefact::write_whole;
use crate::front_end::pictures;
use crate::report::plot::FontScale;
use crate::report::{Shades, WeightImages};
use std::io::{self, Write};
use std::path::Path;

impl Simulation {
    /// What a replica has learned, as a picture of the incoming weights of every neuron ([`pictures`]).
    ///
    /// # Errors
    /// When there is no such replica, or a picture would be too large.
    pub fn heatmap(&self, replica: usize) -> Result<Heatmap, SimulationError> {
        let replica = self.replica(replica)?;
        let model = &self.params.model;
        let labels = replica.labels_of_neurons();
        let images = WeightImages {
            weights: &replica.weights,
            inputs: model.input.shape(),
            pictures: &pictures(&model.input, &replica.weights),
            tile: [model.input.height, model.input.width],
            labels: &labels,
            network: &model.network,
            only: &[],
            shades: Shades::of_weights(model.w_min(), model.gmax(), None),
            scale: 4,
            font_scale: FontScale::default(),
            notes: &[],
        };
        Ok(Heatmap {
            png: images.encode("sheet.png")?,
        })
    }
}

/// A picture of the weights of a network, as PNG.
pub struct Heatmap {
    png: Vec<u8>,
}

impl Heatmap {
    /// The bytes of the file.
    pub fn png(&self) -> &[u8] {
        &self.png
    }

    /// Writes the picture, whole or not at all; a file of that name is replaced.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        write_whole(path, |file| file.write_all(&self.png)).map(|_| ())
    }
}
