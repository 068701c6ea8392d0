//! What a reproduction finds; the serialised part is the document of `reproduce --json`.

use super::claims::Claim;
use super::detection::{Aurocs, Detections, Score};
use super::raster::Shown;
use super::{ArmName, ArmsPlan, Split, Subject};
use crate::backend::{Backend, DeviceKind};
use crate::experiment::evaluate::{Answer, Evaluation};
use crate::experiment::fired::{Fired, Neurons, Silence};
use crate::experiment::operations::Operations;
use crate::experiment::selection::ClassImages;
use crate::experiment::test_sets::{HeldOut, TestSet};
use crate::experiment::train::zero_fraction;
use crate::params::{Architecture, Params};
use crate::trained::{Evoked, Metrics};
use serde::Serialize;
use std::collections::BTreeMap;

/// Everything that was found.
#[derive(Clone, Debug, Serialize)]
pub struct Reproduction {
    pub version: &'static str,
    pub command: &'static str,
    pub device: String,
    pub device_type: DeviceKind,
    /// Wall-clock time of the whole, as far as it is known.
    pub seconds: f64,
    pub preset: String,
    /// Labels learned, and labels shown as unknown, in the first split.
    pub classes: Vec<u8>,
    pub unknown: Vec<u8>,
    pub splits: Vec<Split>,
    /// What labels are called; empty where classes have no names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub class_names: Vec<String>,
    pub seeds: Vec<u64>,
    pub dt_ms: f64,
    /// Which images were tested on.
    pub held_out: HeldOut,
    /// Parameters that the arms have in common.
    pub params: Params,
    pub arms: Vec<NetworkResult>,
    /// Controls, each at the strength that matched the accuracy of regularisation.
    pub controls: Vec<NetworkResult>,
    /// The arms once more behind a front end that sees edges, where they were asked for: other networks than the paper's,
    /// of which the claims do not speak.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub behind_edges: Vec<NetworkResult>,
    /// Strengths that were tried to match it.
    pub controls_tried: Vec<Tried>,
    pub summary: Vec<Claim>,
    /// Spikes of one presentation, of the first seed of two arms.
    #[serde(skip)]
    pub raster: Vec<Shown>,
    /// Some images of each set of the first split, 784 intensities each.
    #[serde(skip)]
    pub samples: Vec<(TestSet, Vec<Vec<u8>>)>,
}

/// One trained network, tested.
#[derive(Clone, Debug, Serialize)]
pub struct NetworkResult {
    #[serde(flatten)]
    pub split: Split,
    /// The arm or control.
    pub pruning: ArmName,
    pub seed: u64,
    /// Of the known digits: silent and tied images are wrong.
    pub accuracy: f64,
    /// Known digits for which several groups fired most, alike.
    pub tied: usize,
    /// Accuracy by the convention of the published figures: the first of those that are tied counts.
    pub accuracy_ties_to_first: f64,
    pub zero_fraction: f64,
    /// Of the known digits.
    pub operations: Operations,
    /// How many neurons there are for each class, and which of them no known digit ever fired.
    pub neurons: Neurons,
    /// Wall-clock time of the training of all networks over their number; none if that of a part is not known.
    pub train_seconds: Option<f64>,
    pub sets: BTreeMap<TestSet, SetResult>,
    /// Known digits told from others, each by the score that suits: unknown digits by the margin, noise by the
    /// number of spikes.
    pub auroc: Aurocs,
    /// The same by every score, with other measures.
    pub detection: BTreeMap<TestSet, Detections>,
    /// Accuracy on known digits with noise added.
    pub noisy: Vec<Noisy>,
    /// Known digits by label (row) and answer (column); the last two columns count tied and silent images.
    pub confusion: Vec<Vec<usize>>,
    /// Measured on validation images during the training.
    pub learning: Vec<Metrics>,
    /// Answers to the images of each set.
    #[serde(skip)]
    pub answers: BTreeMap<TestSet, Vec<Answer>>,
    /// Weights as tested; shape \[inputs, N\].
    #[serde(skip)]
    pub weights: Vec<f32>,
}

/// Spikes that a set evoked.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SetResult {
    pub images: usize,
    pub spikes: u64,
    /// Images without a spike.
    pub silent: usize,
    pub spikes_per_image: f64,
}

