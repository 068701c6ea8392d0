//! `eval --sets`: the test sets of the papers' experiments, for any checkpoint.

use super::choices::List;
use super::data::Loaded;
use super::document::NetworkSummary;
use super::figures::{MEAN, aligned, amount, percent};
use crate::dataset::Dataset;
use crate::experiment::ExperimentError;
use crate::experiment::fitting::labels_of;
use crate::experiment::prepare::as_shown;
use crate::experiment::set_answers::SetAnswers;
use crate::experiment::test_sets::{HeldOut, Source, TestSet, TestSets};
use crate::params::{Architecture, Params, PerClass, items, whole};
use anyhow::ensure;
use clap::Args;
use std::collections::BTreeMap;
use std::str::FromStr;

#[derive(Args)]
#[command(next_help_heading = "Test")]
pub struct SetOptions {
    /// Also show these test sets: noise, blurred, blurred_stack, pixelwise (noise, each pixel as bright as on average), known, noisy:PERCENT (known digits with noise, 100 as
    /// strong as that of `noise`), unknown:CLASSES (images of other classes than were learned, such as
    /// unknown:9-2-1 or unknown:cat-dog)
    #[arg(long, value_name = "SET,...", value_parser = read)]
    sets: Option<List<Asked>>,
    /// Images of each set of noise
    #[arg(long, value_name = "N", default_value_t = 1500, requires = "sets", value_parser = whole::<usize>)]
    noise_images: usize,
}

/// A set that was asked for.
#[derive(Clone, Debug, PartialEq)]
struct Asked {
    set: TestSet,
    /// Classes of the unknown images: labels or names, between dashes.
    unknown: String,
}

impl FromStr for Asked {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, rest) = text
            .split_once(':')
            .map_or((text, None), |(name, rest)| (name, Some(rest)));
        let found = match name.trim() {
            "unknown" => rest
                .filter(|rest| !rest.trim().is_empty())
                .map(|rest| (TestSet::Unknown, rest.to_owned())),
            "noisy" => {
                let percent = rest.and_then(|rest| whole(rest).ok());
                let percent = percent.filter(|percent| (1..=1000).contains(percent));
                percent.map(|percent| (TestSet::Noisy { percent }, String::new()))
            }
            name => {
                let mut named = TestSet::PLAIN.into_iter().chain([TestSet::Pixelwise]);
                let set = named.find(|set| set.to_string() == name);
                set.filter(|_| rest.is_none())
                    .map(|set| (set, String::new()))
            }
        };
        let (set, unknown) = found.ok_or(
            "expected noise, blurred, blurred_stack, pixelwise, known, noisy:PERCENT (1 to 1000) or unknown:CLASSES, such as \
             unknown:9-2-1",
        )?;
        Ok(Self { set, unknown })
    }
}

/// Words with dashes between them; a dash within the name of a class is none.
fn between_dashes(text: &str, names: &[String]) -> Vec<String> {
    let pieces: Vec<&str> = text.split('-').collect();
    let (mut words, mut from) = (Vec::new(), 0);
    while from < pieces.len() {
        let ends = (from + 1..=pieces.len()).rev();
        let mut joined = ends.map(|end| (end, pieces[from..end].join("-").trim().to_owned()));
        let named = joined.find(|(_, word)| names.contains(word));
        let (end, word) = named.unwrap_or_else(|| (from + 1, pieces[from].trim().to_owned()));
        words.push(word);
        from = end;
    }
    words
}

/// A list of sets.
fn read(text: &str) -> Result<List<Asked>, String> {
    let names = items(text).map_err(|error| error.to_string())?;
    names.into_iter().map(str::parse).collect()
}

/// Most images of a set of noise.
const MOST_NOISE_IMAGES: usize = 100_000;

impl SetOptions {
    fn sets(&self) -> &[Asked] {
        self.sets.as_deref().unwrap_or_default()
    }

    /// Refuses sets that make no sense for these networks and data; the labels of the unknown images.
    pub fn check(
        &self,
        network: &Architecture,
        data: &Dataset,
        as_unknown: bool,
    ) -> anyhow::Result<Vec<u8>> {
        ensure!(
            (1..=MOST_NOISE_IMAGES).contains(&self.noise_images),
            "--noise-images is {}: it must be in 1..={MOST_NOISE_IMAGES}",
            self.noise_images
        );
        for (index, Asked { set, .. }) in self.sets().iter().enumerate() {
            let named_before = self.sets()[..index].iter().any(|other| other.set == *set);
            ensure!(!named_before, "--sets names {set} twice");
        }
        self.unknown(network, data, as_unknown)
    }

