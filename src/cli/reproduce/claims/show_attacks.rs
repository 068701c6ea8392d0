//! What attacks came to, for people.

use crate::cli::figures::{aligned, amount, percent};
use crate::cli::heatmap::FontOptions;
use crate::cli::reproduce::page::{axis, cells, columns, figure};
use crate::experiment::papers::claims::attacks::{
    Attacked, Attacks, Check, DECISION, Fooling, LINF, Norm, SILENCE, SQUARE, TRANSFER, UNIFORM,
    WHITE_BOX, WORST,
};
use crate::experiment::papers::claims::{Claims, Kind};
use crate::report::plot::{Lines, PlotError, Series};
use crate::report::{Block, Section};

/// What the columns of [`rows`] hold beside the name: an attack, and how strong it is.
const ATTACKS: [(&str, &str, Norm, f32); 10] = [
    ("noise 0.2", UNIFORM, Norm::Linf, 0.2),
    ("gradients 0.1", WHITE_BOX, Norm::Linf, 0.1),
    ("carried over 0.1", TRANSFER, Norm::Linf, 0.1),
    ("square 0.2", SQUARE, Norm::Linf, 0.2),
    ("by class 0.2", DECISION, Norm::Linf, 0.2),
    ("worst 0.05", WORST, Norm::Linf, 0.05),
    ("worst 0.1", WORST, Norm::Linf, 0.1),
    ("worst 0.2", WORST, Norm::Linf, 0.2),
    ("worst L2 1", WORST, Norm::L2, 1.0),
    ("worst L2 2", WORST, Norm::L2, 2.0),
];

/// The networks that were attacked, as the first seed has them.
fn victims(found: &Claims) -> impl Iterator<Item = &Attacked> {
    found.attacks.first().into_iter().flat_map(|of| &of.victims)
}

/// What each seed has of a network.
fn of_seeds<'a>(
    found: &'a Claims,
    victim: &'a str,
    value: impl Fn(&Attacks, &str) -> Option<f64> + 'a,
) -> impl Iterator<Item = f64> + 'a {
    let seeds = found.attacks.iter();
    seeds.filter_map(move |own| value(own, victim))
}

/// The share of an outcome (0 right, 1 wrong, 2 silent) of an attack.
fn share(
    (attack, norm, strength): (&'static str, Norm, f32),
    outcome: usize,
) -> impl Fn(&Attacks, &str) -> Option<f64> {
    move |of, victim| Some(of.of(victim, attack, norm, strength)?.shares()[outcome])
}

/// What is said of the network itself.
fn attacked(value: fn(&Attacked) -> Option<f64>) -> impl Fn(&Attacks, &str) -> Option<f64> {
    move |of, victim| value(of.victims.iter().find(|own| own.victim == victim)?)
}

/// Headings of [`rows`].
fn titles() -> Vec<&'static str> {
    let first = ["network", "weights %", "accuracy %"];
    let attacks = ATTACKS.map(|(title, ..)| title);
    first.into_iter().chain(attacks).collect()
}

/// Shares of the attacked images that are still recognised, in per cent.
fn rows(found: &Claims) -> Vec<Vec<String>> {
    let row = |own: &Attacked| {
        let of = |value| percent(of_seeds(found, &own.victim, attacked(value)), 1);
        let mut row = vec![
            own.victim.clone(),
            of(|own| Some(own.connectivity)),
            of(|own| Some(own.accuracy)),
        ];
        row.extend(ATTACKS.map(|(_, attack, norm, strength)| {
            let right = share((attack, norm, strength), 0);
            percent(of_seeds(found, &own.victim, right), 1)
        }));
        row
    };
    victims(found).map(row).collect()
}

/// Columns of [`more_rows`].
const MORE: [&str; 7] = [
    "network",
    "wrong at worst 0.1 %",
    "silent at worst 0.1 %",
    "silent where silence is wanted, 0.2 %",
    "blank to a class",
    "noise to a class",
    "distance, were it linear",
];

/// What else there is to each network.
fn more_rows(found: &Claims) -> Vec<Vec<String>> {
    let row = |own: &Attacked| {
        let of = |attack, strength, outcome| {
            let of = share((attack, Norm::Linf, strength), outcome);
            percent(of_seeds(found, &own.victim, of), 1)
        };
        let fooled = |start: &'static str| {
            let of = move |of: &Attacks, victim: &str| {
                let is_asked = |own: &&Fooling| own.victim == victim && own.start == start;
                let fooling = of.fooling.iter().find(is_asked)?;
                fooling.median_strength.map(f64::from)
            };
            amount(of_seeds(found, &own.victim, of), 2)
        };
        vec![
            own.victim.clone(),
            of(WORST, 0.1, 1),
            of(WORST, 0.1, 2),
            of(SILENCE, 0.2, 2),
            fooled("blank"),
            fooled("noise"),
            amount(
                of_seeds(found, &own.victim, attacked(|own| own.linear_distance)),
                3,
            ),
        ]
    };
    victims(found).map(row).collect()
}

