//! Results do not depend on when a training pauses, is looked at, is stored or takes place.

use crate::device::Device;
use crate::difference::difference;
use crate::jobs::{IMAGES, Job, RECORDED_STEPS, job, recording};
use crate::outcome::{Outcome, cut, numbers, train};
use proptest::prelude::*;
use spikeprune::backend::{Phase, Record, Recorded};
use spikeprune::checkpoint::Checkpoint;
use spikeprune::labels::Labels;
use spikeprune::network::{Network, State};
use spikeprune::params::RETRIES;
use spikeprune::trained::Replica;

pub fn training_in_chunks_is_training_in_one_go(device: Device) {
    let cuts = prop::collection::vec(0..=IMAGES, 0..4);
    let drawn = (job(device.sizes()), cuts, any::<[bool; 5]>());
    device.check(&drawn, |(job, cuts, reads)| {
        let pixels = job.pixels();
        let plan = [job.plan(0), job.plan(1)];
        let networks = || vec![job.network(0), job.network(1)];
        let whole = numbers(train(device, 2, networks(), &pixels, &plan))?;
        prop_assume!(whole.fired());

        let mut ends = [cuts, vec![IMAGES]].concat();
        ends.sort_unstable();
        let opened = device.open(2);
        let mut session = opened.start(networks()).unwrap();
        let mut done = 0;
        for (end, read) in ends.into_iter().zip(reads) {
            let end = job.whole_batches(end);
            let chunk = plan.each_ref().map(|list| list[done..end].to_vec());
            session.train(&pixels, &chunk).unwrap();
            if read {
                // Reading in between is a look, however often.
                let seen = numbers(session.read_out())?;
                prop_assert!(session.read_out().unwrap() == seen);
            }
            done = end;
        }
        let outcome = Outcome::of(session.as_mut()).unwrap();
        let networks = outcome.networks.iter().zip(&whole.networks);
        for (ours, theirs) in networks {
            prop_assert_eq!(difference(ours, theirs), None);
        }
        prop_assert!(outcome == whole);
        Ok(())
    });
}

/// A training as it is stored; at its end with labels, where neurons vote by them.
fn checkpoint(job: &Job, outcome: Outcome) -> Checkpoint {
    let (classes, neurons) = (
        job.params.model.network.classes.len(),
        job.params.model.neurons(),
    );
    let labels = |network: &Network| {
        let is_due = job.params.model.network.votes_by_labels() && network.is_trained();
        let responses = (0..classes * neurons).map(|place| (place % 5) as f32);
        is_due.then(|| Labels::new(responses.collect(), classes))
    };
    let replicas = outcome.networks.into_iter().zip(outcome.weights);
    let replica = |(network, weights): (Network, Vec<f32>)| Replica {
        labels: labels(&network),
        ..Replica::read_out(network, weights)
    };
    Checkpoint {
        params: job.params.clone(),
        replicas: replicas.map(replica).collect(),
        data: None,
    }
}

pub fn stopping_and_going_on_is_never_having_stopped(device: Device) {
    let drawn = (job(device.sizes()), 0..=IMAGES);
    device.check(&drawn, |(mut job, at)| {
        job.params.job.replicas = 2;
        let pixels = job.pixels();
        let plan = [job.plan(0), job.plan(1)];
        let networks = || vec![job.network(0), job.network(1)];
        let whole = numbers(train(device, 1, networks(), &pixels, &plan))?;
        prop_assume!(whole.fired());

        let [before, after] = cut(&plan, job.whole_batches(at));
        let half = numbers(train(device, 1, networks(), &pixels, &before))?;
        let direct = train(device, 1, half.networks.clone(), &pixels, &after).unwrap();
        prop_assert!(direct == whole);

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("half.safetensors");
        let saved = checkpoint(&job, half);
        saved.save(&path).unwrap();
        let loaded = Checkpoint::load(&path).unwrap();
        prop_assert!(loaded == saved);
        let networks = loaded.replicas.into_iter().map(|replica| replica.network);
        let going_on = train(device, 1, networks.collect(), &pixels, &after).unwrap();
        prop_assert!(going_on == whole);
        Ok(())
    });
}

pub fn reading_out_changes_nothing_that_follows(device: Device) {
    let drawn = (job(device.sizes()), recording());
    device.check(&drawn, |(job, recording)| {
        let pixels = job.pixels();
        let [before, after] = cut(&[job.plan(0)], job.whole_batches(IMAGES / 2));
        let drawn = recording.draw(job.params.model.inputs());
        let recorded = Recorded::new(&drawn, RECORDED_STEPS, Phase::Train { group: 0 });
        let opened = device.open(1);
        let run = |reads: bool| {
            let mut session = opened.start(vec![job.network(0)]).unwrap();
            for half in [&before, &after] {
                session.train(&pixels, half)?;
                if reads {
                    // It may find that a last window would be too much: no matter.
                    let _ = session.read_out();
                }
            }
            let record = session.present(&recorded)?;
            Ok((record, Outcome::of(session.as_mut())?))
        };
        let (unseen, seen) = (numbers(run(false))?, run(true).unwrap());
        prop_assume!(unseen.1.fired());
        prop_assert!(seen == unseen);
        Ok(())
    });
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
    let of_neurons = (neurons.last_spike_e.iter_mut()).chain(&mut neurons.last_spike_i);
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

fn offset() -> impl Strategy<Value = u32> {
    prop_oneof![
        Just(1 << 24),
        (1 << 24) - 400..(1 << 24) + 400u32,
        any::<u32>(),
        Just(u32::MAX),
    ]
}

pub fn a_late_clock_ticks_like_an_early_one(device: Device) {
    let drawn = (job(device.sizes()), recording(), offset());
    device.check(&drawn, |(job, recording, offset)| {
        let pixels = job.pixels();
        let [before, after] = cut(&[job.plan(0)], job.whole_batches(IMAGES / 2));
        let early = numbers(train(device, 1, vec![job.network(0)], &pixels, &before))?
            .networks
            .remove(0);
        // At the latest the clock stands still short of 2^32 when all is done, as `validate` demands.
        let steps = early.params.model.steps().unwrap();
        let presentations = 2 * IMAGES as u32 * (RETRIES + 1);
        let to_come =
            presentations * (steps.stimulus + steps.rest) + RECORDED_STEPS + steps.spare();
        let offset = offset.min(u32::MAX - early.state.clock - to_come);

        let drawn = recording.draw(job.params.model.inputs());
        let recorded = Recorded::new(&drawn, RECORDED_STEPS, Phase::Train { group: 0 });
        let opened = device.open(1);
        let go_on = |network: Network| {
            let mut session = opened.start(vec![network]).unwrap();
            session.train(&pixels, &after)?;
            let record: Record = session.present(&recorded)?.remove(0);
            Ok((record, Outcome::of(session.as_mut())?))
        };
        let (record, outcome) = numbers(go_on(early.clone()))?;
        let (late_record, late_outcome) = go_on(later(&early, offset)).unwrap();
        prop_assume!(outcome.fired());
        let (e, i) = (&record.excitatory, &record.inhibitory);
        prop_assert_eq!(late_record.excitatory, shifted(e, offset));
        prop_assert_eq!(late_record.inhibitory, shifted(i, offset));
        prop_assert!(late_outcome.weights == outcome.weights);
        prop_assert!(late_outcome.networks[0] == later(&outcome.networks[0], offset));
        Ok(())
    });
}
