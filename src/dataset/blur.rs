//! Gaussian blur of a stack of numbers, as scipy's `ndimage.gaussian_filter` with its default settings.

/// Standard deviation of the Gaussian, in pixels or, along the stack, in images.
const SIGMA: f64 = 2.0;
/// Reach of the kernel to either side: 4 standard deviations (scipy's `truncate`).
const RADIUS: usize = 8;
const TAPS: usize = 2 * RADIUS + 1;

/// Blurs `data`, seen as \[outer, len, stride\], along its middle axis.
///
/// Beyond an end the numbers are mirrored, the last one repeated: d c b a | a b c d | d c b a (scipy's
/// `reflect`), as often as the kernel asks for where a line is shorter than its reach.
pub(super) fn blur_axis(data: &mut [f64], len: usize, stride: usize) {
    if data.is_empty() {
        return;
    }
    let kernel = kernel();
    let sources: Vec<usize> = (0..len + 2 * RADIUS)
        .map(|position| mirrored(position as isize - RADIUS as isize, len))
        .collect();
    let mut line = vec![0.0; sources.len()];
    for block in data.chunks_exact_mut(len * stride) {
        for offset in 0..stride {
            for (value, source) in line.iter_mut().zip(&sources) {
                *value = block[source * stride + offset];
            }
            for (i, window) in line.windows(TAPS).enumerate() {
                block[i * stride + offset] = window.iter().zip(&kernel).map(|(x, w)| x * w).sum();
            }
        }
    }
}

/// The Gaussian at whole distances -8..=8, of sum 1.
///
/// With `libm`'s exponential, whose bits are the same on every platform.
fn kernel() -> [f64; TAPS] {
    let gaussian: [f64; TAPS] = std::array::from_fn(|tap| {
        let distance = (tap as f64 - RADIUS as f64) / SIGMA;
        libm::exp(-0.5 * distance * distance)
    });
    let sum: f64 = gaussian.iter().sum();
    gaussian.map(|weight| weight / sum)
}

/// Where the number at `position` is found on a line of `len` numbers mirrored at both ends.
fn mirrored(position: isize, len: usize) -> usize {
    let in_period = position.rem_euclid(2 * len as isize) as usize;
    in_period.min(2 * len - 1 - in_period)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernel_sums_to_one_and_is_symmetric() {
        let kernel = kernel();
        assert!((kernel.iter().sum::<f64>() - 1.0).abs() < 1e-15);
        assert!((0..RADIUS).all(|tap| kernel[tap] == kernel[TAPS - 1 - tap]));
    }

    #[test]
    fn borders_mirror_with_the_last_number_repeated() {
        let around = |len| (-5..6).map(move |i| mirrored(i, len)).collect::<Vec<_>>();
        assert_eq!(around(4), [3, 3, 2, 1, 0, 0, 1, 2, 3, 3, 2]);
        assert_eq!(around(2), [0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1]);
        assert_eq!(around(1), [0; 11]);
    }

    /// Numbers without a pattern that scipy can be given too.
    fn numbers(count: usize) -> Vec<f64> {
        (0..count).map(|i| (i * i * 7 % 101) as f64).collect()
    }

    /// Pass after pass equals the sum over the product kernel: 3 images of 5 rows and 4 columns.
    #[test]
    fn passes_equal_the_direct_convolution() {
        let (images, rows, columns) = (3, 5, 4);
        let data = numbers(images * rows * columns);
        let mut blurred = data.clone();
        blur_axis(&mut blurred, images, rows * columns);
        blur_axis(&mut blurred, rows, columns);
        blur_axis(&mut blurred, columns, 1);

        let kernel = kernel();
        let at = |position: usize, tap: usize, len: usize| {
            mirrored(position as isize + tap as isize - RADIUS as isize, len)
        };
        for (index, found) in blurred.iter().enumerate() {
            let (z, y, x) = (
                index / (rows * columns),
                index / columns % rows,
                index % columns,
            );
            let mut expected = 0.0;
            for (dz, wz) in kernel.iter().enumerate() {
                for (dy, wy) in kernel.iter().enumerate() {
                    for (dx, wx) in kernel.iter().enumerate() {
                        let plane = at(z, dz, images) * rows + at(y, dy, rows);
                        expected += wz * wy * wx * data[plane * columns + at(x, dx, columns)];
                    }
                }
            }
            assert!((found - expected).abs() < 1e-12, "{index}");
        }
    }

    /// `scipy.ndimage.gaussian_filter` (scipy 1.17.1, sigma 2) of the same numbers: a line, two images each
    /// for itself, and the two as a stack.
    #[test]
    fn agrees_with_scipy() {
        let mut line = numbers(6);
        blur_axis(&mut line, 6, 1);
        let expected = [
            14.472637467143599,
            19.182868375438538,
            26.861020614819026,
            35.09035068305034,
            41.81112576601062,
            45.581997093537886,
        ];
        close(&line, &expected);

        let mut stack = numbers(2 * 784);
        let some = |stack: &[f64]| [0, 27, 405, 783, 784, 1567].map(|pixel| stack[pixel]);
        blur_axis(&mut stack, 28, 28);
        blur_axis(&mut stack, 28, 1);
        let expected = [
            28.812058067549042,
            53.87924397486006,
            41.22580293984439,
            49.50773644490618,
            60.69059194377673,
            51.645385191278116,
        ];
        close(&some(&stack), &expected);

        blur_axis(&mut stack, 2, 784);
        let expected = [
            44.63666604032521,
            46.518344126568095,
            46.93423976472016,
            50.568872240114686,
            44.86598397100056,
            50.58424939606961,
        ];
        close(&some(&stack), &expected);
    }

    fn close(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
    }
}