/// Columns of [`check_rows`].
const CHECKS: [&str; 4] = ["network", "check", "passed", "found"];

fn check_rows(found: &Claims) -> Vec<Vec<String>> {
    let checks = found.attacks.iter().flat_map(|of| &of.checks);
    let row = |check: &Check| {
        vec![
            check.victim.clone(),
            check.check.clone(),
            if check.passed { "yes" } else { "NO" }.into(),
            check.found.clone(),
        ]
    };
    checks.map(row).collect()
}

fn caption(of: &Attacks) -> String {
    format!(
        "Attacks on networks that learned 7, 4 and 6: {} test images that all recognise ({} of them by {} queries each), share \
         that is still recognised, %",
        of.images, of.queried_images, of.queries
    )
}

/// What the terminal is shown: nothing where nothing was attacked.
pub fn table(found: &Claims) -> String {
    let Some(first) = found.attacks.first() else {
        return String::new();
    };
    format!(
        "\n{}:\n\n{}\n{}\n{}",
        caption(first),
        aligned(&titles(), &rows(found)),
        aligned(&MORE, &more_rows(found)),
        aligned(&CHECKS, &check_rows(found)),
    )
}

/// The share that networks of a kind still recognise under the worst attack, over how strong it is.
fn curves(
    found: &Claims,
    (kind, name): (Kind, &str),
    font: FontOptions,
) -> Result<Block, PlotError> {
    let of_kind = victims(found).filter(|own| own.kind == kind);
    let series = of_kind.map(|own| {
        let point = |&strength: &f32| {
            let right = share((WORST, Norm::Linf, strength), 0);
            let shares: Vec<f64> = of_seeds(found, &own.victim, right).collect();
            let mean = shares.iter().sum::<f64>() / shares.len().max(1) as f64;
            (f64::from(strength), 100.0 * mean)
        };
        Series {
            name: own.victim.clone(),
            points: std::iter::once((0.0, 100.0))
                .chain(LINF.iter().map(point))
                .collect(),
            band: Vec::new(),
        }
    });
    let lines = Lines {
        label: "share recognised under attack".into(),
        x: axis("largest change of a pixel"),
        y: axis("recognised, %"),
        series: series.collect(),
        diagonal: false,
        font_scale: font.font_scale,
    };
    let caption =
        format!("What the worst attack leaves, by gradients, carried over or by noise: {name}.");
    Ok(figure(caption, lines.svg()?))
}

/// The section of the page; none where nothing was attacked.
pub fn section(found: &Claims, font: FontOptions) -> anyhow::Result<Option<Section>> {
    let Some(first) = found.attacks.first() else {
        return Ok(None);
    };
    let table = |caption: &str, words: usize, titles: &[&'static str], rows| Block::Table {
        caption: caption.into(),
        columns: columns(words, titles.iter().copied()),
        rows: cells(rows),
    };
    Ok(Some(Section {
        heading: "Attacks".into(),
        text: vec![
            "Attackers change images within so much a pixel (L-infinity, relative to full intensity) or within a length (L2). \
             Gradients are those of the network or, where it learns by a local rule, of a model of its rates, from five starts \
             with thresholds of several softnesses; images are carried over from all other networks; noise is uniform. The \
             worst of these was chosen for each image by draws of the input spikes that are the attacker's own. Square \
             (Andriushchenko et al. 2020) sees scores; by class (RayS, Chen & Gu 2020) sees the answer alone."
                .into(),
            "A check that fails says that the attacks are too weak, or that gradients are masked: then nothing follows from \
             what the network withstood."
                .into(),
        ],
        blocks: vec![
            curves(found, (Kind::Pixels, "networks of the local rule"), font)?,
            curves(found, (Kind::Backprop, "networks of backpropagation"), font)?,
            table(
                &format!("{}.", caption(first)),
                1,
                &titles(),
                rows(found),
            ),
            table(
                "How answers go wrong; the largest change of a pixel that makes half of all blank images, or of noise, a \
                 class with confidence; and the distance to another class, were the network linear.",
                1,
                &MORE,
                more_rows(found),
            ),
            table("Checks of the attacks.", 4, &CHECKS, check_rows(found)),
        ],
    }))
}
