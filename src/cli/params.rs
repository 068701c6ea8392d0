//! `params`: the effective set as TOML, with what each parameter means.

use super::options::ParamOptions;
use super::output::out;
use clap::Args;
use spikeprune::params::{
    Allowed, Difference, Parameter, Params, named_rules, parameters, to_toml,
};
use spikeprune::presets;

/// Print the effective parameters as TOML, ready for --config
#[derive(Args)]
pub struct ParamsArgs {
    /// Print only what differs from this preset, with the preset's value beside it
    #[arg(long, value_name = "PRESET", value_parser = presets::PRESETS.map(|(name, _)| name))]
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
        if let Some(header) = line.strip_prefix('[') {
            table = header.trim_end_matches(']').to_string() + ".";
        }
        let key = line.split_once(" = ").map(|(key, _)| table.clone() + key);
        // The tables of the user's own are explained above all that they hold.
        let own = line
            .starts_with('[')
            .then(|| table.trim_end_matches('.').to_string());
        let find = |key: String| parameters().iter().find(|known| is_of(&key, &known.key));
        let known = match own {
            Some(table) => find(table),
            None => key.and_then(|key| parameters().iter().find(|known| known.key == key)),
        };
        for comment in known.map(comments).unwrap_or_default() {
            text += &format!("# {comment}\n");
        }
        text += &format!("{line}\n");
    }
    text
}

/// Whether a key is that of a parameter, or one of the user's own in its table.
fn is_of(key: &str, parameter: &str) -> bool {
    let rest = key.strip_prefix(parameter);
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
