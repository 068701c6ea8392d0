//! The axes and the grid of a plot.

use super::PlotError;
use super::axis::{Scale, TICK, TICK_TEXT};
use super::canvas::{Area, MARGIN, fitted_smaller};
use super::style::{PX, Paint, TEXT};
use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::cartesian::Cartesian2d;
use plotters::prelude::SVGBackend;
use plotters::style::text_anchor::{HPos, VPos};

/// What letters such as g need below the title of the x axis, in drawing units.
const DESCENDER: i32 = 4 * PX;

pub(super) type Chart<'a> = ChartContext<'a, SVGBackend<'a>, Cartesian2d<Scale, Scale>>;

/// Draws the axes of a plot within `area`, whose upper and right margins are `top` and `right`;
/// `left` is the space for the y axis, all three in drawing units.
pub(super) fn axes<'a>(
    area: &Area<'a>,
    (x, y): (&Scale, &Scale),
    (top, right, left): (i32, i32, i32),
) -> Result<Chart<'a>, PlotError> {
    let below = x.below() * PX;
    let mut chart = ChartBuilder::on(area)
        .margin_top(top)
        .margin_right(right)
        .margin_left(MARGIN * PX)
        .margin_bottom(DESCENDER)
        .x_label_area_size(below - DESCENDER)
        .y_label_area_size(left)
        .build_cartesian_2d(x.clone(), y.clone())?;
    let (width, height) = area.dim_in_pixel();
    let (width, height) = (width as i32 - left - right, height as i32 - top - below);
    let (across, x_size) = fitted_smaller(&x.title, f64::from(TEXT), width);
    let (up, y_size) = fitted_smaller(&y.title, f64::from(TEXT), height);
    let title = Paint::Ink.text(x_size.min(y_size), HPos::Center, VPos::Center);
    chart
        .configure_mesh()
        .disable_x_mesh()
        .bold_line_style(Paint::Grid.line(10))
        .light_line_style(Paint::Grid.line(10))
        .axis_style(Paint::Muted.line(10))
        .label_style(Paint::Ink.text(TICK_TEXT, HPos::Center, VPos::Center))
        .axis_desc_style(title)
        .set_all_tick_mark_size(TICK * PX)
        .x_desc(across)
        .y_desc(up)
        .draw()?;
    Ok(chart)
}
