//! Flags that say how images are read.

use super::choices::choices;
use super::options::set;
use crate::dataset::{Colour, Reading, Size};
use crate::params::{number, whole};
use clap::Args;

#[derive(Args)]
#[command(next_help_heading = "Job")]
pub struct ReadingOptions {
    /// Scale images to this size, height first, such as 28x28 [paper: as-is]
    #[arg(long, value_name = "HxW")]
    size: Option<Size>,
    /// What to take of pictures that are read from a folder [paper: grey]
    #[arg(long, value_parser = choices::<Colour>(), value_name = "COLOUR")]
    colour: Option<Colour>,
    /// Change places of rows and columns, as EMNIST needs it
    #[arg(long)]
    transpose: bool,
    /// Make dark light: for dark strokes on light paper
    #[arg(long)]
    invert: bool,
    /// The lowest label of the files, which becomes label 0 [paper: 0]
    #[arg(long, value_parser = whole::<u32>, value_name = "N")]
    labels_from: Option<u32>,
    /// Share of the images of each class to test, where the data have no part of their own for it [paper: 0.2]
    #[arg(long, value_parser = number, value_name = "SHARE")]
    test_share: Option<f64>,
}

impl ReadingOptions {
    pub fn apply(&self, reading: &mut Reading) {
        set(&mut reading.size, &self.size);
        set(&mut reading.colour, &self.colour);
        reading.transpose |= self.transpose;
        reading.invert |= self.invert;
        set(&mut reading.labels_from, &self.labels_from);
        set(&mut reading.test_share, &self.test_share);
    }
}
