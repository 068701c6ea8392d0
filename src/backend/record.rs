//! What a presentation leaves behind where it is watched: spikes of all neurons, and variables of chosen ones.

use crate::model::state::Neurons;

/// A variable of every neuron, or of the pair of an excitatory and its inhibitory neuron.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variable {
    /// Membrane potential of the excitatory neuron, in mV.
    PotentialE,
    /// Its adaptive threshold, in mV.
    Threshold,
    /// Its latched threshold, in mV: what its potential is compared with where the threshold is not live.
    Latched,
    /// Its excitatory and inhibitory conductance, relative to the leak.
    ExcitationE,
    InhibitionE,
    /// Its postsynaptic trace, which moves in training alone.
    TracePost,
    /// Membrane potential of its inhibitory neuron, in mV.
    PotentialI,
    /// Conductance of its inhibitory neuron.
    ExcitationI,
}

impl Variable {
    /// All, in the order of the state of a lane.
    pub const ALL: [Self; 8] = [
        Self::PotentialE,
        Self::Threshold,
        Self::Latched,
        Self::ExcitationE,
        Self::InhibitionE,
        Self::TracePost,
        Self::PotentialI,
        Self::ExcitationI,
    ];

    /// Its value among those of all variables.
    pub fn of<F, U>(self, neurons: &Neurons<F, U>) -> &F {
        match self {
            Self::PotentialE => &neurons.v_e_mv,
            Self::Threshold => &neurons.v_threshold_mv,
            Self::Latched => &neurons.v_latched_mv,
            Self::ExcitationE => &neurons.ge_e,
            Self::InhibitionE => &neurons.gi_e,
            Self::TracePost => &neurons.trace_post,
            Self::PotentialI => &neurons.v_i_mv,
            Self::ExcitationI => &neurons.ge_i,
        }
    }

    /// The name that it has in files.
    pub fn name(self) -> &'static str {
        let place = *self.of(&Neurons::PLACES);
        Neurons::PLACES.list()[place].0
    }
}

/// All [`Variable`]s of some neurons after each step of a presentation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Watched {
    neurons: usize,
    /// Shape \[steps, variables, neurons\].
    values: Vec<f32>,
}

impl Watched {
    /// Nothing yet of so many neurons.
    pub(super) fn of(neurons: usize) -> Self {
        Self {
            neurons,
            values: Vec::new(),
        }
    }

    /// Adds a step: a value of each of the neurons, variable after variable.
    pub(super) fn push(&mut self, values: impl IntoIterator<Item = f32>) {
        self.values.extend(values);
    }

    /// Neurons that were watched.
    pub fn neurons(&self) -> usize {
        self.neurons
    }

    /// Steps that were watched.
    pub fn steps(&self) -> usize {
        match self.neurons {
            0 => 0,
            neurons => self.values.len() / (Variable::ALL.len() * neurons),
        }
    }

    /// One variable of the neuron at a place among those that were watched, step after step.
    ///
    /// # Panics
    /// When fewer neurons were watched, as indexing a slice does.
    pub fn series(&self, variable: Variable, place: usize) -> impl Iterator<Item = f32> {
        assert!(
            place < self.neurons,
            "{} neurons were watched",
            self.neurons
        );
        let first = variable as usize * self.neurons + place;
        let per_step = Variable::ALL.len() * self.neurons;
        self.values.iter().skip(first).step_by(per_step).copied()
    }
}

/// Spikes of one network, (step of its clock, neuron) in the order of time, and what was watched beside them.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Record {
    pub excitatory: Vec<(u32, u32)>,
    pub inhibitory: Vec<(u32, u32)>,
    /// Of the neurons that were asked for, in their order.
    pub watched: Watched,
}
