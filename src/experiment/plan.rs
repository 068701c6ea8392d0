//! What the plans of the experiments have in common: they may come from a file, and are refused alike.

use crate::params::ParamsError;

/// A plan that makes no sense.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PlanError {
    #[error("the number of {what} is {value}: it must be in 1..={most}")]
    Count {
        what: &'static str,
        value: usize,
        most: usize,
    },
    #[error("{what} {value} is named twice")]
    Twice { what: &'static str, value: String },
    #[error("label {label} is learned: unknown labels must be others")]
    Known { label: u8 },
    #[error("job.label_images is {found}: {why}")]
    LabelImages { found: usize, why: &'static str },
    #[error(transparent)]
    Params(#[from] ParamsError),
}

/// A number from 1 to `most`.
pub(super) fn count(what: &'static str, value: usize, most: usize) -> Result<(), PlanError> {
    match (1..=most).contains(&value) {
        true => Ok(()),
        false => Err(PlanError::Count { what, value, most }),
    }
}

/// A list without anything twice.
pub(super) fn once<T: PartialEq + ToString>(
    what: &'static str,
    values: &[T],
) -> Result<(), PlanError> {
    match (1..values.len()).find(|&at| values[..at].contains(&values[at])) {
        None => Ok(()),
        Some(at) => Err(PlanError::Twice {
            what,
            value: values[at].to_string(),
        }),
    }
}
