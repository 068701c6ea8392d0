//! The front end of oriented edges, against its definition.

use super::DATA;
use rand::rngs::ChaCha8Rng;
use rand::{Rng, RngExt, SeedableRng};
use spikeprune::Simulation;
use spikeprune::artefact::sha256;
use spikeprune::backend::cpu::Cpu;
use spikeprune::backend::{Shift, Showing};
use spikeprune::dataset::{Dataset, ImageShape, LabelledImages};
use spikeprune::experiment::prepare::{as_shown, pixels_as_shown};
use spikeprune::front_end::{OrientedEdges, pictures};
use spikeprune::params::{Edges, FrontEnd, Measure, TrainImages};
use spikeprune::presets;
use std::borrow::Cow;
use std::f64::consts::TAU;

const fn shape(height: usize, width: usize, channels: usize) -> ImageShape {
    ImageShape {
        height,
        width,
        channels,
    }
}

/// Random images, half of whose pixels are dark.
fn noise(image: ImageShape, seed: u64) -> Vec<u8> {
    let mut pixels = vec![0; image.len()];
    ChaCha8Rng::seed_from_u64(seed).fill_bytes(&mut pixels);
    for pixel in &mut pixels {
        *pixel = pixel.saturating_sub(128) * 2;
    }
    pixels
}

fn encoded(image: ImageShape, edges: &Edges, pixels: &[u8]) -> Vec<u8> {
    let mut answers = vec![0; edges.cells(image).len()];
    OrientedEdges::new(image, edges).encode(pixels, &mut answers);
    answers
}

/// Strength, and direction in turns, of the edge at a pixel.
fn edge(image: ImageShape, pixels: &[u8], row: usize, column: usize) -> (f64, f64) {
    let at = |row: usize, column: usize, channel: usize| {
        // Counted from one before the first, where it is dark.
        let (row, column) = (row.wrapping_sub(1), column.wrapping_sub(1));
        match row < image.height && column < image.width {
            true => i32::from(pixels[(row * image.width + column) * image.channels + channel]),
            false => 0,
        }
    };
    let gradients = (0..image.channels).map(|channel| {
        let gx = at(row + 1, column + 2, channel) - at(row + 1, column, channel);
        let gy = at(row + 2, column + 1, channel) - at(row, column + 1, channel);
        (gx, gy)
    });
    let steepest = gradients.rev().max_by_key(|(gx, gy)| gx * gx + gy * gy);
    let (gx, gy) = steepest.unwrap();
    let (gx, gy) = (f64::from(gx) / 255.0, f64::from(gy) / 255.0);
    (gx.hypot(gy), gy.atan2(gx).rem_euclid(TAU) / TAU)
}

/// The answers by the formulas of [`spikeprune::front_end`], before they are rounded.
fn defined(image: ImageShape, edges: &Edges, pixels: &[u8]) -> Vec<f64> {
    let cells = edges.cells(image);
    let size = edges.cell_size as f64;
    let window = |pixel: usize, cell: usize| {
        let centre = size * cell as f64 + (size - 1.0) / 2.0;
        (1.0 - (pixel as f64 - centre).abs() / size).max(0.0)
    };
    let share = |turn: f64, direction: usize| {
        let place = turn * cells.channels as f64 - direction as f64;
        let near = |turns: f64| (1.0 - (place - turns * cells.channels as f64).abs()).max(0.0);
        near(-1.0) + near(0.0) + near(1.0)
    };
    let mut sums = vec![0.0; cells.len()];
    for (at, sum) in sums.iter_mut().enumerate() {
        let (cell, direction) = (at / cells.channels, at % cells.channels);
        for row in 0..image.height {
            for column in 0..image.width {
                let weight = window(row, cell / cells.width) * window(column, cell % cells.width);
                if weight > 0.0 {
                    let (strength, turn) = edge(image, pixels, row, column);
                    *sum += weight * strength * share(turn, direction);
                }
            }
        }
    }
    let energy = |row: usize, column: usize| {
        let of_cells = sums.chunks_exact(cells.channels).enumerate();
        let near = of_cells.filter(|(cell, _)| {
            (cell / cells.width).abs_diff(row) <= 1 && (cell % cells.width).abs_diff(column) <= 1
        });
        near.flat_map(|(_, sums)| sums).map(|f| f * f).sum::<f64>()
    };
    let normalised = sums.iter().enumerate().map(|(at, f)| {
        let cell = at / cells.channels;
        let around = energy(cell / cells.width, cell % cells.width);
        (f / (around + edges.normalisation).sqrt() / edges.cut * 255.0).min(255.0)
    });
    normalised.collect()
}

