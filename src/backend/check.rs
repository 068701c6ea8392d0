//! What every backend checks before it runs anything.

use super::{BackendError, Frozen, Phase, Recorded, Showing, TestImages};
use crate::network::{Network, NetworkError};
use crate::params::{Lanes, Params, Steps};

/// What the lanes of networks that are to run side by side have in common; none when there are no networks.
///
/// # Errors
/// [`BackendError::Mixed`] where they may not.
pub(super) fn common_lanes<'a>(
    mut networks: impl Iterator<Item = &'a Network>,
) -> Result<Option<Lanes>, BackendError> {
    let Some(first) = networks.next() else {
        return Ok(None);
    };
    let common = first.params.lanes()?;
    for network in networks {
        if network.params.lanes()? != common {
            return Err(BackendError::Mixed);
        }
    }
    Ok(Some(common))
}

/// Checks that networks which are to learn side by side do so in the same batches, if in any.
pub(super) fn check_batches(networks: &[Network]) -> Result<(), BackendError> {
    let of = |network: &Network| {
        let (batches, checks) = (
            network.params.batches(),
            network.params.model.check_images(),
        );
        let ends = batches.is_some() || checks.is_some();
        ends.then_some((batches, checks, network.state.presented))
    };
    let common = networks.first().map(of);
    match networks.iter().all(|network| Some(of(network)) == common) {
        true => Ok(()),
        false => Err(BackendError::Mixed),
    }
}

/// Checks a plan of training: a list a network, of one length, whose images and groups exist, and which cuts no batch.
pub(super) fn check_plan<'a>(
    networks: impl ExactSizeIterator<Item = &'a Network>,
    pixels: &[u8],
    plan: &[Vec<Showing>],
) -> Result<(), BackendError> {
    let (expected, found) = (networks.len(), plan.len());
    if expected != found {
        return Err(BackendError::PlanLength { expected, found });
    }
    for (network, showings) in networks.zip(plan) {
        let (params, done) = (&network.params, network.state.presented as usize);
        let (end, batch_end) = (
            done + showings.len(),
            params.end_of_batch(done, done + showings.len()),
        );
        if end != batch_end {
            return Err(BackendError::CutsBatch { end, batch_end });
        }
        if showings.len() != plan[0].len() {
            return Err(BackendError::Uneven);
        }
        for showing in showings {
            check_image(params, pixels, showing.image)?;
            check_group(params, showing.group)?;
        }
    }
    Ok(())
}

/// Checks that the neurons to watch exist.
pub(super) fn check_watch(params: &Params, watch: &[u32]) -> Result<(), BackendError> {
    let neurons = params.model.neurons();
    watch
        .iter()
        .try_for_each(|&neuron| check_index("neuron", neuron, neurons))
}

/// Checks that the inputs, the group and the neurons to watch of a recorded presentation exist.
pub(super) fn check_recorded<'a>(
    mut params: impl Iterator<Item = &'a Params>,
    recorded: &Recorded<'_>,
) -> Result<(), BackendError> {
    let highest = recorded.spikes.iter().map(|&(_, input)| input).max();
    params.try_for_each(|params| {
        if let Some(input) = highest {
            check_index("input", input.into(), params.model.inputs())?;
        }
        check_watch(params, recorded.watch)?;
        match recorded.phase {
            Phase::Train { group } => check_group(params, group),
            Phase::Window | Phase::Test => Ok(()),
        }
    })
}

/// Checks that the clock has room for another presentation: images that are shown again take more time than was
/// planned.
pub(super) fn check_clock(
    network: &Network,
    steps: &Steps,
    clock: u32,
) -> Result<(), BackendError> {
    match clock.checked_add(steps.stimulus + steps.rest + steps.spare()) {
        Some(_) => Ok(()),
        None => Err(BackendError::ClockFull {
            seed: network.seed,
            image: network.state.presented,
        }),
    }
}

/// Checks frozen networks and that the images to show them exist.
pub(super) fn check_test(
    networks: &[Frozen<'_>],
    images: TestImages<'_>,
) -> Result<(), BackendError> {
    for frozen in networks {
        frozen.network.check()?;
        let (expected, found) = (frozen.network.weights.len(), frozen.weights.len());
        if found != expected {
            let array = "weights";
            return Err(NetworkError::Length {
                array,
                expected,
                found,
            }
            .into());
        }
    }
    let attempts = |frozen: &Frozen<'_>| frozen.network.params.model.attempts();
    if let Some(attempts) = networks.iter().map(attempts).min() {
        check_index("attempt", images.attempt, attempts as usize)?;
    }
    let Some(&highest) = images.images.iter().max() else {
        return Ok(());
    };
    if !images.keys.is_empty() {
        check_index("image without a key", highest, images.keys.len())?;
    }
    networks
        .iter()
        .try_for_each(|frozen| check_image(&frozen.network.params, images.pixels, highest))
}

fn check_image(params: &Params, pixels: &[u8], image: u32) -> Result<(), BackendError> {
    check_index("image", image, pixels.len() / params.model.inputs())
}

pub(super) fn check_group(params: &Params, group: u32) -> Result<(), BackendError> {
    check_index("group", group, params.model.network.classes.len())
}

pub(super) fn check_index(
    what: &'static str,
    index: u32,
    available: usize,
) -> Result<(), BackendError> {
    let (found, available) = (u64::from(index), available as u64);
    if found < available {
        return Ok(());
    }
    Err(BackendError::OutOfBounds {
        what,
        found,
        available,
    })
}