impl From<Evoked> for SetResult {
    fn from(evoked: Evoked) -> Self {
        Self {
            images: evoked.images,
            spikes: evoked.spikes,
            silent: evoked.silent,
            spikes_per_image: evoked.spikes_per_image(),
        }
    }
}

/// Known digits under noise.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Noisy {
    /// Relative to the noise set.
    pub strength: f64,
    pub accuracy: f64,
    pub silent: usize,
}

/// A control at one strength, by its mean over seeds.
#[derive(Clone, Debug, Serialize)]
pub struct Tried {
    #[serde(flatten)]
    pub split: Split,
    pub control: ArmName,
    /// On validation images.
    pub accuracy: f64,
    pub zero_fraction: f64,
    pub chosen: bool,
}

impl Reproduction {
    pub(super) fn new(plan: &ArmsPlan, names: &[String], backend: &dyn Backend) -> Self {
        let job = &plan.params.job;
        let first = plan.splits.first();
        Self {
            version: env!("CARGO_PKG_VERSION"),
            command: "reproduce",
            device: backend.device().into(),
            device_type: backend.kind(),
            seconds: 0.0,
            preset: plan.params.preset.clone(),
            classes: first.map_or(Vec::new(), |split| split.classes.clone()),
            unknown: first.map_or(Vec::new(), |split| split.unknown.clone()),
            splits: plan.splits.clone(),
            class_names: names.to_vec(),
            seeds: (0..plan.seeds as u64).map(|r| job.seed + r).collect(),
            dt_ms: plan.params.model.time.dt_ms,
            held_out: plan.held_out,
            params: plan.params.clone(),
            arms: Vec::new(),
            controls: Vec::new(),
            behind_edges: Vec::new(),
            controls_tried: Vec::new(),
            summary: Vec::new(),
            raster: Vec::new(),
            samples: Vec::new(),
        }
    }

    /// What a label is called.
    pub fn name_of(&self, label: u8) -> String {
        let name = self.class_names.get(usize::from(label));
        name.map_or(label.to_string(), String::clone)
    }

    /// Networks with these classes.
    pub fn network(&self, classes: &[u8]) -> Architecture {
        let mut network = self.params.model.network.clone();
        network.set_classes(classes);
        if !self.class_names.is_empty() {
            network.names = classes.iter().map(|&class| self.name_of(class)).collect();
        }
        network
    }

    /// The networks of one arm, split after split.
    pub fn of_arm<'a>(&'a self, name: &'a ArmName) -> impl Iterator<Item = &'a NetworkResult> {
        self.arms.iter().filter(move |arm| arm.pruning == *name)
    }

    /// The names of the arms, in their order.
    pub fn arm_names(&self) -> Vec<ArmName> {
        distinct(&self.arms)
    }

    /// The kinds of controls, in their order; a kind may have other strengths in other splits.
    pub fn control_names(&self) -> Vec<ArmName> {
        let mut names: Vec<ArmName> = Vec::new();
        for name in distinct(&self.controls) {
            if !names.iter().any(|known| known.same_kind(&name)) {
                names.push(name);
            }
        }
        names
    }
}

/// Values that do not depend on each other: those of the networks; with several splits, on which much depends, the
/// mean of each.
pub fn independent<'a>(values: impl IntoIterator<Item = (&'a Split, f64)>) -> Vec<f64> {
    let mut splits: Vec<(&Split, Vec<f64>)> = Vec::new();
    for (split, value) in values {
        match splits.iter_mut().find(|(known, _)| *known == split) {
            Some((_, values)) => values.push(value),
            None => splits.push((split, vec![value])),
        }
    }
    let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
    match splits.len() {
        0 | 1 => splits.into_iter().flat_map(|(_, values)| values).collect(),
        _ => splits.into_iter().map(|(_, values)| mean(values)).collect(),
    }
}

fn distinct(networks: &[NetworkResult]) -> Vec<ArmName> {
    let mut names: Vec<ArmName> = Vec::new();
    for network in networks {
        if !names.contains(&network.pruning) {
            names.push(network.pruning.clone());
        }
    }
    names
}

/// The accuracy on known digits, all of which were learned.
fn learned(accuracy: Option<f64>) -> f64 {
    accuracy.unwrap_or(0.0)
}

