//! The mean over seeds and how far it can be trusted.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::{StatisticsError, check};

/// Share of such intervals that hold the true mean.
const CONFIDENCE: f64 = 0.95;

/// A mean with its 95% interval by Student's t, in the unit of the values.
///
/// It presumes values that are independent and about normal: one a seed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// Mean of the values.
    pub mean: f64,
    /// Lower end; none with a single value, which tells nothing of the spread.
    pub low: Option<f64>,
    /// Upper end; there if and only if the lower one is.
    pub high: Option<f64>,
}

impl Interval {
    /// The mean of `values` and `mean -+ t * s / sqrt(n)`.
    ///
    /// s is the standard deviation with n - 1 degrees of freedom, t the 97.5% quantile with as many. The
    /// ends are not clipped to the range of the quantity: that of an accuracy may pass 1.
    ///
    /// # Errors
    /// Without values, or when one is NaN or infinite.
    pub fn of(values: &[f64]) -> Result<Self, StatisticsError> {
        check("values", values)?;
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        // With no degree of freedom left there is no distribution, and no interval.
        let half = StudentsT::new(0.0, 1.0, n - 1.0).ok().map(|t| {
            let quantile = t.inverse_cdf(0.5 + CONFIDENCE / 2.0);
            quantile * (squares / (n - 1.0) / n).sqrt()
        });
        Ok(Self {
            mean,
            low: half.map(|half| mean - half),
            high: half.map(|half| mean + half),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_close(&[3.0; 5], 3.0, 3.0, 3.0);
    }

    #[test]
    fn one_value_has_a_mean_without_an_interval() {
        let found = Interval::of(&[0.5]).unwrap();
        let expected = Interval {
            mean: 0.5,
            low: None,
            high: None,
        };
        assert_eq!(found, expected);
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
