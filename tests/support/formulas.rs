//! Random learning rules: formulas that may hold anything that the language has.

use rand::rngs::ChaCha8Rng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use spikeprune::params::{Learning, QUANTITIES, StateVariable, Trace};

const NUMBERS: [&str; 14] = [
    "0", "1", "2", "0.5", ".3", "7.", "60", "1e-3", "1e6", "1e-20", "1e20", "1e30", "1e-30", "40",
];

/// A formula over these names, with about so many values at the most.
pub fn formula(random: &mut ChaCha8Rng, names: &[&str], values: usize) -> String {
    if values <= 1 {
        return match random.random_range(0..3) {
            0 => NUMBERS.choose(random).unwrap_or(&"1").to_string(),
            _ => names.choose(random).unwrap_or(&"1").to_string(),
        };
    }
    let left = random.random_range(1..values);
    let [a, b] = [left, values - left].map(|values| formula(random, names, values));
    match random.random_range(0..17) {
        0 | 1 => format!("({a} + {b})"),
        2 => format!("({a} - {b})"),
        3 | 4 => format!("({a} * {b})"),
        5 | 6 => format!("({a} / {b})"),
        7 => format!("-({a} - {b})"),
        8 => {
            let comparison = ["<", "<=", ">", ">=", "==", "!="].choose(random);
            format!("({a} {} {b})", comparison.unwrap_or(&"<"))
        }
        9 => format!("(not {a} or {b})"),
        10 => format!("({a} and {b})"),
        11 => format!("min({a}, {b})"),
        12 => format!("max({a}, {b})"),
        13 => format!("clip({a}, -1, {b})"),
        14 => format!("abs({a} - {b})"),
        15 => format!("if({a}, {b}, -1)"),
        _ => format!("exp_neg({a} * {b})"),
    }
}

/// A rule made of such formulas, in place of that of `learning`; it names groups only where there are any.
pub fn set_random_rule(learning: &mut Learning, seed: u64, of_groups: bool) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let quantities = QUANTITIES
        .iter()
        .filter(|(_, quantity, _)| of_groups || !quantity.is_of_groups());
    let mut names: Vec<&str> = quantities.map(|(name, ..)| *name).collect();
    learning.constants = [("gain".to_string(), random.random_range(-3.0..3.0))].into();
    names.push("gain");
    learning.state.clear();
    let mut own = ["rate", "slow", "sliding"];
    own.rotate_left(random.random_range(0..3));
    for name in &own[..random.random_range(0..=2)] {
        names.push(name);
        let variable = StateVariable {
            start: random.random_range(-2.0..2.0),
            kept: random.random(),
            tau_ms: random
                .random::<bool>()
                .then(|| random.random_range(1.0..500.0)),
            at_spike: String::new(),
        };
        learning.state.insert((*name).into(), variable);
    }
    for variable in learning.state.values_mut() {
        variable.at_spike = formula(&mut random, &names, 4);
    }
    let values = random.random_range(1..9);
    learning.factor = formula(&mut random, &names, values);
    if random.random() {
        learning.factor = format!(
            "part = {}; part * {}",
            learning.factor,
            formula(&mut random, &names, 2)
        );
    }
    learning.factor_pre = formula(&mut random, &names, 2);
    learning.trace = if random.random() {
        Trace::All
    } else {
        Trace::Nearest
    };
}
