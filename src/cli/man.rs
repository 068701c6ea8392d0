//! `man`: the manual pages, made of what `--help` says.

use super::Cli;
use super::output::out;
use anyhow::bail;
use clap::{Args, Command, CommandFactory};
use clap_mangen::Man;

/// Print a manual page, for man: of the program, or of one of its commands
///
/// To read one: spikeprune man train | man -l -
#[derive(Args)]
pub struct ManArgs {
    /// The command [default: the program]
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

pub fn run(args: &ManArgs) -> anyhow::Result<()> {
    let mut program = Cli::command();
    program.build();
    let page = match &args.command {
        None => program,
        Some(name) => page(&program, name)?,
    };
    let mut text = Vec::new();
    Man::new(page).render(&mut text)?;
    out(&String::from_utf8(text)?)
}

/// A command under the name of its page, such as `spikeprune-train`.
fn page(program: &Command, name: &str) -> anyhow::Result<Command> {
    let commands = || {
        program
            .get_subcommands()
            .filter(|command| command.get_name() != "help")
    };
    let Some(command) = commands().find(|command| command.get_name() == name) else {
        let names: Vec<&str> = commands().map(Command::get_name).collect();
        bail!(
            "there is no command {name}; there are: {}",
            names.join(", ")
        );
    };
    Ok(command
        .clone()
        .name(format!("{}-{name}", program.get_name())))
}
