// Dropout of synapses. Twin of src/model/dropout.rs.

// Constants of dropout.
struct Dropout {
    // Draws below this are dropped; 0 for no dropout.
    threshold: u32,
}

// The stream of its draws.
const DROPOUT: u32 = 4u;

// Whether the synapse from `input` to `neuron` takes part in a presentation.
fn kept(c: Dropout, task: Task, input: u32, neuron: u32) -> bool {
    if c.threshold == 0u {
        return true;
    }
    let key = vec2(task.seed_low, task.seed_high);
    let words = philox(key, vec4(neuron >> 2u, input, task.presentation, DROPOUT));
    return words[neuron & 3u] >= c.threshold;
}
