//! The command line: parse, run, print the error.

mod cli;

use spikeprune::backend::gpu::probe;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: cli::memory::EndsTheProgram = cli::memory::EndsTheProgram;

fn main() -> ExitCode {
    if let Some(request) = probe::asked() {
        let answered = probe::answer(&request, std::io::stdout());
        return ExitCode::from(u8::from(answered.is_err()));
    }
    cli::signals::survive_file_limits();
    let ran = match cli::parse() {
        Ok(cli) => cli::run(&cli),
        // Wrong usage goes to stderr; help is a result like any other.
        Err(told) => match told.print() {
            Err(error) if !told.use_stderr() => {
                Err(anyhow::Error::new(error).context("cannot write to stdout"))
            }
            _ => return ExitCode::from(told.exit_code() as u8),
        },
    };
    match ran {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if cli::output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            cli::output::print_error(&error);
            match error.downcast_ref() {
                Some(cli::saving::Broken {
                    by_signal: true, ..
                }) => ExitCode::from(cli::signals::STOPPED),
                _ => ExitCode::FAILURE,
            }
        }
    }
}
