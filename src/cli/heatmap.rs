//! `heatmap`: the weights of a checkpoint as pictures.

use super::backprop;
use super::choices::{List, check_indices, choices};
use super::output::out;
use super::own_files::{DRAWINGS, OwnFiles};
use super::paths::{make_folder, path, target};
use super::snapshots;
use crate::backprop::{Kept, is_one};
use crate::checkpoint::Checkpoint;
use crate::dataset::Digests;
use crate::front_end::pictures;
use crate::params::{Params, to_toml, whole, wholes};
use crate::report::plot::FontScale;
use crate::report::{ColorMap, Moment, Shades, WeightImages};
use anyhow::ensure;
use clap::Args;
use std::path::{Path, PathBuf};

const ANIMATION: &str = "animation.png";

/// Draw the weights of a checkpoint: a sheet of all neurons, one PNG for the neurons of each class, the values as .npy
#[derive(Args)]
pub struct HeatmapArgs {
    /// A checkpoint.safetensors of `train`
    #[arg(value_parser = path())]
    checkpoint: PathBuf,
    /// Folder for sheet.png, class-*.png, weights.npy and animation.png; replaces earlier drawings of this program there [default:
    /// heatmaps/ beside the checkpoint]
    #[arg(long, value_parser = target(), value_name = "DIR")]
    out: Option<PathBuf>,
    /// Which network of several, from 0
    #[arg(long, value_parser = whole::<usize>, value_name = "N", default_value_t = 0)]
    replica: usize,
    /// Draw these neurons alone, from 0 [default: all]
    #[arg(long, value_parser = wholes::<u32>, value_name = "LIST")]
    neuron: Option<List<u32>>,
    /// Draw how the weights came about as well, from the snapshots that `train --snapshots` left beside the checkpoint:
    /// animation.png, an animated PNG
    #[arg(long)]
    animate: bool,
    #[command(flatten)]
    style: Style,
}

/// How weights are drawn.
#[derive(Args)]
pub struct Style {
    /// Colours from the smallest possible weight to gmax; blue-white-red is the papers' map [default: viridis, and
    /// blue-white-red with white at 0 where weights may be negative]
    #[arg(long, value_name = "MAP", value_parser = choices::<ColorMap>())]
    colormap: Option<ColorMap>,
    /// Screen pixels along each side of an image's pixel, 1 to 32
    #[arg(long, value_name = "PIXELS", default_value_t = Style::default().scale,
        value_parser = scale)]
    scale: u32,
    #[command(flatten)]
    font: FontOptions,
}

fn scale(text: &str) -> Result<u32, String> {
    let scale = whole(text).map_err(|error| error.to_string())?;
    let known = (1..=32).contains(&scale);
    known.then_some(scale).ok_or("it must be in 1..=32".into())
}

impl Style {
    /// The default with another size of text.
    pub fn with(font: FontOptions) -> Self {
        Self {
            font,
            ..Self::default()
        }
    }
}

/// How large text is in pictures and plots.
#[derive(Args, Clone, Copy, Default)]
pub struct FontOptions {
    /// Size of the text in pictures and plots: 1 for a page, 1.5 or 2 for a projector or small print
    #[arg(
        long,
        value_name = "FACTOR",
        default_value_t,
        help_heading = "Device and output"
    )]
    pub font_scale: FontScale,
}

impl FontOptions {
    /// The flag, with a space before it; empty for the default.
    pub fn flag(self) -> String {
        match self.font_scale {
            scale if scale == FontScale::default() => String::new(),
            scale => format!(" --font-scale {scale}"),
        }
    }
}

impl Default for Style {
    fn default() -> Self {
        Self {
            colormap: None,
            scale: 4,
            font: FontOptions::default(),
        }
    }
}

pub fn run(args: &HeatmapArgs) -> anyhow::Result<()> {
    let folder = match &args.out {
        Some(folder) => folder.clone(),
        None => args.checkpoint.with_file_name("heatmaps"),
    };
    let chosen = args.neuron.as_deref().unwrap_or_default();
    if is_one(&args.checkpoint) {
        let kept = Kept::load(&args.checkpoint)?;
        ensure!(
            !args.animate,
            "--animate: of networks that backpropagation trains no snapshots are kept"
        );
        args.check_replica(kept.learners.networks.len())?;
        backprop::draw(&kept, (args.replica, chosen), &folder, &args.style)?;
    } else {
        let checkpoint = Checkpoint::load(&args.checkpoint)?;
        args.check_replica(checkpoint.replicas.len())?;
        let neurons = checkpoint.params.model.neurons();
        check_indices(("--neuron", "neuron"), chosen, neurons)?;
        let past = match args.animate {
            true => args.past(&checkpoint)?,
            false => Vec::new(),
        };
        let drawn = Drawn {
            past: &past,
            ..drawn(&checkpoint, args.replica)
        };
        draw(&drawn, chosen, &folder, &args.style)?;
    }
    out(&format!("written to {}\n", folder.display()))
}

