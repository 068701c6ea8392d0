//! What happens while a trained network is shown one digit: spikes, and the membrane potentials of three neurons.
//!
//!     cargo run --release --example record_presentation

use spikeprune::backend::Variable;
use spikeprune::dataset;
use spikeprune::params::TrainImages;
use spikeprune::presets;
use spikeprune::simulation::{Simulation, SimulationError};
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let data = dataset::load(Path::new("data"))?;
    let mut params = presets::paper();
    params.job.train = TrainImages::PerClass(500);

    let mut simulation = Simulation::new(&params)?;
    simulation.train(&data)?;
    // One neuron of each group, and the first test image, a seven.
    let shown = simulation.show(data.test.image(0), &[0, 10, 20])?;
    for (place, neuron) in shown.neurons.iter().enumerate() {
        let potentials = shown.watched.series(Variable::PotentialE, place);
        let highest = potentials.fold(f32::MIN, f32::max);
        println!("neuron {neuron}: at most {highest:.1} mV");
    }
    let (inputs, spikes) = (shown.inputs.len(), shown.excitatory.len());
    println!("{inputs} input spikes evoked {spikes} spikes");

    let path = Path::new("target/examples-out/seven.svg");
    write_svg(
        path,
        &shown
            .raster(&params.model, "A seven is shown")
            .svg()?
            .to_file(),
    )?;
    println!("drawn in {}", path.display());
    Ok(())
}

fn write_svg(path: &Path, text: &str) -> Result<(), SimulationError> {
    std::fs::create_dir_all(path.parent().unwrap_or(path))?;
    Ok(std::fs::write(path, text)?)
}
