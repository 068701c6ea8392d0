//! Waiting for what a program writes.

use std::path::Path;
use std::process::Child;
use std::time::Duration;

/// Waits until a file is there, or the program that should write it has ended; tells whether it is still under way.
pub fn wait_for(path: &Path, child: &mut Child) -> bool {
    while !path.exists() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    child.try_wait().unwrap().is_none()
}

/// Ends a program as nothing else can: SIGKILL on Unix.
pub fn kill(mut child: Child) {
    // It may have come to its end.
    let _ = child.kill();
    child.wait().unwrap();
}
