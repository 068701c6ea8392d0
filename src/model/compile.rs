//! From the formulas of a rule to the program that kernels run ([`super::rule`]).
//!
//! What follows from parameters alone is worked out here, in f64, and rounded once. Times in ms, the decay of the rule's
//! own variables and their beginning with each image become operations like all others: kernels know of none of them.

use super::rule::*;
use crate::expression::{Expression, Node, Operation};
use crate::params::{Model, ParamsError, QUANTITIES, Quantity, StateVariable};
use bytemuck::Zeroable;
use std::collections::BTreeMap;

/// Magnitudes of numbers that the host works out end here, where no operation on two of them is beyond f64.
const LARGEST_HERE: f64 = 1e150;

impl Program {
    /// The program of a model's rule.
    ///
    /// # Errors
    /// When a formula makes no sense.
    pub fn new(model: &Model) -> Result<Self, ParamsError> {
        let formulas = model.formulas()?;
        let mut compiler = Compiler::default();
        compiler.name_all(model, f64::from(model.steps()?.stimulus));
        let variables = [STATE_1, STATE_2].map(Place::Variable);
        let mut places = [
            Place::Number(0),
            Place::Number(0),
            variables[0],
            variables[1],
        ];
        for (place, formula) in places.iter_mut().zip(&formulas) {
            let value = compiler.formula(formula);
            *place = compiler.place(value);
        }
        let [factor, factor_pre, state_1, state_2] =
            places.map(|place| compiler.index(place).into());
        let mut program = Self {
            number_count: compiler.numbers.len() as u32,
            operation_count: compiler.operations.len() as u32,
            factor,
            factor_pre,
            state_1,
            state_2,
            knows_others: model.learning.names("other_spikes").into(),
            ..Self::zeroed()
        };
        program.numbers[..compiler.numbers.len()].copy_from_slice(&compiler.numbers);
        for (word, (operation, places)) in program.operations.iter_mut().zip(&compiler.operations) {
            let [a, b, c] = places.map(|place| compiler.index(place));
            *word = u32::from_le_bytes([*operation as u8, a, b, c]);
        }
        Ok(program)
    }
}

/// Where a value is: among the variables, the numbers or the results of the operations.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    Variable(usize),
    Number(usize),
    Result(usize),
}

/// A value: known now, or in a place.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Value {
    Known(f64),
    At(Place),
}

#[derive(Default)]
struct Compiler {
    numbers: Vec<f32>,
    operations: Vec<(u32, [Place; 3])>,
    names: BTreeMap<String, Value>,
}

/// A number as kernels have it.
fn rounded(number: f64) -> f32 {
    limited(number as f32)
}

/// A number that is kept in f64.
fn bounded(number: f64) -> f64 {
    number.clamp(-LARGEST_HERE, LARGEST_HERE)
}

impl Compiler {
    /// The place of a value in a program; numbers stand behind the variables, results behind the numbers.
    fn index(&self, place: Place) -> u8 {
        let index = match place {
            Place::Variable(place) => place,
            Place::Number(place) => VARIABLES + place,
            Place::Result(place) => VARIABLES + self.numbers.len() + place,
        };
        index as u8
    }

    fn place(&mut self, value: Value) -> Place {
        let number = match value {
            Value::Known(number) => rounded(number),
            Value::At(place) => return place,
        };
        let known = self
            .numbers
            .iter()
            .position(|known| known.to_bits() == number.to_bits());
        Place::Number(known.unwrap_or_else(|| {
            self.numbers.push(number);
            self.numbers.len() - 1
        }))
    }

    /// The result of an operation; one that is there already serves again.
    fn result(&mut self, operation: u32, places: [Place; 3]) -> Value {
        let known = self
            .operations
            .iter()
            .position(|known| *known == (operation, places));
        Value::At(Place::Result(known.unwrap_or_else(|| {
            self.operations.push((operation, places));
            self.operations.len() - 1
        })))
    }

    fn apply(&mut self, operation: Operation, values: [Value; 3]) -> Value {
        let [a, b, c] = values;
        match (operation, a, b, c) {
            (Operation::Choose, Value::Known(number), yes, no) => {
                return if number != 0.0 { yes } else { no };
            }
            (_, Value::Known(a), Value::Known(b), _) => {
                return Value::Known(known(operation, a, b));
            }
            (Operation::ExpNeg, Value::Known(a), ..) => {
                return Value::Known(known(operation, a, 0.0));
            }
            _ => {}
        }
        let takes = match operation {
            Operation::ExpNeg => 1,
            Operation::Choose => 3,
            _ => 2,
        };
        let mut places = [Place::Variable(0); 3];
        for (place, value) in places.iter_mut().zip(values).take(takes) {
            *place = self.place(value);
        }
        self.result(code(operation), places)
    }

