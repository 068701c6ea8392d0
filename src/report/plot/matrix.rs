//! Tables of counts as shaded cells.

use super::canvas::{Area, FontScale, MARGIN, Svg, fitted, measured, printable};
use super::error::PlotError;
use super::style::{PX, Paint, TEXT};
use plotters::element::{PathElement, Rectangle, Text};
use plotters::style::FontTransform;
use plotters::style::text_anchor::{HPos, VPos};

/// A confusion matrix: each cell shows its count and is shaded by its share of the row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matrix {
    /// What the plot shows, for those who do not see it.
    pub label: String,
    /// What the rows are.
    pub row_title: String,
    /// What the columns are.
    pub column_title: String,
    /// From top to bottom.
    pub rows: Vec<String>,
    /// From left to right.
    pub columns: Vec<String>,
    /// Shape \[rows, columns\].
    pub counts: Vec<u64>,
    pub font_scale: FontScale,
}

/// The most rows or columns.
const LIMIT: usize = 60;
/// Numbers smaller than this, in CSS pixels an em, are left out.
const SMALLEST: f64 = 5.0;
/// From this share of the row on, text is as light as the page.
const STRONG: f64 = 0.612;

/// Where cells stand, in drawing units.
struct Grid {
    left: i32,
    top: i32,
    width: i32,
    height: i32,
}

impl Matrix {
    /// Draws the plot. Numbers that would be too small to read are left out.
    ///
    /// # Errors
    /// When the counts do not fill the matrix or it has more than 60 rows or columns.
    pub fn svg(&self) -> Result<Svg, PlotError> {
        self.check()?;
        let size = f64::from(TEXT);
        let whole = self.font_scale.width();
        let third = whole * PX / 3;
        let widths = self.rows.iter().map(|row| measured(&printable(row), size));
        let labels = widths.max().unwrap_or(0).min(third);
        let left = (2 * MARGIN + TEXT + 8) * PX + labels;
        let inside = whole * PX - left - MARGIN * PX;
        let width = inside / self.columns.len().max(1) as i32;
        let grid = Grid {
            left,
            top: MARGIN * PX,
            width,
            height: width.clamp(12 * PX, 34 * PX),
        };
        let bottom = grid.top + grid.height * self.rows.len().max(1) as i32;
        let height = bottom / PX + 2 * TEXT + 20;
        Svg::draw(&self.label, (whole, height), |area| {
            self.cells(area, &grid)?;
            grid.draw(area, self.rows.len() as i32, self.columns.len() as i32)?;
            for (index, row) in self.rows.iter().enumerate() {
                let at = (left - 6 * PX, grid.middle(index, 0).1);
                let style = Paint::Ink.text(size, HPos::Right, VPos::Center);
                area.draw(&Text::new(fitted(row, size, labels), at, style))?;
            }
            let small = fitting_size(self.columns.iter().cloned(), width).max(9.0);
            for (index, column) in self.columns.iter().enumerate() {
                let at = (grid.middle(0, index).0, bottom + 12 * PX);
                let style = Paint::Ink.text(small, HPos::Center, VPos::Center);
                area.draw(&Text::new(fitted(column, small, width), at, style))?;
            }
            let style = Paint::Ink.text(size, HPos::Center, VPos::Center);
            let at = (left + inside / 2, bottom + 30 * PX);
            let title = fitted(&self.column_title, size, inside);
            area.draw(&Text::new(title, at, style.clone()))?;
            let at = ((MARGIN + TEXT / 2) * PX, (grid.top + bottom) / 2);
            let title = fitted(&self.row_title, size, bottom);
            let up = style.transform(FontTransform::Rotate270);
            Ok(area.draw(&Text::new(title, at, up))?)
        })
    }

