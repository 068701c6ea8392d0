//! What moves in a lane besides its weights: the one table of the variables of neurons and inputs.
//!
//! A variable has its name here, which it has in kernels and checkpoints too, its type, its first value and its value
//! at rest. Whatever holds a variable of every neuron is this struct with other types in it: plain arrays on the host,
//! blocks on the CPU, places in the state of a lane on a GPU.

use super::Constants;
use super::lif::long_ago;
use crate::params::{Model, Steps};

/// A value of a variable of f32 (F) or of u32 (U).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<F, U> {
    F32(F),
    U32(U),
}

/// A variable's name and value.
pub type Named<F, U> = (&'static str, Value<F, U>);

/// Gives a struct of variables what must name each of them: `F` stands for f32 there, `U` for u32.
macro_rules! variables {
    ($(#[$about:meta])* pub struct $name:ident<F, U> { $($(#[$doc:meta])* pub $field:ident: $kind:ident,)* }) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name<F, U> { $($(#[$doc])* pub $field: $kind,)* }

        impl<F, U> $name<F, U> {
            /// The same variables with other values.
            pub fn map<G, V>(&self, float: impl Fn(&F) -> G, whole: impl Fn(&U) -> V) -> $name<G, V> {
                $name { $($field: by_kind!($kind, float(&self.$field), whole(&self.$field)),)* }
            }

            /// The same variables with values made of two.
            pub fn zip<G, V, H, W>(
                &self,
                other: &$name<G, V>,
                float: impl Fn(&F, &G) -> H,
                whole: impl Fn(&U, &V) -> W,
            ) -> $name<H, W> {
                $name {
                    $($field: by_kind!(
                        $kind,
                        float(&self.$field, &other.$field),
                        whole(&self.$field, &other.$field)
                    ),)*
                }
            }

            /// Names and values, in the order of the struct.
            pub fn list(&self) -> [Named<&F, &U>; $name::<usize, usize>::COUNT] {
                [$((stringify!($field), by_kind!($kind, Value::F32(&self.$field), Value::U32(&self.$field))),)*]
            }

            /// The same, to be filled.
            pub fn list_mut(&mut self) -> [Named<&mut F, &mut U>; $name::<usize, usize>::COUNT] {
                [$((stringify!($field), by_kind!($kind, Value::F32(&mut self.$field), Value::U32(&mut self.$field))),)*]
            }
        }

        impl $name<usize, usize> {
            pub const COUNT: usize = [$(stringify!($field)),*].len();

            /// The place of each variable in the order of the struct.
            pub const PLACES: Self = {
                let mut next = 0;
                $name { $($field: { next += 1; next - 1 },)* }
            };
        }
    };
}

macro_rules! by_kind {
    (F, $float:expr, $whole:expr) => {
        $float
    };
    (U, $float:expr, $whole:expr) => {
        $whole
    };
}

variables! {
    /// Variables of each neuron, E and I: potentials in mV, times in steps.
    pub struct Neurons<F, U> {
        pub v_e_mv: F,
        pub v_threshold_mv: F,
        /// The thresholds that hold for this image if they are not live.
        pub v_latched_mv: F,
        pub ge_e: F,
        pub gi_e: F,
        /// Postsynaptic traces, now.
        pub trace_post: F,
        pub last_spike_e: U,
        pub v_i_mv: F,
        pub ge_i: F,
        pub last_spike_i: U,
        /// The learning rule's own variables, as the neuron's last spike in training left them.
        pub rule_state_1: F,
        pub rule_state_2: F,
    }
}

variables! {
    /// Variables of each input.
    pub struct Inputs<F, U> {
        /// Presynaptic traces as they stood at the input's last spike.
        pub trace_pre: F,
        /// Each input's last spike.
        pub last_input: U,
    }
}

impl Neurons<f32, u32> {
    /// Before the first training image: potentials at their start, or at rest where images begin there, all else 0.
    pub fn initial(model: &Model, steps: &Steps) -> Self {
        let e = &model.excitatory;
        let threshold_mv = (e.v_threshold_mv + e.theta_start_mv) as f32;
        let starts: Vec<f64> = model
            .learning
            .state
            .values()
            .map(|variable| variable.start)
            .collect();
        let start_mv = |start_mv: f64, rest_mv: f64| match model.learning.batch {
            1 => start_mv as f32,
            _ => rest_mv as f32,
        };
        let start = |place: usize| starts.get(place).map_or(0.0, |&start| start as f32);
        Self {
            v_e_mv: start_mv(e.v_start_mv, e.v_rest_mv),
            v_threshold_mv: threshold_mv,
            v_latched_mv: threshold_mv,
            ge_e: 0.0,
            gi_e: 0.0,
            trace_post: 0.0,
            last_spike_e: long_ago(steps.memory_e),
            v_i_mv: start_mv(model.inhibitory.v_start_mv, model.inhibitory.v_rest_mv),
            ge_i: 0.0,
            last_spike_i: long_ago(steps.refractory_i),
            rule_state_1: start(0),
            rule_state_2: start(1),
        }
    }

    /// Where nothing drives a neuron: so a test image begins, but for thresholds with memory.
    pub fn at_rest(c: &Constants) -> Self {
        Self {
            v_e_mv: c.excitatory.v_rest_mv,
            v_threshold_mv: c.excitatory.v_threshold_mv,
            v_latched_mv: c.excitatory.v_threshold_mv,
            ge_e: 0.0,
            gi_e: 0.0,
            trace_post: 0.0,
            last_spike_e: long_ago(c.excitatory.refractory),
            v_i_mv: c.inhibitory.v_rest_mv,
            ge_i: 0.0,
            last_spike_i: long_ago(c.inhibitory.refractory),
            rule_state_1: 0.0,
            rule_state_2: 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_follow_the_order_of_the_struct() {
        let listed = Neurons::PLACES.list();
        let places = listed.map(|(_, place)| match place {
            Value::F32(&place) | Value::U32(&place) => place,
        });
        assert!(places.into_iter().eq(0..Neurons::COUNT));
        assert_eq!(listed[Neurons::PLACES.last_spike_i].0, "last_spike_i");
    }
}