    /// The labels of the unknown images that were asked for.
    fn unknown(
        &self,
        network: &Architecture,
        data: &Dataset,
        as_unknown: bool,
    ) -> anyhow::Result<Vec<u8>> {
        let words = self.sets().iter().map(|asked| asked.unknown.as_str());
        let words = words.filter(|words| !words.is_empty());
        let words: Vec<String> = words
            .flat_map(|words| between_dashes(words, &data.names))
            .collect();
        let labels = labels_of(&words, &data.test, data)?;
        let learned = labels.iter().find(|label| network.classes.contains(label));
        if let (Some(&label), false) = (learned, as_unknown) {
            let name = network.name_of(label);
            anyhow::bail!("--sets names label {name} as unknown: it was learned");
        }
        if !labels.is_empty() {
            let mut network = network.clone();
            network.set_classes(&labels);
            network.validate_classes()?;
        }
        Ok(labels)
    }

    /// Shows the sets, and images of the `unknown` labels, so many digits of each class, to networks of these parameters, by
    /// `answer`; nothing where none was asked for.
    pub fn show(
        &self,
        params: &Params,
        (data, unknown): (&Loaded, &[u8]),
        count: PerClass,
        answer: impl FnOnce(&TestSets<'_>) -> Result<Vec<OfSets>, ExperimentError>,
    ) -> anyhow::Result<Vec<OfSets>> {
        if self.sets().is_empty() {
            return Ok(Vec::new());
        }
        let mut params = params.clone();
        params.job.test_per_class = count;
        let source = Source {
            data: &data.set,
            params: &params,
            unknown,
            held_out: HeldOut::Test,
            noise_images: self.noise_images,
        };
        let shown = as_shown(&params.model.input, &data.set.test)?;
        let asked: Vec<TestSet> = self.sets().iter().map(|asked| asked.set).collect();
        let sets = TestSets::new(source, &shown, &asked)?;
        Ok(answer(&sets)?)
    }
}

/// What sets evoked in a network.
type OfSets = BTreeMap<TestSet, SetAnswers>;

/// A table of the sets, over all networks; empty without sets.
pub fn table(replicas: &[NetworkSummary], trained: &[String]) -> String {
    let Some(first) = replicas.first().filter(|first| !first.sets.is_empty()) else {
        return String::new();
    };
    let row = |set: &TestSet| {
        let all = || replicas.iter().filter_map(|replica| replica.sets.get(set));
        let of = |share: fn(&SetAnswers) -> Option<f64>| percent(all().filter_map(share), 1);
        let images = first.sets[set].evoked.images;
        let mut row = vec![
            set.to_string(),
            images.to_string(),
            amount(all().map(|set| set.spikes_per_image), 3),
            of(|set| Some(set.evoked.silent_fraction())),
            of(|set| set.accuracy),
        ];
        row.extend((0..trained.len()).map(|class| {
            let taken = |set: &SetAnswers| set.answers[class] as f64 / images.max(1) as f64;
            let mean = all().map(taken).sum::<f64>() / replicas.len() as f64;
            format!("{:.1}", 100.0 * mean)
        }));
        row
    };
    let columns = ["set", "images", "spikes an image", "silent %", "accuracy %"].map(String::from);
    let classes = trained.iter().map(|class| format!("as {class} %"));
    let columns: Vec<String> = columns.into_iter().chain(classes).collect();
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let rows: Vec<_> = first.sets.keys().map(row).collect();
    let over = match replicas.len() {
        1 => String::new(),
        _ => format!(", {MEAN}"),
    };
    format!("\nTest sets{over}:\n\n{}", aligned(&columns, &rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_read_by_their_names() {
        let read = |text: &str| text.parse::<Asked>();
        assert_eq!(read("unknown:9-2-1").unwrap().unknown, "9-2-1");
        assert_eq!(
            read("noisy:1.5e2").unwrap().set,
            TestSet::Noisy { percent: 150 }
        );
        assert_eq!(read("blurred_stack").unwrap().set, TestSet::BlurredStack);
        for wrong in [
            "unknown", "unknown:", "noise:3", "noisy", "noisy:0", "other", "",
        ] {
            assert!(
                read(wrong).unwrap_err().contains("unknown:9-2-1"),
                "{wrong}"
            );
        }
    }

    #[test]
    fn names_may_have_dashes() {
        let names = ["ice", "ice-cream", "t-shirt"].map(String::from);
        let words = |text| between_dashes(text, &names);
        assert_eq!(
            words("ice-cream-t-shirt-ice"),
            ["ice-cream", "t-shirt", "ice"]
        );
        assert_eq!(words("9-2 - 1"), ["9", "2", "1"]);
        assert_eq!(words("t-cream"), ["t", "cream"]);
        let names = ["rock - paper", "-1"].map(String::from);
        let words = |text| between_dashes(text, &names);
        assert_eq!(words("rock - paper - -1"), ["rock - paper", "-1"]);
    }
}
