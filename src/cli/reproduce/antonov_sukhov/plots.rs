//! The figures of the report, from the results.

use super::table::listed;
use crate::cli::heatmap::FontOptions;
use crate::cli::reproduce::page::{axis, mean_curve, share};
use crate::experiment::papers::antonov_sukhov::{
    ArmName, NetworkResult, Reproduction, Score, Shown,
};
use crate::experiment::test_sets::TestSet;
use crate::report::plot::{
    Counts, Histogram, Lines, Matrix, PlotError, Series, Svg, binned, whole_bins,
};
use crate::statistics::roc_curve;
use crate::trained::Metrics;

/// Bins of a histogram.
const BINS: u32 = 40;

/// A measure on validation images against the training images seen, an arm a curve.
pub fn learning(
    found: &Reproduction,
    title: &str,
    measure: fn(&Metrics) -> Option<f64>,
    font: FontOptions,
) -> Result<Svg, PlotError> {
    let curve = |name: &ArmName| {
        let rows = found
            .of_arm(name)
            .next()
            .map_or(0, |network| network.learning.len());
        let point = |row: usize| {
            let metrics: Vec<&Metrics> = found
                .of_arm(name)
                .filter_map(|network| network.learning.get(row))
                .collect();
            let images = metrics.first().map_or(0, |metrics| metrics.images);
            let values = metrics.iter().filter_map(|metrics| measure(metrics));
            (images as f64, values.collect())
        };
        mean_curve(name.to_string(), (0..rows).map(point).collect())
    };
    Lines {
        label: format!("{title} while learning"),
        x: axis("training images"),
        y: share(title),
        series: found.arm_names().iter().map(curve).collect(),
        diagonal: false,
        font_scale: font.font_scale,
    }
    .svg()
}

/// Accuracy on known digits against the strength of the noise added.
pub fn noisy(found: &Reproduction, font: FontOptions) -> Result<Svg, PlotError> {
    let curve = |name: &ArmName| {
        let strengths = found
            .of_arm(name)
            .next()
            .map_or(0, |network| network.noisy.len());
        let point = |at: usize| {
            let noisy: Vec<_> = found
                .of_arm(name)
                .map(|network| network.noisy[at])
                .collect();
            (
                noisy[0].strength,
                noisy.iter().map(|noisy| noisy.accuracy).collect(),
            )
        };
        mean_curve(name.to_string(), (0..strengths).map(point).collect())
    };
    Lines {
        label: "Accuracy on known digits with noise added".into(),
        x: axis("strength of the noise (1 = the noise set)"),
        y: share("accuracy"),
        series: found.arm_names().iter().map(curve).collect(),
        diagonal: false,
        font_scale: font.font_scale,
    }
    .svg()
}

/// How spikes an image are distributed in each set, for one network.
pub fn spike_counts(network: &NetworkResult, font: FontOptions) -> Result<Svg, PlotError> {
    let shown = [
        TestSet::Known,
        TestSet::Unknown,
        TestSet::Noise,
        TestSet::Blurred,
    ];
    let spikes = |set: &TestSet| network.answers.get(set).map_or(&[][..], Vec::as_slice);
    let all = shown.iter().flat_map(spikes).map(|answer| answer.spikes);
    let edges = whole_bins(all.max().unwrap_or(0), BINS);
    let series = shown
        .iter()
        .map(|set| Counts {
            name: set.to_string(),
            counts: binned(
                &edges,
                spikes(set).iter().map(|answer| answer.spikes.into()),
            ),
        })
        .collect();
    Histogram {
        label: format!("Spikes an image with pruning {}", network.pruning),
        x_title: "spikes an image".into(),
        y_title: "images".into(),
        edges,
        series,
        log_y: true,
        font_scale: font.font_scale,
    }
    .svg()
}

/// Known digits told from another set by each score, for one network.
pub fn roc(network: &NetworkResult, other: TestSet, font: FontOptions) -> Result<Svg, PlotError> {
    let scores = |set: TestSet, score: Score| {
        let answers = network.answers.get(&set);
        score.of(answers.map_or(&[], Vec::as_slice))
    };
    let curve = |score: Score| {
        let curve = roc_curve(&scores(TestSet::Known, score), &scores(other, score)).ok()?;
        Some(Series {
            name: score.key().into(),
            points: curve.iter().map(|point| (point.fpr, point.tpr)).collect(),
            band: Vec::new(),
        })
    };
    let series = Score::ALL.into_iter().filter_map(curve);
    Lines {
        label: format!(
            "Known digits told from {other}, pruning {}",
            network.pruning
        ),
        x: share(&format!("share of {other} taken for known")),
        y: share("share of known digits found"),
        series: series.collect(),
        diagonal: true,
        font_scale: font.font_scale,
    }
    .svg()
}

/// How the weights of the first network of each arm are distributed.
pub fn weights(found: &Reproduction, font: FontOptions) -> Result<Svg, PlotError> {
    let params = &found.params;
    let (low, high) = (params.model.w_min(), params.model.gmax());
    let edges: Vec<f64> = (0..=BINS)
        .map(|bin| low + (high - low) * f64::from(bin) / f64::from(BINS))
        .collect();
    let first = found.arm_names();
    let first = first.iter().filter_map(|name| found.of_arm(name).next());
    let series = first.map(|network| Counts {
        name: network.pruning.to_string(),
        // The upper end belongs to the last bin.
        counts: binned(
            &edges,
            network
                .weights
                .iter()
                .map(|&w| f64::from(w).clamp(low, high - (high - low) * 1e-9)),
        ),
    });
    Histogram {
        label: "Distribution of the weights after training".into(),
        x_title: "weight".into(),
        y_title: "synapses".into(),
        series: series.collect(),
        edges,
        log_y: true,
        font_scale: font.font_scale,
    }
    .svg()
}

/// The confusion matrix of the networks of an arm that learned the same digits, added up.
pub fn confusion(
    found: &Reproduction,
    name: &ArmName,
    font: FontOptions,
) -> Result<Svg, PlotError> {
    let networks = found
        .of_arm(name)
        .filter(|network| network.split.classes == found.classes);
    let mut counts = vec![0u64; found.classes.len() * (found.classes.len() + 2)];
    for network in networks {
        let cells = network.confusion.iter().flatten();
        counts
            .iter_mut()
            .zip(cells)
            .for_each(|(sum, &count)| *sum += count as u64);
    }
    let rows = found.network(&found.classes).class_names();
    Matrix {
        label: format!("Confusion matrix with pruning {name}"),
        row_title: "shown".into(),
        column_title: "recognised as".into(),
        columns: (rows.iter().cloned())
            .chain(["tied".into(), "silent".into()])
            .collect(),
        rows,
        counts,
        font_scale: font.font_scale,
    }
    .svg()
}

/// The spikes of one presentation; if they are too many to draw, only every n-th.
pub fn raster(shown: &Shown, found: &Reproduction, font: FontOptions) -> Result<Svg, PlotError> {
    let label = format!(
        "Spikes while a {} is shown, pruning {}; groups {}",
        found.name_of(shown.label),
        shown.arm,
        listed(found, &found.classes)
    );
    let mut model = found.params.model.clone();
    model.network = found.network(&found.classes);
    let mut raster = shown.presentation.raster(&model, &label);
    raster.font_scale = font.font_scale;
    raster.svg()
}