    /// All that formulas of this model may name.
    fn name_all(&mut self, model: &Model, steps_image: f64) {
        for (name, quantity, _) in QUANTITIES {
            let used = model.learning.names(name);
            if used {
                let value = self.quantity(quantity, model, steps_image);
                self.names.insert(name.into(), value);
            }
        }
        for (name, &number) in &model.learning.constants {
            self.names.insert(name.clone(), Value::Known(number));
        }
        for ((name, variable), place) in model.learning.state.iter().zip([STATE_1, STATE_2]) {
            let value = self.state(variable, place, model.time.dt_ms);
            self.names.insert(name.clone(), value);
        }
    }

    fn quantity(&mut self, quantity: Quantity, model: &Model, steps_image: f64) -> Value {
        let dt_ms = Value::Known(model.time.dt_ms);
        let none = Value::Known(0.0);
        let variable = match quantity {
            Quantity::Target => TARGET,
            Quantity::GroupSpikes => GROUP_SPIKES,
            Quantity::OwnSpikes => OWN_SPIKES,
            Quantity::OtherSpikes => OTHER_SPIKES,
            Quantity::T | Quantity::Step => STEP,
            Quantity::SinceLast | Quantity::StepsSinceLast => STEPS_SINCE_LAST,
            Quantity::Presented => PRESENTED,
            Quantity::Theta => THETA,
            Quantity::TImage => return Value::Known(model.time.stimulus_ms),
            Quantity::StepsImage => return Value::Known(steps_image),
            Quantity::DtMs => return dt_ms,
            Quantity::NeuronsPerGroup => return Value::Known(model.network.group_size() as f64),
        };
        let loaded = Value::At(Place::Variable(variable));
        match quantity {
            Quantity::T | Quantity::SinceLast => {
                self.apply(Operation::Multiply, [loaded, dt_ms, none])
            }
            _ => loaded,
        }
    }

    /// A variable of the rule as it stands at the spike: decayed towards its start since the last own spike; its start at
    /// the first own spike of an image, where it is not kept.
    fn state(&mut self, variable: &StateVariable, place: usize, dt_ms: f64) -> Value {
        let (start, none) = (Value::Known(variable.start), Value::Known(0.0));
        let mut value = Value::At(Place::Variable(place));
        if let Some(tau_ms) = variable.tau_ms {
            let steps = Value::At(Place::Variable(STEPS_SINCE_LAST));
            let rate = Value::Known(dt_ms / tau_ms);
            let exponent = self.apply(Operation::Multiply, [steps, rate, none]);
            let keep = self.apply(Operation::ExpNeg, [exponent, none, none]);
            let away = self.apply(Operation::Subtract, [value, start, none]);
            let left = self.apply(Operation::Multiply, [away, keep, none]);
            value = self.apply(Operation::Add, [start, left, none]);
        }
        if !variable.kept {
            let spikes = Value::At(Place::Variable(OWN_SPIKES));
            let is_first = self.apply(Operation::Equal, [spikes, Value::Known(1.0), none]);
            value = self.apply(Operation::Choose, [is_first, start, value]);
        }
        value
    }

    fn formula(&mut self, formula: &Expression) -> Value {
        let nodes = formula.nodes();
        let mut needed = vec![false; nodes.len()];
        needed[formula.result()] = true;
        for (at, node) in nodes.iter().enumerate().rev() {
            if let (true, Node::Apply(_, of)) = (needed[at], node) {
                of.iter().for_each(|&of| needed[of] |= of < at);
            }
        }
        let mut values = vec![Value::Known(0.0); nodes.len()];
        for (at, node) in nodes.iter().enumerate().filter(|(at, _)| needed[*at]) {
            values[at] = match node {
                Node::Number(number) => Value::Known(*number),
                Node::Name { name, .. } => {
                    self.names.get(name).copied().unwrap_or(Value::Known(0.0))
                }
                Node::Apply(operation, of) => self.apply(*operation, of.map(|of| values[of])),
            };
        }
        values[formula.result()]
    }
}

fn code(operation: Operation) -> u32 {
    match operation {
        Operation::Add => ADD,
        Operation::Subtract => SUBTRACT,
        Operation::Multiply => MULTIPLY,
        Operation::Divide => DIVIDE,
        Operation::Less => LESS,
        Operation::LessOrEqual => LESS_OR_EQUAL,
        Operation::Equal => EQUAL,
        Operation::Choose => CHOOSE,
        Operation::Min => MIN,
        Operation::Max => MAX,
        Operation::ExpNeg => EXP_NEG,
    }
}

