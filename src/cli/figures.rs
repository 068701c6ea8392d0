//! Numbers for people: means with their intervals, and tables of them.
//!
//! Square brackets after a mean are its 95% interval over seeds, everywhere, and headings say so.

use crate::experiment::operations::{Operations, mean};
use crate::statistics::{Interval, StatisticsError};
use std::fmt::Write;

/// What headings call a mean with its interval.
pub const MEAN: &str = "mean [95% interval over seeds]";

/// The same where each value is the mean of a split of the digits.
pub const MEAN_OF_SPLITS: &str = "mean [95% interval over splits]";

/// A mean with its interval, such as `92.2 [89.0, 94.5]`; a mean that has none by itself.
fn with_interval(
    found: Result<Interval, StatisticsError>,
    write: impl Fn(f64) -> String,
) -> String {
    match found {
        Err(_) => "-".into(),
        Ok(Interval {
            mean,
            low: Some(low),
            high: Some(high),
        }) => format!("{} [{}, {}]", write(mean), write(low), write(high)),
        Ok(Interval { mean, .. }) => write(mean),
    }
}

/// Shares in per cent.
pub fn percent(shares: impl Iterator<Item = f64>, digits: usize) -> String {
    counts(shares, 100.0, digits)
}

/// Shares of a whole, as parts of it.
pub fn counts(shares: impl Iterator<Item = f64>, whole: f64, digits: usize) -> String {
    let interval = Interval::of_shares(&shares.collect::<Vec<f64>>());
    with_interval(interval, |share| format!("{:.digits$}", whole * share))
}

/// Shares of so many images or neurons, as numbers of them: as many decimals as a share in per cent with one has.
pub fn numbers(shares: impl Iterator<Item = f64>, whole: usize) -> String {
    let digits = 3_usize.saturating_sub(whole.max(1).ilog10() as usize);
    let interval = Interval::of_shares(&shares.collect::<Vec<f64>>());
    with_interval(interval, |share| {
        let text = format!("{:.digits$}", share * whole as f64);
        match text.contains('.') {
            true => text.trim_end_matches('0').trim_end_matches('.').into(),
            false => text,
        }
    })
}

/// Amounts: numbers that are not negative and have no upper end.
pub fn amount(values: impl Iterator<Item = f64>, digits: usize) -> String {
    let interval = Interval::of_amounts(&values.collect::<Vec<f64>>());
    with_interval(interval, |value| format!("{value:.digits$}"))
}

/// What the heading of a column of [`operations`] says.
pub const OPERATIONS: &str = "operations (nJ, estimate)";

/// Synaptic operations of an image and their energy, means.
pub fn operations<'a>(all: impl Iterator<Item = &'a Operations>) -> String {
    let all: Vec<Operations> = all.copied().collect();
    if all.is_empty() {
        return "-".into();
    }
    let mean = mean(&all);
    let sum = mean.input_per_image + mean.hidden_per_image;
    format!("{sum:.0} ({:.1})", mean.energy_nj_estimate)
}

/// Columns as wide as their widest cell; the first to the left, all others to the right.
pub fn aligned(columns: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let widths = cells.map(|cell| cell.chars().count());
        widths
            .max()
            .unwrap_or(0)
            .max(columns[column].chars().count())
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let mut text = String::new();
    let mut line = |cells: &mut dyn Iterator<Item = &str>| {
        for (column, (cell, width)) in cells.zip(&widths).enumerate() {
            // Writing to a string cannot fail.
            let _ = match column {
                0 => write!(text, "    {cell:<width$}"),
                _ => write!(text, "  {cell:>width$}"),
            };
        }
        text += "\n";
    };
    line(&mut columns.iter().copied());
    for row in rows {
        line(&mut row.iter().map(String::as_str));
    }
    text
}

/// A number of things: "1 network", "2 networks".
pub fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// "a", "a and b", "a, b and c".
pub fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
