//! Round values along a scale and how they are written.

/// The multiples of the smallest round step that divides `low..=high` into at
/// most `steps` whole parts, and the step itself.
pub(super) fn round_values(low: f64, high: f64, steps: f64) -> (Vec<f64>, f64) {
    let least = (high - low) / steps * (1.0 - 1e-9);
    let decade = 10_f64.powf(least.log10().floor());
    let factors = [1.0, 2.0, 2.5, 5.0, 10.0];
    let factor = factors.into_iter().find(|f| f * decade >= least);
    let step = factor.unwrap_or(10.0) * decade;
    let first = (low / step - 1e-6).ceil() as i64;
    let last = (high / step + 1e-6).floor() as i64;
    let values = (first..=last).map(|n| n as f64 * step);
    (values.collect(), step)
}

/// The shortest writings, all with as many decimals, that tell the values apart.
pub(super) fn labels(values: &[f64], step: f64) -> Vec<String> {
    let plain = values.iter().all(|value| value.abs() < 1e6);
    let fixed = (0..=4).filter(|_| plain).map(|digits| (digits, false));
    let scientific = (0..=9).map(|digits| (digits, true));
    let written = fixed.chain(scientific).map(|(digits, exponent)| {
        let write = |&value: &f64| match exponent {
            true if value != 0.0 => format!("{value:.digits$e}"),
            true => "0".to_owned(),
            false => format!("{value:.digits$}"),
        };
        values.iter().map(write).collect::<Vec<String>>()
    });
    let exact = |labels: &Vec<String>| {
        let read = labels.iter().map(|label| label.parse::<f64>());
        read.zip(values)
            .all(|(read, value)| read.is_ok_and(|read| (read - value).abs() < step / 100.0))
    };
    let mut written = written.filter(exact);
    let best = written.next().unwrap_or_default();
    best.iter()
        .map(|label| label.replace('-', "\u{2212}"))
        .collect()
}
