//! Checkpoints of networks that backpropagation trains: everything that is needed to go on with the same bits, as safetensors.
//!
//! Tensors of network r (from 0) and stage s: `r.s.weights` \[inputs, outputs\] f32, as they act; `r.s.parameters`, what
//! learns; `r.s.signs` i8, 0 where a synapse is absent; `r.s.moments` \[2, inputs, outputs\] of the optimiser; with biases
//! `r.s.biases` and `r.s.bias_moments`. Metadata: `format`, `version`, `params`, the whole set as TOML, `data`, the digests
//! of the data that were trained on, and `networks`, seed, images seen, spikes and metrics of each.

use super::network::Stage;
use super::synapses::Synapses;
use super::{Learner, Learners};
use crate::checkpoint::sort_header;
use crate::dataset::Digests;
use crate::experiment::ExperimentError;
use crate::params::{ConfigError, MAX_CHECKPOINT_BYTES, Params, layered, to_toml};
use crate::trained::Metrics;
use ndarray::{Array1, Array2};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Version of the layout above; another one is refused.
const FORMAT: &str = "backprop-1";

/// Networks with the digests of the data that they were trained on.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    pub learners: Learners,
    pub data: Option<Digests>,
}

/// A checkpoint that cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeptError {
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot make a checkpoint: {0}")]
    Encode(String),
    #[error("{} is not a checkpoint of this program: {reason}", path.display())]
    Foreign { path: PathBuf, reason: String },
    #[error("{}: {source}", path.display())]
    Params {
        path: PathBuf,
        source: Box<ConfigError>,
    },
    #[error("{}: {source}", path.display())]
    Networks {
        path: PathBuf,
        source: Box<ExperimentError>,
    },
    #[error("{}: tensor {tensor} is not what its parameters ask for", path.display())]
    Tensor { path: PathBuf, tensor: String },
}

/// What the metadata say of a network.
#[derive(Serialize, Deserialize)]
struct About {
    seed: u64,
    presented: usize,
    spikes: u64,
    metrics: Vec<Row>,
}

/// A row of the metrics.
#[derive(Serialize, Deserialize)]
struct Row {
    images: usize,
    spikes: u64,
    validation_accuracy: Option<f64>,
    zero_fraction: f64,
}

/// Whether the file at a path is such a checkpoint; not where it cannot be read.
pub fn is_one(path: &Path) -> bool {
    let head = || -> io::Result<Vec<u8>> {
        let mut file = fs::File::open(path)?;
        let mut length = [0; 8];
        file.read_exact(&mut length)?;
        let mut header = Vec::new();
        file.take(u64::from_le_bytes(length).min(1 << 26))
            .read_to_end(&mut header)?;
        Ok(header)
    };
    let metadata = |header: Vec<u8>| -> Option<String> {
        let header: serde_json::Value = serde_json::from_slice(&header).ok()?;
        Some(header.get("__metadata__")?.get("format")?.as_str()?.into())
    };
    head().ok().and_then(metadata).as_deref() == Some(FORMAT)
}

fn bytes(values: impl IntoIterator<Item = f32>) -> Vec<u8> {
    values.into_iter().flat_map(f32::to_le_bytes).collect()
}

