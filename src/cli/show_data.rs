//! `data`: shows what a data set holds, before anything is trained on it.

use super::data::{DataOptions, DataUsed, Loaded};
use super::figures::aligned;
use super::heatmap::FontOptions;
use super::output::{out, out_json, warn_unless_flushed};
use super::paths::{path, place};
use crate::artefact::write_new;
use crate::dataset::{Dataset, LabelledImages, count_of_class, first_of_class, mean_intensity};
use crate::params::{DataFolder, Params};
use crate::report::{ColorMap, Shades, Sheet, Tile, TileGroup, encode_png};
use anyhow::{Context, ensure};
use clap::Args;
use serde::Serialize;
use std::borrow::Cow;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Show what a data set holds: shape, images of each class, brightness and, as a picture, samples
#[derive(Args)]
pub struct DataArgs {
    /// Data set: a folder or file, or auto [default: auto]
    #[arg(value_parser = place(), value_name = "DIR", conflicts_with = "data")]
    set: Option<DataFolder>,
    #[command(flatten)]
    data: DataOptions,
    /// Draw a sheet of samples of each class into this new file
    #[arg(long, value_parser = path(), value_name = "FILE.png", help_heading = "Device and output")]
    sheet: Option<PathBuf>,
    /// Samples of each class on the sheet
    #[arg(long, value_name = "N", default_value_t = 10, help_heading = "Device and output",
        value_parser = clap::value_parser!(u32).range(1..=100))]
    samples: u32,
    /// Screen pixels along each side of a pixel, 1 to 32
    #[arg(long, value_name = "PIXELS", default_value_t = 2, help_heading = "Device and output",
        value_parser = clap::value_parser!(u32).range(1..=32))]
    scale: u32,
    #[command(flatten)]
    font: FontOptions,
    /// Print the result as JSON
    #[arg(long, help_heading = "Device and output")]
    json: bool,
}

/// What a data set holds.
#[derive(Serialize)]
struct Document {
    version: &'static str,
    command: &'static str,
    data: DataUsed,
    height: usize,
    width: usize,
    channels: usize,
    classes: Vec<Class>,
    train: Part,
    test: Part,
}

#[derive(Serialize)]
struct Class {
    label: u8,
    /// What the data call it.
    name: Option<String>,
    train: usize,
    test: usize,
}

#[derive(Serialize)]
struct Part {
    images: usize,
    /// Over all pixels, 0 to 255.
    mean_intensity: f64,
}

impl Part {
    fn of(images: &LabelledImages) -> Self {
        Self {
            images: images.len(),
            mean_intensity: mean_intensity(images, 0..images.len() as u32),
        }
    }
}

pub fn run(args: &DataArgs) -> anyhow::Result<()> {
    let mut job = Params::default().job;
    args.data.apply(&mut job);
    if let Some(set) = &args.set {
        job.data.clone_from(set);
    }
    if let Some(path) = &args.sheet {
        ensure!(
            fs::symlink_metadata(path).is_err(),
            "--sheet {} is there already: it would be replaced; name another file, or remove it",
            path.display()
        );
    }
    let loaded = Loaded::of(&job, None)?;
    let document = Document::of(&loaded);
    if let Some(path) = &args.sheet {
        args.draw(&loaded.set, &document.classes, path)
            .with_context(|| format!("cannot draw {}", path.display()))?;
    }
    match args.json {
        true => out_json(&document),
        false => out(&table(&document)),
    }
}

impl Document {
    fn of(loaded: &Loaded) -> Self {
        let Dataset { train, test, names } = &loaded.set;
        let shape = train.shape();
        let labels = loaded.set.classes();
        let class = |label: u8| Class {
            label,
            name: names.get(usize::from(label)).cloned(),
            train: count_of_class(train, label),
            test: count_of_class(test, label),
        };
        Self {
            version: env!("CARGO_PKG_VERSION"),
            command: "data",
            data: loaded.used(),
            height: shape.height,
            width: shape.width,
            channels: shape.channels,
            classes: labels.into_iter().map(class).collect(),
            train: Part::of(train),
            test: Part::of(test),
        }
    }
}

fn table(document: &Document) -> String {
    let named = document.classes.iter().any(|class| class.name.is_some());
    let mut columns = vec!["label", "train", "test"];
    if named {
        columns.insert(1, "name");
    }
    let row = |class: &Class| {
        let mut row = [usize::from(class.label), class.train, class.test]
            .map(|n| n.to_string())
            .to_vec();
        if named {
            row.insert(1, class.name.clone().unwrap_or_default());
        }
        row
    };
    let rows: Vec<_> = document.classes.iter().map(row).collect();
    let Document {
        height,
        width,
        channels,
        train,
        test,
        ..
    } = document;
    let colour = match channels {
        1 => "grey".into(),
        channels => format!("{channels} colours"),
    };
    format!(
        "{}\n{height} x {width} pixels, {colour}; mean intensity {:.1} of 255\n{} images to train with, {} to test with, \
         {} classes\n\n{}",
        document.data.folder,
        if train.images > 0 {
            train.mean_intensity
        } else {
            test.mean_intensity
        },
        train.images,
        test.images,
        document.classes.len(),
        aligned(&columns, &rows),
    )
}

impl DataArgs {
    /// Samples of each class: of the training images, or of those to test with where there are no others.
    fn draw(&self, set: &Dataset, classes: &[Class], path: &Path) -> anyhow::Result<()> {
        let images = if set.train.is_empty() {
            &set.test
        } else {
            &set.train
        };
        let shape = images.shape();
        let mut groups = Vec::new();
        for class in classes {
            let count = count_of_class(images, class.label).min(self.samples as usize);
            let chosen = first_of_class(images, class.label, 0, count)?;
            let tile = |image: u32| {
                let pixels = images.image(image as usize).chunks_exact(shape.channels);
                let grey = |pixel: &[u8]| {
                    pixel.iter().map(|&value| f32::from(value)).sum::<f32>() / pixel.len() as f32
                };
                Tile {
                    caption: String::new(),
                    values: Cow::Owned(pixels.map(grey).collect()),
                }
            };
            groups.push(TileGroup {
                caption: set.name_of(class.label),
                tiles: chosen.into_iter().map(tile).collect(),
            });
        }
        let sheet = Sheet {
            groups,
            tile: [shape.height, shape.width],
            shades: Shades {
                colormap: ColorMap::Gray,
                range: (0.0, 255.0),
            },
            scale: self.scale,
            font_scale: self.font.font_scale,
            quantity: "intensity".into(),
        };
        let software = concat!("spikeprune ", env!("CARGO_PKG_VERSION"));
        let digests = set.digests().to_string();
        let png = encode_png(
            &sheet.render()?,
            &[("Software", software), ("Data", &digests)],
        )?;
        let flushed = write_new(path, |file| file.write_all(&png))?;
        warn_unless_flushed(path, &flushed);
        Ok(())
    }
}
