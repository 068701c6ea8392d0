//! The colour bar beside the tiles.

use image::RgbImage;

use super::geometry::{INK, Rect};
use super::sheet::Sheet;
use super::text::{Direction, Typeface};
use super::ticks::{labels, round_values};

/// Where the colour bar's parts stand, in pixels.
#[derive(Debug)]
pub(super) struct Bar {
    /// The bar with its border.
    pub(super) frame: Rect,
    /// Where the bar's text ends on the right.
    pub(super) right: u64,
    /// The line height of the text.
    text: u64,
    ticks: Vec<Tick>,
    /// The label's bottom left corner; it runs up.
    label: (u64, u64),
}

/// A marked value.
#[derive(Debug, PartialEq)]
struct Tick {
    y: u64,
    label: String,
}

impl Bar {
    /// Places the bar to the right of the box around all tiles.
    pub(super) fn new(sheet: &Sheet, tiles: Rect, caption: u64, typeface: &Typeface) -> Self {
        let text = caption * 4 / 5;
        let label = typeface.width(&sheet.quantity, text);
        let height = tiles.height.max(label).max(5 * text);
        let middle = tiles.y + tiles.height / 2;
        let frame = Rect {
            x: tiles.right() + caption,
            y: middle.saturating_sub(height / 2).max(caption),
            width: caption,
            height,
        };
        let ticks = ticks(sheet.shades.range, frame, text);
        let widths = ticks.iter().map(|tick| typeface.width(&tick.label, text));
        let labels_end = Self::labels_at(frame, text) + widths.max().unwrap_or(0);
        let x = labels_end + text / 3;
        Self {
            frame,
            right: x + text,
            text,
            ticks,
            label: (x, frame.y + (frame.height + label) / 2),
        }
    }

    fn tick_length(text: u64) -> u64 {
        text / 4
    }

    /// Where the values beside the ticks begin.
    fn labels_at(frame: Rect, text: u64) -> u64 {
        frame.right() + Self::tick_length(text) + text / 5
    }
}

/// The width of the border and the ticks.
fn line_width(text: u64) -> u64 {
    1 + text / 24
}

/// Draws the colour bar of `sheet`.
pub(super) fn draw(image: &mut RgbImage, sheet: &Sheet, bar: &Bar, typeface: &Typeface) {
    bar.frame.fill(image, INK);
    let inside = bar.frame.shrunk(line_width(bar.text));
    for down in 0..inside.height {
        let line = Rect {
            y: inside.y + down,
            height: 1,
            ..inside
        };
        let share = 1.0 - down as f64 / (inside.height - 1) as f64;
        line.fill(image, sheet.shades.colormap.color(share));
    }
    for tick in &bar.ticks {
        let mark = Rect {
            x: bar.frame.right(),
            y: tick.y,
            width: Bar::tick_length(bar.text),
            height: line_width(bar.text),
        };
        mark.fill(image, INK);
        let at = (
            Bar::labels_at(bar.frame, bar.text),
            mark.y + mark.height / 2 - bar.text / 2,
        );
        typeface.draw(image, &tick.label, bar.text, at, Direction::Right, INK);
    }
    let (text, at) = (bar.text, bar.label);
    typeface.draw(image, &sheet.quantity, text, at, Direction::Up, INK);
}

/// Round values within `range`, and where they stand along the bar.
fn ticks(range: (f32, f32), frame: Rect, text: u64) -> Vec<Tick> {
    // From the shortest decimal form, so that 0.7 is 0.7 and not 0.69999999.
    let exact = |end: f32| end.to_string().parse().unwrap_or(f64::from(end));
    let (low, high): (f64, f64) = (exact(range.0), exact(range.1));
    let steps = (frame.height / (text * 7 / 4)).clamp(2, 5);
    let (values, step) = round_values(low, high, steps as f64);
    let length = (frame.height - line_width(text)) as f64;
    let place = |value: f64| (high - value) / (high - low) * length;
    let ys = values.iter().map(|&v| frame.y + place(v).round() as u64);
    let labels = labels(&values, step);
    ys.zip(labels).map(|(y, label)| Tick { y, label }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(low: f32, high: f32, height: u64) -> Vec<String> {
        let frame = Rect {
            x: 0,
            y: 10,
            width: 20,
            height,
        };
        let ticks = ticks((low, high), frame, 10);
        assert!(ticks.iter().all(|t| (10..10 + height).contains(&t.y)));
        ticks.into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn ticks_stand_at_round_values_from_end_to_end() {
        assert_eq!(
            written(0.0, 1.0, 200),
            ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
        );
        assert_eq!(written(0.0, 0.7, 200), ["0.0", "0.2", "0.4", "0.6"]);
        assert_eq!(written(0.0, 1.0, 50), ["0.0", "0.5", "1.0"]);
        assert_eq!(written(-1.0, 1.0, 50), ["\u{2212}1", "0", "1"]);
        assert_eq!(
            written(0.0, 0.1, 80),
            ["0.000", "0.025", "0.050", "0.075", "0.100"]
        );
        assert_eq!(written(0.0, 255.0, 50), ["0", "200"]);
    }

    #[test]
    fn very_small_and_large_values_are_written_with_an_exponent() {
        assert_eq!(written(0.0, 1e-5, 50), ["0", "5e\u{2212}6", "1e\u{2212}5"]);
        assert_eq!(written(0.0, 2e8, 50), ["0", "1e8", "2e8"]);
        assert!(written(f32::MIN, f32::MAX, 200).len() >= 3);
        assert!(!written(0.0, f32::from_bits(1), 200).is_empty());
        assert!(!written(1.0, 1.0 + f32::EPSILON, 200).is_empty());
    }

    #[test]
    fn ticks_mark_both_ends_of_the_bar() {
        let frame = Rect {
            x: 0,
            y: 10,
            width: 20,
            height: 101,
        };
        let ticks = ticks((0.0, 1.0), frame, 10);
        assert_eq!(ticks[0].y, 110);
        assert_eq!(ticks[ticks.len() - 1].y, 10);
    }
}
