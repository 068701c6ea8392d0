//! A network learns images that are made in memory: bars that stand, lie and lean.
//!
//!     cargo run --release --example own_data

use spikeprune::dataset::{Dataset, ImageShape, LabelledImages};
use spikeprune::params::{PerClass, TrainImages};
use spikeprune::presets;
use spikeprune::simulation::{Simulation, SimulationError};
use std::path::Path;

/// Pixels along a side.
const SIDE: usize = 28;
const SHAPE: ImageShape = ImageShape::grey(SIDE, SIDE);

/// A bar four pixels wide, at one of several places; its label says how it runs.
fn bar(label: u8, place: usize) -> Vec<u8> {
    let middle = 8 + place % 13;
    let mut image = vec![0; SHAPE.len()];
    for (at, pixel) in image.iter_mut().enumerate() {
        let (row, column) = (at / SIDE, at % SIDE);
        let along = match label {
            0 => column,
            1 => row,
            _ => (row + column) / 2,
        };
        if along.abs_diff(middle) <= 1 {
            *pixel = 255;
        }
    }
    image
}

/// So many bars of each label, each a little other than the last.
fn bars(count: usize, first: usize) -> Result<LabelledImages, SimulationError> {
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for place in first..first + count {
        for label in 0..3 {
            pixels.extend(bar(label, place));
            labels.push(label);
        }
    }
    Ok(LabelledImages::new(SHAPE, pixels, labels)?)
}

fn main() -> Result<(), SimulationError> {
    let data = Dataset {
        train: bars(150, 0)?,
        test: bars(40, 5)?,
        names: ["lies", "stands", "leans"].map(String::from).into(),
    };
    let mut params = presets::best();
    params.model.network.classes = vec![0, 1, 2];
    params.job.train = TrainImages::PerClass(140);
    params.job.validation_per_class = 10;
    params.job.test_per_class = PerClass::All;

    let mut simulation = Simulation::new(&params)?;
    simulation.train(&data)?;
    let test = simulation.test(&data)?.remove(0);
    println!(
        "on {}: {} of {} bars recognised",
        simulation.device(),
        test.correct,
        test.images
    );

    let folder = Path::new("target/examples-out");
    std::fs::create_dir_all(folder)?;
    simulation.heatmap(0)?.save(&folder.join("bars.png"))?;
    simulation.save(&folder.join("bars.safetensors"))?;
    println!("weights drawn in {}", folder.join("bars.png").display());
    Ok(())
}
