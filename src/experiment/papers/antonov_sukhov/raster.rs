//! The spikes of one presentation, for a raster plot.

use super::{ArmName, Subject};
use crate::backend::{Backend, Frozen};
use crate::experiment::ExperimentError;
use crate::experiment::presentation::{Presentation, show};
use crate::experiment::test_sets::{TestSet, TestSets};

/// One known digit shown to one network, from rest.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    pub arm: ArmName,
    pub seed: u64,
    /// The label shown.
    pub label: u8,
    pub presentation: Presentation,
}

/// Shows the first known digit to the first seed of every arm of the first split, as its test does.
pub fn record(
    backend: &dyn Backend,
    sets: &TestSets<'_>,
    subjects: &[Subject<'_>],
) -> Result<Vec<Shown>, ExperimentError> {
    let shown = sets.images(TestSet::Known);
    let shown = shown.filter(|shown| !shown.images.is_empty());
    let (Some(first), Some(shown)) = (subjects.first(), shown) else {
        return Ok(Vec::new());
    };
    let of_first_seed = |subject: &&Subject<'_>| subject.network.seed == first.network.seed;
    let of_subject = |subject: &Subject<'_>| {
        let frozen = Frozen {
            network: subject.network,
            weights: &subject.weights,
        };
        Ok(Shown {
            arm: subject.name.clone(),
            seed: subject.network.seed,
            label: sets.known[0].class,
            presentation: show(backend, frozen, shown.at(0), &[])?,
        })
    };
    subjects
        .iter()
        .filter(of_first_seed)
        .map(of_subject)
        .collect()
}
