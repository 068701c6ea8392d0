//! Checkpoints: everything that going on with the same bits needs, in one safetensors file.
//!
//! Tensors (R replicas, I inputs, N neurons):
//!
//! * `weights` \[R, I, N\] f32: S1 as a read-out sees it at that time, pruned as its mode ends a training;
//! * `weights_running` \[R, I, N\] f32: S1 as the training runs on it;
//! * the delays and the state, as [`Network::arrays`] names and shapes them, each with R in front;
//! * `clock`, `presented` \[R\] u32, `spikes_e` \[R\] u64;
//! * the rows of metrics so far, M for each network, where there are any: `metrics_images` \[M\] u32,
//!   `metrics_spikes` \[R, M\] u64, `metrics_accuracy` (NaN where there is none) and `metrics_zero_fraction`
//!   \[R, M\] f64.
//!
//! Metadata: `format`, `version`, `seed` and `params`, the whole set as TOML; where networks are not the replicas of
//! these parameters, `networks`: seed and parameters of each, as JSON.

use crate::artefact::write_whole;
use crate::network::{Array, ArrayMut, Network, NetworkError, State};
use crate::params::{
    ConfigError, INPUTS, MAX_CHECKPOINT_BYTES, Params, ParamsError, layered, to_toml,
};
use crate::trained::{Metrics, Trained};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::HashMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Version of the layout above; another one is refused.
const FORMAT: &str = "1";

/// Networks with their read-out weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// Of the job; networks may differ from them in what does not change the shape of an array.
    pub params: Params,
    pub networks: Vec<Network>,
    /// For each network its weights as read out; shape \[inputs, N\].
    pub weights: Vec<Vec<f32>>,
    /// For each network its rows so far, of the same images.
    pub metrics: Vec<Vec<Metrics>>,
}

impl From<Checkpoint> for Trained {
    /// To go on with.
    fn from(checkpoint: Checkpoint) -> Self {
        Self {
            networks: checkpoint.networks,
            weights: checkpoint.weights,
            metrics: checkpoint.metrics,
            seconds: 0.0,
        }
    }
}

/// A checkpoint that cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("{} holds {bytes} bytes, more than any checkpoint", path.display())]
    TooLarge { path: PathBuf, bytes: u64 },
    #[error("{} is not a checkpoint of this program: {reason}", path.display())]
    Foreign { path: PathBuf, reason: String },
    #[error("{} has format {found:?}; this version reads format {FORMAT:?}", path.display())]
    Format { path: PathBuf, found: String },
    #[error("{}: {source}", path.display())]
    Params { path: PathBuf, source: ConfigError },
    #[error("{}: tensor {tensor:?} is {found}, expected {expected}", path.display())]
    Tensor {
        path: PathBuf,
        tensor: String,
        expected: String,
        found: String,
    },
    #[error("{}, replica {replica}: {source}", path.display())]
    Network {
        path: PathBuf,
        replica: usize,
        source: NetworkError,
    },
}

/// A tensor under construction.
struct Stacked {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Stacked {
    fn push(&mut self, array: Array<'_>) {
        match array {
            Array::F32(values) => self
                .bytes
                .extend(values.iter().flat_map(|v| v.to_le_bytes())),
            Array::U32(values) => self
                .bytes
                .extend(values.iter().flat_map(|v| v.to_le_bytes())),
            Array::U16(values) => self
                .bytes
                .extend(values.iter().flat_map(|v| v.to_le_bytes())),
        }
    }
}

fn dtype(array: Array<'_>) -> Dtype {
    match array {
        Array::F32(_) => Dtype::F32,
        Array::U32(_) => Dtype::U32,
        Array::U16(_) => Dtype::U16,
    }
}

impl Checkpoint {
    /// A training as it stands.
    pub fn of(params: &Params, trained: Trained) -> Self {
        Self {
            params: params.clone(),
            networks: trained.networks,
            weights: trained.weights,
            metrics: trained.metrics,
        }
    }

    /// Writes the file, whole or not at all. The same checkpoint gives the same bytes.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), CheckpointError> {
        let failed = |source| CheckpointError::Write {
            path: path.into(),
            source,
        };
        let bytes = self
            .to_bytes()
            .map_err(|error| failed(io::Error::other(error)))?;
        write_whole(path, |file| file.write_all(&bytes)).map_err(failed)
    }

