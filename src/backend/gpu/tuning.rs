//! Choosing the threads of a workgroup by measurement. Results do not depend on them.

use super::Gpu;
use super::engine::Engine;
use super::error::GpuError;
use super::pipelines::{Pipelines, Size, workgroups};
use super::self_test::{short_job, striped_images, to_gpu_error};
use super::session::GpuSession;
use crate::backend::check::common_lanes;
use crate::backend::{BackendError, Session, Shift, Showing};
use crate::network::Network;
use crate::params::{REFERENCE_INPUTS, Vote};
use std::sync::Arc;
use web_time::{Duration, Instant};

/// Another number of threads than the expected one must be faster by this factor, or noise would choose.
const FASTER: f64 = 1.1;
/// Neurons of all networks that are timed together, if they have 784 inputs or fewer, and networks at most.
const NEURONS: usize = 2048;
const NETWORKS: usize = 16;

/// The kernels for networks of one size that run a short training fastest, of all numbers of threads worth trying.
///
/// # Errors
/// When the device refuses a kernel or fails.
pub fn fastest(gpu: &Gpu, size: Size) -> Result<Arc<Pipelines>, GpuError> {
    let sizes = workgroups(size.neurons, gpu.device.info.is_software());
    let (expected, others) = sizes.split_first().ok_or(GpuError::NoAdapter)?;
    let build = |&threads: &u32| Pipelines::new(&gpu.device, size, threads).map(Arc::new);
    let mut best = build(expected)?;
    // If the driver decides how to round, rounding may depend on the number of threads, and so would results on timing.
    if others.is_empty() || !gpu.is_exact() {
        return Ok(best);
    }
    let time = |pipelines: &Arc<Pipelines>| {
        time_of(gpu, pipelines, size).map_err(|error| to_gpu_error(gpu, error))
    };
    let mut least = time(&best)?.div_f64(FASTER);
    for threads in others {
        // A number of threads that fails is passed over.
        let tried = build(threads).and_then(|pipelines| Ok((time(&pipelines)?, pipelines)));
        if let Ok((time, pipelines)) = tried
            && time < least
        {
            (best, least) = (pipelines, time);
        }
    }
    Ok(best)
}

/// Wall-clock time of two short images, after two others that warm up.
fn time_of(
    gpu: &Gpu,
    pipelines: &Arc<Pipelines>,
    Size {
        inputs,
        neurons,
        delay_rows,
    }: Size,
) -> Result<Duration, BackendError> {
    let mut params = short_job();
    (params.model.input.height, params.model.input.width) = (1, inputs);
    params.model.network.classes = vec![0];
    params.model.network.vote = Vote::Groups {
        neurons_per_class: neurons,
    };
    if delay_rows < neurons {
        params.model.lateral.delay_i_to_e_max_ms = 0.0;
    }
    let reference = REFERENCE_INPUTS as usize;
    let count = NEURONS * reference / (neurons * inputs.max(reference));
    let networks = (0..count.clamp(1, NETWORKS))
        .map(|replica| Network::new(&params, replica))
        .collect::<Result<Vec<_>, _>>()?;
    let showing = |image| Showing {
        image,
        group: 0,
        shift: Shift::default(),
    };
    let plan = vec![vec![showing(0), showing(1)]; networks.len()];
    let Some(shape) = common_lanes(networks.iter())? else {
        return Ok(Duration::ZERO);
    };
    let mut session = GpuSession::default();
    // What is asked of the device for this is not counted.
    let traffic = Arc::default();
    let engine = Engine::new(
        gpu.device.clone(),
        pipelines.clone(),
        traffic,
        gpu.largest_buffer,
    );
    session.add(engine, networks, shape)?;
    let pixels = striped_images(inputs);
    session.train(&pixels, &plan)?;
    let start = Instant::now();
    session.train(&pixels, &plan)?;
    Ok(start.elapsed())
}
