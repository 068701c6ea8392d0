//! What test sets evoke in trained networks of any kind, by groups or by labels.

use super::answers::{Listener, answers, first_answers};
use super::evaluate::{ImageAnswer, Seat};
use super::test_sets::{TestSet, TestSets};
use super::train::frozen;
use super::{Event, ExperimentError, Observer};
use crate::backend::Backend;
use crate::trained::{Evoked, Replica};
use serde::Serialize;
use std::collections::BTreeMap;

/// What a set evoked in a network.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SetAnswers {
    #[serde(flatten)]
    pub evoked: Evoked,
    pub spikes_per_image: f64,
    /// Images by the class that they were taken for, in the order of the trained classes.
    pub answers: Vec<usize>,
    pub tied: usize,
    /// Share of the known digits that were recognised, also under noise; none for sets without right answers.
    pub accuracy: Option<f64>,
}

/// Shows sets to networks with frozen weights. Noise is shown once, however little it evokes, digits as in every test.
///
/// # Errors
/// When neurons that vote by labels have none, or the backend or the observer fails.
pub fn answer_sets(
    backend: &dyn Backend,
    replicas: &[Replica],
    sets: &TestSets<'_>,
    observer: &mut Observer<'_>,
) -> Result<Vec<BTreeMap<TestSet, SetAnswers>>, ExperimentError> {
    let lanes = frozen(replicas);
    let seats = replicas
        .iter()
        .map(Seat::of)
        .collect::<Result<Vec<_>, _>>()?;
    let known = sets.known_labels();
    let (of, mut done) = (sets.presentations() * lanes.len(), 0);
    let mut found = vec![BTreeMap::new(); lanes.len()];
    for (set, images) in sets.all() {
        let labels = match set {
            TestSet::Known | TestSet::Noisy { .. } => known.as_slice(),
            _ => &[],
        };
        let mut counted: Vec<Counted> = seats.iter().map(|seat| Counted::new(seat)).collect();
        let listener = Listener {
            take: &mut |network, place, counts| {
                let image = (place as u32, labels.get(place).copied().unwrap_or_default());
                let answer = ImageAnswer::new(network, image, counts, seats[network]);
                counted[network].add(&answer, seats[network].classes);
            },
            told: &mut |lanes| {
                done += lanes;
                observer(Event::Tested { images: done, of }).map_err(ExperimentError::Observer)
            },
        };
        match set {
            TestSet::Known | TestSet::Unknown => answers(backend, &lanes, images, listener)?,
            _ => first_answers(backend, &lanes, images, listener)?,
        }
        for (found, counted) in found.iter_mut().zip(counted) {
            found.insert(set, counted.finish(!labels.is_empty()));
        }
    }
    Ok(found)
}

/// Answers of one network to a set, so far.
struct Counted {
    evoked: Evoked,
    answers: Vec<usize>,
    tied: usize,
    correct: usize,
}

impl Counted {
    fn new(seat: &Seat<'_>) -> Self {
        Self {
            evoked: Evoked::default(),
            answers: vec![0; seat.classes.len()],
            tied: 0,
            correct: 0,
        }
    }

    fn add(&mut self, answer: &ImageAnswer, classes: &[u8]) {
        let found = &answer.recognition;
        self.evoked.add(found.spikes.into());
        self.tied += usize::from(found.tied);
        self.correct += usize::from(found.answer == Some(answer.label));
        let place = |class| classes.iter().position(|known| *known == class);
        if let Some(place) = found.answer.and_then(place) {
            self.answers[place] += 1;
        }
    }

    fn finish(self, has_right_answers: bool) -> SetAnswers {
        SetAnswers {
            evoked: self.evoked,
            spikes_per_image: self.evoked.spikes_per_image(),
            answers: self.answers,
            tied: self.tied,
            accuracy: has_right_answers
                .then(|| self.correct as f64 / self.evoked.images.max(1) as f64),
        }
    }
}
