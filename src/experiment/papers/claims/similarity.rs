//! Scores that compare what an image evokes with what training images have evoked.
//!
//! An image evokes a vector: the spikes of all neurons or, in networks that backpropagation trains, the scores of the classes.
//!
//! ```text
//! distance   of the vector to the mean of the recognised training images of the winning class
//! nearest    of the vector to the nearest of all those images
//! tail       chance that an image of the winning class is so far from its mean: a Weibull distribution of the largest
//!            distances (OpenMax, Bendale & Boult 2016)
//! ```
//!
//! All are turned so that more is more like what is known.

/// Distances of a class that its tail is fitted to, of the largest.
const TAIL: usize = 20;
/// Steps of Newton's method by which a tail is fitted.
const STEPS: usize = 50;

/// What training images have evoked, class by class.
#[derive(Clone, Debug, Default)]
pub struct Likeness {
    classes: Vec<Class>,
}

#[derive(Clone, Debug, Default)]
struct Class {
    vectors: Vec<Vec<f32>>,
    mean: Vec<f32>,
    tail: Option<Tail>,
}

/// A Weibull distribution above the distance at which the tail begins.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Tail {
    begins: f64,
    scale: f64,
    shape: f64,
}

fn distance(a: &[f32], b: &[f32]) -> f64 {
    let pairs = a.iter().zip(b).map(|(a, b)| f64::from(a - b));
    pairs.map(|by| by * by).sum::<f64>().sqrt()
}

impl Likeness {
    /// Of vectors of recognised images, each with the place of its class, of so many.
    pub fn new(vectors: Vec<(usize, Vec<f32>)>, classes: usize) -> Self {
        let mut all = vec![Class::default(); classes];
        for (class, vector) in vectors {
            all[class].vectors.push(vector);
        }
        for class in &mut all {
            class.fit();
        }
        Self { classes: all }
    }

    /// Scores of a vector that was taken for a class; of one that was taken for none they are the least.
    pub fn scores(&self, vector: &[f32], winner: Option<usize>) -> [(&'static str, f64); 3] {
        let own = winner.map(|winner| &self.classes[winner]);
        let own = own.filter(|class| !class.vectors.is_empty());
        let far = own.map_or(f64::MAX, |class| distance(vector, &class.mean));
        let all = self.classes.iter().flat_map(|class| &class.vectors);
        let nearest = all
            .map(|other| distance(vector, other))
            .fold(f64::MAX, f64::min);
        let tail = own
            .and_then(|class| class.tail)
            .map_or(0.0, |tail| tail.above(far));
        [
            ("distance", -far),
            ("nearest", if own.is_some() { -nearest } else { -f64::MAX }),
            ("tail", if own.is_some() { tail } else { -1.0 }),
        ]
    }
}

impl Class {
    fn fit(&mut self) {
        let Some(first) = self.vectors.first() else {
            return;
        };
        let mut sums = vec![0.0f64; first.len()];
        for vector in &self.vectors {
            let pairs = sums.iter_mut().zip(vector);
            pairs.for_each(|(sum, &value)| *sum += f64::from(value));
        }
        let count = self.vectors.len() as f64;
        self.mean = sums.iter().map(|sum| (sum / count) as f32).collect();
        let distances = self.vectors.iter().map(|own| distance(own, &self.mean));
        let mut distances: Vec<f64> = distances.collect();
        distances.sort_by(f64::total_cmp);
        let tail = distances.len().saturating_sub(TAIL);
        self.tail = Tail::of(&distances[tail..]);
    }
}

impl Tail {
    /// Fitted to distances in their order by maximum likelihood; none where they are too few or all alike.
    fn of(distances: &[f64]) -> Option<Self> {
        let (least, most) = (*distances.first()?, *distances.last()?);
        let begins = least - 1e-3 * (most - least).max(1e-9);
        let above: Vec<f64> = distances.iter().map(|own| own - begins).collect();
        if above.len() < 3 || most <= least {
            return None;
        }
        let mean_log = above.iter().map(|x| x.ln()).sum::<f64>() / above.len() as f64;
        let mut shape = 1.0f64;
        for _ in 0..STEPS {
            // The root of sum x^k ln x / sum x^k - 1 / k - mean ln x.
            let sums = above.iter().fold([0.0; 3], |[a, b, c], x| {
                let (power, log) = (x.powf(shape), x.ln());
                [a + power, b + power * log, c + power * log * log]
            });
            let ratio = sums[1] / sums[0];
            let value = ratio - 1.0 / shape - mean_log;
            let slope = sums[2] / sums[0] - ratio * ratio + 1.0 / (shape * shape);
            shape = (shape - value / slope).clamp(shape / 2.0, shape * 2.0);
        }
        let powers = above.iter().map(|x| x.powf(shape)).sum::<f64>();
        let scale = (powers / above.len() as f64).powf(1.0 / shape);
        let fitted = scale.is_finite() && shape.is_finite() && scale > 0.0;
        fitted.then_some(Self {
            begins,
            scale,
            shape,
        })
    }

    /// The chance of a larger distance.
    fn above(self, distance: f64) -> f64 {
        let x = (distance - self.begins).max(0.0) / self.scale;
        (-x.powf(self.shape)).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::generator;
    use rand::RngExt;

    /// Draws of a Weibull distribution give it back.
    #[test]
    fn tails_are_fitted() {
        let mut rng = generator(1, 1);
        let mut drawn: Vec<f64> = (0..4_000)
            .map(|_| 5.0 + 2.0 * (-rng.random::<f64>().ln()).powf(1.0 / 1.5))
            .collect();
        drawn.sort_by(f64::total_cmp);
        let tail = Tail::of(&drawn).unwrap();
        assert!((tail.shape - 1.5).abs() < 0.1, "{tail:?}");
        assert!((tail.scale - 2.0).abs() < 0.1, "{tail:?}");
        let middle = tail.above(drawn[2_000]);
        assert!((middle - 0.5).abs() < 0.03, "{middle}");
        assert_eq!(Tail::of(&[1.0; 10]), None);
        assert_eq!(Tail::of(&[1.0, 2.0]), None);
    }

    #[test]
    fn what_is_like_the_known_scores_more() {
        let mut rng = generator(1, 2);
        let mut near = |at: [f32; 2]| at.map(|x| x + rng.random::<f32>()).to_vec();
        let known: Vec<_> = (0..100)
            .map(|k| (k % 2, near([10.0 * (k % 2) as f32, 0.0])))
            .collect();
        let evoked = Likeness::new(known, 3);
        let score = |vector: &[f32], winner| evoked.scores(vector, winner).map(|(_, score)| score);
        let (known, unknown) = (score(&[10.5, 0.5], Some(1)), score(&[10.5, 4.0], Some(1)));
        let (silent, empty) = (score(&[0.0, 0.0], None), score(&[0.5, 0.5], Some(2)));
        for at in 0..3 {
            assert!(known[at] > unknown[at] && unknown[at] > silent[at], "{at}");
            assert!(
                empty[at] <= unknown[at],
                "no image of its class was recognised"
            );
        }
    }
}
