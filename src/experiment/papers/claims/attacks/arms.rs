//! Who is attacked: networks that have learned three digits, by a local rule with and without pruning, with as few weights by
//! other means, and by backpropagation.

use super::victim::Victim;
use crate::backend::Backend;
use crate::backprop::Learners;
use crate::dataset::{Dataset, DatasetError};
use crate::draws::generator;
use crate::experiment::evaluate::evaluate;
use crate::experiment::papers::antonov_sukhov::{L1_TAUS, remove_smallest};
use crate::experiment::papers::claims::plan::LARGE_HIDDEN;
use crate::experiment::papers::claims::{Arm, ClaimsPlan, Kind};
use crate::experiment::prepare::some_as_shown;
use crate::experiment::selection::{self, indices};
use crate::experiment::train::zero_fraction;
use crate::experiment::{ExperimentError, Observer};
use crate::model::rng::Stream;
use crate::params::{Decay, PruningMode, Sparsity, TauPrune, TauRule};
use crate::trained::Replica;
use rand::seq::index;

/// Stream of a seed: which weights a random mask leaves.
const MASK: u64 = 1 << 37;
/// Validation images of each class, by which settings are chosen.
const VALIDATION: usize = 500;
/// How much accuracy on them a penalty may lose.
const MATCHED: f64 = 0.005;
/// By how much the threshold of the unpruned network is raised at most, and in which steps.
const RAISED_MV: f64 = 15.0;
const RAISE_MV: f64 = 0.5;

const UNPRUNED: &str = "unpruned";
const PRUNED: &str = "use it or lose it";
const PENALTY: &str = "L1 penalty";

impl ClaimsPlan {
    /// What is trained to be attacked; nothing where not all ten digits are learned, or nothing is attacked.
    pub fn attack_arms(&self, kind: Kind) -> Vec<Arm> {
        let splits = self.splits();
        let (Some(split), 1..) = (splits.first(), self.attack_images) else {
            return Vec::new();
        };
        let on_split = |arm: &Arm| self.on_split(arm, split);
        if kind == Kind::Backprop {
            let arms = self.arms(kind);
            let asked = arms.iter().filter(|arm| {
                let own = arm.params.backprop.as_ref();
                own.is_some_and(|own| match own.sparsity {
                    Sparsity::None => arm.method != "cnn" && own.hidden != LARGE_HIDDEN,
                    Sparsity::Rigl => own.connectivity == 0.1,
                    Sparsity::L1 => own.strength == 0.03,
                    Sparsity::SpikePenalty => own.spike_penalty == 3e-4,
                    _ => false,
                })
            });
            return asked.map(on_split).collect();
        }
        let of_kind = self.arms(kind);
        let Some(first) = of_kind.first().map(on_split) else {
            return Vec::new();
        };
        let arm = |method: String, mode, decay, tau_ms| {
            let mut arm = first.clone();
            arm.method = method;
            arm.params.job.validation_per_class = VALIDATION;
            let pruning = &mut arm.params.model.pruning;
            (pruning.mode, pruning.decay, pruning.tau_ms) = (mode, decay, tau_ms);
            pruning.remove_below = match decay {
                Decay::Gaussian if mode == PruningMode::Continuous => {
                    self.params.model.pruning.remove_below
                }
                _ => 0.0,
            };
            arm
        };
        let own = &self.params.model.pruning;
        let mut from_job = first.params.clone();
        from_job.model.pruning.tau_ms = TauPrune::Rule(TauRule::FromJob);
        let from_job = from_job.tau_prune_ms();
        let arms = [
            arm(UNPRUNED.into(), PruningMode::None, own.decay, own.tau_ms),
            arm(
                PRUNED.into(),
                PruningMode::Continuous,
                own.decay,
                own.tau_ms,
            ),
        ];
        let penalties = L1_TAUS.map(|factor| {
            let tau_ms = factor * from_job;
            let tau_ms = TauPrune::Ms(tau_ms);
            let mode = PruningMode::Continuous;
            arm(PENALTY.into(), mode, Decay::Linear, tau_ms)
        });
        arms.into_iter().chain(penalties).collect()
    }
}

