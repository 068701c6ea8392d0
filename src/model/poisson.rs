//! Input spikes: a Bernoulli draw per step, drawn as gaps between spikes, by integers alone.
//!
//! The gap between two spikes of a Bernoulli process with probability q a step is geometric:
//! `gap = 1 + floor(-log2(u) * s)` with u uniform in (0, 1) and `s = -1 / log2(1 - q)`. The logarithm of a
//! 32-bit draw comes from a table of 1,025 integers (linear between them: off by less than 2e-7), s is a
//! fixed-point number of each of the 256 intensities. No float is involved, so every device draws the same.

use super::rng::{Stream, philox};
use crate::params::Params;

/// Fraction bits of the logarithm.
const LOG_BITS: u32 = 26;
/// The table has 2^this intervals.
const TABLE_BITS: u32 = 10;

/// log2(1 + i / 1024) for i = 0..=1024, with 26 fraction bits, by repeated squaring of integers.
fn log2_table() -> Vec<u32> {
    const EXTRA: u32 = 4;
    let log2 = |i: u64| {
        let mut x = (1024 + i) << 52; // 1 <= x < 2 with 62 fraction bits
        let mut bits = 0u64;
        for _ in 0..LOG_BITS + EXTRA {
            let square = (u128::from(x) * u128::from(x)) >> 62;
            let bit = u64::from(square >> 63 != 0);
            x = (square >> bit) as u64;
            bits = bits << 1 | bit;
        }
        ((bits + (1 << (EXTRA - 1))) >> EXTRA) as u32
    };
    (0..1 << TABLE_BITS)
        .map(log2)
        .chain([1 << LOG_BITS])
        .collect()
}

/// s of one rate: `s = mantissa / 2^32 * 2^(26 - shift)`, a mantissa of 0 for q = 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct GapScale {
    mantissa: u32,
    shift: u32,
}

impl GapScale {
    /// `probability` in (3e-8, 1].
    fn new(probability: f64) -> Self {
        if probability >= 1.0 {
            return Self {
                mantissa: 0,
                shift: 0,
            };
        }
        let s = -std::f64::consts::LN_2 / libm::log1p(-probability);
        // The smallest power of two above s, so that the mantissa uses all its bits.
        let (_, exponent) = libm::frexp(s);
        let exponent = exponent.max(0);
        let mantissa = libm::round(libm::ldexp(s, 32 - exponent)).min(f64::from(u32::MAX)) as u32;
        Self {
            mantissa,
            shift: (LOG_BITS as i32 - exponent) as u32,
        }
    }
}

/// Everything that turns intensities into spikes.
#[derive(Clone, Debug)]
pub struct RateTable {
    log2: Vec<u32>,
    scales: Vec<Option<GapScale>>,
    /// Of a spike in one step.
    probabilities: Vec<f64>,
}

/// Which spikes to draw: they are a function of this and of the pixels.
#[derive(Clone, Copy, Debug)]
pub struct Draw {
    pub seed: u64,
    pub stream: Stream,
    pub presentation: u32,
    /// How often the image was shown before, with too few spikes.
    pub attempt: u32,
}

/// The stream of a draw as the counter has it: every attempt draws anew.
pub fn stream_of_attempt(stream: Stream, attempt: u32) -> u32 {
    stream as u32 | attempt << 8
}

impl RateTable {
    /// Rates of the 256 intensities in an attempt, by [`crate::params::Input`].
    pub fn new(params: &Params, attempt: u32) -> Self {
        let (step, full_rate_hz) = (
            params.model.input.intensity_step,
            params.model.full_rate_hz(attempt),
        );
        Self::from_rates(params.model.time.dt_ms, |intensity| {
            f64::from(intensity / step * step) / 255.0 * full_rate_hz
        })
    }

    /// The tables of all attempts that a job may make.
    pub fn of_attempts(params: &Params) -> Vec<Self> {
        (0..params.model.attempts())
            .map(|attempt| Self::new(params, attempt))
            .collect()
    }

    /// The same rate for every intensity, 0 included: the last window of `final-window`.
    pub fn window(params: &Params) -> Self {
        Self::from_rates(params.model.time.dt_ms, |_| {
            params.model.pruning.window_rate_hz
        })
    }

    fn from_rates(dt_ms: f64, rate_hz: impl Fn(u32) -> f64) -> Self {
        let probabilities: Vec<f64> = (0..256)
            .map(|intensity| rate_hz(intensity) * dt_ms * 1e-3)
            .collect();
        let scale = |&probability: &f64| (probability > 0.0).then(|| GapScale::new(probability));
        Self {
            log2: log2_table(),
            scales: probabilities.iter().map(scale).collect(),
            probabilities,
        }
    }

