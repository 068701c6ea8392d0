//! Whether an open GPU computes what it should, in a few milliseconds.

use super::Gpu;
use super::device::OpenDevice;
use super::error::GpuError;
use crate::backend::cpu::Cpu;
use crate::backend::{Backend, BackendError, Shift, Showing};
use crate::network::Network;
use crate::params::{INPUTS, Params, Vote};
use crate::presets;
use bytemuck::{Pod, Zeroable};
use serde::{Deserialize, Serialize};

/// How a GPU's arithmetic may differ from Rust's where WGSL leaves it free.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arithmetic {
    /// `x * y + z` is rounded once, not twice: sums differ from the CPU's in their last bits.
    pub contracts: bool,
    /// Results or operands below 1.2e-38 become 0.
    pub flushes_subnormals: bool,
}

/// What the self-test of a GPU that works has measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tested {
    pub arithmetic: Arithmetic,
    /// Whether a short training agreed with the native backend's to the bit.
    pub exact: bool,
}

/// Iterations that one invocation must be able to do; Mesa 22's lavapipe ends every loop at 65,535.
const STEPS: u32 = 200_000;

/// Keep in sync with shaders/self_test.wgsl.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Operands {
    steps: u32,
    x: f32,
    y: f32,
    z: f32,
    tiny: f32,
    small: f32,
    subnormal: f32,
    large: f32,
}

/// Keep in sync with shaders/self_test.wgsl.
#[repr(C)]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct Results {
    counted: u32,
    chain: u32,
    sums: [f32; 4],
    product: f32,
    raised: f32,
}

const ULP: f32 = f32::EPSILON;

const OPERANDS: Operands = Operands {
    steps: STEPS,
    // (1 + 2^-12)^2 = 1 + 2^-11 + 2^-24, of which f32 keeps all but the last.
    x: 1.0 + 2048.0 * ULP,
    y: 1.0 + 2048.0 * ULP,
    z: -(1.0 + 4096.0 * ULP),
    // 2^-100 2^-30 = 2^-130, and 2^-130 2^30 = 2^-100.
    tiny: f32::from_bits((127 - 100) << 23),
    small: f32::from_bits((127 - 30) << 23),
    subnormal: f32::from_bits(1 << 19),
    large: f32::from_bits((127 + 30) << 23),
};

/// Runs a kernel of known results.
///
/// # Errors
/// When the results are wrong, or the GPU fails.
pub fn self_test(gpu: &OpenDevice) -> Result<Arithmetic, GpuError> {
    let size = size_of::<Results>() as u64;
    let (output, commands) = gpu.scoped(|device| record(device, size))?;
    gpu.queue.submit([commands]);
    judge(bytemuck::pod_read_unaligned(&gpu.read(&output, size)?)).map_err(|reason| {
        GpuError::SelfTest {
            adapter: gpu.info.name.clone(),
            reason,
        }
    })
}

/// Trains a small network for two short images here and on the CPU; tells whether they agree to the bit.
///
/// # Errors
/// When they part further than rounding explains: by more than a tenth of the spikes.
pub fn compare(gpu: &Gpu) -> Result<bool, GpuError> {
    let failed = |error| to_gpu_error(gpu, error);
    let params = short_job();
    let pixels = striped_images();
    let showing = |image: u32, shift| Showing {
        image,
        group: image,
        shift,
    };
    let plan = [vec![
        showing(0, Shift::default()),
        showing(1, Shift { right: 1, down: -1 }),
    ]];
    let train = |backend: &dyn Backend| {
        let mut session = backend.start(vec![Network::new(&params, 0)?])?;
        session.train(&pixels, &plan)?;
        Ok(session.snapshot()?.remove(0))
    };
    let native = Cpu::new(1).and_then(|cpu| train(&cpu)).map_err(failed)?;
    let ours = train(gpu).map_err(failed)?;
    let spikes = (native.state.spikes_e, ours.state.spikes_e);
    if spikes.0.abs_diff(spikes.1) * 10 <= spikes.0 {
        return Ok(ours == native);
    }
    let (expected, found) = spikes;
    Err(GpuError::SelfTest {
        adapter: gpu.device().into(),
        reason: format!("a short training gave {found} spikes instead of {expected}"),
    })
}

/// What went wrong in a training that tests a device.
pub(super) fn to_gpu_error(gpu: &Gpu, error: BackendError) -> GpuError {
    let (adapter, reason) = (gpu.device().into(), error.to_string());
    match error {
        BackendError::Device(error) => match error.downcast::<GpuError>() {
            Ok(error) => *error,
            Err(_) => GpuError::SelfTest { adapter, reason },
        },
        // That is no fault of the device's.
        BackendError::Threads { .. } => GpuError::Refused { adapter, reason },
        _ => GpuError::SelfTest { adapter, reason },
    }
}