/// Networks that have learned by local rules, and what follows from them, of one seed: `replicas` are those of the arms.
///
/// # Errors
/// When the data are too few, or the backend or the observer fails.
pub fn local(
    backend: &dyn Backend,
    data: &Dataset,
    (arms, replicas): (&[Arm], &[&Replica]),
    observer: &mut Observer<'_>,
) -> Result<Vec<Victim>, ExperimentError> {
    let [unpruned, pruned, penalties @ ..] = replicas else {
        return Ok(Vec::new());
    };
    let zeros = zero_fraction(&pruned.network.params, &pruned.weights);
    let accuracy = |replica: &Replica| {
        let last = replica.metrics.last();
        last.and_then(|row| row.validation_accuracy).unwrap_or(0.0)
    };
    let victim = |name, setting: String, replica: Replica| Victim::Local {
        name,
        setting,
        replica: Box::new(replica),
    };
    let changed = |name, change: &dyn Fn(&mut [f32])| {
        let mut replica = (*unpruned).clone();
        change(&mut replica.weights);
        victim(name, String::new(), replica)
    };
    let mut victims = vec![
        changed(UNPRUNED, &|_| {}),
        victim(PRUNED, String::new(), (*pruned).clone()),
        changed("random mask", &|weights| {
            let count = (zeros * weights.len() as f64).round() as usize;
            let mut rng = generator(unpruned.network.seed, MASK);
            for at in index::sample(&mut rng, weights.len(), count.min(weights.len())) {
                weights[at] = 0.0;
            }
        }),
        changed("smallest removed", &|weights| {
            remove_smallest(weights, zeros);
        }),
    ];
    let most = (0..penalties.len())
        .max_by(|&a, &b| accuracy(penalties[a]).total_cmp(&accuracy(penalties[b])));
    let matching = |replica: &&Replica| accuracy(replica) >= accuracy(pruned) - MATCHED;
    if let Some(at) = penalties.iter().position(matching).or(most) {
        let seconds = arms[2 + at].params.tau_prune_ms() / 1000.0;
        let setting = format!("tau {seconds:.0} s");
        victims.push(victim(PENALTY, setting, penalties[at].clone()));
    }
    let raised = raised(backend, data, unpruned, accuracy(pruned), observer)?;
    let mv = raised.network.params.model.excitatory.v_threshold_test_mv;
    let name = "unpruned, higher threshold";
    victims.push(victim(name, format!("{mv} mV"), raised));
    Ok(victims)
}

/// The network with the threshold in testing, at its own or above, that comes nearest to an accuracy on validation images.
fn raised(
    backend: &dyn Backend,
    data: &Dataset,
    replica: &Replica,
    accuracy: f64,
    observer: &mut Observer<'_>,
) -> Result<Replica, ExperimentError> {
    let steps = (RAISED_MV / RAISE_MV) as usize;
    let raised: Vec<Replica> = (0..=steps)
        .map(|step| {
            let mut raised = replica.clone();
            let cell = &mut raised.network.params.model.excitatory;
            cell.v_threshold_test_mv += RAISE_MV * step as f64;
            raised
        })
        .collect();
    let params = &replica.network.params;
    let validation = selection::validation(&data.train, params)?;
    let shown = some_as_shown(&params.model.input, &data.train, indices(&validation))?;
    let stream = Stream::Validation;
    let found = evaluate(backend, &raised, &shown, &validation, stream, observer)?;
    let far = |at: usize| (found[at].accuracy.unwrap_or(0.0) - accuracy).abs();
    let nearest = (0..raised.len()).min_by(|&a, &b| far(a).total_cmp(&far(b)).then(b.cmp(&a)));
    Ok(raised[nearest.unwrap_or(0)].clone())
}

/// The networks of an arm that backpropagation has trained, of one seed after another.
pub fn of_backprop(arm: &Arm, learners: &Learners) -> Vec<Victim> {
    // The method, without the classes, which are those of all.
    let name = arm.method.clone();
    let networks = learners.networks.iter();
    networks
        .map(|learner| Victim::Backprop {
            name: name.clone(),
            learner: learner.clone(),
        })
        .collect()
}

/// The test images of the classes of an arm, in the order of the file, with the places of their classes.
pub fn images(data: &Dataset, arm: &Arm) -> Result<Vec<(u32, usize)>, DatasetError> {
    let classes = &arm.params.model.network.classes;
    data.test.check_shape(arm.params.model.input.image())?;
    let known = selection::first_of_classes(&data.test, classes, arm.params.job.test_per_class);
    let mut images: Vec<(u32, usize)> = (known.iter().enumerate())
        .flat_map(|(place, class)| class.images.iter().map(move |&image| (image, place)))
        .collect();
    images.sort_unstable();
    Ok(images)
}
