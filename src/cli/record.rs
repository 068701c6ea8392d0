//! What `eval --record` writes: spikes and variables of presentations, and a drawing of each.

use super::choices::{List, check_indices};
use super::heatmap::FontOptions;
use super::own_files::{OwnFiles, RECORDINGS};
use super::paths::{make_folder, target};

use crate::backend::{Backend, Frozen, TestImage, Variable};
use crate::dataset::LabelledImages;
use crate::experiment::prepare::ShownImages;
use crate::experiment::presentation::{Presentation, show};
use crate::model::rng::Stream;
use crate::params::wholes;
use crate::report::{Values, encode_npz};
use clap::Args;
use std::path::PathBuf;

#[derive(Args)]
#[command(next_help_heading = "Recording")]
pub struct RecordOptions {
    /// Also show these test images, by their index in the file, to the first network, and record what happens
    #[arg(long, value_parser = wholes::<u32>,
        value_name = "IMAGE,...",
        requires = "out")]
    record: Option<List<u32>>,
    /// Neurons whose potentials, thresholds and conductances are recorded after each step
    #[arg(long, value_parser = wholes::<u32>,
        value_name = "NEURON,...",
        requires = "record")]
    neurons: Option<List<u32>>,
    /// Folder for what is recorded: spikes.npz, potentials.npz and raster-IMAGE.svg; replaces earlier recordings of this
    /// program there
    #[arg(long, value_parser = target(), value_name = "DIR", requires = "record")]
    out: Option<PathBuf>,
}

/// Images that were shown, by index, and what they evoked.
type Shown = (u32, Presentation);

impl RecordOptions {
    /// The images to record, by index.
    pub fn images(&self) -> &[u32] {
        self.record.as_deref().unwrap_or_default()
    }

    fn watched(&self) -> &[u32] {
        self.neurons.as_deref().unwrap_or_default()
    }

    /// Refuses images and neurons that do not exist.
    pub fn check(&self, images: &LabelledImages, neurons: usize) -> anyhow::Result<()> {
        check_indices(("--record", "image"), self.images(), images.len())?;
        check_indices(("--neurons", "neuron"), self.watched(), neurons)
    }

    /// The folder that recordings go to, where there are any.
    pub fn folder(&self) -> Option<String> {
        self.out.as_ref().map(|folder| folder.display().to_string())
    }

    /// Shows the images and writes what was recorded.
    pub fn write(
        &self,
        backend: &dyn Backend,
        network: Frozen<'_>,
        images: &ShownImages<'_>,
        name: &dyn Fn(u8) -> String,
        font: FontOptions,
    ) -> anyhow::Result<()> {
        let Some(folder) = &self.out else {
            return Ok(());
        };
        let present = |&image: &u32| {
            let image = TestImage {
                pixels: images.pixels(),
                image,
                keys: &[],
                stream: Stream::Test,
                attempt: 0,
            };
            Ok((image.image, show(backend, network, image, self.watched())?))
        };
        let shown: Vec<Shown> = self
            .images()
            .iter()
            .map(present)
            .collect::<anyhow::Result<_>>()?;
        make_folder(folder)?;
        let mut own = OwnFiles::of(folder, RECORDINGS)?;
        let model = &network.network.params.model;
        let mut files = vec![("spikes.npz".to_string(), spikes(&shown)?)];
        if !self.watched().is_empty() {
            files.push(("potentials.npz".into(), potentials(&shown)?));
        }
        for (image, presentation) in &shown {
            let label = name(images.images().label(*image as usize));
            let label = format!("Spikes while test image {image}, a {label}, is shown");
            let mut raster = presentation.raster(model, &label);
            raster.font_scale = font.font_scale;
            let svg = raster.svg()?;
            files.push((format!("raster-{image}.svg"), svg.to_file().into_bytes()));
        }
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        own.check(&names)?;
        for (name, bytes) in &files {
            own.write(name, bytes)?;
        }
        own.remove_others(&names)
    }
}

/// Every spike: index `i` of the input or neuron, `t_ms`, `image`, and `population`: 0 inputs, 1 E, 2 I.
fn spikes(shown: &[Shown]) -> anyhow::Result<Vec<u8>> {
    let (mut i, mut t_ms, mut image, mut population) = (vec![], vec![], vec![], vec![]);
    for (index, presentation) in shown {
        let populations = [
            &presentation.inputs,
            &presentation.excitatory,
            &presentation.inhibitory,
        ];
        for (number, spikes) in (0u8..).zip(populations) {
            for &(time, neuron) in spikes {
                i.push(neuron);
                t_ms.push(time);
                image.push(*index);
                population.push(number);
            }
        }
    }
    let shape = || vec![i.len() as u64];
    Ok(encode_npz(&[
        ("i", shape(), Values::U32(&i)),
        ("t_ms", shape(), Values::F64(&t_ms)),
        ("image", shape(), Values::U32(&image)),
        ("population", shape(), Values::U8(&population)),
    ])?)
}

/// Every variable, shape \[images, neurons, steps\], with `image`, `neuron` and `t_ms`, the ends of the steps.
fn potentials(shown: &[Shown]) -> anyhow::Result<Vec<u8>> {
    let Some((_, first)) = shown.first() else {
        return Ok(encode_npz(&[])?);
    };
    let images: Vec<u32> = shown.iter().map(|(image, _)| *image).collect();
    let times: Vec<f64> = first.times_ms().collect();
    let of = |variable: Variable| -> Vec<f32> {
        let watched = shown.iter().map(|(_, presentation)| &presentation.watched);
        watched
            .flat_map(|watched| {
                (0..watched.neurons()).flat_map(move |place| watched.series(variable, place))
            })
            .collect()
    };
    let variables = Variable::ALL.map(|variable| (variable.name(), of(variable)));
    let [m, n, s] = [images.len(), first.neurons.len(), times.len()].map(|length| length as u64);
    let mut arrays = vec![
        ("image", vec![m], Values::U32(&images)),
        ("neuron", vec![n], Values::U32(&first.neurons)),
        ("t_ms", vec![s], Values::F64(&times)),
    ];
    for (name, values) in &variables {
        arrays.push((name, vec![m, n, s], Values::F32(values)));
    }
    Ok(encode_npz(&arrays)?)
}
