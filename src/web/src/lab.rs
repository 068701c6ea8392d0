//! The class that the page's worker calls.

use crate::errors::{throw_panics, thrown};
use crate::networks::Networks;
use crate::objects::object;
use crate::{answers, data};
use flate2::read::MultiGzDecoder;
use js_sys::{Array, Uint8Array};
use serde::Serialize;
use spikeprune::artefact::sha256;
use spikeprune::backend::Backend;
use spikeprune::backend::cpu::Cpu;
use spikeprune::checkpoint::Checkpoint;
use spikeprune::dataset::Dataset;
use spikeprune::experiment::fitting::{ClassChoice, fit};
use spikeprune::front_end::picture_bytes;
use spikeprune::params::{MetricsEvery, layered, set_value};
use spikeprune::presets::PRESETS;
use std::borrow::Cow;
use std::io::Read;
use std::sync::Arc;
use wasm_bindgen::prelude::*;

/// The first bytes of what gzip compressed.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Networks that learn, and the images that they learn from.
///
/// Device and images live as long as the page, so that a training can rest between calls.
#[wasm_bindgen]
pub struct Lab {
    backend: &'static Arc<dyn Backend>,
    /// All devices that have been used, by name.
    devices: Vec<(String, &'static Arc<dyn Backend>)>,
    data: Option<&'static Dataset>,
    networks: Option<Networks>,
}

#[cfg(target_family = "wasm")]
fn exact_gpu(software: bool) -> Result<spikeprune::backend::gpu::Gpu, JsError> {
    let gpu = spikeprune::backend::gpu::Gpu::in_browser(software).map_err(thrown)?;
    match gpu.is_exact() {
        true => Ok(gpu),
        false => Err(thrown(
            "the GPU of this browser rounds otherwise than the CPU: choose the CPU",
        )),
    }
}

#[cfg(not(target_family = "wasm"))]
fn exact_gpu(_software: bool) -> Result<Cpu, JsError> {
    Err(thrown("there is a GPU in a browser alone"))
}

#[derive(Serialize)]
struct Preset {
    name: &'static str,
    summary: &'static str,
}

#[wasm_bindgen]
impl Lab {
    #[wasm_bindgen(constructor)]
    pub fn new() -> Result<Self, JsError> {
        throw_panics();
        let cpu: Arc<dyn Backend> = Arc::new(Cpu::new(1).map_err(thrown)?);
        let backend = &*Box::leak(Box::new(cpu));
        Ok(Self {
            backend,
            devices: vec![("cpu".into(), backend)],
            data: None,
            networks: None,
        })
    }

    /// Runs what comes next on the CPU (`cpu`), on the GPU that the browser gives (`gpu`) or on one in software (`software`),
    /// if that gives the bits of the CPU. Networks are dropped.
    #[wasm_bindgen(js_name = useDevice)]
    pub fn use_device(&mut self, device: &str) -> Result<(), JsError> {
        self.networks = None;
        let mut known = self.devices.iter();
        self.backend = match known.find(|(name, _)| name == device) {
            Some((_, known)) => known,
            None => {
                let gpu: Arc<dyn Backend> = Arc::new(exact_gpu(device == "software")?);
                let gpu = &*Box::leak(Box::new(gpu));
                self.devices.push((device.into(), gpu));
                gpu
            }
        };
        Ok(())
    }

    /// Takes the four IDX files of a data set, compressed by gzip or not. Networks of other data are dropped.
    #[wasm_bindgen(js_name = setData)]
    pub fn set_data(
        &mut self,
        train_images: Vec<u8>,
        train_labels: Vec<u8>,
        test_images: Vec<u8>,
        test_labels: Vec<u8>,
    ) -> Result<JsValue, JsError> {
        self.take(vec![
            ("train-images-idx3-ubyte".into(), train_images),
            ("train-labels-idx1-ubyte".into(), train_labels),
            ("t10k-images-idx3-ubyte".into(), test_images),
            ("t10k-labels-idx1-ubyte".into(), test_labels),
        ])
    }

    /// Takes files of the user: arrays of NumPy, tables, IDX files, or a zip of them or of pictures.
    #[wasm_bindgen(js_name = setFiles)]
    pub fn set_files(
        &mut self,
        names: Vec<String>,
        files: Vec<Uint8Array>,
    ) -> Result<JsValue, JsError> {
        let files = files.iter().map(Uint8Array::to_vec);
        self.take(names.into_iter().zip(files).collect())
    }

