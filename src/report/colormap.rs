//! The colour maps that weights are drawn with.

use image::Rgb;
use std::fmt;

/// A colour map from the unit interval to RGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColorMap {
    /// Blue at the bottom, white at half the range, red at the top (matplotlib's `bwr`).
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

/// How values become colours.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shades {
    pub colormap: ColorMap,
    /// The values at the colour map's two ends; values outside are clamped.
    pub range: (f32, f32),
}

impl Shades {
    /// For weights from `low` to `high`. Unless a map is given, it is sequential where all have one sign; where they
    /// may have both it is blue, white and red, with 0 in the middle of the range, so that white is no weight.
    pub fn of_weights(low: f64, high: f64, colormap: Option<ColorMap>) -> Self {
        let signed = low < 0.0 && high > 0.0;
        let default = match signed {
            true => ColorMap::BlueWhiteRed,
            false => ColorMap::Viridis,
        };
        let colormap = colormap.unwrap_or(default);
        let most = high.max(-low);
        let (low, high) = match signed && colormap == ColorMap::BlueWhiteRed {
            true => (-most, most),
            false => (low, high),
        };
        Self {
            colormap,
            range: (low as f32, high as f32),
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
    fn white_is_no_weight_where_weights_have_both_signs() {
        let of = |low, map| Shades::of_weights(low, 1.0, map);
        assert_eq!(of(0.0, None).colormap, ColorMap::Viridis);
        assert_eq!(of(0.0, None).range, (0.0, 1.0));
        for low in [-0.25, -1.0, -2.0] {
            let Shades { colormap, range } = of(low, None);
            assert_eq!((colormap, range.0), (ColorMap::BlueWhiteRed, -range.1));
            assert!(range.0 <= low as f32 && range.1 >= 1.0);
        }
        // What is asked for wins.
        let gray = of(-0.25, Some(ColorMap::Gray));
        assert_eq!((gray.colormap, gray.range), (ColorMap::Gray, (-0.25, 1.0)));
        let blue = of(0.0, Some(ColorMap::BlueWhiteRed));
        assert_eq!(
            (blue.colormap, blue.range),
            (ColorMap::BlueWhiteRed, (0.0, 1.0))
        );
    }

    #[test]
    fn viridis_runs_from_purple_to_yellow() {
        assert_eq!(ColorMap::Viridis.color(0.0).0, [68, 1, 84]);
        assert_eq!(ColorMap::Viridis.color(1.0).0, [253, 231, 37]);
    }
}
