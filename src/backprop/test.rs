//! Testing what backpropagation has trained: the same documents as of networks that learn by local rules.

use super::{Learner, Learners, settings, spikes};
use crate::backend::TestImages;
use crate::experiment::evaluate::Evaluation;
use crate::experiment::operations::Operations;
use crate::experiment::prepare::ShownImages;
use crate::experiment::selection::ClassImages;
use crate::experiment::set_answers::SetAnswers;
use crate::experiment::test_sets::{TestSet, TestSets};
use crate::labels::Decision;
use crate::trained::Evoked;
use std::collections::BTreeMap;
use std::time::Instant;

/// Images answered at once.
const AT_ONCE: usize = 500;
/// What a network answers to an image.
pub(crate) struct Answer {
    pub decision: Decision,
    /// The score of each class.
    pub of_classes: Vec<f32>,
    spikes: u32,
    /// The largest score, the next, and the softmax of the largest.
    winner: f64,
    second: f64,
    probability: f64,
}

impl Answer {
    /// What may tell whether the image is of a known class.
    pub fn scores(&self) -> [(&'static str, f64); 3] {
        [
            ("winner", self.winner),
            ("margin", self.winner - self.second),
            ("probability", self.probability),
        ]
    }
}

impl Learner {
    /// Its answers to images, given by their places among all, handed out one by one with their operations.
    pub(crate) fn hear(
        &self,
        (pixels, inputs): (&[u8], usize),
        images: &[u32],
        mut take: impl FnMut(usize, Answer, [u64; 2]),
    ) {
        for (part, images) in images.chunks(AT_ONCE).enumerate() {
            let of_image = |&image: &u32| &pixels[image as usize * inputs..][..inputs];
            let bytes: Vec<u8> = images.iter().flat_map(of_image).copied().collect();
            let found = self.answers(&bytes, inputs);
            for (place, scores) in found.scores.outer_iter().enumerate() {
                let spikes = found.spikes.as_ref().map(|spikes| spikes[place]);
                let most = scores.fold(f32::MIN, |most, &score| most.max(score));
                let mut best = (0..scores.len()).filter(|&class| scores[class] == most);
                let decision = match (spikes, best.next(), best.next()) {
                    (Some(0), ..) | (_, None, _) => Decision::Silent,
                    (_, Some(class), None) => Decision::Class(class),
                    (_, Some(first), Some(_)) => Decision::Tied(first),
                };
                let mut sorted = scores.to_vec();
                sorted.sort_by(|a, b| b.total_cmp(a));
                let sum: f32 = scores.iter().map(|score| (score - most).exp()).sum();
                let answer = Answer {
                    decision,
                    of_classes: scores.to_vec(),
                    spikes: spikes.unwrap_or(0),
                    winner: most.into(),
                    second: sorted.get(1).copied().unwrap_or(most).into(),
                    probability: 1.0 / f64::from(sum),
                };
                take(part * AT_ONCE + place, answer, found.operations[place]);
            }
        }
    }
}

/// Shows images of each class to every network. Networks without spikes are never silent.
pub fn evaluate(
    learners: &Learners,
    images: &ShownImages<'_>,
    shown: &[ClassImages],
) -> Vec<(Evaluation, Operations)> {
    let (start, params) = (Instant::now(), &learners.params);
    let (trained, inputs) = (&params.model.network.classes, params.model.inputs());
    let spiking = spikes(settings(params));
    let of_network = |network: &Learner| {
        let mut evaluation = Evaluation::empty(shown, trained.len());
        let mut sums = [0; 2];
        for (row, class) in shown.iter().enumerate() {
            network.hear(
                (images.pixels(), inputs),
                &class.images,
                |_, answer, own| {
                    evaluation.add(row, answer.spikes, answer.decision, trained);
                    (sums[0], sums[1]) = (sums[0] + own[0], sums[1] + own[1]);
                },
            );
        }
        if !spiking {
            evaluation.silent = 0;
        }
        let mean = |sum: u64| sum as f64 / evaluation.images.max(1) as f64;
        let operations = Operations::new(sums.map(mean), [false, spiking]);
        (evaluation, operations)
    };
    let mut found: Vec<_> = learners.networks.iter().map(of_network).collect();
    let seconds = start.elapsed().as_secs_f64();
    found.iter_mut().for_each(|(own, _)| own.seconds = seconds);
    found
}

/// Shows sets to every network.
pub fn answer_sets(learners: &Learners, sets: &TestSets<'_>) -> Vec<BTreeMap<TestSet, SetAnswers>> {
    let known = sets.known_labels();
    let of_network = |network: &Learner| {
        let all = sets.all().map(|(set, images)| {
            let labels = match set {
                TestSet::Known | TestSet::Noisy { .. } => known.as_slice(),
                _ => &[],
            };
            (set, of_set(learners, network, images, labels))
        });
        all.collect()
    };
    learners.networks.iter().map(of_network).collect()
}

fn of_set(
    learners: &Learners,
    network: &Learner,
    images: TestImages<'_>,
    labels: &[u8],
) -> SetAnswers {
    let params = &learners.params;
    let (trained, inputs) = (&params.model.network.classes, params.model.inputs());
    let (mut evoked, mut taken, mut tied, mut correct) =
        (Evoked::default(), vec![0; trained.len()], 0, 0);
    network.hear(
        (images.pixels, inputs),
        images.images,
        |place, answer, _| {
            evoked.add(answer.spikes.into());
            tied += usize::from(answer.decision.is_tied());
            if let Some(class) = answer.decision.class() {
                taken[class] += 1;
                correct += usize::from(labels.get(place) == Some(&trained[class]));
            }
        },
    );
    if !spikes(settings(params)) {
        evoked.silent = 0;
    }
    SetAnswers {
        evoked,
        spikes_per_image: evoked.spikes_per_image(),
        answers: taken,
        tied,
        accuracy: (!labels.is_empty()).then(|| correct as f64 / evoked.images.max(1) as f64),
    }
}
