//! `params`: the effective set as TOML.

use super::options::ParamOptions;
use super::output::out;
use clap::Args;
use spikeprune::params::to_toml;

/// Print the effective parameters as TOML, ready for --config
#[derive(Args)]
pub struct ParamsArgs {
    #[command(flatten)]
    params: ParamOptions,
}

pub fn run(args: &ParamsArgs) -> anyhow::Result<()> {
    out(&to_toml(&args.params.resolve(false)?))
}
