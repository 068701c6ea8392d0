//! What one presentation evoked, as arrays.

use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use spikeprune::backend::Variable;
use spikeprune::experiment::presentation::{Presentation, Spike};

/// Times in ms and indices of spikes.
type Spikes<'py> = (Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<u32>>);

/// Spikes of inputs, excitatory and inhibitory neurons; then what was watched: variables by name, `[steps, neurons]`;
/// the length of a step and of the presentation, in ms.
pub type Recording<'py> = ([Spikes<'py>; 3], Bound<'py, PyDict>, (f64, f64));

pub fn recording<'py>(py: Python<'py>, shown: &Presentation) -> PyResult<Recording<'py>> {
    let spikes = [&shown.inputs, &shown.excitatory, &shown.inhibitory];
    let watched = PyDict::new(py);
    for variable in Variable::ALL {
        watched.set_item(variable.name(), series(py, shown, variable)?)?;
    }
    let times = (shown.dt_ms, shown.duration_ms);
    Ok((spikes.map(|spikes| arrays(py, spikes)), watched, times))
}

fn arrays<'py>(py: Python<'py>, spikes: &[Spike]) -> Spikes<'py> {
    (
        PyArray1::from_iter(py, spikes.iter().map(|&(ms, _)| ms)),
        PyArray1::from_iter(py, spikes.iter().map(|&(_, neuron)| neuron)),
    )
}

fn series<'py>(
    py: Python<'py>,
    shown: &Presentation,
    variable: Variable,
) -> PyResult<Bound<'py, PyArray2<f32>>> {
    let (neurons, steps) = (shown.watched.neurons(), shown.watched.steps());
    let of = |place| shown.watched.series(variable, place);
    let values: Vec<f32> = (0..neurons).flat_map(of).collect();
    let by_neuron = PyArray1::from_vec(py, values).reshape([neurons, steps])?;
    by_neuron.transpose()?.cast_into().map_err(Into::into)
}
