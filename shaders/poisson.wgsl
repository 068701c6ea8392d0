// Input spikes of one task: drawn as gaps, by integers alone, and listed step by step, ascending within a step.
// Twin of src/model/poisson.rs.
//
// One workgroup a task. The draws are made twice, first to count spikes per step, then to place them; the order
// within a step, which the counters leave to chance, is mended by sorting.

// Intensities, four to a word; each image begins with a word.
@group(0) @binding(9) var<storage, read> pixels: array<u32>;
// The logarithm, 1025 words; then for each table the mantissas of its 256 intensities, then their shifts.
@group(0) @binding(10) var<storage, read> rates: array<u32>;
// For each task stimulus + 1 starts, then inputs, then the uses of all inputs where images are learned from in batches: the
// first steps, the last steps, the decays.
@group(0) @binding(11) var<storage, read_write> drawn: array<atomic<u32>>;

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

// Draws the spikes of one input; counts them per step, or places them and notes when the input is used.
fn draw(task: Task, base: u32, input: u32, place: bool) {
    let c = constants[2u * task.network].prune;
    var used = Use(UNUSED, 0u, no_decay(c));
    let word = pixels[task.image * ((INPUTS + 3u) >> 2u) + (input >> 2u)];
    let intensity = (word >> ((input & 3u) * 8u)) & 0xffu;
    let table = TABLE + task.rates * 512u;
    let mantissa = rates[table + intensity];
    let shift = rates[table + 256u + intensity];
    if shift == SILENT {
        note_use(base, input, used, place);
        return;
    }
    let key = vec2(task.seed_low, task.seed_high);
    let capacity = dispatch.spikes_stride - dispatch.stimulus - 1u - dispatch.uses;
    var step = 0u;
    for (var block = 0u; step < dispatch.stimulus; block++) {
        let words = philox(key, vec4(block, input, task.presentation, task.stream));
        for (var k = 0u; k < 4u; k++) {
            step += gap(words[k], mantissa, shift);
            if step >= dispatch.stimulus {
                break;
            }
            if place {
                let at = atomicSub(&drawn[base + step], 1u) - 1u;
                if at < capacity {
                    atomicStore(&drawn[base + dispatch.stimulus + 1u + at], input);
                }
                if used.first == UNUSED {
                    used.first = step;
                } else if c.continuous == 1u {
                    used.decay = together(c, used.decay, factor_or_loss(c, step - used.last));
                }
                used.last = step;
            } else {
                atomicAdd(&drawn[base + step], 1u);
            }
            step += 1u;
        }
    }
    note_use(base, input, used, place);
}

// Takes down when an input is used, where that is asked for: not where an image is shown again.
fn note_use(base: u32, input: u32, used: Use, place: bool) {
    if place && dispatch.uses > 0u && dispatch.batch > 0u {
        let words = base + dispatch.spikes_stride - dispatch.uses + input;
        atomicStore(&drawn[words], used.first);
        atomicStore(&drawn[words + INPUTS], used.last);
        atomicStore(&drawn[words + 2u * INPUTS], bitcast<u32>(used.decay));
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
        sum += atomicLoad(&drawn[base + step]);
    }
    sums[thread] = sum;
    workgroupBarrier();
    var before = 0u;
    for (var other = 0u; other < thread; other++) {
        before += sums[other];
    }
    for (var step = first; step < last; step++) {
        before += atomicLoad(&drawn[base + step]);
        atomicStore(&drawn[base + step], before);
    }
}

// Sorts the inputs of one step: by insertion where they are a handful, else after passes with wider gaps (Shell).
fn sort(base: u32, step: u32) {
    let inputs = base + dispatch.stimulus + 1u;
    let capacity = dispatch.spikes_stride - dispatch.stimulus - 1u - dispatch.uses;
    let first = min(atomicLoad(&drawn[base + step]), capacity);
    let last = min(atomicLoad(&drawn[base + step + 1u]), capacity);
    var gap = 1u;
    while 8u * gap < last - first {
        gap = 2u * gap + 1u;
    }
    for (; gap > 0u; gap >>= 1u) {
        for (var at = first + gap; at < last; at++) {
            let input = atomicLoad(&drawn[inputs + at]);
            var hole = at;
            while hole >= first + gap {
                let other = atomicLoad(&drawn[inputs + hole - gap]);
                if other <= input {
                    break;
                }
                atomicStore(&drawn[inputs + hole], other);
                hole -= gap;
            }
            atomicStore(&drawn[inputs + hole], input);
        }
    }
}

// Draws and lists the spikes of a task. One workgroup.
fn draw_task(index: u32, thread: u32) {
    let task = tasks[index];
    if task.lane == NO_LANE {
        return;
    }
    let base = index * dispatch.spikes_stride;
    for (var step = thread; step <= dispatch.stimulus; step += WORKGROUP) {
        atomicStore(&drawn[base + step], 0u);
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

@compute @workgroup_size(WORKGROUP)
fn poisson(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    draw_task(dispatch.first_task + group.x, thread);
}
