//! Reading a checkpoint: nothing in it is believed before it fits the parameters.

use super::{Checkpoint, CheckpointError, FORMAT, replicas};
use crate::dataset::Digests;
use crate::labels::Labels;
use crate::network::{ArrayMut, Network, State};
use crate::params::{Params, ParamsError, delay_rows, is_newer, layered, written_by};
use crate::trained::{Metrics, Replica};
use safetensors::tensor::{Dtype, SafeTensors};
use std::path::Path;

/// Reads and checks the bytes of a file, which errors name as `path`.
pub fn from_bytes(path: &Path, bytes: &[u8]) -> Result<Checkpoint, CheckpointError> {
    let Metadata {
        params,
        networks,
        data,
    } = metadata(path, bytes)?;
    Reader {
        path,
        params,
        networks,
        data,
        tensors: tensors(path, bytes)?,
    }
    .read()
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

/// What is not a tensor.
struct Metadata {
    /// Of the job.
    params: Params,
    /// Seed and parameters of each network.
    networks: Vec<(u64, Params)>,
    data: Option<Digests>,
}

fn metadata(path: &Path, bytes: &[u8]) -> Result<Metadata, CheckpointError> {
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
    let data = metadata
        .get("data")
        .map(|text| serde_json::from_str(text).map_err(|error| foreign(path, error)))
        .transpose()?;
    let Some(networks) = metadata.get("networks") else {
        return Ok(Metadata {
            networks: replicas(&params),
            params,
            data,
        });
    };
    let networks: Vec<(u64, String)> =
        serde_json::from_str(networks).map_err(|error| foreign(path, error))?;
    if networks.is_empty() {
        return Err(foreign(path, "it holds no network"));
    }
    let shape = |params: &Params| params.lanes().ok();
    let mut own = Vec::with_capacity(networks.len());
    for (seed, text) in networks {
        let of_network = read_params(path, &text)?;
        if shape(&of_network) != shape(&params) {
            return Err(foreign(path, "its networks differ in size or time step"));
        }
        own.push((seed, of_network));
    }
    Ok(Metadata {
        params,
        networks: own,
        data,
    })
}

fn read_params(path: &Path, text: &str) -> Result<Params, CheckpointError> {
    let newer = written_by(text).filter(|version| is_newer(version));
    let failed = |source| match newer {
        Some(version) => CheckpointError::Newer {
            path: path.into(),
            version: version.into(),
            source: Box::new(source),
        },
        None => CheckpointError::Params {
            path: path.into(),
            source,
        },
    };
    let params = layered(None, text, "params").map_err(failed)?.params;
    params
        .validate()
        .map_err(|error: ParamsError| failed(error.into()))?;
    Ok(params)
}

/// Arrays that earlier versions did not write, whose rules had no variables of their own: as they begin.
const SINCE_0_3: [&str; 2] = ["rule_state_1", "rule_state_2"];

struct Reader<'a> {
    path: &'a Path,
    params: Params,
    networks: Vec<(u64, Params)>,
    data: Option<Digests>,
    tensors: SafeTensors<'a>,
}

