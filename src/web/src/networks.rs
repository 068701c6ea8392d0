//! A network in training, and as it is between the slices of its training.

use crate::errors::thrown;
use serde::Serialize;
use spikeprune::Simulation;
use spikeprune::backend::Backend;
use spikeprune::checkpoint::Checkpoint;
use spikeprune::dataset::{Dataset, NoiseKind, mean_intensity, noise_images};
use spikeprune::experiment::Event;
use spikeprune::experiment::evaluate::evaluate;
use spikeprune::experiment::prepare::some_as_shown;
use spikeprune::experiment::saving::Saving;
use spikeprune::experiment::selection;
use spikeprune::experiment::train::zero_fraction;
use spikeprune::experiment::training::Training;
use spikeprune::model::rng::Stream;
use spikeprune::params::{Params, PerClass, Vote, to_toml};
use spikeprune::trained::Replica;
use std::sync::Arc;
use wasm_bindgen::JsError;
use web_time::Instant;

/// Networks of a job, the first of which the page shows.
pub struct Networks {
    backend: &'static Arc<dyn Backend>,
    /// As they were when they were looked at last.
    simulation: Simulation,
    /// Once it has begun, with the images that it was at when they were looked at last.
    training: Option<(Training<'static>, usize)>,
}

/// What the page is told of a network.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shape {
    preset: String,
    version: &'static str,
    device: String,
    seed: u64,
    neurons: usize,
    inputs: usize,
    width: usize,
    height: usize,
    dt_ms: f64,
    duration_ms: f64,
    /// Images of the whole training.
    of: usize,
    /// None where neurons vote by labels.
    groups: Vec<Group>,
    toml: String,
}

#[derive(Serialize)]
struct Group {
    label: u8,
    name: String,
    neurons: usize,
}

/// How far a training is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    images: usize,
    of: usize,
    /// Of this slice.
    seconds: f64,
    zero_share: f64,
    /// E spikes of an image of this slice.
    spikes_per_image: f64,
}

/// What a test found.
#[derive(Default, Serialize)]
pub struct Tested {
    images: usize,
    correct: usize,
    silent: usize,
}

impl Networks {
    /// Before their training.
    pub fn untrained(backend: &'static Arc<dyn Backend>, params: &Params) -> Result<Self, JsError> {
        let simulation = Simulation::on(Box::new(Arc::clone(backend)), params);
        Ok(Self::of(backend, simulation.map_err(thrown)?))
    }

    /// As a run left them.
    pub fn saved(backend: &'static Arc<dyn Backend>, checkpoint: Checkpoint) -> Self {
        let simulation = Simulation::of(Box::new(Arc::clone(backend)), checkpoint);
        Self::of(backend, simulation)
    }

    fn of(backend: &'static Arc<dyn Backend>, simulation: Simulation) -> Self {
        Self {
            backend,
            simulation,
            training: None,
        }
    }

    pub fn shape(&self) -> Shape {
        let params = self.simulation.params();
        let (model, image) = (&params.model, params.model.image());
        let network = &model.network;
        let groups = match network.vote {
            Vote::Labels { .. } => Vec::new(),
            Vote::Groups { neurons_per_class } => (network.classes.iter())
                .map(|&label| Group {
                    label,
                    name: network.name_of(label),
                    neurons: neurons_per_class,
                })
                .collect(),
        };
        Shape {
            preset: params.preset.clone(),
            version: env!("CARGO_PKG_VERSION"),
            device: self.simulation.device().into(),
            seed: params.job.seed,
            neurons: model.neurons(),
            inputs: model.inputs(),
            width: image.width,
            height: image.height,
            dt_ms: model.time.dt_ms,
            duration_ms: model.time.stimulus_ms,
            of: params.presentations(),
            groups,
            toml: to_toml(params),
        }
    }

    /// Trains on about so many more images, or those that are left.
    pub fn train(&mut self, data: &'static Dataset, images: usize) -> Result<Progress, JsError> {
        let (start, before) = (Instant::now(), self.seen()?.network.state.clone());
        let done = before.presented as usize;
        let of = self.simulation.params().presentations();
        let until = done.saturating_add(images).min(of);
        let (training, _) = match &mut self.training {
            Some(training) => training,
            none => {
                let begun = self.simulation.checkpoint().into();
                let (backend, saving) = (&**self.backend, Saving::NONE);
                let training =
                    Training::begin(backend, &data.train, begun, saving, &mut |_| Ok(()));
                none.insert((training.map_err(thrown)?, done))
            }
        };
        // After the last image there is a step more, which labels neurons that vote by labels.
        while training.images() < until || until == of {
            let most = until - training.images();
            if (training.step(most, &mut |_| Ok(())).map_err(thrown)?).is_break() {
                break;
            }
        }
        let seconds = start.elapsed().as_secs_f64();
        let seen = self.seen()?;
        let (params, state) = (&seen.network.params, &seen.network.state);
        let shown = state.presented - before.presented;
        Ok(Progress {
            images: state.presented as usize,
            of,
            seconds,
            zero_share: zero_fraction(params, &seen.weights),
            spikes_per_image: (state.spikes_e - before.spikes_e) as f64 / f64::from(shown.max(1)),
        })
    }

    /// Tests on about so many images, as many of each class. Neurons that vote by labels have none before the training has
    /// ended: then no image is tested.
    pub fn test(&mut self, data: &Dataset, images: usize) -> Result<Tested, JsError> {
        let backend = &**self.backend;
        let seen = std::slice::from_ref(self.seen()?);
        let (network, labels) = (&seen[0].network, &seen[0].labels);
        let (input, learned) = (&network.params.model.input, &network.params.model.network);
        if learned.votes_by_labels() && labels.is_none() {
            return Ok(Tested::default());
        }
        let each = PerClass::First(images.div_ceil(learned.classes.len()));
        let tested = selection::first_of_classes(&data.test, &learned.classes, each);
        let shown = some_as_shown(input, &data.test, selection::indices(&tested));
        let (shown, watch) = (shown.map_err(thrown)?, &mut |_: Event<'_>| Ok(()));
        let found = evaluate(backend, seen, &shown, &tested, Stream::Test, watch);
        let found = found.map_err(thrown)?.remove(0);
        Ok(Tested {
            images: found.images,
            correct: found.correct,
            silent: found.silent,
        })
    }

    /// The networks as they are now.
    pub fn now(&mut self) -> Result<&Simulation, JsError> {
        if let Some((training, at)) = &mut self.training
            && *at != training.images()
        {
            let checkpoint = Checkpoint {
                params: self.simulation.params().clone(),
                replicas: training.trained().map_err(thrown)?.replicas,
                data: None,
            };
            self.simulation = Simulation::of(Box::new(Arc::clone(self.backend)), checkpoint);
            *at = training.images();
        }
        Ok(&self.simulation)
    }

    /// The first of them.
    pub fn seen(&mut self) -> Result<&Replica, JsError> {
        Ok(&self.now()?.replicas()[0])
    }

    /// The nth image of noise, as bright as the images that are learned.
    pub fn noise(&self, data: &Dataset, nth: usize) -> Result<Vec<u8>, JsError> {
        let params = self.simulation.params();
        let trained = selection::training(&data.train, params).map_err(thrown)?;
        let mean = mean_intensity(&data.train, trained.iter().map(|showing| showing.image));
        let shape = data.train.shape();
        let images = noise_images(NoiseKind::Delta, shape, nth + 1, mean, params.job.seed);
        Ok(images[nth * shape.len()..].to_vec())
    }
}
