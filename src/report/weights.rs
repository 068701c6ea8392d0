//! The weight matrix of a network as pictures: a sheet of all neurons and one for the neurons of each class.

use super::{ColorMap, HeatmapError, Sheet, TILE_SIDE, Tile, TileGroup, encode_npy, encode_png};

const SHEET: &str = "sheet.png";
const VALUES: &str = "weights.npy";

fn class_file(class: u8) -> String {
    format!("class-{class}.png")
}

/// A weight matrix and how it is drawn.
#[derive(Clone, Copy, Debug)]
pub struct WeightImages<'a> {
    /// S1; shape \[inputs, neurons\].
    pub weights: &'a [f32],
    /// The class of each neuron, where it has one.
    pub labels: &'a [Option<u8>],
    /// The classes in their order.
    pub classes: &'a [u8],
    /// Whether the sheet shows the neurons by class, or all in one square as they come.
    pub by_class: bool,
    /// Weights at the bottom and at the top of the colour map.
    pub range: (f32, f32),
    pub colormap: ColorMap,
    /// Screen pixels along each side of a weight, 1 to 32.
    pub scale: u32,
    /// Key and value notes that every PNG carries.
    pub notes: &'a [(&'a str, &'a str)],
}

impl WeightImages<'_> {
    /// The files that show the weights: `sheet.png` (all neurons), `class-<label>.png` (those of a class that has any)
    /// and `weights.npy` \[neurons, 28, 28\].
    pub fn files(&self) -> Vec<String> {
        let with_neurons = |class: &&u8| self.labels.contains(&Some(**class));
        let classes = self.classes.iter().filter(with_neurons);
        let mut files: Vec<String> = classes.map(|class| class_file(*class)).collect();
        files.extend([SHEET.into(), VALUES.into()]);
        files
    }

    /// The bytes of one of [`WeightImages::files`]; of the sheet for any other name.
    ///
    /// # Errors
    /// When the scale does not fit or a weight is not a number.
    pub fn encode(&self, name: &str) -> Result<Vec<u8>, HeatmapError> {
        if name == VALUES {
            let side = TILE_SIDE as u64;
            let neurons = 0..self.neurons();
            let values: Vec<f32> = neurons.flat_map(|neuron| self.incoming(neuron)).collect();
            return encode_npy(&[self.neurons() as u64, side, side], &values);
        }
        let groups = match self.classes.iter().position(|c| class_file(*c) == name) {
            Some(class) => vec![self.of_classes().swap_remove(class)],
            None => self.groups(),
        };
        encode_png(&self.sheet(groups).render()?, self.notes)
    }

    /// The tiles of all neurons: a group a class, or one of all.
    pub fn groups(&self) -> Vec<TileGroup<'static>> {
        if self.by_class {
            return self.of_classes();
        }
        let all = 0..self.neurons();
        vec![self.group(format!("{} neurons", all.len()), all)]
    }

    fn of_classes(&self) -> Vec<TileGroup<'static>> {
        let of_class = |class: &u8| {
            let own = (0..self.neurons()).filter(|&neuron| self.labels[neuron] == Some(*class));
            self.group(format!("class {class}"), own)
        };
        self.classes.iter().map(of_class).collect()
    }

    fn neurons(&self) -> usize {
        self.labels.len()
    }

    /// The incoming weights of one neuron, pixel by pixel.
    fn incoming(&self, neuron: usize) -> impl Iterator<Item = f32> {
        self.weights
            .iter()
            .copied()
            .skip(neuron)
            .step_by(self.neurons())
    }

    fn group(&self, caption: String, neurons: impl Iterator<Item = usize>) -> TileGroup<'static> {
        let tile = |neuron: usize| Tile {
            caption: format!("neuron {neuron}"),
            values: self.incoming(neuron).collect(),
        };
        TileGroup {
            caption,
            tiles: neurons.map(tile).collect(),
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
