//! A checkpoint as bytes.

use super::{Checkpoint, FORMAT, replicas};
use crate::network::{Array, Network, State};
use crate::params::{Params, to_toml};
use crate::trained::Metrics;
use safetensors::tensor::{Dtype, TensorView};
use std::collections::HashMap;

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

/// The whole file. The same checkpoint gives the same bytes.
pub fn to_bytes(checkpoint: &Checkpoint) -> Result<Vec<u8>, safetensors::SafeTensorError> {
    let tensors = stack(checkpoint);
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
            ("seed", checkpoint.params.job.seed.to_string()),
            ("params", to_toml(&checkpoint.params)),
        ]
        .map(|(key, value)| (key.to_string(), value)),
    );
    if let Some(data) = &checkpoint.data {
        metadata.insert("data".into(), serde_json::to_string(data)?);
    }
    let of_network = |network: &Network| (network.seed, network.params.clone());
    let own: Vec<(u64, Params)> = networks(checkpoint).map(of_network).collect();
    if own != replicas(&checkpoint.params) {
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

fn networks(checkpoint: &Checkpoint) -> impl Iterator<Item = &Network> {
    checkpoint.replicas.iter().map(|replica| &replica.network)
}

fn stack(checkpoint: &Checkpoint) -> Vec<(&'static str, Stacked)> {
    let replicas = checkpoint.replicas.len();
    let n = checkpoint.params.model.neurons();
    let mut tensors: Vec<(&'static str, Stacked)> = Vec::new();
    let mut weights = Stacked {
        dtype: Dtype::F32,
        shape: vec![replicas, checkpoint.params.model.inputs(), n],
        bytes: Vec::new(),
    };
    for replica in &checkpoint.replicas {
        weights.push(Array::F32(&replica.weights));
    }
    tensors.push(("weights", weights));
    for (index, network) in networks(checkpoint).enumerate() {
        let steps = network
            .params
            .model
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
        networks(checkpoint)
            .flat_map(move |n| of(&n.state).to_le_bytes())
            .collect()
    };
    tensors.push(("clock", scalars(Dtype::U32, u32s(|state| state.clock))));
    tensors.push((
        "presented",
        scalars(Dtype::U32, u32s(|state| state.presented)),
    ));
    let spikes = networks(checkpoint)
        .flat_map(|n| n.state.spikes_e.to_le_bytes())
        .collect();
    tensors.push(("spikes_e", scalars(Dtype::U64, spikes)));
    tensors.extend(stack_metrics(checkpoint));
    tensors.extend(stack_labels(checkpoint));
    tensors
}

/// What neurons answer to, where they have labels.
fn stack_labels(checkpoint: &Checkpoint) -> Option<(&'static str, Stacked)> {
    let (replicas, params) = (&checkpoint.replicas, &checkpoint.params);
    let mut labels = replicas
        .iter()
        .filter_map(|replica| replica.labels.as_ref())
        .peekable();
    labels.peek()?;
    let classes = params.model.network.classes.len();
    let mut responses = Stacked {
        dtype: Dtype::F32,
        shape: vec![replicas.len(), classes, params.model.neurons()],
        bytes: Vec::new(),
    };
    labels.for_each(|labels| responses.push(Array::F32(labels.responses())));
    Some(("responses", responses))
}

fn stack_metrics(checkpoint: &Checkpoint) -> Vec<(&'static str, Stacked)> {
    let Some(first) = (checkpoint.replicas.first()).filter(|first| !first.metrics.is_empty())
    else {
        return Vec::new();
    };
    let rows = first.metrics.len();
    let stacked = |dtype, bytes| Stacked {
        dtype,
        shape: vec![checkpoint.replicas.len(), rows],
        bytes,
    };
    let all = || {
        checkpoint
            .replicas
            .iter()
            .flat_map(|replica| &replica.metrics)
    };
    let f64s = |of: fn(&Metrics) -> f64| all().flat_map(|row| of(row).to_le_bytes()).collect();
    let images = first.metrics.iter().map(|row| row.images as u32);
    let images = Stacked {
        dtype: Dtype::U32,
        shape: vec![rows],
        bytes: images.flat_map(u32::to_le_bytes).collect(),
    };
    let spikes = all().flat_map(|row| row.spikes.to_le_bytes()).collect();
    let mut tensors = vec![
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
    ];
    let mut add = |name, of: fn(&Metrics) -> Option<f64>| {
        if let Some(values) = all().map(of).collect::<Option<Vec<f64>>>() {
            let bytes = values.into_iter().flat_map(f64::to_le_bytes).collect();
            tensors.push((name, stacked(Dtype::F64, bytes)));
        }
    };
    add("metrics_noise_spikes_per_image", |row| {
        row.noise_spikes_per_image
    });
    add("metrics_noise_silent_fraction", |row| {
        row.noise_silent_fraction
    });
    tensors
}

/// The header's keys in alphabetical order: the library writes its metadata in the order of a hash map.
pub fn sort_header(bytes: &mut [u8]) -> Result<(), serde_json::Error> {
    let length = u64::from_le_bytes(*bytes.first_chunk().unwrap_or(&[0; 8])) as usize;
    let header = &mut bytes[8..8 + length];
    let sorted: serde_json::Value = serde_json::from_slice(header)?;
    let mut sorted = serde_json::to_vec(&sorted)?;
    sorted.resize(length, b' ');
    header.copy_from_slice(&sorted);
    Ok(())
}