impl Kept {
    /// The bytes of the file. The same checkpoint gives the same bytes.
    ///
    /// # Errors
    /// When the tensors do not make one.
    pub fn to_bytes(&self) -> Result<Vec<u8>, KeptError> {
        let encode = |error: &dyn std::fmt::Display| KeptError::Encode(error.to_string());
        let mut tensors: Vec<(String, Dtype, Vec<usize>, Vec<u8>)> = Vec::new();
        for (r, network) in self.learners.networks.iter().enumerate() {
            for (s, stage) in network.stages.0.iter().enumerate() {
                let Some(own) = stage.synapses() else {
                    continue;
                };
                let (shape, name) = (own.weights.shape().to_vec(), |what| {
                    format!("{r}.{s}.{what}")
                });
                let of = |values: &Array2<f32>| bytes(values.iter().copied());
                let both = [vec![2], shape.clone()].concat();
                let moments = own.moments.iter().flat_map(of).collect();
                let signs = own.signs.iter().map(|&sign| sign as u8).collect();
                tensors.extend([
                    (name("weights"), Dtype::F32, shape.clone(), of(&own.weights)),
                    (
                        name("parameters"),
                        Dtype::F32,
                        shape.clone(),
                        of(&own.parameters),
                    ),
                    (name("signs"), Dtype::I8, shape, signs),
                    (name("moments"), Dtype::F32, both, moments),
                ]);
                if let Some(biases) = &own.biases {
                    let of = |values: &Array1<f32>| bytes(values.iter().copied());
                    let count = biases.values.len();
                    let moments = biases.moments.iter().flat_map(of).collect();
                    tensors.extend([
                        (name("biases"), Dtype::F32, vec![count], of(&biases.values)),
                        (name("bias_moments"), Dtype::F32, vec![2, count], moments),
                    ]);
                }
            }
        }
        let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
            Ok((name, TensorView::new(*dtype, shape.clone(), bytes)?))
        });
        let views: Result<Vec<_>, safetensors::SafeTensorError> = views.collect();
        let about: Vec<About> = self.learners.networks.iter().map(about).collect();
        let mut metadata = HashMap::from([
            ("format".into(), FORMAT.to_string()),
            ("version".into(), env!("CARGO_PKG_VERSION").to_string()),
            ("params".into(), to_toml(&self.learners.params)),
            (
                "networks".into(),
                serde_json::to_string(&about).map_err(|error| encode(&error))?,
            ),
        ]);
        if let Some(data) = &self.data {
            let data = serde_json::to_string(data).map_err(|error| encode(&error))?;
            metadata.insert("data".into(), data);
        }
        let views = views.map_err(|error| encode(&error))?;
        let file = safetensors::serialize(views, Some(metadata));
        let mut file = file.map_err(|error| encode(&error))?;
        sort_header(&mut file).map_err(|error| encode(&error))?;
        Ok(file)
    }

    /// Reads and checks a file: nothing in it is believed before it fits the parameters.
    ///
    /// # Errors
    /// When it cannot be read, is no such checkpoint, or does not fit its parameters.
    pub fn load(path: &Path) -> Result<Self, KeptError> {
        let failed = |source| KeptError::Read {
            path: path.into(),
            source,
        };
        let mut bytes = Vec::new();
        let file = fs::File::open(path).map_err(failed)?;
        file.take(MAX_CHECKPOINT_BYTES + (64 << 20))
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        let foreign = |reason: String| KeptError::Foreign {
            path: path.into(),
            reason,
        };
        let metadata = SafeTensors::read_metadata(&bytes);
        let (_, metadata) = metadata.map_err(|error| foreign(error.to_string()))?;
        let texts = metadata.metadata().clone().unwrap_or_default();
        if texts.get("format").map(String::as_str) != Some(FORMAT) {
            return Err(foreign(format!("its format is not {FORMAT}")));
        }
        let text = |key: &str| {
            let text = texts.get(key).cloned();
            text.ok_or_else(|| foreign(format!("it has no {key}")))
        };
        let origin = format!("{}: params", path.display());
        let params = layered(None, &text("params")?, &origin);
        let params = params.map_err(|source| KeptError::Params {
            path: path.into(),
            source: source.into(),
        })?;
        let networks = |source: ExperimentError| KeptError::Networks {
            path: path.into(),
            source: source.into(),
        };
        let params: Params = params.params;
        if params.backprop.is_none() {
            return Err(foreign("its parameters have no table backprop".into()));
        }
        let mut learners = Learners::new(&params).map_err(networks)?;
        let abouts: Vec<About> = serde_json::from_str(&text("networks")?)
            .map_err(|error| foreign(format!("networks: {error}")))?;
        let tensors = SafeTensors::deserialize(&bytes);
        let tensors = tensors.map_err(|error| foreign(error.to_string()))?;
        if abouts.len() != learners.networks.len() {
            return Err(foreign(format!("it says of {} networks", abouts.len())));
        }
        for (r, (network, about)) in learners.networks.iter_mut().zip(abouts).enumerate() {
            take_about(network, about, r);
            for (s, stage) in network.stages.0.iter_mut().enumerate() {
                take(stage, &tensors, &format!("{r}.{s}")).map_err(|tensor| KeptError::Tensor {
                    path: path.into(),
                    tensor,
                })?;
            }
        }
        let data = texts.get("data").map(|data| serde_json::from_str(data));
        let data = data
            .transpose()
            .map_err(|error| foreign(format!("data: {error}")))?;
        Ok(Self { learners, data })
    }
}

