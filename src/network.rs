//! One network on the host: weights, delays and state, as a checkpoint holds them.
//!
//! Arrays are plain and unpadded; a backend lays them out as its device likes and gives them back.

use crate::draws;
use crate::model::lif::long_ago;
use crate::params::{INPUTS, Params, ParamsError, Steps, Threshold};
use std::borrow::Cow;

/// A network between two presentations. N is [`Params::neurons`].
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    pub params: Params,
    /// Seed of its draws and input spikes.
    pub seed: u64,
    /// S1 as the training runs on them, before any flush; shape \[inputs, N\].
    pub weights: Vec<f32>,
    /// S2 delays in steps; shape \[N\].
    pub delays_s2: Vec<u16>,
    /// S3 delays in steps; shape \[from I, to E\], the diagonal unused.
    pub delays_s3: Vec<u16>,
    pub state: State,
}

/// Everything that moves but the weights. Potentials in mV, times in steps.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Steps since the training began.
    pub clock: u32,
    /// Training images seen: the position in the order of images.
    pub presented: u32,
    /// E spikes of the training so far.
    pub spikes_e: u64,
    pub v_e_mv: Vec<f32>,
    pub v_threshold_mv: Vec<f32>,
    /// The thresholds that hold for this image if they are not live.
    pub v_latched_mv: Vec<f32>,
    pub ge_e: Vec<f32>,
    pub gi_e: Vec<f32>,
    /// Postsynaptic traces, now.
    pub trace_post: Vec<f32>,
    pub last_spike_e: Vec<u32>,
    pub v_i_mv: Vec<f32>,
    pub ge_i: Vec<f32>,
    pub last_spike_i: Vec<u32>,
    /// Presynaptic traces as they stood at the input's last spike; shape \[inputs\].
    pub trace_pre: Vec<f32>,
    /// Each input's last spike; shape \[inputs\].
    pub last_input: Vec<u32>,
    /// S2 arrivals under way: how many reach each I neuron in the d-th step from now;
    /// shape \[longest delay + 1, N\].
    pub arrivals_s2: Vec<u16>,
    /// S3 arrivals under way, at each E neuron; shape \[longest delay + 1, N\].
    pub arrivals_s3: Vec<u16>,
}

/// A network that cannot be run.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NetworkError {
    #[error("{array} holds {found} values, {expected} are needed")]
    Length {
        array: &'static str,
        expected: usize,
        found: usize,
    },
    #[error("{array}[{index}] is {value}: it must be {expected}")]
    Value {
        array: &'static str,
        index: usize,
        value: f64,
        expected: String,
    },
    #[error(transparent)]
    Params(#[from] ParamsError),
}

impl State {
    /// Before the first training image: potentials at their start, all else at rest.
    pub fn initial(params: &Params, steps: &Steps) -> Self {
        let n = params.model.neurons();
        let threshold_mv =
            params.model.excitatory.v_threshold_mv + params.model.excitatory.theta_start_mv;
        Self {
            clock: 0,
            presented: 0,
            spikes_e: 0,
            v_e_mv: vec![params.model.excitatory.v_start_mv as f32; n],
            v_threshold_mv: vec![threshold_mv as f32; n],
            v_latched_mv: vec![threshold_mv as f32; n],
            ge_e: vec![0.0; n],
            gi_e: vec![0.0; n],
            trace_post: vec![0.0; n],
            last_spike_e: vec![long_ago(steps.memory_e); n],
            v_i_mv: vec![params.model.inhibitory.v_start_mv as f32; n],
            ge_i: vec![0.0; n],
            last_spike_i: vec![long_ago(steps.refractory_i); n],
            trace_pre: vec![0.0; INPUTS],
            last_input: vec![0; INPUTS],
            arrivals_s2: vec![0; (steps.delay_s2_max as usize + 1) * n],
            arrivals_s3: vec![0; (steps.delay_s3_max as usize + 1) * n],
        }
    }
}

