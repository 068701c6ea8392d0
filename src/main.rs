//! The command line: parse, run, print the error.

mod cli;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::run(&cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if cli::output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            cli::output::print_error(&error);
            match error.is::<cli::saving::Stopped>() {
                true => ExitCode::from(cli::saving::STOPPED),
                false => ExitCode::FAILURE,
            }
        }
    }
}
