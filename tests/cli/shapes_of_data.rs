//! Data of other shapes than MNIST's are learned, not only read.

use crate::idx::{images, labels};
use crate::program::{CHECKPOINT, spikeprune, succeed};
use image::{Rgb, RgbImage};
use rand::rngs::ChaCha8Rng;
use rand::{Rng, RngExt, SeedableRng};
use serde_json::Value;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// What a training on these data comes to.
fn trained(data: &Path, out: &Path, flags: &[&str]) -> Value {
    let mut train = spikeprune(&["train", "--device", "cpu", "--quiet", "--json", "--data"]);
    train.arg(data).arg("--out").arg(out).args(flags);
    serde_json::from_str(&succeed(&mut train)).unwrap()
}

fn accuracy(found: &Value) -> f64 {
    found["eval"]["accuracy"].as_f64().unwrap()
}

/// A folder of four IDX files of grey squares; names begin with `set`.
fn idx_folder(set: &str, side: u32, parts: [(&[u8], &[u8]); 2]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (part, (pixels, shown)) in ["train", "test"].into_iter().zip(parts) {
        let dimensions = [shown.len() as u32, side, side];
        let write = |name: &str, bytes: Vec<u8>| {
            fs::write(folder.path().join(format!("{set}{part}-{name}")), bytes).unwrap();
        };
        write("images-idx3-ubyte", images(&dimensions, pixels).bytes());
        write("labels-idx1-ubyte", labels(shown).bytes());
    }
    folder
}

/// A disc, square, triangle or cross of any size, brightness and place.
fn drawn(shape: u8, rng: &mut ChaCha8Rng) -> Vec<u8> {
    const SIDE: i32 = 64;
    let (size, light) = (rng.random_range(10..20), rng.random_range(120..=255));
    let [x0, y0] = [0; 2].map(|_: i32| rng.random_range(22..42));
    let inside = |at: i32| {
        let (x, y) = (at % SIDE - x0, at / SIDE - y0);
        match shape {
            0 => x * x + y * y <= size * size,
            1 => x.abs().max(y.abs()) <= size,
            2 => y <= size && y >= 2 * x.abs() - size,
            _ => x.abs().min(y.abs()) <= size / 3 && x.abs().max(y.abs()) <= size,
        }
    };
    let pixel = |at: i32| if inside(at) { light } else { 0 };
    (0..SIDE * SIDE).map(pixel).collect()
}

#[test]
fn shapes_of_64_x_64_pixels() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut part = |count: u8| -> (Vec<u8>, Vec<u8>) {
        let shown: Vec<u8> = (0..count).map(|at| at % 4).collect();
        let pixels = shown.iter().flat_map(|&shape| drawn(shape, &mut rng));
        (pixels.collect(), shown)
    };
    let (train, test) = (part(240), part(120));
    let data = idx_folder("", 64, [(&train.0, &train.1), (&test.0, &test.1)]);
    let flags = "--preset best-edges --set input.edges.cell_size=8 --epochs 5 --shift-max 4";
    let flags: Vec<&str> = flags.split(' ').collect();
    let found = trained(data.path(), &data.path().join("run"), &flags);
    assert_eq!(found["params"]["input"]["height"], 64);
    assert_eq!(found["eval"]["images"], 120);
    assert!(accuracy(&found) >= 0.95, "{}", found["eval"]);
}

/// As scikit-learn has them, in one part: a fifth is kept to test with. See tests/fixtures/digits8x8/README.md.
#[test]
fn digits_of_8_x_8_pixels() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/digits8x8/digits8x8.npz");
    let folder = TempDir::new().unwrap();
    let flags = ["--preset", "best", "--epochs", "20"];
    let found = trained(&data, &folder.path().join("run"), &flags);
    assert_eq!(found["eval"]["images"], 359);
    assert!(accuracy(&found) >= 0.9, "{}", found["eval"]);
}

