//! The command line: parse, run, print the error.

mod cli;

use clap::Parser;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: cli::memory::EndsTheProgram = cli::memory::EndsTheProgram;

fn main() -> ExitCode {
    cli::signals::survive_file_limits();
    match cli::run(&cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if cli::output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            cli::output::print_error(&error);
            match error.is::<cli::saving::Stopped>() {
                true => ExitCode::from(cli::signals::STOPPED),
                false => ExitCode::FAILURE,
            }
        }
    }
}
