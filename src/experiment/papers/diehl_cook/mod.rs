//! The experiment of Diehl & Cook: networks of several sizes that learn ten digits without labels, tested by labels
//! that their neurons are given afterwards. With the arms of Antonov & Sukhov: what weight regularisation does to such a
//! network.
//!
//! Networks of one size train side by side, size after size.

mod plan;
mod results;

pub use plan::{BINDSNET, Plan, SIZES, published};
pub use results::{DiehlCook, NetworkResult, Noise, Point};

use crate::backend::{Backend, TestImages};
use crate::dataset::{Dataset, NoiseKind, mean_intensity, noise_images};
use crate::experiment::answers::{Listener, first_answers};
use crate::experiment::evaluate::evaluate;
use crate::experiment::papers::plan::begin;
use crate::experiment::prepare::{as_shown, scaled};
use crate::experiment::train::{Saving, frozen, train_networks};
use crate::experiment::{ExperimentError, Observer, selection};
use crate::model::rng::Stream;
use crate::trained::Trained;

/// Trains the networks of one size; with `begun` the training, saved on its way, goes on from there.
///
/// # Errors
/// When parameters make no sense, the data are too few, what was begun does not belong to the plan, the backend or the
/// observer fails, or the training was stopped.
pub fn train_size(
    backend: &dyn Backend,
    data: &Dataset,
    plan: &Plan,
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
    plan: &Plan,
    trained: &Trained,
    observer: &mut Observer<'_>,
) -> Result<Vec<NetworkResult>, ExperimentError> {
    let (classes, count) = (
        &plan.params.model.network.classes,
        plan.params.job.test_per_class,
    );
    let tested = selection::first_of_classes(&data.test, classes, count)?;
    let evaluations = evaluate(
        backend,
        &trained.replicas,
        &as_shown(&plan.params.model.input, &data.test),
        &tested,
        Stream::Test,
        observer,
    )?;
    let noise = noise(backend, data, plan, trained)?;
    let results = trained.replicas.iter().zip(evaluations).zip(noise);
    Ok(results
        .map(|((replica, evaluation), noise)| {
            NetworkResult::new(trained, replica, evaluation, noise)
        })
        .collect())
}

/// What noise evokes at its plain intensity: it is not shown again where a network stays nearly silent.
fn noise(
    backend: &dyn Backend,
    data: &Dataset,
    plan: &Plan,
    trained: &Trained,
) -> Result<Vec<Noise>, ExperimentError> {
    let shown = selection::training(&data.train, &plan.params)?;
    let mean = mean_intensity(&data.train, shown.iter().map(|showing| showing.image));
    let pixels = noise_images(
        NoiseKind::Delta,
        plan.noise_images,
        mean,
        plan.params.job.seed,
    );
    let pixels = scaled(&plan.params.model.input, &pixels);
    let images: Vec<u32> = (0..plan.noise_images as u32).collect();
    let lanes = frozen(&trained.replicas);
    let mut noise = vec![Noise::default(); lanes.len()];
    let mut take = |network: usize, _: usize, counts: &[u16]| {
        noise[network].add(counts.iter().map(|&count| u64::from(count)).sum());
    };
    let test = TestImages {
        pixels: &pixels,
        images: &images,
        stream: Stream::Artificial,
        attempt: 0,
    };
    let listener = Listener {
        take: &mut take,
        told: &mut |_| Ok(()),
    };
    first_answers(backend, &lanes, test, listener)?;
    Ok(noise)
}
