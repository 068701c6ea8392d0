//! `completions`: what a shell needs to complete commands, flags and their values.

use super::Cli;
use super::output::out;
use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

/// Print a script that lets a shell complete commands and flags
///
/// For bash: spikeprune completions bash > ~/.local/share/bash-completion/completions/spikeprune
#[derive(Args)]
pub struct CompletionsArgs {
    shell: Shell,
}

pub fn run(args: &CompletionsArgs) -> anyhow::Result<()> {
    let mut script = Vec::new();
    let mut command = Cli::command();
    let name = command.get_name().to_string();
    generate(args.shell, &mut command, name, &mut script);
    out(&String::from_utf8(script)?)
}
