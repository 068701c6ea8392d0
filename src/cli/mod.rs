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
pub mod signals;
mod silence;
mod sweep;
mod text;
mod train;
mod usage;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Parser, Subcommand};

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
    Params(params::ParamsArgs),
    Devices(devices::DevicesArgs),
    Bench(Box<bench::BenchArgs>),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

/// Reads the command line.
pub fn parse() -> Result<Cli, clap::Error> {
    let args: Vec<_> = std::env::args_os().collect();
    Cli::try_parse_from(&args).map_err(|error| {
        let mut error = usage::named(error, &args);
        if is_rest_of_list(&error) {
            let tip = "a list with spaces needs quotes around all of it: '5, 7, 9'";
            let tip = ContextValue::StyledStrs(vec![tip.into()]);
            error.insert(ContextKind::Suggested, tip);
        }
        error
    })
}

/// Whether an argument that is not known follows one that ends with a comma.
fn is_rest_of_list(error: &clap::Error) -> bool {
    let Some(ContextValue::String(unknown)) = error.get(ContextKind::InvalidArg) else {
        return false;
    };
    let args: Vec<String> = std::env::args_os()
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect();
    let mut pairs = args.windows(2);
    error.kind() == ErrorKind::UnknownArgument
        && pairs.any(|pair| pair[0].ends_with(',') && pair[1] == *unknown)
}

/// Runs the command that was given.
pub fn run(cli: &Cli) -> anyhow::Result<()> {
    match &cli.command {
        Command::Train(args) => train::run(args),
        Command::Reproduce(args) => reproduce::run(args),
        Command::Sweep(args) => sweep::run(args),
        Command::Eval(args) => eval::run(args),
        Command::Heatmap(args) => heatmap::run(args),
        Command::Params(args) => params::run(args),
        Command::Devices(args) => devices::run(args),
        Command::Bench(args) => bench::run(args),
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => man::run(args),
    }
}