/// Pictures in a folder for each colour, of several sizes.
#[test]
fn colours_in_folders() {
    let folder = TempDir::new().unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let data = folder.path().join("colours");
    for (class, channels) in [("red", [0, 0]), ("green", [1, 1]), ("yellow", [0, 1])] {
        fs::create_dir_all(data.join(class)).unwrap();
        for number in 0..60 {
            let (side, light) = (rng.random_range(12..16), rng.random_range(100..=255));
            let mut picture = RgbImage::from_fn(side, side, |_, _| {
                Rgb([0; 3].map(|_: u8| rng.random_range(0..40)))
            });
            let from = rng.random_range(1..4);
            for (x, y, pixel) in picture.enumerate_pixels_mut() {
                if (from..from + 8).contains(&x) && (from..from + 8).contains(&y) {
                    channels
                        .iter()
                        .for_each(|&channel| pixel.0[channel] = light);
                }
            }
            let name = data.join(format!("{class}/{number}.png"));
            picture.save(name).unwrap();
        }
    }
    let flags = "--preset best --colour rgb --size 14x14 --epochs 3";
    let flags: Vec<&str> = flags.split(' ').collect();
    let found = trained(&data, &folder.path().join("run"), &flags);
    assert_eq!(found["params"]["input"]["channels"], 3);
    assert_eq!(found["eval"]["images"], 36);
    assert!(accuracy(&found) >= 0.95, "{}", found["eval"]);
}

/// Named and labelled as EMNIST's letters are: 26 classes, the first of which is 1. Each class has a pattern of its own.
#[test]
fn twenty_six_classes_labelled_from_one() {
    const SIDE: usize = 12;
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let patterns: Vec<Vec<bool>> = (0..26)
        .map(|_| (0..SIDE * SIDE).map(|_| rng.random_bool(0.3)).collect())
        .collect();
    let mut part = |of_class: u8| -> (Vec<u8>, Vec<u8>) {
        let shown: Vec<u8> = (0..26)
            .flat_map(|class| (0..of_class).map(move |_| class + 1))
            .collect();
        let mut pixels = vec![0; shown.len() * SIDE * SIDE];
        rng.fill_bytes(&mut pixels);
        for (image, &class) in pixels.chunks_exact_mut(SIDE * SIDE).zip(&shown) {
            for (pixel, &lit) in image.iter_mut().zip(&patterns[usize::from(class) - 1]) {
                *pixel = *pixel / 4 + if lit { 150 } else { 0 };
            }
        }
        (pixels, shown)
    };
    let (train, test) = (part(9), part(3));
    let set = "emnist-letters-";
    let data = idx_folder(set, SIDE as u32, [(&train.0, &train.1), (&test.0, &test.1)]);
    let run = data.path().join("run");
    let flags = "--preset best --neurons-per-class 4 --labels-from 1 --epochs 8";
    let flags: Vec<&str> = flags.split(' ').collect();
    let found = trained(data.path(), &run, &flags);
    let classes = found["params"]["network"]["classes"].as_array().unwrap();
    assert_eq!(classes.len(), 26);
    assert_eq!((&classes[0], &classes[25]), (&0.into(), &25.into()));
    assert_eq!(found["eval"]["images"], 78);
    assert!(accuracy(&found) >= 0.95, "{}", found["eval"]);
    assert!(run.join(CHECKPOINT).is_file());
}

/// The fewest that a class can have: one to train with, one to test with.
#[test]
fn two_images_of_each_class() {
    let side = 8;
    let half =
        |class: u8| (0..64).map(move |at| if (at % 8 < 4) == (class == 0) { 220 } else { 5 });
    let pixels: Vec<u8> = [0, 1, 0, 1].into_iter().flat_map(half).collect();
    let shown = [0, 1, 0, 1];
    let parts = [(&pixels[..128], &shown[..2]), (&pixels[128..], &shown[2..])];
    let data = idx_folder("", side, parts);
    let flags = ["--preset", "best", "--epochs", "40"];
    let found = trained(data.path(), &data.path().join("run"), &flags);
    assert_eq!(found["train"]["images"], 80);
    assert_eq!(found["eval"]["images"], 2);
    assert!((accuracy(&found) - 1.0).abs() < 1e-9, "{}", found["eval"]);
}
