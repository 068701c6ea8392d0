//! The command line, for a shell and for functions that return what it would print.

use crate::devices::probe;
use crate::errors::of_kind;
use crate::patience;
use pyo3::exceptions::{PyKeyboardInterrupt, PyValueError};
use pyo3::prelude::*;
use spikeprune::cli::{self, CallError, Host, Kept};
use std::ffi::OsString;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

fn host(py: Python<'_>, called: Option<OsString>) -> PyResult<Host> {
    Ok(Host {
        called,
        probe: probe(py)?,
    })
}

/// Runs the command line as a program does: it prints, hears signals, and returns the exit code.
#[pyfunction]
pub fn main(py: Python<'_>, args: Vec<OsString>) -> PyResult<u8> {
    let host = host(py, args.first().cloned())?;
    Ok(py.detach(|| cli::main(&args, host)))
}

/// Runs a command and returns what it would print, results and notes.
#[pyfunction]
pub fn call(py: Python<'_>, mut args: Vec<OsString>) -> PyResult<(String, Vec<String>)> {
    let host = host(py, None)?;
    args.insert(0, "spikeprune".into());
    patience::run(py, None, move |line| {
        let stop = Arc::new(AtomicBool::new(false));
        let called = thread::scope(|scope| {
            let worker = scope.spawn(|| cli::call(&args, host, stop.clone()));
            while !worker.is_finished() {
                stop.store(line.is_stopped(), Ordering::Relaxed);
                thread::park_timeout(Duration::from_millis(10));
            }
            worker.join()
        });
        match called {
            Ok(Ok(Kept { results, notes })) => Ok((results, notes)),
            Ok(Err(CallError::Usage(text))) => Err(PyValueError::new_err(text)),
            Ok(Err(CallError::Failed { what, io })) => Err(of_kind(io, what)),
            Ok(Err(CallError::Stopped(text))) => Err(PyKeyboardInterrupt::new_err(text)),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}