    fn to_bytes(&self) -> Result<Vec<u8>, safetensors::SafeTensorError> {
        let tensors = self.stack();
        let views = tensors
            .iter()
            .map(|(name, tensor)| {
                Ok((
                    *name,
                    TensorView::new(tensor.dtype, tensor.shape.clone(), &tensor.bytes)?,
                ))
            })
            .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()?;
        let mut metadata = HashMap::from(
            [
                ("format", FORMAT.to_string()),
                ("version", env!("CARGO_PKG_VERSION").to_string()),
                ("seed", self.params.job.seed.to_string()),
                ("params", to_toml(&self.params)),
            ]
            .map(|(key, value)| (key.to_string(), value)),
        );
        let of_network = |network: &Network| (network.seed, network.params.clone());
        let own: Vec<(u64, Params)> = self.networks.iter().map(of_network).collect();
        if own != replicas(&self.params) {
            let own: Vec<(u64, String)> = own
                .iter()
                .map(|(seed, params)| (*seed, to_toml(params)))
                .collect();
            metadata.insert("networks".into(), serde_json::to_string(&own)?);
        }
        let mut bytes = safetensors::serialize(views, Some(metadata))?;
        sort_header(&mut bytes)?;
        Ok(bytes)
    }

    fn stack(&self) -> Vec<(&'static str, Stacked)> {
        let replicas = self.networks.len();
        let n = self.params.neurons();
        let mut tensors: Vec<(&'static str, Stacked)> = Vec::new();
        let mut weights = Stacked {
            dtype: Dtype::F32,
            shape: vec![replicas, INPUTS, n],
            bytes: Vec::new(),
        };
        self.weights
            .iter()
            .for_each(|values| weights.push(Array::F32(values)));
        tensors.push(("weights", weights));
        for (index, network) in self.networks.iter().enumerate() {
            let steps = network
                .params
                .steps()
                .expect("networks are made of validated parameters");
            for (slot, (name, shape, array)) in network.arrays(&steps).into_iter().enumerate() {
                if index == 0 {
                    let shape = [vec![replicas], shape].concat();
                    tensors.push((
                        name,
                        Stacked {
                            dtype: dtype(array),
                            shape,
                            bytes: Vec::new(),
                        },
                    ));
                }
                tensors[1 + slot].1.push(array);
            }
        }
        let scalars = |dtype, bytes: Vec<u8>| Stacked {
            dtype,
            shape: vec![replicas],
            bytes,
        };
        let u32s = |of: fn(&State) -> u32| {
            self.networks
                .iter()
                .flat_map(move |n| of(&n.state).to_le_bytes())
                .collect()
        };
        tensors.push(("clock", scalars(Dtype::U32, u32s(|state| state.clock))));
        tensors.push((
            "presented",
            scalars(Dtype::U32, u32s(|state| state.presented)),
        ));
        let spikes = self
            .networks
            .iter()
            .flat_map(|n| n.state.spikes_e.to_le_bytes())
            .collect();
        tensors.push(("spikes_e", scalars(Dtype::U64, spikes)));
        tensors.extend(self.stack_metrics());
        tensors
    }

    fn stack_metrics(&self) -> Vec<(&'static str, Stacked)> {
        let rows = self.metrics.first().map_or(0, Vec::len);
        if rows == 0 {
            return Vec::new();
        }
        let stacked = |dtype, bytes| Stacked {
            dtype,
            shape: vec![self.networks.len(), rows],
            bytes,
        };
        let all = || self.metrics.iter().flatten();
        let f64s = |of: fn(&Metrics) -> f64| all().flat_map(|row| of(row).to_le_bytes()).collect();
        let images = self.metrics[0].iter().map(|row| row.images as u32);
        let images = Stacked {
            dtype: Dtype::U32,
            shape: vec![rows],
            bytes: images.flat_map(u32::to_le_bytes).collect(),
        };
        let spikes = all().flat_map(|row| row.spikes.to_le_bytes()).collect();
        vec![
            ("metrics_images", images),
            ("metrics_spikes", stacked(Dtype::U64, spikes)),
            (
                "metrics_accuracy",
                stacked(
                    Dtype::F64,
                    f64s(|row| row.validation_accuracy.unwrap_or(f64::NAN)),
                ),
            ),
            (
                "metrics_zero_fraction",
                stacked(Dtype::F64, f64s(|row| row.zero_fraction)),
            ),
        ]
    }

    /// Reads and checks a file: nothing in it is believed before it fits the parameters.
    ///
    /// # Errors
    /// When it cannot be read, is not a checkpoint, or holds what cannot occur.
    pub fn load(path: &Path) -> Result<Self, CheckpointError> {
        let failed = |source| CheckpointError::Read {
            path: path.into(),
            source,
        };
        let found = std::fs::metadata(path).map_err(failed)?;
        if !found.is_file() {
            return Err(failed(io::Error::other("it is not a regular file")));
        }
        let bytes = found.len();
        // Metadata and metrics come on top of what the parameters count.
        if bytes > MAX_CHECKPOINT_BYTES + (64 << 20) {
            return Err(CheckpointError::TooLarge {
                path: path.into(),
                bytes,
            });
        }
        Self::from_bytes(path, &std::fs::read(path).map_err(failed)?)
    }

    /// The same from the bytes of a file, which errors name as `path`.
    ///
    /// # Errors
    /// As [`Checkpoint::load`].
    pub fn from_bytes(path: &Path, bytes: &[u8]) -> Result<Self, CheckpointError> {
        let (params, networks) = metadata(path, bytes)?;
        Reader {
            path,
            params,
            networks,
            tensors: tensors(path, bytes)?,
        }
        .read()
    }
}

/// Seed and parameters of the networks that a job trains.
fn replicas(params: &Params) -> Vec<(u64, Params)> {
    (0..params.job.replicas)
        .map(|replica| (params.replica_seed(replica), params.clone()))
        .collect()
}

/// The header's keys in alphabetical order: the library writes its metadata in the order of a hash map.
fn sort_header(bytes: &mut [u8]) -> Result<(), serde_json::Error> {
    let length = u64::from_le_bytes(*bytes.first_chunk().unwrap_or(&[0; 8])) as usize;
    let header = &mut bytes[8..8 + length];
    let sorted: serde_json::Value = serde_json::from_slice(header)?;
    let mut sorted = serde_json::to_vec(&sorted)?;
    sorted.resize(length, b' ');
    header.copy_from_slice(&sorted);
    Ok(())
}

fn foreign(path: &Path, reason: impl ToString) -> CheckpointError {
    CheckpointError::Foreign {
        path: path.into(),
        reason: reason.to_string(),
    }
}

fn tensors<'a>(path: &Path, bytes: &'a [u8]) -> Result<SafeTensors<'a>, CheckpointError> {
    SafeTensors::deserialize(bytes).map_err(|error| foreign(path, error))
}

