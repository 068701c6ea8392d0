//! Axes: their ranges, marked values and titles.

use super::PlotError;
use super::canvas::measured;
use super::error::drawable;
use super::style::{PX, TEXT};
use crate::report::ticks::{labels, round_values};
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::coord::types::RangedCoordf64;
use std::ops::Range;

/// What runs along one side of a plot.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Axis {
    /// The quantity with its unit.
    pub title: String,
    /// Both ends; without it the data decide. What lies beyond is drawn at the edge.
    pub range: Option<(f64, f64)>,
    /// Equal lengths are equal factors.
    pub log: bool,
}

impl Axis {
    /// Refuses a value that has no place on the axis; `place` says where it stands.
    pub(super) fn check(&self, value: f64, place: impl Fn() -> String) -> Result<(), PlotError> {
        drawable(value, &place)?;
        if self.log && value <= 0.0 {
            let place = place();
            return Err(PlotError::NotPositive { place, value });
        }
        Ok(())
    }
}

/// An axis with its range decided; on a logarithmic one places are exponents of ten.
#[derive(Clone, Debug)]
pub(super) struct Scale {
    pub(super) title: String,
    log: bool,
    low: f64,
    high: f64,
    /// Places and writings of the marked values.
    ticks: Vec<(f64, String)>,
}

impl Scale {
    /// The scale of `axis` for data that have been checked. `pad` is the free share at either
    /// end; there is none below 0 when no value is negative.
    pub(super) fn new(
        axis: &Axis,
        values: impl Iterator<Item = f64>,
        pad: f64,
        steps: usize,
    ) -> Result<Self, PlotError> {
        let place = |value: f64| if axis.log { value.log10() } else { value };
        let (low, high) = match axis.range {
            Some((low, high)) => {
                for (end, name) in [(low, "first"), (high, "second")] {
                    let place = || format!("the {name} end of the range of \"{}\"", axis.title);
                    axis.check(end, place)?;
                }
                let placed = (place(low), place(high));
                if placed.0 >= placed.1 {
                    return Err(PlotError::Range(low, high));
                }
                placed
            }
            None => around(values.map(place), pad, axis.log),
        };
        let ticks = match axis.log {
            true => log_ticks(low, high, steps),
            false => {
                let (values, step) = round_values(low, high, steps as f64);
                let labels = labels(&values, step);
                values.into_iter().zip(labels).collect()
            }
        };
        Ok(Self {
            title: axis.title.clone(),
            log: axis.log,
            low,
            high,
            ticks,
        })
    }

    /// A scale of whole numbers, marked at whole numbers only.
    pub(super) fn of_rows(title: &str, rows: u32) -> Self {
        let high = f64::from(rows.max(1)) - 0.5;
        let (values, _) = round_values(0.0, high.max(1.0), 4.0);
        let whole = values.into_iter().filter(|v| v.fract() == 0.0 && *v < high);
        Self {
            title: title.to_owned(),
            log: false,
            low: -0.5,
            high,
            ticks: whole.map(|value| (value, value.to_string())).collect(),
        }
    }

    /// Where a value stands: itself or its exponent.
    pub(super) fn place(&self, value: f64) -> f64 {
        if self.log { value.log10() } else { value }
    }

    /// The lower end of the axis, as a place.
    pub(super) fn low(&self) -> f64 {
        self.low
    }

    /// From the lower to the upper end, in places.
    pub(super) fn length(&self) -> f64 {
        self.high - self.low
    }

    /// The upper end of the axis, as a place.
    pub(super) fn high(&self) -> f64 {
        self.high
    }

    /// The space that title and marked values need to the left of a plot, in drawing units.
    pub(super) fn left(&self) -> i32 {
        let widths = self.ticks.iter().map(|(_, text)| measured(text, TICK_TEXT));
        let title = if self.title.is_empty() { 0 } else { TEXT + 6 };
        widths.max().unwrap_or(0) + (title + 2 * TICK) * PX
    }

    /// The space that title and marked values need below a plot, in CSS pixels.
    pub(super) fn below(&self) -> i32 {
        let title = if self.title.is_empty() { 0 } else { TEXT + 8 };
        TEXT + 4 + 2 * TICK + title
    }
}

impl Ranged for Scale {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, place: &f64, limit: (i32, i32)) -> i32 {
        RangedCoordf64::from(self.range()).map(&place.clamp(self.low, self.high), limit)
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        let marked = self.ticks.iter().map(|(place, _)| *place);
        // Nothing is marked between the marked values.
        let bold = !hint.weight().allow_light_points();
        marked.filter(|_| bold).collect()
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for Scale {
    fn format_ext(&self, place: &f64) -> String {
        let tick = self.ticks.iter().find(|(tick, _)| tick == place);
        tick.map_or(String::new(), |(_, label)| label.clone())
    }
}

/// The length of a tick in CSS pixels.
pub(super) const TICK: i32 = 4;
/// The size of marked values in CSS pixels an em.
pub(super) const TICK_TEXT: f64 = 11.5;

/// The range of what is drawn: never empty.
fn around(places: impl Iterator<Item = f64>, pad: f64, log: bool) -> (f64, f64) {
    let ends = places.fold(None, |ends: Option<(f64, f64)>, place| {
        let (low, high) = ends.unwrap_or((place, place));
        Some((low.min(place), high.max(place)))
    });
    let (low, high) = ends.unwrap_or((0.0, 1.0));
    let free = match high - low {
        0.0 if log => 0.5,
        0.0 if low == 0.0 => 0.5,
        0.0 => low.abs() * 0.1,
        length => length * pad,
    };
    let floor = if low >= 0.0 && !log { 0.0 } else { f64::MIN };
    ((low - free).max(floor), high + free)
}

/// Powers of ten, with 2 and 5 between where there is room for them.
fn log_ticks(low: f64, high: f64, steps: usize) -> Vec<(f64, String)> {
    let within = |place: &f64| (low - 1e-9..=high + 1e-9).contains(place);
    let powers = low.floor() as i32..=high.ceil() as i32;
    let places = |factors: &[f64]| -> Vec<f64> {
        let all = powers.clone().flat_map(|power| {
            let places = factors
                .iter()
                .map(|factor| f64::from(power) + factor.log10());
            places.collect::<Vec<f64>>()
        });
        all.filter(within).collect()
    };
    let fine = places(&[1.0, 2.0, 5.0]);
    let chosen = if fine.len() <= steps + 2 {
        fine
    } else {
        places(&[1.0])
    };
    let every = chosen.len().div_ceil(steps + 2).max(1);
    let labelled = chosen.into_iter().step_by(every).map(|place| {
        // Rounded, so that 10^log10(5) is written as 5.
        let value: f64 = format!("{:.3e}", 10_f64.powf(place)).parse().unwrap_or(0.0);
        let plain = (1e-4..1e5).contains(&value);
        let label = if plain {
            value.to_string()
        } else {
            format!("{value:e}")
        };
        (place, label.replace('-', "\u{2212}"))
    });
    labelled.collect()
}
