//! Tables of comma-separated values, one image a line, as Kaggle has MNIST: `label,pixel0,pixel1,...`.

use super::gzip::{self, Members};
use super::{Found, Images, Tree, path_name};
use crate::dataset::{DatasetError, ImageShape, Reading};
use csv::StringRecord;
use std::collections::BTreeSet;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

/// Reads a table, or those of a folder: of one alone a share is tested, of two one is called `train` and one `test`.
pub(super) fn read(
    tree: &Tree,
    path: &Path,
    reading: &Reading,
) -> Result<Option<Found>, DatasetError> {
    let mut files = tree.files(path);
    files.retain(|file| is_table(file));
    let called = |what: &str| {
        let mut found = files.iter().filter(|file| path_name(file).contains(what));
        (found.next(), found.next())
    };
    let (train, test) = match (files.as_slice(), called("train"), called("test")) {
        ([], ..) => return Ok(None),
        ([one], ..) => (one, None),
        (_, (Some(train), None), (test, None)) => (train, test),
        _ => {
            let listed: Vec<String> = files
                .iter()
                .map(|file| file.display().to_string())
                .collect();
            return Err(DatasetError::SeveralSets {
                path: path.into(),
                sets: listed.join(", "),
            });
        }
    };
    let train = Lines::read(tree, train)?;
    let test = test.map(|test| Lines::read(tree, test)).transpose()?;
    let names = names(&[Some(&train), test.as_ref()]);
    let images = |lines: Lines| lines.images(&names)?.read_as(reading);
    Ok(Some(Found {
        train: Some(images(train)?),
        test: test.map(images).transpose()?,
        names: names.clone(),
    }))
}

fn is_table(path: &Path) -> bool {
    let name = path_name(path);
    (name.ends_with(".csv") || name.ends_with(".csv.gz")) && !name.starts_with('.')
}

/// A table as it was read.
struct Lines {
    path: PathBuf,
    labels: Vec<String>,
    /// Pixels of a line.
    width: usize,
    values: Vec<f32>,
}

impl Lines {
    fn read(tree: &Tree, path: &Path) -> Result<Self, DatasetError> {
        let unreadable = DatasetError::unreadable(path);
        let mut file = BufReader::new(tree.open(path).map_err(&unreadable)?);
        let input: Box<dyn Read> = match gzip::is_gzip(&mut file).map_err(unreadable)? {
            true => Box::new(Members::new(file)),
            false => Box::new(file),
        };
        let mut records = csv::ReaderBuilder::new()
            .has_headers(false)
            .trim(csv::Trim::All)
            .from_reader(input);
        let mut lines = Self {
            path: path.into(),
            labels: Vec::new(),
            width: 0,
            values: Vec::new(),
        };
        let (mut record, mut column, mut line) = (StringRecord::new(), 0, 0);
        while records
            .read_record(&mut record)
            .map_err(|error| lines.wrong(line + 1, error.to_string()))?
        {
            line += 1;
            if line == 1 {
                lines.width = record.len().saturating_sub(1);
                if let Some(found) = lines.header(&record)? {
                    column = found;
                    continue;
                }
            }
            lines.add(&record, column, line)?;
        }
        if lines.labels.is_empty() || lines.width == 0 {
            return Err(DatasetError::NoImages { path: path.into() });
        }
        Ok(lines)
    }

    /// The column of the labels, if the first line names columns.
    fn header(&self, record: &StringRecord) -> Result<Option<usize>, DatasetError> {
        let is_label = |name: &str| {
            ["label", "labels", "class", "target", "y"].contains(&name.to_lowercase().as_str())
        };
        if let Some(column) = record.iter().position(is_label) {
            return Ok(Some(column));
        }
        match record
            .iter()
            .skip(1)
            .all(|value| value.parse::<f32>().is_ok())
        {
            true => Ok(None),
            false => Err(self.wrong(1, "none of the columns is called label".into())),
        }
    }

    fn add(&mut self, record: &StringRecord, column: usize, line: u64) -> Result<(), DatasetError> {
        for (at, value) in record.iter().enumerate() {
            if at == column {
                self.labels.push(value.into());
                continue;
            }
            let number = value
                .parse()
                .ok()
                .filter(|number| (0.0..=255.0).contains(number));
            let number = number.ok_or_else(|| {
                let why = format!(
                    "expected a number in 0..=255 as column {}, found \"{value}\"",
                    at + 1
                );
                self.wrong(line, why)
            })?;
            self.values.push(number);
        }
        Ok(())
    }

    fn wrong(&self, line: u64, why: String) -> DatasetError {
        DatasetError::BadTable {
            path: self.path.clone(),
            line,
            why,
        }
    }

    /// The images; labels are numbers, or else the places of their names.
    fn images(self, names: &[String]) -> Result<Images, DatasetError> {
        let label = |label: &String| match names.is_empty() {
            true => whole(label).unwrap_or(-1),
            false => names
                .iter()
                .position(|name| name == label)
                .map_or(-1, |label| label as i64),
        };
        // Shares of full intensity, or intensities.
        let shares = self.values.iter().any(|value| value.fract() != 0.0)
            && self.values.iter().all(|&value| value <= 1.0);
        let full = if shares { 255.0 } else { 1.0 };
        Ok(Images {
            shape: ImageShape::of_pixels(self.width),
            labels: self.labels.iter().map(label).collect(),
            pixels: self
                .values
                .iter()
                .map(|value| (value * full).round() as u8)
                .collect(),
        })
    }
}

/// A label as a number, also as `7.0`.
fn whole(label: &str) -> Option<i64> {
    let number: f64 = label.parse().ok()?;
    (number.fract() == 0.0 && number.abs() < 1e9).then_some(number as i64)
}

/// The labels of both tables in order, if they are not all numbers.
fn names(tables: &[Option<&Lines>; 2]) -> Vec<String> {
    let labels = tables.iter().flatten().flat_map(|lines| &lines.labels);
    if labels.clone().all(|label| whole(label).is_some()) {
        return Vec::new();
    }
    let names: BTreeSet<&String> = labels.collect();
    names.into_iter().cloned().collect()
}
