//! The GPU gives the bits of the CPU, whatever networks compute.

use crate::device::{Device, check};
use crate::difference::difference;
use crate::gpu::gpu;
use crate::jobs::sizes::{Size, WIDE};
use crate::jobs::{IMAGES, Job, RECORDED_STEPS, Recording, job_and_company, recording};
use crate::outcome::{Outcome, cut, numbers, show};
use proptest::prelude::*;
use proptest::sample::select;
use spikeprune::backend::{BackendError, Phase, Record, Recorded, SpikeCounts, TestImages};
use spikeprune::model::rng::Stream;
use spikeprune::params::Params;

/// Networks of this property alone run on both devices, and only once: it can afford more cases.
const CASES: u32 = 32;
/// Cases with many inputs.
const WIDE_CASES: u32 = 6;

/// All that comes out of a job.
struct Run {
    outcome: Outcome,
    presented: Vec<Vec<Record>>,
    counts: Vec<SpikeCounts>,
    tested: Record,
}

/// Two networks of a job and one with parameters of its own: trained, then with spikes from outside in every phase,
/// trained on, and tested.
fn run(
    device: Device,
    job: &Job,
    company: &Job,
    recording: Recording,
) -> Result<Run, BackendError> {
    let pixels = job.pixels();
    let networks = vec![job.network(0), job.network(1), company.network(2)];
    let [before, after] = cut(
        &[0, 1, 2].map(|lane| job.plan(lane)),
        job.whole_batches(IMAGES / 2),
    );
    let opened = device.open(2);
    let mut session = opened.start(networks).unwrap();
    session.train(&pixels, &before)?;
    let spikes = recording.draw(job.params.model.inputs());
    let phases = [Phase::Train { group: 0 }, Phase::Window, Phase::Test];
    let mut present = |phase| session.present(&Recorded::new(&spikes, RECORDED_STEPS, phase));
    let presented = phases
        .into_iter()
        .map(&mut present)
        .collect::<Result<_, _>>()?;
    session.train(&pixels, &after)?;
    let outcome = Outcome::of(session.as_mut())?;
    let images: Vec<u32> = (0..IMAGES as u32).collect();
    let attempts = [0, job.params.model.attempts() - 1];
    let show = |attempt| show(device, 2, &outcome, &pixels, &images, attempt);
    let counts = attempts
        .into_iter()
        .map(show)
        .collect::<Result<Vec<_>, _>>()?;
    let images = TestImages {
        pixels: &pixels,
        images: &images,
        keys: &[],
        stream: Stream::Test,
        attempt: 0,
    };
    Ok(Run {
        presented,
        counts: counts.concat(),
        tested: opened.record_test(outcome.frozen()[0], images.at(0), &[0])?,
        outcome,
    })
}

/// Compares the devices on jobs of these sizes, each `adapted`.
fn compare(cases: u32, sizes: BoxedStrategy<Size>, adapted: impl Fn(&mut Params)) {
    if !gpu().is_some_and(|gpu| gpu.is_exact()) {
        return;
    }
    let drawn = (job_and_company(sizes), recording());
    check(cases, &drawn, |((mut job, mut company), recording)| {
        adapted(&mut job.params);
        adapted(&mut company.params);
        let cpu = run(Device::Cpu, &job, &company, recording);
        let gpu = run(Device::Gpu, &job, &company, recording);
        let (cpu, gpu) = (numbers(cpu), numbers(gpu));
        prop_assert_eq!(cpu.is_ok(), gpu.is_ok(), "whether potentials are numbers");
        let (cpu, gpu) = (cpu?, gpu?);
        prop_assume!(cpu.outcome.fired());
        let networks = cpu.outcome.networks.iter().zip(&gpu.outcome.networks);
        for (lane, (ours, theirs)) in networks.enumerate() {
            prop_assert_eq!(difference(ours, theirs), None, "network {}", lane);
        }
        for lane in 0..3 {
            let [ours, theirs] = [&cpu, &gpu].map(|run| &run.outcome.weights[lane]);
            prop_assert!(ours == theirs, "weights as read out, network {}", lane);
        }
        prop_assert!(cpu.presented == gpu.presented, "spikes as presented");
        prop_assert!(cpu.counts == gpu.counts, "spikes in tests");
        prop_assert!(cpu.tested == gpu.tested, "spikes of one test");
        Ok(())
    });
}

#[test]
fn the_gpu_gives_the_bits_of_the_cpu() {
    compare(CASES, Device::Gpu.sizes(), |_| ());
}

/// The same far beyond what workgroup memory has room for; short, as every image has many spikes.
#[test]
fn many_inputs_give_the_bits_of_the_cpu() {
    compare(WIDE_CASES, select(&WIDE[..]).boxed(), |params| {
        (params.model.time.stimulus_ms, params.model.time.rest_ms) = (20.0, 5.0);
        params.model.pruning.window_ms = 3.0;
        params.model.input.least_spikes = 0;
    });
}
