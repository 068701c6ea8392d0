//! `params`: the effective set as TOML, with what each parameter means.

use super::options::ParamOptions;
use super::output::out;
use crate::params::{Allowed, Difference, Parameter, Params, named_rules, parameters, to_toml};
use crate::presets;
use clap::Args;

/// Print the effective parameters as TOML, ready for --config
#[derive(Args)]
pub struct ParamsArgs {
    /// Print only what differs from this preset, with the preset's value beside it
    #[arg(long, value_name = "PRESET", value_parser = presets::all().map(|(name, _)| name))]
    diff: Option<String>,
    #[command(flatten)]
    params: ParamOptions,
}

pub fn run(args: &ParamsArgs) -> anyhow::Result<()> {
    let params = args.params.resolve(false)?.params;
    match args.diff.as_deref().and_then(presets::by_name) {
        Some(base) => out(&differences(&params, &base)),
        None => out(&annotated(&params)),
    }
}

/// The set with unit, meaning and allowed values of each parameter as comments.
fn annotated(params: &Params) -> String {
    let mut table = String::new();
    let mut text = String::new();
    for line in to_toml(params).lines() {
        let known = match line.strip_prefix('[') {
            Some(header) => {
                let header = header.trim_end_matches(']');
                table = format!("{header}.");
                // A table of the user's own is explained above all that it holds.
                parameters().iter().find(|known| is_of(header, &known.key))
            }
            None => {
                let key = line
                    .split_once(" = ")
                    .map(|(key, _)| format!("{table}{key}"));
                parameters()
                    .iter()
                    .find(|known| Some(&known.key) == key.as_ref())
            }
        };
        for comment in known.map(comments).unwrap_or_default() {
            text += &format!("# {comment}\n");
        }
        text += &format!("{line}\n");
    }
    text
}

/// Whether a table is that of a parameter, or one in it.
fn is_of(table: &str, parameter: &str) -> bool {
    let rest = table.strip_prefix(parameter);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn comments(parameter: &Parameter) -> Vec<String> {
    let Allowed { numbers, words } = &parameter.allowed;
    let mut limits: Vec<String> = parameter.unit.map(String::from).into_iter().collect();
    limits.extend(numbers.map(|numbers| match (numbers.low, numbers.high) {
        (Some(low), Some(high)) => format!("{low} to {high}"),
        _ => numbers.to_string(),
    }));
    let of_numbers = match limits.is_empty() {
        true => String::new(),
        false => format!(" ({})", limits.join(", ")),
    };
    let or = match (numbers, words.is_empty()) {
        (_, true) => "",
        (Some(_), false) => "; or a word:",
        (None, false) => "; one of:",
    };
    let meaning = parameter.meaning.trim_end_matches('.');
    let mut lines = vec![format!("{meaning}{of_numbers}{or}")];
    lines.extend(words.iter().map(|(word, meaning)| match meaning.as_str() {
        "" => format!("  \"{word}\""),
        meaning => format!("  \"{word}\": {}", meaning.trim_end_matches('.')),
    }));
    if parameter.key == "learning.factor" {
        let rules = named_rules().iter();
        lines.extend(rules.map(|rule| {
            format!(
                "  --rule {}: {}",
                rule.name,
                rule.meaning.trim_end_matches('.')
            )
        }));
    }
    lines
}

/// What of a set differs from a preset, as a file that is laid over that preset.
fn differences(params: &Params, base: &Params) -> String {
    let mut text = format!("preset = \"{}\"\n", base.preset);
    let differ = params.differences(base).into_iter();
    for Difference { key, values } in differ.filter(|differ| differ.key != "preset") {
        text += &match values {
            [Some(value), Some(base)] => format!("{key} = {value} # {base}\n"),
            [Some(value), None] => format!("{key} = {value}\n"),
            [None, _] => continue,
        };
    }
    text
}