impl HeatmapArgs {
    /// The network of the checkpoint on its way.
    fn past(&self, checkpoint: &Checkpoint) -> anyhow::Result<Vec<Moment>> {
        let moment = |images: usize, then: &Checkpoint| {
            let weights = &then.replicas[self.replica].weights;
            let pictures = pictures(&then.params.model.input, weights).into_owned();
            Moment { images, pictures }
        };
        let moments = snapshots::beside(&self.checkpoint, checkpoint, usize::MAX, moment)?;
        ensure!(
            !moments.is_empty(),
            "--animate: there are no snapshots beside {}; `train --snapshots IMAGES` keeps them",
            self.checkpoint.display()
        );
        Ok(moments)
    }

    fn check_replica(&self, count: usize) -> anyhow::Result<()> {
        ensure!(
            self.replica < count,
            "--replica is {}: the checkpoint holds networks 0 to {}",
            self.replica,
            count - 1
        );
        Ok(())
    }
}

/// Draws one network of a checkpoint, or these neurons of it alone, into a folder, which is made if needed. Earlier
/// drawings of this program there are replaced.
pub fn write(
    checkpoint: &Checkpoint,
    (replica, neurons): (usize, &[u32]),
    folder: &Path,
    style: &Style,
) -> anyhow::Result<()> {
    draw(&drawn(checkpoint, replica), neurons, folder, style)
}

fn drawn(checkpoint: &Checkpoint, replica: usize) -> Drawn<'_> {
    let (params, replica) = (&checkpoint.params, &checkpoint.replicas[replica]);
    Drawn {
        params,
        seed: replica.network.seed,
        data: checkpoint.data.as_ref(),
        weights: &replica.weights,
        labels: replica.labels_of_neurons(),
        range: (params.model.w_min(), params.model.gmax()),
        past: &[],
    }
}

/// A network whose weights are drawn.
pub struct Drawn<'a> {
    pub params: &'a Params,
    pub seed: u64,
    pub data: Option<&'a Digests>,
    /// Of the inputs; \[inputs, neurons\].
    pub weights: &'a [f32],
    /// The class of each neuron.
    pub labels: Vec<Option<u8>>,
    /// Smallest and largest weight that the colours tell apart.
    pub range: (f64, f64),
    /// How it came about, which an animation shows; nothing for none.
    pub past: &'a [Moment],
}

/// Draws these neurons of a network, or all where there are none, into a folder.
pub fn draw(
    drawn: &Drawn<'_>,
    neurons: &[u32],
    folder: &Path,
    style: &Style,
) -> anyhow::Result<()> {
    make_folder(folder)?;
    let mut own = OwnFiles::of(folder, DRAWINGS)?;
    let (params, (low, high)) = (drawn.params, drawn.range);
    let (seed, toml) = (drawn.seed.to_string(), to_toml(params));
    let data = drawn
        .data
        .map_or("not recorded".into(), ToString::to_string);
    let input = &params.model.input;
    let images = WeightImages {
        weights: drawn.weights,
        inputs: input.shape(),
        pictures: &pictures(input, drawn.weights),
        tile: [input.height, input.width],
        labels: &drawn.labels,
        network: &params.model.network,
        only: neurons,
        shades: Shades::of_weights(low, high, style.colormap),
        scale: style.scale,
        font_scale: style.font.font_scale,
        notes: &[
            (
                "Software",
                concat!("spikeprune ", env!("CARGO_PKG_VERSION")),
            ),
            ("Seed", &seed),
            ("Data", &data),
            ("Parameters", &toml),
        ],
    };
    let mut files = images.files();
    files.extend((!drawn.past.is_empty()).then(|| ANIMATION.into()));
    own.check(&files)?;
    for name in &files {
        let bytes = match name.as_str() {
            ANIMATION => images.animate(drawn.past)?,
            _ => images.encode(name)?,
        };
        own.write(name, &bytes)?;
    }
    // Drawings of other networks must not stay beside these.
    own.remove_others(&files)
}
