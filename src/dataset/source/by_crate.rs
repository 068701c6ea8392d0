//! From the files of MNIST to images with their labels.
//!
//! The `mnist` crate parses them. It takes nothing but paths of raw files, and panics on whatever it does not expect; so
//! it gets what was checked under paths that nobody else can write to: pipes, where the system gives them paths, into
//! which the files are unpacked while it reads; else a private temporary folder. If neither can be had, as on a machine
//! that allows no writing, the bytes are split here, with the same result.

use super::Images;
use super::idx::BegunPart;
use crate::dataset::{DatasetError, ImageShape, Part};
#[cfg(unix)]
use crate::threads::check_room;
use mnist::{Mnist, MnistBuilder};
use std::fs::{self, File};
use std::io;
#[cfg(unix)]
use std::io::{PipeReader, PipeWriter, Write};
#[cfg(unix)]
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::Mutex;
#[cfg(unix)]
use std::{panic, thread};
use tempfile::TempDir;

/// Images in the two parts of MNIST: the crate parses no others.
const TRAIN_COUNT: u32 = 60_000;
const TEST_COUNT: u32 = 10_000;
/// Room in a pipe.
#[cfg(target_os = "linux")]
const PIPE_BYTES: usize = 1 << 20;

/// Parses one of the two parts of a set.
///
/// # Errors
/// What is wrong with its files.
pub(super) fn parse(part: BegunPart<'_>, which: Part) -> Result<Images, DatasetError> {
    if !part.is_mnist(count(which) as usize) {
        return Ok(part.whole()?.cut());
    }
    let part = Mutex::new(Some(part));
    if let Some(parsed) = piped(&part, which) {
        return parsed;
    }
    let part = part.into_inner().ok().flatten();
    let part = part
        .expect("a part is left where it was not parsed")
        .whole()?;
    match Folder::of(part.files(), which) {
        Ok(folder) => {
            // They are 55 MB, and so are the copies that the crate makes.
            drop(part);
            Ok(folder.paths.parse(which))
        }
        Err(_) => Ok(part.cut()),
    }
}

fn count(part: Part) -> u32 {
    match part {
        Part::Training => TRAIN_COUNT,
        Part::Test => TEST_COUNT,
    }
}

/// The headers of the files of images and labels of a part: all of them that the crate must see to parse the other.
fn headers(part: Part) -> [Vec<u8>; 2] {
    let of = |words: &[u32]| words.iter().flat_map(|word| word.to_be_bytes()).collect();
    let count = count(part);
    [of(&[0x0803, count, 28, 28]), of(&[0x0801, count])]
}

/// Paths that the crate can open.
struct Paths {
    folder: String,
    /// Training images, their labels, test images, their labels.
    names: [String; 4],
}

impl Paths {
    /// Whether the crate can open them; otherwise it would panic.
    fn can_be_opened(&self) -> bool {
        let open = |name| File::open(Path::new(&self.folder).join(name)).is_ok();
        self.names.iter().all(open)
    }

    /// What the crate makes of the files of a part; of the other it gets headers.
    fn parse(&self, part: Part) -> Images {
        let [train_images, train_labels, test_images, test_labels] = &self.names;
        let of = |which: Part| if part == which { count(which) } else { 0 };
        let Mnist {
            trn_img,
            trn_lbl,
            tst_img,
            tst_lbl,
            ..
        } = MnistBuilder::new()
            .base_path(&self.folder)
            .training_images_filename(train_images)
            .training_labels_filename(train_labels)
            .test_images_filename(test_images)
            .test_labels_filename(test_labels)
            .label_format_digit()
            .training_set_length(of(Part::Training))
            .validation_set_length(0)
            .test_set_length(of(Part::Test))
            .finalize();
        let (pixels, labels) = match part {
            Part::Training => (trn_img, trn_lbl),
            Part::Test => (tst_img, tst_lbl),
        };
        Images {
            shape: ImageShape::MNIST,
            pixels,
            labels: labels.into_iter().map(i64::from).collect(),
        }
    }
}

