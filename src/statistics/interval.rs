//! The mean over seeds and how far it can be trusted.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::{StatisticsError, check};

/// Share of such intervals that hold the true mean.
const CONFIDENCE: f64 = 0.95;

/// A mean with its 95% interval, in the unit of the values, one a seed. The values are presumed to be independent.
///
/// An interval never leaves the range of its quantity, and is not cut off there: it is Student's t on a scale that has no
/// ends, taken back. With `h = t s / sqrt(n)`, s being the standard deviation with n - 1 degrees of freedom and t the
/// 97.5% quantile with as many, its ends are
///
/// ```text
/// any value    m -+ h                          normal about the mean
/// a share      logit p = logit m -+ h / (m (1 - m))    0 to 1
/// an amount    ln a = ln m -+ h / m            0 and more
/// ```
///
/// Far from the ends all three are the same. The middle one is the logit interval of survey software, for shares that
/// were measured in a few clusters (`xlogit` of R's survey package, SUDAAN, SPSS; SAS, PROC SURVEYFREQ, "Logit Confidence
/// Limits"), a seed being a cluster; the last is its like for amounts, by the same delta method. A bootstrap over three
/// seeds has ten distinct samples and is too narrow.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// Mean of the values.
    pub mean: f64,
    /// Lower end; none where the values tell nothing of the spread: a single one, or all alike.
    pub low: Option<f64>,
    /// Upper end; there if and only if the lower one is.
    pub high: Option<f64>,
}

impl Interval {
    /// Of values that have no range.
    ///
    /// # Errors
    /// Without values, or when one is NaN or infinite.
    pub fn of(values: &[f64]) -> Result<Self, StatisticsError> {
        let (mean, half) = mean_and_half(values)?;
        Ok(Self {
            mean,
            low: half.map(|half| mean - half),
            high: half.map(|half| mean + half),
        })
    }

    /// Of shares, such as accuracies.
    ///
    /// # Errors
    /// Without values, or when one is not in 0 to 1.
    pub fn of_shares(values: &[f64]) -> Result<Self, StatisticsError> {
        within(values, 1.0)?;
        let (mean, half) = mean_and_half(values)?;
        let end = |sign: f64| half.map(|half| share_from(mean, sign * half));
        Ok(Self {
            mean,
            low: end(-1.0),
            high: end(1.0),
        })
    }

    /// Of amounts, such as counts and ratios.
    ///
    /// # Errors
    /// Without values, or when one is negative, NaN or infinite.
    pub fn of_amounts(values: &[f64]) -> Result<Self, StatisticsError> {
        within(values, f64::MAX)?;
        let (mean, half) = mean_and_half(values)?;
        let end = |sign: f64| half.map(|half| mean * libm::exp(sign * half / mean));
        Ok(Self {
            mean,
            low: end(-1.0),
            high: end(1.0),
        })
    }
}

/// The mean, and half of the interval on the scale of the values. With no degree of freedom left there is no
/// distribution, and no interval; where all values are alike their spread is that of a count too small to differ.
fn mean_and_half(values: &[f64]) -> Result<(f64, Option<f64>), StatisticsError> {
    check("values", values)?;
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let half = StudentsT::new(0.0, 1.0, n - 1.0).ok().map(|t| {
        let quantile = t.inverse_cdf(0.5 + CONFIDENCE / 2.0);
        quantile * (squares / (n - 1.0) / n).sqrt()
    });
    let alike = values.windows(2).all(|pair| pair[0] == pair[1]);
    Ok((mean, half.filter(|_| !alike)))
}

/// The share whose logit lies `by / (mean (1 - mean))` from that of the mean.
fn share_from(mean: f64, by: f64) -> f64 {
    let odds = mean / (1.0 - mean) * libm::exp(by / (mean * (1.0 - mean)));
    match odds.is_finite() {
        true => odds / (1.0 + odds),
        false => 1.0,
    }
}

