//! One network on the host: weights, delays and state, as a checkpoint holds them.
//!
//! Arrays are plain and unpadded; a backend lays them out as its device likes and gives them back.

use crate::draws;
use crate::model::Constants;
use crate::model::regrow::{Regrow, is_absent};
use crate::model::state::{Inputs, Neurons, Value};
use crate::params::{Params, ParamsError, Steps, Threshold, delay_rows};
use std::borrow::Cow;

/// A network between two presentations. N is [`crate::params::Model::neurons`].
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    pub params: Params,
    /// Seed of its draws and input spikes.
    pub seed: u64,
    /// S1 as the training runs on them, before any flush; shape \[inputs, N\].
    pub weights: Vec<f32>,
    /// S2 delays in steps; shape \[N\].
    pub delays_s2: Vec<u16>,
    /// S3 delays in steps; shape \[from I, to E\], the diagonal unused. Where the longest is 0, one row for all I neurons.
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
    /// Variables of the neurons; shape \[N\] each.
    pub neurons: Neurons<Vec<f32>, Vec<u32>>,
    /// Variables of the inputs; shape \[inputs\] each.
    pub inputs: Inputs<Vec<f32>, Vec<u32>>,
    /// S2 arrivals under way: how many reach each I neuron in the d-th step from now;
    /// shape \[longest delay + 1, N\].
    pub arrivals_s2: Vec<u16>,
    /// S3 arrivals under way, at each E neuron; shape \[longest delay + 1, N\].
    pub arrivals_s3: Vec<u16>,
}

