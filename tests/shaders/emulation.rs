//! What the kernel of the learning rule computes, worked out from its text by a machine of our own: the CPU must come to
//! the same bits.
//!
//! `SPIKEPRUNE_FUZZ=1000000 cargo test --release --test shaders emulation` tries so many rules.

use super::machine::{Machine, Value};
use super::*;
use naga::{GlobalVariable, Handle};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use spikeprune::model::rule::{Outcome, Program, VALUES, VARIABLES, evaluate};
use spikeprune::presets;
use std::collections::HashMap;

/// The kernel's `evaluate`, with a network's program and the variables of a spike.
struct Evaluation {
    shader: Shader,
    size: Size,
}

impl Evaluation {
    fn global(&self, name: &str) -> Handle<GlobalVariable> {
        let mut all = self.shader.module.global_variables.iter();
        let found = all.find(|(_, global)| global.name.as_deref() == Some(name));
        found.unwrap_or_else(|| panic!("no variable {name}")).0
    }

    fn outcome(&self, program: &Program, values: &[f32; VALUES]) -> Outcome {
        let module = &self.shader.module;
        let n = self.size.neurons;
        let mut fixed = vec![Value::U32(0); (n + n * n).div_ceil(2) + n];
        let words: &[u32] = bytemuck::cast_slice(std::slice::from_ref(program));
        fixed.extend(words.iter().map(|&word| Value::U32(word)));
        let floats = values.iter().map(|&value| Value::F32(value)).collect();
        let globals = HashMap::from([
            (self.global("fixed_arrays"), Value::List(fixed)),
            (self.global("values"), Value::List(floats)),
        ]);
        let mut functions = module.functions.iter();
        let (_, function) = functions
            .find(|(_, function)| function.name.as_deref() == Some("evaluate"))
            .unwrap();
        let mut machine = Machine { module, globals };
        let Some(Value::List(fields)) = machine.call(function, vec![Value::U32(0)]) else {
            panic!("no outcome");
        };
        let floats: Vec<f32> = fields
            .into_iter()
            .map(|field| match field {
                Value::F32(value) => value,
                other => panic!("{other:?} in an outcome"),
            })
            .collect();
        let [factor, factor_pre, state_1, state_2] = floats[..] else {
            panic!("{floats:?}")
        };
        Outcome {
            factor,
            factor_pre,
            state_1,
            state_2,
        }
    }
}

fn bits(outcome: Outcome) -> [u32; 4] {
    let Outcome {
        factor,
        factor_pre,
        state_1,
        state_2,
    } = outcome;
    [factor, factor_pre, state_1, state_2].map(f32::to_bits)
}

#[test]
fn random_rules_have_the_bits_that_the_kernel_computes() {
    let size = Size {
        inputs: 784,
        neurons: 3,
        delay_rows: 3,
    };
    let kernel = Evaluation {
        shader: Shader::kernels(size, 32),
        size,
    };
    let mut random = ChaCha8Rng::seed_from_u64(18);
    let mut model = presets::paper().model;
    let (mut differ, mut constant) = (Vec::new(), 0);
    let rules = std::env::var("SPIKEPRUNE_FUZZ")
        .map_or(10_000, |count| count.parse().expect("a number of rules"));
    for seed in 0..rules {
        formulas::set_random_rule(&mut model.learning, seed, true);
        let program = Program::new(&model).unwrap_or_else(|error| panic!("{seed}: {error}"));
        let whole = |random: &mut ChaCha8Rng, most: u32| random.random_range(0..=most) as f32;
        let variables: [f32; VARIABLES] = [
            whole(&mut random, 1),
            whole(&mut random, 5_000),
            whole(&mut random, 300),
            whole(&mut random, 5_000),
            whole(&mut random, 60_000),
            whole(&mut random, 1 << 24),
            random.random(),
            random.random_range(-10.0..60.0),
            random.random_range(-2.0..2.0),
            random.random_range(-1e30..1e30),
        ];
        // Behind the variables is whatever an earlier spike has left.
        let mut values = [-7.0; VALUES];
        values[..VARIABLES].copy_from_slice(&variables);
        let emulated = kernel.outcome(&program, &values);
        let native = evaluate(&program, &mut values);
        constant += usize::from([0.0, 1.0, -1.0].contains(&native.factor));
        if bits(native) != bits(emulated) {
            differ.push((seed, native, emulated));
        }
    }
    assert!(
        differ.is_empty(),
        "{} differ: {:#?}",
        differ.len(),
        differ.first()
    );
    let share = constant as f64 / rules as f64;
    assert!(share < 0.7, "{share} of the factors are 0, 1 or -1");
}
