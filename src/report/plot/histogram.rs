//! Counts in bins.

use super::axis::{Axis, Scale};
use super::canvas::{FontScale, HEIGHT, Key, Legend, MARGIN, Svg};
use super::chart::axes;
use super::error::{PlotError, drawable};
use super::overlap::told_apart;
use super::style::PX;
use plotters::element::{PathElement, Polygon};

/// Histograms over the same bins, one laid over the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// What the plot shows, for those who do not see it.
    pub label: String,
    /// The binned quantity with its unit.
    pub x_title: String,
    /// What is counted.
    pub y_title: String,
    /// The ends of the bins, rising: one more than bins.
    pub edges: Vec<f64>,
    /// In the order of the legend.
    pub series: Vec<Counts>,
    /// Makes counts logarithmic; empty bins lie on the axis, at one half.
    pub log_y: bool,
    pub font_scale: FontScale,
}

/// One histogram.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Stands in the legend unless empty.
    pub name: String,
    /// One a bin.
    pub counts: Vec<u64>,
}

/// The lower end of a logarithmic axis.
const NONE: f64 = 0.5;

impl Histogram {
    /// Draws the plot.
    ///
    /// # Errors
    /// When the edges do not rise or a series has not one count a bin.
    pub fn svg(&self) -> Result<Svg, PlotError> {
        self.check()?;
        let counts = self.series.iter().flat_map(|series| &series.counts);
        let most = counts.copied().max().unwrap_or(0).max(1) as f64;
        let (low, high) = match self.log_y {
            true => (NONE, most * 2.0),
            false => (0.0, most * 1.05),
        };
        let x = Axis {
            title: self.x_title.clone(),
            ..Axis::default()
        };
        let font = self.font_scale;
        let x = Scale::new(&x, self.edges.iter().copied(), 0.0, font.steps(6))?;
        let y = Axis {
            title: self.y_title.clone(),
            range: Some((low, high)),
            log: self.log_y,
        };
        let y = Scale::new(&y, [].into_iter(), 0.0, font.steps(5))?;

        let series = self.series.iter();
        let outlines: Vec<_> = series.map(|series| self.outline(series, &y)).collect();
        // Their ends on the axis are those of all.
        let tops: Vec<_> = outlines
            .iter()
            .map(|o| o[1..o.len() - 1].to_vec())
            .collect();
        let paints = told_apart(&tops, (x.length(), y.length()));
        let names = self.series.iter().map(|series| series.name.as_str());
        let width = font.width();
        let legend = Legend::new(Key::Box, width, paints.iter().copied().zip(names));
        let margins = ((legend.height() + MARGIN) * PX, 2 * MARGIN * PX, y.left());
        let height = font.length(HEIGHT) + legend.height();
        Svg::draw(&self.label, (width, height), |area| {
            legend.draw(area)?;
            let mut chart = axes(area, (&x, &y), margins)?;
            // All fills lie below all outlines.
            for (outline, paint) in outlines.iter().zip(&paints) {
                chart.draw_series([Polygon::new(outline.clone(), paint.fill(0.15))])?;
            }
            for (outline, paint) in outlines.into_iter().zip(&paints) {
                chart.draw_series([PathElement::new(outline, paint.line(17))])?;
            }
            Ok(())
        })
    }

    /// The steps of a series from the axis and back to it.
    fn outline(&self, series: &Counts, y: &Scale) -> Vec<(f64, f64)> {
        let height = |count: u64| y.place((count as f64).max(if self.log_y { NONE } else { 0.0 }));
        let bins = self.edges.windows(2).zip(&series.counts);
        let steps =
            bins.flat_map(|(ends, &count)| ends.iter().map(move |&end| (end, height(count))));
        let first = self.edges.first().map(|&edge| (edge, y.low()));
        let last = self.edges.last().map(|&edge| (edge, y.low()));
        first.into_iter().chain(steps).chain(last).collect()
    }

    fn check(&self) -> Result<(), PlotError> {
        for (index, &edge) in self.edges.iter().enumerate() {
            drawable(edge, || format!("edge {index}"))?;
        }
        if self.edges.len() < 2 || !self.edges.is_sorted_by(|a, b| a < b) {
            return Err(PlotError::Edges);
        }
        for series in &self.series {
            let (found, expected) = (series.counts.len(), self.edges.len() - 1);
            if found != expected {
                let what = format!("\"{}\"", series.name);
                return Err(PlotError::Length {
                    what,
                    found,
                    expected,
                });
            }
        }
        Ok(())
    }
}

/// The edges of at most `most` equal bins for whole numbers up to `largest`, each as wide as a
/// whole number and centred on its values: -0.5, 0.5, 1.5, ... when every value has its own.
pub fn whole_bins(largest: u32, most: u32) -> Vec<f64> {
    let values = u64::from(largest) + 1;
    let width = values.div_ceil(u64::from(most.max(1)));
    let bins = values.div_ceil(width);
    (0..=bins).map(|bin| (bin * width) as f64 - 0.5).collect()
}

/// How many values lie in each bin, its lower edge included; values beyond all bins are left out.
pub fn binned(edges: &[f64], values: impl IntoIterator<Item = f64>) -> Vec<u64> {
    let mut counts = vec![0; edges.len().saturating_sub(1)];
    for value in values {
        let bin = edges.partition_point(|&edge| edge <= value);
        if let Some(count) = bin.checked_sub(1).and_then(|bin| counts.get_mut(bin)) {
            *count += 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use roxmltree::Document;

    fn histogram(counts: Vec<u64>) -> Histogram {
        Histogram {
            x_title: "spikes <n>".into(),
            edges: whole_bins(counts.len() as u32 - 1, 100),
            series: vec![Counts {
                name: "noise & blur".into(),
                counts,
            }],
            ..Histogram::default()
        }
    }

    #[test]
    fn whole_numbers_have_bins_of_whole_widths() {
        assert_eq!(whole_bins(2, 10), [-0.5, 0.5, 1.5, 2.5]);
        assert_eq!(whole_bins(9, 4), [-0.5, 2.5, 5.5, 8.5, 11.5]);
        assert_eq!(whole_bins(u32::MAX, 1).len(), 2);
        let values = [0.0, 2.0, 3.0, 11.0, 12.0, -1.0, f64::NAN];
        assert_eq!(binned(&whole_bins(9, 4), values), [2, 1, 0, 1]);
        assert!(binned(&[], [1.0]).is_empty());
    }

    #[test]
    fn counts_of_any_size_are_drawn() {
        for counts in [vec![0], vec![7; 4], vec![0, u64::MAX, 3]] {
            for log_y in [false, true] {
                let mut plot = histogram(counts.clone());
                plot.log_y = log_y;
                let svg = plot.svg().unwrap();
                let document = Document::parse(svg.as_str()).unwrap();
                let mut texts = document.descendants().filter_map(|node| node.text());
                assert!(texts.any(|text| text.trim() == "noise & blur"));
            }
        }
    }

    #[test]
    fn bins_without_counts_and_edges_that_fall_are_refused() {
        let mut plot = histogram(vec![1, 2]);
        plot.series[0].counts.pop();
        let message = plot.svg().unwrap_err().to_string();
        assert!(message.contains("1 entries, not 2"), "{message}");
        for edges in [vec![], vec![0.0], vec![0.0, 1.0, 1.0]] {
            plot.edges = edges;
            assert!(matches!(plot.svg(), Err(PlotError::Edges)));
        }
        plot.edges = vec![0.0, f64::NAN];
        assert!(matches!(plot.svg(), Err(PlotError::Value { .. })));
    }
}