fn about(network: &Learner) -> About {
    let rows = network.metrics.iter().map(|row| Row {
        images: row.images,
        spikes: row.spikes,
        validation_accuracy: row.validation_accuracy,
        zero_fraction: row.zero_fraction,
    });
    About {
        seed: network.seed,
        presented: network.presented,
        spikes: network.spikes,
        metrics: rows.collect(),
    }
}

fn take_about(network: &mut Learner, about: About, replica: usize) {
    let seed = about.seed;
    (network.seed, network.presented) = (seed, about.presented);
    network.spikes = about.spikes;
    let rows = about.metrics.into_iter().map(|row| Metrics {
        replica,
        seed,
        images: row.images,
        spikes: row.spikes,
        validation_accuracy: row.validation_accuracy,
        zero_fraction: row.zero_fraction,
        noise_spikes_per_image: None,
        noise_silent_fraction: None,
    });
    network.metrics = rows.collect();
}

/// Takes the tensors of a stage; the name of one that is missing, of another shape or holds what cannot occur.
fn take(stage: &mut Stage, tensors: &SafeTensors<'_>, place: &str) -> Result<(), String> {
    let Some(own) = stage.synapses_mut() else {
        return Ok(());
    };
    let read = |what: &str, dtype: Dtype, shape: &[usize]| -> Result<Vec<u8>, String> {
        let name = format!("{place}.{what}");
        let tensor = tensors.tensor(&name).map_err(|_| name.clone())?;
        match tensor.dtype() == dtype && tensor.shape() == shape {
            true => Ok(tensor.data().to_vec()),
            false => Err(name),
        }
    };
    let floats = |what: &str, shape: &[usize]| -> Result<Vec<f32>, String> {
        let bytes = read(what, Dtype::F32, shape)?;
        let words = bytes.as_chunks::<4>().0.iter();
        let values: Vec<f32> = words.map(|&word| f32::from_le_bytes(word)).collect();
        match values.iter().all(|value| value.is_finite()) {
            true => Ok(values),
            false => Err(format!("{place}.{what}")),
        }
    };
    fill(own, floats, |shape| read("signs", Dtype::I8, shape))
}

/// Fills synapses with what a file has of them.
fn fill(
    own: &mut Synapses,
    floats: impl Fn(&str, &[usize]) -> Result<Vec<f32>, String>,
    signs: impl Fn(&[usize]) -> Result<Vec<u8>, String>,
) -> Result<(), String> {
    let shape = own.weights.shape().to_vec();
    let both = [vec![2], shape.clone()].concat();
    put(&mut own.weights, floats("weights", &shape)?);
    put(&mut own.parameters, floats("parameters", &shape)?);
    put(
        &mut own.signs,
        signs(&shape)?.into_iter().map(|sign| (sign as i8).signum()),
    );
    let mut moments = floats("moments", &both)?;
    let second = moments.split_off(own.weights.len());
    put(&mut own.moments[0], moments);
    put(&mut own.moments[1], second);
    if let Some(biases) = &mut own.biases {
        let count = biases.values.len();
        biases.values = floats("biases", &[count])?.into();
        let mut moments = floats("bias_moments", &[2, count])?;
        let second = moments.split_off(count);
        biases.moments = [moments.into(), second.into()];
    }
    Ok(())
}

fn put<T>(array: &mut Array2<T>, values: impl IntoIterator<Item = T>) {
    for (to, from) in array.iter_mut().zip(values) {
        *to = from;
    }
}
