//! How well a score tells positives from negatives, whatever the threshold.
//!
//! A threshold calls positive every score that reaches it. Equal scores cannot be told apart by any, so
//! they are passed together; the definitions are those of scikit-learn.

use serde::Serialize;

use super::{StatisticsError, check};

/// Equal intervals of fpr + tpr, 0 to 2, of which a thinned curve keeps at most a point each, and the end.
const ROC_INTERVALS: f64 = 198.0;

/// Measures of a detector whose score is higher for positives.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Detection {
    /// Area under the ROC curve: the share of pairs of a positive and a negative in which the positive
    /// scores higher, an equal score counting half. 1/2 is chance.
    pub auroc: f64,
    /// Area under the precision-recall curve as average precision: the sum of precision times the step of
    /// recall over all thresholds, without interpolation. Chance is the share of positives.
    pub aupr: f64,
    /// Share of negatives called positive at the highest threshold that finds at least 95% of positives.
    pub fpr_at_95_tpr: f64,
}

/// A point of the ROC curve, one threshold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RocPoint {
    /// Share of negatives called positive.
    pub fpr: f64,
    /// Share of positives called positive.
    pub tpr: f64,
}

impl Detection {
    /// Measures how well the scores of `positives` are told from those of `negatives`.
    ///
    /// # Errors
    /// When either is empty or holds NaN or an infinity.
    pub fn of(positives: &[f64], negatives: &[f64]) -> Result<Self, StatisticsError> {
        let called = thresholds(positives, negatives)?;
        let (p, n) = (positives.len() as u64, negatives.len() as u64);
        // Twice the pairs won, in whole numbers: exact.
        let mut won_twice = 0;
        let mut aupr = 0.0;
        for step in called.windows(2) {
            let (before, after) = (step[0], step[1]);
            let found = after.positives - before.positives;
            won_twice += found * (2 * n - before.negatives - after.negatives);
            let precision = after.positives as f64 / (after.positives + after.negatives) as f64;
            aupr += found as f64 / p as f64 * precision;
        }
        // The last threshold finds all, so this one exists.
        let first = called.partition_point(|called| 100 * called.positives < 95 * p);
        Ok(Self {
            auroc: won_twice as f64 / (2 * p * n) as f64,
            aupr,
            fpr_at_95_tpr: called[first].negatives as f64 / n as f64,
        })
    }
}

/// The ROC curve from (0, 0) to (1, 1), thinned for plots to at most 199 points.
///
/// A point is left out only where another that is kept lies within 1/99 of it, measured along the curve
/// (fpr plus tpr). To be joined by straight lines.
///
/// # Errors
/// When either slice is empty or holds NaN or an infinity.
pub fn roc_curve(positives: &[f64], negatives: &[f64]) -> Result<Vec<RocPoint>, StatisticsError> {
    let (p, n) = (positives.len() as f64, negatives.len() as f64);
    let mut curve: Vec<RocPoint> = thresholds(positives, negatives)?
        .iter()
        .map(|called| RocPoint {
            fpr: called.negatives as f64 / n,
            tpr: called.positives as f64 / p,
        })
        .collect();
    curve.dedup_by_key(|point| ((point.fpr + point.tpr) / 2.0 * ROC_INTERVALS) as u32);
    Ok(curve)
}

/// How many are called positive at one threshold.
#[derive(Clone, Copy)]
struct Called {
    positives: u64,
    negatives: u64,
}

