//! Folders of pictures, arrays of NumPy and tables.

use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use npyz::WriterBuilder;
use spikeprune::dataset::{Colour, Dataset, ImageShape, Reading, load, load_as};
use std::fs;
use std::io::Write;
use std::path::Path;
use tempfile::TempDir;

fn filled(colour: [u8; 3], (width, height): (u32, u32)) -> DynamicImage {
    RgbImage::from_pixel(width, height, Rgb(colour)).into()
}

fn save(picture: &DynamicImage, path: &Path) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    picture.save(path).unwrap();
}

/// Ten pictures of each of two colours, in the four formats.
pub fn pictures() -> TempDir {
    let folder = TempDir::new().unwrap();
    for number in 0..10 {
        let ending = ["png", "bmp", "gif", "jpg"][number % 4];
        for (class, colour) in [("sky", [0, 0, 250]), ("leaf", [0, 200, 0])] {
            let path = folder.path().join(format!("{class}/{number}.{ending}"));
            save(&filled(colour, (6, 4)), &path);
        }
    }
    fs::write(folder.path().join("sky/notes.txt"), "not a picture").unwrap();
    fs::write(folder.path().join("sky/.hidden.png"), "not a picture").unwrap();
    folder
}

fn error(set: Result<Dataset, impl ToString>) -> String {
    match set {
        Ok(_) => panic!("the fault was not seen"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn pictures_in_a_folder_for_each_class() {
    let folder = pictures();
    let rgb = Reading {
        colour: Colour::Rgb,
        ..Reading::default()
    };
    let set = load_as(folder.path(), &rgb, 3).unwrap();
    assert_eq!(set.names, ["leaf", "sky"]);
    assert_eq!((set.train.len(), set.test.len()), (16, 4));
    assert_eq!(set.train.shape().to_string(), "4x6x3");
    for image in 0..set.train.len() {
        let middle = &set.train.image(image)[..3];
        let (blue, green) = (middle[2] > 200, middle[1] > 150);
        let expected = if set.train.label(image) == 1 {
            (true, false)
        } else {
            (false, true)
        };
        assert_eq!((blue, green), expected, "{middle:?}");
    }
    assert_eq!(load_as(folder.path(), &rgb, 3).unwrap(), set);
    assert_ne!(load_as(folder.path(), &rgb, 4).unwrap().test, set.test);
    // In grey, and of another size.
    let small = Reading {
        size: "2x2".parse().unwrap(),
        ..Reading::default()
    };
    let grey = load_as(folder.path(), &small, 3).unwrap();
    assert_eq!(grey.train.shape(), ImageShape::grey(2, 2));
    assert!(
        grey.train
            .image(0)
            .iter()
            .all(|&pixel| (1..250).contains(&pixel))
    );
}

#[test]
fn parts_of_pictures_may_be_apart() {
    let folder = TempDir::new().unwrap();
    for (part, class, count) in [("train", "7", 3), ("train", "10", 2), ("test", "10", 1)] {
        for number in 0..count {
            let path = folder.path().join(format!("{part}/{class}/{number}.png"));
            save(&filled([number; 3], (3, 3)), &path);
        }
    }
    let set = load(folder.path()).unwrap();
    // By number, not by letter.
    assert_eq!(set.names, ["7", "10"]);
    assert_eq!((set.train.len(), set.test.len()), (5, 1));
    assert_eq!(set.test.labels(), [1]);
}

#[test]
fn what_shines_through_is_laid_over_black() {
    let folder = TempDir::new().unwrap();
    let half = RgbaImage::from_pixel(2, 2, Rgba([200, 200, 200, 128]));
    for (class, picture) in [("a", half.clone()), ("b", half)] {
        let picture = DynamicImage::from(picture);
        save(&picture, &folder.path().join(format!("{class}/0.png")));
        save(&picture, &folder.path().join(format!("{class}/1.png")));
    }
    let set = load(folder.path()).unwrap();
    assert!(
        set.train.pixels().iter().all(|&pixel| pixel == 100),
        "{:?}",
        set.train.pixels()
    );
}

#[test]
fn pictures_that_cannot_be_used_are_named() {
    let folder = pictures();
    save(
        &filled([0; 3], (5, 5)),
        &folder.path().join("leaf/other.png"),
    );
    let message = error(load(folder.path()));
    assert!(
        message.contains("other.png is 5x5: choose the size"),
        "{message}"
    );
    fs::write(folder.path().join("leaf/a.png"), "not a picture").unwrap();
    let message = error(load(folder.path()));
    assert!(
        message.contains("a.png: cannot be read as a picture"),
        "{message}"
    );
    // What it is tells its content, not its name.
    let mut bytes = std::io::Cursor::new(Vec::new());
    filled([1; 3], (6, 4))
        .write_to(&mut bytes, ImageFormat::Bmp)
        .unwrap();
    fs::write(folder.path().join("leaf/a.png"), bytes.into_inner()).unwrap();
    fs::remove_file(folder.path().join("leaf/other.png")).unwrap();
    assert!(load(folder.path()).is_ok());
}

fn array<T: npyz::AutoSerialize + Copy>(
    shape: &[u64],
    values: &[T],
    order: npyz::Order,
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let options = npyz::WriteOptions::new()
        .default_dtype()
        .shape(shape)
        .order(order);
    let mut writer = options.writer(&mut bytes).begin_nd().unwrap();
    writer.extend(values.iter().copied()).unwrap();
    writer.finish().unwrap();
    bytes
}

fn archive(path: &Path, arrays: &[(&str, Vec<u8>)]) {
    let mut zip = zip::ZipWriter::new(fs::File::create(path).unwrap());
    for (name, bytes) in arrays {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(format!("{name}.npy"), options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
}

#[test]
fn arrays_as_python_writes_them() {
    let c = npyz::Order::C;
    let folder = TempDir::new().unwrap();
    let pixels: Vec<u8> = (0..24).collect();
    let (train, test) = (
        array(&[4, 2, 3], &pixels, c),
        array(&[1, 2, 3], &pixels[..6], c),
    );
    let (of_train, of_test) = (array(&[4], &[9i64, 3, 3, 0], c), array(&[1, 1], &[3u8], c));
    let file = folder.path().join("set.npz");
    archive(
        &file,
        &[
            ("X_train", train.clone()),
            ("y_train", of_train.clone()),
            ("x_test", test.clone()),
            ("y_test", of_test.clone()),
            ("val_images", test.clone()),
        ],
    );
    let set = load(&file).unwrap();
    assert_eq!(set.train.shape(), ImageShape::grey(2, 3));
    assert_eq!(
        (set.train.labels(), set.test.labels()),
        (&[9, 3, 3, 0][..], &[3][..])
    );
    assert_eq!(set.train.pixels(), pixels);
    // The same as files beside each other, in a folder.
    let beside = TempDir::new().unwrap();
    for (name, bytes) in [
        ("train_images", train),
        ("train_labels", of_train.clone()),
        ("test_images", test),
        ("test_labels", of_test),
    ] {
        fs::write(beside.path().join(format!("{name}.npy")), bytes).unwrap();
    }
    assert_eq!(load(beside.path()).unwrap(), set);
    // Shares of full intensity by columns, channels first.
    let shares: Vec<f32> = pixels
        .iter()
        .map(|&value| f32::from(value) / 23.0)
        .collect();
    archive(
        &file,
        &[
            (
                "images",
                array(&[2, 3, 2, 2], &shares, npyz::Order::Fortran),
            ),
            ("labels", array(&[2], &[0i32, 1], c)),
        ],
    );
    let all = Reading {
        test_share: 0.0,
        ..Reading::default()
    };
    let set = load_as(&file, &all, 0).unwrap().train;
    assert_eq!(set.shape().to_string(), "2x2x3");
    let first = set.labels().iter().position(|&label| label == 0).unwrap();
    // Image 0, row 0, column 0: its three colours lie two apart where the first index runs fastest.
    let intensity = |at: u8| (f32::from(at) / 23.0 * 255.0).round() as u8;
    assert_eq!(set.image(first)[..3], [0, 2, 4].map(intensity));
}

#[test]
fn arrays_that_cannot_be_used_are_named() {
    let c = npyz::Order::C;
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("set.npz");
    let images = || array(&[2, 2, 2], &[1u8; 8], c);
    let labels = || array(&[2], &[0u8, 1], c);
    let mut long = array(&[2, 2, 2], &[1u8; 8], c);
    let at = long.windows(7).position(|part| part == b"(2, 2, ").unwrap();
    long[at + 1] = b'9';
    for (arrays, says) in [
        (vec![("x", images())], "images need labels"),
        (
            vec![("weights", images())],
            "none of its arrays is called like images",
        ),
        (
            vec![("x", images()), ("y", array(&[3], &[0u8; 3], c))],
            "there are 3 labels for 2 images",
        ),
        (
            vec![("x", images()), ("y", array(&[2, 2], &[0u8; 4], c))],
            "expected one whole number for each image",
        ),
        (
            vec![("x", images()), ("y", array(&[2], &[0.5f32, 1.0], c))],
            "expected one whole number for each image",
        ),
        (
            vec![("x", array(&[2], &[1u8; 2], c)), ("y", labels())],
            "expected images, rows and columns",
        ),
        (
            vec![("x", array(&[2, 2, 2], &[1.5f32; 8], c)), ("y", labels())],
            "no intensities",
        ),
        (
            vec![("x", array(&[2, 2, 2], &[-1i32; 8], c)), ("y", labels())],
            "no intensities",
        ),
        (
            vec![("x", long), ("y", labels())],
            "which is more than it holds",
        ),
        (
            vec![("x", b"no array".to_vec()), ("y", labels())],
            "set.npz/x:",
        ),
        (
            vec![("x", images()), ("images", images()), ("y", labels())],
            "several data sets",
        ),
    ] {
        archive(&file, &arrays);
        let message = error(load(&file));
        assert!(message.contains(says), "{message}\n{says}");
    }
    fs::write(&file, "no archive").unwrap();
    assert!(error(load(&file)).contains("set.npz: "));
}

#[test]
fn tables_of_a_line_for_each_image() {
    let folder = TempDir::new().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let train = write(
        "mnist_train.csv",
        "label,1x1,1x2,2x1,2x2\n5,0,255,1,2\n0,3,4,5,6\n",
    );
    write("mnist_test.csv", "label,1x1,1x2,2x1,2x2\n5,9,9,9,9\n");
    let set = load(folder.path()).unwrap();
    assert_eq!(
        (set.train.shape(), set.train.labels()),
        (ImageShape::grey(2, 2), &[5, 0][..])
    );
    assert_eq!(
        (set.train.image(0), set.test.image(0)),
        (&[0, 255, 1, 2][..], &[9; 4][..])
    );
    assert_eq!(load(&train).unwrap().train.len(), 2);
    // Without a head; with the label elsewhere, in words, and shares of full intensity.
    let plain = write("plain.csv", "1, 10, 20\n1, 30, 40\n");
    assert_eq!(load(&plain).unwrap().train.shape(), ImageShape::grey(1, 2));
    let words = write("words.csv", "a,class,b\n0.5,cat,1.0\n0,bird,0.1\n");
    let set = load(&words).unwrap();
    assert_eq!(set.names, ["bird", "cat"]);
    let cat = set
        .train
        .labels()
        .iter()
        .position(|&label| label == 1)
        .unwrap();
    assert_eq!(set.train.image(cat), [128, 255]);
    for (text, says) in [
        (
            "label,a\n1,300\n",
            "line 2: expected a number in 0..=255 as column 2, found \"300\"",
        ),
        ("label,a\n1,x\n", "found \"x\""),
        (
            "pixel0,pixel1\n1,2\n",
            "none of the columns is called label",
        ),
        ("label,a\n1,2\n3\n", "line 3"),
        ("label\n1\n", "holds no images"),
        ("", "holds no images"),
    ] {
        let message = error(load(&write("wrong.csv", text)));
        assert!(message.contains(says), "{message}\n{says}");
    }
    // Two of which none is called train.
    for name in ["mnist_train.csv", "mnist_test.csv", "wrong.csv"] {
        fs::remove_file(folder.path().join(name)).unwrap();
    }
    assert!(error(load(folder.path())).contains("several data sets"));
}
