//! What came out.

use super::attacks::Attacks;
use super::{Arm, Changed, ClaimsPlan, Kind, OpenSet};
use crate::backend::{Backend, DeviceKind};
use crate::experiment::evaluate::Evaluation;
use crate::experiment::operations::Operations;
use crate::experiment::set_answers::SetAnswers;
use crate::experiment::test_sets::TestSet;
use crate::params::Params;
use serde::Serialize;
use std::collections::BTreeMap;

/// All results, as `reproduction.json` has them.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Claims {
    pub version: &'static str,
    pub command: &'static str,
    pub paper: &'static str,
    pub device: String,
    pub device_type: DeviceKind,
    /// Wall-clock time of the whole, as far as it is known.
    pub seconds: f64,
    pub seeds: Vec<u64>,
    pub full: bool,
    /// Parameters of the networks on pixels that learn by a local rule.
    pub params: Params,
    /// Arm after arm, seed after seed.
    pub networks: Vec<ArmResult>,
    /// The same of networks that are shown classes that they have not learned.
    pub open_set: Vec<OpenSet>,
    /// Networks that learned some digits, then others.
    pub change: Vec<Changed>,
    /// What attacks on networks that learned three digits came to, a set of them for each seed.
    pub attacks: Vec<Attacks>,
}

/// One network, trained and tested.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ArmResult {
    pub kind: Kind,
    pub method: String,
    /// What sets it apart from others of the method, as a parameter and its value.
    pub setting: String,
    pub seed: u64,
    /// Of the test images: silent and tied ones are wrong.
    pub accuracy: Option<f64>,
    pub silent: usize,
    pub tied: usize,
    /// Share of the synapses that may learn whose weight is not 0.
    pub connectivity: f64,
    /// Of the neurons between inputs and answer, for each test image.
    pub spikes_per_image: f64,
    pub operations: Operations,
    pub noise: OnNoise,
    /// Wall-clock time of the training of networks side by side over their number; none if that of a part is not known.
    pub train_seconds: Option<f64>,
}

/// What noise evokes, as bright as the training images.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct OnNoise {
    pub images: usize,
    pub spikes_per_image: f64,
    /// Share of the images without any spike; 0 where nothing spikes.
    pub silent_fraction: f64,
    /// Share of the images that are taken for a class.
    pub answered_fraction: f64,
}

impl ArmResult {
    pub(super) fn new(
        (arm, seed, connectivity): (&Arm, u64, f64),
        (evaluation, operations): (&Evaluation, Operations),
        sets: &BTreeMap<TestSet, SetAnswers>,
        train_seconds: Option<f64>,
    ) -> Self {
        let noise = sets.get(&TestSet::Noise);
        let images = noise.map_or(0, |noise| noise.evoked.images);
        let answered: usize = noise.map_or(0, |noise| noise.answers.iter().sum());
        Self {
            kind: arm.kind,
            method: arm.method.clone(),
            setting: arm.setting.clone(),
            seed,
            accuracy: evaluation.accuracy,
            silent: evaluation.silent,
            tied: evaluation.tied,
            connectivity,
            spikes_per_image: evaluation.spikes as f64 / evaluation.images.max(1) as f64,
            operations,
            noise: OnNoise {
                images,
                spikes_per_image: noise.map_or(0.0, |noise| noise.spikes_per_image),
                silent_fraction: noise.map_or(0.0, |noise| noise.evoked.silent_fraction()),
                answered_fraction: answered as f64 / images.max(1) as f64,
            },
            train_seconds,
        }
    }
}

impl Claims {
    /// Nothing found yet.
    pub fn new(plan: &ClaimsPlan, backend: &dyn Backend) -> Self {
        let job = &plan.params.job;
        Self {
            version: env!("CARGO_PKG_VERSION"),
            command: "reproduce",
            paper: "claims",
            device: backend.device().into(),
            device_type: backend.kind(),
            seconds: 0.0,
            seeds: (0..plan.seeds as u64).map(|r| job.seed + r).collect(),
            full: plan.full,
            params: plan.params.clone(),
            networks: Vec::new(),
            open_set: Vec::new(),
            change: Vec::new(),
            attacks: Vec::new(),
        }
    }

    /// Methods, in the order in which they were run.
    pub fn methods(&self) -> Vec<&str> {
        let mut methods: Vec<&str> = Vec::new();
        for network in &self.networks {
            if !methods.contains(&network.method.as_str()) {
                methods.push(&network.method);
            }
        }
        methods
    }

    /// The networks of each arm of a method.
    pub fn arms_of(&self, method: &str) -> Vec<Vec<&ArmResult>> {
        let of_method = self
            .networks
            .iter()
            .filter(|network| network.method == method);
        let mut arms: Vec<Vec<&ArmResult>> = Vec::new();
        for network in of_method {
            match arms
                .iter_mut()
                .find(|arm| arm[0].setting == network.setting)
            {
                Some(arm) => arm.push(network),
                None => arms.push(vec![network]),
            }
        }
        arms
    }

    /// The networks of each method that were shown unknown classes, by the number of known ones.
    pub fn open_of(&self, known: usize) -> Vec<(&str, Vec<&OpenSet>)> {
        let mut methods: Vec<(&str, Vec<&OpenSet>)> = Vec::new();
        for network in self
            .open_set
            .iter()
            .filter(|own| own.classes.len() == known)
        {
            match methods
                .iter_mut()
                .find(|(method, _)| *method == network.method)
            {
                Some((_, networks)) => networks.push(network),
                None => methods.push((&network.method, vec![network])),
            }
        }
        methods
    }
}
