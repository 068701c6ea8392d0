//! The weight matrix of a network as pictures: a sheet of all neurons and one for the neurons of each class.

use super::plot::FontScale;
use super::{
    HeatmapError, Shades, Sheet, Tile, TileGroup, encode_animation, encode_npy, encode_png,
};
use crate::dataset::ImageShape;
use crate::params::Architecture;

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
    /// What the inputs stand for.
    pub inputs: ImageShape,
    /// What is drawn of the weights; shape \[rows, columns, neurons\].
    pub pictures: &'a [f32],
    /// Rows and columns of a picture.
    pub tile: [usize; 2],
    /// The class of each neuron, where it has one.
    pub labels: &'a [Option<u8>],
    /// The network: its classes, in their order, and what they are called. Where neurons are labelled after the training
    /// the sheet shows all in one square as they come, else by class.
    pub network: &'a Architecture,
    /// The neurons that are drawn; all where none is given.
    pub only: &'a [u32],
    pub shades: Shades,
    /// Screen pixels along each side of a picture's pixel, 1 to 32.
    pub scale: u32,
    pub font_scale: FontScale,
    /// Key and value notes that every PNG carries.
    pub notes: &'a [(&'a str, &'a str)],
}

/// Weights that a network had on its way.
#[derive(Clone, Debug)]
pub struct Moment {
    /// Training images that it had seen.
    pub images: usize,
    /// What is drawn of the weights; shape \[rows, columns, neurons\].
    pub pictures: Vec<f32>,
}

/// How long an animation takes, in ms, and each of its pictures at least and at most.
const ANIMATION_MS: usize = 10_000;
const SHORTEST_MS: usize = 40;
const LONGEST_MS: usize = 500;

impl WeightImages<'_> {
    /// The sheet as an animated PNG: how it looked at these moments, one at least, in their order. It takes ten seconds or so.
    ///
    /// # Errors
    /// As [`WeightImages::encode`].
    pub fn animate(&self, moments: &[Moment]) -> Result<Vec<u8>, HeatmapError> {
        let frame = |moment: &Moment| {
            let then = WeightImages {
                pictures: &moment.pictures,
                ..*self
            };
            let mut sheet = then.sheet(then.groups());
            sheet.quantity = format!("weight after {} images", moment.images);
            sheet.render()
        };
        // The last has the longest text.
        let size = match moments.last() {
            Some(last) => frame(last)?.dimensions(),
            None => return Err(HeatmapError::NoTiles),
        };
        let milliseconds = (ANIMATION_MS / moments.len()).clamp(SHORTEST_MS, LONGEST_MS);
        let timed = (moments.len() as u32, milliseconds as u16);
        encode_animation(size, timed, self.notes, |place| {
            frame(&moments[place as usize])
        })
    }

    /// The files that show the weights: `sheet.png` (all neurons), `class-<label>.png` (those of a class that has any)
    /// and `weights.npy` \[neurons, rows, columns\] of the inputs, with their channels where there are several. Neurons that are not drawn are in none of them.
    pub fn files(&self) -> Vec<String> {
        let with_neurons = |class: &&u8| self.drawn().any(|n| self.labels[n] == Some(**class));
        let classes = self.network.classes.iter().filter(with_neurons);
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
            let neurons = self.drawn();
            let values = neurons.flat_map(|neuron| self.of_neuron(self.weights, neuron));
            return encode_npy(&self.shape_of_values(), &values.collect::<Vec<f32>>());
        }
        let groups = match self
            .network
            .classes
            .iter()
            .find(|c| class_file(**c) == name)
        {
            Some(class) => vec![self.of_class(*class)],
            None => self.groups(),
        };
        encode_png(&self.sheet(groups).render()?, self.notes)
    }

    /// The tiles of all neurons: a group a class, or one of all.
    pub fn groups(&self) -> Vec<TileGroup<'static>> {
        if !self.network.votes_by_labels() {
            let groups = self
                .network
                .classes
                .iter()
                .map(|class| self.of_class(*class));
            let shown = |group: &TileGroup<'_>| self.only.is_empty() || !group.tiles.is_empty();
            return groups.filter(shown).collect();
        }
        let count = self.drawn().count();
        vec![self.group(format!("{count} neurons"), self.drawn())]
    }

    fn of_class(&self, class: u8) -> TileGroup<'static> {
        let own = self
            .drawn()
            .filter(|&neuron| self.labels[neuron] == Some(class));
        self.group(format!("class {}", self.network.name_of(class)), own)
    }

    /// The neurons that are drawn, in their order.
    fn drawn(&self) -> impl Iterator<Item = usize> {
        let all = self.only.is_empty();
        (0..self.neurons()).filter(move |&neuron| all || self.only.contains(&(neuron as u32)))
    }

    fn neurons(&self) -> usize {
        self.labels.len()
    }

    fn shape_of_values(&self) -> Vec<u64> {
        let ImageShape {
            height,
            width,
            channels,
        } = self.inputs;
        let mut shape = vec![self.drawn().count(), height, width];
        shape.extend((channels > 1).then_some(channels));
        shape.into_iter().map(|side| side as u64).collect()
    }

    /// What an array that ends with the neurons holds of one of them.
    fn of_neuron<'v>(
        &self,
        values: &'v [f32],
        neuron: usize,
    ) -> impl Iterator<Item = f32> + use<'v> {
        values.iter().copied().skip(neuron).step_by(self.neurons())
    }

    fn group(&self, caption: String, neurons: impl Iterator<Item = usize>) -> TileGroup<'static> {
        let tile = |neuron: usize| Tile {
            caption: format!("neuron {neuron}"),
            values: self.of_neuron(self.pictures, neuron).collect(),
        };
        TileGroup {
            caption,
            tiles: neurons.map(tile).collect(),
        }
    }

    fn sheet<'t>(&self, groups: Vec<TileGroup<'t>>) -> Sheet<'t> {
        Sheet {
            groups,
            tile: self.tile,
            shades: self.shades,
            scale: self.scale,
            font_scale: self.font_scale,
            quantity: "weight".into(),
        }
    }
}
