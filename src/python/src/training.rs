//! Training networks, alone or side by side.

use crate::data::{images, shape_of, to_train};
use crate::errors::exception;
use crate::networks::Networks;
use crate::patience;
use numpy::{PyArray1, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use spikeprune::Simulation;
use spikeprune::experiment::Event;
use spikeprune::experiment::saving::{Every, Saving};
use spikeprune::simulation::Ended;

/// Images `[n, pixels]`, labels `[n]`, the shape of an image and the names of the labels.
type Shown<'py> = (
    PyReadonlyArray2<'py, u8>,
    PyReadonlyArray1<'py, u8>,
    (usize, usize, usize),
    Vec<String>,
);

/// Whether a training came to its end; images seen and weights `[inputs * neurons]` of each snapshot.
type Trained<'py> = (bool, Vec<(usize, Bound<'py, PyArray1<f32>>)>);

/// Trains several sets of networks side by side on the same images. Where `snapshots` is not 0, the
/// weights of the first network are kept after every so many images.
#[pyfunction]
pub fn train<'py>(
    py: Python<'py>,
    networks: Vec<PyRef<'py, Networks>>,
    data: Shown<'py>,
    progress: Option<Bound<'py, PyAny>>,
    snapshots: usize,
) -> PyResult<Trained<'py>> {
    let alike = |a: &PyRef<'_, Networks>, b: &PyRef<'_, Networks>| std::ptr::eq(&**a, &**b);
    if (networks.iter().enumerate()).any(|(i, one)| networks[..i].iter().any(|b| alike(one, b))) {
        return Err(PyValueError::new_err("the same networks are listed twice"));
    }
    networks.iter().try_for_each(|one| one.here(py))?;
    let (pixels, labels, shape, names) = data;
    let data = to_train(images(&pixels, &labels, shape_of(shape))?, names);
    let networks: Vec<&Networks> = networks.iter().map(|one| &**one).collect();
    let (ended, kept) = patience::run(py, progress.as_ref(), |line| {
        let mut kept = Vec::new();
        let mut held: Vec<_> = networks.iter().map(|one| one.written()).collect();
        let mut simulations: Vec<_> = held.iter_mut().map(|one| &mut **one).collect();
        let watch = |event: &Event<'_>| match event {
            Event::Trained { images, of } => line.done(*images, *of),
            Event::Measured(rows) => line.measured(serde_json::to_string(rows).unwrap_or_default()),
            Event::Save(trained) if snapshots > 0 => {
                let first = &trained.replicas[0];
                kept.push((
                    first.network.state.presented as usize,
                    first.weights.clone(),
                ));
            }
            _ => {}
        };
        let saving = Saving {
            every: match snapshots {
                0 => Every::Never,
                images => Every::Images(images),
            },
            stop: line.stop(),
        };
        let ended = Simulation::train_together(&mut simulations, &data, saving, watch);
        Ok((ended.map_err(exception)? == Ended::Trained, kept))
    })?;
    let array = |(images, weights)| (images, PyArray1::from_vec(py, weights));
    Ok((ended, kept.into_iter().map(array).collect()))
}
