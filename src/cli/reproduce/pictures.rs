//! The pictures of a reproduction: what was shown, and the weights of each arm.

use crate::cli::heatmap::Style;
use crate::cli::run_folder::RunFolder;
use anyhow::Context;
use spikeprune::experiment::reproduce::{NetworkResult, Reproduction, Set};
use spikeprune::params::to_toml;
use spikeprune::report::{ColorMap, Sheet, Tile, TileGroup, WeightImages, write_png};
use std::path::PathBuf;

/// A picture in the run folder.
pub struct Picture {
    pub path: PathBuf,
    pub caption: String,
}

/// What a set holds, for people.
pub fn describe(set: Set) -> String {
    use spikeprune::experiment::reproduce::STRENGTHS;
    match set {
        Set::Noise => "noise, uniform per pixel".into(),
        Set::Blurred => "noise blurred by a Gaussian of 2 pixels".into(),
        Set::BlurredStack => "noise blurred along the stack of images too".into(),
        Set::Known => "known digits".into(),
        Set::Unknown => "unknown digits".into(),
        Set::Noisy(index) => format!("known digits with noise of strength {}", STRENGTHS[index]),
    }
}

/// Notes that every picture carries.
fn notes(found: &Reproduction, seed: u64) -> [(&'static str, String); 3] {
    [
        (
            "Software",
            concat!("spikeprune ", env!("CARGO_PKG_VERSION")).into(),
        ),
        ("Seed", seed.to_string()),
        ("Parameters", to_toml(&found.params)),
    ]
}

/// Writes a sheet with a sample of every test set, as they were shown.
pub fn sets(found: &Reproduction, folder: &RunFolder) -> anyhow::Result<Picture> {
    let tile = |image: &Vec<u8>| Tile {
        caption: String::new(),
        values: image.iter().map(|&pixel| f32::from(pixel)).collect(),
    };
    let group = |(set, images): &(Set, Vec<Vec<u8>>)| TileGroup {
        caption: describe(*set),
        tiles: images.iter().map(tile).collect(),
    };
    let sheet = Sheet {
        groups: found.samples.iter().map(group).collect(),
        range: (0.0, 255.0),
        colormap: ColorMap::Gray,
        scale: 2,
        quantity: "intensity".into(),
    };
    let path = folder.file("sets.png");
    let notes = notes(found, found.params.job.seed);
    let notes = notes.each_ref().map(|(key, note)| (*key, note.as_str()));
    write_png(&path, &sheet.render()?, &notes)?;
    Ok(Picture {
        path,
        caption: "A sample of each test set, as shown".into(),
    })
}

/// Writes the weights of the first network of each arm (figure 2 of the paper).
pub fn weights(found: &Reproduction, folder: &RunFolder) -> anyhow::Result<Vec<Picture>> {
    let heatmaps = folder.file("heatmaps");
    std::fs::create_dir_all(&heatmaps)
        .with_context(|| format!("cannot make the folder {}", heatmaps.display()))?;
    let names = found.arm_names();
    let first = names.iter().filter_map(|name| found.of_arm(name).next());
    first
        .map(|arm| {
            let path = heatmaps.join(format!("arm-{}.png", arm.pruning));
            draw(found, arm, &path)?;
            let caption = format!("{}, seed {}", arm.pruning, arm.seed);
            Ok(Picture { path, caption })
        })
        .collect()
}

fn draw(found: &Reproduction, arm: &NetworkResult, path: &std::path::Path) -> anyhow::Result<()> {
    let params = &found.params;
    let notes = notes(found, arm.seed);
    let notes = notes.each_ref().map(|(key, note)| (*key, note.as_str()));
    let images = WeightImages {
        weights: &arm.weights,
        classes: &arm.split.classes,
        neurons_per_class: params.job.neurons_per_class,
        range: (params.w_min() as f32, params.learning.gmax as f32),
        colormap: ColorMap::default(),
        scale: Style::default().scale,
        notes: &notes,
    };
    Ok(images.write_sheet(path)?)
}