    /// Spikes that an input of this intensity fires in so many steps, in the mean.
    pub fn spikes(&self, intensity: u8, steps: u32) -> f64 {
        self.probabilities[usize::from(intensity)] * f64::from(steps)
    }

    /// The table of the logarithm, as the kernels read it.
    pub fn log2_words(&self) -> &[u32] {
        &self.log2
    }

    /// Mantissa and shift of each of the 256 intensities, none where it never fires.
    pub fn scale_words(&self) -> Vec<Option<(u32, u32)>> {
        let words = |scale: &Option<GapScale>| scale.map(|scale| (scale.mantissa, scale.shift));
        self.scales.iter().map(words).collect()
    }

    /// For each intensity the highest probability of a spike in a step that any of the tables gives.
    pub fn envelope(tables: &[Self]) -> Vec<f64> {
        let highest = |intensity: usize| {
            tables
                .iter()
                .map(|table| table.probabilities[intensity])
                .fold(0.0, f64::max)
        };
        (0..256).map(highest).collect()
    }

    /// Steps to the next spike, less one.
    #[inline(always)]
    fn gap(&self, draw: u32, scale: GapScale) -> u32 {
        let u = draw | 1;
        let leading = u.leading_zeros();
        let mantissa = u << leading;
        let index = (mantissa >> (31 - TABLE_BITS)) as usize & ((1 << TABLE_BITS) - 1);
        let rest = (mantissa >> 6) & 0x7FFF;
        let low = self.log2[index];
        let log2 = low + (((self.log2[index + 1] - low) * rest) >> 15);
        let exponential = ((leading + 1) << LOG_BITS) - log2;
        ((u64::from(exponential) * u64::from(scale.mantissa)) >> 32) as u32 >> scale.shift
    }

    /// Draws the input spikes of one presentation into `spikes`; `pixels` holds an intensity for each input.
    pub fn draw(&self, draw: Draw, pixels: &[u8], steps: u32, spikes: &mut SpikeList) {
        let key = [draw.seed as u32, (draw.seed >> 32) as u32];
        let stream = stream_of_attempt(draw.stream, draw.attempt);
        spikes.begin(steps);
        for (input, &intensity) in pixels.iter().enumerate() {
            let Some(scale) = self.scales[usize::from(intensity)] else {
                continue;
            };
            let mut step = 0u32;
            'pixel: for block in 0.. {
                let counter = [block, input as u32, draw.presentation, stream];
                for word in philox(key, counter) {
                    step = step.saturating_add(self.gap(word, scale));
                    if step >= steps {
                        break 'pixel;
                    }
                    spikes.push(step, input as u16);
                    step += 1;
                }
            }
        }
        spikes.finish();
    }
}

/// The input spikes of one presentation, step by step, ascending within a step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpikeList {
    /// Spikes before step n; one entry more than there are steps.
    starts: Vec<u32>,
    inputs: Vec<u16>,
    /// The step of each.
    times: Vec<u32>,
    /// (step, input) in the order of pushing, before they are sorted by step.
    pushed: Vec<(u32, u16)>,
}

impl SpikeList {
    /// A list from recorded spikes (step, input) in any order; one that stands there twice counts once, as an input
    /// fires at most once a step.
    pub fn from_pairs(steps: u32, pairs: &[(u32, u16)]) -> Self {
        let mut sorted = pairs.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let mut list = Self::default();
        list.begin(steps);
        for (step, input) in sorted.into_iter().filter(|&(step, _)| step < steps) {
            list.push(step, input);
        }
        list.finish();
        list
    }

    /// Steps covered.
    pub fn steps(&self) -> u32 {
        self.starts.len().saturating_sub(1) as u32
    }

    /// All spikes.
    pub fn len(&self) -> usize {
        self.inputs.len()
    }

    /// The inputs of all spikes, step by step.
    pub fn inputs(&self) -> &[u16] {
        &self.inputs
    }

    /// The step of each of [`Self::inputs`].
    pub fn times(&self) -> &[u32] {
        &self.times
    }

    pub fn is_empty(&self) -> bool {
        self.inputs.is_empty()
    }

    /// The list as the kernels read it: starts, then inputs.
    pub fn words(&self) -> Vec<u32> {
        self.starts
            .iter()
            .copied()
            .chain(self.inputs.iter().map(|&input| input.into()))
            .collect()
    }

