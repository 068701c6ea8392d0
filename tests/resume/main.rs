//! Runs that are killed, stopped, locked out or out of space, and gone on with: nothing is lost, and what comes out is
//! the same to the bit.
#![cfg(unix)]

#[path = "../support/contents.rs"]
mod contents;
mod damage;
#[path = "../support/first_images.rs"]
mod first_images;
#[path = "../support/gpu.rs"]
mod gpu;
mod kill;
mod run;
mod signals;
mod space;
#[path = "../support/wait.rs"]
mod wait;
