//! What `bench` shows: a table, and a plot over the first axis of its grid.

use super::{Document, Machine, Row};
use crate::cli::figures::{OPERATIONS, counted, operations};
use crate::cli::heatmap::FontOptions;
use crate::experiment::bench::Measured;
use crate::params;
use crate::report::plot::{Axis, Lines, Series};
use crate::statistics::Spread;
use anyhow::Context;
use std::fmt::Write;

impl Document<'_> {
    pub fn table(&self) -> String {
        let Machine { cpu, cores, os, .. } = &self.machine;
        let mut text = format!(
            "spikeprune {} on {cpu}, {}, {os}; {}\n{} of at least {} s: median (least to most)\n",
            self.version,
            counted(*cores, "core"),
            counted(self.threads, "thread"),
            counted(self.laps, "lap"),
            self.lap_seconds
        );
        for row in &self.rows {
            // Writing to a string cannot fail.
            let _ = write!(text, "\n{}\n", row.heading());
            for (what, measured) in [
                ("training", &row.speed.training),
                ("testing", &row.speed.testing),
            ] {
                let _ = writeln!(text, "  {what:<10}{}", line(measured));
            }
            let operations = operations([&row.speed.operations].into_iter());
            let _ = writeln!(text, "  {OPERATIONS} an image: {operations}");
        }
        text
    }

    /// CPU time an image over the values of the axis `key`, as SVG: a line for training and one for testing, for each
    /// device and each combination of the other axes.
    pub fn plot(&self, key: &str, font: FontOptions) -> anyhow::Result<String> {
        let mut series: Vec<Series> = Vec::new();
        for row in &self.rows {
            let x = number(key, &row.settings[key])?;
            let kinds = [
                ("training", &row.speed.training),
                ("testing", &row.speed.testing),
            ];
            for (what, measured) in kinds {
                let name = format!("{}, {what}{}", row.device, row.others(key));
                let Spread { median, min, max } = measured.cpu_ms_per_image;
                let at = series.iter().position(|line| line.name == name);
                let at = at.unwrap_or_else(|| {
                    let name = name.clone();
                    series.push(Series {
                        name,
                        ..Series::default()
                    });
                    series.len() - 1
                });
                series[at].points.push((x, median));
                series[at].band.push((min, max));
            }
        }
        let axis = |title: &str| Axis {
            title: title.into(),
            range: None,
            log: true,
        };
        let lines = Lines {
            label: format!("CPU time an image over {key}"),
            x: axis(key),
            y: axis("CPU time an image in ms"),
            series,
            font_scale: font.font_scale,
            ..Lines::default()
        };
        Ok(lines.svg()?.to_file())
    }
}

impl Row {
    /// The values of all axes but one.
    fn others(&self, key: &str) -> String {
        let others = self.settings.iter().filter(|(other, _)| *other != key);
        others
            .map(|(key, value)| format!(", {key}={value}"))
            .collect()
    }

    fn heading(&self) -> String {
        let settings = self.others("");
        format!(
            "{}, {} of {}, dt {} ms, {}{settings}; {:.0} MB of memory at most",
            self.device,
            counted(self.networks, "network"),
            counted(self.neurons, "neuron"),
            self.dt_ms,
            self.rule,
            self.peak_memory_bytes as f64 / 1e6
        )
    }
}

/// A value of the axis that a plot is drawn over.
pub fn number(key: &str, value: &str) -> anyhow::Result<f64> {
    let number = params::number(value).ok();
    let number = number.filter(|&number| number > 0.0);
    number.with_context(|| {
        format!("--plot draws over the first --grid, {key}: {value} is not a number above 0")
    })
}

fn line(measured: &Measured) -> String {
    let mut text = format!(
        "{} images/s   {} ms of CPU an image   {:.1} spikes an image",
        shown(measured.images_per_second),
        shown(measured.cpu_ms_per_image),
        measured.spikes_per_image
    );
    if let Some(traffic) = measured.traffic_per_image {
        let _ = write!(
            text,
            "   {:.3} dispatches, {:.3} waits, {:.0} bytes up, {:.0} down",
            traffic.dispatches, traffic.waits, traffic.bytes_up, traffic.bytes_down
        );
    }
    text
}

fn shown(spread: Spread) -> String {
    let Spread { median, min, max } = spread;
    format!("{} ({} to {})", digits(median), digits(min), digits(max))
}

/// A number to three digits.
fn digits(value: f64) -> String {
    let decimals = (2.0 - value.abs().max(1e-9).log10().floor()).clamp(0.0, 9.0);
    format!("{value:.*}", decimals as usize)
}
