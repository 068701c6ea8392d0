//! The training in a run folder: its networks, and the rows of its metrics.

use super::{METRICS, RunFolder};
use crate::checkpoint::Checkpoint;
use crate::cli::own_files::Took;
use crate::trained::{Metrics, Trained};

impl RunFolder {
    /// The networks of a checkpoint in the folder, with the time that they took.
    pub fn timed(&self, name: &str, saved: Checkpoint) -> anyhow::Result<Trained> {
        let mut trained = Trained::from(saved);
        if let Some(Took { seconds, done }) = self.took(name)? {
            (trained.seconds, trained.images) = (seconds, done);
        }
        Ok(trained)
    }

    /// The networks of a run that nothing is trained in, from its checkpoint; none where it has none yet.
    pub fn networks(&self, name: &str) -> anyhow::Result<Trained> {
        if !self.has(name) {
            return Ok(Trained::default());
        }
        self.check_unchanged(name)?;
        self.timed(name, Checkpoint::load(&self.file(name))?)
    }

    /// Writes the rows of each network so far, and no others, into metrics.csv. If a training that has begun has no
    /// rows the file stays as it is: earlier versions did not save rows.
    pub fn set_metrics(&mut self, of_networks: &[&[Metrics]], begun: bool) -> anyhow::Result<()> {
        let rows = of_networks.first().map_or(0, |own| own.len());
        let row = |row: usize| of_networks.iter().map(move |own| own[row].clone());
        self.metrics = (0..rows).flat_map(row).collect();
        match rows {
            0 if begun => Ok(()),
            0 => self.remove(METRICS),
            _ => self.add_metrics(&[]),
        }
    }

    /// Adds rows to metrics.csv.
    pub fn add_metrics(&mut self, rows: &[Metrics]) -> anyhow::Result<()> {
        self.metrics.extend_from_slice(rows);
        let mut csv = csv::Writer::from_writer(Vec::new());
        for row in &self.metrics {
            csv.serialize(row)?;
        }
        self.write_text(METRICS, &String::from_utf8(csv.into_inner()?)?)
    }
}
