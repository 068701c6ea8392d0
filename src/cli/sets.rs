//! `eval --sets`: the test sets of the papers' experiments, for any checkpoint.

use super::choices::List;
use super::data::Loaded;
use super::document::NetworkSummary;
use super::figures::{MEAN, aligned, amount, percent};
use anyhow::ensure;
use clap::Args;
use spikeprune::backend::Backend;
use spikeprune::checkpoint::Checkpoint;
use spikeprune::experiment::Observer;
use spikeprune::experiment::fitting::labels_of;
use spikeprune::experiment::prepare::as_shown;
use spikeprune::experiment::set_answers::{SetAnswers, answer_sets};
use spikeprune::experiment::test_sets::{HeldOut, Source, TestSet, TestSets};
use spikeprune::params::{PerClass, items, whole};
use std::collections::BTreeMap;
use std::str::FromStr;

#[derive(Args)]
#[command(next_help_heading = "Test")]
pub struct SetOptions {
    /// Also show these test sets: noise, blurred, blurred_stack, known, noisy:PERCENT (known digits with noise, 100 as
    /// strong as that of `noise`), unknown:LABELS (digits that were not learned, such as unknown:9-2-1)
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
    /// Labels of the unknown digits.
    unknown: Vec<u8>,
}

impl FromStr for Asked {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, rest) = text
            .split_once(':')
            .map_or((text, None), |(name, rest)| (name, Some(rest)));
        let labels = |rest: &str| {
            let labels = rest.split('-').map(|label| label.trim().parse());
            labels.collect::<Result<Vec<u8>, _>>().ok()
        };
        let found = match name.trim() {
            "unknown" => rest
                .and_then(labels)
                .map(|labels| (TestSet::Unknown, labels)),
            "noisy" => {
                let percent = rest.and_then(|rest| whole(rest).ok());
                let percent = percent.filter(|percent| (1..=1000).contains(percent));
                percent.map(|percent| (TestSet::Noisy { percent }, Vec::new()))
            }
            name => {
                let set = TestSet::PLAIN
                    .into_iter()
                    .find(|set| set.to_string() == name);
                set.filter(|_| rest.is_none()).map(|set| (set, Vec::new()))
            }
        };
        let (set, unknown) = found.ok_or(
            "expected noise, blurred, blurred_stack, known, noisy:PERCENT (1 to 1000) or unknown:LABELS, such as \
             unknown:9-2-1",
        )?;
        Ok(Self { set, unknown })
    }
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

    /// Refuses sets that make no sense for these networks.
    pub fn check(&self, checkpoint: &Checkpoint, as_unknown: bool) -> anyhow::Result<()> {
        ensure!(
            (1..=MOST_NOISE_IMAGES).contains(&self.noise_images),
            "--noise-images is {}: it must be in 1..={MOST_NOISE_IMAGES}",
            self.noise_images
        );
        for (index, Asked { set, unknown }) in self.sets().iter().enumerate() {
            let named_before = self.sets()[..index].iter().any(|other| other.set == *set);
            ensure!(!named_before, "--sets names {set} twice");
            let mut network = checkpoint.params.model.network.clone();
            let learned = unknown.iter().find(|label| network.classes.contains(label));
            if let (Some(label), false) = (learned, as_unknown) {
                anyhow::bail!("--sets names label {label} as unknown: it was learned");
            }
            if !unknown.is_empty() {
                network.set_classes(unknown);
                network.validate_classes()?;
            }
        }
        Ok(())
    }

    /// Shows the sets to all networks of a checkpoint; nothing where none was asked for.
    pub fn show(
        &self,
        backend: &dyn Backend,
        checkpoint: &Checkpoint,
        data: &Loaded,
        count: PerClass,
        observer: &mut Observer<'_>,
    ) -> anyhow::Result<Vec<BTreeMap<TestSet, SetAnswers>>> {
        if self.sets().is_empty() {
            return Ok(Vec::new());
        }
        let mut params = checkpoint.params.clone();
        params.job.test_per_class = count;
        let unknown = self.sets().iter().flat_map(|asked| &asked.unknown);
        let unknown: Vec<String> = unknown.map(u8::to_string).collect();
        let unknown = labels_of(&unknown, &data.set.test, &data.set)?;
        let source = Source {
            data: &data.set,
            params: &params,
            unknown: &unknown,
            held_out: HeldOut::Test,
            noise_images: self.noise_images,
        };
        let shown = as_shown(&params.model.input, &data.set.test)?;
        let asked: Vec<TestSet> = self.sets().iter().map(|asked| asked.set).collect();
        let sets = TestSets::new(source, &shown, &asked)?;
        Ok(answer_sets(backend, &checkpoint.replicas, &sets, observer)?)
    }
}

/// A table of the sets, over all networks; empty without sets.
pub fn table(replicas: &[NetworkSummary], trained: &[u8]) -> String {
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
        assert_eq!(read("unknown:9-2-1").unwrap().unknown, [9, 2, 1]);
        assert_eq!(
            read("noisy:1.5e2").unwrap().set,
            TestSet::Noisy { percent: 150 }
        );
        assert_eq!(read("blurred_stack").unwrap().set, TestSet::BlurredStack);
        for wrong in [
            "unknown",
            "unknown:",
            "unknown:x",
            "noise:3",
            "noisy",
            "noisy:0",
            "other",
            "",
        ] {
            assert!(
                read(wrong).unwrap_err().contains("unknown:9-2-1"),
                "{wrong}"
            );
        }
    }
}
