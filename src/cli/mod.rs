//! The command line, which the program `spikeprune` is: [`main`].
//!
//! Only this module prints: results on stdout, progress and notes on stderr. Another program that holds the library runs
//! commands by [`main`] too, or gets what they would print by [`call`].

mod answers;
mod backprop;
mod bench;
mod choices;
mod completions;
mod data;
mod device;
mod devices;
mod document;
mod eval;
mod figures;
mod from;
mod head;
mod heatmap;
mod host;
mod machine;
mod man;
mod memory;
mod options;
mod output;
mod own_files;
mod params;
mod parts;
mod paths;
mod predict;
mod progress;
mod reading;
mod record;
mod reproduce;
mod run;
mod run_folder;
mod saving;
mod sets;
mod show;
mod show_data;
mod signals;
mod silence;
mod snapshots;
mod sweep;
mod text;
mod train;
mod usage;

use crate::backend::gpu::probe;
use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use std::ffi::OsString;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub use host::{Host, Kept};
pub use memory::EndsTheProgram;

/// The commands that leave a run folder. A folder is of the first whose mark it holds.
const RUNS: [&run::Kind; 3] = [&sweep::KIND, &reproduce::KIND, &train::KIND];

/// Spiking neural networks that learn by local rules and prune the weights they do not use.
///
/// Trains networks of leaky integrate-and-fire neurons on MNIST with trace-based STDP and all-LTD, removes
/// weights by "use it or lose it" (Antonov & Sukhov 2024), tests them and draws what they have learned.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Train(train::TrainArgs),
    Reproduce(Box<reproduce::ReproduceArgs>),
    Sweep(Box<sweep::SweepArgs>),
    Eval(eval::EvalArgs),
    Predict(predict::PredictArgs),
    Heatmap(heatmap::HeatmapArgs),
    Show(show::ShowArgs),
    Data(show_data::DataArgs),
    Params(params::ParamsArgs),
    Devices(devices::DevicesArgs),
    Bench(Box<bench::BenchArgs>),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

/// Runs a command, prints its result or error and returns the exit code. The first of the arguments is the program.
///
/// It may take over signals and stdout, and a second Ctrl-C ends the process.
pub fn main(args: &[OsString], host: Host) -> u8 {
    if let Some(request) = probe::asked() {
        let answered = probe::answer(&request, std::io::stdout());
        return u8::from(answered.is_err());
    }
    host::settle(host);
    signals::survive_file_limits();
    let ran = match parse(args) {
        Ok(cli) => run(&cli),
        // Wrong usage goes to stderr; help is a result like any other.
        Err(told) => match told.print() {
            Err(error) if !told.use_stderr() => {
                Err(anyhow::Error::new(error).context("cannot write to stdout"))
            }
            _ => return told.exit_code() as u8,
        },
    };
    match ran {
        Ok(()) => 0,
        Err(error) if output::is_broken_pipe(&error) => 0,
        Err(error) => {
            output::print_error(&error);
            match is_stopped(&error) {
                true => signals::STOPPED,
                false => 1,
            }
        }
    }
}

/// Why a command that was called has no result.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// What the command line would say of wrong usage.
    #[error("{0}")]
    Usage(String),
    /// What it would say of what went wrong, and how the system failed where it was that.
    #[error("{what}")]
    Failed {
        what: String,
        io: Option<std::io::ErrorKind>,
    },
    /// It was stopped, and has saved what there was.
    #[error("{0}")]
    Stopped(String),
}

/// Runs a command for another program, without printing: it gets what would be printed. Once `stop` is true, the run saves
/// what it has and ends. The first of the arguments is the program.
///
/// # Errors
/// When the arguments are wrong, the command fails or it was stopped.
pub fn call(args: &[OsString], host: Host, stop: Arc<AtomicBool>) -> Result<Kept, CallError> {
    host::settle(host);
    let cli = parse(args).map_err(|told| CallError::Usage(told.to_string()))?;
    let (ran, kept) = host::keep(signals::Stop::when(stop), || run(&cli));
    match ran {
        Ok(()) => Ok(kept),
        Err(error) if is_stopped(&error) => Err(CallError::Stopped(output::sentence(&error))),
        Err(error) => Err(CallError::Failed {
            io: (error.chain().find_map(|cause| cause.downcast_ref()))
                .map(|error: &std::io::Error| error.kind()),
            what: output::sentence(&error),
        }),
    }
}

/// Whether a run was stopped from outside.
fn is_stopped(error: &anyhow::Error) -> bool {
    let broken = error.downcast_ref::<saving::Broken>();
    broken.is_some_and(|broken| broken.by_signal)
}

/// Reads the command line.
fn parse(args: &[OsString]) -> Result<Cli, clap::Error> {
    let found = command().try_get_matches_from(args);
    let read = found.and_then(|found| Cli::from_arg_matches(&found));
    read.map_err(|error| {
        let mut error = usage::named(error, args);
        if let Some(tip) = usage::tip(&error, args) {
            let tip = ContextValue::StyledStrs(vec![tip.into()]);
            error.insert(ContextKind::Suggested, tip);
        }
        error
    })
}

/// The command line. A number below zero is a value, as it is typed, and no flag.
fn command() -> clap::Command {
    fn with_numbers(command: clap::Command) -> clap::Command {
        let command = command.mut_subcommands(with_numbers);
        command.mut_args(|arg| match arg.get_action().takes_values() {
            true => arg.allow_negative_numbers(true),
            false => arg,
        })
    }
    with_numbers(Cli::command())
}

/// Runs the command that was given.
fn run(cli: &Cli) -> anyhow::Result<()> {
    match &cli.command {
        Command::Train(args) => train::run(args),
        Command::Reproduce(args) => reproduce::run(args),
        Command::Sweep(args) => sweep::run(args),
        Command::Eval(args) => eval::run(args),
        Command::Predict(args) => predict::run(args),
        Command::Heatmap(args) => heatmap::run(args),
        Command::Show(args) => show::run(args),
        Command::Data(args) => show_data::run(args),
        Command::Params(args) => params::run(args),
        Command::Devices(args) => devices::run(args),
        Command::Bench(args) => bench::run(args),
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => man::run(args),
    }
}
