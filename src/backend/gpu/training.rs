//! Training a chunk of networks.

use super::batch::{Batch, Input};
use super::layout::{LEARNING, Task};
use super::resident::check_counts;
use super::session::{Chunk, task};
use super::{Uploads, image_of, most_spikes};
use crate::backend::{BackendError, Showing, check_clock};
use crate::model::poisson::stream_of_attempt;
use crate::model::rng::Stream;

/// Where a network is in its list of images, and how often it was shown the next one.
#[derive(Clone, Copy, Default)]
struct Place {
    position: usize,
    attempt: u32,
}

impl Chunk {
    /// Trains all networks of the chunk, from one check of the synapses to the next.
    pub fn train(&mut self, pixels: &[u8], plan: &[Vec<Showing>]) -> Result<(), BackendError> {
        if self.hosts[0].params.model.check_images().is_none() {
            return self.train_unchecked(pixels, plan);
        }
        let (mut done, length) = (0, plan[0].len());
        while done < length {
            let (params, before) = (&self.hosts[0].params, self.hosts[0].state.presented);
            let due = params.next_check(before as usize);
            let images = due.map_or(length, |due| due - before as usize);
            let next = (done + images).min(length);
            let part: Vec<Vec<Showing>> = plan.iter().map(|of| of[done..next].to_vec()).collect();
            self.train_unchecked(pixels, &part)?;
            done = next;
            let host = &self.hosts[0];
            if host.params.checks_synapses(before, host.state.presented) {
                self.check_synapses()?;
            }
        }
        Ok(())
    }

    fn train_unchecked(
        &mut self,
        pixels: &[u8],
        plan: &[Vec<Showing>],
    ) -> Result<(), BackendError> {
        if self.turns.is_some() {
            return self.train_in_batches(pixels, plan);
        }
        // Where more than one attempt may be made.
        if self.probabilities.len() > 1 {
            return self.train_by_answers(pixels, plan);
        }
        let (length, inputs) = (plan[0].len(), self.shape.inputs());
        let steps = self.shape.steps;
        // What is shifted out of an image fires no more.
        let expected = |chunk: &Self, at: usize| {
            let images = plan
                .iter()
                .map(|showings| image_of(pixels, showings[at].image, chunk.shape.image));
            most_spikes(&chunk.probabilities[0], images, steps.stimulus)
        };
        let mut done = 0;
        while done < length {
            // As many presentations as the spike lists have room for.
            let (mut next, mut most) = (done + 1, expected(self, done));
            while next < length {
                let more = most.max(expected(self, next));
                let at_once = self.engine.tasks_at_once(steps.stimulus, inputs, more);
                if (next + 1 - done) * plan.len() > at_once {
                    break;
                }
                (next, most) = (next + 1, more);
            }
            self.train_some(pixels, plan, done..next, most)?;
            done = next;
        }
        Ok(())
    }

    fn train_some(
        &mut self,
        pixels: &[u8],
        plan: &[Vec<Showing>],
        range: std::ops::Range<usize>,
        most_spikes: f64,
    ) -> Result<(), BackendError> {
        let steps = self.shape.steps;
        let (presentations, per_image) = (range.len(), steps.stimulus + steps.rest);
        let mut uploads = Uploads::default();
        let mut tasks = Vec::with_capacity(presentations * plan.len());
        for (ahead, position) in range.enumerate() {
            for (index, (host, showings)) in self.hosts.iter().zip(plan).enumerate() {
                let showing = showings[position];
                let ahead = ahead as u32;
                tasks.push(Task {
                    image: uploads.slot(pixels, showing.image, self.shape.image, showing.shift),
                    clock: host.state.clock + ahead * per_image,
                    group: showing.group,
                    ..task(index, host, Stream::Train, host.state.presented + ahead)
                });
            }
        }
        self.learn(&tasks, presentations, &uploads.pixels, most_spikes)?;
        self.collect_counts(true)?;
        for host in &mut self.hosts {
            host.state.clock += presentations as u32 * per_image;
            host.state.presented += presentations as u32;
        }
        Ok(())
    }

