//! The command line, for a shell and for functions that return what it would print.

use crate::devices::probe;
use crate::errors::of_kind;
use crate::patience;
use pyo3::exceptions::{PyKeyboardInterrupt, PyValueError};
use pyo3::prelude::*;
use spikeprune::cli::{self, CallError, Host, Kept};
use std::ffi::OsString;

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
        match cli::call(&args, host, line.stop().clone()) {
            Ok(Kept { results, notes }) => Ok((results, notes)),
            Err(CallError::Usage(text)) => Err(PyValueError::new_err(text)),
            Err(CallError::Failed { what, io }) => Err(of_kind(io, what)),
            Err(CallError::Stopped(text)) => Err(PyKeyboardInterrupt::new_err(text)),
        }
    })
}
