//! The drawing area of a plot and the legend above it.

use super::PlotError;
use super::style::{PX, Paint, TEXT, themed};
use crate::report::text::Typeface;
use minijinja::HtmlEscape;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{PathElement, Rectangle, Text};
use plotters::prelude::SVGBackend;
use plotters::style::text_anchor::{HPos, VPos};
use std::fmt;
use std::str::FromStr;

pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// The width of a plot with plain text in CSS pixels: near that of a telephone, so that text is never
/// scaled far down.
const WIDTH: i32 = 380;
/// The height of a plot that is not square, in CSS pixels, axes included and the legend not.
pub(super) const HEIGHT: i32 = 270;
/// Free space around a plot, in CSS pixels.
pub(super) const MARGIN: i32 = 8;

/// How large text is beside what is drawn: 1 for a page, more for a projector or a small print.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FontScale(f64);

impl FontScale {
    /// None beyond 0.5 to 2, where a plot cannot be read.
    pub fn new(factor: f64) -> Option<Self> {
        (0.5..=2.0).contains(&factor).then_some(Self(factor))
    }

    pub fn factor(self) -> f64 {
        self.0
    }

    /// A length beside text of its plain size. The whole plot is scaled to its place, so that text grows as all else
    /// shrinks.
    pub(super) fn length(self, plain: i32) -> i32 {
        (f64::from(plain) / self.0).round() as i32
    }

    /// The width of a plot in CSS pixels.
    pub(super) fn width(self) -> i32 {
        self.length(WIDTH)
    }

    /// How many steps an axis has room for that has `plain` beside plain text.
    pub(super) fn steps(self, plain: usize) -> usize {
        ((plain as f64 / self.0) as usize).max(2)
    }
}

impl Default for FontScale {
    fn default() -> Self {
        Self(1.0)
    }
}

impl fmt::Display for FontScale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for FontScale {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let factor = text.parse().ok().and_then(Self::new);
        factor.ok_or_else(|| "expected a number from 0.5 to 2".into())
    }
}

/// A plot as SVG, to be put inline into a page that defines its colours.
///
/// It scales with the place it is given. All text in it is escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Svg(String);

impl Svg {
    /// Draws a plot of `width` x `height` CSS pixels; `label` tells what it shows to those who
    /// do not see it.
    pub(super) fn draw(
        label: &str,
        (width, height): (i32, i32),
        paint: impl FnOnce(&Area) -> Result<(), PlotError>,
    ) -> Result<Self, PlotError> {
        let (width, height) = (width * PX, height * PX);
        let mut drawn = String::new();
        {
            let size = (width as u32, height as u32);
            let area = SVGBackend::with_string(&mut drawn, size).into_drawing_area();
            paint(&area)?;
            area.present()?;
        }
        let label = printable(label);
        let label = HtmlEscape(&label);
        let open = format!(
            "<svg class=\"plot\" viewBox=\"0 0 {width} {height}\" width=\"100%\" role=\"img\" \
             aria-label=\"{label}\" xmlns=\"http://www.w3.org/2000/svg\">"
        );
        let inside = drawn.split_once('>').map_or("", |(_, inside)| inside);
        Ok(Self(open + &themed(inside)))
    }

    /// The `svg` element.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same as a file of its own, with the colours of a page.
    pub fn to_file(&self) -> String {
        let style = include_str!("../page/style.css");
        self.0
            .replacen('>', &format!("><style>\n{style}</style>"), 1)
    }
}

/// `text` without control characters, which XML forbids.
pub(super) fn printable(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// The width of a line of text in drawing units, `size` being CSS pixels an em.
///
/// Measured in a wide typeface: readers' own are seldom wider.
pub(super) fn measured(text: &str, size: f64) -> i32 {
    let line = size * f64::from(PX) * 1.164;
    Typeface::new().width(text, line as u64) as i32
}

/// `text`, or its beginning with an ellipsis, so that it fits `width` drawing units.
pub(super) fn fitted(text: &str, size: f64, width: i32) -> String {
    let text = printable(text);
    if measured(&text, size) <= width {
        return text;
    }
    let ends = text.char_indices().rev().map(|(end, _)| end);
    let shorter = ends.map(|end| format!("{}\u{2026}", text[..end].trim_end()));
    let mut fitting = shorter.filter(|text| measured(text, size) <= width);
    fitting.next().unwrap_or_default()
}

/// A size at which `text` fits `width` drawing units, `size` or less, and the text as it fits then.
pub(super) fn fitted_smaller(text: &str, size: f64, width: i32) -> (String, f64) {
    let share = f64::from(width) / f64::from(measured(text, size).max(1));
    let size = size * share.clamp(0.6, 1.0);
    (fitted(text, size, width), size)
}

/// A mark before a name.
#[derive(Clone, Copy, Debug)]
pub(super) enum Key {
    Line,
    Box,
}

/// Names of series in rows above a plot.
#[derive(Debug)]
pub(super) struct Legend {
    key: Key,
    /// Left end, row, paint and name of each entry.
    entries: Vec<(i32, i32, Paint, String)>,
    rows: i32,
}

impl Legend {
    const ROW: i32 = 18 * PX;
    const KEY: i32 = 18 * PX;
    const GAP: i32 = 5 * PX;

    /// Lays out all names that are not empty, in a plot so many CSS pixels wide.
    pub(super) fn new<'n>(
        key: Key,
        width: i32,
        names: impl Iterator<Item = (Paint, &'n str)>,
    ) -> Self {
        let size = f64::from(TEXT);
        let right = (width - MARGIN) * PX;
        let (mut x, mut row) = (MARGIN * PX, 0);
        let mut entries = Vec::new();
        for (paint, name) in names.filter(|(_, name)| !name.is_empty()) {
            let name = fitted(name, size, right - MARGIN * PX - Self::KEY - Self::GAP);
            let width = Self::KEY + Self::GAP + measured(&name, size);
            if x + width > right && x > MARGIN * PX {
                (x, row) = (MARGIN * PX, row + 1);
            }
            entries.push((x, row, paint, name));
            x += width + 3 * Self::GAP;
        }
        let rows = if entries.is_empty() { 0 } else { row + 1 };
        Self { key, entries, rows }
    }

    /// In CSS pixels, with the space below.
    pub(super) fn height(&self) -> i32 {
        self.rows * Self::ROW / PX + if self.rows > 0 { 10 } else { 0 }
    }

    pub(super) fn draw(&self, area: &Area) -> Result<(), PlotError> {
        for (x, row, paint, name) in &self.entries {
            let middle = MARGIN * PX + row * Self::ROW + Self::ROW / 2;
            match self.key {
                Key::Line => {
                    let ends = vec![(*x, middle), (x + Self::KEY, middle)];
                    area.draw(&PathElement::new(ends, paint.line(25)))?;
                }
                Key::Box => {
                    let half = 5 * PX;
                    let corners = [(x + 2 * PX, middle - half), (x + 16 * PX, middle + half)];
                    area.draw(&Rectangle::new(corners, paint.fill(0.3)))?;
                    let [(left, top), (right, bottom)] = corners;
                    let around = [
                        (left, top),
                        (right, top),
                        (right, bottom),
                        (left, bottom),
                        (left, top),
                    ];
                    area.draw(&PathElement::new(around, paint.line(15)))?;
                }
            }
            let at = (x + Self::KEY + Self::GAP, middle);
            let style = Paint::Ink.text(f64::from(TEXT), HPos::Left, VPos::Center);
            area.draw(&Text::new(name.clone(), at, style))?;
        }
        Ok(())
    }
}
