//! Devices: opened once in a process, and shared by all networks that run on them.

use crate::errors::exception;
use pyo3::exceptions::{PyRuntimeError, PyUserWarning};
use pyo3::prelude::*;
use spikeprune::backend::choice::DeviceChoice;
use spikeprune::backend::gpu::probe::Probe;
use spikeprune::backend::open::Opener;
use spikeprune::backend::{Backend, DeviceKind};
use std::collections::HashMap;
use std::ffi::CString;
use std::mem::forget;
use std::process;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// A device, and how it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Asked {
    pub device: String,
    pub threads: usize,
}

struct Opened {
    /// Threads and drivers do not follow into a process that forks off.
    process: u32,
    backend: Arc<dyn Backend>,
}

/// A device that was opened in this process.
pub fn open(py: Python<'_>, asked: &Asked) -> PyResult<Arc<dyn Backend>> {
    static ALL: LazyLock<Mutex<HashMap<Asked, Opened>>> = LazyLock::new(Mutex::default);
    let probe = probe(py)?;
    let (backend, notes) = py.detach(|| {
        let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
        let process = process::id();
        if let Some(opened) = all.get(asked) {
            if opened.process == process {
                return Ok((opened.backend.clone(), Vec::new()));
            }
            if opened.backend.kind() != DeviceKind::Cpu {
                return Err(PyRuntimeError::new_err(
                    "this process was forked off one that had opened a GPU, which does not work: start it anew (\"spawn\" \
                     of multiprocessing, \"loky\" of joblib), or choose device=\"cpu\"",
                ));
            }
        }
        let (backend, notes) = fresh(asked, probe)?;
        let opened = Opened {
            process,
            backend: backend.clone(),
        };
        if let Some(old) = all.insert(asked.clone(), opened) {
            // Its threads are those of another process: nothing may wait for them.
            forget(old);
        }
        Ok((backend, notes))
    })?;
    for note in notes {
        let warning = py.get_type::<PyUserWarning>();
        PyErr::warn(py, &warning, &CString::new(note)?, 2)?;
    }
    Ok(backend)
}

/// A device, and what there is to say of how it was chosen.
type Fresh = (Arc<dyn Backend>, Vec<String>);

fn fresh(asked: &Asked, probe: Option<Probe>) -> PyResult<Fresh> {
    let choice: DeviceChoice = asked.device.parse().map_err(exception)?;
    let mut opener = Opener {
        threads: asked.threads,
        probe,
        ..Opener::default()
    };
    let backend = opener.open(&choice).map_err(exception)?;
    let notes = [opener.notes, opener.warnings].concat();
    Ok((backend.into(), notes))
}

/// This interpreter, which looks for GPUs in a process of its own.
pub fn probe(py: Python<'_>) -> PyResult<Option<Probe>> {
    let program: Option<String> = py.import("sys")?.getattr("executable")?.extract()?;
    let program = program.filter(|program| !program.is_empty());
    Ok(program.map(|program| Probe {
        args: ["-m".into(), "spikeprune".into()].into(),
        ..Probe::new(program)
    }))
}
