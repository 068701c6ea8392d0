//! `predict`: what networks make of pictures that nobody has labelled.

use super::choices::choices;
use super::device::DeviceOptions;
use super::eval::{load, unfinished};
use super::figures::{aligned, counted};
use super::output::{note, out, out_json};
use super::paths::path;
use super::progress::Progress;
use crate::backend::{Backend, DeviceKind};
use crate::checkpoint::Checkpoint;
use crate::dataset::{
    Colour, DatasetError, ImageShape, Picture, Reading, Size, is_picture, picture, picture_of_bytes,
};
use crate::experiment::Event;
use crate::experiment::evaluate::{Recognition, recognise};
use crate::experiment::prepare::pixels_as_shown;
use crate::trained::Replica;
use anyhow::{Context, Error, bail, ensure};
use clap::Args;
use serde::Serialize;
use std::io::{Read, stdin};
use std::path::{Path, PathBuf};

/// Show pictures without labels to the networks of a checkpoint, and print what they answer
#[derive(Args)]
pub struct PredictArgs {
    /// A checkpoint.safetensors of `train`
    #[arg(value_parser = path())]
    checkpoint: PathBuf,
    /// Pictures (PNG, JPEG, BMP, GIF), folders of pictures, or - for one picture from stdin
    #[arg(value_parser = path(), value_name = "PICTURE", required = true)]
    pictures: Vec<PathBuf>,
    /// Make dark light: for dark strokes on light paper [default: as in the training]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    invert: Option<bool>,
    /// Change places of rows and columns [default: as in the training]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    transpose: Option<bool>,
    /// What to take of a picture [default: what the networks take]
    #[arg(long, value_parser = choices::<Colour>(), value_name = "COLOUR")]
    colour: Option<Colour>,
    #[command(flatten)]
    device: DeviceOptions,
}

#[derive(Serialize)]
struct Document<'a> {
    version: &'static str,
    command: &'static str,
    device: String,
    device_type: DeviceKind,
    checkpoint: String,
    /// Labels that were learned, in the order of `spikes_per_class`.
    classes: &'a [u8],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    class_names: &'a [String],
    pictures: Vec<Predicted>,
    notes: Vec<String>,
}

/// What the networks make of a picture.
#[derive(Serialize)]
struct Predicted {
    file: String,
    /// As the picture was found.
    height: usize,
    width: usize,
    networks: Vec<Answer>,
}

#[derive(Serialize)]
struct Answer {
    seed: u64,
    /// The label; none where the network is silent, or classes are tied.
    answer: Option<u8>,
    /// What it is called: the name of the class, or its number.
    name: Option<String>,
    tied: bool,
    /// Whether no neuron with a say fired.
    silent: bool,
    margin: f64,
    spikes: u32,
    spikes_per_class: Vec<u32>,
}

/// A picture as the networks take it.
struct Taken {
    file: String,
    found: ImageShape,
    pixels: Vec<u8>,
}

pub fn run(args: &PredictArgs) -> anyhow::Result<()> {
    let checkpoint = load(&args.checkpoint)?;
    let reading = args.reading(&checkpoint)?;
    let pictures = take(&args.files()?, &reading, &checkpoint)?;
    let mut notes: Vec<String> = unfinished(&checkpoint).into_iter().collect();
    notes.extend(scaled(&pictures, &reading, &checkpoint));
    let backend = args.device.open()?;
    let mut progress = Progress::new(args.device.quiet);
    let (mut found, of) = (Vec::with_capacity(pictures.len()), pictures.len());
    for picture in &pictures {
        found.push(answers(backend.as_ref(), &checkpoint, picture)?);
        let images = found.len();
        progress
            .observe(&Event::Tested { images, of })
            .map_err(Error::from_boxed)?;
    }
    progress.finish();
    (notes.iter()).for_each(|text| note(text, args.device.quiet));
    let network = &checkpoint.params.model.network;
    let document = Document {
        version: env!("CARGO_PKG_VERSION"),
        command: "predict",
        device: backend.device().into(),
        device_type: backend.kind(),
        checkpoint: args.checkpoint.display().to_string(),
        classes: &network.classes,
        class_names: &network.names,
        pictures: found,
        notes,
    };
    match args.device.json {
        true => out_json(&document),
        false => out(&table(&document, &checkpoint)),
    }
}

impl PredictArgs {
    /// How pictures are read: as those of the training were, unless flags say otherwise.
    fn reading(&self, checkpoint: &Checkpoint) -> anyhow::Result<Reading> {
        let (mut reading, shape) = (
            checkpoint.params.job.reading,
            checkpoint.params.model.image(),
        );
        reading.colour = match shape.channels {
            1 => Colour::Grey,
            3 => Colour::Rgb,
            channels => bail!(
                "the networks take images of {channels} channels: no picture is such a one; `eval` tests them on their data"
            ),
        };
        if let Some(colour) = self.colour.filter(|colour| *colour != reading.colour) {
            bail!(
                "--colour is {colour}, and the networks take images in {}: leave it out",
                reading.colour
            );
        }
        reading.invert = self.invert.unwrap_or(reading.invert);
        reading.transpose = self.transpose.unwrap_or(reading.transpose);
        Ok(reading)
    }

