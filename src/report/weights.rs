//! The weight matrix of a network as pictures: a sheet of all neurons and one a class group.

use super::{ColorMap, HeatmapError, Sheet, TILE_SIDE, Tile, TileGroup, write_npy, write_png};
use std::path::Path;

/// A weight matrix and how it is drawn.
#[derive(Clone, Copy, Debug)]
pub struct WeightImages<'a> {
    /// S1; shape \[inputs, neurons\].
    pub weights: &'a [f32],
    /// Labels of the groups, in the order of their neurons.
    pub classes: &'a [u8],
    pub neurons_per_class: usize,
    /// Weights at the bottom and at the top of the colour map.
    pub range: (f32, f32),
    pub colormap: ColorMap,
    /// Screen pixels along each side of a weight, 1 to 32.
    pub scale: u32,
    /// Key and value notes that every PNG carries.
    pub notes: &'a [(&'a str, &'a str)],
}

impl WeightImages<'_> {
    /// Writes `sheet.png` (all neurons), `class-<label>.png` (one a group) and `weights.npy`
    /// \[neurons, 28, 28\] into an existing folder.
    ///
    /// # Errors
    /// When the scale does not fit, a weight is not a number or a file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), HeatmapError> {
        let groups = self.groups();
        for (class, group) in self.classes.iter().zip(&groups) {
            let picture = self.sheet(vec![group.clone()]).render()?;
            write_png(
                &folder.join(format!("class-{class}.png")),
                &picture,
                self.notes,
            )?;
        }
        let picture = self.sheet(groups).render()?;
        write_png(&folder.join("sheet.png"), &picture, self.notes)?;
        let values: Vec<f32> = (0..self.neurons())
            .flat_map(|neuron| self.incoming(neuron))
            .collect();
        let side = TILE_SIDE as u64;
        write_npy(
            &folder.join("weights.npy"),
            &[self.neurons() as u64, side, side],
            &values,
        )
    }

    /// The tiles of all neurons, a group a class.
    pub fn groups(&self) -> Vec<TileGroup<'static>> {
        (0..self.classes.len())
            .map(|group| self.group(group))
            .collect()
    }

    fn neurons(&self) -> usize {
        self.classes.len() * self.neurons_per_class
    }

    /// The incoming weights of one neuron, pixel by pixel.
    fn incoming(&self, neuron: usize) -> impl Iterator<Item = f32> {
        self.weights
            .iter()
            .copied()
            .skip(neuron)
            .step_by(self.neurons())
    }

    fn group(&self, group: usize) -> TileGroup<'static> {
        let first = group * self.neurons_per_class;
        let tile = |neuron: usize| Tile {
            caption: format!("neuron {neuron}"),
            values: self.incoming(neuron).collect(),
        };
        TileGroup {
            caption: format!("class {}", self.classes[group]),
            tiles: (first..first + self.neurons_per_class).map(tile).collect(),
        }
    }

    fn sheet<'t>(&self, groups: Vec<TileGroup<'t>>) -> Sheet<'t> {
        Sheet {
            groups,
            range: self.range,
            colormap: self.colormap,
            scale: self.scale,
            quantity: "weight".into(),
        }
    }
}