    /// Inputs that fire in a step, ascending; none beyond the last step.
    #[inline(always)]
    pub fn at(&self, step: u32) -> &[u16] {
        let step = step as usize;
        if step + 1 >= self.starts.len() {
            return &[];
        }
        &self.inputs[self.starts[step] as usize..self.starts[step + 1] as usize]
    }

    fn begin(&mut self, steps: u32) {
        self.starts.clear();
        self.starts.resize(steps as usize + 1, 0);
        self.pushed.clear();
    }

    /// Inputs must come in ascending order.
    #[inline(always)]
    fn push(&mut self, step: u32, input: u16) {
        self.starts[step as usize] += 1;
        self.pushed.push((step, input));
    }

    /// Sorts by step, by counting, which keeps inputs in order within a step.
    fn finish(&mut self) {
        let mut sum = 0;
        for start in &mut self.starts {
            sum += *start;
            *start = sum;
        }
        // Filling from the back turns the end of each step into its start.
        self.inputs.resize(self.pushed.len(), 0);
        self.times.resize(self.pushed.len(), 0);
        for &(step, input) in self.pushed.iter().rev() {
            let slot = &mut self.starts[step as usize];
            *slot -= 1;
            self.inputs[*slot as usize] = input;
            self.times[*slot as usize] = step;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets;

    #[test]
    fn a_recorded_spike_that_stands_twice_counts_once() {
        let list = SpikeList::from_pairs(3, &[(1, 7), (0, 9), (1, 2), (1, 7), (3, 1)]);
        assert_eq!(
            [list.at(0), list.at(1), list.at(2)],
            [&[9][..], &[2, 7], &[]]
        );
    }

    #[test]
    fn the_table_is_log2() {
        for (i, &entry) in log2_table().iter().enumerate() {
            let exact = libm::log2(1.0 + i as f64 / 1024.0) * f64::from(1 << LOG_BITS);
            assert!(
                (f64::from(entry) - exact).abs() <= 1.0,
                "entry {i}: {entry} for {exact}"
            );
        }
    }

    /// The distribution function of the gaps against 1 - (1 - q)^k, by the draws themselves.
    #[test]
    fn gaps_are_geometric() {
        let params = presets::paper();
        let table = RateTable::new(&params, 0);
        for intensity in [1u32, 17, 128, 255] {
            let q = f64::from(intensity) / 4.0 * params.model.time.dt_ms * 1e-3;
            let scale = table.scales[intensity as usize].expect("a positive rate");
            for k in [1u32, 2, 10, 100, 1000, 10_000] {
                // The gap falls as the draw grows, so the draws with gap >= k are an interval from 0.
                let (mut low, mut high) = (0u64, 1u64 << 32);
                while low < high {
                    let middle = (low + high) / 2;
                    if table.gap(middle as u32, scale) >= k {
                        low = middle + 1
                    } else {
                        high = middle
                    }
                }
                let (share, exact) = (low as f64 / 2f64.powi(32), libm::pow(1.0 - q, f64::from(k)));
                assert!(
                    (share - exact).abs() < 2e-6,
                    "p = {intensity}, k = {k}: {share} for {exact}"
                );
            }
        }
    }

    #[test]
    fn certain_spikes_come_at_every_step() {
        let mut params = presets::paper();
        params.model.time.dt_ms = 1.0;
        params.model.input.full_rate_hz = 1000.0;
        let mut spikes = SpikeList::default();
        let draw = Draw {
            seed: 3,
            stream: Stream::Train,
            presentation: 0,
            attempt: 0,
        };
        RateTable::new(&params, 0).draw(draw, &[255; 784], 7, &mut spikes);
        assert_eq!(spikes.len(), 7 * 784);
        assert!((0..7).all(|step| spikes.at(step).iter().copied().eq(0..784)));
        assert!(spikes.at(7).is_empty());
    }

    /// These spikes are part of every result: a change of any of them is a change of all.
    #[test]
    fn spikes_of_a_seed_stay_the_same() {
        let mut spikes = SpikeList::default();
        let mut pixels = [0u8; 784];
        pixels[100..110].fill(255);
        let draw = Draw {
            seed: 1 << 40 | 5,
            stream: Stream::Test,
            presentation: 9,
            attempt: 0,
        };
        RateTable::new(&presets::paper(), 0).draw(draw, &pixels, 700, &mut spikes);
        let first: Vec<_> = (0..700)
            .flat_map(|n| spikes.at(n).iter().map(move |&i| (n, i)))
            .take(6)
            .collect();
        assert_eq!(spikes.len(), 199);
        assert_eq!(
            first,
            [
                (3, 106),
                (7, 102),
                (14, 106),
                (17, 102),
                (23, 107),
                (25, 104)
            ]
        );
    }
}
