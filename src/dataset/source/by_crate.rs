//! From the files of MNIST to images with their labels.
//!
//! The `mnist` crate parses them. It takes nothing but paths of raw files, and panics on whatever it does not expect; so
//! headers are checked first, and it gets as many bytes as they announce under paths that nobody else can write to: pipes,
//! where the system gives them paths, into which the files are unpacked while it reads; else a private temporary folder.
//! If neither can be had, as on a machine that allows no writing, or memory is short, the bytes are split here, with the
//! same result.
//!
//! The crate reads a pipe until all that could write to it have closed it. A process that another thread forks meanwhile,
//! and that runs on without another program, holds it open too: reading then lasts as long as that process.

use super::Images;
use super::idx::BegunPart;
use crate::dataset::{DatasetError, ImageShape, Part};
#[cfg(unix)]
use crate::threads::check_room;
use crate::threads::{address_space, both};
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
/// Address space below which memory is short: threads that start while others take it may find none. Images grow by
/// doubling in the crate, and are copied: 64, 47, 8 and 8 MB.
const LEAST_ADDRESS_SPACE: u64 = 1 << 30;

/// Parses the parts of a set, side by side; where memory is short, without threads and without the crate, which copies.
///
/// # Errors
/// What is wrong with their files.
pub(super) fn parse(
    train: Option<BegunPart<'_>>,
    test: Option<BegunPart<'_>>,
) -> Result<[Option<Images>; 2], DatasetError> {
    if address_space().is_some_and(|limit| limit < LEAST_ADDRESS_SPACE) {
        let cut =
            |part: Option<BegunPart<'_>>| part.map(|part| Ok(part.whole()?.cut())).transpose();
        return Ok([cut(train)?, cut(test)?]);
    }
    // Before anything is read, so that neither part takes what the other still needs.
    let (for_train, for_test) = (Way::find(), Way::find());
    let parse = |part: Option<BegunPart<'_>>, which, way| {
        part.map(|part| parse_part(part, which, way)).transpose()
    };
    let (train, test) = both(
        || parse(train, Part::Training, for_train),
        || parse(test, Part::Test, for_test),
    );
    Ok([train?, test?])
}

fn parse_part(part: BegunPart<'_>, which: Part, way: Way) -> Result<Images, DatasetError> {
    if !part.is_mnist(count(which) as usize) {
        return Ok(part.whole()?.cut());
    }
    let part = Mutex::new(Some(part));
    if let Some(parsed) = way.parse(&part, which) {
        return parsed;
    }
    let part = part.into_inner().ok().flatten();
    let part = part.expect("a part is left where it was not parsed");
    let part = part.whole()?;
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
    /// The same if every path can be opened; otherwise the crate would panic.
    fn checked(self) -> io::Result<Self> {
        for name in &self.names {
            File::open(Path::new(&self.folder).join(name))?;
        }
        Ok(self)
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

/// How the crate can read what another thread unpacks.
#[cfg(unix)]
struct Way(Option<Pipes>);

/// Four pipes with all that it takes to read them.
#[cfg(unix)]
struct Pipes {
    paths: Paths,
    read: [PipeReader; 4],
    write: [PipeWriter; 4],
    /// What the crate opens next has its place, whatever else is opened until then.
    spare: File,
}

#[cfg(unix)]
impl Way {
    fn find() -> Self {
        Self(Pipes::open().ok())
    }

    /// What comes of a part; none, the part being left, where it cannot begin.
    fn parse(
        self,
        part: &Mutex<Option<BegunPart<'_>>>,
        which: Part,
    ) -> Option<Result<Images, DatasetError>> {
        let Pipes {
            paths,
            read,
            write,
            spare,
        } = self.0?;
        check_room(1).ok()?;
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
            drop(spare);
            let images = paths.parse(which);
            match feeding.join() {
                Ok(fed) => fed.map(|fed| fed.map(|()| images)),
                Err(panic) => panic::resume_unwind(panic),
            }
        })
    }
}

#[cfg(unix)]
impl Pipes {
    /// Pipes with more room than usual where that can be had, so that neither side waits often.
    fn open() -> io::Result<Self> {
        let [a, b, c, d] = [io::pipe()?, io::pipe()?, io::pipe()?, io::pipe()?];
        let (read, write) = ([a.0, b.0, c.0, d.0], [a.1, b.1, c.1, d.1]);
        #[cfg(target_os = "linux")]
        for pipe in &read {
            let _ = rustix::pipe::fcntl_setpipe_size(pipe, PIPE_BYTES);
        }
        let paths = Paths {
            folder: "/dev/fd".into(),
            names: read.each_ref().map(|pipe| pipe.as_raw_fd().to_string()),
        };
        Ok(Self {
            paths: paths.checked()?,
            read,
            write,
            spare: File::open("/dev/null")?,
        })
    }
}

#[cfg(not(unix))]
struct Way;

#[cfg(not(unix))]
impl Way {
    fn find() -> Self {
        Self
    }

    fn parse(
        self,
        _: &Mutex<Option<BegunPart<'_>>>,
        _: Part,
    ) -> Option<Result<Images, DatasetError>> {
        None
    }
}

/// Writes the headers of the other part, for which a pipe has room at once, and the files of this one in the order in which
/// the crate reads them. To the end, whatever is found: the crate waits for every byte.
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
        Ok(Self {
            paths: paths.checked()?,
            _private: private,
        })
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
            if cfg!(any(target_os = "linux", target_os = "macos")) {
                let of_pipes = with_part(&data, which, |part| {
                    Way::find().parse(&Mutex::new(Some(part)), which)
                });
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
        assert!(paths.checked().is_err());
    }
}
