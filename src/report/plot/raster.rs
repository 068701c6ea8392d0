//! Spikes over time.

use super::axis::{Axis, Scale};
use super::canvas::{Area, FontScale, MARGIN, Svg, fitted, measured};
use super::chart::axes;
use super::error::{PlotError, drawable};
use super::style::{PX, Paint};
use plotters::element::{EmptyElement, PathElement, Rectangle, Text};
use plotters::style::text_anchor::{HPos, VPos};
use std::ops::Range;

/// The spikes of one presentation, in panels over a common time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Raster {
    /// What the plot shows, for those who do not see it.
    pub label: String,
    /// The length of the presentation.
    pub duration_ms: f64,
    /// From top to bottom.
    pub panels: Vec<Panel>,
    /// Below them, from top to bottom.
    pub traces: Vec<Trace>,
    pub font_scale: FontScale,
}

/// A quantity over the time of a [`Raster`], such as a membrane potential.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// What it is, with its unit.
    pub title: String,
    /// Time in ms and value.
    pub points: Vec<(f64, f64)>,
    /// What it is compared with, a dashed line; may be empty.
    pub reference: Vec<(f64, f64)>,
}

/// Neurons, or inputs, and their spikes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Panel {
    /// What the rows are.
    pub title: String,
    /// How many rows there are; row 0 is at the bottom.
    pub rows: u32,
    /// Time in ms and row of each spike.
    pub spikes: Vec<(f64, u32)>,
    /// Rows that belong together.
    pub bands: Vec<Band>,
}

/// Rows that belong together, such as the neurons of one class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Band {
    /// Stands to the right.
    pub name: String,
    pub rows: Range<u32>,
}

/// Of a panel in CSS pixels, axis excluded.
const HEIGHT: i32 = 220;
const GAP: i32 = 14;
/// The size of bands' names in CSS pixels an em.
const NAME: f64 = 11.0;
/// The most spikes of all panels of a raster: each takes about 75 bytes of the page.
pub const MOST_SPIKES: usize = 50_000;

impl Raster {
    /// Draws the plot.
    ///
    /// # Errors
    /// When a time is not a number, a spike lies in no row or there are more than 50 000 spikes.
    pub fn svg(&self) -> Result<Svg, PlotError> {
        self.check()?;
        let count = self.panels.len() + self.traces.len();
        let last = count.saturating_sub(1);
        let time = |title: &str| {
            let axis = Axis {
                title: title.into(),
                range: (self.duration_ms > 0.0).then_some((0.0, self.duration_ms)),
                log: false,
            };
            Scale::new(&axis, [].into_iter(), 0.0, self.font_scale.steps(6))
        };
        let (plain, titled) = (time("")?, time("time, ms")?);
        let rows = self
            .panels
            .iter()
            .map(|panel| Scale::of_rows(&panel.title, panel.rows));
        let values = self.traces.iter().map(Trace::scale);
        let rows: Vec<_> = rows
            .map(Ok)
            .chain(values)
            .collect::<Result<_, PlotError>>()?;
        let left = rows.iter().map(Scale::left).max().unwrap_or(0);
        let bands = self.panels.iter().flat_map(|panel| &panel.bands);
        let names = bands.map(|band| measured(&band.name, NAME)).max();
        let right = names.unwrap_or(0).min(90 * PX) + 2 * MARGIN * PX;

        let times: Vec<_> = (0..=last)
            .map(|index| if index == last { &titled } else { &plain })
            .collect();
        let heights: Vec<_> = times
            .iter()
            .map(|time| self.font_scale.length(HEIGHT) + GAP + time.below())
            .collect();
        let size = (self.font_scale.width(), heights.iter().sum());
        Svg::draw(&self.label, size, |area| {
            let mut rest = area.clone();
            for index in 0..count {
                let (own, below) = rest.split_vertically(heights[index] * PX);
                let (scales, margins) = ((times[index], &rows[index]), (GAP * PX, right, left));
                match self.panels.get(index) {
                    Some(panel) => panel.draw(&own, scales, margins)?,
                    None => self.traces[index - self.panels.len()].draw(&own, scales, margins)?,
                }
                rest = below;
            }
            Ok(())
        })
    }

    fn check(&self) -> Result<(), PlotError> {
        drawable(self.duration_ms, || "the duration".into())?;
        let found = self.panels.iter().map(|panel| panel.spikes.len()).sum();
        if found > MOST_SPIKES {
            return Err(PlotError::TooMany {
                what: "spikes",
                found,
                limit: MOST_SPIKES,
            });
        }
        self.panels.iter().try_for_each(Panel::check)?;
        self.traces.iter().try_for_each(Trace::check)
    }
}

impl Trace {
    fn all(&self) -> impl Iterator<Item = &(f64, f64)> {
        self.points.iter().chain(&self.reference)
    }

    fn scale(&self) -> Result<Scale, PlotError> {
        let axis = Axis {
            title: self.title.clone(),
            ..Axis::default()
        };
        Scale::new(&axis, self.all().map(|point| point.1), 0.05, 4)
    }

    fn draw(
        &self,
        area: &Area,
        scales: (&Scale, &Scale),
        margins: (i32, i32, i32),
    ) -> Result<(), PlotError> {
        let mut chart = axes(area, scales, margins)?;
        let reference = PathElement::new(self.reference.clone(), Paint::Reference.line(12));
        chart.draw_series([reference])?;
        let points = PathElement::new(self.points.clone(), Paint::Series(0).line(15));
        chart.draw_series([points])?;
        Ok(())
    }