/// Two images with two of five pixels lit.
pub(super) fn striped_images() -> Vec<u8> {
    let lit = |pixel| if pixel % 5 < 2 { 255 } else { 0 };
    (0..2 * INPUTS).map(lit).collect()
}

/// Two classes of four neurons, images of 40 ms.
pub(super) fn short_job() -> Params {
    let mut params = presets::paper();
    params.model.network.classes = vec![0, 1];
    params.model.network.vote = Vote::Groups {
        neurons_per_class: 4,
    };
    params.model.time.stimulus_ms = 40.0;
    params.model.time.rest_ms = 10.0;
    params.model.excitatory.v_start_mv = -60.0;
    params
}

fn record(device: &wgpu::Device, size: u64) -> (wgpu::Buffer, wgpu::CommandBuffer) {
    let input = device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("self-test operands"),
        size: size_of::<Operands>() as u64,
        usage: wgpu::BufferUsages::STORAGE,
        mapped_at_creation: true,
    });
    if let Ok(mut view) = input.get_mapped_range_mut(..) {
        view.copy_from_slice(bytemuck::bytes_of(&OPERANDS));
    }
    input.unmap();
    let output = device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("self-test results"),
        size,
        usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC,
        mapped_at_creation: false,
    });
    let module =
        device.create_shader_module(wgpu::include_wgsl!("../../../shaders/self_test.wgsl"));
    let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some("self-test"),
        layout: None,
        module: &module,
        entry_point: Some("main"),
        compilation_options: Default::default(),
        cache: None,
    });
    let bindings = [&input, &output];
    let group = device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some("self-test"),
        layout: &pipeline.get_bind_group_layout(0),
        entries: &std::array::from_fn::<_, 2, _>(|binding| wgpu::BindGroupEntry {
            binding: binding as u32,
            resource: bindings[binding].as_entire_binding(),
        }),
    });
    let mut encoder = device.create_command_encoder(&Default::default());
    let mut pass = encoder.begin_compute_pass(&Default::default());
    pass.set_pipeline(&pipeline);
    pass.set_bind_group(0, &group, &[]);
    pass.dispatch_workgroups(1, 1, 1);
    drop(pass);
    (output, encoder.finish())
}

fn judge(results: Results) -> Result<Arithmetic, String> {
    let (counted, chain) = (0..STEPS).fold((0, 1u32), |(counted, chain), _| {
        let chain = chain.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (counted + 1 + (chain >> 31), chain)
    });
    if (results.counted, results.chain) != (counted, chain) {
        return Err(format!(
            "a loop of {STEPS} iterations ended with {} instead of {counted}; a newer driver may help",
            results.counted
        ));
    }
    let Operands { x, y, z, .. } = OPERANDS;
    let fused = x.mul_add(y, z);
    if let Some(sum) = (results.sums.iter()).find(|sum| **sum != 0.0 && sum.abs() != fused) {
        return Err(format!("{x} * {y} + {z} is {sum} instead of 0 or {fused}"));
    }
    let (product, raised) = (OPERANDS.subnormal, OPERANDS.tiny);
    if ![0.0, product].contains(&results.product) || ![0.0, raised].contains(&results.raised) {
        return Err(format!("small products are wrong: {results:?}"));
    }
    Ok(Arithmetic {
        contracts: results.sums.iter().any(|sum| *sum != 0.0),
        flushes_subnormals: results.product == 0.0 || results.raised == 0.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::gpu::adapter::tests::noop;
    use crate::backend::gpu::device::open;

    #[test]
    fn a_gpu_that_computes_nothing_is_refused() {
        let gpu = open(&noop(wgpu::Limits::defaults())).unwrap();
        let error = self_test(&gpu).unwrap_err();
        assert!(matches!(error, GpuError::SelfTest { .. }), "{error}");
    }

    #[test]
    fn the_operands_tell_the_roundings_apart() {
        let Operands { x, y, z, .. } = OPERANDS;
        assert_eq!(x * y + z, 0.0);
        assert_ne!(x.mul_add(y, z), 0.0);
        assert_eq!(OPERANDS.tiny * OPERANDS.small, OPERANDS.subnormal);
        assert_eq!(OPERANDS.subnormal * OPERANDS.large, OPERANDS.tiny);
        assert!(OPERANDS.subnormal.is_subnormal());
    }
}