    /// All pictures that were asked for, in their order; those of a folder by name.
    fn files(&self) -> anyhow::Result<Vec<PathBuf>> {
        let stdin = self.pictures.iter().filter(|path| is_stdin(path)).count();
        ensure!(
            stdin < 2,
            "- is there {stdin} times: stdin holds one picture"
        );
        let mut files = Vec::new();
        for path in &self.pictures {
            match path.is_dir() {
                true => files.extend(pictures_in(path)?),
                false => files.push(path.clone()),
            }
        }
        Ok(files)
    }
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

fn pictures_in(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let failed = || format!("cannot read {}", folder.display());
    let mut files = Vec::new();
    for entry in folder.read_dir().with_context(failed)? {
        let path = entry.with_context(failed)?.path();
        files.extend(is_picture(&path).then_some(path));
    }
    files.sort_unstable();
    ensure!(
        !files.is_empty(),
        "{} holds no pictures (PNG, JPEG, BMP, GIF); folders in it are not looked into: name them",
        folder.display()
    );
    Ok(files)
}

/// Most bytes of a picture from stdin.
const MOST_BYTES: u64 = 1 << 30;

/// Reads all pictures, each as large as the networks take it.
fn take(
    files: &[PathBuf],
    reading: &Reading,
    checkpoint: &Checkpoint,
) -> anyhow::Result<Vec<Taken>> {
    let network = checkpoint.params.model.image();
    let take = |path: &PathBuf| {
        let (file, bytes) = match is_stdin(path) {
            true => ("stdin".into(), Some(bytes_of_stdin()?)),
            false => (path.display().to_string(), None),
        };
        let (height, width) = (network.height, network.width);
        let reading = Reading {
            size: Size::To { height, width },
            ..*reading
        };
        let Picture { found, pixels, .. } = match &bytes {
            Some(bytes) => picture_of_bytes(bytes, Path::new(&file), &reading),
            None => picture(path, &reading),
        }?;
        Ok(Taken {
            file,
            found,
            pixels,
        })
    };
    let taken: anyhow::Result<Vec<Taken>> = files.iter().map(take).collect();
    taken.map_err(|error| match error.downcast_ref() {
        Some(DatasetError::BadPicture { .. }) => {
            error.context("pictures are PNG, JPEG, BMP or GIF")
        }
        _ => error,
    })
}

fn bytes_of_stdin() -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = stdin().lock().take(MOST_BYTES).read_to_end(&mut bytes);
    read.context("cannot read stdin")?;
    ensure!(!bytes.is_empty(), "- reads stdin, which is empty");
    Ok(bytes)
}

/// What to say of pictures that were scaled, where those of the training were not.
fn scaled(pictures: &[Taken], reading: &Reading, checkpoint: &Checkpoint) -> Option<String> {
    let network = checkpoint.params.model.image();
    let fits =
        |taken: &&Taken| (taken.found.height, taken.found.width) == (network.height, network.width);
    let others: Vec<&Taken> = pictures.iter().filter(|taken| !fits(taken)).collect();
    let first = others.first().filter(|_| reading.size == Size::AsIs)?;
    Some(format!(
        "{} scaled to {network}, which the networks take: {} is {}; what was learned is recognised best as large as it was \
         in the training",
        match others.len() {
            1 => "1 picture is".into(),
            count => format!("{} are", counted(count, "picture")),
        },
        first.file,
        first.found
    ))
}

fn answers(
    backend: &dyn Backend,
    checkpoint: &Checkpoint,
    picture: &Taken,
) -> anyhow::Result<Predicted> {
    let model = &checkpoint.params.model;
    let shown = pixels_as_shown(&model.input, &picture.pixels);
    let found = recognise(backend, &checkpoint.replicas, &shown)?;
    let answer = |(replica, found): (&Replica, Recognition)| Answer {
        seed: replica.network.seed,
        answer: found.answer,
        name: found.answer.map(|label| model.network.name_of(label)),
        tied: found.tied,
        silent: found.answer.is_none() && !found.tied,
        margin: found.margin,
        spikes: found.spikes,
        spikes_per_class: found.spikes_per_class,
    };
    Ok(Predicted {
        file: picture.file.clone(),
        height: picture.found.height,
        width: picture.found.width,
        networks: checkpoint.replicas.iter().zip(found).map(answer).collect(),
    })
}

/// Classes whose spikes a table shows side by side.
const MOST_COLUMNS: usize = 10;

/// The same for people: a row a picture and network.
fn table(document: &Document<'_>, checkpoint: &Checkpoint) -> String {
    let (network, several) = (
        &checkpoint.params.model.network,
        checkpoint.replicas.len() > 1,
    );
    let of_classes = network.classes.len() <= MOST_COLUMNS;
    let names = network.class_names();
    let mut columns = vec!["file"];
    columns.extend(several.then_some("seed"));
    columns.extend(["answer", "margin", "spikes"]);
    columns.extend(names.iter().map(String::as_str).filter(|_| of_classes));
    let row = |(picture, answer): (&Predicted, &Answer)| {
        let mut row = vec![picture.file.clone()];
        row.extend(several.then(|| answer.seed.to_string()));
        row.push(match (&answer.name, answer.tied) {
            (Some(name), _) => name.clone(),
            (None, true) => "(tied)".into(),
            (None, false) => "(silent)".into(),
        });
        row.push(
            format!("{:.1}", answer.margin)
                .trim_end_matches(".0")
                .into(),
        );
        row.push(answer.spikes.to_string());
        let spikes = answer.spikes_per_class.iter().map(u32::to_string);
        row.extend(spikes.filter(|_| of_classes));
        row
    };
    let pictures = document.pictures.iter();
    let rows: Vec<_> = pictures
        .flat_map(|picture| picture.networks.iter().map(move |answer| (picture, answer)))
        .map(row)
        .collect();
    aligned(&columns, &rows)
}
