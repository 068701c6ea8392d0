//! The first images of the project's data in a folder of their own, for tests that run the program often: to read all
//! 70,000 takes a third of a second each time, longer than most of what the tests do with them.

use flate2::read::GzDecoder;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// The project's data, whole.
pub const ALL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data");

/// Images to train with and images to test with. Of each class there are at least 702 and 548.
const PARTS: [(&str, usize); 2] = [("train", 8_000), ("t10k", 6_000)];

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let [(_, train), (_, test)] = PARTS;
    let place = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let folder = place.join(format!("first-images-{train}-{test}"));
    if folder.is_dir() {
        return folder;
    }
    let made = tempfile::tempdir_in(place).unwrap();
    for (part, count) in PARTS {
        for (kind, header, item) in [("images-idx3", 16, 28 * 28), ("labels-idx1", 8, 1)] {
            let name = format!("{part}-{kind}-ubyte");
            let all = GzDecoder::new(File::open(format!("{ALL}/{name}.gz")).unwrap());
            let mut bytes = Vec::new();
            all.take((header + count * item) as u64)
                .read_to_end(&mut bytes)
                .unwrap();
            bytes[4..8].copy_from_slice(&(count as u32).to_be_bytes());
            fs::write(made.path().join(name), bytes).unwrap();
        }
    }
    // Whole or not at all. Another program of tests may have been faster.
    let made = made.keep();
    if fs::rename(&made, &folder).is_err() {
        fs::remove_dir_all(made).unwrap();
    }
    folder
});

/// The folder of the first images.
pub fn first_images() -> &'static str {
    FOLDER.to_str().unwrap()
}
