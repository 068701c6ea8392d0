// What holds for every network on any backend. Each backend includes this text as a module of its own, with
// `backend`, `available` and `CASES` beside it.

use super::jobs::{IMAGES, job};
use proptest::prelude::*;
use spikeprune::backend::{
    Backend, BackendError, Frozen, Phase, Recorded, Session, Shift, Showing, SpikeCounts, Record, TestImages,
};
use spikeprune::checkpoint::Checkpoint;
use spikeprune::trained::Replica;
use spikeprune::model::rng::Stream;
use spikeprune::network::{Network, State};
use spikeprune::params::{INPUTS, RETRIES, Vote};
use spikeprune::presets;

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: CASES,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Networks and what a read-out sees of them.
#[derive(Clone, Debug, PartialEq)]
struct Outcome {
    networks: Vec<Network>,
    weights: Vec<Vec<f32>>,
}

fn outcome(session: &mut dyn Session) -> Outcome {
    Outcome {
        networks: session.snapshot().unwrap(),
        weights: session.read_out().unwrap(),
    }
}

/// Trains networks from where they are on their plans.
fn train(threads: usize, networks: Vec<Network>, pixels: &[u8], plan: &[Vec<Showing>]) -> Outcome {
    let device = backend(threads);
    let mut session = device.start(networks).unwrap();
    session.train(pixels, plan).unwrap();
    outcome(session.as_mut())
}

fn show(threads: usize, outcome: &Outcome, pixels: &[u8], images: &[u32]) -> Vec<SpikeCounts> {
    let lanes: Vec<_> = (outcome.networks.iter().zip(&outcome.weights))
        .map(|(network, weights)| Frozen { network, weights })
        .collect();
    let stream = Stream::Test;
    let images = TestImages {
        pixels,
        images,
        stream,
attempt: 0,
};
    backend(threads).test(&lanes, images).unwrap()
}

/// Plans of two halves, cut before `at`.
fn cut(plan: &[Vec<Showing>], at: usize) -> [Vec<Vec<Showing>>; 2] {
    let part =
        |range: std::ops::Range<usize>| plan.iter().map(move |list| list[range.clone()].to_vec());
    [part(0..at).collect(), part(at..IMAGES).collect()]
}

/// Whether networks fired in training; a case in which none did would show nothing.
fn fired(outcome: &Outcome) -> bool {
    outcome
        .networks
        .iter()
        .all(|network| network.state.spikes_e > 0)
}

fn within(weights: &[f32], gmax: f64) -> bool {
    weights.iter().all(|w| (0.0..=gmax as f32).contains(w))
}

/// Input spikes of one presentation: (step, input).
fn recorded(steps: u32) -> impl Strategy<Value = Vec<(u32, u16)>> {
    prop::collection::vec((0..steps, 0..INPUTS as u16), 500..3_000)
}

/// The same network at a later time: every moment that it remembers moves along.
fn later(network: &Network, offset: u32) -> Network {
    let mut network = network.clone();
    let State {
        clock,
        neurons,
        inputs,
        ..
    } = &mut network.state;
    let of_neurons = neurons
        .last_spike_e
        .iter_mut()
        .chain(&mut neurons.last_spike_i);
    for moment in of_neurons.chain(&mut inputs.last_input).chain([clock]) {
        // Neurons that never fired did so before step 0, by a number below 2^32.
        *moment = moment.wrapping_add(offset);
    }
    network
}

