//! Starting threads where memory is short, or where there are none.

use std::collections::TryReserveError;
use std::sync::Mutex;
use std::{panic, thread};

/// What a thread takes to start: the stack that Rust gives it, and room for what it then asks for.
const ROOM_BYTES: usize = 4 << 20;

/// The limit on the address space of this process (`ulimit -v`), in bytes; none where there is none.
pub fn address_space() -> Option<u64> {
    #[cfg(all(unix, not(target_family = "wasm")))]
    return rustix::process::getrlimit(rustix::process::Resource::As).current;
    #[cfg(not(all(unix, not(target_family = "wasm"))))]
    None
}

/// Checks that so many threads can start: a thread that finds room for its stack and for nothing more ends the program.
///
/// # Errors
/// When there is too little memory.
pub fn check_room(threads: usize) -> Result<(), TryReserveError> {
    Vec::<u8>::new().try_reserve_exact(threads * ROOM_BYTES)
}

/// Runs two works, the second in a thread of its own if one can be had.
pub fn both<A, B: Send>(first: impl FnOnce() -> A, second: impl FnOnce() -> B + Send) -> (A, B) {
    if check_room(1).is_err() {
        return (first(), second());
    }
    // Not `scope.spawn`, which panics where no thread can be had; the work must then be done here.
    let second = Mutex::new(Some(second));
    let run = || second.lock().ok()?.take().map(|second| second());
    thread::scope(|scope| {
        let beside = thread::Builder::new().spawn_scoped(scope, run);
        let first = first();
        let found = match beside.map(thread::ScopedJoinHandle::join) {
            Ok(Ok(found)) => found,
            Ok(Err(panic)) => panic::resume_unwind(panic),
            Err(_) => run(),
        };
        (first, found.expect("the work is taken once"))
    })
}

/// So many threads that share work.
#[cfg(not(target_family = "wasm"))]
pub struct Pool(rayon::ThreadPool);

#[cfg(not(target_family = "wasm"))]
impl Pool {
    /// # Errors
    /// Why they cannot start.
    pub fn new(threads: usize) -> Result<Self, String> {
        check_room(threads).map_err(|error| error.to_string())?;
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().map(Self).map_err(|error| error.to_string())
    }

    pub fn threads(&self) -> usize {
        self.0.current_num_threads()
    }

    /// Does a work whose parallel parts these threads share.
    pub fn install<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        self.0.install(work)
    }
}

/// A browser gives no threads: the caller's own does all, which rayon then takes for its only one.
#[cfg(target_family = "wasm")]
pub struct Pool;

#[cfg(target_family = "wasm")]
impl Pool {
    pub fn new(_threads: usize) -> Result<Self, String> {
        Ok(Self)
    }

    pub fn threads(&self) -> usize {
        1
    }

    pub fn install<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        work()
    }
}