    fn check(&self) -> Result<(), PlotError> {
        for &(time, value) in self.all() {
            drawable(time, || format!("a time of \"{}\"", self.title))?;
            drawable(value, || format!("a value of \"{}\"", self.title))?;
        }
        Ok(())
    }
}

impl Panel {
    fn draw(
        &self,
        area: &Area,
        (time, rows): (&Scale, &Scale),
        margins: (i32, i32, i32),
    ) -> Result<(), PlotError> {
        let mut chart = axes(area, (time, rows), margins)?;
        let (_, height) = chart.plotting_area().dim_in_pixel();
        let height = f64::from(height) / f64::from(self.rows.max(1));
        let mut named = f64::INFINITY;
        for (index, band) in self.bands.iter().enumerate() {
            let low = f64::from(band.rows.start) - 0.5;
            let high = f64::from(band.rows.end) - 0.5;
            if index % 2 == 0 {
                let corners = [(time.low(), low), (time.high(), high)];
                chart.draw_series([Rectangle::new(corners, Paint::Grid.fill(0.5))])?;
            }
            // A name that would touch the one before is left out.
            let middle = (low + high) / 2.0;
            if (middle - named).abs() * height >= NAME * f64::from(PX) || index == 0 {
                let name = fitted(&band.name, NAME, margins.1 - MARGIN * PX);
                let style = Paint::Ink.text(NAME, HPos::Left, VPos::Center);
                let text = Text::new(name, (MARGIN * PX, 0), style);
                chart.draw_series([EmptyElement::at((time.high(), middle)) + text])?;
                named = middle;
            }
        }
        let half = (height * 0.4).clamp(f64::from(PX), f64::from(4 * PX)) as i32;
        let spikes = self.spikes.iter().map(|&(at, row)| {
            let mark = Rectangle::new([(-6, -half), (6, half)], Paint::Series(0).fill(1.0));
            EmptyElement::at((at, f64::from(row))) + mark
        });
        chart.draw_series(spikes)?;
        Ok(())
    }

    fn check(&self) -> Result<(), PlotError> {
        for (index, &(time, row)) in self.spikes.iter().enumerate() {
            drawable(time, || {
                format!("the time of spike {index} of \"{}\"", self.title)
            })?;
            if row >= self.rows {
                return Err(PlotError::Row {
                    panel: self.title.clone(),
                    row,
                    rows: self.rows,
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use roxmltree::Document;

    fn raster(spikes: Vec<(f64, u32)>) -> Raster {
        let panel = Panel {
            title: "neuron <E>".into(),
            rows: 6,
            spikes,
            bands: vec![Band {
                name: "class & 3".into(),
                rows: 0..3,
            }],
        };
        Raster {
            label: "spikes".into(),
            duration_ms: 350.0,
            panels: vec![panel.clone(), panel],
            traces: Vec::new(),
            font_scale: FontScale::default(),
        }
    }

    #[test]
    fn traces_stand_below_the_spikes() {
        let mut raster = raster(vec![(12.5, 5)]);
        let without = raster.svg().unwrap();
        raster.traces = vec![Trace {
            title: "potential, mV".into(),
            points: vec![(0.0, -80.0), (175.0, -52.0), (350.0, -65.0)],
            reference: vec![(0.0, -52.0), (350.0, -49.0)],
        }];
        let with = raster.svg().unwrap();
        assert!(with.as_str().contains("potential, mV") && !without.as_str().contains("potential"));
        let lines = |svg: &Svg| svg.as_str().matches("<polyline").count();
        assert!(lines(&with) >= lines(&without) + 2);
        raster.traces[0].points[1].1 = f64::NAN;
        assert!(raster.svg().unwrap_err().to_string().contains("potential"));
    }

    #[test]
    fn each_spike_is_one_mark_and_groups_have_names() {
        let marks = |raster: &Raster| {
            let svg = raster.svg().unwrap();
            let document = Document::parse(svg.as_str()).unwrap();
            let texts = document.descendants().filter_map(|node| node.text());
            let texts: Vec<_> = texts.map(str::trim).collect();
            assert!(texts.contains(&"class & 3") && texts.contains(&"neuron <E>"));
            assert!(texts.contains(&"time, ms"));
            document
                .descendants()
                .filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "rect")))
                .count()
        };
        let none = marks(&raster(vec![]));
        let some = raster(vec![(0.0, 0), (12.5, 5), (350.0, 2)]);
        assert_eq!(marks(&some), none + 2 * 3);
    }

    #[test]
    fn spikes_without_a_place_are_refused() {
        let refusal = |spike| raster(vec![spike]).svg().unwrap_err().to_string();
        assert!(refusal((0.0, 6)).contains("row 6"));
        assert!(refusal((f64::NAN, 0)).contains("NaN"));
        assert!(refusal((f64::INFINITY, 0)).contains("inf"));
        let many = raster(vec![(0.0, 0); 25_001]);
        assert!(matches!(many.svg(), Err(PlotError::TooMany { .. })));
    }

    #[test]
    fn nothing_is_drawn_as_nothing() {
        assert!(Raster::default().svg().is_ok());
        let mut raster = raster(vec![]);
        raster.panels[0].rows = 0;
        raster.duration_ms = 0.0;
        assert!(raster.svg().is_ok());
    }
}