impl Network {
    /// A new network with the weights and delays that its replica's seed draws.
    ///
    /// # Errors
    /// When the parameters make no sense.
    pub fn new(params: &Params, replica: usize) -> Result<Self, NetworkError> {
        params.validate()?;
        let (steps, n) = (params.model.steps()?, params.model.neurons());
        let seed = params.replica_seed(replica);
        let start = |share: f64| (share * params.model.learning.gmax) as f32;
        let (low, high) = (
            params.model.learning.w_start_min,
            params.model.learning.w_start_max,
        );
        Ok(Self {
            params: params.clone(),
            seed,
            weights: draws::weights(seed, INPUTS, n, (start(low), start(high))),
            delays_s2: draws::delays_s2(seed, n, steps.delay_s2_max),
            delays_s3: draws::delays_s3(seed, n, steps.delay_s3_max),
            state: State::initial(params, &steps),
        })
    }

    /// Whether it has seen all its training images.
    pub fn is_trained(&self) -> bool {
        self.state.presented as usize == self.params.presentations()
    }

    /// The thresholds with which a test image begins, in mV: at rest or, with memory, as the training left them.
    pub fn thresholds_in_test(&self) -> Cow<'_, [f32]> {
        let e = &self.params.model.excitatory;
        match e.threshold_test {
            Threshold::Homeostatic => Cow::Borrowed(&self.state.v_threshold_mv),
            Threshold::Live | Threshold::Latched | Threshold::Fixed => {
                Cow::Owned(vec![
                    e.v_threshold_test_mv as f32;
                    self.params.model.neurons()
                ])
            }
        }
    }

    /// Checks every array against the parameters, so that a backend can rely on them.
    ///
    /// # Errors
    /// The first array of a wrong length, or the first value that cannot occur.
    pub fn check(&self) -> Result<(), NetworkError> {
        self.params.validate()?;
        let steps = self.params.model.steps()?;
        self.check_lengths(&steps)?;
        self.check_weights("weights_running", &self.weights)?;
        for (array, delays, max) in [
            ("delays_s2", &self.delays_s2, steps.delay_s2_max),
            ("delays_s3", &self.delays_s3, steps.delay_s3_max),
        ] {
            check_values(array, delays, &format!("at most {max} steps"), |&d| {
                u32::from(d) <= max
            })?;
        }
        let state = &self.state;
        for (array, values) in [
            ("v_e_mv", &state.v_e_mv),
            ("v_threshold_mv", &state.v_threshold_mv),
            ("v_latched_mv", &state.v_latched_mv),
            ("ge_e", &state.ge_e),
            ("gi_e", &state.gi_e),
            ("trace_post", &state.trace_post),
            ("v_i_mv", &state.v_i_mv),
            ("ge_i", &state.ge_i),
            ("trace_pre", &state.trace_pre),
        ] {
            check_values(array, values, "a finite number", |value| value.is_finite())?;
        }
        let most = self.params.model.neurons() as u16;
        for (array, arrivals) in [
            ("arrivals_s2", &state.arrivals_s2),
            ("arrivals_s3", &state.arrivals_s3),
        ] {
            let expected = format!("at most {most}, a spike of each neuron");
            check_values(array, arrivals, &expected, |&count| count <= most)?;
        }
        check_values(
            "last_input",
            &state.last_input,
            "not after the clock",
            |&last| last <= state.clock,
        )
    }

    /// Checks that weights of this network are within w_min..=gmax; `array` names them.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check_weights(&self, array: &'static str, weights: &[f32]) -> Result<(), NetworkError> {
        let (low, high) = (
            self.params.model.w_min() as f32,
            self.params.model.learning.gmax as f32,
        );
        check_values(array, weights, &format!("in {low}..={high}"), |&w| {
            (low..=high).contains(&w)
        })
    }

    fn check_lengths(&self, steps: &Steps) -> Result<(), NetworkError> {
        for (array, shape, values) in self.arrays(steps) {
            let (expected, found) = (shape.iter().product(), values.len());
            if found != expected {
                return Err(NetworkError::Length {
                    array,
                    expected,
                    found,
                });
            }
        }
        Ok(())
    }
}

