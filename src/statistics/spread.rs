//! The middle of some values and how far they lie apart.

use super::{StatisticsError, check};
use serde::Serialize;
use statrs::statistics::{Data, Max, Min, OrderStatistics};

/// Median and extremes, in the unit of the values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    pub median: f64,
    pub min: f64,
    pub max: f64,
}

impl Spread {
    /// # Errors
    /// Without values, or when one is NaN or infinite.
    pub fn of(values: &[f64]) -> Result<Self, StatisticsError> {
        check("values", values)?;
        let mut data = Data::new(values.to_vec());
        Ok(Self {
            median: data.median(),
            min: data.min(),
            max: data.max(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_stands_between_the_extremes() {
        let spread = |values| Spread::of(values).map(|s| (s.median, s.min, s.max));
        assert_eq!(spread(&[3.0, 1.0, 2.0, 10.0]), Ok((2.5, 1.0, 10.0)));
        assert_eq!(spread(&[7.0]), Ok((7.0, 7.0, 7.0)));
        assert!(spread(&[]).is_err());
    }
}
