//! Lines through points, with bands around them.

use super::axis::{Axis, Scale};
use super::canvas::{FontScale, HEIGHT, Key, Legend, MARGIN, Svg};
use super::chart::axes;
use super::error::PlotError;
use super::overlap::told_apart;
use super::style::{PX, Paint, TEXT};
use plotters::element::{Circle, PathElement, Polygon, Text};
use plotters::style::text_anchor::{HPos, VPos};

/// Curves over a common axis: accuracies while learning, ROC curves, distributions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lines {
    /// What the plot shows, for those who do not see it.
    pub label: String,
    pub x: Axis,
    pub y: Axis,
    /// In the order of the legend. Curves that run where one before them runs are dashed, so that both show.
    pub series: Vec<Series>,
    /// Makes the plot square and adds the dashed line y = x, as for ROC curves. There is no such
    /// line where only one axis is logarithmic.
    pub diagonal: bool,
    pub font_scale: FontScale,
}

/// One curve.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// Stands in the legend unless empty.
    pub name: String,
    /// In the order in which they are joined. Up to 20 are marked by dots as well.
    pub points: Vec<(f64, f64)>,
    /// Low and high y at each point, such as a 95 % interval; empty when there are none.
    pub band: Vec<(f64, f64)>,
}

/// Up to so many points are marked one by one.
const MARKED: usize = 20;

impl Lines {
    /// Draws the plot.
    ///
    /// # Errors
    /// When a value is NaN or infinite, is not positive on a logarithmic axis, a range is empty or
    /// a band has not one entry a point.
    pub fn svg(&self) -> Result<Svg, PlotError> {
        self.check()?;
        let points = || self.series.iter().flat_map(|series| &series.points);
        let bands = self.series.iter().flat_map(|series| &series.band);
        let ys = points()
            .map(|point| point.1)
            .chain(bands.flat_map(|&(low, high)| [low, high]));
        let (font, xs) = (self.font_scale, points().map(|point| point.0));
        let x = Scale::new(&self.x, xs, 0.0, font.steps(6))?;
        let y = Scale::new(&self.y, ys, 0.05, font.steps(5))?;

        let place = |&(at, value): &(f64, f64)| (x.place(at), y.place(value));
        let curves = self.series.iter();
        let curves: Vec<Vec<_>> = curves
            .map(|series| series.points.iter().map(place).collect())
            .collect();
        let paints = told_apart(&curves, (x.length(), y.length()));
        let names = self.series.iter().map(|series| series.name.as_str());
        let width = font.width();
        let legend = Legend::new(Key::Line, width, paints.iter().copied().zip(names));
        let (left, right, top) = (y.left(), 2 * MARGIN * PX, legend.height() + MARGIN);
        let height = if self.diagonal {
            let side = width - MARGIN - (left + right) / PX;
            top + side + x.below()
        } else {
            font.length(HEIGHT) + legend.height()
        };
        Svg::draw(&self.label, (width, height), |area| {
            legend.draw(area)?;
            let mut chart = axes(area, (&x, &y), (top * PX, right, left))?;
            let low = x.low().max(y.low());
            let high = x.high().min(y.high());
            if self.diagonal && self.x.log == self.y.log && low < high {
                let ends = vec![(low, low), (high, high)];
                let line = PathElement::new(ends, Paint::Reference.line(12));
                chart.draw_series([line])?;
            }
            if points().next().is_none() {
                let middle = ((x.low() + x.high()) / 2.0, (y.low() + y.high()) / 2.0);
                let style = Paint::Muted.text(f64::from(TEXT), HPos::Center, VPos::Center);
                chart.draw_series([Text::new("no data", middle, style)])?;
            }
            for ((series, points), &paint) in self.series.iter().zip(curves).zip(&paints) {
                let at = |index: usize| series.points[index].0;
                let low = series.band.iter().enumerate();
                let high = low.clone().rev().map(|(i, band)| place(&(at(i), band.1)));
                let outline = low.map(|(i, band)| place(&(at(i), band.0))).chain(high);
                let outline: Vec<_> = outline.collect();
                if outline.len() > 2 {
                    chart.draw_series([Polygon::new(outline, paint.fill(0.18))])?;
                }
                if points.len() <= MARKED {
                    let dot = |&point| Circle::new(point, paint.dot(), paint.fill(1.0));
                    chart.draw_series(points.iter().map(dot))?;
                }
                chart.draw_series([PathElement::new(points, paint.line(20))])?;
            }
            Ok(())
        })
    }

