//! Starting threads where memory is short.

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