/// The parameters of the job, and seed and parameters of each network.
fn metadata(path: &Path, bytes: &[u8]) -> Result<(Params, Vec<(u64, Params)>), CheckpointError> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| foreign(path, error))?;
    let metadata = header.metadata().clone().unwrap_or_default();
    let get = |key: &str| {
        metadata
            .get(key)
            .ok_or_else(|| foreign(path, format!("its metadata lacks {key:?}")))
    };
    let found = get("format")?;
    if found != FORMAT {
        return Err(CheckpointError::Format {
            path: path.into(),
            found: found.clone(),
        });
    }
    let params = read_params(path, get("params")?)?;
    let Some(networks) = metadata.get("networks") else {
        let networks = replicas(&params);
        return Ok((params, networks));
    };
    let networks: Vec<(u64, String)> =
        serde_json::from_str(networks).map_err(|error| foreign(path, error))?;
    let shape = |params: &Params| (params.neurons(), params.steps().ok());
    let mut own = Vec::with_capacity(networks.len());
    for (seed, text) in networks {
        let of_network = read_params(path, &text)?;
        if shape(&of_network) != shape(&params) {
            return Err(foreign(path, "its networks differ in size or time step"));
        }
        own.push((seed, of_network));
    }
    Ok((params, own))
}

fn read_params(path: &Path, text: &str) -> Result<Params, CheckpointError> {
    let failed = |source| CheckpointError::Params {
        path: path.into(),
        source,
    };
    let params = layered(None, text, "params").map_err(failed)?;
    params
        .validate()
        .map_err(|error: ParamsError| failed(error.into()))?;
    Ok(params)
}

struct Reader<'a> {
    path: &'a Path,
    params: Params,
    networks: Vec<(u64, Params)>,
    tensors: SafeTensors<'a>,
}