/// The values of one array of a network.
#[derive(Clone, Copy, Debug)]
pub enum Array<'a> {
    F32(&'a [f32]),
    U32(&'a [u32]),
    U16(&'a [u16]),
}

/// The same, to be filled.
#[derive(Debug)]
pub enum ArrayMut<'a> {
    F32(&'a mut Vec<f32>),
    U32(&'a mut Vec<u32>),
    U16(&'a mut Vec<u16>),
}

impl Array<'_> {
    pub fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::U32(values) => values.len(),
            Self::U16(values) => values.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The one list of a network's arrays, with the name and shape that a checkpoint gives them.
macro_rules! arrays {
    ($network:ident, $steps:ident, $array:ident, $slice:ident) => {{
        let n = $network.params.model.neurons();
        let (slots_s2, slots_s3) = (
            $steps.delay_s2_max as usize + 1,
            $steps.delay_s3_max as usize + 1,
        );
        let state = $slice!($network.state);
        vec![
            (
                "weights_running",
                vec![INPUTS, n],
                $array::F32($slice!($network.weights)),
            ),
            (
                "delays_s2",
                vec![n],
                $array::U16($slice!($network.delays_s2)),
            ),
            (
                "delays_s3",
                vec![n, n],
                $array::U16($slice!($network.delays_s3)),
            ),
            ("v_e_mv", vec![n], $array::F32($slice!(state.v_e_mv))),
            (
                "v_threshold_mv",
                vec![n],
                $array::F32($slice!(state.v_threshold_mv)),
            ),
            (
                "v_latched_mv",
                vec![n],
                $array::F32($slice!(state.v_latched_mv)),
            ),
            ("ge_e", vec![n], $array::F32($slice!(state.ge_e))),
            ("gi_e", vec![n], $array::F32($slice!(state.gi_e))),
            (
                "trace_post",
                vec![n],
                $array::F32($slice!(state.trace_post)),
            ),
            (
                "last_spike_e",
                vec![n],
                $array::U32($slice!(state.last_spike_e)),
            ),
            ("v_i_mv", vec![n], $array::F32($slice!(state.v_i_mv))),
            ("ge_i", vec![n], $array::F32($slice!(state.ge_i))),
            (
                "last_spike_i",
                vec![n],
                $array::U32($slice!(state.last_spike_i)),
            ),
            (
                "trace_pre",
                vec![INPUTS],
                $array::F32($slice!(state.trace_pre)),
            ),
            (
                "last_input",
                vec![INPUTS],
                $array::U32($slice!(state.last_input)),
            ),
            (
                "arrivals_s2",
                vec![slots_s2, n],
                $array::U16($slice!(state.arrivals_s2)),
            ),
            (
                "arrivals_s3",
                vec![slots_s3, n],
                $array::U16($slice!(state.arrivals_s3)),
            ),
        ]
    }};
}

macro_rules! shared {
    ($place:expr) => {
        &$place
    };
}

macro_rules! exclusive {
    ($place:expr) => {
        &mut $place
    };
}

/// Name, shape and values of one array.
pub type Named<A> = (&'static str, Vec<usize>, A);

impl Network {
    /// All arrays, with the name and shape that a checkpoint gives them.
    pub fn arrays(&self, steps: &Steps) -> Vec<Named<Array<'_>>> {
        arrays!(self, steps, Array, shared)
    }

    /// All arrays, to be filled.
    pub fn arrays_mut(&mut self, steps: &Steps) -> Vec<Named<ArrayMut<'_>>> {
        arrays!(self, steps, ArrayMut, exclusive)
    }
}

fn check_values<T: Copy + Into<f64>>(
    array: &'static str,
    values: &[T],
    expected: &str,
    valid: impl Fn(&T) -> bool,
) -> Result<(), NetworkError> {
    match values.iter().position(|value| !valid(value)) {
        None => Ok(()),
        Some(index) => {
            let value = values[index].into();
            Err(NetworkError::Value {
                array,
                index,
                value,
                expected: expected.into(),
            })
        }
    }
}
