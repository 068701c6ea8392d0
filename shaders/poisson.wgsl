// Input spikes of one task: drawn as gaps, by integers alone, and listed step by step, ascending within a step.
// Twin of src/model/poisson.rs.
//
// One workgroup a task. The draws are made twice, first to count spikes per step, then to place them; the order
// within a step, which the counters leave to chance, is mended by sorting.

@group(0) @binding(0) var<uniform> dispatch: Dispatch;
@group(0) @binding(1) var<storage, read> tasks: array<Task>;
// Intensities, four to a word; each image begins with a word.
@group(0) @binding(2) var<storage, read> pixels: array<u32>;
// The logarithm, 1025 words; then for each table the mantissas of its 256 intensities, then their shifts.
@group(0) @binding(3) var<storage, read> rates: array<u32>;
// For each task stimulus + 1 starts, then inputs.
@group(0) @binding(4) var<storage, read_write> spikes: array<atomic<u32>>;

const LOG_BITS: u32 = 26u;
const TABLE_BITS: u32 = 10u;
const TABLE: u32 = 1025u;
// A shift that stands for "never fires".
const SILENT: u32 = 0xffffffffu;

// Sums of the threads' shares of the steps.
var<workgroup> sums: array<u32, WORKGROUP>;

// Steps to the next spike, less one.
fn gap(word: u32, mantissa: u32, shift: u32) -> u32 {
    let u = word | 1u;
    let leading = countLeadingZeros(u);
    let normal = u << leading;
    let index = (normal >> (31u - TABLE_BITS)) & ((1u << TABLE_BITS) - 1u);
    let rest = (normal >> 6u) & 0x7fffu;
    let low = rates[index];
    let log2 = low + (((rates[index + 1u] - low) * rest) >> 15u);
    let exponential = ((leading + 1u) << LOG_BITS) - log2;
    return multiply_high(exponential, mantissa) >> shift;
}

// Draws the spikes of one input; counts them per step, or places them.
fn draw(task: Task, base: u32, input: u32, place: bool) {
    let word = pixels[task.image * ((INPUTS + 3u) >> 2u) + (input >> 2u)];
    let intensity = (word >> ((input & 3u) * 8u)) & 0xffu;
    let table = TABLE + task.rates * 512u;
    let mantissa = rates[table + intensity];
    let shift = rates[table + 256u + intensity];
    if shift == SILENT {
        return;
    }
    let key = vec2(task.seed_low, task.seed_high);
    let capacity = dispatch.spikes_stride - dispatch.stimulus - 1u;
    var step = 0u;
    for (var block = 0u; step < dispatch.stimulus; block++) {
        let words = philox(key, vec4(block, input, task.presentation, task.stream));
        for (var k = 0u; k < 4u; k++) {
            step += gap(words[k], mantissa, shift);
            if step >= dispatch.stimulus {
                break;
            }
            if place {
                let at = atomicSub(&spikes[base + step], 1u) - 1u;
                if at < capacity {
                    atomicStore(&spikes[base + dispatch.stimulus + 1u + at], input);
                }
            } else {
                atomicAdd(&spikes[base + step], 1u);
            }
            step += 1u;
        }
    }
}

// Turns counts per step into the ends of the steps: a sum over each thread's share, then over the shares.
fn accumulate(base: u32, thread: u32) {
    let length = dispatch.stimulus + 1u;
    let share = dispatch.share;
    let first = min(thread * share, length);
    let last = min(first + share, length);
    var sum = 0u;
    for (var step = first; step < last; step++) {
        sum += atomicLoad(&spikes[base + step]);
    }
    sums[thread] = sum;
    workgroupBarrier();
    var before = 0u;
    for (var other = 0u; other < thread; other++) {
        before += sums[other];
    }
    for (var step = first; step < last; step++) {
        before += atomicLoad(&spikes[base + step]);
        atomicStore(&spikes[base + step], before);
    }
}

// Sorts the inputs of one step: by insertion where they are a handful, else after passes with wider gaps (Shell).
fn sort(base: u32, step: u32) {
    let inputs = base + dispatch.stimulus + 1u;
    let capacity = dispatch.spikes_stride - dispatch.stimulus - 1u;
    let first = min(atomicLoad(&spikes[base + step]), capacity);
    let last = min(atomicLoad(&spikes[base + step + 1u]), capacity);
    var gap = 1u;
    while 8u * gap < last - first {
        gap = 2u * gap + 1u;
    }
    for (; gap > 0u; gap >>= 1u) {
        for (var at = first + gap; at < last; at++) {
            let input = atomicLoad(&spikes[inputs + at]);
            var hole = at;
            while hole >= first + gap {
                let other = atomicLoad(&spikes[inputs + hole - gap]);
                if other <= input {
                    break;
                }
                atomicStore(&spikes[inputs + hole], other);
                hole -= gap;
            }
            atomicStore(&spikes[inputs + hole], input);
        }
    }
}

@compute @workgroup_size(WORKGROUP)
fn poisson(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let task = tasks[dispatch.first_task + group.x];
    let base = (dispatch.first_task + group.x) * dispatch.spikes_stride;
    for (var step = thread; step <= dispatch.stimulus; step += WORKGROUP) {
        atomicStore(&spikes[base + step], 0u);
    }
    storageBarrier();
    for (var input = thread; input < INPUTS; input += WORKGROUP) {
        draw(task, base, input, false);
    }
    storageBarrier();
    accumulate(base, thread);
    storageBarrier();
    for (var input = thread; input < INPUTS; input += WORKGROUP) {
        draw(task, base, input, true);
    }
    storageBarrier();
    for (var step = thread; step < dispatch.stimulus; step += WORKGROUP) {
        sort(base, step);
    }
}
