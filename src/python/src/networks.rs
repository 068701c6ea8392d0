//! Networks: [`spikeprune::Simulation`] behind a lock.

use crate::data::images;
use crate::devices::{Asked, open};
use crate::errors::exception;
use crate::parameters::read;
use crate::patience::{self, Line};
use crate::presentations::{Recording, recording};
use numpy::{
    PyArray1, PyArray2, PyArray3, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2,
    PyUntypedArrayMethods,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use spikeprune::Simulation;
use spikeprune::checkpoint::Checkpoint;
use spikeprune::experiment::Event;
use spikeprune::params::to_toml;
use spikeprune::trained::Replica;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// What makes the networks of a pickle again, and its arguments.
type Reduced<'py> = (Bound<'py, PyAny>, (Bound<'py, PyBytes>, String, usize));

/// Delays in steps: from each E neuron to its I neuron, and from I to E.
type Delays<'py> = (Bound<'py, PyArray1<u16>>, Bound<'py, PyArray2<u16>>);

/// The networks of a job on a device.
#[pyclass(frozen, module = "spikeprune._native")]
pub struct Networks {
    asked: Asked,
    /// The process in which the device was opened.
    process: AtomicU32,
    simulation: RwLock<Simulation>,
}

#[pymethods]
impl Networks {
    /// Untrained networks of these parameters.
    #[new]
    fn new(py: Python<'_>, toml: &str, device: String, threads: usize) -> PyResult<Self> {
        let params = read(toml)?;
        let asked = Asked { device, threads };
        let backend = Box::new(open(py, &asked)?);
        let simulation = py.detach(|| Simulation::on(backend, &params));
        Ok(Self::of(asked, simulation.map_err(exception)?))
    }

    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf, device: String, threads: usize) -> PyResult<Self> {
        let asked = Asked { device, threads };
        let backend = Box::new(open(py, &asked)?);
        let simulation = py.detach(|| Simulation::load(backend, &path));
        Ok(Self::of(asked, simulation.map_err(exception)?))
    }

    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        self.read(py, |simulation| simulation.save(&path))
            .map_err(exception)
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = self.read(py, |simulation| simulation.checkpoint().to_bytes());
        Ok(PyBytes::new(py, &bytes.map_err(exception)?))
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Reduced<'py>> {
        let unpickled = py.import("spikeprune._native")?.getattr("unpickled")?;
        let Asked { device, threads } = self.asked.clone();
        Ok((unpickled, (self.to_bytes(py)?, device, threads)))
    }

    /// Parameters as TOML.
    fn params(&self, py: Python<'_>) -> String {
        self.read(py, |simulation| to_toml(simulation.params()))
    }

    /// What the device is called.
    fn device(&self, py: Python<'_>) -> String {
        self.read(py, |simulation| simulation.device().into())
    }

    fn replicas(&self, py: Python<'_>) -> usize {
        self.read(py, |simulation| simulation.replicas().len())
    }

    /// Training images that the networks have seen, and will have seen at the end.
    fn presented(&self, py: Python<'_>) -> (usize, usize) {
        self.read(py, |simulation| {
            let first = simulation.replicas().first();
            let seen = first.map_or(0, |first| first.network.state.presented as usize);
            (seen, simulation.params().presentations())
        })
    }

    /// Weights as read out, `[inputs, neurons]`.
    fn weights<'py>(&self, py: Python<'py>, replica: usize) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let (weights, neurons) = self.of_replica(py, replica, |replica| {
            (
                replica.weights.clone(),
                replica.network.params.model.neurons(),
            )
        })?;
        let inputs = weights.len() / neurons;
        PyArray1::from_vec(py, weights).reshape([inputs, neurons])
    }

    /// Thresholds with which a test image begins, in mV, `[neurons]`.
    fn thresholds<'py>(
        &self,
        py: Python<'py>,
        replica: usize,
    ) -> PyResult<Bound<'py, PyArray1<f32>>> {
        let thresholds = |replica: &Replica| replica.network.thresholds_in_test().into_owned();
        let thresholds = self.of_replica(py, replica, thresholds)?;
        Ok(PyArray1::from_vec(py, thresholds))
    }

    /// Delays in steps: from each E neuron to its I neuron, `[neurons]`, and from I to E, `[from, to]`.
    fn delays<'py>(&self, py: Python<'py>, replica: usize) -> PyResult<Delays<'py>> {
        let (s2, s3) = self.of_replica(py, replica, |replica| {
            let network = &replica.network;
            (network.delays_s2.clone(), network.delays_s3.clone())
        })?;
        let n = s2.len();
        // A row for all I neurons where there are no delays.
        let s3 = s3.repeat(n * n / s3.len());
        let s3 = PyArray1::from_vec(py, s3).reshape([n, n])?;
        Ok((PyArray1::from_vec(py, s2), s3))
    }

    /// The class of each neuron, -1 where it has none, `[neurons]`.
    fn labels<'py>(&self, py: Python<'py>, replica: usize) -> PyResult<Bound<'py, PyArray1<i16>>> {
        let labels = self.of_replica(py, replica, Replica::labels_of_neurons)?;
        let labels = labels.into_iter().map(|label| label.map_or(-1, i16::from));
        Ok(PyArray1::from_iter(py, labels))
    }

    /// Rows of metrics as JSON.
    fn metrics(&self, py: Python<'_>, replica: usize) -> PyResult<String> {
        let metrics = |replica: &Replica| serde_json::to_string(&replica.metrics);
        self.of_replica(py, replica, metrics)?.map_err(exception)
    }

    /// Spikes that images `[n, pixels]` evoke, `[replicas, n, neurons]`.
    fn spike_counts<'py>(
        &self,
        py: Python<'py>,
        pixels: PyReadonlyArray2<'py, u8>,
        progress: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyArray3<u16>>> {
        let (images, pixels) = (pixels.shape()[0], pixels.as_slice()?);
        let (replicas, neurons, counts) = self.patiently(py, progress, |simulation, line| {
            let (replicas, n) = (
                simulation.replicas().len(),
                simulation.params().model.neurons(),
            );
            let mut all = vec![0; replicas * images * n];
            let take = |replica: usize, image: usize, counts: &[u16]| {
                all[(replica * images + image) * n..][..n].copy_from_slice(counts);
            };
            respond(simulation, pixels, take, line)?;
            Ok((replicas, n, all))
        })?;
        PyArray1::from_vec(py, counts).reshape([replicas, images, neurons])
    }

    /// What each class gets for each of the images `[n, pixels]` in one replica, `[n, classes]`.
    fn votes<'py>(
        &self,
        py: Python<'py>,
        replica: usize,
        pixels: PyReadonlyArray2<'py, u8>,
        progress: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let (images, pixels) = (pixels.shape()[0], pixels.as_slice()?);
        let (classes, votes) = self.patiently(py, progress, |simulation, line| {
            let classes = simulation.params().model.network.classes.len();
            let mut all = vec![0.0; images * classes];
            let mut failed = Ok(());
            let take = |of: usize, image: usize, counts: &[u16]| {
                if of == replica {
                    match simulation.votes(replica, counts) {
                        Ok(votes) => all[image * classes..][..classes].copy_from_slice(&votes),
                        Err(error) => failed = Err(exception(error)),
                    }
                }
            };
            respond(simulation, pixels, take, line)?;
            failed.map(|()| (classes, all))
        })?;
        PyArray1::from_vec(py, votes).reshape([images, classes])
    }

    /// A test as the command line has it, of images `[n, pixels]` with labels `[n]`: an evaluation for each replica, as JSON.
    fn test<'py>(
        &self,
        py: Python<'py>,
        pixels: PyReadonlyArray2<'py, u8>,
        labels: PyReadonlyArray1<'py, u8>,
    ) -> PyResult<String> {
        let shape = self.read(py, |simulation| simulation.params().model.image());
        let images = images(&pixels, &labels, shape)?;
        self.patiently(py, None, |simulation, line| {
            let classes = images.classes();
            let tested = simulation.test_unless(&images, &classes, line.stop());
            serde_json::to_string(&tested.map_err(exception)?).map_err(exception)
        })
    }

    /// Shows one image `[pixels]` to a replica from rest; with a label as the next one of its training.
    fn show<'py>(
        &self,
        py: Python<'py>,
        replica: usize,
        pixels: PyReadonlyArray1<'py, u8>,
        label: Option<u8>,
        watch: Vec<u32>,
    ) -> PyResult<Recording<'py>> {
        let pixels = pixels.as_slice()?;
        let shown = self.patiently(py, None, |simulation, _| {
            let shown = match label {
                None => simulation.show_to(replica, pixels, &watch),
                Some(label) => simulation.teach(replica, pixels, label, &watch),
            };
            shown.map_err(exception)
        })?;
        recording(py, &shown)
    }

    /// Shows input spikes, (step, input) each, `[n, 2]`, to a replica from rest for so many steps.
    fn present<'py>(
        &self,
        py: Python<'py>,
        replica: usize,
        spikes: PyReadonlyArray2<'py, u32>,
        steps: u32,
        watch: Vec<u32>,
    ) -> PyResult<Recording<'py>> {
        let pair = |pair: &[u32]| match u16::try_from(pair[1]) {
            Ok(input) => Ok((pair[0], input)),
            Err(_) => Err(PyValueError::new_err(format!(
                "there is no input {}",
                pair[1]
            ))),
        };
        let spikes: PyResult<Vec<_>> = spikes.as_slice()?.chunks_exact(2).map(pair).collect();
        let spikes = spikes?;
        let shown = self.patiently(py, None, |simulation, _| {
            let shown = simulation.present(replica, &spikes, steps, &watch);
            shown.map_err(exception)
        })?;
        recording(py, &shown)
    }
}

