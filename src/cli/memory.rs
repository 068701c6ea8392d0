//! The program's memory: how much it held at most, and, when the system gives no more, as under `ulimit -v`, one sentence
//! and exit code 1 instead of an abort.

use super::saving::go_on;
use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{Write, stderr};
use std::sync::atomic::{
    AtomicBool, AtomicUsize,
    Ordering::{self, Relaxed},
};

/// Bytes that the program holds, and most that it held since the last call of [`measure_peak`].
static HELD: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

/// From now on [`peak_bytes`] is the most that the program holds.
pub fn measure_peak() {
    PEAK.store(HELD.load(Relaxed), Relaxed);
}

/// Most bytes that the program has held since then; what a driver takes for itself is not among them.
pub fn peak_bytes() -> usize {
    PEAK.load(Relaxed)
}

fn take(bytes: usize) {
    let held = HELD.fetch_add(bytes, Relaxed) + bytes;
    if held > PEAK.load(Relaxed) {
        PEAK.fetch_max(held, Relaxed);
    }
}

fn give(bytes: usize) {
    HELD.fetch_sub(bytes, Relaxed);
}

/// The allocator of the system, which ends the program when no memory is left. That may happen at any time, as files
/// appear whole or not at all.
pub struct EndsTheProgram;

// SAFETY: every call is passed to the system's allocator unchanged, and so is what that returns. Counting allocates nothing.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for EndsTheProgram {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        given(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        given(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let new = given(unsafe { System.realloc(old, layout, size) }, size);
        give(layout.size());
        new
    }

    unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
        give(layout.size());
        unsafe { System.dealloc(old, layout) }
    }
}

fn given(memory: *mut u8, bytes: usize) -> *mut u8 {
    static SAID: AtomicBool = AtomicBool::new(false);
    if memory.is_null() {
        // One thread prints the error; no thread goes on.
        while SAID.swap(true, Ordering::SeqCst) {
            std::thread::park();
        }
        let (and, go_on) = go_on().map_or(("", ""), |command| ("; go on with: ", command));
        // None of this allocates.
        let _ = writeln!(
            stderr(),
            "error: out of memory: the system refused {bytes} bytes more; raise its limit (ulimit -v), or lower \
             --threads, the number of networks or of neurons{and}{go_on}"
        );
        signal_hook::low_level::exit(1);
    }
    take(bytes);
    memory
}