/// A network that cannot be run.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
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
        let (n, inputs) = (params.model.neurons(), params.model.inputs());
        let neurons = Neurons::initial(&params.model, steps);
        Self {
            clock: 0,
            presented: 0,
            spikes_e: 0,
            neurons: neurons.map(|&value| vec![value; n], |&value| vec![value; n]),
            inputs: Inputs {
                trace_pre: vec![0.0; inputs],
                last_input: vec![0; inputs],
            },
            arrivals_s2: vec![0; (steps.delay_e_to_i_max as usize + 1) * n],
            arrivals_s3: vec![0; (steps.delay_i_to_e_max as usize + 1) * n],
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
        if params.backprop.is_some() {
            return Err(ParamsError::Backprop.into());
        }
        let (steps, n) = (params.model.steps()?, params.model.neurons());
        let seed = params.replica_seed(replica);
        let start = |share: f64| (share * params.model.gmax()) as f32;
        let (low, high) = (
            params.model.learning.w_start_min,
            params.model.learning.w_start_max,
        );
        Ok(Self {
            params: params.clone(),
            seed,
            weights: draws::weights(seed, params.model.inputs(), n, (start(low), start(high))),
            delays_s2: draws::delays_s2(seed, n, steps.delay_e_to_i_max),
            delays_s3: draws::delays_s3(seed, n, steps.delay_i_to_e_max),
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
            Threshold::Homeostatic => Cow::Borrowed(&self.state.neurons.v_threshold_mv),
            Threshold::Live | Threshold::Latched | Threshold::Fixed => {
                Cow::Owned(vec![
                    e.v_threshold_test_mv as f32;
                    self.params.model.neurons()
                ])
            }
        }
    }

    /// A copy in the state in which a test image begins, with weights as read out, shape \[inputs, N\]: potentials at rest,
    /// the thresholds of a test.
    ///
    /// # Errors
    /// When the parameters make no sense.
    pub fn at_rest(&self, weights: &[f32]) -> Result<Self, NetworkError> {
        let (steps, n) = (self.params.model.steps()?, self.params.model.neurons());
        let rest = Neurons::at_rest(&Constants::testing(&self.params)?);
        let thresholds = self.thresholds_in_test().into_owned();
        let mut state = State::initial(&self.params, &steps);
        state.neurons = Neurons {
            v_threshold_mv: thresholds.clone(),
            v_latched_mv: thresholds,
            ..rest.map(|&value| vec![value; n], |&value| vec![value; n])
        };
        Ok(Self {
            weights: weights.to_vec(),
            state,
            ..self.clone()
        })
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
        self.check_delays(&steps)?;
        for (array, _, values) in self.arrays(&steps) {
            if let Array::F32(values) = values {
                check_values(array, values, "a finite number", |value| value.is_finite())?;
            }
        }
        let state = &self.state;
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
            &state.inputs.last_input,
            "not after the clock",
            |&last| last <= state.clock,
        )
    }

    /// Checks that no delay is longer than the parameters allow.
    ///
    /// # Errors
    /// The first that is.
    pub fn check_delays(&self, steps: &Steps) -> Result<(), NetworkError> {
        for (array, delays, max) in [
            ("delays_s2", &self.delays_s2, steps.delay_e_to_i_max),
            ("delays_s3", &self.delays_s3, steps.delay_i_to_e_max),
        ] {
            check_values(array, delays, &format!("at most {max} steps"), |&d| {
                u32::from(d) <= max
            })?;
        }
        Ok(())
    }

    /// Checks that weights of this network are within w_min..=gmax; `array` names them.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check_weights(&self, array: &'static str, weights: &[f32]) -> Result<(), NetworkError> {
        let (low, high) = (
            self.params.model.w_min() as f32,
            self.params.model.gmax() as f32,
        );
        let c = Regrow::new(&self.params.model);
        let is_absent = |w: f32| is_absent(&c, w) && (w - c.absent).abs() < c.above;
        check_values(array, weights, &format!("in {low}..={high}"), |&w| {
            (low..=high).contains(&w) || is_absent(w)
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

impl<'a> From<Value<&'a Vec<f32>, &'a Vec<u32>>> for Array<'a> {
    fn from(values: Value<&'a Vec<f32>, &'a Vec<u32>>) -> Self {
        match values {
            Value::F32(values) => Self::F32(values),
            Value::U32(values) => Self::U32(values),
        }
    }
}

impl<'a> From<Value<&'a mut Vec<f32>, &'a mut Vec<u32>>> for ArrayMut<'a> {
    fn from(values: Value<&'a mut Vec<f32>, &'a mut Vec<u32>>) -> Self {
        match values {
            Value::F32(values) => Self::F32(values),
            Value::U32(values) => Self::U32(values),
        }
    }
}

/// The one list of a network's arrays, with the name and shape that a checkpoint gives them.
macro_rules! arrays {
    ($network:ident, $steps:ident, $array:ident, $list:ident, $($mutable:ident)?) => {{
        let (n, inputs) = ($network.params.model.neurons(), $network.params.model.inputs());
        let slots = |delay_max: u32| delay_max as usize + 1;
        let (s2, s3) = (slots($steps.delay_e_to_i_max), slots($steps.delay_i_to_e_max));
        let rows = delay_rows(n, $steps.delay_i_to_e_max);
        let state = &$($mutable)? $network.state;
        let mut arrays = vec![
            ("weights_running", vec![inputs, n], $array::F32(&$($mutable)? $network.weights)),
            ("delays_s2", vec![n], $array::U16(&$($mutable)? $network.delays_s2)),
            ("delays_s3", vec![rows, n], $array::U16(&$($mutable)? $network.delays_s3)),
        ];
        arrays.extend(state.neurons.$list().map(|(name, values)| (name, vec![n], values.into())));
        arrays.extend(state.inputs.$list().map(|(name, values)| (name, vec![inputs], values.into())));
        arrays.push(("arrivals_s2", vec![s2, n], $array::U16(&$($mutable)? state.arrivals_s2)));
        arrays.push(("arrivals_s3", vec![s3, n], $array::U16(&$($mutable)? state.arrivals_s3)));
        arrays
    }};
}

/// Name, shape and values of one array.
pub type Named<A> = (&'static str, Vec<usize>, A);

impl Network {
    /// All arrays, with the name and shape that a checkpoint gives them.
    pub fn arrays(&self, steps: &Steps) -> Vec<Named<Array<'_>>> {
        arrays!(self, steps, Array, list,)
    }

    /// All arrays, to be filled.
    pub fn arrays_mut(&mut self, steps: &Steps) -> Vec<Named<ArrayMut<'_>>> {
        arrays!(self, steps, ArrayMut, list_mut, mut)
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
