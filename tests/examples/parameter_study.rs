//! How much does the step of the presynaptic trace matter? Accuracy on validation images, mean and 95% interval over
//! seeds.
//!
//!     cargo run --release --example parameter_study

use spikeprune::dataset;
use spikeprune::params::TrainImages;
use spikeprune::presets;
use spikeprune::simulation::Simulation;
use spikeprune::statistics::Interval;
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let data = dataset::load(Path::new("data"))?;
    println!("a_pre   validation accuracy, four seeds");
    for a_pre in [0.005, 0.01, 0.02] {
        let mut params = presets::best();
        params.model.learning.a_pre = a_pre;
        params.job.train = TrainImages::PerClass(500);
        params.job.replicas = 4;

        let mut simulation = Simulation::new(&params)?;
        simulation.train(&data)?;
        let last = simulation
            .replicas()
            .iter()
            .filter_map(|replica| replica.metrics.last());
        let accuracies: Vec<f64> = last.filter_map(|row| row.validation_accuracy).collect();
        let Interval { mean, low, .. } = Interval::of(&accuracies)?;
        let half = low.map_or(0.0, |low| mean - low);
        println!("{a_pre:<6}  {:.1} +- {:.1} %", 100.0 * mean, 100.0 * half);
    }
    Ok(())
}
