//! What the pages and tables of all papers are made of.

use crate::cli::run_folder::RunFolder;
use anyhow::Context;
use spikeprune::dataset::Digests;
use spikeprune::params::{Params, to_toml};
use spikeprune::report::plot::{Axis, Series, Svg};
use spikeprune::report::{Align, Block, Cell, Column, Sheet, encode_png};
use spikeprune::statistics::Interval;
use std::fmt::Write;
use std::path::PathBuf;

/// Columns as wide as their widest cell; the first to the left, all others to the right.
pub fn aligned(columns: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let widths = cells.map(|cell| cell.chars().count());
        widths
            .max()
            .unwrap_or(0)
            .max(columns[column].chars().count())
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let mut text = String::new();
    let mut line = |cells: &mut dyn Iterator<Item = &str>| {
        for (column, (cell, width)) in cells.zip(&widths).enumerate() {
            // Writing to a string cannot fail.
            let _ = match column {
                0 => write!(text, "    {cell:<width$}"),
                _ => write!(text, "  {cell:>width$}"),
            };
        }
        text += "\n";
    };
    line(&mut columns.iter().copied());
    for row in rows {
        line(&mut row.iter().map(String::as_str));
    }
    text
}

/// Mean and half width of the 95% interval; a single value by itself.
pub fn spread(values: impl Iterator<Item = f64>, digits: usize) -> String {
    let values: Vec<f64> = values.collect();
    match Interval::of(&values) {
        Err(_) => "-".into(),
        Ok(Interval { mean, high, .. }) => match high {
            Some(high) => format!("{mean:.digits$} +- {:.digits$}", high - mean),
            None => format!("{mean:.digits$}"),
        },
    }
}

/// The first `words` columns hold words, all others numbers.
pub fn columns<'a>(words: usize, titles: impl IntoIterator<Item = &'a str>) -> Vec<Column> {
    titles
        .into_iter()
        .enumerate()
        .map(|(index, title)| Column {
            title: title.into(),
            align: if index < words {
                Align::Left
            } else {
                Align::Right
            },
        })
        .collect()
}

pub fn cells(rows: Vec<Vec<String>>) -> Vec<Vec<Cell>> {
    rows.into_iter()
        .map(|row| row.into_iter().map(Cell::from).collect())
        .collect()
}

/// A picture in the run folder.
pub struct Picture {
    pub path: PathBuf,
    pub caption: String,
}

/// Renders a sheet into the run folder, with the notes that every picture carries.
pub fn write(
    params: &Params,
    data: &Digests,
    folder: &mut RunFolder,
    name: &str,
    sheet: &Sheet<'_>,
    caption: String,
) -> anyhow::Result<Picture> {
    let (seed, parameters) = (params.job.seed.to_string(), to_toml(params));
    let data = data.to_string();
    let notes = [
        (
            "Software",
            concat!("spikeprune ", env!("CARGO_PKG_VERSION")),
        ),
        ("Seed", seed.as_str()),
        ("Data", data.as_str()),
        ("Parameters", parameters.as_str()),
    ];
    let picture = sheet.render()?;
    folder.write(name, &encode_png(&picture, &notes)?)?;
    let path = folder.file(name);
    Ok(Picture { path, caption })
}

/// A picture as a block of a page.
pub fn picture(picture: &Picture, alt: &str, width: u32) -> anyhow::Result<Block> {
    let png = std::fs::read(&picture.path)
        .with_context(|| format!("cannot read {}", picture.path.display()))?;
    Ok(Block::Picture {
        caption: picture.caption.clone(),
        png,
        alt: alt.into(),
        width,
    })
}

pub fn figure(caption: String, svg: Svg) -> Block {
    Block::Figure { caption, svg }
}

pub fn axis(title: &str) -> Axis {
    Axis {
        title: title.into(),
        ..Axis::default()
    }
}

pub fn share(title: &str) -> Axis {
    Axis {
        title: title.into(),
        range: Some((0.0, 1.0)),
        ..Axis::default()
    }
}

/// Means over networks with their 95% intervals, point by point.
pub fn mean_curve(name: String, points: Vec<(f64, Vec<f64>)>) -> Series {
    let intervals = points
        .iter()
        .filter_map(|(x, values)| Some((*x, Interval::of(values).ok()?)));
    let (mut line, mut band) = (Vec::new(), Vec::new());
    for (x, interval) in intervals {
        let clipped = |end: Option<f64>| end.unwrap_or(interval.mean).clamp(0.0, 1.0);
        line.push((x, interval.mean));
        band.push((clipped(interval.low), clipped(interval.high)));
    }
    Series {
        name,
        points: line,
        band,
    }
}