fn assert_as_defined(image: ImageShape, edges: &Edges, pixels: &[u8]) {
    let found = encoded(image, edges, pixels);
    let expected = defined(image, edges, pixels);
    for (at, (&found, expected)) in found.iter().zip(expected).enumerate() {
        let apart = (f64::from(found) - expected).abs();
        assert!(
            apart < 0.501,
            "{image}, {edges:?}, answer {at}: {found} for {expected}"
        );
    }
}

#[test]
fn answers_are_those_of_the_formulas() {
    let other = |directions, cell_size, normalisation, cut| Edges {
        directions,
        cell_size,
        normalisation,
        cut,
    };
    for (at, image) in [
        shape(28, 28, 1),
        shape(1, 1, 1),
        shape(5, 7, 1),
        shape(8, 8, 1),
        shape(1, 30, 2),
        shape(64, 64, 3),
    ]
    .into_iter()
    .enumerate()
    {
        let pixels = noise(image, at as u64);
        assert_as_defined(image, &Edges::default(), &pixels);
        if image.len() < 1_000 {
            for edges in [
                other(8, 7, 0.01, 1.0),
                other(5, 1, 2.0, 0.2),
                other(1, 3, 0.5, 0.5),
                other(64, 100, 1e-6, 0.7),
            ] {
                assert_as_defined(image, &edges, &pixels);
            }
        }
    }
    for digit in 0..20 {
        assert_as_defined(
            DATA.train.shape(),
            &Edges::default(),
            DATA.train.image(digit),
        );
    }
}

/// Direction 0 is that of an edge that brightens to the right, a quarter of a turn later that of one that brightens
/// downwards.
#[test]
fn a_square_has_edges_on_four_sides() {
    let image = shape(20, 20, 1);
    let mut pixels = vec![0; image.len()];
    for row in 6..14 {
        pixels[row * 20 + 6..row * 20 + 14].fill(200);
    }
    let answers = encoded(image, &Edges::default(), &pixels);
    // In the middle cell of each side one direction answers alone.
    for (cell, direction) in [((2, 1), 0), ((1, 2), 4), ((2, 3), 8), ((3, 2), 12)] {
        let of_cell = &answers[(cell.0 * 5 + cell.1) * 16..][..16];
        let strongest = of_cell.iter().max().unwrap();
        assert_eq!(of_cell.iter().position(|a| a == strongest), Some(direction));
        assert_eq!(
            of_cell[(direction + 8) % 16],
            0,
            "of the far side: {of_cell:?}"
        );
    }
    let dark = encoded(image, &Edges::default(), &vec![0; image.len()]);
    assert!(dark.iter().all(|&answer| answer == 0));
}

