//! Networks that are shown classes which they have not learned, and noise.

use super::open_set::{Heard, OpenSet};
use super::similarity::Likeness;
use super::{Arm, ClaimsPlan};
use crate::backend::{Backend, TestImages};
use crate::backprop::{Learner, Learners};
use crate::dataset::Dataset;
use crate::experiment::answers::{Listener, answers};
use crate::experiment::evaluate::Answer;
use crate::experiment::prepare::{as_shown, some_as_shown};
use crate::experiment::selection;
use crate::experiment::test_sets::{HeldOut, Source, TestSet, TestSets};
use crate::experiment::train::frozen;
use crate::experiment::{Event, ExperimentError, Observer};
use crate::model::rng::Stream;
use crate::trained::Trained;

/// Training images, from all over them, that what is evoked later is compared with.
const COMPARED: usize = 2_000;

/// What an image evoked in a network.
struct Shown {
    vector: Vec<f32>,
    /// Place of the class that it was taken for.
    winner: Option<usize>,
    scores: [(&'static str, f64); 3],
}

/// Shows images; what each evoked, network by network.
type Show<'a> = &'a mut dyn FnMut(TestImages<'_>) -> Result<Vec<Vec<Shown>>, ExperimentError>;

/// Shows classes that they have not learned, and noise, to networks that learn by local rules.
///
/// # Errors
/// When the data are too few, or the backend or the observer fails.
pub fn open_local(
    backend: &dyn Backend,
    data: &Dataset,
    (plan, arms): (&ClaimsPlan, &[Arm]),
    trained: &Trained,
    observer: &mut Observer<'_>,
) -> Result<Vec<OpenSet>, ExperimentError> {
    let mut found = Vec::new();
    let mut replicas = trained.replicas.as_slice();
    for arm in arms {
        let own;
        (own, replicas) = replicas.split_at(arm.params.replicas().count().min(replicas.len()));
        let size = arm.params.model.network.group_size();
        let mut show = |images: TestImages<'_>| {
            let mut shown: Vec<Vec<Shown>> = own.iter().map(|_| Vec::new()).collect();
            let listener = Listener {
                take: &mut |network, _, counts| {
                    let answer = Answer::new(counts, size);
                    shown[network].push(Shown {
                        vector: counts.iter().map(|&count| f32::from(count)).collect(),
                        winner: answer.group.class(),
                        scores: [
                            ("total", f64::from(answer.spikes)),
                            ("winner", f64::from(answer.most)),
                            ("margin", f64::from(answer.margin())),
                        ],
                    });
                },
                told: &mut |images| {
                    observer(Event::Tested { images, of: images })
                        .map_err(ExperimentError::Observer)
                },
            };
            answers(backend, &frozen(own), images, listener)?;
            Ok(shown)
        };
        let seeds: Vec<u64> = own.iter().map(|replica| replica.network.seed).collect();
        found.extend(open(data, (plan, arm), &seeds, &mut show)?);
    }
    Ok(found)
}

/// The same of networks that backpropagation has trained.
///
/// # Errors
/// When the data are too few.
pub fn open_comparators(
    data: &Dataset,
    (plan, arm): (&ClaimsPlan, &Arm),
    learners: &Learners,
) -> Result<Vec<OpenSet>, ExperimentError> {
    let inputs = arm.params.model.inputs();
    let mut show = |images: TestImages<'_>| {
        let of_network = |network: &Learner| {
            let mut shown = Vec::new();
            network.hear((images.pixels, inputs), images.images, |_, answer, _| {
                shown.push(Shown {
                    winner: answer.decision.class(),
                    scores: answer.scores(),
                    vector: answer.of_classes,
                });
            });
            shown
        };
        Ok(learners.networks.iter().map(of_network).collect())
    };
    let seeds: Vec<u64> = learners.networks.iter().map(|own| own.seed).collect();
    open(data, (plan, arm), &seeds, &mut show)
}

/// What `show` finds for each network, with known and unknown images and noise.
fn open(
    data: &Dataset,
    (plan, arm): (&ClaimsPlan, &Arm),
    seeds: &[u64],
    show: Show<'_>,
) -> Result<Vec<OpenSet>, ExperimentError> {
    let (params, classes) = (&arm.params, &arm.params.model.network.classes);
    let evoked = evoked(data, arm, show)?;
    let shown = as_shown(&params.model.input, &data.test)?;
    let source = Source {
        data,
        params,
        unknown: &arm.unknown,
        held_out: HeldOut::Test,
        noise_images: plan.noise_images,
    };
    let asked = [
        TestSet::Known,
        TestSet::Unknown,
        TestSet::Noise,
        TestSet::Pixelwise,
    ];
    let sets = TestSets::new(source, &shown, &asked)?;
    let labels = sets.known_labels();
    let mut heard: Vec<Vec<(TestSet, Heard)>> = seeds.iter().map(|_| Vec::new()).collect();
    for (set, images) in sets.all() {
        let of_networks = show(images)?.into_iter().zip(&evoked);
        for ((answers, evoked), heard) in of_networks.zip(&mut heard) {
            let mut of_set = Heard::default();
            for (place, answer) in answers.iter().enumerate() {
                let class = answer.winner.map(|winner| classes[winner]);
                let right = set == TestSet::Known && class == labels.get(place).copied();
                of_set.add(answer.scores, right);
                of_set.add_more(evoked.scores(&answer.vector, answer.winner));
            }
            heard.push((set, of_set));
        }
    }
    let networks = seeds.iter().zip(&heard);
    Ok(networks
        .map(|(&seed, heard)| OpenSet::new(arm, seed, heard))
        .collect())
}

/// What training images have evoked in each network, where they were recognised.
fn evoked(data: &Dataset, arm: &Arm, show: Show<'_>) -> Result<Vec<Likeness>, ExperimentError> {
    let params = &arm.params;
    let training = selection::training(&data.train, params)?;
    let every = training.len().div_ceil(COMPARED).max(1);
    let chosen: Vec<_> = training.iter().step_by(every).collect();
    let images: Vec<u32> = chosen.iter().map(|showing| showing.image).collect();
    let shown = some_as_shown(&params.model.input, &data.train, images.iter().copied())?;
    let images = TestImages {
        pixels: shown.pixels(),
        images: &images,
        keys: &[],
        stream: Stream::Label,
        attempt: 0,
    };
    let of_network = |answers: Vec<Shown>| {
        let groups = chosen.iter().map(|showing| showing.group as usize);
        let all = answers.into_iter().zip(groups);
        let right = all.filter(|(answer, group)| answer.winner == Some(*group));
        let vectors = right.map(|(answer, group)| (group, answer.vector));
        Likeness::new(vectors.collect(), params.model.network.classes.len())
    };
    Ok(show(images)?.into_iter().map(of_network).collect())
}
