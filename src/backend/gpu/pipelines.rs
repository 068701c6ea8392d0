//! The kernels, assembled from shaders/*.wgsl for a number of neurons, and their bindings.

use super::device::OpenDevice;
use super::error::GpuError;
use crate::model::rule::GROUPS;
use crate::params::Lanes as Shape;
use std::sync::OnceLock;

/// What kernels are made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Size {
    pub inputs: usize,
    pub neurons: usize,
    pub delay_rows: usize,
}

/// Bytes of memory that WebGPU promises a workgroup.
const WORKGROUP_MEMORY: usize = 16_384;

impl Size {
    pub fn of(shape: &Shape) -> Self {
        Self {
            inputs: shape.inputs(),
            neurons: shape.neurons,
            delay_rows: shape.delay_rows(),
        }
    }

    /// Inputs whose variables are in workgroup memory while a lane runs: all, or none where it has no room for them, and
    /// they stay in the state of the lane.
    pub fn shared_inputs(self) -> usize {
        // Trace, last spike and decay of each input; the I spikes of three steps; the spikes of the groups; the neuron
        // farthest above its threshold.
        let spikes = 3 * self.neurons.div_ceil(32);
        let arrays = [3 * self.inputs, spikes, GROUPS, 2];
        // WebGPU rounds each array up to 16 bytes.
        let bytes = |words: usize| (4 * words).next_multiple_of(16);
        let fits = arrays.into_iter().map(bytes).sum::<usize>() <= WORKGROUP_MEMORY;
        if fits { self.inputs } else { 0 }
    }
}

/// Kernels for networks of one size.
pub struct Pipelines {
    pub poisson: Kernel,
    pub advance: Kernel,
    pub flush: Kernel,
    /// Threads of a workgroup.
    pub workgroup: u32,
    module: wgpu::ShaderModule,
    check: OnceLock<Kernel>,
    of_batches: OnceLock<OfBatches>,
}

/// Kernels that only learning in batches needs.
pub struct OfBatches {
    pub turn: Kernel,
    pub scale: Kernel,
}

/// A pipeline with the layout of its bindings.
pub struct Kernel {
    pub pipeline: wgpu::ComputePipeline,
    pub layout: wgpu::BindGroupLayout,
    bindings: &'static [(u32, bool)],
}

/// Threads of a workgroup that are worth trying, first the number expected to be best: one for each neuron, up to what
/// WebGPU promises. In software threads run one after another, eight in a vector, and barriers between vectors cost
/// most. No thread owns more than 256 neurons, or it needs too many registers for some compilers.
pub fn workgroups(neurons: usize, software: bool) -> Vec<u32> {
    let neurons = neurons as u32;
    let sizes = [8, 16, 32, 64, 128, 256].into_iter();
    let other = |expected: u32| sizes.clone().filter(move |&size| size != expected);
    if software {
        let expected = neurons.div_ceil(256).next_multiple_of(8);
        let more = other(expected).filter(|&size| size > expected && size < neurons);
        return [expected].into_iter().chain(more.take(2)).collect();
    }
    let expected = neurons.next_multiple_of(32).min(256);
    // Registers are dearer there: no thread gets more than 64 neurons where there is a choice.
    let fewest = neurons.div_ceil(64).max(32);
    let fewer = other(expected).filter(|&size| size < expected && size >= fewest);
    [expected].into_iter().chain(fewer.rev().take(2)).collect()
}

fn preamble(size: Size, workgroup: u32) -> String {
    let constants = [
        ("INPUTS", size.inputs as u32),
        ("SHARED", size.shared_inputs() as u32),
        ("N", size.neurons as u32),
        ("DELAY_ROWS", size.delay_rows as u32),
        ("OWN", (size.neurons as u32).div_ceil(workgroup)),
        ("WORKGROUP", workgroup),
    ];
    let line = |(name, value)| format!("const {name}: u32 = {value}u;\n");
    constants.map(line).concat()
}

/// The source of all kernels.
pub fn source(size: Size, workgroup: u32) -> String {
    [
        preamble(size, workgroup).as_str(),
        include_str!("../../../shaders/common.wgsl"),
        include_str!("../../../shaders/rng.wgsl"),
        include_str!("../../../shaders/lif.wgsl"),
        include_str!("../../../shaders/conductance.wgsl"),
        include_str!("../../../shaders/rule.wgsl"),
        include_str!("../../../shaders/dropout.wgsl"),
        include_str!("../../../shaders/stdp.wgsl"),
        include_str!("../../../shaders/normalize.wgsl"),
        include_str!("../../../shaders/prune.wgsl"),
        include_str!("../../../shaders/regrow.wgsl"),
        include_str!("../../../shaders/state.wgsl"),
        include_str!("../../../shaders/step.wgsl"),
        include_str!("../../../shaders/batch.wgsl"),
        include_str!("../../../shaders/poisson.wgsl"),
    ]
    .concat()
}