    fn take(&mut self, files: Vec<(String, Vec<u8>)>) -> Result<JsValue, JsError> {
        let data = data::read(files)?;
        let summary = data::summary(&data)?;
        self.networks = None;
        self.data = Some(Box::leak(Box::new(data)));
        Ok(summary)
    }

    /// Sets of parameters to start from.
    pub fn presets(&self) -> Result<JsValue, JsError> {
        let preset = |&(name, summary): &(&'static str, &'static str)| Preset { name, summary };
        object(&PRESETS.iter().map(preset).collect::<Vec<_>>())
    }

    /// Networks before their training; `set` lists keys of parameters with their values, as `--set` of the command line.
    pub fn start(&mut self, preset: &str, set: Vec<Array>) -> Result<JsValue, JsError> {
        let mut params = layered(Some(preset), "", "").map_err(thrown)?.params;
        let mut classes = ClassChoice::OfPreset;
        for pair in set {
            let text = |at| pair.get(at).as_string().unwrap_or_default();
            let (key, value) = (text(0), text(1));
            params = set_value(&params, &key, &value, &key).map_err(thrown)?;
            if key.trim().starts_with("network.classes") {
                classes = ClassChoice::AsGiven;
            }
        }
        // The page tests whenever it wants to.
        params.job.metrics_every = MetricsEvery::End;
        let params = fit(&params, classes, self.data()?).map_err(thrown)?.params;
        self.keep(Networks::untrained(self.backend, &params)?)
    }

    /// Networks of a checkpoint, compressed by gzip or not.
    pub fn load(&mut self, checkpoint: &[u8]) -> Result<JsValue, JsError> {
        let mut bytes = Cow::Borrowed(checkpoint);
        if bytes.starts_with(&GZIP) {
            let mut plain = Vec::new();
            (MultiGzDecoder::new(checkpoint).read_to_end(&mut plain)).map_err(thrown)?;
            bytes = Cow::Owned(plain);
        }
        let found = Checkpoint::from_bytes("the checkpoint".as_ref(), &bytes).map_err(thrown)?;
        self.keep(Networks::saved(self.backend, found))
    }

    fn keep(&mut self, networks: Networks) -> Result<JsValue, JsError> {
        let shape = object(&networks.shape());
        self.networks = Some(networks);
        shape
    }

    /// Trains on about so many more images: a batch is learned as a whole.
    pub fn train(&mut self, images: usize) -> Result<JsValue, JsError> {
        let data = self.data()?;
        object(&self.networks()?.train(data, images)?)
    }

    /// Tests on about so many held-out images, as many of each class that is learned, the first of the test images.
    pub fn test(&mut self, images: usize) -> Result<JsValue, JsError> {
        let data = self.data()?;
        object(&self.networks()?.test(data, images)?)
    }

    /// What every neuron looks for, a byte a pixel, [neurons, height, width].
    pub fn weights(&mut self) -> Result<Vec<u8>, JsError> {
        let seen = self.networks()?.seen()?;
        Ok(picture_bytes(&seen.network.params.model, &seen.weights))
    }

    /// Shows an image to the network as it is now, from rest: the same image evokes the same spikes.
    pub fn show(&mut self, pixels: &[u8]) -> Result<JsValue, JsError> {
        answers::show(self.networks()?.now()?, pixels)
    }

    /// The nth image of a label, of the training images (`train`) or the test images.
    pub fn image(&self, set: &str, label: u8, nth: usize) -> Result<Vec<u8>, JsError> {
        let data = self.data()?;
        let images = if set == "train" {
            &data.train
        } else {
            &data.test
        };
        data::image(images, label, nth)
    }

    /// The nth image of noise, as bright as the images that are learned.
    pub fn noise(&mut self, nth: usize) -> Result<Vec<u8>, JsError> {
        let data = self.data()?;
        self.networks()?.noise(data, nth)
    }

    /// The SHA-256 of the weights as a checkpoint holds them.
    pub fn digest(&mut self) -> Result<String, JsError> {
        let weights = &self.networks()?.seen()?.weights;
        let bytes: Vec<u8> = weights.iter().flat_map(|w| w.to_le_bytes()).collect();
        sha256(&bytes[..]).map_err(thrown)
    }

    fn data(&self) -> Result<&'static Dataset, JsError> {
        self.data.ok_or_else(|| thrown("there are no images yet"))
    }

    fn networks(&mut self) -> Result<&mut Networks, JsError> {
        (self.networks.as_mut()).ok_or_else(|| thrown("there is no network yet"))
    }
}