impl Reader<'_> {
    fn read(self) -> Result<Checkpoint, CheckpointError> {
        let path = self.path;
        let (replicas, n) = (self.networks.len(), self.params.neurons());
        let weights = self.bytes("weights", Dtype::F32, &[replicas, INPUTS, n])?;
        let weights: Vec<Vec<f32>> = weights.chunks_exact(4 * INPUTS * n).map(f32s).collect();
        let clocks = u32s(self.bytes("clock", Dtype::U32, &[replicas])?);
        let presented = u32s(self.bytes("presented", Dtype::U32, &[replicas])?);
        let spikes = u64s(self.bytes("spikes_e", Dtype::U64, &[replicas])?);
        let mut networks = Vec::with_capacity(replicas);
        for replica in 0..replicas {
            let mut network = self.network(replica)?;
            network.state.clock = clocks[replica];
            network.state.presented = presented[replica];
            network.state.spikes_e = spikes[replica];
            let failed = |source| CheckpointError::Network {
                path: path.into(),
                replica,
                source,
            };
            network.check().map_err(failed)?;
            network
                .check_weights("weights", &weights[replica])
                .map_err(failed)?;
            networks.push(network);
        }
        Ok(Checkpoint {
            metrics: self.metrics(&networks)?,
            params: self.params,
            networks,
            weights,
        })
    }

    /// Rows whose images come one after another, with shares in 0..=1.
    fn metrics(&self, networks: &[Network]) -> Result<Vec<Vec<Metrics>>, CheckpointError> {
        let Ok(images) = self.tensors.tensor("metrics_images") else {
            return Ok(vec![Vec::new(); networks.len()]);
        };
        let rows = images.shape().first().copied().unwrap_or(0);
        let shape = [networks.len(), rows];
        let images = u32s(self.bytes("metrics_images", Dtype::U32, &[rows])?);
        let spikes = u64s(self.bytes("metrics_spikes", Dtype::U64, &shape)?);
        let f64s = |name| {
            let words = u64s(self.bytes(name, Dtype::F64, &shape)?);
            Ok(words.into_iter().map(f64::from_bits).collect::<Vec<_>>())
        };
        let accuracy = f64s("metrics_accuracy")?;
        let zeros = f64s("metrics_zero_fraction")?;
        let seen = networks
            .first()
            .map_or(0, |network| network.state.presented);
        let share = |value: &f64| (0.0..=1.0).contains(value);
        let sound = images.is_sorted_by(|a, b| a < b)
            && images.last().is_none_or(|&last| last <= seen)
            && accuracy.iter().all(|value| value.is_nan() || share(value))
            && zeros.iter().all(share);
        if !sound {
            return Err(foreign(
                self.path,
                "its metrics cannot be those of a training",
            ));
        }
        let of_network = |(replica, network): (usize, &Network)| {
            let row = |(index, &images): (usize, &u32)| {
                let at = replica * rows + index;
                Metrics {
                    replica,
                    seed: network.seed,
                    images: images as usize,
                    spikes: spikes[at],
                    validation_accuracy: Some(accuracy[at]).filter(|value| !value.is_nan()),
                    zero_fraction: zeros[at],
                }
            };
            images.iter().enumerate().map(row).collect()
        };
        Ok(networks.iter().enumerate().map(of_network).collect())
    }

    fn network(&self, replica: usize) -> Result<Network, CheckpointError> {
        let failed = |source| CheckpointError::Network {
            path: self.path.into(),
            replica,
            source,
        };
        let steps = self.params.steps().map_err(|error| failed(error.into()))?;
        let (seed, params) = self.networks[replica].clone();
        let mut network = Network {
            params,
            seed,
            weights: Vec::new(),
            delays_s2: Vec::new(),
            delays_s3: Vec::new(),
            state: State::initial(&self.params, &steps),
        };
        for (name, shape, array) in network.arrays_mut(&steps) {
            let stacked = [vec![self.networks.len()], shape].concat();
            let values: usize = stacked[1..].iter().product();
            let part = |dtype: Dtype, size: usize| {
                let bytes = self.bytes(name, dtype, &stacked)?;
                Ok(&bytes[replica * values * size..][..values * size])
            };
            match array {
                ArrayMut::F32(into) => *into = f32s(part(Dtype::F32, 4)?),
                ArrayMut::U32(into) => *into = u32s(part(Dtype::U32, 4)?),
                ArrayMut::U16(into) => *into = u16s(part(Dtype::U16, 2)?),
            }
        }
        Ok(network)
    }

    /// The bytes of a tensor of exactly this type and shape.
    fn bytes(&self, tensor: &str, dtype: Dtype, shape: &[usize]) -> Result<&[u8], CheckpointError> {
        let view = self
            .tensors
            .tensor(tensor)
            .map_err(|error| foreign(self.path, error))?;
        if view.dtype() != dtype || view.shape() != shape {
            return Err(CheckpointError::Tensor {
                path: self.path.into(),
                tensor: tensor.into(),
                expected: format!("{dtype:?} {shape:?}"),
                found: format!("{:?} {:?}", view.dtype(), view.shape()),
            });
        }
        Ok(view.data())
    }
}

fn f32s(bytes: &[u8]) -> Vec<f32> {
    bytes
        .as_chunks::<4>()
        .0
        .iter()
        .map(|&bytes| f32::from_le_bytes(bytes))
        .collect()
}

fn u32s(bytes: &[u8]) -> Vec<u32> {
    bytes
        .as_chunks::<4>()
        .0
        .iter()
        .map(|&bytes| u32::from_le_bytes(bytes))
        .collect()
}

fn u64s(bytes: &[u8]) -> Vec<u64> {
    bytes
        .as_chunks::<8>()
        .0
        .iter()
        .map(|&bytes| u64::from_le_bytes(bytes))
        .collect()
}

fn u16s(bytes: &[u8]) -> Vec<u16> {
    bytes
        .as_chunks::<2>()
        .0
        .iter()
        .map(|&bytes| u16::from_le_bytes(bytes))
        .collect()
}
