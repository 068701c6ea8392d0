//! Networks and lanes in the device's buffers.

use super::engine::Engine;
use super::error::GpuError;
use super::layout::{
    DIVERGED, OVERFLOW, SILENT, fixed_stride, pack_fixed, pack_rings, pack_state, state_stride,
};
use super::pipelines::Size;
use crate::backend::BackendError;
use crate::model::Constants;
use crate::model::poisson::RateTable;
use crate::network::Network;
use crate::params::ParamsError;

/// What frozen and learning networks have in common: constants, weights, fixed arrays and rates, for R networks.
pub struct Networks {
    pub size: Size,
    pub count: usize,
    pub slots_s2: u32,
    pub slots_s3: u32,
    pub constants: wgpu::Buffer,
    pub weights: wgpu::Buffer,
    fixed_arrays: wgpu::Buffer,
    pub rates: wgpu::Buffer,
}

/// Running states, one a lane.
pub struct Lanes {
    pub count: usize,
    pub state: wgpu::Buffer,
    pub rings: wgpu::Buffer,
    /// Counts, then the sums of what a batch changes.
    pub totals: wgpu::Buffer,
    pub count_words: usize,
}

/// What batches need besides the lanes of the networks themselves.
#[derive(Clone, Copy, Default)]
pub struct ForBatches {
    /// Lanes of each network: where images run, and one to add up in.
    pub lanes: usize,
    /// Words of the sums of all networks.
    pub sums: usize,
    /// Counts that lanes have besides those of their networks.
    pub counts: usize,
}

impl Networks {
    /// Storage buffers in the order of the kernels' bindings, with these weights.
    pub fn storage<'a>(
        &'a self,
        tasks: &'a wgpu::Buffer,
        weights: &'a wgpu::Buffer,
        lanes: &'a Lanes,
        spikes: &'a wgpu::Buffer,
    ) -> [&'a wgpu::Buffer; 8] {
        [
            tasks,
            &self.constants,
            weights,
            &lanes.state,
            &lanes.rings,
            &self.fixed_arrays,
            spikes,
            &lanes.totals,
        ]
    }
}

/// Two words for each of the 256 intensities of each table, after the logarithm.
fn rate_words<'a>(tables: impl IntoIterator<Item = &'a RateTable>) -> Vec<u32> {
    let mut words: Vec<u32> = Vec::new();
    for table in tables {
        if words.is_empty() {
            words.extend(table.log2_words());
        }
        let scales = table.scale_words();
        words.extend(
            scales
                .iter()
                .map(|scale| scale.map_or(0, |(mantissa, _)| mantissa)),
        );
        words.extend(
            scales
                .iter()
                .map(|scale| scale.map_or(SILENT, |(_, shift)| shift)),
        );
    }
    words
}

impl Engine {
    /// A buffer of tables of rates.
    pub fn rates(&mut self, tables: &[RateTable]) -> Result<wgpu::Buffer, GpuError> {
        self.filled("rates", &rate_words(tables))
    }

    /// Takes networks onto the device, with these weights instead of their own, and tables of rates.
    pub fn load(
        &mut self,
        networks: &[&Network],
        weights: &[&[f32]],
        tables: &[RateTable],
    ) -> Result<Networks, GpuError> {
        let params = &networks[0].params;
        let (mut constants, mut fixed_arrays) = (Vec::new(), Vec::new());
        let invalid = |error: ParamsError| GpuError::Validation(error.to_string());
        for network in networks {
            constants.push(Constants::training(&network.params).map_err(invalid)?);
            constants.push(Constants::testing(&network.params).map_err(invalid)?);
            pack_fixed(network, &mut fixed_arrays).map_err(invalid)?;
        }
        let shape = params.lanes().map_err(invalid)?;
        let (size, steps) = (Size::of(&shape), shape.steps);
        debug_assert_eq!(fixed_arrays.len(), networks.len() * fixed_stride(size));
        let all: Vec<u32> = weights
            .iter()
            .flat_map(|weights| weights.iter().map(|w| w.to_bits()))
            .collect();
        Ok(Networks {
            size,
            count: networks.len(),
            slots_s2: steps.delay_e_to_i_max + 1,
            slots_s3: steps.delay_i_to_e_max + 1,
            constants: self.filled("constants", bytemuck::cast_slice(&constants))?,
            weights: self.filled("weights", &all)?,
            fixed_arrays: self.filled("delays, thresholds and rules", &fixed_arrays)?,
            rates: self.rates(tables)?,
        })
    }

    /// Lanes in the states of their networks, and room for what batches need.
    pub fn load_lanes(
        &mut self,
        networks: &[&Network],
        batches: ForBatches,
    ) -> Result<Lanes, GpuError> {
        let (mut state, mut rings) = (Vec::new(), Vec::new());
        for network in networks {
            pack_state(network, &mut state);
            pack_rings(network, &mut rings);
        }
        let count_words = networks.len() * networks[0].params.model.neurons() + batches.counts;
        let with_lanes = |words: usize| words * (1 + batches.lanes);
        let lanes = Lanes {
            count: networks.len(),
            state: self.empty("state", with_lanes(state.len()))?,
            rings: self.empty("rings", with_lanes(rings.len()))?,
            totals: self.empty("totals", count_words + batches.sums)?,
            count_words,
        };
        self.write(&lanes.state, bytemuck::cast_slice(&state));
        self.write(&lanes.rings, bytemuck::cast_slice(&rings));
        Ok(lanes)
    }

    /// Lanes for images that start from rest.
    pub fn lanes_at_rest(&mut self, networks: &Networks, count: usize) -> Result<Lanes, GpuError> {
        let (n, slots) = (networks.size.neurons, networks.slots_s2 + networks.slots_s3);
        Ok(Lanes {
            count,
            state: self.empty("state", count * state_stride(networks.size))?,
            rings: self.empty("rings", count * n * slots as usize)?,
            totals: self.empty("totals", count * n)?,
            count_words: count * n,
        })
    }

    /// The E spikes of each lane's neurons since the last reading.
    pub fn take_counts(&mut self, lanes: &Lanes) -> Result<Vec<u32>, GpuError> {
        let counts = self.read_first(&lanes.totals, lanes.count_words)?;
        let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
        encoder.clear_buffer(&lanes.totals, 0, Some(4 * lanes.count_words as u64));
        self.submit(encoder);
        Ok(counts)
    }
}

/// What the kernels mark instead of counting.
pub fn check_counts(host: &Network, counts: &[u32]) -> Result<(), BackendError> {
    if let Some(neuron) = counts.iter().position(|&count| count & DIVERGED != 0) {
        return Err(BackendError::Diverged {
            seed: host.seed,
            neuron,
            images: host.state.presented,
        });
    }
    if counts.iter().any(|&count| count & OVERFLOW != 0) {
        let reason =
            "more input spikes than there was room for; this should not happen in a lifetime";
        return Err(GpuError::Driver(reason.into()).into());
    }
    Ok(())
}
