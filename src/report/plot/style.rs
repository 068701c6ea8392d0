//! Colours that follow the page's theme, and sizes.

use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, IntoFont, RGBColor, ShapeStyle, TextStyle};

/// Drawing units a CSS pixel. The library places things at whole units.
pub(super) const PX: i32 = 10;
/// The text of all plots, in CSS pixels an em, where a plot is drawn at its own size.
pub(super) const TEXT: i32 = 13;

/// A colour by its role. The page defines each as a CSS property, once a theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paint {
    /// Text.
    Ink,
    /// Axes.
    Muted,
    /// Lines of the grid and bands behind points.
    Grid,
    /// Dashed lines to compare with.
    Reference,
    /// Cells of a matrix, by their opacity.
    Shade,
    /// Text on a cell that is hardly shaded.
    OnLow,
    /// Text on a cell that is strongly shaded.
    OnHigh,
    /// The n-th series; from the ninth on lines are dashed, from the seventeenth all starts anew.
    Series(usize),
    /// A series drawn over so many others that run where it runs: dashed, the more of them the shorter, so that all show.
    Above { series: usize, below: usize },
}

/// How many series have colours of their own.
const COLORS: usize = 8;
/// Lengths of dashes and gaps of one series above others, in drawing units.
const DASHES: [(u32, u32); 3] = [(80, 80), (40, 120), (20, 140)];

impl Paint {
    /// What stands for the colour in what the library draws.
    fn sentinel(self) -> RGBColor {
        let number = match self {
            Self::Ink => 0,
            Self::Muted => 1,
            Self::Grid => 2,
            Self::Reference => 3,
            Self::Shade => 4,
            Self::OnLow => 5,
            Self::OnHigh => 6,
            Self::Series(series) | Self::Above { series, .. } => 16 + (series % (2 * COLORS)) as u8,
        };
        let above = match self {
            Self::Above { below, .. } => below.min(DASHES.len()) as u8,
            _ => 0,
        };
        RGBColor(0xf0, 0x0d + above, number)
    }

    /// The radius of a dot on a curve, in drawing units: those below show around it.
    pub(super) fn dot(self) -> i32 {
        match self {
            Self::Above { below, .. } => (3 * PX - 8 * below as i32).max(PX),
            _ => 3 * PX,
        }
    }

    /// The attribute's value that the sentinel becomes, in its quotes.
    fn themed(self) -> String {
        match self {
            Self::Ink => r#""var(--ink)""#.into(),
            Self::Muted => r#""var(--muted)""#.into(),
            Self::Grid => r#""var(--grid)""#.into(),
            Self::Reference => r#""var(--muted)" stroke-dasharray="50 40""#.into(),
            Self::Shade => r#""var(--shade)""#.into(),
            Self::OnLow => r#""var(--on-low)""#.into(),
            Self::OnHigh => r#""var(--on-high)""#.into(),
            Self::Series(index) => {
                let color = 1 + index % COLORS;
                let dash = match index / COLORS % 2 {
                    0 => "",
                    _ => r#" stroke-dasharray="60 30""#,
                };
                format!(r#""var(--series-{color})"{dash}"#)
            }
            Self::Above { series, below } => {
                let color = 1 + series % COLORS;
                let (dash, gap) = DASHES[below.min(DASHES.len()) - 1];
                format!(r#""var(--series-{color})" stroke-dasharray="{dash} {gap}""#)
            }
        }
    }

    pub(super) fn line(self, tenths: u32) -> ShapeStyle {
        self.sentinel().stroke_width(tenths)
    }

    pub(super) fn fill(self, opacity: f64) -> ShapeStyle {
        self.sentinel().mix(opacity).filled()
    }

    /// Text of `size` CSS pixels an em whose anchor is at `across` and `down`.
    pub(super) fn text(self, size: f64, across: HPos, down: VPos) -> TextStyle<'static> {
        // The library writes sizes divided by this.
        let size = size * f64::from(PX) * 1.24;
        let font = ("sans-serif", size).into_font();
        let mut style = TextStyle::from(font).pos(Pos::new(across, down));
        style.color = self.sentinel().to_backend_color();
        style
    }
}

/// Puts the page's colours in the place of sentinels and drops attributes that say nothing.
///
/// Text holds no plain quotes, so that only attributes are changed.
pub(super) fn themed(svg: &str) -> String {
    use Paint::{Grid, Ink, Muted, OnHigh, OnLow, Reference, Shade};
    let series = (0..2 * COLORS).map(Paint::Series);
    let above = (1..=DASHES.len())
        .flat_map(|below| (0..2 * COLORS).map(move |series| Paint::Above { series, below }));
    let paints = [Ink, Muted, Grid, Reference, Shade, OnLow, OnHigh];
    let plain = svg.replace(r#" opacity="1""#, "");
    let plain = plain.replace(r#" stroke="none""#, "");
    paints
        .into_iter()
        .chain(series)
        .chain(above)
        .fold(plain, |svg, paint| {
            let RGBColor(red, green, blue) = paint.sentinel();
            svg.replace(
                &format!(r##""#{red:02X}{green:02X}{blue:02X}""##),
                &paint.themed(),
            )
        })
}