/// Networks from the bytes of a checkpoint.
#[pyfunction]
pub fn unpickled(
    py: Python<'_>,
    checkpoint: &[u8],
    device: String,
    threads: usize,
) -> PyResult<Networks> {
    let asked = Asked { device, threads };
    let backend = Box::new(open(py, &asked)?);
    let checkpoint = py.detach(|| Checkpoint::from_bytes("the pickle".as_ref(), checkpoint));
    let simulation = Simulation::of(backend, checkpoint.map_err(exception)?);
    Ok(Networks::of(asked, simulation))
}

fn respond(
    simulation: &Simulation,
    pixels: &[u8],
    take: impl FnMut(usize, usize, &[u16]),
    line: &Line,
) -> PyResult<()> {
    let watch = |event: &Event<'_>| {
        if let Event::Tested { images, of } = event {
            line.done(*images, *of);
        }
        match line.is_stopped() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    };
    let _ended = simulation.respond(pixels, take, watch).map_err(exception)?;
    Ok(())
}

impl Networks {
    fn of(asked: Asked, simulation: Simulation) -> Self {
        Self {
            asked,
            process: process::id().into(),
            simulation: RwLock::new(simulation),
        }
    }

    /// Makes sure that the device is one of this process, which may be a fork of that where the networks were made.
    pub fn here(&self, py: Python<'_>) -> PyResult<()> {
        let process = process::id();
        if self.process.load(Ordering::Relaxed) != process {
            let backend = Box::new(open(py, &self.asked)?);
            py.detach(|| self.written().move_to(backend));
            self.process.store(process, Ordering::Relaxed);
        }
        Ok(())
    }

    fn held(&self) -> RwLockReadGuard<'_, Simulation> {
        self.simulation
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub fn written(&self) -> RwLockWriteGuard<'_, Simulation> {
        self.simulation
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// What takes no time, once nothing else holds the networks.
    fn read<T: Send>(&self, py: Python<'_>, read: impl FnOnce(&Simulation) -> T + Send) -> T {
        py.detach(|| read(&self.held()))
    }

    fn of_replica<T: Send>(
        &self,
        py: Python<'_>,
        replica: usize,
        read: impl FnOnce(&Replica) -> T + Send,
    ) -> PyResult<T> {
        self.read(py, |simulation| {
            simulation.replicas().get(replica).map(read)
        })
        .ok_or_else(|| PyValueError::new_err(format!("there is no replica {replica}")))
    }

    fn patiently<T: Send>(
        &self,
        py: Python<'_>,
        progress: Option<Bound<'_, PyAny>>,
        work: impl FnOnce(&Simulation, &Line) -> PyResult<T> + Send,
    ) -> PyResult<T> {
        self.here(py)?;
        patience::run(py, progress.as_ref(), |line| work(&self.held(), line))
    }
}
