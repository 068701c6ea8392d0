//! Training networks by the front, alone or beside others.

use super::{Simulation, SimulationError};
use crate::dataset::Dataset;
use crate::experiment::saving::{Every, Saving};
use crate::experiment::train::train_networks;
use crate::experiment::{Event, ExperimentError};
use crate::trained::Trained;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

/// How a training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All images were shown.
    Trained,
    /// It was stopped after so many images; [`Simulation::train`] goes on with the next one, or measures what is left to
    /// measure after the last.
    Stopped { images: usize },
}

impl Simulation {
    /// Trains the networks, from where they are, on the training images that the job asks for.
    ///
    /// # Errors
    /// When the data are too few or the device fails; the networks then stay as they were.
    pub fn train(&mut self, data: &Dataset) -> Result<(), SimulationError> {
        self.train_until(data, |_| ControlFlow::Continue(()))
            .map(|_| ())
    }

    /// The same; `watch` is told what happens and may end it, after the images in hand.
    ///
    /// # Errors
    /// As [`Simulation::train`].
    pub fn train_until(
        &mut self,
        data: &Dataset,
        mut watch: impl FnMut(&Event<'_>) -> ControlFlow<()>,
    ) -> Result<Ended, SimulationError> {
        let stop = AtomicBool::new(false);
        let saving = Saving {
            every: Every::Never,
            stop: &stop,
        };
        Self::train_together(&mut [self], data, saving, |event| {
            if watch(event).is_break() {
                stop.store(true, Ordering::Relaxed);
            }
        })
    }

    /// Trains the networks of several simulations side by side, on the device of the first, to the bits that each would
    /// have alone; `watch` is told what happens, and gets a copy of all as often as `saving` says. Once that is stopped, it
    /// ends after the images in hand.
    ///
    /// They must have seen as many images, and may differ in all but the number of neurons and presentations, the times and
    /// the input.
    ///
    /// # Errors
    /// When they do not go together, the data are too few or the device fails; the networks then stay as they were.
    pub fn train_together(
        simulations: &mut [&mut Self],
        data: &Dataset,
        saving: Saving<'_>,
        mut watch: impl FnMut(&Event<'_>),
    ) -> Result<Ended, SimulationError> {
        let Some(first) = simulations.first() else {
            return Ok(Ended::Trained);
        };
        let all = (simulations.iter()).flat_map(|one| one.trained.replicas.clone());
        let begun = Trained {
            replicas: all.collect(),
            seconds: first.trained.seconds,
            images: first.trained.images,
        };
        let mut saved = None;
        let trained = train_networks(&*first.backend, &data.train, begun, saving, &mut |event| {
            watch(&event);
            if let Event::Save(trained) = event {
                saved = Some(trained);
            }
            Ok(())
        });
        let (trained, ended) = match (trained, saved) {
            (Ok(trained), _) => (trained, Ended::Trained),
            (Err(ExperimentError::Stopped { images, .. }), Some(saved)) => {
                (saved, Ended::Stopped { images })
            }
            (Err(error), _) => return Err(error.into()),
        };
        let (seconds, images) = (trained.seconds, trained.images);
        let mut replicas = trained.replicas.into_iter();
        for simulation in simulations {
            let own = simulation.trained.replicas.len();
            simulation.trained = Trained {
                replicas: replicas.by_ref().take(own).collect(),
                seconds,
                images,
            };
            simulation.data = Some(data.digests());
        }
        Ok(ended)
    }
}