    /// Adds up the spikes of what has run, and finds what went wrong in it.
    pub fn collect_counts(&mut self, trained: bool) -> Result<(), BackendError> {
        self.answers(trained).map(|_| ())
    }

    /// The same; returns the spikes that each lane of a batch has fired.
    pub fn answers(&mut self, trained: bool) -> Result<Vec<u32>, BackendError> {
        let mut counts = self.engine.take_counts(&self.lanes)?;
        for (host, counts) in self
            .hosts
            .iter_mut()
            .zip(counts.chunks_exact(self.shape.neurons))
        {
            check_counts(host, counts)?;
            if trained {
                host.state.spikes_e += counts.iter().map(|&count| u64::from(count)).sum::<u64>();
            }
        }
        Ok(counts.split_off(self.hosts.len() * self.shape.neurons))
    }

    /// Image by image, each shown again and brighter as long as it evokes too few spikes. The host must know the
    /// answer before it can go on; every network goes at its own pace.
    fn train_by_answers(
        &mut self,
        pixels: &[u8],
        plan: &[Vec<Showing>],
    ) -> Result<(), BackendError> {
        let mut places = vec![Place::default(); self.hosts.len()];
        loop {
            let running: Vec<usize> = (0..places.len())
                .filter(|&index| places[index].position < plan[index].len())
                .collect();
            if running.is_empty() {
                return Ok(());
            }
            self.show_next(pixels, plan, &places, &running)?;
            let counts = self.engine.take_counts(&self.lanes)?;
            let n = self.shape.neurons;
            let steps = self.shape.steps.stimulus + self.shape.steps.rest;
            for index in running {
                let (host, place) = (&mut self.hosts[index], &mut places[index]);
                let counts = &counts[index * n..(index + 1) * n];
                check_counts(host, counts)?;
                let spikes: u64 = counts.iter().map(|&count| u64::from(count)).sum();
                host.state.clock += steps;
                host.state.spikes_e += spikes;
                let answered = spikes >= host.params.model.input.least_spikes as u64;
                if answered || place.attempt + 1 == host.params.model.attempts() {
                    host.state.presented += 1;
                    place.position += 1;
                    place.attempt = 0;
                } else {
                    place.attempt += 1;
                }
            }
        }
    }

    /// Shows each of the running networks the image of its place.
    fn show_next(
        &mut self,
        pixels: &[u8],
        plan: &[Vec<Showing>],
        places: &[Place],
        running: &[usize],
    ) -> Result<(), BackendError> {
        let steps = self.shape.steps;
        let (mut uploads, mut expected) = (Uploads::default(), 0.0f64);
        let mut tasks = Vec::with_capacity(running.len());
        for &index in running {
            let (host, place) = (&self.hosts[index], places[index]);
            check_clock(host, &host.params.model.steps()?, host.state.clock)?;
            let showing = plan[index][place.position];
            let image = std::iter::once(image_of(pixels, showing.image, self.shape.image));
            let probabilities = &self.probabilities[place.attempt as usize];
            expected = expected.max(most_spikes(probabilities, image, steps.stimulus));
            tasks.push(Task {
                rates: place.attempt * self.hosts.len() as u32 + index as u32,
                image: uploads.slot(pixels, showing.image, self.shape.image, showing.shift),
                stream: stream_of_attempt(Stream::Train, place.attempt),
                group: showing.group,
                ..task(index, host, Stream::Train, host.state.presented)
            });
        }
        self.learn(&tasks, 1, &uploads.pixels, expected)
    }

    /// Runs tasks with learning, `most_spikes` being expected of the brightest of their images.
    fn learn(
        &mut self,
        tasks: &[Task],
        presentations: usize,
        pixels: &[u8],
        most_spikes: f64,
    ) -> Result<(), BackendError> {
        let steps = self.shape.steps;
        let batch = Batch {
            tasks,
            presentations,
            input: Input::Images {
                pixels,
                most_spikes,
            },
            rates: &self.networks.rates,
            stimulus: steps.stimulus,
            steps: steps.stimulus + steps.rest,
            s1: LEARNING,
            from_rest: false,
            latch: true,
        };
        Ok(self
            .engine
            .run_in_turns(&self.networks, &self.lanes, &batch)?)
    }
}
