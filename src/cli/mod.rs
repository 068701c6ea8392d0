//! The commands. Only this module prints: results on stdout, progress and notes on stderr.

mod answers;
mod bench;
mod choices;
mod completions;
mod data;
mod device;
mod devices;
mod document;
mod eval;
mod figures;
mod head;
mod heatmap;
mod machine;
mod man;
pub mod memory;
mod options;
pub mod output;
mod own_files;
mod params;
mod paths;
mod progress;
mod reading;
mod record;
mod reproduce;
mod run;
mod run_folder;
pub mod saving;
mod sets;
mod show_data;
pub mod signals;
mod silence;
mod sweep;
mod text;
mod train;
mod usage;

use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

/// The commands that leave a run folder. A folder is of the first whose mark it holds.
const RUNS: [&run::Kind; 3] = [&sweep::KIND, &reproduce::KIND, &train::KIND];

/// Spiking neural networks that learn by local rules and prune the weights they do not use.
///
/// Trains networks of leaky integrate-and-fire neurons on MNIST with trace-based STDP and all-LTD, removes
/// weights by "use it or lose it" (Antonov & Sukhov 2024), tests them and draws what they have learned.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Train(train::TrainArgs),
    Reproduce(Box<reproduce::ReproduceArgs>),
    Sweep(Box<sweep::SweepArgs>),
    Eval(eval::EvalArgs),
    Heatmap(heatmap::HeatmapArgs),
    Data(show_data::DataArgs),
    Params(params::ParamsArgs),
    Devices(devices::DevicesArgs),
    Bench(Box<bench::BenchArgs>),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

/// Reads the command line.
pub fn parse() -> Result<Cli, clap::Error> {
    let args: Vec<_> = std::env::args_os().collect();
    let found = command().try_get_matches_from(&args);
    let read = found.and_then(|found| Cli::from_arg_matches(&found));
    read.map_err(|error| {
        let mut error = usage::named(error, &args);
        if let Some(tip) = usage::tip(&error, &args) {
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
pub fn run(cli: &Cli) -> anyhow::Result<()> {
    match &cli.command {
        Command::Train(args) => train::run(args),
        Command::Reproduce(args) => reproduce::run(args),
        Command::Sweep(args) => sweep::run(args),
        Command::Eval(args) => eval::run(args),
        Command::Heatmap(args) => heatmap::run(args),
        Command::Data(args) => show_data::run(args),
        Command::Params(args) => params::run(args),
        Command::Devices(args) => devices::run(args),
        Command::Bench(args) => bench::run(args),
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => man::run(args),
    }
}
