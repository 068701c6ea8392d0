//! What can be wrong with a data set, one variant a fault.

use super::ImageShape;
use std::io;
use std::path::{Path, PathBuf};

/// A fault in a data set, or in a request for a part of it.
///
/// Every message is one sentence that names the file, what was expected and
/// what was found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatasetError {
    /// The path is absent, or is neither a folder nor a file of data.
    #[error(
        "{}: neither a folder nor a data set; name the folder that holds the data files with --data DIR",
        dir.display()
    )]
    NoFolder {
        /// The path that was given.
        dir: PathBuf,
    },

    /// None of the names under which a file is looked for is there.
    #[error(
        "{}: neither {name} nor {name}.gz is there; \
         name the folder that holds the data files with --data DIR",
        dir.display()
    )]
    Missing {
        /// The folder that was searched.
        dir: PathBuf,
        /// The name of the raw file.
        name: String,
    },

    /// A folder, device or pipe has the name of a data file.
    #[error("{}: expected a regular file, found something else of that name", path.display())]
    NotAFile {
        /// The path that was looked at.
        path: PathBuf,
    },

    /// The system refused to open or read a file.
    #[error("{}: cannot be read: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },

    /// The file has no bytes at all.
    #[error("{}: the file is empty, expected a data file; copy it again", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },

    /// A `.gz` file that is cut, damaged, or not gzip data.
    #[error(
        "{}: cannot be decompressed as gzip ({cause}); it is cut or damaged, copy it again",
        path.display()
    )]
    BadGzip {
        /// The file.
        path: PathBuf,
        /// What the decompressor said.
        cause: io::Error,
    },

    /// The first four bytes are not those of the kind of file expected.
    #[error(
        "{}: expected {kind} (magic number {expected:#010x}), \
         found magic number {found:#010x}{hint}",
        path.display()
    )]
    Magic {
        /// The file.
        path: PathBuf,
        /// What the file should hold: `images` or `labels`.
        kind: &'static str,
        /// The magic number of that kind.
        expected: u32,
        /// The number in the file.
        found: u32,
        /// A guess at the reason, starting with a separator, or nothing.
        hint: &'static str,
    },

    /// Images and labels of a part are not as many.
    #[error("{}: there are {labels} labels for {images} images", path.display())]
    Counts {
        /// The file of the labels.
        path: PathBuf,
        labels: usize,
        images: usize,
    },

    /// The header announces images that are none.
    #[error(
        "{}: expected images of rows and columns, in grey or in 3 colours, the header says {dimensions}",
        path.display()
    )]
    Shape {
        /// The file.
        path: PathBuf,
        /// Sizes of all dimensions, that of the images first.
        dimensions: String,
    },

    /// The images have another shape than the network takes.
    #[error(
        "the images have the shape {images}, the network takes {network}: set input.height, input.width and \
         input.channels to those of the images"
    )]
    OtherShape {
        images: ImageShape,
        network: ImageShape,
    },

    /// The file, decompressed, ends too early.
    #[error(
        "{}: expected {expected} bytes of data, found only {found}; copy the file again",
        path.display()
    )]
    TooShort {
        /// The file.
        path: PathBuf,
        /// Bytes of header and items together.
        expected: u64,
        /// Bytes that were there.
        found: u64,
    },

    /// The file, decompressed, goes on after its last item.
    #[error(
        "{}: expected {expected} bytes of data, found more; copy the file again",
        path.display()
    )]
    TooLong {
        /// The file.
        path: PathBuf,
        /// Bytes of header and items together.
        expected: u64,
    },

    /// A label that no class can have.
    #[error(
        "{}: expected labels {first} to {last}, found {found} as label number {index}",
        path.display()
    )]
    Label {
        /// The source.
        path: PathBuf,
        /// Which label, counted from 0.
        index: usize,
        /// Its value.
        found: i64,
        first: i64,
        last: i64,
    },

    /// Pixels and labels given for a set do not belong together.
    #[error(
        "expected {} pixels for each of {labels} labels, found {pixels} pixels in all",
        shape.len()
    )]
    Unequal {
        shape: ImageShape,
        /// Number of pixels given.
        pixels: usize,
        /// Number of labels given.
        labels: usize,
    },

    /// Images to train with and to test with differ in shape.
    #[error(
        "{}: the training images are {train}, the test images {test}: they must be alike; scale them with --size",
        path.display()
    )]
    TwoShapes {
        path: PathBuf,
        train: ImageShape,
        test: ImageShape,
    },

    /// A source without images.
    #[error("{}: holds no images", path.display())]
    NoImages { path: PathBuf },

    /// A file that is called like a picture and is none.
    #[error("{}: cannot be read as a picture: {cause}", path.display())]
    BadPicture { path: PathBuf, cause: io::Error },

    /// Pictures of several sizes.
    #[error(
        "{} is {shape}, {} is {found}: choose the size to which all are scaled, such as --size 28x28",
        first.display(),
        other.display()
    )]
    PicturesDiffer {
        first: PathBuf,
        shape: ImageShape,
        other: PathBuf,
        found: ImageShape,
    },

    /// More classes than labels.
    #[error("{}: holds {classes} classes: a data set may have 256", path.display())]
    TooManyClasses { path: PathBuf, classes: usize },

    /// A table that cannot be read.
    #[error("{}: line {line}: {why}", path.display())]
    BadTable {
        path: PathBuf,
        line: u64,
        why: String,
    },

    /// An array that cannot be read.
    #[error("{}: {why}", path.display())]
    BadArray { path: PathBuf, why: String },

    /// Images without labels, or labels without images.
    #[error("{}: images need labels, and labels images: the other array is not there", path.display())]
    ArrayAlone { path: PathBuf },

    /// Arrays whose names say nothing.
    #[error(
        "{}: none of its arrays is called like images with their labels: expected x_train and y_train, images and \
         labels, or alike",
        path.display()
    )]
    NoArrays { path: PathBuf },

    /// A folder of several sets.
    #[error("{}: holds several data sets: name one of {sets}", path.display())]
    SeveralSets { path: PathBuf, sets: String },

    /// Images that cannot be scaled.
    #[error("images of {from} cannot be scaled to {to}")]
    Scaling { from: ImageShape, to: ImageShape },

    /// What a feature is needed for that the library was built without.
    #[error("{what} needs the feature `sources`, which this program was built without")]
    WithoutSources { what: &'static str },

    /// The classes together have fewer images than were asked for.
    #[error(
        "expected {count} images of the classes after the first {skip}, found {available} images of them in all"
    )]
    TooFewInAll {
        /// Images to pass over.
        skip: usize,
        /// Images wanted after those.
        count: usize,
        /// Images of the classes in the set.
        available: usize,
    },

    /// A class has fewer images than were asked for.
    #[error(
        "class {class}: expected {count} images after the first {skip}, \
         found {available} images of that class in all"
    )]
    TooFew {
        /// The class.
        class: u8,
        /// Images of the class to pass over.
        skip: usize,
        /// Images wanted after those.
        count: usize,
        /// Images of the class in the set.
        available: usize,
    },
}

impl DatasetError {
    /// What the system said of a file that cannot be read.
    pub(super) fn unreadable(path: &Path) -> impl Fn(io::Error) -> Self {
        move |cause| Self::Unreadable {
            path: path.into(),
            cause,
        }
    }
}
