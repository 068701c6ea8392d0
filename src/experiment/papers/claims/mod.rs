//! What the papers claim of weights that are not used, held against what is usual: networks that learn by local rules and
//! prune as they learn, beside networks that backpropagation trains with as few weights, on the same images.

pub mod attacks;
mod change;
mod open_set;
mod plan;
mod results;
mod similarity;
mod unknown;

pub use change::{Changed, Learned, going_on};
pub use open_set::{OpenSet, Told};
pub use plan::{Arm, ClaimsPlan, Kind, LOCAL, METHODS};
pub use results::{ArmResult, Claims, OnNoise};
pub use unknown::{open_comparators, open_local};

use crate::backend::Backend;
use crate::backprop::{self, Learners};
use crate::dataset::Dataset;
use crate::experiment::evaluate::evaluate;
use crate::experiment::operations::of_networks;
use crate::experiment::papers::plan::begin;
use crate::experiment::prepare::{ShownImages, as_shown};
use crate::experiment::saving::Saving;
use crate::experiment::set_answers::answer_sets;
use crate::experiment::test_sets::{HeldOut, Source, TestSet, TestSets};
use crate::experiment::train::{train_networks, zero_fraction};
use crate::experiment::{ExperimentError, Observer};
use crate::model::rng::Stream;
use crate::params::Params;
use crate::trained::Trained;

/// Trains networks that learn by local rules, arm after arm, side by side; with `begun` the training, saved on its way, goes
/// on from there.
///
/// # Errors
/// When parameters make no sense, the data are too few, what was begun does not belong to the arms, the backend or the
/// observer fails, or the training was stopped.
pub fn train_local(
    backend: &dyn Backend,
    data: &Dataset,
    arms: &[Arm],
    begun: Option<Trained>,
    saving: Saving<'_>,
    observer: &mut Observer<'_>,
) -> Result<Trained, ExperimentError> {
    let networks = arms
        .iter()
        .flat_map(|arm| arm.params.replicas().map(|replica| (&arm.params, replica)));
    let begun = begin(&networks.collect::<Vec<_>>(), begun)?;
    train_networks(backend, &data.train, begun, saving, observer)
}

/// Tests them on the test images and on noise.
///
/// # Errors
/// When the data are too few, or the backend or the observer fails.
pub fn test_local(
    backend: &dyn Backend,
    data: &Dataset,
    (plan, arms): (&ClaimsPlan, &[Arm]),
    trained: &Trained,
    observer: &mut Observer<'_>,
) -> Result<Vec<ArmResult>, ExperimentError> {
    let Some(first) = arms.first() else {
        return Ok(Vec::new());
    };
    let shown = as_shown(&first.params.model.input, &data.test)?;
    let sets = sets(data, plan, &first.params, &shown)?;
    let (replicas, known) = (&trained.replicas, &sets.known);
    let evaluations = evaluate(backend, replicas, &shown, known, Stream::Test, observer)?;
    let operations = of_networks(replicas, &shown, known, &evaluations)?;
    let answers = answer_sets(backend, replicas, &sets, observer)?;
    let of_arms = arms
        .iter()
        .flat_map(|arm| arm.params.replicas().map(move |_| arm));
    let tested = evaluations.into_iter().zip(operations).zip(answers);
    let seconds = (trained.whole_seconds()).map(|all| all / replicas.len().max(1) as f64);
    Ok(of_arms
        .zip(replicas)
        .zip(tested)
        .map(|((arm, replica), ((evaluation, operations), answers))| {
            let connectivity = 1.0 - zero_fraction(&replica.network.params, &replica.weights);
            let seed = replica.network.seed;
            let of = (arm, seed, connectivity);
            ArmResult::new(of, (&evaluation, operations), &answers, seconds)
        })
        .collect())
}

/// Tests networks that backpropagation has trained.
///
/// # Errors
/// When the data are too few.
pub fn test_comparators(
    data: &Dataset,
    (plan, arm): (&ClaimsPlan, &Arm),
    learners: &Learners,
) -> Result<Vec<ArmResult>, ExperimentError> {
    let shown = as_shown(&arm.params.model.input, &data.test)?;
    let sets = sets(data, plan, &arm.params, &shown)?;
    let tested = backprop::evaluate(learners, &shown, &sets.known);
    let answers = backprop::answer_sets(learners, &sets);
    let networks = learners.networks.iter();
    let seconds = learners.seconds / learners.networks.len().max(1) as f64;
    Ok(networks
        .zip(tested)
        .zip(answers)
        .map(|((network, (evaluation, operations)), answers)| {
            let (present, all) = network.synapses();
            let of = (arm, network.seed, present as f64 / all as f64);
            ArmResult::new(of, (&evaluation, operations), &answers, Some(seconds))
        })
        .collect())
}

/// What networks are tested on: test images, and noise as bright as what they have learned.
fn sets<'a>(
    data: &Dataset,
    plan: &ClaimsPlan,
    params: &Params,
    shown: &'a ShownImages<'_>,
) -> Result<TestSets<'a>, ExperimentError> {
    let source = Source {
        data,
        params,
        unknown: &[],
        held_out: HeldOut::Test,
        noise_images: plan.noise_images,
    };
    Ok(TestSets::new(source, shown, &[TestSet::Noise])?)
}
