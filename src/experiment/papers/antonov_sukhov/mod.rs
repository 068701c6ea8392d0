//! The experiment of Antonov & Sukhov: the same network with and without weight regularisation, shown digits
//! that it knows, digits that it does not, and noise.
//!
//! Arms share images, order, weights, delays and input spikes, as they share seeds. All arms, seeds, splits and
//! controls train side by side as replicas of one job; then each split's networks are tested together.

mod arms;
mod claims;
mod controls;
mod detection;
mod plan;
mod raster;
mod results;

pub(super) use arms::L1_TAUS;
pub use arms::{ArmName, Split, random_splits};
use claims::claims;
pub use claims::{Claim, PUBLISHED};
pub(super) use controls::remove_smallest;
pub use detection::{Aurocs, Detections, Score};
pub use plan::{ArmsPlan, MOST_SPLITS};
pub use raster::Shown;
pub use results::{NetworkResult, Noisy, Reproduction, SetResult, Tried, independent};

use crate::backend::{Backend, Frozen};
use crate::dataset::Dataset;
use crate::experiment::answers::{Listener, answers};
use crate::experiment::evaluate::Answer;
use crate::experiment::fired::Fired;
use crate::experiment::operations::of_network;
use crate::experiment::papers::plan::begin;
use crate::experiment::prepare::as_shown;
use crate::experiment::saving::Saving;
use crate::experiment::test_sets::{Source, TestSet, TestSets};
use crate::experiment::train::train_networks;
use crate::experiment::{Event, ExperimentError, Observer};
use crate::network::Network;
use crate::trained::{Metrics, Trained};
use arms::Variant;
use std::time::Instant;

/// Images of each set that a result keeps to show.
const SAMPLES: usize = 10;

/// Runs the experiment; with `begun` the training, saved on its way, goes on from there.
///
/// # Errors
/// When parameters make no sense, the data are too few, what was begun does not belong to the plan, the backend or
/// the observer fails, or the training was stopped.
pub fn reproduce(
    backend: &dyn Backend,
    data: &Dataset,
    plan: &ArmsPlan,
    begun: Option<Trained>,
    saving: Saving<'_>,
    observer: &mut Observer<'_>,
) -> Result<Reproduction, ExperimentError> {
    let start = Instant::now();
    let shown = as_shown(&plan.params.model.input, plan.held_out.of(data))?;
    let sets = plan
        .splits
        .iter()
        .map(|split| {
            let source = Source {
                data,
                params: &plan.of_split(split),
                unknown: &split.unknown,
                held_out: plan.held_out,
                noise_images: plan.noise_images,
            };
            TestSets::new(source, &shown, &plan.sets())
        })
        .collect::<Result<Vec<_>, _>>()?;
    let variants = arms::variants(plan);
    let networks: Vec<_> = variants
        .iter()
        .map(|variant| (&variant.params, variant.replica))
        .collect();
    let begun = begin(&networks, begun)?;
    let before = begun.seconds;
    let trained = train_networks(backend, &data.train, begun, saving, observer)?;
    let train_seconds = (trained.whole_seconds()).map(|all| all / variants.len().max(1) as f64);
    let mut result = Reproduction::new(plan, &data.names, backend);
    let per_split = variants.len() / plan.splits.len().max(1);
    let mut tests = Tests {
        backend,
        observer,
        done: 0,
        of: sets.iter().map(TestSets::presentations).sum::<usize>()
            * controls::tested(plan, per_split),
    };
    for (index, (sets, split)) in sets.iter().zip(&plan.splits).enumerate() {
        let range = index * per_split..(index + 1) * per_split;
        let mut subjects = subjects(&variants, &trained, train_seconds, range);
        let controls = controls::choose(plan, split, &mut subjects, &mut result.controls_tried);
        result.arms.extend(tests.of_split(split, sets, &subjects)?);
        if index == 0 {
            result.raster = raster::record(backend, sets, &subjects)?;
        }
        result
            .controls
            .extend(tests.of_split(split, sets, &controls)?);
    }
    if let Some(sets) = sets.first() {
        result.samples = sets.samples(SAMPLES);
    }
    result.summary = claims(&result);
    result.seconds = before + start.elapsed().as_secs_f64();
    Ok(result)
}

/// A trained network with weights to test.
#[derive(Clone)]
struct Subject<'a> {
    name: ArmName,
    network: &'a Network,
    weights: Vec<f32>,
    learning: &'a [Metrics],
    train_seconds: Option<f64>,
}

