//! The program `spikeprune`: the command line, and its allocator.

use spikeprune::cli::{self, EndsTheProgram, Host};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: EndsTheProgram = EndsTheProgram;

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args_os().collect();
    ExitCode::from(cli::main(&args, Host::default()))
}
