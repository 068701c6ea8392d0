//! Errors of the library as exceptions: `OSError` where the system failed, else `ValueError`, with the sentence that the
//! command line would print.

use pyo3::PyErr;
use pyo3::exceptions::PyValueError;
use std::error::Error;
use std::io;

/// The exception of an error and its causes.
pub fn exception(error: impl Into<Box<dyn Error + Send + Sync>>) -> PyErr {
    let error = error.into();
    let (mut text, mut kind) = (String::new(), None);
    let mut cause: Option<&(dyn Error + 'static)> = Some(&*error);
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text += if text.is_empty() { "" } else { ": " };
            text += &said;
        }
        kind = kind.or_else(|| error.downcast_ref().map(io::Error::kind));
        cause = error.source();
    }
    of_kind(kind, text)
}

/// The exception for a text, and for how the system failed, where it did.
pub fn of_kind(kind: Option<io::ErrorKind>, text: String) -> PyErr {
    match kind {
        Some(kind) => io::Error::new(kind, text).into(),
        None => PyValueError::new_err(text),
    }
}
