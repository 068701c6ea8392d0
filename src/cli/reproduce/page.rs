//! What the pages and tables of all papers are made of.

use crate::cli::run_folder::RunFolder;
use crate::dataset::Digests;
use crate::experiment::fired::Neurons;
use crate::params::{Architecture, Params, to_toml};
use crate::report::plot::{Axis, Series, Svg};
use crate::report::{Align, Block, Cell, Column, Sheet, encode_png};
use crate::statistics::Interval;
use anyhow::Context;
use std::path::PathBuf;

/// A published figure and what was found, with three decimals or two digits of a small number, and as many more as it
/// takes to tell them apart: nothing that differs from the published figure is written as it is.
pub fn apart<const N: usize>(paper: f64, found: [Option<f64>; N]) -> (String, [Option<String>; N]) {
    let write = |value: f64, more: usize| match value.abs() >= 0.01 || value == 0.0 {
        true => format!("{value:.*}", 3 + more),
        false => format!("{value:.*e}", 1 + more),
    };
    let mut more = 0;
    loop {
        let written = found.map(|value| value.map(|value| write(value, more)));
        let published = write(paper, more);
        let alike = |(value, text): (&Option<f64>, &Option<String>)| {
            *value != Some(paper) && text.as_ref() == Some(&published)
        };
        if more == 12 || !found.iter().zip(&written).any(alike) {
            return (published, written);
        }
        more += 1;
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

/// A table of the neurons of each class, those that never fired after a slash.
pub fn neuron_block<'a>(
    network: &Architecture,
    networks: impl Iterator<Item = (String, &'a Neurons)>,
) -> Block {
    let row = |(name, neurons): (String, &Neurons)| {
        let of_class = neurons.per_class.iter().zip(&neurons.dead_per_class);
        let mut row = vec![name];
        row.extend(of_class.map(|(all, dead)| format!("{all} / {dead}")));
        row.push(neurons.dead.to_string());
        row
    };
    let titles = network.class_names().into_iter();
    let titles = titles.map(|name| format!("for {name}"));
    let titles: Vec<String> = std::iter::once("network".into())
        .chain(titles)
        .chain(["never fired".into()])
        .collect();
    Block::Table {
        caption:
            "Neurons for each class / those of them that no test image of a learned label fired"
                .into(),
        columns: columns(1, titles.iter().map(String::as_str)),
        rows: cells(networks.map(row).collect()),
    }
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

/// Means of shares over networks with their 95% intervals, point by point.
pub fn mean_curve(name: String, points: Vec<(f64, Vec<f64>)>) -> Series {
    let intervals = points
        .iter()
        .filter_map(|(x, values)| Some((*x, Interval::of_shares(values).ok()?)));
    let (mut line, mut band) = (Vec::new(), Vec::new());
    for (x, interval) in intervals {
        let end = |end: Option<f64>| end.unwrap_or(interval.mean);
        line.push((x, interval.mean));
        band.push((end(interval.low), end(interval.high)));
    }
    Series {
        name,
        points: line,
        band,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_written_differently() {
        let (paper, [mean, low]) = apart(0.9793333, [Some(0.9791111), None]);
        assert_eq!(
            (paper.as_str(), mean.as_deref(), low),
            ("0.9793", Some("0.9791"), None)
        );
        let (paper, [mean]) = apart(3.16e-4, [Some(4.6e-4)]);
        assert_eq!(
            (paper.as_str(), mean.as_deref()),
            ("3.2e-4", Some("4.6e-4"))
        );
        let (paper, [mean]) = apart(0.5, [Some(0.5)]);
        assert_eq!((paper.as_str(), mean.as_deref()), ("0.500", Some("0.500")));
    }
}
