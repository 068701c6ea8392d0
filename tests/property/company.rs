//! Results depend on seeds, not on what else runs.

use crate::device::Device;
use crate::jobs::{IMAGES, job, job_and_company};
use crate::outcome::{numbers, show, train};
use proptest::prelude::*;

pub fn a_seed_gives_the_same_bits_on_any_threads_and_in_any_company(device: Device) {
    let drawn = (job_and_company(device.sizes()), 1..4usize, 0..4usize);
    device.check(&drawn, |((job, company), threads, lane)| {
        let pixels = job.pixels();
        // Three networks of the job, and one with parameters of its own.
        let networks = [&job, &job, &job, &company];
        let networks = (0..4).map(|lane| networks[lane].network(lane));
        let networks: Vec<_> = networks.collect();
        let plan: Vec<_> = (0..4).map(|lane| job.plan(lane)).collect();
        let one = || vec![networks[lane].clone()];
        let own_plan = &plan[lane..=lane];
        let group = numbers(train(device, threads, networks.clone(), &pixels, &plan))?;
        prop_assume!(group.fired());
        let alone = train(device, 1, one(), &pixels, own_plan).unwrap();
        prop_assert!(alone.networks[0] == group.networks[lane]);
        prop_assert!(alone.weights[0] == group.weights[lane]);
        let images = [0, 3, 5];
        for attempt in [0, job.params.model.attempts() - 1] {
            let shown = numbers(show(device, threads, &group, &pixels, &images, attempt))?;
            let shown_alone = show(device, 1, &alone, &pixels, &images, attempt).unwrap();
            prop_assert_eq!(&shown_alone[0], &shown[lane]);
        }

        // The network of another job that begins with this seed.
        let mut of_seed = if lane == 3 { company } else { job };
        of_seed.params.job.seed += lane as u64;
        let first = train(device, 1, vec![of_seed.network(0)], &pixels, own_plan).unwrap();
        prop_assert!(first.networks[0].state == alone.networks[0].state);
        prop_assert!(first.weights == alone.weights);
        Ok(())
    });
}

pub fn an_image_is_answered_alike_whatever_else_is_shown(device: Device) {
    let images = prop::collection::vec(0..IMAGES as u32, 1..12);
    let drawn = (job(device.sizes()), images, 1..4usize);
    device.check(&drawn, |(job, images, threads)| {
        let pixels = job.pixels();
        let networks = vec![job.network(0), job.network(1)];
        let plan = [job.plan(0), job.plan(1)];
        let trained = numbers(train(device, 1, networks, &pixels, &plan))?;
        let attempt = job.params.model.attempts() - 1;
        let together = numbers(show(device, threads, &trained, &pixels, &images, attempt))?;
        prop_assume!(
            together
                .iter()
                .any(|of| of.counts.iter().any(|&count| count > 0))
        );
        for (position, &image) in images.iter().enumerate() {
            let alone = show(device, 1, &trained, &pixels, &[image], attempt).unwrap();
            for (alone, together) in alone.iter().zip(&together) {
                prop_assert_eq!(alone.images().next(), together.images().nth(position));
            }
        }
        Ok(())
    });
}