    fn check(&self) -> Result<(), PlotError> {
        for series in &self.series {
            let (found, expected) = (series.band.len(), series.points.len());
            if found > 0 && found != expected {
                return Err(PlotError::Length {
                    what: format!("the band of \"{}\"", series.name),
                    found,
                    expected,
                });
            }
            let place = |what: &str, index| format!("{what} {index} of \"{}\"", series.name);
            for (index, &(x, y)) in series.points.iter().enumerate() {
                self.x.check(x, || place("x", index))?;
                self.y.check(y, || place("y", index))?;
            }
            for (index, &(low, high)) in series.band.iter().enumerate() {
                self.y.check(low, || place("low end", index))?;
                self.y.check(high, || place("high end", index))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use roxmltree::Document;

    #[test]
    fn curves_that_coincide_are_told_apart() {
        let mut plot = lines(vec![(0.0, 0.25), (10.0, 0.75)]);
        let dashes = |plot: &Lines| {
            let svg = plot.svg().unwrap();
            let drawn = svg
                .as_str()
                .split('<')
                .filter(|part| part.starts_with("polyline") && part.contains("dasharray"));
            drawn
                .map(|part| part.contains("series-2"))
                .collect::<Vec<_>>()
        };
        assert!(dashes(&plot).is_empty());
        let mut other = plot.series[0].clone();
        other.points[0].1 = 0.45;
        plot.series.push(other);
        assert!(dashes(&plot).is_empty(), "curves apart");
        plot.series[1].points[0].1 = 0.2501;
        // In the plot and in the legend.
        assert_eq!(dashes(&plot), [true, true]);
    }

    #[test]
    fn text_grows_beside_what_is_drawn() {
        let mut plot = lines(vec![(0.0, 0.25), (10.0, 0.75)]);
        plot.x.title = "a long title that would not fit the axis of a small plot".into();
        let width = |plot: &Lines| {
            let svg = plot.svg().unwrap();
            let document = Document::parse(svg.as_str()).unwrap();
            let view = document.root_element().attribute("viewBox").unwrap();
            view.split(' ').nth(2).unwrap().parse::<f64>().unwrap()
        };
        let plain = width(&plot);
        for factor in [0.5, 1.5, 2.0] {
            plot.font_scale = FontScale::new(factor).unwrap();
            assert!(
                (width(&plot) * factor / plain - 1.0).abs() < 0.01,
                "{factor}"
            );
        }
        assert_eq!(FontScale::new(2.1), None);
        assert_eq!(FontScale::new(f64::NAN), None);
    }

    fn lines(points: Vec<(f64, f64)>) -> Lines {
        Lines {
            label: "a < b & \"c\"".into(),
            x: Axis {
                title: "images <1>".into(),
                ..Axis::default()
            },
            series: vec![Series {
                name: "known & \u{1}'new'".into(),
                points,
                band: vec![],
            }],
            ..Lines::default()
        }
    }

    #[test]
    fn text_is_escaped_and_colours_are_the_pages() {
        let svg = lines(vec![(0.0, 0.25), (10.0, 0.75)]).svg().unwrap();
        let document = Document::parse(svg.as_str()).unwrap();
        let root = document.root_element();
        assert_eq!(root.attribute("aria-label"), Some("a < b & \"c\""));
        assert_eq!(root.attribute("role"), Some("img"));
        let texts = document.descendants().filter_map(|node| node.text());
        let texts: Vec<_> = texts.map(str::trim).collect();
        for text in ["images <1>", "known &  'new'", "10", "0.4"] {
            assert!(texts.contains(&text), "{text}: {texts:?}");
        }
        let colours = document.descendants().flat_map(|node| {
            let of = |name| node.attribute(name);
            [of("fill"), of("stroke")]
        });
        for colour in colours.flatten() {
            assert!(colour == "none" || colour.starts_with("var(--"), "{colour}");
        }
    }

    #[test]
    fn any_finite_points_are_drawn() {
        let cases = [
            vec![],
            vec![(1.0, 1.0)],
            vec![(2.0, 0.5); 30],
            vec![(-1e100, 1e100), (1e100, -1e100)],
            vec![(1.0, 1.0), (1.0 + f64::EPSILON, 1.0 + f64::EPSILON)],
        ];
        for points in cases {
            let band = points.iter().map(|&(_, y)| (y, y)).collect();
            let mut plot = lines(points.clone());
            plot.series[0].band = band;
            for (diagonal, log) in [(false, false), (true, false), (true, true)] {
                plot.diagonal = diagonal;
                plot.x.log = log && points.iter().all(|point| point.0 > 0.0);
                let svg = plot.svg().unwrap();
                Document::parse(svg.as_str()).unwrap();
            }
        }
        assert!(Lines::default().svg().is_ok());
    }

    #[test]
    fn a_logarithmic_axis_marks_powers_of_ten() {
        let mut plot = lines(vec![(0.01, 1.0), (100.0, 2.0)]);
        plot.x.log = true;
        let svg = plot.svg().unwrap();
        for tick in ["\n0.1\n", "\n1\n", "\n100\n"] {
            let tick = tick.trim_start();
            assert!(svg.as_str().contains(tick), "{tick}");
        }
    }

    #[test]
    fn what_has_no_place_is_refused_by_name() {
        let refusal = |plot: Lines| plot.svg().unwrap_err().to_string();
        let message = refusal(lines(vec![(0.0, 0.0), (1.0, f64::NAN)]));
        assert!(message.starts_with("y 1 of \"known"), "{message}");
        let mut plot = lines(vec![(0.0, 0.0)]);
        plot.x.log = true;
        assert!(refusal(plot).contains("logarithmic"));
        let mut plot = lines(vec![(0.0, 0.0)]);
        plot.series[0].band = vec![(0.0, 1.0); 2];
        assert!(refusal(plot).contains("2 entries, not 1"));
        let mut plot = lines(vec![]);
        plot.y.range = Some((1.0, 1.0));
        assert!(refusal(plot).contains("1..1"));
    }
}