impl NetworkResult {
    pub(super) fn new(subject: &Subject<'_>, split: &Split) -> Self {
        Self {
            split: split.clone(),
            pruning: subject.name.clone(),
            seed: subject.network.seed,
            accuracy: 0.0,
            tied: 0,
            accuracy_ties_to_first: 0.0,
            zero_fraction: zero_fraction(&subject.network.params, &subject.weights),
            operations: Operations::default(),
            neurons: Neurons::default(),
            train_seconds: subject.train_seconds,
            sets: BTreeMap::new(),
            auroc: Aurocs::default(),
            detection: BTreeMap::new(),
            noisy: Vec::new(),
            confusion: Vec::new(),
            learning: subject.learning.to_vec(),
            answers: BTreeMap::new(),
            weights: subject.weights.clone(),
        }
    }

    /// Share of the known digits that are tied.
    pub fn tied_share(&self) -> f64 {
        let images = self
            .sets
            .get(&TestSet::Known)
            .map_or(0, |known| known.images);
        self.tied as f64 / images.max(1) as f64
    }

    /// Whether its known digits say more of silence than of what was learned.
    pub fn silence(&self) -> Option<Silence> {
        let known = self.sets.get(&TestSet::Known)?;
        let share = known.silent as f64 / known.images.max(1) as f64;
        let classes = &self.split.classes;
        Silence::of(share, classes, classes, &self.neurons)
    }

    /// Counts the answers to a set; `known` are the known digits, class by class.
    pub(super) fn add(&mut self, set: TestSet, known: &[ClassImages], answers: Vec<Answer>) {
        let mut evoked = Evoked::default();
        (answers.iter()).for_each(|answer| evoked.add(answer.spikes.into()));
        match set {
            TestSet::Noisy { .. } => self.noisy.push(Noisy {
                strength: set.strength(),
                accuracy: learned(self.vote(known, &answers).accuracy),
                silent: evoked.silent,
            }),
            set => {
                self.sets.insert(set, evoked.into());
            }
        }
        if set == TestSet::Known {
            let evaluation = self.vote(known, &answers);
            self.accuracy = learned(evaluation.accuracy);
            self.tied = evaluation.tied;
            self.accuracy_ties_to_first = learned(evaluation.accuracy_ties_to_first);
            self.confusion = evaluation.confusion;
        }
        self.answers.insert(set, answers);
    }

    /// Counts the neurons that the known digits fired.
    pub(super) fn set_neurons(&mut self, fired: &Fired, group_size: usize) {
        let classes = self.split.classes.len();
        self.neurons = fired.by_class(classes, |neuron| Some(neuron / group_size));
    }

    /// The vote over images that are the known digits, in their order.
    fn vote(&self, known: &[ClassImages], answers: &[Answer]) -> Evaluation {
        let trained = &self.split.classes;
        let mut evaluation = Evaluation::empty(known, trained.len());
        let mut rest = answers;
        for (row, class) in known.iter().enumerate() {
            let (of_class, next) = rest.split_at(class.images.len());
            for answer in of_class {
                evaluation.add(row, answer.spikes, answer.group, trained);
            }
            rest = next;
        }
        evaluation
    }

    /// Measures the detection of what is not known, once all sets are there.
    pub(super) fn finish(&mut self) {
        let none = Vec::new();
        let answers = |set| self.answers.get(&set).unwrap_or(&none);
        for set in self.sets.keys().filter(|set| **set != TestSet::Known) {
            let detections = Detections::of(answers(TestSet::Known), answers(*set));
            if let Some(detections) = detections {
                self.detection.insert(*set, detections);
            }
        }
        let by = |set, score| Some(self.detection.get(&set)?.by(score).auroc);
        self.auroc = Aurocs {
            unknown: by(TestSet::Unknown, Score::Margin),
            noise: by(TestSet::Noise, Score::Total),
            blurred: by(TestSet::Blurred, Score::Total),
        };
        // Accuracy without noise begins the curve.
        let silent = self
            .sets
            .get(&TestSet::Known)
            .map_or(0, |known| known.silent);
        let clean = Noisy {
            strength: 0.0,
            accuracy: self.accuracy,
            silent,
        };
        self.noisy.insert(0, clean);
    }
}
