//! The experiment of Diehl & Cook: networks of several sizes that learn ten digits without labels, tested by labels
//! that their neurons are given afterwards. With the arms of Antonov & Sukhov: what weight regularisation does to such a
//! network.
//!
//! Networks of one size train side by side, size after size.

mod plan;
mod results;

pub use plan::{BINDSNET, SIZES, SizesPlan, published};
pub use results::{CurvePoint, DiehlCook, SizeClaim, SizeResult};

use crate::backend::Backend;
use crate::dataset::Dataset;
use crate::experiment::answers::{Listener, first_answers};
use crate::experiment::evaluate::evaluate;
use crate::experiment::operations::of_networks;
use crate::experiment::papers::plan::begin;
use crate::experiment::prepare::as_shown;
use crate::experiment::saving::Saving;
use crate::experiment::test_sets::{HeldOut, Source, TestSet, TestSets};
use crate::experiment::train::{frozen, train_networks};
use crate::experiment::{ExperimentError, Observer};
use crate::model::rng::Stream;
use crate::trained::{Evoked, Trained};

/// Trains the networks of one size; with `begun` the training, saved on its way, goes on from there.
///
/// # Errors
/// When parameters make no sense, the data are too few, what was begun does not belong to the plan, the backend or the
/// observer fails, or the training was stopped.
pub fn train_size(
    backend: &dyn Backend,
    data: &Dataset,
    plan: &SizesPlan,
    size: usize,
    begun: Option<Trained>,
    saving: Saving<'_>,
    observer: &mut Observer<'_>,
) -> Result<Trained, ExperimentError> {
    let networks = plan.networks(size);
    let networks: Vec<_> = networks
        .iter()
        .map(|(params, replica)| (params, *replica))
        .collect();
    let begun = begin(&networks, begun)?;
    train_networks(backend, &data.train, begun, saving, observer)
}

/// Tests trained networks of one size on all test images and on noise.
///
/// # Errors
/// When the data are too few, or the backend or the observer fails.
pub fn test_size(
    backend: &dyn Backend,
    data: &Dataset,
    plan: &SizesPlan,
    trained: &Trained,
    observer: &mut Observer<'_>,
) -> Result<Vec<SizeResult>, ExperimentError> {
    let shown = as_shown(&plan.params.model.input, &data.test)?;
    let source = Source {
        data,
        params: &plan.params,
        unknown: &[],
        held_out: HeldOut::Test,
        noise_images: plan.noise_images,
    };
    let sets = TestSets::new(source, &shown, &[TestSet::Noise])?;
    let (replicas, stream) = (&trained.replicas, Stream::Test);
    let evaluations = evaluate(backend, replicas, &shown, &sets.known, stream, observer)?;
    let operations = of_networks(replicas, &shown, &sets.known, &evaluations)?;
    let noise = noise(backend, &sets, trained)?;
    let tested = evaluations.into_iter().zip(operations).zip(noise);
    let results = replicas.iter().zip(tested);
    Ok(results
        .map(|(replica, ((evaluation, operations), noise))| {
            SizeResult::new(trained, replica, (evaluation, operations), noise)
        })
        .collect())
}

/// What noise evokes at its plain intensity: it is not shown again where a network stays nearly silent.
fn noise(
    backend: &dyn Backend,
    sets: &TestSets<'_>,
    trained: &Trained,
) -> Result<Vec<Evoked>, ExperimentError> {
    let lanes = frozen(&trained.replicas);
    let mut noise = vec![Evoked::default(); lanes.len()];
    for (_, images) in sets.all() {
        let mut take = |network: usize, _: usize, counts: &[u16]| {
            noise[network].add(counts.iter().map(|&count| u64::from(count)).sum());
        };
        let listener = Listener {
            take: &mut take,
            told: &mut |_| Ok(()),
        };
        first_answers(backend, &lanes, images, listener)?;
    }
    Ok(noise)
}