/// Refuses values that are not in 0 to `most`.
fn within(values: &[f64], most: f64) -> Result<(), StatisticsError> {
    check("values", values)?;
    match values
        .iter()
        .position(|value| !(0.0..=most).contains(value))
    {
        None => Ok(()),
        Some(index) => Err(StatisticsError::OutOfRange {
            index,
            value: values[index],
            range: if most == 1.0 { "0 to 1" } else { "0 and more" },
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::ChaCha12Rng;
    use rand::{RngExt, SeedableRng};
    use statrs::distribution::Beta;

    fn assert_close(values: &[f64], mean: f64, low: f64, high: f64) {
        let found = Interval::of(values).unwrap();
        let ends = [found.mean, found.low.unwrap(), found.high.unwrap()];
        for (found, expected) in ends.into_iter().zip([mean, low, high]) {
            assert!((found - expected).abs() < 1e-9, "{ends:?}");
        }
    }

    /// `scipy.stats.t.interval(0.95, n - 1, mean, sem)`, scipy 1.17.1.
    #[test]
    fn agrees_with_scipy() {
        assert_close(&[1.0, 2.0], 1.5, -4.853102368087347, 7.853102368087347);
        assert_close(
            &[0.886, 0.9, 0.87, 0.921],
            0.89425,
            0.8598173869326766,
            0.9286826130673234,
        );
        let many: Vec<f64> = (0..20).map(|i| f64::from(i * i * 7 % 11)).collect();
        assert_close(&many, 5.95, 4.361252442019313, 7.538747557980687);
    }

    #[test]
    fn values_that_do_not_spread_have_a_mean_without_an_interval() {
        for values in [&[0.5][..], &[0.5; 5], &[0.0; 3], &[1.0; 3]] {
            let expected = Interval {
                mean: values[0],
                low: None,
                high: None,
            };
            for of in [Interval::of, Interval::of_shares, Interval::of_amounts] {
                assert_eq!(of(values).unwrap(), expected, "{values:?}");
            }
        }
    }

    /// 0.9 of three seeds, and `svyciprop(method = "xlogit", df = 2)` by hand: logit(0.9) -+ h / 0.09.
    #[test]
    fn a_share_is_student_s_t_on_the_logit_scale() {
        let found = Interval::of_shares(&[0.88, 0.9, 0.92]).unwrap();
        let half = 4.302652729749462 * 0.02 / f64::sqrt(3.0);
        let ends = [-1.0, 1.0].map(|sign: f64| {
            let logit = f64::ln(9.0) + sign * half / 0.09;
            1.0 / (1.0 + f64::exp(-logit))
        });
        assert!((found.mean - 0.9).abs() < 1e-12);
        assert!((found.low.unwrap() - ends[0]).abs() < 1e-9, "{found:?}");
        assert!((found.high.unwrap() - ends[1]).abs() < 1e-9, "{found:?}");
    }

    /// Where Student's t alone would leave the range.
    #[test]
    fn ends_stay_in_the_range_and_hold_the_mean() {
        let shares: [&[f64]; 6] = [
            &[0.999, 0.9, 0.95],
            &[0.0, 0.0, 0.001],
            &[1.0, 1.0, 0.2],
            &[0.0, 1.0],
            &[0.5, 0.5 + 1e-12],
            &[1.0 - 1e-16, 1.0],
        ];
        for values in shares {
            let Interval { mean, low, high } = Interval::of_shares(values).unwrap();
            let (low, high) = (low.unwrap_or(mean), high.unwrap_or(mean));
            assert!(
                0.0 <= low && low <= mean && mean <= high && high <= 1.0,
                "{values:?}"
            );
        }
        for values in [&[0.0, 3.0][..], &[1e-300, 2e-300], &[5.0, 6.0, 1e9]] {
            let Interval { mean, low, high } = Interval::of_amounts(values).unwrap();
            let (low, high) = (low.unwrap(), high.unwrap());
            assert!(
                0.0 <= low && low <= mean && mean <= high && high.is_finite(),
                "{values:?}"
            );
        }
    }

    #[test]
    fn far_from_the_ends_all_are_the_same() {
        let values = [0.501, 0.5, 0.499, 0.5005];
        let any = Interval::of(&values).unwrap();
        for found in [Interval::of_shares(&values), Interval::of_amounts(&values)] {
            let found = found.unwrap();
            assert!((found.low.unwrap() - any.low.unwrap()).abs() < 1e-5);
            assert!((found.high.unwrap() - any.high.unwrap()).abs() < 1e-5);
        }
    }

    /// A network at 98% whose seeds lie 1% apart, drawn from a beta distribution: how often 3 seeds tell the truth.
    #[test]
    fn intervals_of_three_seeds_hold_the_truth_as_often_as_they_say() {
        let (truth, deviation) = (0.98, 0.01);
        let size = truth * (1.0 - truth) / (deviation * deviation) - 1.0;
        let seeds = Beta::new(truth * size, (1.0 - truth) * size).unwrap();
        let mut random = ChaCha12Rng::seed_from_u64(1);
        let trials = 4000;
        let held = (0..trials).filter(|_| {
            let values = [(); 3].map(|()| seeds.inverse_cdf(random.random()));
            let found = Interval::of_shares(&values).unwrap();
            found.low <= Some(truth) && Some(truth) <= found.high
        });
        let share = held.count() as f64 / f64::from(trials);
        assert!((0.935..0.965).contains(&share), "{share}");
    }

    #[test]
    fn what_lies_at_an_end_has_no_interval() {
        for values in [[0.0; 3], [1.0; 3]] {
            let found = Interval::of_shares(&values).unwrap();
            assert_eq!((found.mean, found.low, found.high), (values[0], None, None));
        }
        assert_eq!(Interval::of_amounts(&[0.0; 2]).unwrap().high, None);
    }

    #[test]
    fn what_is_no_share_or_amount_is_refused() {
        let error = Interval::of_shares(&[0.5, 1.5]).unwrap_err();
        assert_eq!(error.to_string(), "value 1 is 1.5: it must be in 0 to 1");
        assert!(Interval::of_amounts(&[-1.0]).is_err());
    }

    #[test]
    fn what_has_no_mean_is_refused() {
        assert_eq!(
            Interval::of(&[]),
            Err(StatisticsError::Empty { what: "values" })
        );
        let error = Interval::of(&[1.0, f64::NAN]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "values: expected finite numbers, found NaN as number 1"
        );
    }
}