    fn cells(&self, area: &Area, grid: &Grid) -> Result<(), PlotError> {
        let columns = self.columns.len().max(1);
        let numbers = self.counts.iter().map(u64::to_string);
        let size = fitting_size(numbers, grid.width - 4 * PX);
        for (row, counts) in self.counts.chunks(columns).enumerate() {
            let all: f64 = counts.iter().map(|&count| count as f64).sum();
            for (column, &count) in counts.iter().enumerate() {
                let share = if count > 0 { count as f64 / all } else { 0.0 };
                // Three digits are all that the eye tells.
                let shade = Paint::Shade.fill((share * 1e3).round() / 1e3);
                let (x, y) = grid.middle(row, column);
                let (half_x, half_y) = (grid.width / 2, grid.height / 2);
                let corners = [(x - half_x, y - half_y), (x + half_x, y + half_y)];
                area.draw(&Rectangle::new(corners, shade))?;
                if size >= SMALLEST {
                    let low = share < STRONG;
                    let paint = if low { Paint::OnLow } else { Paint::OnHigh };
                    let style = paint.text(size, HPos::Center, VPos::Center);
                    area.draw(&Text::new(count.to_string(), (x, y), style))?;
                }
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<(), PlotError> {
        for (what, found) in [("rows", self.rows.len()), ("columns", self.columns.len())] {
            if found > LIMIT {
                let limit = LIMIT;
                return Err(PlotError::TooMany { what, found, limit });
            }
        }
        let (found, expected) = (self.counts.len(), self.rows.len() * self.columns.len());
        if found == expected {
            return Ok(());
        }
        let what = "the matrix".into();
        Err(PlotError::Length {
            what,
            found,
            expected,
        })
    }
}

/// The largest size, up to that of all text, at which every text fits `width` drawing units.
fn fitting_size(texts: impl Iterator<Item = String>, width: i32) -> f64 {
    let size = f64::from(TEXT);
    let widest = texts.map(|text| measured(&printable(&text), size)).max();
    let share = f64::from(width) / f64::from(widest.unwrap_or(0).max(1));
    size * share.min(1.0)
}

impl Grid {
    fn middle(&self, row: usize, column: usize) -> (i32, i32) {
        let x = self.left + column as i32 * self.width + self.width / 2;
        (x, self.top + row as i32 * self.height + self.height / 2)
    }

    /// Draws the lines between cells.
    fn draw(&self, area: &Area, rows: i32, columns: i32) -> Result<(), PlotError> {
        let (right, bottom) = (
            self.left + columns * self.width,
            self.top + rows * self.height,
        );
        let across = (0..=rows).map(|row| self.top + row * self.height);
        let across = across.map(|y| [(self.left, y), (right, y)]);
        let down = (0..=columns).map(|column| self.left + column * self.width);
        let down = down.map(|x| [(x, self.top), (x, bottom)]);
        for ends in across.chain(down) {
            area.draw(&PathElement::new(ends, Paint::Grid.line(10)))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use roxmltree::Document;

    fn matrix(rows: usize, columns: usize) -> Matrix {
        let names = |count: usize| (0..count).map(|n| format!("<{n}>")).collect();
        Matrix {
            row_title: "shown & known".into(),
            rows: names(rows),
            columns: names(columns),
            counts: (0..rows * columns).map(|n| n as u64 * 17).collect(),
            ..Matrix::default()
        }
    }

    #[test]
    fn every_count_and_name_is_written() {
        let svg = matrix(3, 4).svg().unwrap();
        let document = Document::parse(svg.as_str()).unwrap();
        let texts = document.descendants().filter_map(|node| node.text());
        let texts: Vec<_> = texts.map(str::trim).collect();
        for text in ["0", "17", "187", "<2>", "<3>", "shown & known"] {
            assert!(texts.contains(&text), "{text}: {texts:?}");
        }
    }

    #[test]
    fn any_shape_is_drawn_up_to_the_limit() {
        for (rows, columns) in [(0, 0), (0, 3), (3, 0), (1, 1), (60, 60)] {
            let svg = matrix(rows, columns).svg().unwrap();
            Document::parse(svg.as_str()).unwrap();
        }
        let huge = Matrix {
            counts: vec![0, u64::MAX, u64::MAX, 0],
            ..matrix(2, 2)
        };
        assert!(huge.svg().is_ok());
        let error = matrix(61, 1).svg().unwrap_err().to_string();
        assert!(error.contains("61") && error.contains("60"), "{error}");
        let short = Matrix {
            counts: vec![1],
            ..matrix(2, 2)
        };
        assert!(matches!(short.svg(), Err(PlotError::Length { .. })));
    }

    /// The luminance of a colour as WCAG defines it.
    fn luminance(color: [f64; 3]) -> f64 {
        let linear = color.map(|share| match share {
            ..=0.04045 => share / 12.92,
            _ => ((share + 0.055) / 1.055).powf(2.4),
        });
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    }

    #[test]
    fn numbers_are_readable_on_every_shade_of_both_themes() {
        let style = include_str!("../page/style.css");
        let values = |name: &str| -> Vec<[f64; 3]> {
            let name = format!("--{name}: #");
            let after = style.split(&name).skip(1);
            let channel = |hex: &str, at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
            let color = |hex: &str| [0, 2, 4].map(|at| f64::from(channel(hex, at)) / 255.0);
            after.map(color).collect()
        };
        let [paper, shade, low, high] = ["paper", "shade", "on-low", "on-high"].map(values);
        assert!(paper.len() >= 2, "a light and a dark theme");
        for theme in 0..paper.len() {
            for percent in 0..=100 {
                let share = f64::from(percent) / 100.0;
                let under =
                    [0, 1, 2].map(|c| paper[theme][c] * (1.0 - share) + shade[theme][c] * share);
                let text = if share < STRONG {
                    low[theme]
                } else {
                    high[theme]
                };
                let (a, b) = (luminance(text) + 0.05, luminance(under) + 0.05);
                let contrast = a.max(b) / a.min(b);
                assert!(contrast >= 4.5, "theme {theme}, {percent} %: {contrast}");
            }
        }
    }
}