/// What is called positive at each threshold that makes a difference, from none to all.
///
/// # Errors
/// When either slice is empty or holds NaN or an infinity.
fn thresholds(positives: &[f64], negatives: &[f64]) -> Result<Vec<Called>, StatisticsError> {
    check("positive scores", positives)?;
    check("negative scores", negatives)?;
    let mut scores: Vec<(f64, bool)> = Vec::with_capacity(positives.len() + negatives.len());
    scores.extend(positives.iter().map(|&score| (score, true)));
    scores.extend(negatives.iter().map(|&score| (score, false)));
    scores.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));

    let mut called = Called {
        positives: 0,
        negatives: 0,
    };
    let mut thresholds = vec![called];
    for equal in scores.chunk_by(|a, b| a.0 == b.0) {
        let positives = equal.iter().filter(|score| score.1).count();
        called.positives += positives as u64;
        called.negatives += (equal.len() - positives) as u64;
        thresholds.push(called);
    }
    Ok(thresholds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn assert_close(positives: &[f64], negatives: &[f64], expected: [f64; 3]) {
        let found = Detection::of(positives, negatives).unwrap();
        let found = [found.auroc, found.aupr, found.fpr_at_95_tpr];
        for (one, expected) in found.into_iter().zip(expected) {
            assert!((one - expected).abs() < 1e-12, "{found:?}");
        }
    }

    /// `roc_auc_score`, `average_precision_score` and `roc_curve` of scikit-learn 1.9.1; most with ties.
    #[test]
    fn agrees_with_scikit_learn() {
        let few = [3.0, 3.0, 2.0, 5.0, 1.0];
        let others = [3.0, 1.0, 0.0, 2.0, 2.0, 0.0, 4.0];
        assert_close(&few, &others, [0.7, 0.64, 5.0 / 7.0]);
        assert_close(
            &[0.9, 0.8, 0.4],
            &[0.4, 0.3, 0.1, 0.2],
            [0.9583333333333333, 0.9166666666666665, 0.25],
        );
        assert_close(&[1.0; 2], &[1.0; 3], [0.5, 0.4, 1.0]);
        let many: Vec<f64> = (0..40).map(|i| f64::from(i * i * 7 % 23)).collect();
        let others: Vec<f64> = (0..60).map(|i| f64::from(i * i * 5 % 19 - 4)).collect();
        let expected = [0.8766666666666667, 0.8606952266619085, 0.4];
        assert_close(&many, &others, expected);
        // The 19th of 20 is exactly 95%.
        let twenty: Vec<f64> = (0..20).map(f64::from).collect();
        let expected = [0.94375, 0.9869047619047622, 0.5];
        assert_close(&twenty, &[0.0, 1.0, 1.0, 0.5], expected);
    }

    #[test]
    fn extremes() {
        assert_close(&[2.0, 3.0], &[0.0, 1.0], [1.0, 1.0, 0.0]);
        assert_close(&[0.0], &[1.0], [0.0, 0.5, 1.0]);
        assert_close(&[-0.0], &[0.0], [0.5, 0.5, 1.0]);
    }

    #[test]
    fn what_cannot_be_ranked_is_refused() {
        let what = "positive scores";
        let empty = StatisticsError::Empty { what };
        assert_eq!(Detection::of(&[], &[1.0]), Err(empty.clone()));
        assert_eq!(roc_curve(&[], &[]), Err(empty));
        let what = "negative scores";
        assert_eq!(
            Detection::of(&[1.0], &[]),
            Err(StatisticsError::Empty { what })
        );
        assert!(Detection::of(&[1.0], &[0.0, f64::NAN]).is_err());
        assert!(roc_curve(&[f64::INFINITY], &[0.0]).is_err());
    }

    #[test]
    fn a_short_curve_is_whole() {
        let curve = roc_curve(&[2.0, 1.0], &[1.0, 0.0]).unwrap();
        let points: Vec<_> = curve.iter().map(|point| (point.fpr, point.tpr)).collect();
        assert_eq!(points, [(0.0, 0.0), (0.0, 0.5), (0.5, 1.0), (1.0, 1.0)]);
    }

    /// Few distinct scores, so that many are equal.
    fn scores() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec((-8i32..8).prop_map(|i| f64::from(i) / 4.0), 1..60)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn auroc_counts_pairs(a in scores(), b in scores()) {
            let won = |x: f64, y: f64| f64::from(u8::from(x > y)) + f64::from(u8::from(x == y)) / 2.0;
            let pairs: f64 = a.iter().map(|&x| b.iter().map(|&y| won(x, y)).sum::<f64>()).sum();
            let auroc = Detection::of(&a, &b).unwrap().auroc;
            prop_assert_eq!(auroc, pairs / (a.len() * b.len()) as f64);
            let swapped = Detection::of(&b, &a).unwrap().auroc;
            prop_assert!((auroc + swapped - 1.0).abs() < 1e-12);
        }

        #[test]
        fn only_the_order_of_scores_matters(a in scores(), b in scores()) {
            let moved = |scores: &[f64]| scores.iter().map(|s| 3.0 * s.exp() - 1.0).collect::<Vec<_>>();
            prop_assert_eq!(Detection::of(&a, &b), Detection::of(&moved(&a), &moved(&b)));
        }

        /// Up to thousands of points: few are kept, in order, and the area hardly moves.
        #[test]
        fn thinned_curves_keep_ends_and_area(shift in 0.0..2.0f64, count in 1..2000usize) {
            let even = |i: usize| (i as f64 * 0.754877666).fract();
            let a: Vec<f64> = (0..count).map(|i| even(i) + shift / 2.0).collect();
            let b: Vec<f64> = (0..3000).map(|i| even(i + 2000)).collect();
            let curve = roc_curve(&a, &b).unwrap();
            prop_assert!(curve.len() <= 199);
            prop_assert_eq!(curve[0], RocPoint { fpr: 0.0, tpr: 0.0 });
            prop_assert_eq!(curve[curve.len() - 1], RocPoint { fpr: 1.0, tpr: 1.0 });
            let area: f64 = curve.windows(2).map(|w| {
                assert!(w[0].fpr <= w[1].fpr && w[0].tpr <= w[1].tpr);
                (w[1].fpr - w[0].fpr) * (w[0].tpr + w[1].tpr) / 2.0
            }).sum();
            prop_assert!((area - Detection::of(&a, &b).unwrap().auroc).abs() < 0.02);
        }
    }
}