fn subjects<'a>(
    variants: &[Variant],
    trained: &'a Trained,
    train_seconds: Option<f64>,
    range: std::ops::Range<usize>,
) -> Vec<Subject<'a>> {
    let of_split = variants[range.clone()].iter().zip(&trained.replicas[range]);
    of_split
        .map(|(variant, replica)| Subject {
            name: variant.name.clone(),
            network: &replica.network,
            weights: replica.weights.clone(),
            learning: &replica.metrics,
            train_seconds,
        })
        .collect()
}

/// The tests of all splits, with their progress.
struct Tests<'a, 'o> {
    backend: &'a dyn Backend,
    observer: &'a mut Observer<'o>,
    done: usize,
    of: usize,
}

impl Tests<'_, '_> {
    /// Shows all sets of a split to its networks.
    fn of_split(
        &mut self,
        split: &Split,
        sets: &TestSets<'_>,
        subjects: &[Subject<'_>],
    ) -> Result<Vec<NetworkResult>, ExperimentError> {
        let frozen: Vec<Frozen<'_>> = subjects
            .iter()
            .map(|subject| Frozen {
                network: subject.network,
                weights: &subject.weights,
            })
            .collect();
        let mut results: Vec<NetworkResult> = subjects
            .iter()
            .map(|subject| NetworkResult::new(subject, split))
            .collect();
        for (set, images) in sets.all() {
            let mut all = vec![Vec::new(); frozen.len()];
            let neurons = |frozen: &Frozen<'_>| frozen.network.params.model.neurons();
            let mut fired: Vec<Fired> = (frozen.iter().map(neurons).map(Fired::none_of)).collect();
            let size = |network: usize| frozen[network].network.params.model.network.group_size();
            let listener = Listener {
                take: &mut |network, _, counts| {
                    fired[network].add(counts);
                    all[network].push(Answer::new(counts, size(network)));
                },
                told: &mut |lanes| {
                    self.done += lanes;
                    let (images, of) = (self.done, self.of);
                    (self.observer)(Event::Tested { images, of }).map_err(ExperimentError::Observer)
                },
            };
            answers(self.backend, &frozen, images, listener)?;
            for (network, (result, answers)) in results.iter_mut().zip(all).enumerate() {
                if set == TestSet::Known {
                    result.set_neurons(&fired[network], size(network));
                    let spikes = answers.iter().map(|answer| u64::from(answer.spikes)).sum();
                    let of = (&frozen[network].network.params, frozen[network].weights);
                    result.operations = of_network(of, (images.pixels, images.images), spikes)?;
                }
                result.add(set, &sets.known, answers);
            }
        }
        results.iter_mut().for_each(NetworkResult::finish);
        Ok(results)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::cpu::Cpu;
    use crate::dataset;
    use crate::experiment::test_sets::HeldOut;
    use crate::params::{PerClass, PruningMode, Shard, TrainImages};
    use crate::presets;
    use std::path::Path;

    /// Thresholds in testing, front ends and rules differ from preset to preset; a drawing must not.
    #[test]
    fn rasters_show_the_spikes_that_the_tests_count() {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
        let (data, cpu) = (dataset::load(&data).unwrap(), Cpu::new(0).unwrap());
        let with_groups = presets::PRESETS
            .into_iter()
            .filter(|(name, _)| *name != "diehl-cook");
        for (name, _) in with_groups {
            let mut params = presets::by_name(name).unwrap();
            params.job.train = TrainImages::PerClass(20);
            params.job.test_per_class = PerClass::First(2);
            params.job.epochs = 1;
            params.model.time.dt_ms = 1.0;
            let plan = ArmsPlan {
                arms: vec![PruningMode::None, PruningMode::Final],
                seeds: 1,
                controls: false,
                edges: false,
                shard: Shard::WHOLE,
                noise_images: 1,
                held_out: HeldOut::Test,
                splits: vec![Split {
                    classes: params.model.network.classes.clone(),
                    unknown: Vec::new(),
                }],
                params,
            };
            let silent: &mut Observer<'_> = &mut |_| Ok(());
            let found = reproduce(&cpu, &data, &plan, None, Saving::NONE, silent).unwrap();
            let drawn = found
                .raster
                .iter()
                .map(|raster| raster.presentation.excitatory.len());
            let counted = found
                .arms
                .iter()
                .map(|arm| arm.answers[&TestSet::Known][0].spikes as usize);
            let (drawn, counted) = (drawn.collect::<Vec<_>>(), counted.collect::<Vec<_>>());
            assert_eq!(drawn, counted, "{name}");
            assert!(drawn.iter().any(|&spikes| spikes > 0), "{name} is silent");
        }
    }
}
