//! Which curves run where others run, so that one would hide the other.

use super::style::Paint;

type Point = (f64, f64);

/// Places along a curve at which it is compared.
const SAMPLES: usize = 64;
/// What lies nearer than this share of the axes looks the same.
const NEAR: f64 = 0.006;
/// A curve is told apart if more than this share of it runs where another runs.
const SHARED: f64 = 0.25;

/// The paint of each curve, in the order of drawing: one that runs where others run before it lets them show. `lengths`
/// are those of the axes.
pub(super) fn told_apart(curves: &[Vec<Point>], lengths: Point) -> Vec<Paint> {
    let unit = |&(x, y): &Point| (x / lengths.0, y / lengths.1);
    let units = |curve: &Vec<Point>| curve.iter().map(unit).collect::<Vec<_>>();
    let curves: Vec<Vec<Point>> = curves.iter().map(units).collect();
    let mut levels: Vec<usize> = Vec::with_capacity(curves.len());
    for (index, curve) in curves.iter().enumerate() {
        let under = (0..index).filter(|&other| runs_along(curve, &curves[other]));
        let level = under.map(|other| levels[other] + 1).max();
        levels.push(level.unwrap_or(0));
    }
    let paint = |(series, below): (usize, usize)| match below {
        0 => Paint::Series(series),
        below => Paint::Above { series, below },
    };
    levels.into_iter().enumerate().map(paint).collect()
}

/// Whether a good part of a curve lies on another one.
fn runs_along(curve: &[Point], other: &[Point]) -> bool {
    let samples = samples(curve);
    let near = samples.iter().filter(|&&at| distance(at, other) <= NEAR);
    near.count() as f64 > SHARED * samples.len() as f64
}

/// Points along a curve, at equal lengths.
fn samples(curve: &[Point]) -> Vec<Point> {
    let length = |pair: &[Point]| (pair[1].0 - pair[0].0).hypot(pair[1].1 - pair[0].1);
    let whole: f64 = curve.windows(2).map(length).sum();
    if whole == 0.0 {
        return curve.first().copied().into_iter().collect();
    }
    let (mut found, mut passed) = (Vec::with_capacity(SAMPLES), 0.0);
    for pair in curve.windows(2) {
        let own = length(pair);
        loop {
            let wanted = whole * (found.len() as f64 + 0.5) / SAMPLES as f64;
            if own == 0.0 || wanted > passed + own || found.len() == SAMPLES {
                break;
            }
            let share = (wanted - passed) / own;
            found.push(between(pair[0], pair[1], share));
        }
        passed += own;
    }
    found
}

fn between(a: Point, b: Point, share: f64) -> Point {
    (a.0 + (b.0 - a.0) * share, a.1 + (b.1 - a.1) * share)
}

/// From a point to the nearest of a curve.
fn distance(at: Point, curve: &[Point]) -> f64 {
    let to = |point: Point| (at.0 - point.0).hypot(at.1 - point.1);
    let to_line = |pair: &[Point]| {
        let (a, b) = (pair[0], pair[1]);
        let (along, across) = (b.0 - a.0, b.1 - a.1);
        let square = along * along + across * across;
        let share = ((at.0 - a.0) * along + (at.1 - a.1) * across) / square;
        to(between(
            a,
            b,
            if square > 0.0 {
                share.clamp(0.0, 1.0)
            } else {
                0.0
            },
        ))
    };
    let to_first = curve.first().copied().map_or(f64::INFINITY, to);
    curve.windows(2).map(to_line).fold(to_first, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(curves: &[Vec<Point>]) -> Vec<usize> {
        let level = |paint: &Paint| match paint {
            Paint::Above { below, .. } => *below,
            _ => 0,
        };
        told_apart(curves, (10.0, 1.0)).iter().map(level).collect()
    }

    #[test]
    fn curves_that_coincide_are_found_whatever_their_points() {
        let line = vec![(0.0, 0.2), (10.0, 0.8)];
        let finer: Vec<Point> = (0..=40)
            .map(|i| (f64::from(i) / 4.0, 0.2 + 0.015 * f64::from(i)))
            .collect();
        let apart = vec![(0.0, 0.3), (10.0, 0.9)];
        let crossing = vec![(0.0, 0.8), (10.0, 0.2)];
        let all = [line.clone(), finer, apart, crossing, line];
        assert_eq!(levels(&all), [0, 1, 0, 0, 2]);
    }

    #[test]
    fn a_part_is_enough() {
        let whole = vec![(0.0, 0.5), (10.0, 0.5)];
        let parts_soon = vec![(0.0, 0.5), (1.0, 0.5), (2.0, 0.9), (10.0, 0.9)];
        let parts_late = vec![(0.0, 0.5), (6.0, 0.5), (10.0, 0.9)];
        assert_eq!(levels(&[whole, parts_soon, parts_late]), [0, 0, 1]);
    }

    #[test]
    fn nothing_and_single_points_are_compared_too() {
        let point = vec![(1.0, 0.5)];
        assert_eq!(
            levels(&[vec![], point.clone(), vec![(1.0, 0.6)], point]),
            [0, 0, 0, 1]
        );
    }
}