impl Reader<'_> {
    fn read(self) -> Result<Checkpoint, CheckpointError> {
        let path = self.path;
        let (replicas, n) = (self.networks.len(), self.params.model.neurons());
        let inputs = self.params.model.inputs();
        let weights = self.bytes("weights", Dtype::F32, &[replicas, inputs, n])?;
        let weights: Vec<Vec<f32>> = weights.chunks_exact(4 * inputs * n).map(f32s).collect();
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
        let (metrics, labels) = (self.metrics(&networks)?, self.labels(&networks)?);
        let parts = networks.into_iter().zip(weights).zip(metrics).zip(labels);
        let replica = |(((network, weights), metrics), labels)| Replica {
            network,
            weights,
            metrics,
            labels,
        };
        Ok(Checkpoint {
            replicas: parts.map(replica).collect(),
            params: self.params,
            data: self.data,
        })
    }

    /// Labels by mean spike counts: those of networks that go by them, at the end of their training.
    fn labels(&self, networks: &[Network]) -> Result<Vec<Option<Labels>>, CheckpointError> {
        let is_due = |network: &Network| {
            network.params.model.network.votes_by_labels() && network.is_trained()
        };
        let (due, found) = (
            networks.iter().all(is_due),
            self.tensors.tensor("responses").is_ok(),
        );
        match (due, found) {
            (false, false) => return Ok(vec![None; networks.len()]),
            (true, false) => return Err(foreign(self.path, "its neurons have no responses")),
            (false, true) => {
                return Err(foreign(self.path, "it has responses and no use for them"));
            }
            (true, true) => {}
        }
        let (classes, n) = (
            self.params.model.network.classes.len(),
            self.params.model.neurons(),
        );
        let shape = [self.networks.len(), classes, n];
        let responses = f32s(self.bytes("responses", Dtype::F32, &shape)?);
        if !responses
            .iter()
            .all(|&mean| (0.0..=65_535.0).contains(&mean))
        {
            return Err(foreign(self.path, "its responses are no mean spike counts"));
        }
        let of_networks = responses.chunks_exact(classes * n);
        Ok(of_networks
            .map(|responses| Some(Labels::new(responses.to_vec(), classes)))
            .collect())
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
        // Measured only where the job asks for it.
        let if_there = |name| match self.tensors.tensor(name) {
            Ok(_) => f64s(name).map(Some),
            Err(_) => Ok(None),
        };
        let noise_spikes = if_there("metrics_noise_spikes_per_image")?;
        let noise_silent = if_there("metrics_noise_silent_fraction")?;
        let seen = networks
            .first()
            .map_or(0, |network| network.state.presented);
        let share = |value: &f64| (0.0..=1.0).contains(value);
        let sound = images.is_sorted_by(|a, b| a < b)
            && images.last().is_none_or(|&last| last <= seen)
            && accuracy.iter().all(|value| value.is_nan() || share(value))
            && zeros.iter().all(share)
            && noise_silent.iter().flatten().all(share)
            && (noise_spikes.iter().flatten()).all(|mean| (0.0..=f64::MAX).contains(mean));
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
                    noise_spikes_per_image: noise_spikes.as_ref().map(|means| means[at]),
                    noise_silent_fraction: noise_silent.as_ref().map(|shares| shares[at]),
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
        let steps = self
            .params
            .model
            .steps()
            .map_err(|error| failed(error.into()))?;
        let (seed, params) = self.networks[replica].clone();
        let mut network = Network {
            params,
            seed,
            weights: Vec::new(),
            delays_s2: Vec::new(),
            delays_s3: Vec::new(),
            state: State::initial(&self.params, &steps),
        };
        let no_state = network.params.model.learning.state.is_empty();
        for (name, shape, array) in network.arrays_mut(&steps) {
            if SINCE_0_3.contains(&name) && no_state && self.tensors.tensor(name).is_err() {
                continue;
            }
            let stacked = self.stacked(name, shape);
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
        network.check_delays(&steps).map_err(failed)?;
        let neurons = self.params.model.neurons();
        let rows = delay_rows(neurons, steps.delay_i_to_e_max);
        network.delays_s3.truncate(rows * neurons);
        network.delays_s3.shrink_to_fit();
        Ok(network)
    }

    /// Shape of the tensor that holds an array of this shape for each network. Earlier versions wrote a row of delays for
    /// each I neuron even where all are 0.
    fn stacked(&self, name: &str, shape: Vec<usize>) -> Vec<usize> {
        let (replicas, n) = (self.networks.len(), self.params.model.neurons());
        match self.tensors.tensor(name) {
            Ok(found) if name == "delays_s3" && found.shape() == [replicas, n, n] => {
                vec![replicas, n, n]
            }
            _ => [vec![replicas], shape].concat(),
        }
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

/// The numbers that the bytes of a tensor hold.
fn numbers<const SIZE: usize, T>(bytes: &[u8], number: fn([u8; SIZE]) -> T) -> Vec<T> {
    let chunks = bytes.as_chunks::<SIZE>().0.iter();
    chunks.map(|&bytes| number(bytes)).collect()
}

fn f32s(bytes: &[u8]) -> Vec<f32> {
    numbers(bytes, f32::from_le_bytes)
}

fn u32s(bytes: &[u8]) -> Vec<u32> {
    numbers(bytes, u32::from_le_bytes)
}

fn u64s(bytes: &[u8]) -> Vec<u64> {
    numbers(bytes, u64::from_le_bytes)
}

fn u16s(bytes: &[u8]) -> Vec<u16> {
    numbers(bytes, u16::from_le_bytes)
}