/// A training image is shifted before the front end sees it; its place in the plan and its group stay.
#[test]
fn shifts_come_before_the_front_end() {
    let mut input = presets::best().model.input;
    input.front_end = FrontEnd::OrientedEdges;
    let shown = as_shown(&input, &DATA.train).unwrap();
    let showing = |image, right, down| Showing {
        image,
        group: image % 3,
        shift: Shift { right, down },
    };
    let plan = [
        vec![showing(5, 0, 0), showing(7, 2, -1), showing(5, 1, 0)],
        vec![showing(7, 2, -1), showing(7, 0, 0), showing(9, 0, -28)],
    ];
    let (pixels, resolved) = shown.for_training(&plan);
    assert_eq!(pixels.len(), 5 * 784, "each once");
    for (planned, resolved) in plan.iter().flatten().zip(resolved.iter().flatten()) {
        assert_eq!(
            (resolved.shift, resolved.group),
            (Shift::default(), planned.group)
        );
        let image = DATA.train.image(planned.image as usize);
        let Shift { right, down } = planned.shift;
        let shifted: Vec<u8> = (0..784)
            .map(|at: i32| {
                let (row, column) = (at / 28 - i32::from(down), at % 28 - i32::from(right));
                let inside = (0..28).contains(&row) && (0..28).contains(&column);
                if inside {
                    image[(row * 28 + column) as usize]
                } else {
                    0
                }
            })
            .collect();
        let expected = pixels_as_shown(&input, &shifted);
        assert!(pixels[resolved.image as usize * 784..][..784] == expected[..]);
    }
    // Where nothing is shifted, nothing is computed anew.
    let still = [vec![showing(5, 0, 0)]];
    let (pixels, resolved) = shown.for_training(&still);
    assert!(matches!(
        (pixels, resolved),
        (Cow::Borrowed(_), Cow::Borrowed(_))
    ));
}

/// What the front end makes of an image is scaled to the mean rate, over as many inputs as it has.
#[test]
fn answers_are_scaled_to_the_mean_rate() {
    let mut input = presets::best().model.input;
    input.front_end = FrontEnd::OrientedEdges;
    input.edges.directions = 8;
    // So fast that no intensity is cut at 255.
    input.full_rate_hz = 400.0;
    for digit in 0..20 {
        let shown = pixels_as_shown(&input, DATA.train.image(digit));
        assert_eq!(shown.len(), 392);
        let mean = shown.iter().map(|&p| f64::from(p)).sum::<f64>() / 392.0;
        let rate_hz = mean / 255.0 * input.full_rate_hz;
        assert!((rate_hz - input.mean_rate_hz).abs() < 0.3, "{rate_hz}");
    }
}

fn correlation(a: &[f32], b: &[f32]) -> f32 {
    let centred = |values: &[f32]| {
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        values
            .iter()
            .map(|value| value - mean)
            .collect::<Vec<f32>>()
    };
    let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let (a, b) = (centred(a), centred(b));
    product(&a, &b) / (product(&a, &a) * product(&b, &b)).sqrt()
}

/// A neuron whose weights are the answers to a digit is drawn so that this digit is seen.
#[test]
fn a_person_sees_what_weights_prefer() {
    let mut input = presets::paper().model.input;
    input.front_end = FrontEnd::OrientedEdges;
    let floats = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|&byte| f32::from(byte))
            .collect::<Vec<_>>()
    };
    let digits: Vec<Vec<f32>> = (0..40).map(|i| floats(DATA.train.image(i))).collect();
    let answers = (0..40).map(|i| floats(&pixels_as_shown(&input, DATA.train.image(i))));
    let answers: Vec<Vec<f32>> = answers.collect();
    // Shape [inputs, neurons].
    let weights: Vec<f32> = (0..784)
        .flat_map(|at| answers.iter().map(move |answers| answers[at] / 255.0))
        .collect();
    let pictures = pictures(&input, &weights);
    assert_eq!(pictures.len(), 784 * 40);
    assert!(pictures.iter().all(|value| (0.0..=1.0).contains(value)));
    let mut seen = 0;
    for neuron in 0..40 {
        let picture: Vec<f32> = pictures.iter().copied().skip(neuron).step_by(40).collect();
        let alike: Vec<f32> = digits
            .iter()
            .map(|digit| correlation(digit, &picture))
            .collect();
        assert!(alike[neuron] > 0.6, "digit {neuron}: {}", alike[neuron]);
        // Thin digits look like thicker ones of the same form.
        let more = alike.iter().filter(|&&other| other > alike[neuron]);
        seen += usize::from(more.count() < 3);
    }
    assert!(seen >= 36, "{seen} of 40 are among the three most alike");
}

