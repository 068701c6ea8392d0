// The learning rule at an E spike: a program, whose values are, in this order, the variables of the spike, its numbers,
// and what its operations make of values before them. Twin of src/model/rule.rs.

// Groups that a network may have, one a class.
const GROUPS: u32 = 256u;

// Numbers and operations that a program may have, of each.
const LENGTH: u32 = 120u;

// Room for the values of a program: a place has a byte.
const VALUES: u32 = 256u;

// The largest magnitude of a value.
const LARGEST: f32 = 1e30;

// Operations on values a, b and c.
const ADD: u32 = 0u;
const SUBTRACT: u32 = 1u;
const MULTIPLY: u32 = 2u;
const DIVIDE: u32 = 3u;
// 1 where a < b, else 0.
const LESS: u32 = 4u;
const LESS_OR_EQUAL: u32 = 5u;
const EQUAL: u32 = 6u;
// b where a is not 0, else c.
const CHOOSE: u32 = 7u;
const MIN: u32 = 8u;
const MAX: u32 = 9u;
// exp(-a); 1 for a < 0.
const EXP_NEG: u32 = 10u;

// Places of the variables of an E spike.
// 1 in the group of the image's class, else 0.
const TARGET: u32 = 0u;
// Spikes in this image, with those of this step: of the neuron's group, of itself, of the strongest other group.
const GROUP_SPIKES: u32 = 1u;
const OWN_SPIKES: u32 = 2u;
const OTHER_SPIKES: u32 = 3u;
// Step of the image.
const STEP: u32 = 4u;
// Steps since the neuron's last spike, at most LONGEST_MEMORY.
const STEPS_SINCE_LAST: u32 = 5u;
// Share of the training that is done.
const PRESENTED: u32 = 6u;
// Threshold less its value at rest, in mV.
const THETA: u32 = 7u;
// The rule's own variables as the last spike left them.
const STATE_1: u32 = 8u;
const STATE_2: u32 = 9u;
const VARIABLES: u32 = 10u;

const LONGEST_MEMORY: u32 = 16777216u;

// Words of a program: how many numbers and operations there are; the places of the factor of the step, of that of the
// postsynaptic trace, and of the rule's own variables from now on; whether OTHER_SPIKES is read; then the numbers, and the
// operations: the operation, then the places of a, b and c, a byte each.
const PROGRAM_NUMBER_COUNT: u32 = 0u;
const PROGRAM_OPERATION_COUNT: u32 = 1u;
const PROGRAM_FACTOR: u32 = 2u;
const PROGRAM_FACTOR_PRE: u32 = 3u;
const PROGRAM_STATE_1: u32 = 4u;
const PROGRAM_STATE_2: u32 = 5u;
const PROGRAM_KNOWS_OTHERS: u32 = 6u;
const PROGRAM_NUMBERS: u32 = 7u;
const PROGRAM_OPERATIONS: u32 = PROGRAM_NUMBERS + LENGTH;
const PROGRAM_WORDS: u32 = PROGRAM_OPERATIONS + LENGTH;

// What the rule needs to know of groups.
struct Groups {
    // Neurons of one class.
    group_size: u32,
}

// What a rule makes of an E spike.
struct Outcome {
    factor: f32,
    factor_pre: f32,
    state_1: f32,
    state_2: f32,
}

// Spikes of each group in this image.
var<workgroup> group_spikes: array<atomic<u32>, GROUPS>;
// Spikes of each own neuron in this image.
var<private> own_spikes: array<u32, OWN>;
// The rule's own variables of each own neuron, as its last spike left them.
var<private> rule_state_1: array<f32, OWN>;
var<private> rule_state_2: array<f32, OWN>;

// Values of the program.
var<private> values: array<f32, VALUES>;

// The group of neuron j, without a division.
fn group_of(c: Groups, j: u32) -> u32 {
    var group = 0u;
    while group + 1u < GROUPS && (group + 1u) * c.group_size <= j {
        group += 1u;
    }
    return group;
}

// Spikes in this image of that other group that has most.
fn strongest_other(c: Groups, own: u32) -> u32 {
    var most = 0u;
    for (var group = 0u; group < GROUPS && group * c.group_size < N; group++) {
        let spikes = atomicLoad(&group_spikes[group]);
        most = select(most, spikes, group != own && spikes > most);
    }
    return most;
}

// A result within the limits of magnitudes.
fn limited(x: f32) -> f32 {
    let low = select(x, -LARGEST, x < -LARGEST);
    let within = select(low, LARGEST, low > LARGEST);
    return flush_tiny(within);
}

// a * b, whose sign and limit it has where it would be larger than any number.
fn product(a: f32, b: f32) -> f32 {
    let is_large = abs(a) * TINY * abs(b) > 1.0;
    let largest = select(-LARGEST, LARGEST, (a < 0.0) == (b < 0.0));
    return select(a * b, largest, is_large);
}

// a / b by the reciprocal of |b|; 0 for b = 0.
fn quotient(a: f32, b: f32) -> f32 {
    let is_none = b == 0.0;
    let magnitude = reciprocal(select(abs(b), 1.0, is_none));
    let share = product(a, select(magnitude, -magnitude, b < 0.0));
    return select(share, 0.0, is_none);
}

// 1 for what is so, 0 for what is not.
fn truth(is: bool) -> f32 {
    return select(0.0, 1.0, is);
}

// The value of an operation. What only chooses, or is 1 or 0, is within the limits by itself.
fn operate(operation: u32, a: f32, b: f32, c: f32) -> f32 {
    switch operation {
        case ADD: { return limited(a + b); }
        case SUBTRACT: { return limited(a - b); }
        case MULTIPLY: { return limited(product(a, b)); }
        case DIVIDE: { return limited(quotient(a, b)); }
        case LESS: { return truth(a < b); }
        case LESS_OR_EQUAL: { return truth(a <= b); }
        case EQUAL: { return truth(a == b); }
        case CHOOSE: { return select(c, b, a != 0.0); }
        case MIN: { return select(a, b, b < a); }
        case MAX: { return select(a, b, a < b); }
        case EXP_NEG: { return limited(exp_neg(select(a, 0.0, a < 0.0))); }
        default: { return 0.0; }
    }
}

// A word of the program of a network.
fn program(network: u32, at: u32) -> u32 {
    return fixed_arrays[network * FIXED_STRIDE + DELAY_WORDS + N + at];
}

// Works out the program of a network; the variables are in their places.
fn evaluate(network: u32) -> Outcome {
    let numbers = program(network, PROGRAM_NUMBER_COUNT);
    let operations = program(network, PROGRAM_OPERATION_COUNT);
    let results = VARIABLES + numbers;
    for (var at = 0u; at < numbers; at++) {
        values[VARIABLES + at] = bitcast<f32>(program(network, PROGRAM_NUMBERS + at));
    }
    for (var at = 0u; at < operations; at++) {
        let word = program(network, PROGRAM_OPERATIONS + at);
        let a = (word >> 8u) & 0xffu;
        let b = (word >> 16u) & 0xffu;
        let c = word >> 24u;
        values[results + at] = operate(word & 0xffu, values[a], values[b], values[c]);
    }
    var outcome: Outcome;
    outcome.factor = values[program(network, PROGRAM_FACTOR)];
    outcome.factor_pre = values[program(network, PROGRAM_FACTOR_PRE)];
    outcome.state_1 = values[program(network, PROGRAM_STATE_1)];
    outcome.state_2 = values[program(network, PROGRAM_STATE_2)];
    return outcome;
}