fn shifted(spikes: &[(u32, u32)], offset: u32) -> Vec<(u32, u32)> {
    let shift = |&(step, neuron): &(u32, u32)| (step + offset, neuron);
    spikes.iter().map(shift).collect()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn weights_stay_between_zero_and_gmax(
        job in job(),
        spikes in recorded(40),
        window in recorded(20),
    ) {
        if !available() {
            return Ok(());
        }
        let gmax = job.params.model.learning.gmax;
        let device = backend(1);
        let mut session = device.start(vec![job.network(0)]).unwrap();
        session.train(&job.pixels.draw(), &[job.plan(0)]).unwrap();
        let trained = outcome(session.as_mut());
        prop_assume!(fired(&trained));
        let train = Phase::Train { group: 0 };
        for (spikes, steps, phase) in [(&spikes, 40, train), (&window, 20, Phase::Window)] {
            session.present(&Recorded::new(spikes, steps, phase)).unwrap();
            let now = outcome(session.as_mut());
            prop_assert!(within(&now.networks[0].weights, gmax));
            prop_assert!(within(&now.weights[0], gmax));
        }
        prop_assert!(within(&trained.networks[0].weights, gmax));
        prop_assert!(within(&trained.weights[0], gmax));
        prop_assert!(trained.networks[0].weights != job.network(0).weights);
    }

    #[test]
    fn a_seed_gives_the_same_bits_on_any_threads_and_in_any_company(
        job in job(),
        threads in 1..4usize,
        replica in 0..4usize,
    ) {
        if !available() {
            return Ok(());
        }
        let pixels = job.pixels.draw();
        let plan: Vec<_> = (0..4).map(|replica| job.plan(replica)).collect();
        let group = train(threads, (0..4).map(|r| job.network(r)).collect(), &pixels, &plan);
        prop_assume!(fired(&group));
        let alone = train(1, vec![job.network(replica)], &pixels, &plan[replica..=replica]);
        prop_assert!(alone.networks[0] == group.networks[replica]);
        prop_assert!(alone.weights[0] == group.weights[replica]);
        let images = [0, 3, 5];
        let shown = show(threads, &group, &pixels, &images);
        prop_assert_eq!(&show(1, &alone, &pixels, &images)[0], &shown[replica]);

        // The network of another job that begins with this seed.
        let mut of_seed = job.clone();
        of_seed.params.job.seed += replica as u64;
        let first = train(1, vec![of_seed.network(0)], &pixels, &plan[replica..=replica]);
        prop_assert!(first.networks[0].state == alone.networks[0].state);
        prop_assert!(first.weights == alone.weights);
    }

    #[test]
    fn training_in_chunks_is_training_in_one_go(
        job in job(),
        cuts in prop::collection::vec(0..=IMAGES, 0..4),
        reads in any::<[bool; 5]>(),
    ) {
        if !available() {
            return Ok(());
        }
        let pixels = job.pixels.draw();
        let plan = [job.plan(0), job.plan(1)];
        let networks = || vec![job.network(0), job.network(1)];
        let whole = train(2, networks(), &pixels, &plan);
        prop_assume!(fired(&whole));

        let mut ends = [cuts, vec![IMAGES]].concat();
        ends.sort_unstable();
        let device = backend(2);
        let mut session = device.start(networks()).unwrap();
        let mut done = 0;
        for (end, read) in ends.into_iter().zip(reads) {
            let chunk = plan.each_ref().map(|list| list[done..end].to_vec());
            session.train(&pixels, &chunk).unwrap();
            if read {
                // Reading in between is a look, however often.
                let seen = session.read_out().unwrap();
                prop_assert!(session.read_out().unwrap() == seen);
            }
            done = end;
        }
        prop_assert!(outcome(session.as_mut()) == whole);
    }

    #[test]
    fn stopping_and_going_on_is_never_having_stopped(job in job(), at in 0..=IMAGES) {
        if !available() {
            return Ok(());
        }
        let mut job = job;
        job.params.job.replicas = 2;
        let pixels = job.pixels.draw();
        let plan = [job.plan(0), job.plan(1)];
        let networks = || vec![job.network(0), job.network(1)];
        let whole = train(1, networks(), &pixels, &plan);
        prop_assume!(fired(&whole));

        let [before, after] = cut(&plan, at);
        let half = train(1, networks(), &pixels, &before);
        let direct = train(1, half.networks.clone(), &pixels, &after);
        prop_assert!(direct == whole);

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("half.safetensors");
        let Outcome { networks, weights } = half;
        let replicas = networks.into_iter().zip(weights);
        let replicas = replicas.map(|(network, weights)| Replica::read_out(network, weights)).collect();
        let saved = Checkpoint { params: job.params.clone(), replicas, data: None };
        saved.save(&path).unwrap();
        let loaded = Checkpoint::load(&path).unwrap();
        prop_assert!(loaded == saved);
        let networks = loaded.replicas.into_iter().map(|replica| replica.network).collect();
        prop_assert!(train(1, networks, &pixels, &after) == whole);
    }

    #[test]
    fn reading_out_changes_nothing_that_follows(job in job(), spikes in recorded(40)) {
        if !available() {
            return Ok(());
        }
        let pixels = job.pixels.draw();
        let plan = [job.plan(0)];
        let [before, after] = cut(&plan, IMAGES / 2);
        let device = backend(1);
        let run = |reads: bool| {
            let mut session = device.start(vec![job.network(0)]).unwrap();
            session.train(&pixels, &before).unwrap();
            if reads {
                session.read_out().unwrap();
            }
            session.train(&pixels, &after).unwrap();
            if reads {
                session.read_out().unwrap();
            }
            let phase = Phase::Train { group: 0 };
            let recorded = Recorded::new(&spikes, 40, phase);
            (session.present(&recorded).unwrap(), outcome(session.as_mut()))
        };
        let (seen, unseen) = (run(true), run(false));
        prop_assume!(fired(&unseen.1));
        prop_assert!(seen == unseen);
    }

    #[test]
    fn a_late_clock_ticks_like_an_early_one(
        job in job(),
        spikes in recorded(40),
        offset in prop_oneof![
            Just(1 << 24),
            (1 << 24) - 400..(1 << 24) + 400u32,
            any::<u32>(),
            Just(u32::MAX),
        ],
    ) {
        if !available() {
            return Ok(());
        }
        let pixels = job.pixels.draw();
        let [before, after] = cut(&[job.plan(0)], IMAGES / 2);
        let early = train(1, vec![job.network(0)], &pixels, &before).networks.remove(0);
        // At the latest the clock stands still short of 2^32 when all is done, as `validate` demands.
        let steps = early.params.model.steps().unwrap();
        let presentations = IMAGES as u32 * (RETRIES + 1);
        let to_come = presentations * (steps.stimulus + steps.rest) + 40 + steps.window + steps.memory_e;
        let offset = offset.min(u32::MAX - early.state.clock - to_come);

        let device = backend(1);
        let go_on = |network: Network| {
            let mut session = device.start(vec![network]).unwrap();
            session.train(&pixels, &after).unwrap();
            let phase = Phase::Train { group: 0 };
            let recorded = Recorded::new(&spikes, 40, phase);
            let record: Record = session.present(&recorded).unwrap().remove(0);
            (record, outcome(session.as_mut()))
        };
        let (record, outcome) = go_on(early.clone());
        let (late_record, late_outcome) = go_on(later(&early, offset));
        prop_assume!(fired(&outcome));
        prop_assert_eq!(late_record.excitatory, shifted(&record.excitatory, offset));
        prop_assert_eq!(late_record.inhibitory, shifted(&record.inhibitory, offset));
        prop_assert!(late_outcome.weights == outcome.weights);
        prop_assert!(late_outcome.networks[0] == later(&outcome.networks[0], offset));
    }

    #[test]
    fn an_image_is_answered_alike_whatever_else_is_shown(
        job in job(),
        images in prop::collection::vec(0..IMAGES as u32, 1..12),
        threads in 1..4usize,
    ) {
        if !available() {
            return Ok(());
        }
        let pixels = job.pixels.draw();
        let networks = vec![job.network(0), job.network(1)];
        let trained = train(1, networks, &pixels, &[job.plan(0), job.plan(1)]);
        let together = show(threads, &trained, &pixels, &images);
        prop_assume!(together.iter().any(|of| of.counts.iter().any(|&count| count > 0)));
        for (position, &image) in images.iter().enumerate() {
            let alone = show(1, &trained, &pixels, &[image]);
            for (alone, together) in alone.iter().zip(&together) {
                prop_assert_eq!(alone.images().next(), together.images().nth(position));
            }
        }
    }
}

