// What a driver may get wrong. Twin of src/backend/gpu/self_test.rs. Every operand comes from a buffer, so that no compiler works it out.

struct Operands {
    // Iterations of the loop.
    steps: u32,
    // x * y + z is 0 if the product is rounded, and not if it is fused.
    x: f32,
    y: f32,
    z: f32,
    // tiny * small is subnormal, and so is subnormal; subnormal * large is not.
    tiny: f32,
    small: f32,
    subnormal: f32,
    large: f32,
}

struct Results {
    counted: u32,
    chain: u32,
    sums: array<f32, 4>,
    product: f32,
    raised: f32,
}

@group(0) @binding(0) var<storage, read> operands: Operands;
@group(0) @binding(1) var<storage, read_write> results: Results;

@compute @workgroup_size(1)
fn main() {
    // A linear congruential generator has no closed form that a compiler would know.
    var chain = 1u;
    var counted = 0u;
    for (var i = 0u; i < operands.steps; i++) {
        chain = chain * 1664525u + 1013904223u;
        counted += 1u + (chain >> 31u);
    }
    results.counted = counted;
    results.chain = chain;

    let x = operands.x;
    let y = operands.y;
    let z = operands.z;
    // The shapes in which a product meets a sum.
    results.sums[0] = x * y + z;
    results.sums[1] = z + x * y;
    results.sums[2] = -z - x * y;
    var sum = z;
    for (var i = 0u; i < operands.steps; i += operands.steps) {
        sum += x * y;
    }
    results.sums[3] = sum;

    results.product = operands.tiny * operands.small;
    results.raised = operands.subnormal * operands.large;
}
