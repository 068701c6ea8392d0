//! Starting threads where memory is short, or where there are none.

use std::collections::TryReserveError;

/// What a thread takes to start: the stack that Rust gives it, and room for what it then asks for.
const ROOM_BYTES: usize = 4 << 20;

/// Checks that so many threads can start: a thread that finds room for its stack and for nothing more ends the program.
///
/// # Errors
/// When there is too little memory.
pub fn check_room(threads: usize) -> Result<(), TryReserveError> {
    Vec::<u8>::new().try_reserve_exact(threads * ROOM_BYTES)
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
