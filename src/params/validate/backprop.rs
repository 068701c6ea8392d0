//! Networks that backpropagation trains: what does not go together.

use super::super::schema::check_ranges;
use super::{MAX_CHECKPOINT_BYTES, Params, ParamsError, out_of_range};
use crate::params::{Backprop, Comparator, FrontEnd};

/// Bytes of a synapse in a checkpoint: weight, parameter, two moments, sign.
const SYNAPSE: u64 = 4 * 4 + 1;
/// The smallest side of an image that two poolings leave something of.
const SMALLEST: usize = 4;

impl Backprop {
    /// Checks the table, and that the others go with it.
    pub(super) fn validate(&self, params: &Params) -> Result<(), ParamsError> {
        check_ranges("backprop.", self)?;
        let (job, input) = (&params.job, &params.model.input);
        if !job.from.is_empty() {
            let expected = "empty: networks of the table backprop do not go on from others";
            return Err(out_of_range("job.from", &job.from, expected));
        }
        if job.snapshots_every > 0 {
            let expected = "0: of networks of the table backprop no snapshots are kept";
            return Err(out_of_range(
                "job.snapshots_every",
                job.snapshots_every,
                expected,
            ));
        }
        if let Some(measure) = job.metrics.first() {
            let expected = "empty: networks of the table backprop have no such measure";
            return Err(out_of_range("job.metrics", measure, expected));
        }
        if self.network == Comparator::Cnn {
            let (what, expected) = match input.front_end {
                FrontEnd::Pixels if input.height.min(input.width) >= SMALLEST => return Ok(()),
                FrontEnd::Pixels => (
                    format!("cnn, with images of {}x{}", input.height, input.width),
                    "another network: images of less than 4x4 pixels are too small for it",
                ),
                FrontEnd::OrientedEdges => (
                    "cnn, with input.front_end = oriented-edges".into(),
                    "another network, or see pixels: convolutions are of images",
                ),
            };
            return Err(out_of_range("backprop.network", what, expected));
        }
        self.validate_size(params)
    }

    fn validate_size(&self, params: &Params) -> Result<(), ParamsError> {
        let (replicas, classes) = (
            params.replicas().count(),
            params.model.network.classes.len(),
        );
        let (inputs, hidden) = (params.model.inputs() as u64, self.hidden as u64);
        let bytes = replicas as u64 * SYNAPSE * hidden * (inputs + classes as u64);
        if bytes > MAX_CHECKPOINT_BYTES {
            return Err(ParamsError::TooLarge {
                replicas,
                neurons: self.hidden,
                bytes,
            });
        }
        Ok(())
    }
}
