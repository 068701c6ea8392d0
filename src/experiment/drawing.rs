//! What one presentation evoked, drawn.

use super::presentation::{Presentation, Spike};
use crate::backend::Variable;
use crate::params::{Model, Vote};
use crate::report::plot::{Band, FontScale, MOST_SPIKES, Panel, Raster, Trace};

/// Neurons whose potentials a drawing holds.
pub const DRAWN: usize = 8;

impl Presentation {
    /// A drawing of all spikes, and below them of the potentials of the first [`DRAWN`] neurons that were watched, each
    /// with the threshold that it was compared with. `label` tells what is shown to those who do not see it; where spikes
    /// are too many to draw, it also says how many are left out.
    pub fn raster(&self, model: &Model, label: &str) -> Raster {
        let neurons = model.neurons() as u32;
        let bands = match model.network.vote {
            Vote::Groups { neurons_per_class } => groups(model, neurons_per_class as u32),
            Vote::Labels { .. } => Vec::new(),
        };
        let populations = [
            ("I neuron", neurons, &self.inhibitory, &bands[..]),
            ("E neuron", neurons, &self.excitatory, &bands[..]),
            ("input", model.inputs() as u32, &self.inputs, &[]),
        ];
        let count: usize = populations
            .iter()
            .map(|population| population.2.len())
            .sum();
        // A panel may have one more than its share.
        let every = (count + populations.len()).div_ceil(MOST_SPIKES);
        let panel = |(title, rows, spikes, bands): (&str, u32, &Vec<Spike>, &[Band])| Panel {
            title: title.into(),
            rows,
            spikes: spikes.iter().copied().step_by(every).collect(),
            bands: bands.to_vec(),
        };
        let trace = |(place, neuron): (usize, &u32)| {
            let potentials = self.watched.series(Variable::PotentialE, place);
            Trace {
                title: format!("E neuron {neuron}, mV"),
                points: self.times_ms().zip(potentials.map(f64::from)).collect(),
                reference: self
                    .times_ms()
                    .zip(self.threshold_mv(place).map(f64::from))
                    .collect(),
            }
        };
        Raster {
            label: match every {
                1 => label.into(),
                every => format!("{label}; one spike of {every} is drawn"),
            },
            duration_ms: self.duration_ms,
            panels: populations.into_iter().map(panel).collect(),
            traces: self
                .neurons
                .iter()
                .enumerate()
                .take(DRAWN)
                .map(trace)
                .collect(),
            font_scale: FontScale::default(),
        }
    }
}

/// The neurons of each class.
fn groups(model: &Model, size: u32) -> Vec<Band> {
    let groups = (0..).zip(&model.network.classes);
    groups
        .map(|(group, &class)| Band {
            name: model.network.name_of(class),
            rows: group * size..(group + 1) * size,
        })
        .collect()
}