/// Diehl & Cook's network in small, and a dark image.
fn unanswered() -> (Network, Vec<u8>, [Vec<Showing>; 1]) {
    let mut params = presets::diehl_cook();
    params.model.network.vote = Vote::Labels { neurons: 5, images: 10_000 };
    let showing = Showing { image: 0, group: 0, shift: Shift::default() };
    (Network::new(&params, 0).unwrap(), vec![0; INPUTS], [vec![showing]])
}

#[test]
fn a_dark_image_is_given_up() {
    if !available() {
        return;
    }
    let (network, pixels, plan) = unanswered();
    let end = train(1, vec![network], &pixels, &plan).networks.remove(0);
    let steps = end.params.model.steps().unwrap();
    let shown = (RETRIES + 1) * (steps.stimulus + steps.rest);
    assert_eq!((end.state.presented, end.state.clock, end.state.spikes_e), (1, shown, 0));
}

#[test]
fn a_clock_that_showing_again_has_filled_ends_the_training() {
    if !available() {
        return;
    }
    let (mut network, pixels, plan) = unanswered();
    let steps = network.params.model.steps().unwrap();
    // Room for two presentations of seventeen.
    network.state.clock = u32::MAX - steps.spare() - 2 * (steps.stimulus + steps.rest);
    let device = backend(1);
    let mut session = device.start(vec![network]).unwrap();
    let error = session.train(&pixels, &plan).unwrap_err();
    assert!(matches!(error, BackendError::ClockFull { image: 0, .. }), "{error}");
}
