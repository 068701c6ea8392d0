// Philox4x32-10. Twin of src/model/rng.rs.

// The upper 32 bits of a * b, by halves of 16 bits.
fn multiply_high(a: u32, b: u32) -> u32 {
    let a_low = a & 0xffffu;
    let a_high = a >> 16u;
    let b_low = b & 0xffffu;
    let b_high = b >> 16u;
    let low = a_low * b_low;
    let middle = a_high * b_low + (low >> 16u);
    let carry = a_low * b_high + (middle & 0xffffu);
    return a_high * b_high + (middle >> 16u) + (carry >> 16u);
}

// Four random words for one key and counter.
fn philox(key: vec2<u32>, counter: vec4<u32>) -> vec4<u32> {
    var k = key;
    var c = counter;
    for (var round = 0u; round < 10u; round++) {
        if round > 0u {
            k += vec2(0x9E3779B9u, 0xBB67AE85u);
        }
        let high0 = multiply_high(0xD2511F53u, c.x);
        let low0 = 0xD2511F53u * c.x;
        let high1 = multiply_high(0xCD9E8D57u, c.z);
        let low1 = 0xCD9E8D57u * c.z;
        c = vec4(high1 ^ c.y ^ k.x, low1, high0 ^ c.w ^ k.y, low0);
    }
    return c;
}