#[test]
fn pixels_are_drawn_as_they_are_and_colours_as_their_mean() {
    let mut input = presets::paper().model.input;
    let weights: Vec<f32> = (0..784 * 2).map(|at| at as f32).collect();
    assert_eq!(*pictures(&input, &weights), weights);
    (input.height, input.width, input.channels) = (1, 2, 3);
    // Two neurons; of the first pixel 0, 2, 4 and 1, 3, 5.
    assert_eq!(*pictures(&input, &weights[..12]), [2.0, 3.0, 8.0, 9.0]);
}

/// Upright and lying bars of any colour, anywhere: labels 0 and 1.
fn bars(count: u8, seed: u64) -> LabelledImages {
    let image = shape(9, 14, 3);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for label in (0..count).map(|at| at % 2) {
        let (row, column) = (rng.random_range(1..7), rng.random_range(1..12));
        let mut colour = [rng.random_range(0..255), rng.random_range(0..255), 255];
        colour.rotate_left(rng.random_range(0..3));
        for at in 0..image.height * image.width {
            let lit = match label {
                0 => (column..column + 2).contains(&(at % image.width)),
                _ => (row..row + 2).contains(&(at / image.width)),
            };
            pixels.extend(if lit { colour } else { [0; 3] });
        }
        labels.push(label);
    }
    LabelledImages::new(image, pixels, labels).unwrap()
}

/// Images of any shape and colour, with noise of theirs, are learned, shown and drawn.
#[test]
fn edges_of_small_colour_images_are_learned() {
    let data = Dataset {
        train: bars(240, 1),
        test: bars(60, 2),
        names: Vec::new(),
    };
    let mut params = presets::best();
    params.model.network.classes = vec![0, 1];
    let input = &mut params.model.input;
    (input.height, input.width, input.channels) = (9, 14, 3);
    input.front_end = FrontEnd::OrientedEdges;
    input.edges.directions = 8;
    params.job.train = TrainImages::PerClass(100);
    params.job.validation_per_class = 20;
    params.job.shift_max = 1;
    params.job.metrics = vec![Measure::Noise];
    let mut simulation = Simulation::on(Box::new(Cpu::new(2).unwrap()), &params).unwrap();
    simulation.train(&data).unwrap();
    let tested = simulation.test(&data).unwrap().remove(0);
    let accuracy = tested.accuracy.unwrap();
    assert!(accuracy >= 0.95, "{accuracy}");
    let metrics = simulation.replicas()[0].metrics.last().unwrap();
    assert!(metrics.noise_spikes_per_image.is_some());
    let shown = simulation.show(data.test.image(0), &[0]).unwrap();
    assert!(shown.inputs.iter().all(|&(_, input)| input < 3 * 4 * 8));
    // Another number than that of the inputs.
    assert!(simulation.show(&[0; 96], &[0]).is_err());
    let png = simulation.heatmap(0).unwrap();
    assert!(png.png().starts_with(b"\x89PNG"));
}

/// Every platform computes these bytes.
#[test]
fn the_bytes_are_the_same_everywhere() {
    let image = shape(64, 64, 3);
    let mut all = encoded(image, &Edges::default(), &noise(image, 1));
    for digit in 0..200 {
        let pixels = DATA.train.image(digit);
        all.extend(encoded(DATA.train.shape(), &Edges::default(), pixels));
    }
    assert_eq!(
        sha256(&all[..]).unwrap(),
        "02c9af9ae1c73aa44d63ea511aea4c1753ad5c3a4e14cd43e20ebc2015e54fdc"
    );
}