/// An operation on two numbers that the host knows.
fn known(operation: Operation, a: f64, b: f64) -> f64 {
    let truth = |is: bool| f64::from(u8::from(is));
    bounded(match operation {
        Operation::Add => a + b,
        Operation::Subtract => a - b,
        Operation::Multiply => a * b,
        Operation::Divide if b == 0.0 => 0.0,
        Operation::Divide => a / b,
        Operation::Less => truth(a < b),
        Operation::LessOrEqual => truth(a <= b),
        Operation::Equal => truth(a == b),
        Operation::Choose => b,
        Operation::Min => a.min(b),
        Operation::Max => a.max(b),
        Operation::ExpNeg => libm::exp(-a.max(0.0)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::MAX_NODES;
    use crate::params::Learning;
    use crate::presets;

    fn program(change: impl FnOnce(&mut Learning)) -> Program {
        let mut model = presets::ten_class().model;
        change(&mut model.learning);
        Program::new(&model).unwrap()
    }

    fn variable(tau_ms: f64, at_spike: &str) -> StateVariable {
        StateVariable {
            start: 1.0 / tau_ms,
            kept: false,
            tau_ms: Some(tau_ms),
            at_spike: at_spike.into(),
        }
    }

    #[test]
    fn the_longest_rule_has_room() {
        // Every part adds an operation, and none that is there already.
        let parts: String = (1..MAX_NODES - 6)
            .map(|at| format!("x{at} = x{} + x{};", at - 1, at - 1))
            .collect();
        let operations = program(|learning| {
            learning.constants.clear();
            learning.state = [
                ("a".into(), variable(7.0, "a")),
                ("b".into(), variable(9.0, "b")),
            ]
            .into();
            learning.factor_pre = "t".into();
            learning.factor = format!("x0 = since_last; {parts} x{} * presented", MAX_NODES - 7);
        });
        assert!(operations.operation_count as usize > MAX_NODES);
    }

    /// What parameters alone decide costs nothing at a spike.
    #[test]
    fn what_is_known_before_is_worked_out_before() {
        let of = |factor: &str| {
            let factor = factor.to_string();
            program(move |learning| learning.factor = factor)
        };
        let known = of("if(t_image > 100, exp_neg(1) / 0 + target_spikes * 2, target)");
        assert_eq!((known.number_count, known.operation_count), (2, 0));
        assert_eq!(known.numbers[0], 120.0);
        assert_eq!(of("1e20 * 1e20 / 1e25").numbers[0], 1e15);
        assert_eq!(of("1e20 * 1e20").numbers[0], LARGEST);
        assert_eq!(of("1e-20 * 1e-20").numbers[0], 0.0);
        let twice = of("(t + 1) * (t + 1)");
        // A step is 1 ms, and t that times the steps.
        assert_eq!((twice.number_count, twice.operation_count), (1, 3));
    }

    /// Half-way between two spikes a variable is half-way to its start, in the logarithm.
    #[test]
    fn variables_decay_and_begin_anew() {
        let value = |kept: bool, own_spikes: f32| {
            let program = program(|learning| {
                let of_own = StateVariable {
                    start: 2.0,
                    kept,
                    ..variable(40.0, "rate + 3")
                };
                learning.state = [("rate".into(), of_own)].into();
                learning.factor = "rate".into();
            });
            let mut values = [0.0; VALUES];
            values[STEPS_SINCE_LAST] = 40.0;
            values[OWN_SPIKES] = own_spikes;
            values[STATE_1] = 6.0;
            let Outcome {
                factor, state_1, ..
            } = evaluate(&program, &mut values);
            assert_eq!(state_1, factor + 3.0);
            f64::from(factor)
        };
        // A step is 1 ms there.
        let decayed = 2.0 + 4.0 * libm::exp(-1.0);
        assert!((value(true, 1.0) - decayed).abs() < 1e-6);
        assert!((value(false, 2.0) - decayed).abs() < 1e-6);
        assert_eq!(value(false, 1.0), 2.0);
    }

    #[test]
    fn rules_that_have_names_are_their_equations() {
        let factor = |program: &Program, target: bool, step: f32, spikes: f32| {
            let mut values = [0.0; VALUES];
            values[TARGET] = if target { 1.0 } else { 0.0 };
            (values[STEP], values[GROUP_SPIKES]) = (step, spikes);
            evaluate(program, &mut values).factor
        };
        let gated = program(|learning| {
            learning.constants.insert("tolerance".into(), 0.25);
        });
        // 60 spikes are due in 350 steps: at half time 30.
        assert!(factor(&gated, true, 175.0, 30.0).abs() < 1e-6);
        assert!((factor(&gated, true, 175.0, 15.0) - 0.5).abs() < 1e-6);
        assert_eq!(factor(&gated, true, 175.0, 1000.0), -1.0);
        assert_eq!(factor(&gated, false, 175.0, 7.0), 0.0);
        assert!((factor(&gated, false, 175.0, 15.0) + 0.25).abs() < 1e-6);
        assert_eq!(factor(&gated, false, 175.0, 1000.0), -1.0);
        assert!(
            factor(&gated, true, 0.0, 9.0).abs() < 1e-6,
            "early on the floor holds"
        );
        let all_ltd = program(|learning| learning.set_rule("stdp-all-ltd"));
        assert_eq!(
            [true, false].map(|target| factor(&all_ltd, target, 5.0, 77.0)),
            [1.0, -1.0]
        );
        let triplet = program(|learning| learning.set_rule("triplet"));
        let mut values = [0.0; VALUES];
        values[STEPS_SINCE_LAST] = 40.0;
        let slow = f64::from(evaluate(&triplet, &mut values).factor);
        assert!((slow - libm::exp(-1.0)).abs() < 1e-7);
        values[STEPS_SINCE_LAST] = LONGEST_MEMORY as f32;
        assert_eq!(evaluate(&triplet, &mut values).factor, 0.0);
    }
}
