//! Learning rules in one line each, from plain STDP to one that learns by reward: their learning curves on three digits,
//! beside each other.
//!
//!     cargo run --release --example own_rule

use spikeprune::dataset;
use spikeprune::params::{MetricsEvery, TrainImages};
use spikeprune::presets;
use spikeprune::report::plot::{Axis, Lines, Series};
use spikeprune::simulation::Simulation;
use std::fs;
use std::path::Path;

/// A name for the legend, and the formula of the factor or the name of a rule.
const RULES: [(&str, &str); 5] = [
    ("STDP", "1"),
    ("STDP and all-LTD", "if(target, 1, -1)"),
    (
        "reward: while in error",
        "leads = group_spikes > other_spikes; if(target, if(leads, 0, 1), if(leads, -1, 0))",
    ),
    ("reward: with a margin", "reward"),
    ("count-gated", "count-gated"),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let data = dataset::load(Path::new("data"))?;
    let mut series = Vec::new();
    println!("validation accuracy after 300, 600, ... images");
    for (name, rule) in RULES {
        let mut params = presets::best();
        params.model.learning.set_rule(rule);
        params.job.train = TrainImages::PerClass(800);
        params.job.metrics_every = MetricsEvery::Images(300);

        let mut simulation = Simulation::new(&params)?;
        simulation.train(&data)?;
        let rows = &simulation.replicas()[0].metrics;
        let points: Vec<(f64, f64)> = (rows.iter())
            .filter_map(|row| Some((row.images as f64, row.validation_accuracy?)))
            .collect();
        let shown: Vec<String> = (points.iter())
            .map(|(_, share)| format!("{share:.2}"))
            .collect();
        println!("{name:<24} {}", shown.join(" "));
        series.push(Series {
            name: name.into(),
            points,
            ..Series::default()
        });
    }
    let axis = |title: &str| Axis {
        title: title.into(),
        ..Axis::default()
    };
    let lines = Lines {
        label: "Validation accuracy over training images, by learning rule".into(),
        x: axis("training images"),
        y: axis("validation accuracy"),
        series,
        ..Lines::default()
    };
    let path = Path::new("target/examples-out/rules.svg");
    fs::create_dir_all("target/examples-out")?;
    fs::write(path, lines.svg()?.to_file())?;
    println!("drawn in {}", path.display());
    Ok(())
}