// Bindings of kernels after the uniform at 0, and whether a kernel writes to each.

/// Tasks, constants, pixels, rates, spikes.
const POISSON: &[(u32, bool)] = &[(1, false), (2, false), (9, false), (10, false), (11, true)];
/// Tasks, constants, weights, state, rings, fixed arrays, spikes, totals.
const STEP: &[(u32, bool)] = &[
    (1, false),
    (2, false),
    (3, true),
    (4, true),
    (5, true),
    (6, false),
    (7, false),
    (8, true),
];
/// Tasks, constants, weights, state, totals, pixels, rates, spikes.
const TURN: &[(u32, bool)] = &[
    (1, false),
    (2, false),
    (3, true),
    (4, true),
    (8, true),
    (9, false),
    (10, false),
    (11, true),
];

impl Pipelines {
    /// # Errors
    /// When the device refuses a kernel.
    pub fn new(gpu: &OpenDevice, size: Size, workgroup: u32) -> Result<Self, GpuError> {
        let source = source(size, workgroup);
        gpu.scoped(|device| {
            let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
                label: Some("spikeprune"),
                source: wgpu::ShaderSource::Wgsl(source.into()),
            });
            let kernel = |entry, bindings| kernel(device, &module, entry, bindings);
            Self {
                poisson: kernel("poisson", POISSON),
                advance: kernel("advance", STEP),
                flush: kernel("flush", STEP),
                workgroup,
                module,
                check: OnceLock::new(),
                of_batches: OnceLock::new(),
            }
        })
    }

    /// The kernel that checks synapses, which is built when it is first asked for.
    ///
    /// # Errors
    /// When the device refuses it.
    pub fn check(&self, gpu: &OpenDevice) -> Result<&Kernel, GpuError> {
        if let Some(built) = self.check.get() {
            return Ok(built);
        }
        let built = gpu.scoped(|device| kernel(device, &self.module, "check", STEP))?;
        Ok(self.check.get_or_init(|| built))
    }

    /// The kernels for learning in batches, which are built when they are first asked for.
    ///
    /// # Errors
    /// When the device refuses one.
    pub fn of_batches(&self, gpu: &OpenDevice) -> Result<&OfBatches, GpuError> {
        if let Some(built) = self.of_batches.get() {
            return Ok(built);
        }
        let built = gpu.scoped(|device| OfBatches {
            turn: kernel(device, &self.module, "turn", TURN),
            scale: kernel(device, &self.module, "scale", STEP),
        })?;
        Ok(self.of_batches.get_or_init(|| built))
    }
}

fn kernel(
    device: &wgpu::Device,
    module: &wgpu::ShaderModule,
    entry: &str,
    bindings: &'static [(u32, bool)],
) -> Kernel {
    let uniform = (0, wgpu::BufferBindingType::Uniform);
    let storage = |&(binding, writes): &(u32, bool)| {
        let read_only = !writes;
        (binding, wgpu::BufferBindingType::Storage { read_only })
    };
    let entries: Vec<_> = std::iter::once(uniform)
        .chain(bindings.iter().map(storage))
        .map(|(binding, ty)| wgpu::BindGroupLayoutEntry {
            binding,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty: wgpu::BindingType::Buffer {
                ty,
                has_dynamic_offset: binding == 0,
                min_binding_size: None,
            },
            count: None,
        })
        .collect();
    let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: Some(entry),
        entries: &entries,
    });
    let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some(entry),
        bind_group_layouts: &[Some(&layout)],
        ..Default::default()
    });
    let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some(entry),
        layout: Some(&pipeline_layout),
        module,
        entry_point: Some(entry),
        compilation_options: Default::default(),
        cache: None,
    });
    Kernel {
        pipeline,
        layout,
        bindings,
    }
}

impl Kernel {
    /// Binds the dispatches (by dynamic offset) and the storage buffers, in the order of their bindings.
    pub fn bind(
        &self,
        device: &wgpu::Device,
        dispatches: &wgpu::Buffer,
        storage: &[&wgpu::Buffer],
    ) -> wgpu::BindGroup {
        let uniform = wgpu::BindingResource::Buffer(wgpu::BufferBinding {
            buffer: dispatches,
            offset: 0,
            size: wgpu::BufferSize::new(size_of::<super::layout::Dispatch>() as u64),
        });
        let bindings = self.bindings.iter().map(|&(binding, _)| binding);
        let buffers = bindings.zip(storage.iter().map(|buffer| buffer.as_entire_binding()));
        let entries: Vec<_> = std::iter::once((0, uniform))
            .chain(buffers)
            .map(|(binding, resource)| wgpu::BindGroupEntry { binding, resource })
            .collect();
        device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &self.layout,
            entries: &entries,
        })
    }
}
