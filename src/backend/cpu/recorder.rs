//! Recording of what happens in a presentation.

use super::lane::Lane;
use crate::backend::{Record, Variable, Watched};
use crate::model::BLOCK;

/// Takes down what happens in a presentation.
pub struct Recorder {
    /// Neurons whose variables are taken down.
    watch: Vec<u32>,
    pub record: Record,
}

impl Recorder {
    pub fn new(watch: &[u32]) -> Self {
        let record = Record {
            watched: Watched::of(watch.len()),
            ..Record::default()
        };
        let watch = watch.to_vec();
        Self { watch, record }
    }

    /// Takes down a step that is done.
    pub fn note(&mut self, lane: &Lane, now: u32, fired_e: &[usize], fired_i: &[usize]) {
        let spikes = |fired: &[usize]| {
            fired
                .iter()
                .map(move |&j| (now, j as u32))
                .collect::<Vec<_>>()
        };
        self.record.excitatory.extend(spikes(fired_e));
        self.record.inhibitory.extend(spikes(fired_i));
        for variable in Variable::ALL {
            let of =
                |&j: &u32| variable.of(&lane.neurons)[j as usize / BLOCK].0[j as usize % BLOCK];
            self.record.watched.push(self.watch.iter().map(of));
        }
    }
}