/// Lets the crate read what another thread unpacks; none, the part being left, where that cannot begin.
#[cfg(unix)]
fn piped(part: &Mutex<Option<BegunPart<'_>>>, which: Part) -> Option<Result<Images, DatasetError>> {
    let (read, write) = pipes().ok()?;
    let paths = Paths {
        folder: "/dev/fd".into(),
        names: read.each_ref().map(|pipe| pipe.as_raw_fd().to_string()),
    };
    if !paths.can_be_opened() || check_room(1).is_err() {
        return None;
    }
    let feed = || {
        part.lock()
            .ok()?
            .take()
            .map(|part| pour(part, which, write))
    };
    thread::scope(|scope| {
        let feeding = thread::Builder::new().spawn_scoped(scope, feed).ok()?;
        // Should the crate panic, the ends to read from go, and nothing waits for them any more.
        let _open = read;
        let images = paths.parse(which);
        match feeding.join() {
            Ok(fed) => fed.map(|fed| fed.map(|()| images)),
            Err(panic) => panic::resume_unwind(panic),
        }
    })
}

#[cfg(not(unix))]
fn piped(_: &Mutex<Option<BegunPart<'_>>>, _: Part) -> Option<Result<Images, DatasetError>> {
    None
}

/// Pipes for four files, the ends to read from first; with more room than usual where that can be had, so that neither
/// side waits often.
#[cfg(unix)]
fn pipes() -> io::Result<([PipeReader; 4], [PipeWriter; 4])> {
    let [a, b, c, d] = [io::pipe()?, io::pipe()?, io::pipe()?, io::pipe()?];
    let (read, write) = ([a.0, b.0, c.0, d.0], [a.1, b.1, c.1, d.1]);
    #[cfg(target_os = "linux")]
    for pipe in &read {
        let _ = rustix::pipe::fcntl_setpipe_size(pipe, PIPE_BYTES);
    }
    Ok((read, write))
}

/// Writes the files of a part, and the headers of the other, in the order in which the crate reads. To the end, whatever
/// is found: the crate waits for every byte.
#[cfg(unix)]
fn pour(
    part: BegunPart<'_>,
    which: Part,
    [train_images, train_labels, test_images, test_labels]: [PipeWriter; 4],
) -> Result<(), DatasetError> {
    let pour_headers = |mut images: PipeWriter, mut labels: PipeWriter, other| {
        let [of_images, of_labels] = headers(other);
        // Who reads may go away.
        let _ = images.write_all(&of_images);
        let _ = labels.write_all(&of_labels);
    };
    match which {
        Part::Training => {
            pour_headers(test_images, test_labels, Part::Test);
            part.pour(train_images, train_labels)
        }
        Part::Test => {
            pour_headers(train_images, train_labels, Part::Training);
            part.pour(test_images, test_labels)
        }
    }
}

/// Files in a private folder, which is removed with this.
struct Folder {
    paths: Paths,
    _private: TempDir,
}

impl Folder {
    fn of(files: [&[u8]; 2], which: Part) -> io::Result<Self> {
        let private = tempfile::Builder::new().prefix("spikeprune-").tempdir()?;
        let names = ["0", "1", "2", "3"].map(String::from);
        let headers = [Part::Training, Part::Test].map(headers);
        let headers = headers
            .each_ref()
            .map(|[images, labels]| [&images[..], labels]);
        let all = match which {
            Part::Training => [files, headers[1]],
            Part::Test => [headers[0], files],
        };
        for (name, bytes) in names.iter().zip(all.concat()) {
            fs::write(private.path().join(name), bytes)?;
        }
        let folder = private.path().to_str().ok_or(io::ErrorKind::InvalidInput)?;
        let paths = Paths {
            folder: folder.into(),
            names,
        };
        match paths.can_be_opened() {
            true => Ok(Self {
                paths,
                _private: private,
            }),
            false => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::source::idx::with_part;

    #[test]
    fn all_ways_come_to_the_same() {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
        for (which, count) in [(Part::Training, 60_000), (Part::Test, 10_000)] {
            let of_folder = with_part(&data, which, |part| {
                let part = part.whole().unwrap();
                let folder = Folder::of(part.files(), which).unwrap();
                let (of_folder, cut) = (folder.paths.parse(which), part.cut());
                assert_eq!(cut.labels.len(), count);
                assert!(of_folder == cut);
                of_folder
            });
            if cfg!(unix) {
                let of_pipes =
                    with_part(&data, which, |part| piped(&Mutex::new(Some(part)), which));
                assert!(of_pipes.unwrap().unwrap() == of_folder);
            }
        }
    }

    #[test]
    fn a_path_that_the_crate_cannot_open_is_no_panic() {
        let paths = Paths {
            folder: "/nowhere".into(),
            names: ["0", "1", "2", "3"].map(String::from),
        };
        assert!(!paths.can_be_opened());
    }
}
