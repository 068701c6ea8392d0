//! Files in memory are read as those of a folder are.

use super::sources::pictures;
use super::{NAMES, SHIPPED, shipped};
use spikeprune::dataset::{Reading, load, load_files};
use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

/// All files below a folder, by their names in it.
fn files(folder: &Path, below: &str) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder.join(below)).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{below}{}", entry.file_name().to_str().unwrap());
        match entry.path().is_dir() {
            true => files.extend(self::files(folder, &format!("{name}/"))),
            false => files.push((name, fs::read(entry.path()).unwrap())),
        }
    }
    files
}

/// The files in an archive, in a folder of it.
fn zipped(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(format!("digits/{name}"), options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn pictures_as_files_and_in_an_archive() {
    let (folder, reading) = (pictures(), Reading::default());
    let set = load(folder.path()).unwrap();
    let files = files(folder.path(), "");
    let archive = zipped(&files);
    assert_eq!(load_files(files, &reading, 0).unwrap(), set);
    let archive = vec![("Digits.ZIP".into(), archive)];
    assert_eq!(load_files(archive, &reading, 0).unwrap(), set);
}

#[test]
fn arrays_and_tables() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/digits8x8");
    let arrays = vec![(
        "digits8x8.npz".into(),
        fs::read(fixture.join("digits8x8.npz")).unwrap(),
    )];
    let read = |files| load_files(files, &Reading::default(), 0);
    assert_eq!(read(arrays).unwrap(), load(&fixture).unwrap());
    let table = b"label,a,b,c,d\n0,1,2,3,4\n1,5,6,7,8\n0,1,2,3,300\n".to_vec();
    let wrong = read(vec![("some.csv".into(), table)]).unwrap_err();
    let expected =
        "files/some.csv: line 4: expected a number in 0..=255 as column 5, found \"300\"";
    assert_eq!(wrong.to_string(), expected);
    let damaged = read(vec![("some.zip".into(), b"PK".to_vec())]).unwrap_err();
    assert!(
        damaged.to_string().starts_with("files/some.zip: "),
        "{damaged}"
    );
    assert!(read(Vec::new()).is_err());
}

#[test]
fn idx_files() {
    let file = |name: &&str| (format!("{name}.gz"), fs::read(shipped(name)).unwrap());
    let files = NAMES.iter().map(file).collect();
    assert_eq!(load_files(files, &Reading::default(), 0).unwrap(), *SHIPPED);
}
