//! The colour maps that weights are drawn with.

use image::Rgb;
use std::fmt;

/// A colour map from the unit interval to RGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColorMap {
    /// Blue at 0, white at half the range, red at the top (matplotlib's `bwr`).
    #[default]
    BlueWhiteRed,
    /// The perceptually uniform `viridis`.
    Viridis,
    /// From black to white, as images are stored.
    Gray,
}

impl ColorMap {
    /// The colour at `t`, which is clamped to `0..=1`.
    pub fn color(self, t: f64) -> Rgb<u8> {
        let t = t.clamp(0.0, 1.0);
        match self {
            Self::BlueWhiteRed => {
                let blue = byte(2.0 - 2.0 * t);
                let red = byte(2.0 * t);
                Rgb([red, red.min(blue), blue])
            }
            Self::Gray => Rgb([byte(t); 3]),
            Self::Viridis => Rgb(colorous::VIRIDIS.eval_continuous(t).into_array()),
        }
    }
}

impl fmt::Display for ColorMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BlueWhiteRed => "blue-white-red",
            Self::Viridis => "viridis",
            Self::Gray => "gray",
        })
    }
}

/// A channel's share of full brightness as a byte.
fn byte(share: f64) -> u8 {
    (share.min(1.0) * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blue_white_red_has_pure_ends_and_a_white_middle() {
        let at = |t| ColorMap::BlueWhiteRed.color(t).0;
        assert_eq!(at(0.0), [0, 0, 255]);
        assert_eq!(at(0.25), [128, 128, 255]);
        assert_eq!(at(0.5), [255, 255, 255]);
        assert_eq!(at(0.75), [255, 128, 128]);
        assert_eq!(at(1.0), [255, 0, 0]);
        assert_eq!(at(-3.0), at(0.0));
        assert_eq!(at(f64::INFINITY), at(1.0));
    }

    #[test]
    fn viridis_runs_from_purple_to_yellow() {
        assert_eq!(ColorMap::Viridis.color(0.0).0, [68, 1, 84]);
        assert_eq!(ColorMap::Viridis.color(1.0).0, [253, 231, 37]);
    }
}
